/** Gradients of pairs against LightGBM's, and metrics against its and scikit-learn's; see fixtures/make-ranking.py. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { RankingEvaluator } from '../../src/evaluation/evaluators/ranking-evaluator.ts';
import { pairRoom } from '../../src/training/ranking/ranked-groups.ts';
import '../../src/evaluation/worker-tasks.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { bestGain, defaultGains, discountsOf } from '../../src/training/ranking/ndcg.ts';
import { TwinMemories } from '../kernels/twin-memories.ts';

interface Step {
  readonly settings: {
    readonly lambdarank_truncation_level: number;
    readonly lambdarank_norm: boolean;
    readonly sigmoid: number;
    readonly label_gain?: readonly number[];
  };
  readonly plain: readonly number[];
  readonly penalised: readonly number[];
}

const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/ranking.json', import.meta.url), 'utf8'),
) as {
  groups: number[];
  grades: number[];
  scores: number[];
  steps: Step[];
  held: { grades: number[]; predictions: number[]; metrics: Record<string, number> };
  tied: { predictions: number[]; ndcg: Record<string, number> };
};

const twins = new TwinMemories();

/** Our gradients of the fixture's rows. */
function gradients({ settings }: Step): { grads: readonly number[]; hesses: readonly number[] } {
  twins.clear();
  const { groups, grades, scores } = fixture;
  const numRows = groups.length;
  const starts = [...groups.keys()].filter((row) => groups[row] !== groups[row - 1]);
  const bounds = [...starts, numRows];
  const truncation = settings.lambdarank_truncation_level;
  const gainOf = settings.label_gain ?? defaultGains;
  const gains = grades.map((grade) => gainOf[grade] as number);
  const discounts = discountsOf(numRows);
  const ideals = starts.map((start, g) => {
    const own = Float64Array.from(gains.slice(start, bounds[g + 1]));
    return 1 / bestGain(own, truncation, discounts);
  });
  const at = {
    starts: twins.u32(bounds),
    scores: twins.f64(scores),
    labels: twins.f64(grades),
    gains: twins.f64(gains),
    ideals: twins.f64(ideals),
    discounts: twins.f64([...discounts]),
    order: twins.zeros(4 * numRows),
    scratch: twins.zeros(4 * numRows),
    grads: twins.zeros(8 * numRows),
    hesses: twins.zeros(8 * numRows),
  };
  twins.run('sortGroups', [at.starts, starts.length, at.scores, at.order, at.scratch]);
  twins.runOn('lambdaGradients', [
    at.starts,
    starts.length,
    at.order,
    at.scores,
    at.labels,
    at.gains,
    at.ideals,
    at.discounts,
    truncation,
    settings.sigmoid,
    settings.lambdarank_norm ? 1 : 0,
    at.grads,
    at.hesses,
    twins.scratch(pairRoom(numRows)),
  ]);
  return {
    grads: [...twins.f64At(at.grads, numRows)],
    hesses: [...twins.f64At(at.hesses, numRows)],
  };
}

describe('the pairs of LightGBM', () => {
  it.each(fixture.steps)('give the same steps with $settings', (step) => {
    const { grads, hesses } = gradients(step);
    for (const [lambda, steps] of [
      [0, step.plain],
      [0.5, step.penalised],
    ] as const) {
      grads.forEach((grad, row) => {
        const theirs = steps[row] as number;
        const ours = -grad / ((hesses[row] as number) + lambda);
        expect(Math.abs(ours - theirs)).toBeLessThan(1e-4 * Math.max(0.5, Math.abs(theirs)));
      });
    }
  });
});

describe('metrics of rankings', () => {
  const { held, tied } = fixture;
  const evaluate = (prediction: readonly number[], numRows: number, k: number) => {
    const columns = {
      label: Int32Array.from(held.grades.slice(0, numRows)),
      prediction: Float64Array.from(prediction.slice(0, numRows)),
      group: Int32Array.from({ length: numRows }, (_, row) => Math.floor(row / 20)),
    };
    const table = tableFromColumns(new InlineRunner(), columns, { numPartitions: 3 });
    return new RankingEvaluator({ k }).evaluateAll(table);
  };

  it.each([1, 3, 10])('are those of LightGBM in the first %i rows', async (k) => {
    const ours = await evaluate(held.predictions, 200, k);
    expect(ours['ndcgAtK']).toBeCloseTo(held.metrics[`ndcg@${k}`] as number, 12);
    expect(ours['meanAveragePrecisionAtK']).toBeCloseTo(held.metrics[`map@${k}`] as number, 12);
  });

  it.each([1, 3, 10])('are those of scikit-learn where scores tie: %i rows', async (k) => {
    expect(new Set(tied.predictions).size).toBeLessThan(40);
    // scikit-learn gives groups without gains 0: the last one is left out
    const ours = await evaluate(tied.predictions, 180, k);
    expect(ours['ndcgAtK']).toBeCloseTo(tied.ndcg[String(k)] as number, 12);
  });
});
