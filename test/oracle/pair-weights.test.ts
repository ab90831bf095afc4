/** Gradients of pairs that weigh what XGBoost's do; see fixtures/make-pair-weights.py. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { discountsOf } from '../../src/training/ranking/ndcg.ts';
import { pairRoom } from '../../src/training/ranking/ranked-groups.ts';
import { TwinMemories } from '../kernels/twin-memories.ts';

interface Step {
  readonly settings: {
    readonly objective: 'rank:map' | 'rank:pairwise';
    readonly pairs: number;
    readonly normalises: boolean;
  };
  readonly plain: readonly number[];
  readonly penalised: readonly number[];
}

const { groups, grades, scores, steps } = JSON.parse(
  readFileSync(new URL('./fixtures/pair-weights.json', import.meta.url), 'utf8'),
) as { groups: number[]; grades: number[]; scores: number[]; steps: Step[] };
const twins = new TwinMemories();

function gradients({ objective, pairs, normalises }: Step['settings']) {
  twins.clear();
  const numRows = groups.length;
  const starts = [...groups.keys()].filter((row) => groups[row] !== groups[row - 1]);
  const bounds = [...starts, numRows];
  const ideals = starts.map((start, g) => {
    const relevant = grades.slice(start, bounds[g + 1]).reduce((sum, grade) => sum + grade, 0);
    return relevant > 0 ? 1 / relevant : 0;
  });
  const [startsAt, scoresAt, gradesAt] = [
    twins.u32(bounds),
    twins.f64(scores),
    twins.f64(grades),
  ] as const;
  const rest = [twins.f64(ideals), twins.f64([...discountsOf(numRows)])];
  const [order, scratch, grads, hesses] = [4, 4, 8, 8].map((bytes) => twins.zeros(bytes * numRows));
  twins.run('sortGroups', [startsAt, starts.length, scoresAt, order as number, scratch as number]);
  const rules = (objective === 'rank:map' ? 8 : 16) | (normalises ? 1 : 0);
  twins.runOn('lambdaGradients', [
    ...[startsAt, starts.length, order as number, scoresAt, gradesAt, gradesAt, ...rest],
    ...[pairs, 1, rules, grads as number, hesses as number, twins.scratch(pairRoom(numRows))],
  ]);
  return {
    grads: [...twins.f64At(grads as number, numRows)],
    hesses: [...twins.f64At(hesses as number, numRows)],
  };
}

it.each(steps)('XGBoost takes the same steps with $settings, of twice the hessian', (step) => {
  const { grads, hesses } = gradients(step.settings);
  for (const [lambda, theirs] of [
    [0, step.plain],
    [0.5, step.penalised],
  ] as const) {
    grads.forEach((grad, row) => {
      const own = -grad / (2 * (hesses[row] as number) + lambda);
      const wanted = theirs[row] as number;
      expect(Math.abs(own - wanted)).toBeLessThan(2e-4 * Math.max(0.5, Math.abs(wanted)));
    });
  }
});
