/** What the calling thread reads while the rank's thread starts gives the fit that the rank would have read itself. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GangRequest } from '../../../src/cluster/gang-runner.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { createTable, GBTClassifier, GBTRegressor, type Progress } from '../../../src/index.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import { readParquet } from '../../../src/table/parquet/read-parquet.ts';
import type { BoostingJob } from '../../../src/training/messages.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const numRows = 5000;
const rows = Array.from({ length: numRows }, (_, i) => i);
const words = ['b', 'a', 'été', '', 'c'];
const columns = {
  text: rows.map((i) => (i % 7 === 3 ? null : (words[(i * i) % 5] as string))),
  whole: BigInt64Array.from(rows, (i) => BigInt((i * 37) % 900)),
  number: rows.map((i) => (i % 9 === 4 ? null : Math.sin(i))),
  other: Float64Array.from(rows, (i) => Math.cos(i * i)),
  single: Float32Array.from(rows, (i) => Math.cos(i * 3)),
  /** Mostly zeros. */
  rare: Float64Array.from(rows, (i) => (i % 50 === 0 ? i : 0)),
};
const labels = {
  classes: rows.map((i) => words[(i * i) % 3] as string),
  numbers: Float64Array.from(rows, (i) => Math.sin(i) + (i % 3)),
};
const plainCols = ['text', 'whole', 'number', 'other', 'single', 'rare'];

async function written(given: Record<string, unknown>): Promise<string> {
  const path = join(temporaryFolder('begin-here'), 'rows.parquet');
  await createTable(given as typeof columns).write.parquet(path);
  return path;
}

/** A thread's entry, and the file it waits for: whatever else this machine does, the thread is not up before it is there. */
function slowWorker(): { readonly url: URL; readonly mayCome: string } {
  const folder = temporaryFolder('begin-here');
  const mayCome = join(folder, 'may-come');
  const lines = [
    `import { existsSync } from 'node:fs';`,
    `export { handleJob } from ${JSON.stringify(workerUrl().href)};`,
    `const nap = new Int32Array(new SharedArrayBuffer(4));`,
    `while (!existsSync(${JSON.stringify(mayCome)})) Atomics.wait(nap, 0, 0, 5);`,
  ];
  writeFileSync(join(folder, 'slow.mjs'), lines.join('\n'));
  return { url: pathToFileURL(join(folder, 'slow.mjs')), mayCome };
}

/** How a fit was done. */
interface Watched {
  /** The calling thread was asked to begin, and did. */
  begun: boolean;
  /** The rank was handed prepared rows. */
  handed: boolean;
  /** Times that others of the calling thread had their turn meanwhile. */
  turns: number;
}

class WatchedPool extends ThreadPool {
  readonly watched: Watched = { begun: false, handed: false, turns: 0 };
  readonly #mayCome: string | null;

  /** @param isSlow the thread does not come up before the calling thread has done what it does of a fit */
  constructor(isSlow = true) {
    const { url, mayCome } = isSlow ? slowWorker() : { url: workerUrl(), mayCome: null };
    super(1, url);
    this.#mayCome = mayCome;
  }

  override runGang(request: GangRequest): Promise<unknown[]> {
    const { watched } = this;
    const { beginHere, payload } = request;
    const begin: GangRequest['beginHere'] = async (heard) => {
      watched.begun = true;
      let isDone = false;
      const count = (): void => {
        watched.turns += 1;
        if (!isDone) setImmediate(count);
      };
      setImmediate(count);
      await beginHere?.(heard).finally(() => {
        isDone = true;
        this.#letCome();
      });
    };
    const answer = super.runGang({
      ...request,
      ...(beginHere === undefined ? {} : { beginHere: begin }),
      payload: (ranks) => {
        const job = payload(ranks) as BoostingJob;
        watched.handed = job.ingest.prepared !== undefined;
        return job;
      },
    });
    if (!watched.begun) this.#letCome();
    return answer;
  }

  #letCome(): void {
    if (this.#mayCome !== null) writeFileSync(this.#mayCome, '');
  }
}

interface Fitted {
  readonly bytes: Record<string, string>;
  readonly watched: Watched;
}

/** @param isUp the thread is up before the fit begins */
async function fitted(
  path: string,
  featuresCols: readonly string[],
  how: { readonly isUp: boolean; readonly validation?: string; readonly isNumeric?: boolean },
): Promise<Fitted> {
  const pool = new WatchedPool(!how.isUp);
  try {
    const table = await readParquet(pool, path);
    if (how.isUp) await table.limit(3).collect();
    const options = { featuresCols, maxIter: 5, maxLeaves: 9 };
    const estimator = how.isNumeric ? new GBTRegressor(options) : new GBTClassifier(options);
    const given =
      how.validation === undefined ? {} : { validation: await readParquet(pool, how.validation) };
    const model = await estimator.fit(table, given);
    return { bytes: (await savedBytes(model)) as never, watched: pool.watched };
  } finally {
    await pool.close();
  }
}

