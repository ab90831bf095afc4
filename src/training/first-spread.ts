/** How far the gradients of the first round are spread: it decides how many bits they take (quantise.ts). */
import { ExactSum } from '../base/exact-sum.ts';
import { exp, logistic } from '../base/portable-math.ts';
import { type LabelledRows, sumOverRanks } from './base-score.ts';
import type { ObjectiveName } from './objective.ts';
import type { RankEnvironment } from './rank-environment.ts';

/** Largest and mean values of the first round, over all ranks. */
export interface FirstSpread {
  /** label: the largest |label − start|. */
  readonly largest: { readonly grad: number; readonly hess: number; readonly label: number };
  readonly mean: { readonly grad: number; readonly hess: number };
}

/** Looks at every row's first gradient. @param start the scores boosting starts from */
export async function firstSpread(
  environment: RankEnvironment,
  objective: ObjectiveName,
  rows: LabelledRows,
  start: readonly number[],
): Promise<FirstSpread> {
  const { labels, weights } = rows;
  const gradSum = new ExactSum();
  const hessSum = new ExactSum();
  const shares = start.map((score) => sharesOf(objective, score));
  const most = new Float64Array(3);
  for (let i = 0; i < labels.length; i++) {
    const w = weights === null ? 1 : (weights[i] as number);
    const y = labels[i] as number;
    const [grad, hess] = firstGradient(objective, y, start, shares);
    const g = Math.abs(grad * w);
    const h = hess * w;
    gradSum.add(g);
    hessSum.add(h);
    if (g > (most[0] as number)) most[0] = g;
    if (h > (most[1] as number)) most[1] = h;
    const distance = Math.abs(y - (start[0] as number));
    if (distance > (most[2] as number)) most[2] = distance;
  }
  const bits = new BigInt64Array(most.buffer);
  await environment.wait(environment.collective.allreduce(bits, 'max'));
  const count = new ExactSum();
  count.add(labels.length);
  const [g, h, n] = await sumOverRanks(environment, [gradSum, hessSum, count]);
  const numRows = n as number;
  return {
    largest: { grad: most[0] as number, hess: most[1] as number, label: most[2] as number },
    mean: { grad: (g as number) / numRows, hess: (h as number) / numRows },
  };
}

function sharesOf(objective: ObjectiveName, score: number): number {
  return objective === 'logistic' ? logistic(score) : exp(score);
}

function firstGradient(
  objective: ObjectiveName,
  label: number,
  start: readonly number[],
  shares: readonly number[],
): [number, number] {
  if (objective === 'squared') return [label - (start[0] as number), 1];
  // the class of the row has the widest gradient among the outputs
  const p = objective === 'logistic' ? (shares[0] as number) : (shares[label] as number);
  const grad = objective === 'logistic' ? p - label : p - 1;
  return [grad, p * (1 - p)];
}
