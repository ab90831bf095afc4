/**
 * Every estimator that the package exports, fitted by one thread and on three executors, over partitions of all sizes and
 * some without a row: the same bytes. The cases are those of the contract suite, made so long that all ranks have a part.
 * The fits are part of the long suite (`npm run test:cluster`).
 */
import { join } from 'node:path';
import { Vector } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as exported from '../../src/index.ts';
import { Estimator } from '../../src/pipeline/estimator.ts';
import { Session } from '../../src/session/session.ts';
import type { ColumnInput } from '../../src/table/create-table.ts';
import { col } from '../../src/table/expressions/expression.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { startExecutors, token } from '../cluster/executors/start-executor.ts';
import { type Columns, stageCases } from '../contract/stage-cases.ts';
import { predictionsOf, savedBytes } from '../tools/fitted-bytes.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const estimators = Object.entries(exported)
  .filter(([, value]) => typeof value === 'function' && value.prototype instanceof Estimator)
  .map(([name]) => name);

/** Two features of two thirds of so many rows are work for several ranks. */
const numRows = 15_600;

/** The first of three rows are no part of the work, so that partitions have none. */
const isKept = Array.from({ length: numRows }, (_, row) => row >= numRows / 3);

/** A case's rows over and over; numbers that are not whole differ a little from turn to turn. */
function longColumns(columns: Columns): Columns {
  const entries = Object.entries(columns).map(([name, values]) => [name, longColumn(values)]);
  return { ...Object.fromEntries(entries), kept: isKept };
}

function longColumn(values: ColumnInput): ColumnInput {
  const { length } = values;
  if (values instanceof Vector) {
    const rows = Array.from({ length: numRows }, (_, row) => row % length);
    const [first, ...rest] = rows.map((row) => values.slice(row, row + 1));
    return (first as Vector).concat(...rest);
  }
  if (ArrayBuffer.isView(values)) {
    const one = values as Float64Array;
    const long = new (one.constructor as Float64ArrayConstructor)(numRows);
    return long.map((_, row) => one[row % length] as number);
  }
  return Array.from({ length: numRows }, (_, row) => {
    const value = (values as readonly unknown[])[row % length];
    const isWhole = typeof value !== 'number' || Number.isInteger(value);
    return isWhole ? value : (value as number) + ((row * 7919) % 1009) / 4096;
  }) as ColumnInput;
}

const folder = temporaryFolder('stages-on-executors');
const isLong = process.env['COPPICE_SUITE'] === 'long';
let alone: Session;
let session: Session;

beforeAll(async () => {
  if (!isLong) return;
  const executors = await startExecutors([1, 1, 1], '--data-root', folder);
  const addresses = executors.map(({ address }) => address);
  alone = await Session.local({ threads: 1 });
  session = await Session.connect(addresses, { token, threads: 1 });
});

afterAll(async () => {
  await session?.close();
  await alone?.close();
});

async function fitOn(estimator: Estimator, table: PartitionedTable) {
  const kept = table.filter(col('kept'));
  const model = await estimator.fit(kept);
  return { saved: await savedBytes(model), predictions: await predictionsOf(model, kept) };
}

it('every estimator that is exported has a case', () => {
  expect(estimators.filter((name) => stageCases[name] === undefined)).toEqual([]);
  expect(estimators.length).toBeGreaterThan(40);
});

describe.runIf(isLong).each(estimators)('%s', (name) => {
  it('saves and predicts on executors what it does in one thread', async () => {
    const given = stageCases[name];
    const estimator = given?.make() as Estimator;
    const columns = longColumns(given?.table ?? {});
    const own = alone.createTable(columns);
    const expected = await fitOn(estimator, own);
    const sent = session.createTable(columns, { numPartitions: 64 });
    expect(await fitOn(estimator, sent)).toEqual(expected);
    const path = join(folder, name);
    await alone.createTable(columns, { numPartitions: 5 }).write.parquet(path);
    expect(await fitOn(estimator, await session.read.parquet(path))).toEqual(expected);
  }, 600_000);
});
