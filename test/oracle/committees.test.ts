/**
 * Do AdaBoost and bagging do what scikit-learn's do? fixtures/make-committees.py made theirs. AdaBoost of classes is the
 * same round for round; where rows are drawn (bagging, AdaBoost.R2 there) scores must lie among those of its seeds.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import { DecisionTreeRegressor } from '../../src/ensemble/forest/decision-tree-regressor.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import { AdaBoostClassifier } from '../../src/stacking/ada-boost/ada-boost-classifier.ts';
import { AdaBoostRegressor } from '../../src/stacking/ada-boost/ada-boost-regressor.ts';
import { BaggingClassifier } from '../../src/stacking/bagging/bagging-classifier.ts';
import { BaggingRegressor } from '../../src/stacking/bagging/bagging-regressor.ts';
import '../../src/tuning/worker-tasks.ts';
import { inlineTable, valuesOf } from '../tools/inline-table.ts';

type Numbers = readonly number[];
const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/committees.json', import.meta.url), 'utf8'),
) as Readonly<Record<'binary' | 'several' | 'number', Numbers>> & {
  readonly x: readonly Numbers[];
  readonly numTrain: number;
  readonly boosted: Readonly<
    Record<string, { readonly weights: Numbers; readonly predictions: Numbers }>
  >;
  /** Mean, deviation, least and greatest score of twenty seeds. */
  readonly scores: Readonly<Record<string, readonly [number, number, number, number]>>;
};
const { numTrain } = fixture;
const featuresCols = fixture.x.map((_, i) => `x${i}`);
const part = (from: number, to?: number) =>
  inlineTable(
    Object.fromEntries([
      ...fixture.x.map((values, i) => [`x${i}`, values.slice(from, to)] as const),
      ...(['binary', 'several'] as const).map(
        (name) => [name, Int32Array.from(fixture[name].slice(from, to))] as const,
      ),
      ['number', fixture.number.slice(from, to)],
    ]),
    3,
  );
const train = part(0, numTrain);
const test = part(numTrain);
const classTree = (labelCol: string, maxDepth: number) =>
  new DecisionTreeClassifier({ featuresCols, labelCol, maxDepth });
const numberTree = (maxDepth: number) =>
  new DecisionTreeRegressor({ featuresCols, labelCol: 'number', maxDepth });

describe('AdaBoost of classes', () => {
  it.each(Object.keys(fixture.boosted))(
    'is that of scikit-learn, round for round: %s',
    async (name) => {
      const [label = '', rate] = name.split(' ');
      const { weights, predictions } = fixture.boosted[name] as (typeof fixture.boosted)[string];
      const boosting = new AdaBoostClassifier({
        estimator: classTree(label, 1),
        maxIter: weights.length,
        stepSize: Number(rate),
      });
      const model = await boosting.fit(train);
      expect(model.memberWeights.length).toBe(weights.length);
      for (const [round, weight] of weights.entries())
        expect(Math.abs((model.memberWeights[round] as number) / weight - 1)).toBeLessThan(1e-9);
      expect(await valuesOf(await model.transform(test), 'prediction')).toEqual(predictions);
    },
  );
});

async function scoreOf(estimator: Estimator, label: 'binary' | 'several' | 'number') {
  const scored = await (await estimator.fit(train)).transform(test);
  const said = (await valuesOf(scored, 'prediction')) as number[];
  const labels = fixture[label].slice(numTrain);
  const errors = said.map((value, row) => value - (labels[row] as number));
  if (label !== 'number') return errors.filter((error) => error === 0).length / errors.length;
  return Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
}

describe('where rows are drawn', () => {
  const bags = { numEstimators: 20, seed: 1 } as const;
  const cases = {
    'bagged binary': [
      'binary',
      new BaggingClassifier({ estimator: classTree('binary', 6), ...bags }),
    ],
    'bagged several': [
      'several',
      new BaggingClassifier({ estimator: classTree('several', 6), ...bags }),
    ],
    'bagged number': ['number', new BaggingRegressor({ estimator: numberTree(6), ...bags })],
    'boosted number': ['number', new AdaBoostRegressor({ estimator: numberTree(3), maxIter: 20 })],
  } as const;

  it.each(Object.keys(cases) as (keyof typeof cases)[])(
    'scores like twenty seeds: %s',
    async (name) => {
      const [label, estimator] = cases[name];
      const [mean, deviation] = fixture.scores[name] as readonly [number, number, number, number];
      const score = await scoreOf(estimator, label);
      expect(Math.abs(score - mean)).toBeLessThan(3 * deviation);
    },
  );
});
