/** Labels that are dates or times: no classes, for a prediction has the label's type. */
import {
  type DataType,
  DateDay,
  Dictionary,
  DurationSecond,
  Int32,
  Table,
  TimeSecond,
  TimestampMillisecond,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import { ExtraTreesClassifier } from '../../src/ensemble/forest/extra-trees-classifier.ts';
import { RandomForestClassifier } from '../../src/ensemble/forest/random-forest-classifier.ts';
import { LinearSVC } from '../../src/linear/linear-svc.ts';
import { LogisticRegression } from '../../src/linear/logistic-regression.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { AdaBoostClassifier } from '../../src/stacking/ada-boost/ada-boost-classifier.ts';
import { BaggingClassifier } from '../../src/stacking/bagging/bagging-classifier.ts';
import { OneVsRest } from '../../src/stacking/committee/one-vs-rest.ts';
import { StackingClassifier } from '../../src/stacking/stack/stacking-classifier.ts';
import { VotingClassifier } from '../../src/stacking/voting/voting-classifier.ts';
import { tableFromArrow } from '../../src/table/create-table.ts';
import { CalibratedClassifier } from '../../src/tuning/calibration/calibrated-classifier.ts';
import '../../src/training/worker-programs.ts';
import { errorOf } from '../contract/error-of.ts';
import { valuesOf } from '../tools/inline-table.ts';

const x = vectorFromArray(Float64Array.from({ length: 40 }, (_, i) => i));
const dates = Array.from({ length: 40 }, (_, i) => new Date(86_400_000 * (19_000 + (i % 2))));
const numbers = dates.map((date) => date.getTime() / 86_400_000);
const types: Readonly<Record<string, [DataType, readonly unknown[]]>> = {
  date: [new DateDay(), dates],
  timestamp: [new TimestampMillisecond(), dates],
  time: [new TimeSecond(), numbers],
  duration: [new DurationSecond(), numbers.map(BigInt)],
  'dictionary of dates': [new Dictionary(new DateDay(), new Int32()), dates],
};
const tableOf = (type: DataType, values: readonly unknown[]) =>
  tableFromArrow(new InlineRunner(), new Table({ x, label: vectorFromArray(values, type) }));

const featuresCols = ['x'];
const trees = new GBTClassifier({ featuresCols, maxIter: 2 });
const estimators = {
  trees,
  'a forest': new RandomForestClassifier({ featuresCols, numTrees: 2 }),
  'random trees': new ExtraTreesClassifier({ featuresCols, numTrees: 2 }),
  'a tree': new DecisionTreeClassifier({ featuresCols }),
  'a linear model': new LogisticRegression({ featuresCols }),
  'a margin': new LinearSVC({ featuresCols }),
  'a pipeline': new Pipeline({ stages: [trees] }),
  'one against the rest': new OneVsRest({ classifier: trees }),
  'a stack': new StackingClassifier({ estimators: [trees] }),
  'a vote': new VotingClassifier({ estimators: [trees] }),
  bags: new BaggingClassifier({ estimator: trees, numEstimators: 2 }),
  rounds: new AdaBoostClassifier({ estimator: new DecisionTreeClassifier({ featuresCols }) }),
  'calibrated trees': new CalibratedClassifier({ estimator: trees }),
};

describe.each(Object.entries(estimators))('classes of %s', (_, estimator) => {
  it.each(Object.entries(types))('are refused as a %s', async (__, [type, values]) => {
    const error = await errorOf(() => estimator.fit(tableOf(type, values)));
    expect(error.code).toBe('COLUMN_TYPE');
    expect(error.message).toMatch(
      /column label, labelCol of \w+, must be a number, a boolean or a text \(.*cast it to string/,
    );
  });
});

describe('dates', () => {
  const table = tableOf(...(types['date'] as [DataType, readonly unknown[]]));

  it('are classes once they are texts', async () => {
    const texts = table.cast({ label: 'string' });
    const scored = await (await trees.fit(texts)).transform(texts);
    expect(await valuesOf(scored, 'prediction')).toContain('2022-01-08');
  });

  it('are numbers to a regressor', async () => {
    const model = await new GBTRegressor({ featuresCols, maxIter: 2 }).fit(table);
    const [first] = await valuesOf(await model.transform(table), 'prediction');
    expect(Math.round(Number(first))).toBeGreaterThan(18_999);
  });
});
