/** Uplift as YDF and causalml predict and measure it; see fixtures/make-uplift.py. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { UpliftForest } from '../../src/ensemble/uplift/uplift-forest.ts';
import '../../src/ensemble/worker-operators.ts';
import { UpliftEvaluator } from '../../src/evaluation/evaluators/uplift-evaluator.ts';
import '../../src/evaluation/worker-tasks.ts';
import { type ColumnInput, tableFromColumns } from '../../src/table/create-table.ts';
import '../../src/training/worker-programs.ts';

interface Fixture {
  readonly train: Readonly<Record<string, number[] | string[]>>;
  readonly test: Readonly<Record<string, number[] | string[]>>;
  readonly ydf: { readonly predictions: number[]; readonly qini: number; readonly auuc: number };
  readonly others: Readonly<Record<string, number[]>>;
}

const path = new URL('./fixtures/uplift.json', import.meta.url);
const { train, test, ydf, others } = JSON.parse(readFileSync(path, 'utf8')) as Fixture;
const runner = new InlineRunner();
const tableOf = (columns: object) =>
  tableFromColumns(runner, columns as Record<string, ColumnInput>);

/** How far predictions are from what treatment really adds. */
function distance(predictions: readonly number[]): number {
  const effects = test['effect'] as number[];
  const squares = predictions.map((value, i) => (value - (effects[i] as number)) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

describe('uplift', () => {
  it('is measured as YDF measures its own predictions', async () => {
    const scored = tableOf({ ...test, prediction: Float64Array.from(ydf.predictions) });
    const found = await new UpliftEvaluator().evaluateAll(scored);
    expect(found['qini']).toBeCloseTo(ydf.qini, 9);
    expect(found['areaUnderUplift']).toBeCloseTo(ydf.auuc, 9);
  });

  it.each(['kullbackLeibler', 'euclidean', 'chiSquared'] as const)(
    'by %s is as near to the truth as that of YDF and causalml',
    async (divergence) => {
      const featuresCols = ['x', 'z', 'noise', 'word'];
      const model = await new UpliftForest({ featuresCols, divergence }).fit(tableOf(train));
      const scored = await model.transform(tableOf(test));
      const table = await scored.collect();
      const own = distance([...(table.getChild('prediction') ?? [])].map(Number));
      const peers = [ydf.predictions, ...Object.values(others)].map(distance);
      // seeds differ by 5 %
      const margin = divergence === 'kullbackLeibler' ? 1 : 1.15;
      expect(own).toBeLessThan(margin * Math.min(...peers));
      const { qini } = await new UpliftEvaluator().evaluateAll(scored);
      expect(qini).toBeGreaterThan(ydf.qini - 0.01);
    },
  );
});
