/**
 * What estimators say to data they cannot use: what is wrong, where, and what to do. After every refusal
 * the session works on.
 */
import { Binary, Field, FixedSizeList, List, Utf8, vectorFromArray } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CoppiceError, ErrorCode } from '../../src/base/errors.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRanker } from '../../src/ensemble/boosting/gbt-ranker.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import type { FitOptions } from '../../src/pipeline/estimator.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import { type ColumnInput, tableFromColumns } from '../../src/table/create-table.ts';
import { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { sourceNode } from '../../src/table/plan/plan-node.ts';
import { errorOf } from '../contract/error-of.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import {
  type EstimatorCase,
  estimatorClasses,
  makeEstimator,
} from '../training/random-estimators.ts';

const pool = new ThreadPool(2, workerUrl());
afterAll(() => pool.close());

type Columns = Readonly<Record<string, ColumnInput>>;
const names = Object.keys(estimatorClasses) as EstimatorCase['name'][];
const numRows = 12_000;
const numbers = Float64Array.from({ length: numRows }, (_, i) => (i * 37) % 101);
/** Enough values that both threads take part; five partitions. */
const good: Columns = {
  distance: numbers,
  carrier: Array.from({ length: numRows }, (_, i) => `c${i % 7}`),
  label: numbers.map((value, i) => (value > 50 ? 1 : 0) + (i % 3 === 0 ? 1 : 0)),
};
const tableOf = (columns: Columns): PartitionedTable =>
  tableFromColumns(pool, columns, { numPartitions: 5 });
const features = { featuresCols: ['distance', 'carrier'] };
const quick = { ...features, maxIter: 2 };

/** The label, or another column, with one cell replaced: row 9,999 is row 399 of partition 4 of 5. */
function spoiled(value: number): Float64Array {
  const cells = Float64Array.from(good['label'] as Float64Array);
  cells[9999] = value;
  return cells;
}

let before: Record<string, string>;
const goodFit = async (): Promise<Record<string, string>> =>
  await savedBytes(await new GBTRegressor(quick).fit(tableOf(good)));
beforeAll(async () => {
  before = await goodFit();
});

/** Expects a refusal, and that the session works on. */
async function expectRefusal(
  work: () => Promise<unknown>,
  code: ErrorCode,
  ...parts: readonly (string | RegExp)[]
): Promise<CoppiceError> {
  const error = await errorOf(work);
  expect(error.message).toBeTruthy();
  expect([error.code, error.message]).toEqual([code, expect.anything()]);
  for (const part of parts) expect(error.message).toMatch(part);
  return error;
}

async function refuse(
  columns: Columns,
  options: Readonly<Record<string, unknown>>,
  code: ErrorCode,
  ...parts: readonly (string | RegExp)[]
): Promise<CoppiceError> {
  const fit = () => new GBTRegressor({ ...quick, ...options }).fit(tableOf(columns));
  return await expectRefusal(fit, code, ...parts);
}

afterAll(async () => {
  // whatever was refused above, the same threads still make the same model
  expect(await goodFit()).toEqual(before);
});

describe('columns that are not there', () => {
  const roles = ['labelCol', 'weightCol', 'idCol', 'validationIndicatorCol'] as const;
  for (const role of roles) {
    it(`are named with the parameter and the nearest name: ${role}`, async () => {
      await refuse(
        good,
        { [role]: 'lable' },
        'COLUMN_NOT_FOUND',
        `${role} of GBTRegressor must be a column of the table; got "lable"`,
        /label/,
      );
    });
  }

  for (const name of names) {
    it(`are named for features: ${name}`, async () => {
      const found = { name, options: { featuresCols: ['distance', 'carier'] } };
      await expectRefusal(
        () => makeEstimator(found).fit(tableOf(good)),
        'COLUMN_NOT_FOUND',
        `featuresCols of ${name} must be a column of the table; got "carier"`,
        /carrier/,
      );
    });
  }

  it('are looked for under featuresCol where no columns are named', async () => {
    await refuse(
      good,
      { featuresCols: undefined },
      'COLUMN_NOT_FOUND',
      'featuresCol of GBTRegressor must be a column of the table; got "features"',
      /there are: .*; name the columns to learn from with featuresCols$/,
    );
  });

  it('are missed in a validation table too', async () => {
    const { carrier, ...rest } = good;
    await expectRefusal(
      () => new GBTRegressor(quick).fit(tableOf(good), { validation: tableOf(rest) }),
      'COLUMN_NOT_FOUND',
      'carrier',
    );
    expect(carrier).toBeDefined();
  });
});

