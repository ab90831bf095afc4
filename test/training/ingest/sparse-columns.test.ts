/** Columns of a file of which only the unusual numbers are read: nothing of it shows in a model. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { hash32 } from '../../../src/base/rng.ts';
import { GBTClassifier, GBTRegressor, RandomForestRegressor, Session } from '../../../src/index.ts';
import { encodeParquet } from '../../../src/table/parquet/encode-parquet.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const folder = temporaryFolder('sparse-columns');
const numRows = 5000;

/** Numbers that are mostly 0, mostly missing, or neither, of several types; a category; labels. */
function batchOf(): arrow.RecordBatch {
  const types = [new arrow.Float32(), new arrow.Float64(), new arrow.Int32(), new arrow.Int64()];
  const columns: Record<string, arrow.Vector> = {};
  for (let f = 0; f < 24; f++) {
    const type = types[f % types.length] as arrow.DataType;
    const usual = f % 3 === 1 ? null : 0;
    const cells = Array.from({ length: numRows }, (_, i) => {
      const drawn = hash32(9, f, i);
      const value = drawn % 40 === 0 ? (drawn >> 8) % (f % 2 === 0 ? 5 : 500) : usual;
      const dense = f % 8 === 7 ? drawn % 1000 : value;
      if (arrow.DataType.isInt(type)) {
        return type.bitWidth === 64 && dense !== null ? BigInt(dense) : dense;
      }
      return dense === null || dense === 0 ? dense : dense / 7;
    });
    columns[`x${f}`] = arrow.vectorFromArray(cells as never, type as never);
  }
  const words = Array.from({ length: numRows }, (_, i) => ['a', 'b', 'c'][hash32(9, 99, i) % 3]);
  columns['word'] = arrow.vectorFromArray(words, new arrow.Utf8());
  const sum = (i: number): number =>
    Array.from({ length: 24 }, (_, f) => Number(columns[`x${f}`]?.get(i) ?? 0)).reduce(
      (total, value, f) => total + Math.sign(value) * ((f % 5) - 2),
      hash32(9, 98, i) / 2 ** 32,
    );
  const labels = Float64Array.from({ length: numRows }, (_, i) => sum(i));
  columns['y'] = arrow.makeVector(labels);
  columns['b'] = arrow.makeVector(Int32Array.from(labels, (label) => Number(label > 0.5)));
  columns['v'] = arrow.makeVector(Int32Array.from(labels, (_, i) => Number(i % 9 === 4)));
  return new arrow.Table(columns).batches[0] as arrow.RecordBatch;
}

const featuresCols = [...Array.from({ length: 24 }, (_, f) => `x${f}`), 'word'];
const cases = {
  boosted: () => new GBTClassifier({ featuresCols, labelCol: 'b', maxIter: 3 }),
  'with rows held out': () =>
    new GBTRegressor({ featuresCols, labelCol: 'y', maxIter: 3, validationIndicatorCol: 'v' }),
  'where zeros are missing': () =>
    new GBTRegressor({ featuresCols, labelCol: 'y', maxIter: 3, zeroAsMissing: true }),
  'of a sample for the bins': () =>
    new GBTRegressor({ featuresCols, labelCol: 'y', maxIter: 3, binSampleRows: 1000 }),
  'of linear leaves': () =>
    new GBTRegressor({ featuresCols, labelCol: 'y', maxIter: 2, linearLeaves: true }),
  'a forest': () => new RandomForestRegressor({ featuresCols, labelCol: 'y', numTrees: 3 }),
};

describe('columns of a file that are mostly zeros or missing', () => {
  it('give the model that they give from memory, in one piece, in many, and on several threads', async () => {
    const batch = batchOf();
    await using alone = await Session.local({ threads: 1 });
    await using threads = await Session.local({ threads: 3 });
    const inMemory = alone.createTable(new arrow.Table([batch]));
    const tables = (['snappy', 'none'] as const).map((compression, i) =>
      encodeParquet(batch, batch.schema, {
        compression,
        rowGroupRows: i === 0 ? numRows : 900,
      }).map(({ bytes }, part) => {
        const path = join(folder, `${compression}-${part}.parquet`);
        writeFileSync(path, bytes);
        return path;
      }),
    );
    for (const [name, make] of Object.entries(cases)) {
      const expected = await savedBytes(await make().fit(inMemory));
      for (const session of [alone, threads]) {
        for (const paths of tables) {
          const found = await savedBytes(await make().fit(await session.read.parquet(paths)));
          expect(found, `${name}: ${paths[0]}`).toEqual(expected);
        }
      }
    }
  }, 120_000);
});
