/** Trees of a round grown side by side are those that all ranks grow together, and the ranks hardly meet. */
import { afterAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { KnobRunner, type Knobs } from '../../tools/knob-runner.ts';
import { randomData } from '../../tools/random-data.ts';
import { cutTable, evenCuts } from '../../tools/sample-data.ts';
import { type EstimatorCase, makeEstimator, withFeatures } from '../random-estimators.ts';

const pool = new ThreadPool(5, workerUrl());
afterAll(() => pool.close());

const recipe = {
  seed: 31,
  numRows: 4500,
  kinds: ['float32', 'words', 'float64', 'integers'] as ('float32' | 'words')[],
  missing: 0.05,
};
const data = randomData(recipe);

async function fitOn(found: EstimatorCase, knobs: Knobs) {
  const width = knobs.width ?? 1;
  const runner = new KnobRunner(width === 1 ? new InlineRunner() : pool, { ...knobs, width });
  const model = await makeEstimator(withFeatures(found, recipe)).fit(
    cutTable(runner, data, evenCuts(recipe.numRows, 3)),
  );
  return { saved: await savedBytes(model), reports: runner.reports };
}

const classes = { labelCol: 'k', maxIter: 3, maxLeaves: 8 };
const cases: readonly EstimatorCase[] = [
  { name: 'GBTClassifier', options: { ...classes, weightCol: 'w', validationIndicatorCol: 'v' } },
  { name: 'GBTClassifier', options: { labelCol: 'k', maxIter: 3, maxDepth: 4 } },
  {
    name: 'GBTClassifier',
    options: { ...classes, subsamplingRate: 0.6, trainingHistory: true },
  },
  {
    name: 'GBTClassifier',
    options: { ...classes, stepSize: 1, gossTopRate: 0.3, gossOtherRate: 0.2 },
  },
  {
    name: 'GBTRegressor',
    options: {
      ...{ labelCol: 'y', maxIter: 3, maxLeaves: 8, weightCol: 'w' },
      ...{ lossType: 'quantile', quantileAlphas: [0.1, 0.5, 0.9] },
    },
  },
  {
    name: 'GBTRegressor',
    options: {
      ...{ labelCol: 'y', maxIter: 6, maxLeaves: 2, stepSize: 1 },
      ...{ lossType: 'quantile', quantileAlphas: [0.05, 0.2, 0.5, 0.8, 0.95] },
      ...{ gossTopRate: 0.2, gossOtherRate: 0.1 },
    },
  },
];

describe('ranks that grow whole trees', () => {
  it.each(cases)(
    'give the bytes of one rank and of ranks that share each tree: %j',
    async (found) => {
      const alone = await fitOn(found, {});
      const together = await fitOn(found, { width: 3 });
      expect(together.saved).toEqual(alone.saved);
      for (const width of [2, 3, 5]) {
        const { saved, reports } = await fitOn(found, { width, growsApart: true });
        expect(saved).toEqual(alone.saved);
        const built = reports.reduce((sum, { histogramRows }) => sum + histogramRows, 0);
        expect(built).toBe(alone.reports[0]?.histogramRows);
        expect(reports[0]?.meetings).toBeLessThan((together.reports[0]?.meetings ?? 0) / 2);
      }
    },
  );

  it('share each tree where there is one a round', async () => {
    const found: EstimatorCase = { name: 'GBTClassifier', options: { ...classes, labelCol: 'b' } };
    const alone = await fitOn(found, {});
    const { saved, reports } = await fitOn(found, { width: 3, growsApart: true });
    expect(saved).toEqual(alone.saved);
    for (const { featuresDecided } of reports) expect(featuresDecided).toBeGreaterThan(0);
  });
});