describe('columns of the wrong type', () => {
  const words = good['carrier'] as ColumnInput;
  const fraction = numbers.map((value) => value / 2);

  it('are refused as label of a regressor', async () => {
    await refuse(
      { ...good, label: words },
      {},
      'COLUMN_TYPE',
      'column label, labelCol of GBTRegressor, must be a number; got string',
    );
  });

  it('are refused as label of a classifier', async () => {
    const lists = vectorFromArray(
      [[1], [2]],
      new List(new Field('item', new Utf8(), true)),
    ) as unknown as ColumnInput;
    const table = tableFromColumns(pool, { distance: [1, 2], label: lists });
    await expectRefusal(
      () => new GBTClassifier({ featuresCols: ['distance'] }).fit(table),
      'COLUMN_TYPE',
      'column label, labelCol of GBTClassifier, must be a number, a boolean or a text; got',
    );
  });

  it('are refused as weight, id and validation mark', async () => {
    await refuse(
      { ...good, w: words },
      { weightCol: 'w' },
      'COLUMN_TYPE',
      'column w, weightCol of GBTRegressor, must be a number; got string',
    );
    await refuse(
      { ...good, id: fraction },
      { idCol: 'id' },
      'COLUMN_TYPE',
      'column id, idCol of GBTRegressor, must be an integer or a text; got double; ' +
        'of whole numbers cast it to bigint, as by table.cast({ "id": \'bigint\' })',
    );
    await refuse(
      { ...good, v: words },
      { validationIndicatorCol: 'v' },
      'COLUMN_TYPE',
      'column v, validationIndicatorCol of GBTRegressor, must be boolean or a number; got string',
    );
  });

  it('are refused as features', async () => {
    const bytes = vectorFromArray(
      [Uint8Array.of(1), Uint8Array.of(2)],
      new Binary(),
    ) as unknown as ColumnInput;
    const table = tableFromColumns(pool, { bytes, label: [1, 2] });
    await expectRefusal(
      () => new GBTRegressor({ featuresCols: ['bytes'] }).fit(table),
      'COLUMN_TYPE',
      'bytes',
    );
  });

  it('are refused in a validation table', async () => {
    const validation = tableOf({ ...good, distance: words });
    await expectRefusal(
      () => new GBTRegressor(quick).fit(tableOf(good), { validation }),
      'SCHEMA_MISMATCH',
      'distance',
      'string',
    );
  });

  it('are refused by a model', async () => {
    const model = await new GBTRegressor(quick).fit(tableOf(good));
    await expectRefusal(
      () => model.transform(tableOf({ ...good, distance: words })),
      'SCHEMA_MISMATCH',
      'column distance of the table given to GBTRegressionModel must be double, as at fit; got string',
    );
    await expectRefusal(
      () => model.transform(tableOf({ distance: numbers })),
      'COLUMN_NOT_FOUND',
      'must have the column carrier',
    );
  });
});

