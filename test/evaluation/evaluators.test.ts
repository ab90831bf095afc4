import { readFileSync } from 'node:fs';
import { Field, Schema, Table } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { CoppiceError, type ErrorCode } from '../../src/base/errors.ts';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import {
  BinaryClassificationEvaluator,
  binaryMetricNames,
} from '../../src/evaluation/evaluators/binary-classification-evaluator.ts';
import type { Evaluator } from '../../src/evaluation/evaluators/evaluator.ts';
import {
  MulticlassClassificationEvaluator,
  multiclassMetricNames,
} from '../../src/evaluation/evaluators/multiclass-classification-evaluator.ts';
import {
  RegressionEvaluator,
  regressionMetricNames,
} from '../../src/evaluation/evaluators/regression-evaluator.ts';
import '../../src/evaluation/worker-tasks.ts';
import { makeBatch } from '../../src/table/columns/column-data.ts';
import {
  batchOfColumns,
  fixedSizeListColumn,
  float64Column,
  utf8Column,
} from '../../src/table/columns/make-column.ts';
import {
  type ColumnInput,
  tableFromArrow,
  tableFromColumns,
} from '../../src/table/create-table.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';

/** Values of scikit-learn; see fixtures/make-metrics.py. */
interface Fixture {
  readonly data: Readonly<Record<string, readonly number[]>>;
  readonly expected: Readonly<Record<'unweighted' | 'weighted', Readonly<Record<string, number>>>>;
}

const fixtures = JSON.parse(
  readFileSync(new URL('./fixtures/metrics.json', import.meta.url), 'utf8'),
) as Readonly<Record<'binary' | 'multiclass' | 'regression' | 'losses', Fixture>>;

const runner = new InlineRunner();

function tableOf(columns: Record<string, ColumnInput>, numPartitions = 3): PartitionedTable {
  return tableFromColumns(runner, columns, { numPartitions });
}

function column(fixture: Fixture, name: string): Float64Array {
  return Float64Array.from(fixture.data[name] ?? []);
}

function binaryColumns(): Record<string, ColumnInput> {
  const { binary } = fixtures;
  return {
    label: Int32Array.from(column(binary, 'label')),
    rawPrediction: column(binary, 'score'),
    probability: column(binary, 'probability'),
    prediction: Int32Array.from(column(binary, 'prediction')),
    weight: column(binary, 'weight'),
  };
}

function multiclassColumns(): Record<string, ColumnInput> {
  const { multiclass } = fixtures;
  return {
    label: Int32Array.from(column(multiclass, 'label')),
    probability: fixedSizeListColumn(column(multiclass, 'probability'), 4),
    prediction: Int32Array.from(column(multiclass, 'prediction')),
    weight: column(multiclass, 'weight'),
  };
}

function regressionColumns(): Record<string, ColumnInput> {
  const { regression } = fixtures;
  return {
    label: column(regression, 'label'),
    prediction: column(regression, 'prediction'),
    weight: column(regression, 'weight'),
  };
}

const families: readonly [
  keyof typeof fixtures,
  () => Record<string, ColumnInput>,
  (options: { weightCol?: string; metricName?: string }) => Evaluator,
  readonly string[],
][] = [
  [
    'binary',
    binaryColumns,
    (options) => new BinaryClassificationEvaluator(options as never),
    binaryMetricNames,
  ],
  [
    'multiclass',
    multiclassColumns,
    (options) =>
      new MulticlassClassificationEvaluator({ ...options, metricLabel: 2, beta: 2 } as never),
    multiclassMetricNames,
  ],
  [
    'regression',
    regressionColumns,
    (options) =>
      new RegressionEvaluator({ ...options, quantileLevel: 0.3, tweediePower: 1.2 } as never),
    // those that sort rows are measured where they are asked for
    regressionMetricNames.filter((name) => !/gini/i.test(name)),
  ],
];

