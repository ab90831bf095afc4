/** Tables of which not all raw columns fit the budget: some columns of all rows at a time, or all columns of some rows. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { hash32 } from '../../../src/base/rng.ts';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { GBTRegressor, RandomForestRegressor } from '../../../src/index.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import { encodeParquet } from '../../../src/table/parquet/encode-parquet.ts';
import { readParquet } from '../../../src/table/parquet/read-parquet.ts';
import type { PartitionSpec } from '../../../src/table/plan/partition-spec.ts';
import { groupColumns, readsByColumns } from '../../../src/training/ingest/column-groups.ts';
import type { FeatureSource } from '../../../src/training/messages.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { KnobRunner } from '../../tools/knob-runner.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const folder = temporaryFolder('by-columns');
const numRows = 2400;

/** Numbers, of which some are constant and some mostly 0; categories of few and of many values; a label. */
function batchOf(): arrow.RecordBatch {
  const columns: Record<string, arrow.Vector> = {};
  const drawn = (f: number, i: number): number => hash32(5, f, i);
  const texts = (f: number, most: number): arrow.Vector =>
    arrow.vectorFromArray(
      Array.from({ length: numRows }, (_, i) => `t${drawn(f, i) % most}`),
      new arrow.Utf8(),
    );
  for (let f = 0; f < 30; f++) {
    if (f === 7) columns['few'] = texts(50, 3);
    if (f === 11) columns['many'] = texts(51, 400);
    const number = (i: number): number | null => {
      const at = drawn(f, i);
      if (f === 3 || f === 20) return 1;
      if (f % 5 === 4) return at % 40 === 0 ? at % 9 : 0;
      return f % 5 === 2 && at % 10 === 0 ? null : at / 2 ** 32;
    };
    const type = f % 3 === 0 ? new arrow.Float64() : new arrow.Float32();
    columns[`x${f}`] = arrow.vectorFromArray(
      Array.from({ length: numRows }, (_, i) => number(i)),
      type,
    );
  }
  const value = (f: number, i: number): number => Number(columns[`x${f}`]?.get(i) ?? 0);
  columns['y'] = arrow.makeVector(
    Float64Array.from({ length: numRows }, (_, i) => value(0, i) - value(29, i) + value(14, i) / 4),
  );
  columns['v'] = arrow.makeVector(
    Int32Array.from({ length: numRows }, (_, i) => Number(i % 7 === 3)),
  );
  return new arrow.Table(columns).batches[0] as arrow.RecordBatch;
}

const batch = batchOf();
const featuresCols = batch.schema.names.filter((name) => name !== 'y' && name !== 'v') as string[];
const common = { labelCol: 'y', seed: 3, maxLeaves: 8 };
const cases = {
  boosted: () => new GBTRegressor({ ...common, featuresCols, maxIter: 2 }),
  'with rows held out': () =>
    new GBTRegressor({ ...common, featuresCols, maxIter: 2, validationIndicatorCol: 'v' }),
  'of a sample for the bins': () =>
    new GBTRegressor({ ...common, featuresCols, maxIter: 1, binSampleRows: 700 }),
  'of given edges': () =>
    new GBTRegressor({ ...common, featuresCols, maxIter: 1, binEdges: { x29: [0.25, 0.5] } }),
  'of numbers that all can split': () =>
    new GBTRegressor({ ...common, featuresCols: ['x0', 'x1', 'x2', 'x29'], maxIter: 2 }),
  'a forest': () => new RandomForestRegressor({ ...common, featuresCols, numTrees: 1 }),
};

describe('a table of more raw numbers than are held at once', () => {
  for (const threads of [1, 3]) {
    it(`gives the same model by columns, by rows and at once: ${threads} threads`, async () => {
      const pool = new ThreadPool(threads, workerUrl());
      const runner = new KnobRunner(threads === 1 ? new InlineRunner() : pool);
      const paths = encodeParquet(batch, batch.schema, {
        compression: 'snappy',
        rowGroupRows: 900,
      }).map(({ bytes }, part) => {
        const path = join(folder, `${threads}-${part}.parquet`);
        writeFileSync(path, bytes);
        return path;
      });
      const table = await readParquet(runner, paths);
      for (const [name, make] of Object.entries(cases)) {
        const fitted = async (knobs: KnobRunner['knobs']) => {
          runner.knobs = { width: threads, ...knobs };
          let passes = 0;
          const model = await make().fit(table, {
            onProgress: ({ phase, total }) => {
              if (phase === 'bin') passes = total;
            },
          });
          return { passes, bytes: await savedBytes(model) };
        };
        const atOnce = await fitted({});
        const byRows = await fitted({ rawBytes: 30_000, byColumns: false });
        const byColumns = await fitted({ rawBytes: 30_000 });
        expect([atOnce.passes, byColumns.passes], name).toEqual([1, 1]);
        expect(byRows.passes, name).toBeGreaterThan(1);
        expect(byRows.bytes, name).toEqual(atOnce.bytes);
        expect(byColumns.bytes, name).toEqual(atOnce.bytes);
      }
      await pool.close();
    }, 60_000);
  }

  it('is read column by column where its source does so and no step looks at all of them', () => {
    const spec = (kind: string, ...steps: object[]): PartitionSpec =>
      ({ source: { kind }, operators: steps.map((step) => ({ spec: step })) }) as never;
    expect(readsByColumns(spec('parquet'))).toBe(true);
    expect(readsByColumns(spec('parquet', { writes: ['a'] }))).toBe(true);
    expect(readsByColumns(spec('parquet', { writes: ['a', 'b'] }))).toBe(false);
    expect(readsByColumns(spec('parquet', { writes: [], changesRows: true }))).toBe(false);
    expect(readsByColumns(spec('csv'))).toBe(false);
  });

  it('has as many columns in a group as fit, those of a list together', () => {
    const feature = (...path: string[]): FeatureSource => ({
      name: path.join('.'),
      path,
      kind: 'f32',
    });
    const features = [
      feature('a'),
      feature('l', '0'),
      feature('b'),
      feature('l', '1'),
      feature('c'),
    ];
    expect(groupColumns(features, 100, 1000)).toEqual([[0], [1, 3], [2, 4]]);
    expect(groupColumns(features, 100, 10_000)).toEqual([[0, 1, 3, 2, 4]]);
    expect(groupColumns(features, 100, 900)).toBeNull();
  });
});
