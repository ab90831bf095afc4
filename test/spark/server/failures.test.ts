/** What happens on Spark when something is wrong, missing or killed: an error that says so, or the same model. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GBTRegressor, Session, type SparkOptions } from '../../../src/index.ts';
import { pickleOfFunction } from '../../../src/spark/pickle.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { gangMet } from '../gang-watch.ts';
import { flightsLike } from './flights-like.ts';
import { memberPids, runsSpark, sparkSession, within } from './spark-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'coppice-spark-data-'));
const path = join(folder, 'flights');
const long = (maxIter: number): GBTRegressor =>
  new GBTRegressor({ labelCol: 'minutes', featuresCols: ['distance', 'wait'], maxIter });
/** Servers before 4.0 let everybody in. */
const knowsNoToken = process.env['COPPICE_SPARK_VERSION']?.startsWith('3.') === true;
/** A fit of this many rounds takes a second or two over two members. */
const numRounds = 250;

describe.runIf(runsSpark)('failures on Spark', () => {
  let ours: Record<string, string>;

  beforeAll(async () => {
    const local = await Session.local({ threads: 1 });
    await local.createTable(flightsLike(12_000), { numPartitions: 2 }).write.parquet(path);
    ours = await savedBytes(await long(numRounds).fit(await local.read.parquet(path)));
    await local.close();
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    expect(await within(5000, () => memberPids().length === 0)).toBe(true);
  });

  it('no token, and one that the server does not know, are refused, and not repeated', async ({
    skip,
  }) => {
    skip(knowsNoToken, 'Spark before 4.0 lets everybody in');
    const without = Session.spark({ url: process.env['COPPICE_SPARK_URL'] });
    await expect(without).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const refused = sparkSession({ token: 'certainly-not-the-token' });
    await expect(refused).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(refused).rejects.not.toThrow(/certainly/);
  });

  it('a server that is not there is named', async () => {
    const lost = Session.spark({ url: 'sc://127.0.0.1:9' });
    await expect(lost).rejects.toMatchObject({ code: 'EXECUTOR_LOST' });
    await expect(lost).rejects.toThrow('127.0.0.1:9');
  });

  it('what fails each time is named: a worker without node, a member with its signal and last words', async () => {
    const dies = "console.error('my last words'); process.kill(process.pid, 'SIGKILL')";
    const failureOf = async (options: SparkOptions): Promise<unknown> => {
      const session = await sparkSession({ executors: 1, ...options });
      try {
        return await long(2)
          .fit(await session.read.parquet(path))
          .catch((error: unknown) => error);
      } finally {
        await session.close();
      }
    };
    const [missing, killed] = await Promise.all([
      failureOf({ node: 'no-such-node' }),
      failureOf({ nodeArgs: ['-e', dies] }),
    ]);
    expect(missing).toMatchObject({
      code: 'DEPENDENCY_MISSING',
      message: expect.stringContaining('no-such-node'),
    });
    expect(killed).toMatchObject({
      code: 'EXECUTOR_LOST',
      context: { rank: 0 },
      message: expect.stringMatching(/rank 0 on host .* SIGKILL .*my last words/),
    });
    expect(memberPids()).toEqual([]);
  });

  it('what is not there, or is no Parquet, has the code that a session of threads gives', async () => {
    const session = await sparkSession({ executors: 1 });
    const local = await Session.local({ threads: 1 });
    const text = join(folder, 'text.parquet');
    writeFileSync(text, 'no Parquet, but long enough to be read as one');
    const codeOf = (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => 'none',
        ({ code }: { code?: string }) => code,
      );
    try {
      for (const [file, code] of [
        [join(folder, 'nothing'), 'FILE_NOT_FOUND'],
        [text, 'FILE_FORMAT'],
      ] as const) {
        const reads = [session, local].map(async ({ read }) => (await read.parquet(file)).count());
        expect(await Promise.all(reads.map(codeOf))).toEqual([code, code]);
      }
      for (const [query, code] of [
        [`SELECT nothing FROM parquet.\`${path}\``, 'COLUMN_NOT_FOUND'],
        ['SELECT * FROM nothing', 'FILE_NOT_FOUND'],
        ['SELEC 1', 'PARAM_INVALID'],
      ] as const) {
        expect(await codeOf(session.sql(query))).toBe(code);
      }
    } finally {
      await Promise.all([session.close(), local.close()]);
    }
  });

  it('more members than slots end in an error that counts them', async () => {
    const session = await sparkSession({ executors: 5, slotTimeout: 1.5 });
    try {
      const fitted = session.read.parquet(path).then((table) => long(2).fit(table));
      await expect(fitted).rejects.toMatchObject({ code: 'EXECUTOR_LOST' });
      await expect(fitted).rejects.toThrow(/each of the 5 executors; it has 4 slots/);
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
      await gangMet(2, 60_000);
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
      const session = await sparkSession({ executors: 2, timeout: 2 });
      try {
        const table = await session.read.parquet(path);
        const fitted = long(numRounds).fit(table);
        fitted.catch(() => undefined);
        const { members } = await gangMet(2, 60_000);
        process.kill(members[1] as number, signal);
        const seen = new Set<number>();
        const look = setInterval(() => memberPids().forEach((pid) => seen.add(pid)), 100);
        try {
          const model = await fitted;
          expect(await savedBytes(model)).toEqual(ours);
        } finally {
          clearInterval(look);
        }
        const later = [...seen].filter((pid) => !members.includes(pid));
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
      '🌳\n"('.repeat(200_000),
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
      const { stdout } = spawnSync(python, ['-c', program], {
        ...{ input: pickle, encoding: 'utf8', maxBuffer: 16 << 20 },
      });
      expect(JSON.parse(stdout)).toEqual([
        ['run', text],
        ['type', '"long"'],
      ]);
    }
  });
});
