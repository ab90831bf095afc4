/** Further losses against LightGBM's and XGBoost's, on rows that neither was fitted on. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { pointKinds, pointLoss } from '../../src/kernels/point-losses.ts';
import '../../src/ensemble/worker-operators.ts';
import '../../src/training/worker-programs.ts';
import { predictionsOf } from '../tools/fitted-bytes.ts';
import { cutTable, pickRows, type SampleData } from '../tools/sample-data.ts';

const found = JSON.parse(
  readFileSync(new URL('./fixtures/losses.json', import.meta.url), 'utf8'),
) as {
  readonly features: readonly (readonly number[])[];
  readonly label: readonly number[];
  readonly numTrain: number;
  readonly rounds: number;
  readonly slope: number;
  readonly lightgbm: { readonly mape: number };
  readonly xgboost: { readonly pseudoHuber: number };
};
const data: SampleData = [
  ...found.features.map((cells, f) => ({ name: `x${f}`, type: 'float64' as const, cells })),
  { name: 'y', type: 'float64', cells: found.label },
];
const rowsFrom = (from: number, to: number) =>
  pickRows(
    data,
    Array.from({ length: to - from }, (_, i) => from + i),
  );
const train = rowsFrom(0, found.numTrain);
const test = rowsFrom(found.numTrain, found.label.length);
const inline = new InlineRunner();

async function testLoss(
  options: ConstructorParameters<typeof GBTRegressor>[0],
  loss: (prediction: number, label: number) => number,
): Promise<number> {
  const model = await new GBTRegressor({
    ...{ featuresCols: ['x0', 'x1', 'x2', 'x3'], labelCol: 'y', maxLeaves: 15, numModels: 1 },
    maxIter: found.rounds,
    ...options,
  }).fit(cutTable(inline, train));
  const { prediction } = await predictionsOf(model, cutTable(inline, test));
  const labels = found.label.slice(found.numTrain);
  const sum = labels.reduce((total, y, i) => total + loss(prediction?.[i] as number, y), 0);
  return sum / labels.length;
}

describe('the error of rows that were not fitted', () => {
  it('is that of LightGBM for mape', async () => {
    const own = await testLoss({ lossType: 'mape' }, (p, y) => pointLoss(pointKinds.mape, 0, p, y));
    expect(own / found.lightgbm.mape).toBeLessThan(1.02);
    expect(own / found.lightgbm.mape).toBeGreaterThan(0.9);
  });

  it('is no more than that of XGBoost for pseudo-huber, whose steps may leap', async () => {
    const options = { lossType: 'pseudoHuber', huberDelta: found.slope } as const;
    const own = await testLoss(options, (p, y) =>
      pointLoss(pointKinds.pseudoHuber, found.slope, p, y),
    );
    expect(own / found.xgboost.pseudoHuber).toBeLessThan(1.02);
  });
});
