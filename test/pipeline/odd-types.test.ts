/** Columns of types that files rarely have: a pipeline scores their rows one by one as it does in a table. */
import {
  type DataType,
  Dictionary,
  DurationMillisecond,
  Float32,
  Float64,
  Int32,
  Int64,
  Null,
  Table,
  TimeMicrosecond,
  TimeSecond,
  Uint64,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { MulticlassClassificationEvaluator } from '../../src/evaluation/evaluators/multiclass-classification-evaluator.ts';
import { StringIndexer } from '../../src/feature/categories/string-indexer.ts';
import { Imputer } from '../../src/feature/numbers/imputer.ts';
import { LinearRegression } from '../../src/linear/linear-regression.ts';
import { LogisticRegression } from '../../src/linear/logistic-regression.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { OneVsRest } from '../../src/stacking/committee/one-vs-rest.ts';
import { StackingClassifier } from '../../src/stacking/stack/stacking-classifier.ts';
import { VotingClassifier } from '../../src/stacking/voting/voting-classifier.ts';
import { tableFromArrow } from '../../src/table/create-table.ts';
import { CalibratedClassifier } from '../../src/tuning/calibration/calibrated-classifier.ts';
import '../../src/evaluation/worker-tasks.ts';
import '../../src/training/worker-programs.ts';
import '../../src/tuning/worker-tasks.ts';
import { valuesOf } from '../tools/inline-table.ts';

const rows = Array.from({ length: 80 }, (_, i) => i);
const tableOf = (columns: Readonly<Record<string, Vector>>) =>
  tableFromArrow(new InlineRunner(), new Table(columns));
const given = (of: (i: number) => unknown) => rows.map((i) => (i % 5 === 0 ? null : of(i)));
const columns: Readonly<Record<string, [DataType, readonly unknown[]]>> = {
  'times of day in seconds': [new TimeSecond(), given((i) => i * 100)],
  'times of day in microseconds': [new TimeMicrosecond(), given((i) => BigInt(i * 100))],
  durations: [new DurationMillisecond(), given((i) => BigInt(i * 100))],
  'a dictionary of integers': [new Dictionary(new Int32(), new Int32()), given((i) => i % 4)],
  'a dictionary of numbers': [
    new Dictionary(new Float64(), new Int32()),
    given((i) => [0.5, 2, -1][i % 3]),
  ],
  nothing: [new Null(), rows.map(() => null)],
};
const label = vectorFromArray(Float64Array.from(rows, (i) => (i % 5) + (i % 4) * 2));

describe.each(Object.entries(columns))('a feature of %s', (_, [type, values]) => {
  it('is scored by rows of a pipeline as in a table', async () => {
    const x = vectorFromArray(rows, new Float64());
    const table = tableOf({ f: vectorFromArray(values, type), x, label });
    const trees = { featuresCols: ['f', 'x'], maxIter: 4, minInstancesPerNode: 2 };
    const model = await new Pipeline({ stages: [new GBTRegressor(trees)] }).fit(table);
    const wanted = await valuesOf(await model.transform(table), 'prediction');
    const score = await model.scorer();
    const said = rows.map((i) => score({ f: values[i] as never, x: i }).prediction);
    expect(said).toEqual(wanted);
  });
});

describe('a missing number of a float32 column', () => {
  it('is filled in by rows of a pipeline as in a table', async () => {
    const values = given((i) => i / 7);
    const table = tableOf({ f: vectorFromArray(values, new Float32()), label });
    const imputer = new Imputer({ inputCol: 'f', outputCol: 'filled' });
    const line = new LinearRegression({ featuresCols: ['filled'] });
    const model = await new Pipeline({ stages: [imputer, line] }).fit(table);
    const wanted = await valuesOf(await model.transform(table), 'prediction');
    const score = await model.scorer();
    expect(rows.map((i) => score({ f: values[i] as never }).prediction)).toEqual(wanted);
  });
});

describe('a column that held nothing at fit', () => {
  it('may hold something later', async () => {
    const x = vectorFromArray(rows, new Float64());
    const f = vectorFromArray(values(columns['nothing']), new Null());
    const trees = new GBTRegressor({ featuresCols: ['f', 'x'], maxIter: 4 });
    const model = await trees.fit(tableOf({ f, x, label }));
    const before = await valuesOf(await model.transform(tableOf({ f, x })), 'prediction');
    const after = await valuesOf(await model.transform(tableOf({ f: x, x })), 'prediction');
    expect(after).toEqual(before);
  });
});

describe('integers beyond 2^53 that are names', () => {
  it.each([
    ['signed', new Int64(), -(2n ** 60n)],
    ['unsigned', new Uint64(), 2n ** 63n],
  ])('are told apart in a row: %s', async (_, type, base) => {
    const names = rows.map((i) => base + BigInt(i % 2));
    const table = tableOf({
      name: vectorFromArray(names, type),
      label: vectorFromArray(Float64Array.from(rows, (i) => i % 2)),
    });
    const stages = [
      new StringIndexer({ inputCol: 'name', outputCol: 'index' }),
      new GBTRegressor({ featuresCols: ['index'], maxIter: 9, minInstancesPerNode: 2 }),
    ];
    const model = await new Pipeline({ stages }).fit(table);
    const wanted = await valuesOf(await model.transform(table), 'prediction');
    expect(new Set(wanted).size).toBe(2);
    const score = await model.scorer();
    expect(names.map((name) => score({ name }).prediction)).toEqual(wanted);
    expect(() => model.toModule()).toThrow(/categories of integers within ±2\^53/);
  });
});

describe('classes of a dictionary of integers', () => {
  const featuresCols = ['x'];
  const trees = new GBTClassifier({ featuresCols, maxIter: 3 });
  const estimators: Readonly<Record<string, Estimator>> = {
    trees,
    'a linear model': new LogisticRegression({ featuresCols }),
    'calibrated trees': new CalibratedClassifier({ estimator: trees, numFolds: 2 }),
    'one against the rest': new OneVsRest({ classifier: trees }),
    'a stack': new StackingClassifier({ estimators: [trees], numFolds: 2 }),
    'a vote': new VotingClassifier({ estimators: [trees], voting: 'hard' }),
  };

  it.each(Object.entries(estimators))('are texts to %s and to evaluators', async (_, own) => {
    const type = new Dictionary(new Int32(), new Int32());
    const table = tableOf({
      x: vectorFromArray(rows, new Float64()),
      label: vectorFromArray(
        rows.map((i) => [5, 30][Math.floor(i / 40)]),
        type,
      ),
    });
    expect(own.transformSchema(table.schema).fields.at(-1)?.type.toString()).toBe('Utf8');
    const scored = await (await own.fit(table)).transform(table);
    expect(new Set(await valuesOf(scored, 'prediction'))).toEqual(new Set(['5', '30']));
    const evaluator = new MulticlassClassificationEvaluator({ metricName: 'accuracy' });
    expect(await evaluator.evaluate(scored)).toBeGreaterThan(0.9);
  });
});

function values(column: [DataType, readonly unknown[]] | undefined): readonly unknown[] {
  return column?.[1] ?? [];
}
