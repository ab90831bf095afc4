/** Are models that Spark trains those of one thread here, byte for byte, and tables on Spark the tables here? */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BinaryClassificationEvaluator,
  col,
  GBTClassifier,
  GBTRegressor,
  LogisticRegression,
  type PartitionedTable,
  Pipeline,
  RandomForestClassifier,
  Session,
  StringIndexer,
  VectorAssembler,
} from '../../../src/index.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { flightsLike } from './flights-like.ts';
import { memberPids, runsSpark, sparkSession, within } from './spark-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'coppice-spark-data-'));
const path = join(folder, 'flights');

describe.runIf(runsSpark)('a session on Spark', () => {
  let local: Session;
  let spark: Session;
  /** Of three members. */
  let other: Session;
  let here: PartitionedTable;
  let there: PartitionedTable;

  beforeAll(async () => {
    local = await Session.local({ threads: 1 });
    const made = local.createTable(flightsLike(12_000), { numPartitions: 3 });
    await made.write.parquet(path);
    spark = await sparkSession({ executors: 2 });
    other = await sparkSession({ executors: 3 });
    here = await local.read.parquet(path);
    there = await spark.read.parquet(path);
  });

  afterAll(async () => {
    await spark?.close();
    await other?.close();
    await local?.close();
    rmSync(folder, { recursive: true, force: true });
    expect(await within(5000, () => memberPids().length === 0)).toBe(true);
  });

  it.concurrent('reads Parquet with the rows in their order', async () => {
    const rowsOf = async (table: PartitionedTable): Promise<unknown[]> =>
      (await table.limit(700).collect()).toArray().map((row) => row.toJSON());
    expect(there.schemaText()).toBe(here.schemaText());
    expect(await there.count()).toBe(12_000);
    expect(await rowsOf(there)).toEqual(await rowsOf(here));
  });

  it.concurrent('reads tables of the catalog and queries, whatever the number of members', async () => {
    const query = `SELECT distance, wait, minutes FROM parquet.\`${path}\``;
    const make = (): GBTRegressor =>
      new GBTRegressor({ labelCol: 'minutes', featuresCols: ['distance', 'wait'], maxIter: 3 });
    const model = await make().fit(await spark.sql(query));
    expect(model.rowIdMode).toBe('content');
    const two = await savedBytes(model);
    expect(await savedBytes(await make().fit(await other.sql(query)))).toEqual(two);
    const named = await spark.sql(`SELECT * FROM range(5)`);
    expect(await named.count()).toBe(5);
    await expect(spark.table('no_such_table')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it.concurrent.each([
    [
      'GBTRegressor',
      () =>
        new GBTRegressor({
          labelCol: 'minutes',
          featuresCols: ['distance', 'wait', 'carrier'],
          maxIter: 5,
          subsamplingRate: 0.5,
        }),
    ],
    [
      'RandomForestClassifier',
      () =>
        new RandomForestClassifier({
          labelCol: 'delayed',
          featuresCols: ['distance', 'wait', 'carrier'],
          numTrees: 5,
          maxDepth: 6,
        }),
    ],
    [
      'LogisticRegression',
      () =>
        new LogisticRegression({
          labelCol: 'delayed',
          featuresCols: ['distance', 'minutes'],
          maxIter: 5,
        }),
    ],
  ])('trains a %s with the bytes of one thread here', async (_, make) => {
    const ours = await savedBytes(await make().fit(here));
    expect(await savedBytes(await make().fit(there))).toEqual(ours);
  });

  it.concurrent('fits, applies and scores a pipeline', async () => {
    const make = (): Pipeline =>
      new Pipeline({
        stages: [
          new StringIndexer({
            inputCols: ['carrier'],
            outputCols: ['index'],
            handleInvalid: 'keep',
          }),
          new VectorAssembler({ inputCols: ['index', 'distance', 'wait'], outputCol: 'features' }),
          new GBTClassifier({ labelCol: 'delayed', maxIter: 5, maxLeaves: 15 }),
        ],
      });
    const ours = await make().fit(here);
    const theirs = await make().fit(there);
    expect(await savedBytes(theirs)).toEqual(await savedBytes(ours));
    const scored = await theirs.transform(there);
    const known = await ours.transform(here);
    const evaluator = new BinaryClassificationEvaluator({ labelCol: 'delayed' });
    expect(await evaluator.evaluate(scored)).toBe(await evaluator.evaluate(known));
    const [a, b] = [await scored.collect(), await known.collect()];
    expect(String(a.schema)).toBe(String(b.schema));
    expect(a.numRows).toBe(12_000);
    for (const row of [0, 2345, 11_999]) expect(String(a.get(row))).toBe(String(b.get(row)));
  });

  it.concurrent('trains over any number of members, of rows that a filter left', async () => {
    const make = (): GBTRegressor =>
      new GBTRegressor({ labelCol: 'minutes', featuresCols: ['distance', 'wait'], maxIter: 3 });
    const ours = await savedBytes(await make().fit(here.filter(col('distance').gt(0.1))));
    const rows = (await other.read.parquet(path)).filter(col('distance').gt(0.1));
    expect(await savedBytes(await make().fit(rows))).toEqual(ours);
  });
});