describe.each(families)('%s metrics', (family, columns, evaluator, names) => {
  it.each([
    ['unweighted', {}],
    ['weighted', { weightCol: 'weight' }],
  ] as const)('agree with scikit-learn, %s', async (kind, options) => {
    const metrics = await evaluator(options).evaluateAll(tableOf(columns()));
    const expected = fixtures[family].expected[kind];
    expect(Object.keys(metrics).sort()).toEqual([...names].sort());
    for (const name of names) {
      const tolerance = 1e-9 * Math.max(1, Math.abs(expected[name] ?? 0));
      expect(Math.abs((metrics[name] ?? Number.NaN) - (expected[name] ?? 0)), name).toBeLessThan(
        tolerance,
      );
    }
  });

  it('are the same bits for 1 and 7 partitions, one of them empty, and for reversed rows', async () => {
    const given = columns();
    const reversed = Object.fromEntries(
      Object.entries(given).map(([name, values]) => [
        name,
        ArrayBuffer.isView(values)
          ? (values as Float64Array).slice().reverse()
          : fixedSizeListColumn(reversedRows(fixtures.multiclass.data['probability'] ?? [], 4), 4),
      ]),
    );
    const one = evaluator({ weightCol: 'weight' });
    const expected = await one.evaluateAll(tableOf(given, 1));
    expect(await one.evaluateAll(tableOf(given, 7))).toEqual(expected);
    expect(await one.evaluateAll(tableOf(reversed, 2))).toEqual(expected);
  });

  it('come one at a time too, with the direction in which they are better', async () => {
    const table = tableOf(columns());
    const all = await evaluator({}).evaluateAll(table);
    for (const metricName of names) {
      const one = evaluator({ metricName });
      expect(await one.evaluate(table)).toBe(all[metricName]);
      expect(one.isLargerBetter()).toBe(
        !/^(logLoss|brierScore|.*alibrationError|hammingLoss|rmse|mse|mae|mape|rmsle|pinballLoss|.*Deviance|.*alsePositiveRate.*)$/.test(
          metricName,
        ),
      );
    }
  });

  it('leave out rows of weight 0', async () => {
    const given = columns();
    const weights = given['weight'] as Float64Array;
    const keep = [...weights.keys()].filter((row) => weights[row] !== 0);
    const kept = Object.fromEntries(
      Object.entries(given).map(([name, values]) => [
        name,
        ArrayBuffer.isView(values)
          ? (values as Float64Array).filter((_value, row) => weights[row] !== 0)
          : fixedSizeListColumn(
              pickRows(fixtures.multiclass.data['probability'] ?? [], 4, keep),
              4,
            ),
      ]),
    );
    const one = evaluator({ weightCol: 'weight' });
    expect(await one.evaluateAll(tableOf(kept))).toEqual(await one.evaluateAll(tableOf(given)));
  });

  it('refuse a negative weight, a missing label and a table without rows', async () => {
    const given = columns();
    const one = evaluator({ weightCol: 'weight' });
    const weight = (given['weight'] as Float64Array).slice();
    weight[5] = -1;
    await expectCode(one.evaluateAll(tableOf({ ...given, weight })), 'WEIGHT_INVALID');
    const label = Array.from(given['label'] as Float64Array, (value, row) =>
      row === 9 ? null : value,
    );
    await expectCode(one.evaluateAll(tableOf({ ...given, label })), 'LABEL_INVALID');
    const weightless = new Float64Array(weight.length);
    await expectCode(one.evaluateAll(tableOf({ ...given, weight: weightless })), 'DATA_EMPTY');
  });

  it('name the missing column and the nearest one', async () => {
    const { label, ...others } = columns();
    const table = tableOf({ ...others, labell: label as Float64Array });
    await expect(evaluator({}).evaluate(table)).rejects.toThrow(/labelCol of \w+ .*labell\?/);
  });

  it('end with ABORTED when the signal fires', async () => {
    const signal = AbortSignal.abort();
    await expectCode(evaluator({}).evaluate(tableOf(columns()), { signal }), 'ABORTED');
  });

  it('report progress, in rows', async () => {
    const table = tableOf(columns(), 3);
    const seen: number[] = [];
    await evaluator({}).evaluateAll(table, { onProgress: ({ done }) => seen.push(done) });
    expect(seen).toHaveLength(3);
    expect(seen.at(-1)).toBe(await table.count());
  });
});

