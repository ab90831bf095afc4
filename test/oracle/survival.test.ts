/** Losses of times against XGBoost's: of its own predictions to the digit, of models on rows that neither was fitted on. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { AftLikelihood } from '../../src/training/survival/aft-likelihood.ts';
import { concordanceIndex } from '../../src/training/survival/concordance.ts';
import '../../src/ensemble/worker-operators.ts';
import '../../src/training/worker-programs.ts';
import { predictionsOf } from '../tools/fitted-bytes.ts';
import { cutTable, pickRows, type SampleData } from '../tools/sample-data.ts';

interface Theirs {
  readonly raw: readonly number[];
  readonly nloglikOfRaw: number;
  readonly concordance: number;
}
const found = JSON.parse(
  readFileSync(new URL('./fixtures/survival.json', import.meta.url), 'utf8'),
) as Record<'normal' | 'logistic' | 'extreme' | 'cox', Theirs> & {
  readonly features: readonly (readonly number[])[];
  readonly time: readonly number[];
  readonly event: readonly number[];
  readonly numTrain: number;
  readonly rounds: number;
  readonly scale: number;
};
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const data: SampleData = [
  ...found.features.map((cells, f) => ({ name: `x${f}`, type: 'float64' as const, cells })),
  { name: 'time', type: 'float64', cells: found.time },
  { name: 'event', type: 'int32', cells: found.event },
  { name: 'margin', type: 'float64', cells: found.time.map((_, i) => found.cox.raw[i] ?? 0) },
];
const inline = new InlineRunner();
const signed = Float64Array.from(found.time, (time, i) => (found.event[i] === 1 ? time : -time));
const features = {
  featuresCols: ['x0', 'x1', 'x2', 'x3'],
  labelCol: 'time',
  censorCol: 'event',
};
// as theirs
const trees = { maxLeaves: 8, minInstancesPerNode: 1, minSumHessian: 1, stepSize: 0.1 };

const concordanceOf = async (options: object, isRisk: boolean): Promise<number> => {
  const train = pickRows(data, range(0, found.numTrain));
  const test = pickRows(data, range(found.numTrain, found.time.length));
  const estimator = new GBTRegressor({
    ...features,
    ...trees,
    maxIter: found.rounds,
    ...options,
  });
  const model = await estimator.fit(cutTable(inline, train));
  const told = (await predictionsOf(model, cutTable(inline, test)))['prediction'] as number[];
  const risks = Float64Array.from(told, (value) => (isRisk ? value : -value));
  return concordanceIndex([{ times: signed.slice(found.numTrain), risks, weights: null }]);
};

describe.each(['normal', 'logistic', 'extreme'] as const)(
  'accelerated failure time, %s',
  (name) => {
    it('has the likelihood that XGBoost tells of its predictions', () => {
      const { raw, nloglikOfRaw } = found[name];
      const likelihood = new AftLikelihood(name, found.scale);
      const losses = raw.map((s, i) => likelihood.loss(s, signed[i] as number));
      const mean = losses.reduce((a, b) => a + b, 0) / losses.length;
      expect(mean / nloglikOfRaw).toBeCloseTo(1, 5);
    });

    it('orders rows that were not fitted as well as XGBoost does', async () => {
      const options = { lossType: 'aft', aftDistribution: name, aftScale: found.scale };
      const own = await concordanceOf(options, false);
      expect(Math.abs(own - found[name].concordance)).toBeLessThan(0.015);
    });
  },
);

describe('proportional hazards', () => {
  it('have the partial likelihood that XGBoost tells of its predictions', async () => {
    const rows = pickRows(data, range(0, found.cox.raw.length));
    const estimator = new GBTRegressor({
      ...features,
      ...{ lossType: 'cox', offsetCol: 'margin', maxIter: 1, stepSize: 1e-12 },
    });
    const table = cutTable(inline, rows);
    const model = await estimator.fit(table, { validation: table });
    const [loss] = model.summary.validationLosses;
    expect((loss as number) / found.cox.nloglikOfRaw).toBeCloseTo(1, 5);
  });

  it('order rows that were not fitted as well as XGBoost does', async () => {
    const own = await concordanceOf({ lossType: 'cox' }, true);
    expect(Math.abs(own - found.cox.concordance)).toBeLessThan(0.015);
  });
});