describe('features that cannot be', () => {
  it('must not hold the label', async () => {
    await refuse(
      good,
      { featuresCols: ['distance', 'label'] },
      'PARAM_INVALID',
      'featuresCols of GBTRegressor must not hold the label; got label; leave it out',
    );
  });

  it('must not hold what marks rows; of weights and queries a warning tells, once', async () => {
    const label = good['label'] as Float64Array;
    const marked = { ...good, held: label.map((_, row) => Number(row % 3 === 0)) };
    await refuse(
      marked,
      { featuresCols: ['distance', 'held'], validationIndicatorCol: 'held' },
      'PARAM_INVALID',
      'featuresCols of GBTRegressor must not hold what marks the rows held out (validationIndicatorCol); got held; leave it out',
    );
    const query = BigInt64Array.from(label, (_, row): bigint => BigInt(row >> 2));
    const ranked = tableOf({ ...good, query });
    const ranker = new GBTRanker({
      featuresCols: ['distance', 'query'],
      groupCol: 'query',
      maxIter: 2,
    });
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const weighed = tableOf({ ...good, exposure: label.map((_, row) => 1 + (row % 2)) });
    const options = { featuresCols: ['distance', 'exposure'], weightCol: 'exposure', maxIter: 2 };
    for (let turn = 0; turn < 2; turn++) {
      await new GBTRegressor(options).fit(weighed);
      await ranker.fit(ranked);
    }
    const told = warning.mock.calls.filter(([text]) => String(text).includes('learns from'));
    warning.mockRestore();
    expect(told.map(([text]) => String(text).split(',')[0])).toEqual([
      'GBTRegressor learns from exposure',
      'GBTRanker learns from query',
    ]);
  });

  it('must be at least one', async () => {
    const empty = vectorFromArray([[], []], new FixedSizeList(0, new Field('item', new Utf8())));
    const table = tableFromColumns(pool, { features: empty as never, label: [1, 2] });
    await errorOf(() => new GBTRegressor({}).fit(table));
    await errorOf(() => new GBTRegressor({ featuresCols: [] }).fit(tableOf(good)));
  });
});