// a calling thread does not begin where it has done much already, by a clock that goes on while others have the processor
beforeEach(() => {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() / 50);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a fit that the calling thread begins', () => {
  it.each([
    ['classes', labels.classes],
    ['numbers', labels.numbers],
  ])('is that of a thread alone: %s', async (kind, label) => {
    const path = await written({ ...columns, label });
    const isNumeric = kind === 'numbers';
    const here = await fitted(path, plainCols, { isUp: false, isNumeric });
    const there = await fitted(path, plainCols, { isUp: true, isNumeric });
    expect(here.watched).toMatchObject({ begun: true, handed: true });
    expect(there.watched).toMatchObject({ begun: false, handed: false });
    expect(here.bytes).toEqual(there.bytes);
    // a turn a column at least
    expect(here.watched.turns).toBeGreaterThan(plainCols.length);
  });

  it('is that of a thread alone with rows for validation', async () => {
    const path = await written({ ...columns, label: labels.classes });
    const validation = await written({ ...columns, label: [...labels.classes].reverse() });
    const here = await fitted(path, plainCols, { isUp: false, validation });
    const there = await fitted(path, plainCols, { isUp: true, validation });
    expect([here.watched.handed, there.watched.handed]).toEqual([true, false]);
    expect(here.bytes).toEqual(there.bytes);
  });

  it('is left to the thread where a column needs the decoder', async () => {
    const path = join(temporaryFolder('begin-here'), 'rows.parquet');
    const given = { ...columns, label: labels.classes };
    await createTable(given).write.parquet(path, { compression: 'zstd' });
    const here = await fitted(path, plainCols, { isUp: false });
    const there = await fitted(path, plainCols, { isUp: true });
    expect(here.watched).toMatchObject({ begun: true, handed: false });
    expect(here.bytes).toEqual(there.bytes);
  });

  it('is not begun where there are many rows', async () => {
    const many = Float64Array.from({ length: 70_000 }, (_, i) => (i * 7) % 101);
    const path = await written({ many, label: many.map((value) => value % 2) });
    const { watched } = await fitted(path, ['many'], { isUp: false });
    expect(watched).toMatchObject({ begun: false, handed: false });
  });

  it('has the errors of the thread', async () => {
    const label = labels.classes.map((text, i) => (i === 4711 ? null : text));
    const path = await written({ ...columns, label });
    for (const isUp of [false, true]) {
      await expect(fitted(path, plainCols, { isUp })).rejects.toThrow(
        /got null or NaN in row 4711 of partition 0/,
      );
    }
  });

  it('rejects with what onProgress throws', async () => {
    const path = await written({ ...columns, label: labels.classes });
    const pool = new WatchedPool();
    const onProgress = (): void => {
      throw new RangeError('no more');
    };
    const estimator = new GBTClassifier({ featuresCols: plainCols, maxIter: 5 });
    const fit = estimator.fit(await readParquet(pool, path), { onProgress });
    await expect(fit).rejects.toThrow('no more');
    expect(pool.watched).toMatchObject({ begun: true, handed: false });
    await pool.close();
  });

  it('never tells of less than it told before, where the thread does all of it again', async () => {
    const whole = BigInt64Array.from(rows, (i) => BigInt(i) + 2n ** 60n);
    for (const [given, handed] of [
      [columns, true],
      [{ ...columns, whole }, false],
    ] as const) {
      const path = await written({ ...given, label: labels.classes });
      const pool = new WatchedPool();
      const told: number[] = [];
      const onProgress = ({ phase, done, total }: Progress): void => {
        told.push(['read', 'bin', 'train'].indexOf(phase) + done / Math.max(1, total));
      };
      const estimator = new GBTClassifier({ featuresCols: plainCols, maxIter: 5 });
      await estimator.fit(await readParquet(pool, path), { onProgress });
      expect(pool.watched).toMatchObject({ begun: true, handed });
      expect(told.length).toBeGreaterThan(3);
      expect(told).toEqual([...told].sort((a, b) => a - b));
      await pool.close();
    }
  });

  it('ends by a signal', async () => {
    const path = await written({ ...columns, label: labels.classes });
    const pool = new WatchedPool();
    const table = await readParquet(pool, path);
    const stop = new AbortController();
    const onProgress = (): void => stop.abort(new Error('enough'));
    const estimator = new GBTClassifier({ featuresCols: plainCols, maxIter: 5 });
    const fit = estimator.fit(table, { signal: stop.signal, onProgress });
    await expect(fit).rejects.toMatchObject({ code: 'ABORTED' });
    expect(pool.watched).toMatchObject({ begun: true, handed: false });
    await pool.close();
  });
});
