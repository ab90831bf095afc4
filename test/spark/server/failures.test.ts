/** What happens on Spark when something is wrong, missing or killed: an error that says so, or the same model. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GBTRegressor, Session } from '../../../src/index.ts';
import { pickleOfFunction } from '../../../src/spark/pickle.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { flightsLike } from './flights-like.ts';
import { memberPids, runsSpark, sparkSession, within } from './spark-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'coppice-spark-data-'));
const path = join(folder, 'flights');
const long = (maxIter: number): GBTRegressor =>
  new GBTRegressor({ labelCol: 'minutes', featuresCols: ['distance', 'wait'], maxIter });
/** A fit of this many rounds takes some seconds over two members. */
const numRounds = 700;

describe.runIf(runsSpark)('failures on Spark', () => {
  let local: Session;

  beforeAll(async () => {
    local = await Session.local({ threads: 1 });
    await local.createTable(flightsLike(12_000), { numPartitions: 2 }).write.parquet(path);
  });

  afterAll(async () => {
    await local?.close();
    rmSync(folder, { recursive: true, force: true });
    expect(await within(5000, () => memberPids().length === 0)).toBe(true);
  });

  it('a token that the server does not know is refused, and not repeated', async () => {
    const refused = sparkSession({ token: 'certainly-not-the-token' });
    await expect(refused).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(refused).rejects.not.toThrow(/certainly/);
  });

  it('a server that is not there is named', async () => {
    const lost = Session.spark({ url: 'sc://127.0.0.1:9' });
    await expect(lost).rejects.toMatchObject({ code: 'EXECUTOR_LOST' });
    await expect(lost).rejects.toThrow('127.0.0.1:9');
  });

  it('a worker without node says what to install', async () => {
    const session = await sparkSession({ executors: 1, node: 'no-such-node' });
    try {
      const fitted = session.read.parquet(path).then((table) => long(2).fit(table));
      await expect(fitted).rejects.toMatchObject({ code: 'DEPENDENCY_MISSING' });
      await expect(fitted).rejects.toThrow(/no-such-node/);
    } finally {
      await session.close();
    }
  });

  it('a member that dies each time is named, with its signal and its last words', async () => {
    const dies = "console.error('my last words'); process.kill(process.pid, 'SIGKILL')";
    const session = await sparkSession({ executors: 1, nodeArgs: ['-e', dies] });
    try {
      const fitted = session.read.parquet(path).then((table) => long(2).fit(table));
      await expect(fitted).rejects.toMatchObject({ code: 'EXECUTOR_LOST', context: { rank: 0 } });
      await expect(fitted).rejects.toThrow(/rank 0 on host .* SIGKILL .*my last words/);
      expect(memberPids()).toEqual([]);
    } finally {
      await session.close();
    }
  });

  it('more members than slots end in an error that counts them', async () => {
    const session = await sparkSession({ executors: 5, slotTimeout: 3 });
    try {
      const fitted = session.read.parquet(path).then((table) => long(2).fit(table));
      await expect(fitted).rejects.toMatchObject({ code: 'EXECUTOR_LOST' });
      await expect(fitted).rejects.toThrow(/each of the 5 executors; it has 3 slots/);
      // Spark goes on
      expect(await (await session.read.parquet(path)).count()).toBe(12_000);
    } finally {
      await session.close();
    }
  });

  it('an abort ends the fit at once and its members soon', async () => {
    const session = await sparkSession({ executors: 2 });
    try {
      const table = await session.read.parquet(path);
      const abort = new AbortController();
      const fitted = long(50_000).fit(table, { signal: abort.signal });
      fitted.catch(() => undefined);
      expect(await within(60_000, () => memberPids().length === 2)).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const start = performance.now();
      abort.abort();
      await expect(fitted).rejects.toMatchObject({ code: 'ABORTED' });
      expect(performance.now() - start).toBeLessThan(3000);
      expect(await within(10_000, () => memberPids().length === 0)).toBe(true);
    } finally {
      await session.close();
    }
  });

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'after %s of a member the stage is tried again, with the same model',
    async (signal) => {
      const session = await sparkSession({ executors: 2, timeout: 4 });
      try {
        const table = await session.read.parquet(path);
        const fitted = long(numRounds).fit(table);
        fitted.catch(() => undefined);
        expect(await within(60_000, () => memberPids().length === 2)).toBe(true);
        // the members meet one second after their start
        await new Promise((resolve) => setTimeout(resolve, 2500));
        const [first, second] = memberPids();
        process.kill(second as number, signal);
        const seen = new Set<number>();
        const look = setInterval(() => memberPids().forEach((pid) => seen.add(pid)), 100);
        try {
          const model = await fitted;
          const ours = await savedBytes(await long(numRounds).fit(await local.read.parquet(path)));
          expect(await savedBytes(model)).toEqual(ours);
        } finally {
          clearInterval(look);
        }
        const later = [...seen].filter((pid) => pid !== first && pid !== second);
        expect(later.length).toBeGreaterThanOrEqual(2);
      } finally {
        await session.close();
      }
    },
  );

  it('keys of gangs and tokens stand in no log', () => {
    const log = readFileSync(process.env['COPPICE_SPARK_LOG'] as string, 'utf8');
    expect(log.length).toBeGreaterThan(1000);
    expect(log).not.toContain(process.env['COPPICE_SPARK_TOKEN']);
    expect(log).not.toMatch(/"key": ?"[0-9a-f]{64}"/);
  });

  it('Python reads our pickles as what they say, whatever the text', () => {
    const texts = [
      'plain',
      '\n.cos\nsystem\n(tR',
      'Ünïcode 🌳 \u0000',
      '"quotes\\"',
      'x'.repeat(70_000),
    ];
    for (const text of texts) {
      const pickle = Buffer.from(pickleOfFunction(text, '"long"')).toString('base64');
      const program = `
import base64, pickle, sys, types, json
given = sys.stdin.read()
shim, sql = types.ModuleType('coppice_shim'), types.ModuleType('pyspark.sql.types')
shim.run = lambda conf: ('run', conf)
sql._parse_datatype_json_string = lambda name: ('type', name)
sys.modules.update({'coppice_shim': shim, 'pyspark': types.ModuleType('pyspark'), 'pyspark.sql': types.ModuleType('pyspark.sql'), 'pyspark.sql.types': sql})
print(json.dumps(pickle.loads(base64.b64decode(given))))`;
      const python = process.env['COPPICE_SPARK_PYTHON'] as string;
      const { stdout } = spawnSync(python, ['-c', program], { input: pickle, encoding: 'utf8' });
      expect(JSON.parse(stdout)).toEqual([
        ['run', text],
        ['type', '"long"'],
      ]);
    }
  });
});
