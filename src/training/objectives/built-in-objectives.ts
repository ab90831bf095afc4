/** Squared loss, logistic loss of two classes, softmax of more. */
import { CoppiceError } from '../../base/errors.ts';
import { logistic as logisticOf } from '../../base/portable-math.ts';
import { pointGradient, pointKinds } from '../../kernels/point-losses.ts';
import { classShares, logOdds, logShare, weightedMean } from './base-score.ts';
import type { Objective } from './objective.ts';
import { logisticStart, sharesOf, softmaxStart } from './offset-start.ts';

/** Half the squared error, as far as its gradients go; the loss shown is the squared error. */
export const squared: Objective = {
  numOutputs: 1,
  hessianIsWeight: true,
  findsHessianRange: false,
  centresLabels: true,
  leafQuantiles: null,
  start: async (environment, rows) => [(await weightedMean(environment, rows)).mean],
  firstGradients:
    (_, _rows, [base = 0]) =>
    (y) => [y - base, 1],
  beginRound: () => undefined,
  worksByBlocks: true,
  gradients: ({ kernels }, r) =>
    kernels.squaredGradients(r.scores, r.labels, r.weights, r.numRows, r.grads, r.hesses, r.stats),
  losses: ({ kernels }, r, out) =>
    kernels.rowLosses(0, r.scores, r.labels, r.weights, r.numRows, out),
};

/** Logistic loss of labels from 0 to 1. */
export const logistic: Objective = {
  numOutputs: 1,
  hessianIsWeight: false,
  findsHessianRange: false,
  centresLabels: false,
  leafQuantiles: null,
  start: async (environment, rows) => [
    rows.offsets.length > 0
      ? await logisticStart(environment, rows)
      : logOdds((await weightedMean(environment, rows)).mean),
  ],
  startsByLabel: true,
  firstGradients: (_, { offsets }, [base = 0]) => {
    const [own] = offsets;
    const all = logisticOf(base);
    return (y, row) => {
      const p = own === undefined ? all : logisticOf(base + (own[row] as number));
      return [p - y, p * (1 - p)];
    };
  },
  beginRound: () => undefined,
  worksByBlocks: true,
  gradients: ({ kernels }, r) =>
    kernels.logisticGradients(r.scores, r.labels, r.weights, r.numRows, r.grads, r.hesses, r.stats),
  losses: ({ kernels }, r, out) =>
    kernels.rowLosses(1, r.scores, r.labels, r.weights, r.numRows, out),
};

/** Cross-entropy of labels that are probabilities. @param label the label column, for errors */
export function crossEntropyOf(label: string): Objective {
  return {
    ...logistic,
    start: async (environment, rows, context) => {
      for (const value of rows.labels) {
        if (value >= 0 && value <= 1) continue;
        throw new CoppiceError(
          'LABEL_INVALID',
          `${label} must be between 0 and 1 in every row with lossType crossEntropy; got ${value}; use another lossType or scale the label`,
        );
      }
      return await logistic.start(environment, rows, context);
    },
  };
}

/** Focal loss of two classes, where rows that are right already count little. @param gamma 0: logistic loss */
export function focalOf(gamma: number): Objective {
  const { focal } = pointKinds;
  return {
    ...logistic,
    worksByBlocks: false,
    firstGradients:
      (_, { offsets }, [base = 0]) =>
      (y, row) =>
        pointGradient(focal, gamma, base + (offsets[0]?.[row] ?? 0), y),
    gradients: ({ kernels }, r) => {
      const { scores, labels, weights, numRows, grads, hesses, stats } = r;
      kernels.pointGradients(focal, gamma, scores, labels, weights, numRows, grads, hesses, stats);
    },
    losses: ({ kernels }, r, out) =>
      kernels.pointLosses(focal, gamma, r.scores, r.labels, r.weights, r.numRows, out),
  };
}

/**
 * Two classes whose labels are the numbers 0 and 1, or false and true: one of them may be in no row.
 *
 * @param gamma of focal loss; null: logistic loss
 * @param label the label column, for errors
 */
export function flagOf(label: string, gamma: number | null): Objective {
  const own = gamma === null ? logistic : focalOf(gamma);
  return {
    ...own,
    start: async (environment, rows, context) => {
      for (const value of rows.labels) {
        if (value === 0 || value === 1) continue;
        throw new CoppiceError(
          'LABEL_INVALID',
          `${label} must be 0 or 1, or false or true, in every row where there are several labels; got ${value}; fit a label of other classes alone`,
        );
      }
      return await own.start(environment, rows, context);
    },
  };
}

/** Cross-entropy of several classes. */
export function softmaxOf(numClasses: number): Objective {
  // the factor K / (K − 1) of J. H. Friedman, "Greedy function approximation", 2001, eq. 36
  const factor = numClasses / Math.max(1, numClasses - 1);
  return {
    numOutputs: numClasses,
    hessianIsWeight: false,
    findsHessianRange: false,
    centresLabels: false,
    leafQuantiles: null,
    start: async (environment, rows) =>
      rows.offsets.length > 0
        ? await softmaxStart(environment, rows)
        : (await classShares(environment, rows, numClasses)).map(logShare),
    startsByLabel: true,
    firstGradients: (_, { offsets }, start) => {
      // the class of the row has the widest gradient among the outputs
      const shares = new Float64Array(numClasses);
      return (y, row) => {
        sharesOf(offsets, start, row, shares);
        const p = shares[y] as number;
        return [p - 1, p * (1 - p)];
      };
    },
    beginRound: ({ kernels }, r) =>
      kernels.softmaxProbabilities(
        r.scores,
        r.outputStride,
        numClasses,
        r.numRows,
        r.probabilities,
        r.probabilityStride,
      ),
    gradients: ({ kernels }, r, output) =>
      kernels.softmaxGradients(
        r.probabilities + output * r.probabilityStride,
        r.labels,
        output,
        factor,
        r.weights,
        r.numRows,
        r.grads,
        r.hesses,
        r.stats,
      ),
    losses: ({ kernels }, r, out) =>
      kernels.softmaxLosses(
        r.scores,
        r.outputStride,
        numClasses,
        r.labels,
        r.weights,
        r.numRows,
        out,
      ),
  };
}
