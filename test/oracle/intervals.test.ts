/** Events between two times against XGBoost's accelerated failure time; see fixtures/make-intervals.py. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { AftLikelihood } from '../../src/training/survival/aft-likelihood.ts';
import { liesWithin } from '../../src/training/survival/concordance.ts';
import '../../src/ensemble/worker-operators.ts';
import '../../src/training/worker-programs.ts';
import { range } from '../tools/random-data.ts';
import { cutTable, pickRows, type SampleData } from '../tools/sample-data.ts';

interface Theirs {
  readonly raw: readonly number[];
  readonly step: number;
  readonly nloglikOfRaw: number;
  readonly accuracyOfRaw: number;
  readonly testLoss: number;
  readonly testAccuracy: number;
}
const found = JSON.parse(
  readFileSync(new URL('./fixtures/intervals.json', import.meta.url), 'utf8'),
) as Record<'normal' | 'logistic' | 'extreme', Theirs> & {
  readonly features: readonly (readonly number[])[];
  readonly lower: readonly number[];
  readonly upper: readonly (number | null)[];
  readonly numTrain: number;
  readonly rounds: number;
  readonly scale: number;
};
const data: SampleData = [
  ...found.features.map((cells, f) => ({ name: `x${f}`, type: 'float64' as const, cells })),
  { name: 'lower', type: 'float64', cells: found.lower },
  { name: 'upper', type: 'float64', cells: found.upper },
];
const boundsOf = (row: number) =>
  [found.lower[row] as number, found.upper[row] ?? Number.POSITIVE_INFINITY] as const;

describe.each(['normal', 'logistic', 'extreme'] as const)('%s times between visits', (name) => {
  const theirs = found[name];

  it('have the likelihood, the step and the accuracy that XGBoost tells of its predictions', () => {
    const likelihood = new AftLikelihood(name, found.scale);
    let [loss, grad, hess, within] = [0, 0, 0, 0];
    theirs.raw.forEach((score, row) => {
      const [lower, upper] = boundsOf(row);
      loss += likelihood.loss(score, lower, upper);
      likelihood.differentiate(score, lower, upper);
      const [g = 0, h = 0] = likelihood.derivatives;
      grad += g;
      hess += h;
      if (liesWithin(Math.exp(score), lower, upper)) within += 1;
    });
    const numRows = theirs.raw.length;
    expect(loss / numRows / theirs.nloglikOfRaw).toBeCloseTo(1, 5);
    // their derivatives are bounded after they are divided by the scale: six rows of the extreme ones
    expect(-grad / hess).toBeCloseTo(theirs.step, name === 'extreme' ? 1 : 4);
    expect(within / numRows).toBeCloseTo(theirs.accuracyOfRaw, 6);
  });

  it('are as likely as XGBoost has them in rows that were not fitted', async () => {
    const table = (from: number, to: number) =>
      cutTable(
        new InlineRunner(),
        pickRows(
          data,
          range(to - from).map((row) => from + row),
        ),
      );
    const model = await new GBTRegressor({
      ...{ featuresCols: ['x0', 'x1', 'x2'], labelCol: 'lower', labelUpperBoundCol: 'upper' },
      ...{ lossType: 'aft', aftDistribution: name, aftScale: found.scale },
      ...{ maxLeaves: 8, minInstancesPerNode: 1, minSumHessian: 1, stepSize: 0.1 },
      ...{ maxIter: found.rounds, earlyStoppingRounds: found.rounds },
      validationMetrics: ['loss', 'intervalAccuracy'],
    }).fit(table(0, found.numTrain), {
      validation: table(found.numTrain, found.lower.length),
    });
    const [loss = 0, accuracy = 0] = model.summary.history.map(({ values }) => values.at(-1));
    expect(loss / theirs.testLoss).toBeLessThan(1.03);
    expect(accuracy).toBeGreaterThan(theirs.testAccuracy - 0.04);
  });
});
