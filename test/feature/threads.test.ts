/** The feature stages in the worker threads of real sessions: the same models, the same columns, typed errors. */
import { afterAll, describe, expect, it } from 'vitest';
import { FeatureHasher } from '../../src/feature/categories/feature-hasher.ts';
import { OneHotEncoder } from '../../src/feature/categories/one-hot-encoder.ts';
import { StringIndexer } from '../../src/feature/categories/string-indexer.ts';
import { DatePartExtractor } from '../../src/feature/date-part-extractor.ts';
import { Imputer } from '../../src/feature/numbers/imputer.ts';
import { StandardScaler } from '../../src/feature/numbers/standard-scaler.ts';
import { VarianceThresholdSelector } from '../../src/feature/selection/variance-threshold-selector.ts';
import { Normalizer } from '../../src/feature/vectors/normalizer.ts';
import { SparseProjector } from '../../src/feature/vectors/sparse-projector.ts';
import { VectorAssembler } from '../../src/feature/vectors/vector-assembler.ts';
import { VectorSlicer } from '../../src/feature/vectors/vector-slicer.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { Session } from '../../src/session/session.ts';
import { contentOf, inlineTable } from '../tools/inline-table.ts';
import { folderContent, temporaryFolder } from '../tools/temporary-folder.ts';

const root = temporaryFolder('threads');
const rows = Array.from({ length: 500 }, (_, row) => row);
const columns = {
  carrier: rows.map((row) =>
    row % 17 === 0 ? null : (['UA', 'AA', 'B6', 'é'][(row * row) % 4] ?? null),
  ),
  distance: rows.map((row) => (row % 13 === 0 ? Number.NaN : Math.sin(row) * 1e3)),
  hour: Int32Array.from(rows, (row) => (row * 7) % 24),
  time: rows.map((row) => new Date(1e9 * row * row)),
};
const pipeline = new Pipeline({
  stages: [
    new StringIndexer({ inputCol: 'carrier', outputCol: 'index' }),
    new OneHotEncoder({ inputCols: ['carrier', 'hour'], outputCols: ['hot', 'hotHour'] }),
    new Imputer({ inputCol: 'distance', outputCol: 'filled', strategy: 'median' }),
    new StandardScaler({ inputCol: 'distance', outputCol: 'scaled', withMean: true }),
    new VectorAssembler({ inputCols: ['index', 'hot', 'filled', 'scaled'] }),
    new FeatureHasher({ inputCols: ['carrier', 'hour'], outputCol: 'hashed', numFeatures: 12 }),
    new Normalizer({ inputCol: 'hashed', outputCol: 'unit' }),
    new VarianceThresholdSelector({ featuresCol: 'unit', outputCol: 'varying' }),
    new VectorSlicer({ inputCol: 'unit', outputCol: 'some', indices: [3, 1] }),
    new DatePartExtractor({ inputCol: 'time', outputCol: 'at' }),
    new SparseProjector({ inputCols: ['carrier', 'distance', 'hour', 'unit'], outputCol: 'sums' }),
  ],
});
const sessions: Session[] = [];
afterAll(async () => {
  for (const session of sessions) await session.close();
});

async function sessionOf(threads: number): Promise<Session> {
  const session = await Session.local({ threads });
  sessions.push(session);
  return session;
}

describe('a pipeline of feature stages', () => {
  it('gives the same bytes and columns for 1, 2, 3 and 5 threads, whatever the partitions', async () => {
    const inline = await pipeline.fit(inlineTable(columns));
    await inline.save(`${root}/inline`);
    const expected = await contentOf(await inline.transform(inlineTable(columns)));
    for (const threads of [1, 2, 3, 5]) {
      const session = await sessionOf(threads);
      for (const numPartitions of [1, 7]) {
        const table = session.createTable(columns, { numPartitions });
        const model = await pipeline.fit(table);
        const path = `${root}/${threads}-${numPartitions}`;
        await model.save(path);
        expect(folderContent(path)).toEqual(folderContent(`${root}/inline`));
        expect(await contentOf(await model.transform(table))).toEqual(expected);
      }
    }
  });

  it('brings an error of a thread back with its code and place', async () => {
    const session = await sessionOf(2);
    const model = await pipeline.fit(session.createTable(columns));
    const later = session.createTable(
      { ...columns, carrier: rows.map(() => 'ZZ') },
      { numPartitions: 3 },
    );
    const error = await (await model.transform(later)).collect().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'CATEGORY_UNSEEN',
      context: { column: 'carrier', row: 0 },
    });
  });
});
