import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { RandomForestRegressor } from '../../src/ensemble/forest/random-forest-regressor.ts';
import { createTable } from '../../src/session/default-session.ts';
import { Session } from '../../src/session/session.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { errorOf } from '../contract/error-of.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const folder = temporaryFolder('session');
const numRows = 20_000;
const columns = {
  x: Float64Array.from({ length: numRows }, (_, i) => (i * 37) % 1009),
  z: Float64Array.from({ length: numRows }, (_, i) => (i * 91) % 677),
  label: Float64Array.from({ length: numRows }, (_, i) => ((i * 37) % 1009) / 7 + (i % 5)),
};
const features = { featuresCols: ['x', 'z'] };
const endless = new GBTRegressor({ ...features, maxIter: 1_000_000 });
const quick = new GBTRegressor({ ...features, maxIter: 3 });

describe('a session', () => {
  it('refuses a number of threads that is none', async () => {
    for (const threads of [0, -1, 1.5, 5000]) {
      const error = await errorOf(() => Session.local({ threads }));
      expect([error.code, error.message]).toEqual([
        'PARAM_INVALID',
        expect.stringMatching(/^threads of Session must be an integer/),
      ]);
    }
  });

  it('has as many threads as were asked for, or as there are cores', async () => {
    const three = await Session.local({ threads: 3 });
    const any = await Session.local();
    expect(three.threads).toBe(3);
    expect(any.threads).toBeGreaterThan(0);
    await Promise.all([three.close(), any.close()]);
  });

  it('makes the same model as any other', async () => {
    const sessions = [await Session.local({ threads: 1 }), await Session.local({ threads: 3 })];
    const saved = await Promise.all(
      sessions.map(async (session) =>
        savedBytes(await quick.fit(session.createTable(columns, { numPartitions: 4 }))),
      ),
    );
    expect(saved[1]).toEqual(saved[0]);
    await Promise.all(sessions.map((session) => session.close()));
  });

  it('may be closed twice, and refuses work afterwards', async () => {
    const session = await Session.local({ threads: 1 });
    const table = session.createTable(columns);
    const model = await quick.fit(table);
    await session.close();
    await session.close();
    for (const work of [
      () => quick.fit(table),
      async () => (await model.transform(table)).collect(),
      () => table.collect(),
      () => table.count(),
      async () => session.createTable(columns),
    ]) {
      expect((await errorOf(work)).code).toBe('SESSION_CLOSED');
    }
  });

  it('is closed when the second call returns too', async () => {
    const session = await Session.local({ threads: 2 });
    const work = errorOf(() => endless.fit(session.createTable(columns)));
    await sleep(100);
    const ended: string[] = [];
    const first = session.close().then(() => ended.push('first'));
    await session.close();
    expect(ended).toEqual(['first']);
    await Promise.all([first, work]);
  });

  it('ends the work under way when it is closed', async () => {
    const session = await Session.local({ threads: 2 });
    const work = errorOf(() => endless.fit(session.createTable(columns)));
    await sleep(300);
    await session.close();
    const error = await work;
    expect([error.code, error.message]).toEqual([
      'SESSION_CLOSED',
      expect.stringContaining('Session.local()'),
    ]);
  });

  it('is closed by `await using`', async () => {
    const session = await Session.local({ threads: 1 });
    const table = session.createTable({ x: [1] });
    await session[Symbol.asyncDispose]();
    expect((await errorOf(() => table.collect())).code).toBe('SESSION_CLOSED');
  });
});

describe('the default session', () => {
  it('is one until it is closed, then another', async () => {
    const first = Session.default();
    expect(Session.default()).toBe(first);
    expect(await createTable({ x: [1, 2, 3] }).count()).toBe(3);
    await first.close();
    const second = Session.default();
    expect(second).not.toBe(first);
    expect(await createTable({ x: [1, 2] }).count()).toBe(2);
    await second.close();
  });
});

