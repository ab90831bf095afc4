/**
 * What boosting minimises: gradients of each row from its own score, the loss that is shown and stops early,
 * and where to start. The arithmetic is in the kernels; this says which of them to call.
 */

import { classShares, type LabelledRows, logOdds, logShare, weightedMean } from './base-score.ts';
import type { ClassValue } from './messages.ts';
import type { RankEnvironment } from './rank-environment.ts';

/** Names of the objectives. */
export type ObjectiveName = 'squared' | 'logistic' | 'softmax';

/** Addresses of the rows that gradients are wanted for. */
export interface GradientRows {
  readonly labels: number;
  readonly weights: number;
  readonly numRows: number;
  /** Scores of output 0; outputs lie `outputStride` bytes apart. */
  readonly scores: number;
  readonly outputStride: number;
  /** float64 for each row: g and h of one output. */
  readonly grads: number;
  readonly hesses: number;
  /** Probabilities of all outputs (softmax), `probabilityStride` bytes apart. */
  readonly probabilities: number;
  readonly probabilityStride: number;
  /** Two float64: largest |g|, largest h. */
  readonly stats: number;
}

/** An objective. */
export interface Objective {
  readonly name: ObjectiveName;
  readonly numOutputs: number;
  /** True when h is the row's weight. */
  readonly hessianIsWeight: boolean;
  /** Scores to start from, one an output; squared loss centres its labels instead and starts at 0. */
  start(environment: RankEnvironment, rows: LabelledRows): Promise<readonly number[]>;
  /** True when start() is to be taken from the labels and added after the leaves. */
  readonly centresLabels: boolean;
  /** Called once a round, before the gradients of its outputs. */
  beginRound(environment: RankEnvironment, rows: GradientRows): void;
  gradients(environment: RankEnvironment, rows: GradientRows, output: number): void;
  /** Loss of each row, weighted, into `out`. */
  losses(environment: RankEnvironment, rows: GradientRows, out: number): void;
}

/** The objective of a job, now that the classes are known. */
export function objectiveOf(
  wanted: 'squared' | 'classes',
  classes: readonly ClassValue[],
): Objective {
  if (wanted === 'squared') return squared;
  return classes.length <= 2 ? logistic : softmaxOf(classes.length);
}

const squared: Objective = {
  name: 'squared',
  numOutputs: 1,
  hessianIsWeight: true,
  centresLabels: true,
  start: async (environment, rows) => [(await weightedMean(environment, rows)).mean],
  beginRound: () => undefined,
  gradients: ({ kernels }, r) =>
    kernels.squaredGradients(r.scores, r.labels, r.weights, r.numRows, r.grads, r.hesses, r.stats),
  losses: ({ kernels }, r, out) =>
    kernels.rowLosses(0, r.scores, r.labels, r.weights, r.numRows, out),
};

const logistic: Objective = {
  name: 'logistic',
  numOutputs: 1,
  hessianIsWeight: false,
  centresLabels: false,
  start: async (environment, rows) => [logOdds((await weightedMean(environment, rows)).mean)],
  beginRound: () => undefined,
  gradients: ({ kernels }, r) =>
    kernels.logisticGradients(r.scores, r.labels, r.weights, r.numRows, r.grads, r.hesses, r.stats),
  losses: ({ kernels }, r, out) =>
    kernels.rowLosses(1, r.scores, r.labels, r.weights, r.numRows, out),
};

function softmaxOf(numClasses: number): Objective {
  // the factor K / (K − 1) of J. H. Friedman, "Greedy function approximation", 2001, eq. 36
  const factor = numClasses / Math.max(1, numClasses - 1);
  return {
    name: 'softmax',
    numOutputs: numClasses,
    hessianIsWeight: false,
    centresLabels: false,
    start: async (environment, rows) =>
      (await classShares(environment, rows, numClasses)).map(logShare),
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
