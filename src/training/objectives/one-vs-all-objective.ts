/**
 * How are several classes learned one by one? Each class has a logistic loss of its own, this class or any other, and
 * a tree a round (R. Rifkin and A. Klautau, "In defense of one-vs-all classification", 2004). The room that softmax
 * keeps its probabilities in holds the labels here: a column of ones and zeros a class.
 */
import { logistic as logisticOf, softplus } from '../../base/portable-math.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { classShares, logOdds } from './base-score.ts';
import type { Objective } from './objective.ts';
import { logisticStart, type StartRows } from './offset-start.ts';

/** Logistic losses of so many classes, each against all others; the loss shown is their sum. */
export function oneVsAllOf(numClasses: number): Objective {
  return {
    numOutputs: numClasses,
    hessianIsWeight: false,
    findsHessianRange: false,
    centresLabels: false,
    leafQuantiles: null,
    start: async (environment, rows) =>
      rows.offsets.length > 0
        ? await startsOnOffsets(environment, rows)
        : (await classShares(environment, rows, numClasses)).map(logOdds),
    startsByLabel: true,
    firstGradients: (_, { offsets }, start) => {
      // the class of the row has the widest gradient among the outputs
      return (y, row) => {
        const p = logisticOf((start[y] as number) + (offsets[y]?.[row] ?? 0));
        return [p - 1, p * (1 - p)];
      };
    },
    beginRound: (environment, r) => {
      const labels = environment.f64(r.labels, r.numRows);
      for (let k = 0; k < numClasses; k++) {
        const own = environment.f64(r.probabilities + k * r.probabilityStride, r.numRows);
        for (let i = 0; i < own.length; i++) own[i] = labels[i] === k ? 1 : 0;
      }
    },
    gradients: ({ kernels }, r, output) =>
      kernels.logisticGradients(
        r.scores + output * r.outputStride,
        r.probabilities + output * r.probabilityStride,
        r.weights,
        r.numRows,
        r.grads,
        r.hesses,
        r.stats,
      ),
    losses: (environment, r, out) => {
      const labels = environment.f64(r.labels, r.numRows);
      const weights = r.weights === 0 ? null : environment.f64(r.weights, r.numRows);
      const losses = environment.f64(out, r.numRows).fill(0);
      for (let k = 0; k < numClasses; k++) {
        const scores = environment.f64(r.scores + k * r.outputStride, r.numRows);
        for (let i = 0; i < losses.length; i++) {
          const score = scores[i] as number;
          losses[i] = (losses[i] as number) + softplus(labels[i] === k ? -score : score);
        }
      }
      if (weights === null) return;
      for (let i = 0; i < losses.length; i++)
        losses[i] = (losses[i] as number) * (weights[i] as number);
    },
  };
}

/** The constant of each class that fits best on top of the rows' offsets. */
async function startsOnOffsets(environment: RankEnvironment, rows: StartRows): Promise<number[]> {
  const starts: number[] = [];
  for (const [k, offsets] of rows.offsets.entries()) {
    const labels = rows.labels.map((label) => (label === k ? 1 : 0));
    starts.push(await logisticStart(environment, { ...rows, labels, offsets: [offsets] }));
  }
  return starts;
}
