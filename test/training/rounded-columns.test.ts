/** Integers that float64 does not have are rounded where they are measured, and the user is told: once, by column. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Decimal,
  Int64,
  type RecordBatch,
  Table,
  TimestampNanosecond,
  vectorFromArray,
} from 'apache-arrow';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { RandomForestRegressor } from '../../src/ensemble/forest/random-forest-regressor.ts';
import {
  AdaBoostRegressor,
  BaggingRegressor,
  CrossValidator,
  RegressionEvaluator,
  Session,
  StackingRegressor,
  VotingRegressor,
} from '../../src/index.ts';
import { LinearRegression } from '../../src/linear/linear-regression.ts';
import '../../src/training/worker-programs.ts';
import { tableFromArrow, tableFromColumns } from '../../src/table/create-table.ts';
import { encodeParquet } from '../../src/table/parquet/encode-parquet.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const folder = temporaryFolder('rounded-columns');
const runner = new InlineRunner();
const odd = 2n ** 60n;
const rows = Array.from({ length: 40 }, (_, i) => i);
const estimators = { GBTRegressor, RandomForestRegressor, LinearRegression };
// rounded, and not to one value
const wide = BigInt64Array.from(rows, (i) => odd + 1001n * BigInt(i));
const x = Float64Array.from(rows);

let warnings: string[] = [];
const onWarning = ({ message }: Error): number => warnings.push(message);
beforeEach(() => {
  warnings = [];
  process.on('warning', onWarning);
});
afterEach(() => process.off('warning', onWarning));

describe.each(Object.entries(estimators))('%s', (name, Estimator) => {
  const fit = async (table: ReturnType<typeof tableFromColumns>): Promise<string[]> => {
    const featuresCols = table.columns.filter((column) => column !== 'label');
    await new Estimator({ featuresCols }).fit(table);
    await new Promise(setImmediate);
    return warnings;
  };

  it('says once which features and labels it rounded, and what to do', async () => {
    const columns = { id: wide, x, label: wide };
    const told = await fit(tableFromColumns(runner, columns, { numPartitions: 3 }));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(
      new RegExp(`^${name} reads numbers as float64.* columns id, label to it; cast to string`),
    );
  });

  it('says nothing where every integer stays what it is, or is missing', async () => {
    const sparse = BigInt64Array.from(rows, (i) => BigInt(i) * 2n ** 50n);
    const some = rows.map((i) => (i % 3 === 0 ? null : BigInt(i)));
    const count = name === 'LinearRegression' ? {} : { some };
    expect(await fit(tableFromColumns(runner, { sparse, ...count, label: x }))).toEqual([]);
  });

  it('tells of decimals of more digits than float64 has, not of instants', async () => {
    const words = (value: bigint): Uint32Array =>
      Uint32Array.from([0n, 32n, 64n, 96n], (shift) => Number((value >> shift) & 0xffffffffn));
    const decimals = (first: bigint) =>
      vectorFromArray(
        rows.map((i) => words(first + BigInt(i))),
        new Decimal(2, 38, 128),
      );
    const at = vectorFromArray(
      rows.map((i) => new Date(1.7e12 + i)),
      new TimestampNanosecond(),
    );
    const arrow = new Table({
      price: decimals(10n ** 25n),
      few: decimals(1n),
      at,
      label: vectorFromArray(x),
    });
    const told = await fit(tableFromArrow(runner, arrow));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('of column price to it');
  });

  it.each([1, 50])('tells of a column of a file of which one row in %i is not 0', async (step) => {
    const numbers = Array.from({ length: 600 }, (_, i) => i);
    const large = (i: number): bigint => (i % step === 0 ? odd + BigInt(i + 1) : 0n);
    const batch = new Table({
      id: vectorFromArray(numbers.map(large), new Int64()),
      small: vectorFromArray(
        numbers.map((i) => BigInt(i % 7)),
        new Int64(),
      ),
      label: vectorFromArray(Float64Array.from(numbers)),
    }).batches[0] as RecordBatch;
    const [part] = encodeParquet(batch, batch.schema, {
      compression: 'snappy',
      rowGroupRows: numbers.length,
    });
    const path = join(folder, `${name}-${step}.parquet`);
    writeFileSync(path, part?.bytes as Uint8Array);
    await using session = await Session.local({ threads: 1 });
    const told = await fit(await session.read.parquet(path));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('of column id to it');
  });
});

describe('an ensemble or a search', () => {
  const featuresCols = ['id', 'x'];
  const trees = new GBTRegressor({ featuresCols, maxIter: 3 });
  const estimators = [trees, new LinearRegression({ featuresCols })];
  const searched = { estimator: trees, estimatorParamMaps: [{ maxLeaves: 3 }, { maxLeaves: 5 }] };
  it.each([
    ['stack', new StackingRegressor({ estimators })],
    ['committee', new VotingRegressor({ estimators })],
    ['bag', new BaggingRegressor({ estimator: trees, numEstimators: 3 })],
    ['boosted bag', new AdaBoostRegressor({ estimator: trees, maxIter: 3 })],
    ['search', new CrossValidator({ ...searched, evaluator: new RegressionEvaluator() })],
  ])('of many fits on a table tells of it once: a %s', async (_, estimator) => {
    await using session = await Session.local({ threads: 2 });
    const table = session.createTable({ id: wide, x, label: x }, { numPartitions: 3 });
    await estimator.fit(table);
    await new Promise(setImmediate);
    expect(warnings.filter((text) => text.includes('rounded values'))).toHaveLength(1);
  });
});
