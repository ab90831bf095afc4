/** Tables on Spark in all that a fit can be given: validation tables, ids, few rows, searches, stacks, types of ours. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DateMillisecond,
  Dictionary,
  Float64,
  Int32,
  Table,
  Uint8,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  col,
  GBTClassifier,
  GBTRegressor,
  LogisticRegression,
  MulticlassClassificationEvaluator,
  type PartitionedTable,
  Session,
  StackingClassifier,
  TrainValidationSplit,
} from '../../../src/index.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { flightsLike } from './flights-like.ts';
import { runsSpark, sparkSession } from './spark-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'coppice-spark-tables-'));
const path = join(folder, 'flights');
/** So many that two members share the rows that are trained on. */
const numRows = 14_000;

describe.runIf(runsSpark)('a table on Spark', () => {
  let local: Session;
  let spark: Session;
  let here: PartitionedTable;
  let there: PartitionedTable;

  beforeAll(async () => {
    local = await Session.local({ threads: 1 });
    // ids in an order that is not the rows'
    const id = Int32Array.from({ length: numRows }, (_, i) => (i * 1031) % numRows);
    const made = local.createTable({ ...flightsLike(numRows), id }, { numPartitions: 3 });
    await made.write.parquet(path);
    spark = await sparkSession({ executors: 2 });
    here = await local.read.parquet(path);
    there = await spark.read.parquet(path);
  });

  afterAll(async () => {
    await spark?.close();
    await local?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('names the file and the row of a label that is none', async () => {
    const some = local.createTable(
      { x: [1, 2, 3, 4], label: [1, 0, null, 1] },
      { numPartitions: 2 },
    );
    const rows = join(folder, 'unlabelled');
    await some.write.parquet(rows);
    const error = await new GBTRegressor({ featuresCols: ['x'] })
      .fit(await spark.read.parquet(rows))
      .catch((failed: unknown) => failed);
    const file = expect.stringMatching(/unlabelled\/part-\S+\.parquet$/) as string;
    expect(error).toMatchObject({ code: 'LABEL_INVALID', context: { file, row: 0 } });
    expect((error as Error).message).toMatch(/got null or NaN in row 0 of file:\S+\.parquet; drop/);
  });

  const regressor = { labelCol: 'minutes', featuresCols: ['distance', 'wait'], maxIter: 12 };

  it.concurrent('stops a fit early as validation rows, and may be kept by Spark', async () => {
    const fitted = async (table: PartitionedTable): Promise<Record<string, string>> => {
      const estimator = new GBTRegressor({ ...regressor, earlyStoppingRounds: 2, stepSize: 0.9 });
      const validation = table.filter(col('distance').le(0.2));
      return await savedBytes(
        await estimator.fit(table.filter(col('distance').gt(0.2)), { validation }),
      );
    };
    const kept = there.cache();
    expect(await fitted(kept)).toEqual(await fitted(here));
    await kept.unpersist();
  });

  it.concurrent('has ids of its own, so that a query gives the model of the file', async () => {
    const estimator = (): GBTRegressor =>
      new GBTRegressor({ ...regressor, idCol: 'id', subsamplingRate: 0.5, maxIter: 4 });
    const query = await spark.sql(`SELECT * FROM parquet.\`${path}\` ORDER BY wait`);
    const model = await estimator().fit(query);
    expect(model.rowIdMode).toBe('idCol');
    expect(await savedBytes(model)).toEqual(await savedBytes(await estimator().fit(here)));
  });

  it.concurrent('may have fewer rows than members', async () => {
    const estimator = new GBTRegressor({ ...regressor, maxIter: 2, minInstancesPerNode: 1 });
    const few = await estimator.fit(there.limit(1));
    expect(await savedBytes(few)).toEqual(await savedBytes(await estimator.fit(here.limit(1))));
    await expect(estimator.fit(there.filter(col('distance').gt(2)))).rejects.toMatchObject({
      code: 'DATA_EMPTY',
    });
  });

  const columns = { labelCol: 'delayed', featuresCols: ['distance', 'minutes'] };

  it.concurrent('is searched over', async () => {
    const search = new TrainValidationSplit({
      estimator: new GBTClassifier({ ...columns, maxIter: 2 }),
      evaluator: new MulticlassClassificationEvaluator({ labelCol: 'delayed' }),
      estimatorParamMaps: [{ maxDepth: 1 }, { maxDepth: 3 }],
    });
    const theirs = await savedBytes(await search.fit(there));
    expect(theirs).toEqual(await savedBytes(await search.fit(here)));
  });

  it.concurrent('is stacked on', async () => {
    const stack = new StackingClassifier({
      estimators: [new GBTClassifier({ ...columns, maxIter: 2 })],
      finalEstimator: new LogisticRegression({ maxIter: 3 }),
      numFolds: 2,
    });
    const theirs = await savedBytes(await stack.fit(there));
    expect(theirs).toEqual(await savedBytes(await stack.fit(here)));
  });

  it.concurrent('has dates, times, decimals and numbers of all sizes as Spark has them', async () => {
    const table =
      await spark.sql(`SELECT DATE'2024-02-29' AS day, TIMESTAMP'2024-02-29 12:30:01.5' AS time,
      CAST(-1.25 AS DECIMAL(20, 2)) AS price, CAST(-7 AS TINYINT) AS tiny, 9007199254740993 AS long,
      CAST(0.1 AS FLOAT) AS single, X'00FF' AS bytes, 'Ünïcode 🌳' AS text, CAST(NULL AS DOUBLE) AS none`);
    const [row] = (await table.collect()).toArray();
    const found = row?.toJSON() as Record<string, unknown>;
    expect(Number(found['day'])).toBe(Date.UTC(2024, 1, 29));
    expect(Number(found['time'])).toBe(Date.UTC(2024, 1, 29, 12, 30, 1, 500));
    expect([String(found['price']), found['tiny'], found['long']]).toEqual([
      '-125',
      -7,
      9007199254740993n,
    ]);
    expect(found['single']).toBe(Math.fround(0.1));
    expect(found['bytes']).toEqual(Uint8Array.of(0, 255));
    expect([found['text'], found['none']]).toEqual(['Ünïcode 🌳', null]);
  });

  it.concurrent('of this program may have types that Spark has not', async () => {
    const days = [new Date('2024-02-29T12:00:00Z'), null, new Date(0)];
    const table = spark.createTable(
      new Table({
        small: vectorFromArray([255, 0, null], new Uint8()),
        day: vectorFromArray(days, new DateMillisecond()),
        who: vectorFromArray(['a', null, 'Ü'], new Dictionary(new Utf8(), new Int32())),
        y: vectorFromArray([1, 2, 3], new Float64()),
      }),
    );
    const rows = (await table.filter(col('small').gt(1)).collect()).toArray();
    expect(rows.map((row) => row.toJSON())).toEqual([
      { small: 255, day: days[0]?.getTime(), who: 'a', y: 1 },
    ]);
    const model = await new GBTRegressor({
      ...{ labelCol: 'y', featuresCols: ['small', 'day', 'who'], maxIter: 1 },
    }).fit(table);
    expect(model.numFeatures).toBe(3);
  });
});
