/** Long fits on Spark: what a driver hears of them, how they go on after a pause or a death, and who takes them up. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GBTRegressor, type Progress, Session } from '../../../src/index.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { gangMet } from '../gang-watch.ts';
import { flightsLike } from './flights-like.ts';
import { memberPids, runsSpark, sparkSession, within } from './spark-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'coppice-spark-long-'));
const path = join(folder, 'flights');
const numRounds = 300;
const long = (options: { checkpointDir?: string } = {}): GBTRegressor =>
  new GBTRegressor({
    labelCol: 'minutes',
    featuresCols: ['distance', 'wait'],
    maxIter: numRounds,
    ...options,
  });

describe.runIf(runsSpark)('a long fit on Spark', () => {
  let ours: Record<string, string>;

  beforeAll(async () => {
    const local = await Session.local({ threads: 1 });
    await local.createTable(flightsLike(12_000), { numPartitions: 2 }).write.parquet(path);
    ours = await savedBytes(await long().fit(await local.read.parquet(path)));
    await local.close();
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    expect(await within(10_000, () => memberPids().length === 0)).toBe(true);
  });

  it('comes in legs, each of which tells its rounds and its words, and gives the same model', async () => {
    const said: string[] = [];
    const session = await sparkSession({
      executors: 2,
      checkpointSeconds: 0.3,
      // each member says how it ends
      nodeArgs: ['--trace-exit'],
      onLog: (member, text) => said.push(`${member}: ${text}`),
      // what the workers have is another one: the plan is sent again
      pythonVersion: '3.9',
    });
    const heard: Progress[] = [];
    const started = new Set<number>();
    const look = setInterval(() => memberPids().forEach((pid) => started.add(pid)), 100);
    try {
      const table = await session.read.parquet(path);
      const checkpointDir = join(folder, 'checkpoints');
      const model = await long({ checkpointDir }).fit(table, {
        onProgress: (progress) => heard.push(progress),
      });
      expect(await savedBytes(model)).toEqual(ours);
      const rounds = heard.filter(({ phase }) => phase === 'train').map(({ done }) => done);
      expect(rounds.some((done) => done > 0 && done < numRounds)).toBe(true);
      expect(heard.some(({ phase }) => phase === 'read')).toBe(true);
      // more than one leg, and their rounds are on this disk
      expect(started.size).toBeGreaterThan(2);
      expect(readdirSync(checkpointDir).length).toBeGreaterThan(0);
      expect(said.some((line) => /^rank 0: .*Exited the environment with code 0/s.test(line))).toBe(
        true,
      );
      expect(said.some((line) => line.startsWith('rank 1: '))).toBe(true);
    } finally {
      clearInterval(look);
      await session.close();
    }
  });

  it('whose driver was killed is taken up by the next of its name', async () => {
    const name = `nightly ${process.pid}`;
    const program = fileURLToPath(new URL('lonely-driver.ts', import.meta.url));
    const driver: ChildProcess = spawn(
      process.execPath,
      ['--import', 'tsx', program, path, name, `${numRounds}`],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const { members: before } = await gangMet(2, 60_000);
    driver.kill('SIGKILL');
    const started = new Set<number>();
    const look = setInterval(() => memberPids().forEach((pid) => started.add(pid)), 50);
    const session = await sparkSession({ executors: 2, name });
    try {
      expect(await savedBytes(await long().fit(await session.read.parquet(path)))).toEqual(ours);
      expect([...started].filter((pid) => !before.includes(pid))).toEqual([]);
    } finally {
      clearInterval(look);
      await session.close();
    }
  });
});
