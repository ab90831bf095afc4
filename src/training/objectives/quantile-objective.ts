/**
 * Several quantiles in one model: one score a level, each with the pinball loss of its level and leaves that are
 * quantiles of what is left of the labels. A round grows one tree a level.
 */
import { pointGradient, pointKinds } from '../../kernels/point-losses.ts';
import { medianLike } from '../leaves/quantile-weights.ts';
import type { GradientRows, Objective } from './objective.ts';

/** The objective of these levels. @param levels ascending, between 0 and 1 */
export function quantileObjective(levels: readonly number[]): Objective {
  const kind = pointKinds.quantile;
  return {
    numOutputs: levels.length,
    hessianIsWeight: true,
    findsHessianRange: false,
    centresLabels: true,
    leafQuantiles: levels,
    start: async (environment, rows) => {
      const found: number[] = [];
      for (const level of levels) found.push(await medianLike(environment, rows, level));
      return found;
    },
    firstGradients: (_environment, _rows, start) => (y) => {
      let widest: readonly [number, number] = [0, 1];
      levels.forEach((level, k) => {
        const own = pointGradient(kind, level, start[k] as number, y);
        if (Math.abs(own[0]) > Math.abs(widest[0])) widest = own;
      });
      return widest;
    },
    beginRound: () => undefined,
    gradients: ({ kernels }, r, output) =>
      kernels.pointGradients(
        kind,
        levels[output] as number,
        scoresOf(r, output),
        r.labels,
        r.weights,
        r.numRows,
        r.grads,
        r.hesses,
        r.stats,
      ),
    losses: (environment, r, out) => {
      // the mean over the levels, added up in their order
      const sums = new Float64Array(r.numRows);
      const losses = environment.f64(out, r.numRows);
      levels.forEach((level, k) => {
        const scores = scoresOf(r, k);
        environment.kernels.pointLosses(kind, level, scores, r.labels, r.weights, r.numRows, out);
        for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (losses[i] as number);
      });
      for (let i = 0; i < sums.length; i++) losses[i] = (sums[i] as number) / levels.length;
    },
  };
}

function scoresOf(rows: GradientRows, output: number): number {
  return rows.scores + output * rows.outputStride;
}
