/** An ensemble of classes that is given an estimator of another kind refuses it before anything is fitted. */
import { describe, expect, it } from 'vitest';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import { DecisionTreeRegressor } from '../../src/ensemble/forest/decision-tree-regressor.ts';
import { KMeans } from '../../src/linear/k-means.ts';
import { LinearRegression } from '../../src/linear/linear-regression.ts';
import { LogisticRegression } from '../../src/linear/logistic-regression.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { AdaBoostClassifier } from '../../src/stacking/ada-boost/ada-boost-classifier.ts';
import { AdaBoostRegressor } from '../../src/stacking/ada-boost/ada-boost-regressor.ts';
import { BaggingClassifier } from '../../src/stacking/bagging/bagging-classifier.ts';
import { BaggingRegressor } from '../../src/stacking/bagging/bagging-regressor.ts';
import { OneVsRest } from '../../src/stacking/committee/one-vs-rest.ts';
import { StackingClassifier } from '../../src/stacking/stack/stacking-classifier.ts';
import { StackingRegressor } from '../../src/stacking/stack/stacking-regressor.ts';
import { VotingClassifier } from '../../src/stacking/voting/voting-classifier.ts';
import { VotingRegressor } from '../../src/stacking/voting/voting-regressor.ts';
import { errorOf } from '../contract/error-of.ts';
import { inlineTable } from '../tools/inline-table.ts';

const featuresCols = ['x'];
const table = inlineTable({
  x: Array.from({ length: 40 }, (_, row) => row % 7),
  label: Array.from({ length: 40 }, (_, row) => Number(row % 7 > 3)),
});
const classifier = new DecisionTreeClassifier({ featuresCols });
const regressor = new DecisionTreeRegressor({ featuresCols });
const kMeans = new KMeans({ featuresCols, k: 2 });

/** The error of a fit that has fitted nothing yet. */
async function refusal(estimator: Estimator): Promise<string> {
  let numTold = 0;
  const error = await errorOf(() => estimator.fit(table, { onProgress: () => numTold++ }));
  expect(numTold).toBe(0);
  return `${error.code}: ${error.message}`;
}

describe('an ensemble of classes', () => {
  it.each([
    ['BaggingClassifier', (estimator: Estimator) => new BaggingClassifier({ estimator })],
    ['OneVsRest', (one: Estimator) => new OneVsRest({ classifier: one })],
    [
      'VotingClassifier',
      (one: Estimator) => new VotingClassifier({ estimators: [classifier, one] }),
    ],
  ] as const)('refuses a regressor and clusters before the fit: %s', async (owner, make) => {
    for (const estimator of [regressor, kMeans])
      expect(await refusal(make(estimator))).toContain(
        `SCHEMA_MISMATCH: members of ${owner} must be classifiers`,
      );
  });

  it('refuses a regressor before the fit: AdaBoostClassifier', async () => {
    expect(await refusal(new AdaBoostClassifier({ estimator: regressor }))).toContain(
      'SCHEMA_MISMATCH: members of AdaBoostClassifier must be classifiers',
    );
  });
});

describe('an ensemble of numbers', () => {
  it.each([
    ['BaggingRegressor', (estimator: Estimator) => new BaggingRegressor({ estimator })],
    ['AdaBoostRegressor', (estimator: Estimator) => new AdaBoostRegressor({ estimator })],
    ['VotingRegressor', (one: Estimator) => new VotingRegressor({ estimators: [regressor, one] })],
  ] as const)('refuses a classifier before the fit: %s', async (owner, make) => {
    for (const estimator of [classifier, new Pipeline({ stages: [classifier] })])
      expect(await refusal(make(estimator))).toMatch(
        new RegExp(
          `^SCHEMA_MISMATCH: members of ${owner} must be regressors; .* is a classifier, .*${owner.replace('Regressor', 'Classifier')}$`,
        ),
      );
  });

  it('is not refused because the table has classes of an earlier model', async () => {
    const scored = await (await classifier.fit(table)).transform(table);
    const voting = new VotingRegressor({ estimators: [regressor] });
    expect((await voting.fit(scored.drop('prediction'))).className).toBe('VotingRegressionModel');
  });
});

describe('a stack', () => {
  const estimators = [classifier, classifier];

  it.each([
    ['LinearRegression', new LinearRegression()],
    ['KMeans', new KMeans({ k: 2 })],
  ] as const)('of classes refuses a final estimator that is none: %s', async (name, final) => {
    expect(await refusal(new StackingClassifier({ estimators, finalEstimator: final }))).toContain(
      `SCHEMA_MISMATCH: finalEstimator of StackingClassifier must be a classifier, whose scores name their classes; ${name} is none`,
    );
  });

  it('of numbers refuses a final estimator of classes, and learns from classifiers', async () => {
    const stack = new StackingRegressor({ estimators, finalEstimator: new LogisticRegression() });
    expect(await refusal(stack)).toContain(
      'SCHEMA_MISMATCH: finalEstimator of StackingRegressor must be a regressor; LogisticRegression is a classifier',
    );
    await new StackingRegressor({ estimators, finalEstimator: new LinearRegression() }).fit(table);
  });

  it('refuses a final estimator that wants columns which it does not see', async () => {
    const finalEstimator = new GBTRegressor({ featuresCols, maxIter: 2 });
    const stack = new StackingRegressor({ estimators: [regressor, regressor], finalEstimator });
    expect(await refusal(stack)).toMatch(
      /^COLUMN_NOT_FOUND: featuresCols of GBTRegressor .*learns from what the others say, in the column features: leave out featuresCols/,
    );
  });
});