describe('an aborted fit', () => {
  const forest = new RandomForestRegressor({ ...features, numTrees: 100_000, maxDepth: 12 });

  async function abortAfter(
    table: PartitionedTable,
    ms: number,
    estimator: GBTRegressor | typeof forest,
  ) {
    const abort = new AbortController();
    const work = errorOf(() => estimator.fit(table, { signal: abort.signal }));
    await sleep(ms);
    const began = performance.now();
    abort.abort();
    const error = await work;
    return { error, tookMs: performance.now() - began };
  }

  it('rejects within a second, whatever it is at, and the session works on', async () => {
    const session = await Session.local({ threads: 2 });
    const table = session.createTable(columns, { numPartitions: 5 });
    const before = await savedBytes(await quick.fit(table));
    for (const estimator of [endless, forest]) {
      for (const ms of [0, 5, 60, 300]) {
        const { error, tookMs } = await abortAfter(table, ms, estimator);
        expect(error.code).toBe('ABORTED');
        expect(tookMs).toBeLessThan(1000);
      }
    }
    expect(await savedBytes(await quick.fit(table))).toEqual(before);
    await session.close();
  });

  it('leaves its memory to the next fit, however often one is aborted', async () => {
    const { Memory } = WebAssembly;
    let numMade = 0;
    const made = vi.spyOn(WebAssembly, 'Memory').mockImplementation(function make(descriptor) {
      numMade += 1;
      return new Memory(descriptor);
    });
    const session = await Session.local({ threads: 2 });
    try {
      const table = session.createTable(columns, { numPartitions: 5 });
      const before = await savedBytes(await quick.fit(table));
      for (let i = 0; i < 12; i++) {
        const { error } = await abortAfter(table, 10 * i, i % 3 === 0 ? forest : endless);
        expect(error.code).toBe('ABORTED');
      }
      // a thread that is slow to leave is ended, and its memory with it
      expect(numMade).toBeLessThan(6);
      expect(await savedBytes(await quick.fit(table))).toEqual(before);
    } finally {
      made.mockRestore();
      await session.close();
    }
  });

  it('does not begin where the signal has fired already', async () => {
    const session = await Session.local({ threads: 1 });
    const table = session.createTable(columns);
    const signal = AbortSignal.abort();
    expect((await errorOf(() => quick.fit(table, { signal }))).code).toBe('ABORTED');
    await session.close();
  });
});

/** Runs a script against the built library; resolves with its exit code and output. */
async function runScript(
  name: string,
  body: string,
): Promise<{ code: number | null; out: string }> {
  const library = new URL('../../dist/index.js', import.meta.url).href;
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, `import * as coppice from ${JSON.stringify(library)};\n${body}\n`);
  const child = spawn(process.execPath, [path], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  return { code, out };
}

describe('a script', () => {
  const table = `
const n = 30000;
const x = Float64Array.from({ length: n }, (_, i) => (i * 37) % 1009);
const table = coppice.createTable({ x, label: x.map((v) => v / 3) }, { numPartitions: 3 });`;

  it('that never mentions Session ends by itself', async () => {
    const { code, out } = await runScript(
      'plain',
      `${table}
const model = await new coppice.GBTRegressor({ featuresCols: ['x'], maxIter: 2 }).fit(table);
console.log(await (await model.transform(table)).count());`,
    );
    expect([code, out]).toEqual([0, '30000\n']);
  });

  it('whose fit was aborted ends by itself: no thread is left', async () => {
    const { code, out } = await runScript(
      'aborted',
      `${table}
const signal = AbortSignal.timeout(400);
await new coppice.GBTRegressor({ featuresCols: ['x'], maxIter: 1000000 })
  .fit(table, { signal })
  .catch((error) => console.log(error.code));`,
    );
    expect([code, out]).toEqual([0, 'ABORTED\n']);
  });

  it('whose fit was refused ends by itself, and prints the whole sentence', async () => {
    const { code, out } = await runScript(
      'refused',
      `${table}
await new coppice.GBTRegressor({ featuresCols: ['y'] }).fit(table);`,
    );
    expect(code).toBe(1);
    expect(out).toContain('featuresCols of GBTRegressor must be a column of the table; got "y"');
  });
});