describe('labels that no model can meet', () => {
  const dropping = "drop such rows with table.na.drop({ columns: ['label'] })";
  // na.drop keeps infinities
  const filtering = 'mend it, or leave such rows out with table.filter';
  for (const [value, word] of [
    [Number.NaN, 'null or NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ] as const) {
    const remedy = Number.isNaN(value) ? dropping : filtering;
    for (const name of names) {
      it(`are refused with row and partition: ${word} for ${name}`, async () => {
        const error = await expectRefusal(
          () =>
            makeEstimator({ name, options: features }).fit(
              tableOf({ ...good, label: spoiled(value) }),
            ),
          'LABEL_INVALID',
          `label (the label of ${name}) must be a finite number or a class in every row; got ${word} in row 399 of partition 4; ${remedy}`,
        );
        expect(error.context).toMatchObject({ partition: 4, row: 399 });
      });
    }
  }

  it('are refused where a text is missing', async () => {
    const label = ['a', 'b', null, 'a'];
    const table = tableFromColumns(pool, { distance: [1, 2, 3, 4], label });
    await expectRefusal(
      () => new GBTClassifier({ featuresCols: ['distance'] }).fit(table),
      'LABEL_INVALID',
      'got null or NaN in row 2 of partition 0',
    );
  });

  it('are refused where they make too many classes', async () => {
    const table = tableOf({ ...good, label: numbers.map((_, i) => i) });
    await expectRefusal(
      () => new GBTClassifier(quick).fit(table),
      'LABEL_INVALID',
      /the number of classes of label \(the label of GBTClassifier\) must be at most 10000; got at least \d+/,
      'regressor',
    );
  });

  it('are refused in validation rows of a class that no training row has', async () => {
    const label = Float64Array.from(good['label'] as Float64Array).fill(77, 0, 5);
    const validation = tableOf({ ...good, label });
    await expectRefusal(
      () => new GBTClassifier(quick).fit(tableOf(good), { validation }),
      'LABEL_INVALID',
      'label of the validation rows must be a class of the training rows; got 77',
    );
  });

  for (const lossType of ['poisson', 'gamma', 'tweedie'] as const) {
    it(`are refused below 0 for ${lossType}`, async () => {
      const label = spoiled(-1).map((value) => (value === 0 ? 0.5 : value));
      await refuse({ ...good, label }, { lossType }, 'LABEL_INVALID', lossType, '-1');
    });
  }
});

describe('weights that count nothing', () => {
  for (const [value, word] of [
    [-0.5, '-0.5'],
    [Number.NaN, 'null or NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ] as const) {
    it(`are refused with row and partition: ${word}`, async () => {
      await refuse(
        { ...good, w: spoiled(value) },
        { weightCol: 'w' },
        'WEIGHT_INVALID',
        `w (the weight of GBTRegressor) must be a finite number ≥ 0 in every row; got ${word} in row 399 of partition 4`,
      );
    });
  }

  it('are refused where all of them are 0', async () => {
    const error = await refuse(
      { ...good, w: new Float64Array(numRows) },
      { weightCol: 'w' },
      'WEIGHT_INVALID',
      'w (the weight of GBTRegressor) must be above 0 in at least one row; got 0 in every row',
    );
    expect(error.context).toMatchObject({ column: 'w' });
  });
});

describe('tables without rows to learn from', () => {
  const fitOn = (columns: Columns, options: object = {}, fit: FitOptions = {}) =>
    new GBTRegressor({ ...quick, ...options }).fit(tableOf(columns), fit);

  for (const name of names) {
    it(`are refused: ${name}`, async () => {
      const empty = {
        distance: new Float64Array(0),
        carrier: [] as string[],
        label: new Float64Array(0),
      };
      const columns = { ...empty, carrier: vectorFromArray([], new Utf8()) as never };
      await expectRefusal(
        () => makeEstimator({ name, options: features }).fit(tableOf(columns)),
        'DATA_EMPTY',
        `the table that ${name} is fitted on must have at least one row; got 0 rows`,
      );
    });
  }

  it('are refused where every row is a validation row', async () => {
    const v = new Array<boolean>(numRows).fill(true);
    await expectRefusal(
      () => fitOn({ ...good, v }, { validationIndicatorCol: 'v' }),
      'DATA_EMPTY',
      'GBTRegressor',
      'v',
    );
  });

  it('are refused as validation table', async () => {
    const none = {
      distance: new Float64Array(0),
      carrier: vectorFromArray([], new Utf8()) as never,
      label: new Float64Array(0),
    };
    await expectRefusal(
      () => fitOn(good, {}, { validation: tableOf(none) }),
      'DATA_EMPTY',
      'validation table',
    );
  });
});

describe('ids', () => {
  it('must not be null', async () => {
    const id = Array.from({ length: numRows }, (_, i) => (i === 9999 ? null : `row ${i}`));
    await refuse(
      { ...good, id },
      { idCol: 'id' },
      'DATA_INVALID',
      'id (the row id of GBTRegressor) must not be null; got null in row 399 of partition 4',
    );
  });
});

describe('a table that is not what it said', () => {
  /** The table, whose partition 3 claims to have so many rows. */
  async function claiming(rows: number): Promise<PartitionedTable> {
    const table = tableOf(good);
    const plan = await table.plan();
    const partitions = plan.partitions.map((partition, i) =>
      i === 3 ? { ...partition, source: { ...partition.source, numRows: rows } } : partition,
    );
    return new PartitionedTable(pool, sourceNode(table.schema, partitions));
  }

  for (const rows of [2399, 2401]) {
    it(`is refused when rows came or went since they were counted: ${rows}`, async () => {
      const table = await claiming(rows);
      const error = await expectRefusal(
        () => new GBTRegressor(quick).fit(table),
        'DATA_INVALID',
        `partition 3 must have ${rows} rows, as when it was counted; got 2400; the data changed while it was read`,
      );
      expect(error.context).toMatchObject({ partition: 3 });
    });
  }

  it('is refused before anything is read where it cannot fit into memory', async () => {
    const table = await claiming(700_000_000);
    await expectRefusal(
      () => new GBTRegressor(quick).fit(table),
      'MEMORY_LIMIT',
      /must fit 4294967296 bytes; got \d{10,}; use more executors/,
    );
  });
});