describe('labels', () => {
  const score = Float64Array.of(0.1, 0.9, 0.4, 0.6);

  it('of two values are 0 and 1, false and true, or texts; the later one is positive', async () => {
    const evaluator = new BinaryClassificationEvaluator();
    for (const label of [
      [0, 1, 1, 0],
      [false, true, true, false],
      ['no', 'yes', 'yes', 'no'],
      [-1, 4, 4, -1],
    ]) {
      const table = tableOf({ label: label as number[], rawPrediction: score }, 2);
      expect(await evaluator.evaluate(table)).toBe(0.75);
    }
  });

  it("follow the order of the model's classes, and must be among them", async () => {
    const classes = ['yes', 'no'];
    const probability = fixedSizeListColumn(
      Float64Array.of(0.1, 0.9, 0.9, 0.1, 0.4, 0.6, 0.6, 0.4),
      2,
    );
    const withClasses = (label: string[]): PartitionedTable => {
      const batch = batchOfColumns([
        ['label', utf8Column(label)],
        ['probability', probability],
      ]);
      const fields = batch.schema.fields.map((field) =>
        field.name === 'probability'
          ? new Field(field.name, field.type, true, new Map([['classes', JSON.stringify(classes)]]))
          : field,
      );
      const named = makeBatch(new Schema(fields), batch.data.children, batch.numRows);
      return tableFromArrow(runner, new Table([named]));
    };
    const evaluator = new BinaryClassificationEvaluator();
    expect(await evaluator.evaluate(withClasses(['no', 'yes', 'yes', 'no']))).toBe(0.75);
    expect(await evaluator.evaluate(withClasses(['no', 'yes', 'no', 'yes']))).toBe(1);
    await expect(evaluator.evaluate(withClasses(['no', 'yess', 'no', 'yes']))).rejects.toThrow(
      'yess',
    );
  });

  it('of three values are refused, also when no partition has more than two', async () => {
    const table = tableOf({ label: [0, 1, 1, 2], rawPrediction: score }, 2);
    const evaluator = new BinaryClassificationEvaluator();
    await expect(evaluator.evaluate(table)).rejects.toThrow(
      /use MulticlassClassificationEvaluator/,
    );
  });

  it('of one value leave the area without a value and the accuracy with one', async () => {
    const table = tableOf({ label: [1, 1, 1, 1], rawPrediction: score, prediction: [1, 1, 0, 1] });
    const metrics = await new BinaryClassificationEvaluator().evaluateAll(table);
    expect(metrics['areaUnderROC']).toBeNaN();
    expect(metrics['averagePrecision']).toBe(1);
    expect(metrics['accuracy']).toBe(0.75);
  });

  it('of one value leave the log loss with one, by the class that the model knows', async () => {
    const probability = [0.2, 0.7, 0.4, 0.9];
    const table = tableOf({ label: [1, 1, 1, 1], probability });
    const logLoss = await new BinaryClassificationEvaluator({ metricName: 'logLoss' }).evaluate(
      table,
    );
    const terms = probability.map((p) => -Math.log(p));
    expect(logLoss).toBeCloseTo(terms.reduce((a, b) => a + b) / 4, 12);
  });

  it('that are all equal give r2 a value, as scikit-learn does', async () => {
    const r2 = async (prediction: number[], options = {}): Promise<number> =>
      await new RegressionEvaluator({ metricName: 'r2', ...options }).evaluate(
        tableOf({ label: [2, 2, 2], prediction }),
      );
    expect(await r2([2, 2, 2])).toBe(1);
    expect(await r2([2, 2, 2.5])).toBe(0);
    expect(await r2([2, 2, 2.5], { throughOrigin: true })).toBeCloseTo(1 - 0.25 / 12, 12);
    const zeros = tableOf({ label: [0, 0], prediction: [0, 1] });
    const aboutZero = new RegressionEvaluator({ metricName: 'r2', throughOrigin: true });
    expect(await aboutZero.evaluate(zeros)).toBe(0);
  });

  it('of many texts are counted by their text', async () => {
    const table = tableOf({ label: ['a', 'b', 'c', 'a'], prediction: ['a', 'b', 'b', 'd'] }, 2);
    const metrics = await new MulticlassClassificationEvaluator().evaluateAll(table);
    expect(metrics['accuracy']).toBe(0.5);
    expect(metrics['hammingLoss']).toBe(0.5);
  });

  it('that lack a class have no recall of it, and no specificity', async () => {
    const of = (label: number, prediction: readonly number[]) =>
      new BinaryClassificationEvaluator().evaluateAll(
        tableOf({
          label: prediction.map(() => label),
          rawPrediction: prediction,
          probability: prediction,
          prediction: [...prediction],
        }),
      );
    // as scikit-learn's recall_score(…, pos_label=0) of the same
    expect(await of(1, [1, 0, 1])).toMatchObject({ recall: 2 / 3, specificity: 0 });
    expect(await of(0, [1, 0, 1])).toMatchObject({ recall: 0, specificity: expect.closeTo(1 / 3) });
  });

  it('that are all predicted right, or all wrong, have a correlation of one', async () => {
    const evaluator = new MulticlassClassificationEvaluator({ metricName: 'matthewsCorrelation' });
    for (let ones = 1; ones < 40; ones++) {
      const label = Array.from({ length: 40 }, (_, i) => (i < ones ? 1 : i % 3 === 0 ? 2 : 0));
      expect(await evaluator.evaluate(tableOf({ label, prediction: label }))).toBe(1);
    }
    const turned = tableOf({ label: [0, 1, 1, 0], prediction: [1, 0, 0, 1] });
    expect(await evaluator.evaluate(turned)).toBe(-1);
  });

  it('of text have metrics of their own by their text', async () => {
    const table = tableOf({ label: ['a', 'b', 'b', 'a'], prediction: ['a', 'b', 'a', 'a'] }, 2);
    const of = (metricLabel: string | number | boolean): MulticlassClassificationEvaluator =>
      new MulticlassClassificationEvaluator({ metricName: 'recallByLabel', metricLabel });
    expect(await of('b').evaluate(table)).toBe(0.5);
    expect((await of('b').evaluateAll(table))['precisionByLabel']).toBe(1);
    await expect(of(0).evaluate(table)).rejects.toMatchObject({
      code: 'PARAM_INVALID',
      message:
        'metricLabel of MulticlassClassificationEvaluator must be a label of the table or a class of the model for recallByLabel; got 0: there are: a, b',
    });
    expect(await of(0).evaluateAll(table)).not.toHaveProperty('recallByLabel');
    // a class of which there is no row
    const field = new Field(
      'prediction',
      table.schema.fields[1]?.type,
      true,
      new Map([['classes', '["a","b","c"]']]),
    );
    const [batch] = (await table.collect()).batches;
    const schema = new Schema([table.schema.fields[0] as Field, field]);
    const known = tableFromArrow(
      runner,
      new Table([makeBatch(schema, batch?.data.children ?? [], 4)]),
    );
    expect(await of('c').evaluate(known)).toBe(0);
  });

  it('of text are no numbers: where predictions are, both are refused', async () => {
    const evaluator = new MulticlassClassificationEvaluator();
    const isRefused = { code: 'COLUMN_TYPE' };
    const told = { label: ['1', '0', '1'], prediction: [true, false, true] };
    await expect(evaluator.evaluate(tableOf(told))).rejects.toMatchObject(isRefused);
    await expect(evaluator.evaluateAll(tableOf(told))).rejects.toMatchObject(isRefused);
    await expect(evaluator.confusion(tableOf(told))).rejects.toMatchObject(isRefused);
    const turned = tableOf({ label: [1, 0, 1], prediction: ['1', '0', '1'] });
    await expect(evaluator.evaluate(turned)).rejects.toThrow(/must be text, as column prediction/);
    // true equals 1
    const flags = tableOf({ label: [1, 0, 1], prediction: [true, false, true] });
    expect(await evaluator.evaluate(flags)).toBe(1);
  });

  it('of two values are no texts where predictions are numbers, nor classes where these are scores', async () => {
    const evaluator = new BinaryClassificationEvaluator({ metricName: 'accuracy' });
    const isRefused = { code: 'COLUMN_TYPE' };
    const told = tableOf({ label: ['1', '0', '1'], prediction: [1, 0, 1] });
    await expect(evaluator.evaluate(told)).rejects.toMatchObject(isRefused);
    await expect(evaluator.evaluateAll(told)).rejects.toMatchObject(isRefused);
    const turned = tableOf({ label: [true, false, true], prediction: ['1', '0', '1'] });
    await expect(evaluator.evaluate(turned)).rejects.toThrow(/must be text, as column prediction/);
    for (const label of [
      [true, false, true],
      [1, 0, 1],
    ]) {
      const codes = typeof label[0] === 'number' ? Int32Array.from(label as number[]) : label;
      const scored = tableOf({ label: codes as never, prediction: [0.9, 0.2, 0.4] });
      for (const one of [evaluator, new MulticlassClassificationEvaluator()])
        await expect(one.evaluate(scored)).rejects.toMatchObject({
          code: 'DATA_INVALID',
          message: expect.stringContaining('must be a class, as the labels are; got 0.9'),
        });
    }
    const flags = tableOf({ label: [true, false, true], prediction: [1, 0, 0] });
    expect(await evaluator.evaluate(flags)).toBe(2 / 3);
  });

  it('of probabilities that name no classes are the labels, or positions', async () => {
    const evaluator = new MulticlassClassificationEvaluator({ metricName: 'logLoss' });
    const vectors = (rows: number, width: number): Float64Array => {
      const values = new Float64Array(rows * width).fill(0.5 / (width - 1));
      for (let row = 0; row < rows; row++) values[row * width + (row % width)] = 0.5;
      return values;
    };
    const three = fixedSizeListColumn(vectors(6, 3), 3);
    const texts = tableOf({ label: ['a', 'b', 'c', 'a', 'b', 'c'], probability: three }, 3);
    expect(await evaluator.evaluate(texts)).toBeCloseTo(Math.log(2), 12);
    const places = tableOf({ label: Int32Array.of(0, 1, 0, 0, 1, 0), probability: three }, 3);
    expect(await evaluator.evaluate(places)).toBeCloseTo(
      (4 * Math.log(2) + 2 * Math.log(4)) / 6,
      12,
    );
    const json = ['[0.5,0.25,0.25]', '[0.25,0.5,0.25]', '[0.25,0.25,0.5]'];
    const fromCsv = tableOf({
      label: ['a', 'b', 'c'],
      probability: json,
      prediction: ['a', 'b', 'b'],
    });
    const metrics = await evaluator.evaluateAll(fromCsv);
    expect(metrics['logLoss']).toBeCloseTo(Math.log(2), 12);
    expect(metrics['accuracy']).toBeCloseTo(2 / 3, 12);
  });

  it('that fit no probabilities leave the log loss out, or are refused', async () => {
    const probability = fixedSizeListColumn(Float64Array.of(1, 0, 0, 1, 1, 0), 2);
    const table = tableOf({
      label: Int32Array.of(0, 5, 7),
      prediction: Int32Array.of(0, 5, 0),
      probability,
    });
    const evaluator = new MulticlassClassificationEvaluator({ metricName: 'logLoss' });
    await expect(evaluator.evaluate(table)).rejects.toThrow(/as many values as the vectors/);
    expect(await evaluator.evaluateAll(table)).not.toHaveProperty('logLoss');
  });
});

