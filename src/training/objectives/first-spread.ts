/** How far the gradients of the first round are spread: it decides how many bits they take (quantise.ts). */
import { ExactSum } from '../../base/exact-sum.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { sumOverRanks } from './base-score.ts';
import { fewLabels } from './few-labels.ts';
import type { Objective } from './objective.ts';
import type { StartRows } from './offset-start.ts';

/** Largest and mean values of the first round, over all ranks. */
export interface FirstSpread {
  /** label: the largest |label − start|; offset: the largest |offset|. */
  readonly largest: {
    readonly grad: number;
    readonly hess: number;
    readonly label: number;
    readonly offset: number;
  };
  readonly mean: { readonly grad: number; readonly hess: number };
}

/** Looks at every row's first gradient. @param start the scores boosting starts from */
export async function firstSpread(
  environment: RankEnvironment,
  objective: Objective,
  rows: StartRows,
  start: readonly number[],
): Promise<FirstSpread> {
  const { labels, weights } = rows;
  const gradSum = new ExactSum();
  const hessSum = new ExactSum();
  const gradient = objective.firstGradients?.(environment, rows, start) ?? null;
  const most = new Float64Array(4);
  // rows of one label differ in nothing else
  const areAlike =
    objective.startsByLabel === true && weights === null && rows.offsets.length === 0;
  const first = areAlike ? fewLabels(labels) : null;
  for (let i = 0; i < (first?.rows ?? labels).length; i++) {
    const row = first?.rows[i] ?? i;
    const w = weights === null ? 1 : (weights[row] as number);
    const y = labels[row] as number;
    const [grad, hess] = gradient === null ? [0, 0] : gradient(y, row);
    const g = Math.abs(grad * w);
    const h = hess * w;
    if (first === null) {
      gradSum.add(g);
      hessSum.add(h);
    } else {
      gradSum.addProduct(g, first.counts[i] as number);
      hessSum.addProduct(h, first.counts[i] as number);
    }
    if (g > (most[0] as number)) most[0] = g;
    if (h > (most[1] as number)) most[1] = h;
    const distance = Math.abs(y - (start[0] as number));
    if (distance > (most[2] as number)) most[2] = distance;
    for (const offsets of rows.offsets) {
      most[3] = Math.max(most[3] as number, Math.abs(offsets[i] as number));
    }
  }
  const bits = new BigInt64Array(most.buffer);
  await environment.wait(environment.collective.allreduce(bits, 'max'));
  const count = new ExactSum();
  count.add(labels.length);
  const [g, h, n] = await sumOverRanks(environment, [gradSum, hessSum, count]);
  const numRows = n as number;
  return {
    largest: {
      grad: most[0] as number,
      hess: most[1] as number,
      label: most[2] as number,
      offset: most[3] as number,
    },
    mean: { grad: (g as number) / numRows, hess: (h as number) / numRows },
  };
}
