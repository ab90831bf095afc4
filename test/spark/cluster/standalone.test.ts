/**
 * A standalone cluster of Spark's, with workers on two addresses: are its models those of one thread, and what becomes
 * of a fit when a member, an executor's JVM, the driver or a whole host is killed? The time to get going again is
 * printed and has a limit; at the end nothing is left of what was killed.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  GBTRegressor,
  type PartitionedTable,
  RandomForestClassifier,
  Session,
} from '../../../src/index.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { commandOf, executorOf, gangMet } from '../gang-watch.ts';
import { flightsLike } from '../server/flights-like.ts';
import { memberPids, runsSpark, sparkSession, within } from '../server/spark-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'coppice-spark-cluster-'));
const path = join(folder, 'flights');
const numRounds = 300;
const boosted = (maxIter = numRounds, options: { checkpointDir?: string } = {}): GBTRegressor =>
  new GBTRegressor({
    labelCol: 'minutes',
    featuresCols: ['distance', 'wait'],
    maxIter,
    ...options,
  });

describe.runIf(runsSpark)('a standalone cluster', () => {
  let local: Session;
  let here: PartitionedTable;
  let ours: Record<string, string>;

  beforeAll(async () => {
    local = await Session.local({ threads: 1 });
    await local.createTable(flightsLike(12_000), { numPartitions: 3 }).write.parquet(path);
    here = await local.read.parquet(path);
    ours = await savedBytes(await boosted().fit(here));
  });

  afterAll(async () => {
    await local?.close();
    rmSync(folder, { recursive: true, force: true });
    expect(await within(10_000, () => memberPids().length === 0)).toBe(true);
    const scratch = join(process.env['COPPICE_SPARK_WORK'] as string, 'tmp');
    expect(readdirSync(scratch).filter((name) => name.startsWith('coppice-'))).toEqual([]);
  });

  it.each([2, 3])('of which %i slots train gives the bytes of one thread', async (executors) => {
    const spark = await sparkSession({ executors });
    try {
      const there = await spark.read.parquet(path);
      const forest = new RandomForestClassifier({
        ...{ labelCol: 'delayed', featuresCols: ['distance', 'wait', 'carrier'] },
        ...{ numTrees: 4, maxDepth: 5 },
      });
      for (const estimator of [boosted(5), forest]) {
        expect(await savedBytes(await estimator.fit(there))).toEqual(
          await savedBytes(await estimator.fit(here)),
        );
      }
    } finally {
      await spark.close();
    }
  });

  it('goes on within 10 s after a member was killed', async () => {
    // one leg: what was lost is what was trained
    const spark = await sparkSession({ executors: 3, checkpointSeconds: 600 });
    try {
      const there = await spark.read.parquet(path);
      const plain = boosted().fit(there);
      plain.catch(() => undefined);
      const undisturbed = await gangMet(3, 60_000);
      // three members are on both hosts, and meet under these addresses
      expect(undisturbed.hosts).toEqual(['127.0.0.1', '127.0.0.2']);
      await plain;
      const fitMs = performance.now() - undisturbed.at;
      const began = performance.now();
      const fitted = boosted().fit(there);
      fitted.catch(() => undefined);
      const { members, at } = await gangMet(3, 60_000, new Set(undisturbed.members));
      // where others use the machine, a gang takes longer to meet in any case
      const meetMs = at - began;
      await new Promise((resolve) => setTimeout(resolve, fitMs / 2));
      expect(memberPids().sort()).toEqual([...members].sort());
      const killed = performance.now();
      process.kill(members[1] as number, 'SIGKILL');
      const again = await gangMet(3, 30_000, new Set([...undisturbed.members, ...members]));
      expect(await savedBytes(await fitted)).toEqual(ours);
      const lateMs = performance.now() - killed - fitMs;
      const backMs = again.at - killed;
      const words = `beside the lost rounds the fit took ${seconds(lateMs)} more`;
      console.log(
        `member killed: the gang, which meets in ${seconds(meetMs)}, had met again after ${seconds(backMs)}; ${words}`,
      );
      expect(backMs).toBeLessThan(Math.max(10_000, 3 * meetMs));
    } finally {
      await spark.close();
    }
  });

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    "goes on from its checkpoint within 60 s after %s of an executor's JVM",
    async (signal) => {
      const spark = await sparkSession({ executors: 3, checkpointSeconds: 2 });
      try {
        const rounds: number[] = [];
        const checkpointDir = join(folder, `checkpoints-${signal}`);
        const fitted = boosted(numRounds, { checkpointDir }).fit(await spark.read.parquet(path), {
          onProgress: ({ phase, done }) => {
            if (phase === 'train') rounds.push(done);
          },
        });
        fitted.catch(() => undefined);
        const first = await gangMet(3, 60_000);
        // the first leg tells its rounds, then the next gang meets
        expect(await within(60_000, () => rounds.length > 0)).toBe(true);
        const kept = Math.max(...rounds);
        const numHeard = rounds.length;
        const { members } = await gangMet(3, 60_000, new Set(first.members));
        const victim = executorOf(members[1] as number);
        const killed = performance.now();
        process.kill(victim, signal);
        const again = await gangMet(3, 90_000, new Set([...first.members, ...members]));
        const backMs = again.at - killed;
        console.log(
          `${signal} of an executor's JVM: the gang had met again after ${seconds(backMs)}`,
        );
        expect(await savedBytes(await fitted)).toEqual(ours);
        expect(kept).toBeGreaterThan(0);
        // no round of the first leg was trained twice
        expect(rounds.slice(numHeard).filter((done) => done < kept)).toEqual([]);
        // Spark ends one that it has given up
        expect(await within(30_000, () => commandOf(victim) === '')).toBe(true);
        expect(backMs).toBeLessThan(60_000);
      } finally {
        await spark.close();
      }
    },
  );

  it('hands a running fit to the next driver of its name when its own was killed', async () => {
    const name = `nightly ${process.pid}`;
    const program = fileURLToPath(new URL('../server/lonely-driver.ts', import.meta.url));
    const words = ['--import', 'tsx', program, path, name, `${numRounds}`];
    const driver = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'inherit'] });
    const { members } = await gangMet(2, 60_000);
    driver.kill('SIGKILL');
    const spark = await sparkSession({ executors: 2, name });
    const started = new Set<number>();
    const look = setInterval(() => memberPids().forEach((pid) => started.add(pid)), 50);
    try {
      expect(await savedBytes(await boosted().fit(await spark.read.parquet(path)))).toEqual(ours);
      expect([...started].filter((pid) => !members.includes(pid))).toEqual([]);
    } finally {
      clearInterval(look);
      await spark.close();
    }
  });

  it('that loses a host goes on where there are slots, and says so where there are too few', async () => {
    const [, worker] = (process.env['COPPICE_SPARK_WORKERS'] as string).split(',').map(Number);
    const spark = await sparkSession({ executors: 2, checkpointSeconds: 600 });
    try {
      const fitted = boosted().fit(await spark.read.parquet(path));
      fitted.catch(() => undefined);
      const { members } = await gangMet(2, 60_000);
      const executors = new Set(members.map(executorOf));
      process.kill(worker as number, 'SIGKILL');
      for (const pid of executors) if (isOnSecondHost(pid)) process.kill(pid, 'SIGKILL');
      expect(await savedBytes(await fitted)).toEqual(ours);
    } finally {
      await spark.close();
    }
    const three = await sparkSession({ executors: 3, slotTimeout: 5 });
    try {
      const fitted = boosted(2).fit(await three.read.parquet(path));
      await expect(fitted).rejects.toMatchObject({ code: 'EXECUTOR_LOST' });
      await expect(fitted).rejects.toThrow(/each of the 3 executors; it has 2 slots/);
    } finally {
      await three.close();
    }
  });
});

function isOnSecondHost(executor: number): boolean {
  return commandOf(executor).includes('127.0.0.2');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