describe('RegressionEvaluator', () => {
  it('loses nothing to cancellation', async () => {
    const label = Float64Array.of(1e9, 1e9 + 1, 1e9 + 2);
    const prediction = Float64Array.of(1e9 + 1, 1e9 + 1, 1e9 + 1);
    const metrics = await new RegressionEvaluator().evaluateAll(tableOf({ label, prediction }));
    // the mean of |label − prediction| / max(|label|, 1)
    const mape = expect.closeTo((1 / 1e9 + 1 / (1e9 + 2)) / 3, 20);
    expect(metrics).toEqual({
      rmse: Math.sqrt(2 / 3),
      mse: 2 / 3,
      r2: 0,
      mae: 2 / 3,
      mape,
      var: 0,
      pinballLoss: 1 / 3,
      rmsle: expect.closeTo(Math.sqrt(2 / 3) / (1e9 + 1), 17),
      poissonDeviance: expect.closeTo(2 / 3 / (1e9 + 1), 17),
      gammaDeviance: expect.closeTo(2 / 3 / (1e9 + 1) ** 2, 26),
      tweedieDeviance: expect.closeTo(0, 8),
    });
  });

  it.each([
    ['unweighted', {}],
    ['weighted', { weightCol: 'weight' }],
  ] as const)('measures what losses minimise as scikit-learn does, %s', async (kind, options) => {
    const { losses } = fixtures;
    const table = tableOf(
      Object.fromEntries(Object.keys(losses.data).map((name) => [name, column(losses, name)])),
    );
    for (const [metricName, expected] of Object.entries(losses.expected[kind])) {
      const evaluator = new RegressionEvaluator({
        ...options,
        ...{ metricName: metricName as 'rmsle', quantileLevel: 0.3, tweediePower: 1.2 },
        labelCol: metricName === 'gammaDeviance' ? 'label' : 'counts',
      });
      const value = await evaluator.evaluate(table);
      expect(Math.abs(value / expected - 1), metricName).toBeLessThan(1e-12);
    }
  });

  it('says what labels must be, and leaves out what does not fit them', async () => {
    const table = tableOf({ label: [0, 1], prediction: [0.5, 1] }, 2);
    const metrics = await new RegressionEvaluator().evaluateAll(table);
    expect(metrics).toHaveProperty('poissonDeviance');
    expect(metrics).not.toHaveProperty('gammaDeviance');
    const evaluator = new RegressionEvaluator({ metricName: 'gammaDeviance' });
    await expect(evaluator.evaluate(table)).rejects.toThrow(
      'gammaDeviance of RegressionEvaluator: labels and predictions must be above 0',
    );
    await expectCode(evaluator.evaluate(table), 'DATA_INVALID');
  });

  it('takes the mean loss of a vector of quantiles, and no other metric of it', async () => {
    const [label, low, high] = [
      [1, 2, 3, 4],
      [0, 1, 4, 1],
      [2, 3, 5, 3],
    ];
    const vector = fixedSizeListColumn(Float64Array.of(0, 2, 1, 3, 4, 5, 1, 3), 2);
    const labels = float64Column(Float64Array.from(label as number[]));
    const batch = batchOfColumns([
      ['label', labels],
      ['prediction', vector],
    ]);
    const fields = batch.schema.fields.map((field) =>
      field.name === 'prediction'
        ? new Field(field.name, field.type, true, new Map([['quantiles', '[0.1,0.9]']]))
        : field,
    );
    const table = tableFromArrow(
      runner,
      new Table([makeBatch(new Schema(fields), batch.data.children, batch.numRows)]),
    );
    const of = (prediction: number[] | undefined, quantileLevel: number) =>
      new RegressionEvaluator({ metricName: 'pinballLoss', quantileLevel }).evaluate(
        tableOf({ label: label as number[], prediction: prediction as number[] }),
      );
    const mean = ((await of(low, 0.1)) + (await of(high, 0.9))) / 2;
    expect(await new RegressionEvaluator().evaluateAll(table)).toEqual({
      pinballLoss: expect.closeTo(mean, 15),
    });
    await expectCode(new RegressionEvaluator().evaluate(table), 'DATA_INVALID');
  });

  it('takes r2 about 0 when asked to', async () => {
    const table = tableOf({ label: [1, 2], prediction: [1, 1] });
    const evaluator = new RegressionEvaluator({ metricName: 'r2', throughOrigin: true });
    expect(await evaluator.evaluate(table)).toBeCloseTo(1 - 1 / 5, 15);
  });

  it('refuses a prediction that is not finite', async () => {
    const table = tableOf({ label: [1, 2], prediction: [1, Number.POSITIVE_INFINITY] });
    await expectCode(new RegressionEvaluator().evaluate(table), 'DATA_INVALID');
  });
});

describe('roc', () => {
  it('gives the points of the curve', async () => {
    const table = tableOf({
      label: [0, 1, 1, 0],
      rawPrediction: Float64Array.of(0.1, 0.9, 0.4, 0.6),
    });
    const curve = await new BinaryClassificationEvaluator().roc(table);
    expect([...curve.falsePositiveRate]).toEqual([0, 0, 0.5, 0.5, 1]);
    expect([...curve.truePositiveRate]).toEqual([0, 0.5, 0.5, 1, 1]);
    expect([...curve.threshold]).toEqual([Number.POSITIVE_INFINITY, 0.9, 0.6, 0.4, 0.1]);
  });
});

async function expectCode(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CoppiceError);
  expect((error as CoppiceError).code).toBe(code);
}

function reversedRows(values: readonly number[], width: number): Float64Array {
  const rows = values.length / width;
  return pickRows(
    values,
    width,
    Array.from({ length: rows }, (_, row) => rows - 1 - row),
  );
}

function pickRows(values: readonly number[], width: number, rows: readonly number[]): Float64Array {
  return Float64Array.from(rows.flatMap((row) => values.slice(row * width, (row + 1) * width)));
}
