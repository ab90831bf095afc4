/**
 * What boosting minimises: gradients of each row from its own score, the loss that is shown and stops early,
 * and where to start. The arithmetic is in the kernels; this says which of them to call.
 */
import { CoppiceError } from '../base/errors.ts';
import { log } from '../base/portable-math.ts';
import { pointKinds } from '../kernels/point-losses.ts';
import { classShares, logOdds, logShare, weightedMean } from './base-score.ts';
import type { BoostingJob, ClassValue } from './messages.ts';
import {
  logisticStart,
  logLinkStart,
  type OffsetPowers,
  type StartRows,
  softmaxStart,
} from './offset-start.ts';
import { medianLike } from './quantile-weights.ts';
import type { RankEnvironment } from './rank-environment.ts';

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
  readonly name: 'squared' | 'logistic' | 'softmax' | keyof typeof pointKinds;
  /** Delta of huber, level of quantile, power of tweedie; else 0. */
  readonly parameter: number;
  readonly numOutputs: number;
  /** True when h is the row's weight. */
  readonly hessianIsWeight: boolean;
  /** True when the start is taken from the labels and added after the leaves. */
  readonly centresLabels: boolean;
  /** Leaves take this quantile of what is left of the labels, instead of a Newton step. */
  readonly leafQuantile: number | null;
  /**
   * Scores to start from, one an output, on top of the rows' offsets; labels that the loss cannot take are refused
   * here. Where labels are centred, offsets are taken from the labels before.
   */
  start(environment: RankEnvironment, rows: StartRows): Promise<readonly number[]>;
  /** Called once a round, before the gradients of its outputs. */
  beginRound(environment: RankEnvironment, rows: GradientRows): void;
  gradients(environment: RankEnvironment, rows: GradientRows, output: number): void;
  /** Loss of each row, weighted, into `out`. */
  losses(environment: RankEnvironment, rows: GradientRows, out: number): void;
}

/** The objective of a job, now that the classes are known. */
export function objectiveOf(
  job: Pick<BoostingJob, 'objective' | 'objectiveParameter' | 'ingest'>,
  classes: readonly ClassValue[],
): Objective {
  const { objective } = job;
  if (objective === 'squared') return squared;
  if (objective === 'classes') return classes.length <= 2 ? logistic : softmaxOf(classes.length);
  return pointObjective(
    objective,
    job.objectiveParameter,
    `${job.ingest.labelCol} (the label of ${job.ingest.owner})`,
  );
}

const squared: Objective = {
  name: 'squared',
  parameter: 0,
  numOutputs: 1,
  hessianIsWeight: true,
  centresLabels: true,
  leafQuantile: null,
  start: async (environment, rows) => [(await weightedMean(environment, rows)).mean],
  beginRound: () => undefined,
  gradients: ({ kernels }, r) =>
    kernels.squaredGradients(r.scores, r.labels, r.weights, r.numRows, r.grads, r.hesses, r.stats),
  losses: ({ kernels }, r, out) =>
    kernels.rowLosses(0, r.scores, r.labels, r.weights, r.numRows, out),
};

const logistic: Objective = {
  name: 'logistic',
  parameter: 0,
  numOutputs: 1,
  hessianIsWeight: false,
  centresLabels: false,
  leafQuantile: null,
  start: async (environment, rows) => [
    rows.offsets.length > 0
      ? await logisticStart(environment, rows)
      : logOdds((await weightedMean(environment, rows)).mean),
  ],
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
    parameter: 0,
    numOutputs: numClasses,
    hessianIsWeight: false,
    centresLabels: false,
    leafQuantile: null,
    start: async (environment, rows) =>
      rows.offsets.length > 0
        ? await softmaxStart(environment, rows)
        : (await classShares(environment, rows, numClasses)).map(logShare),
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

/** Losses of one number other than the squared one. */
function pointObjective(
  name: keyof typeof pointKinds,
  parameter: number,
  label: string,
): Objective {
  const kind = pointKinds[name];
  const hasLogLink = name === 'poisson' || name === 'gamma' || name === 'tweedie';
  const level = name === 'quantile' ? parameter : 0.5;
  return {
    name,
    parameter,
    numOutputs: 1,
    hessianIsWeight: !hasLogLink,
    centresLabels: !hasLogLink,
    leafQuantile: name === 'absolute' || name === 'quantile' ? level : null,
    start: async (environment, rows) => {
      if (!hasLogLink) return [await medianLike(environment, rows, level)];
      refuseLabels(rows.labels, name, label);
      if (rows.offsets.length > 0)
        return [await logLinkStart(environment, rows, powersOf(name, parameter))];
      const { mean } = await weightedMean(environment, rows);
      return [log(Math.max(mean, 1e-300))];
    },
    beginRound: () => undefined,
    gradients: ({ kernels }, r) =>
      kernels.pointGradients(
        kind,
        parameter,
        r.scores,
        r.labels,
        r.weights,
        r.numRows,
        r.grads,
        r.hesses,
        r.stats,
      ),
    losses: ({ kernels }, r, out) =>
      kernels.pointLosses(kind, parameter, r.scores, r.labels, r.weights, r.numRows, out),
  };
}

/** How e^offset weighs labels and rows in the sum of a loss's gradients. */
function powersOf(name: keyof typeof pointKinds, power: number): OffsetPowers {
  if (name === 'poisson') return { label: 0, row: 1 };
  if (name === 'gamma') return { label: -1, row: 0 };
  return { label: 1 - power, row: 2 - power };
}

function refuseLabels(labels: Float64Array, name: string, label: string): void {
  const isGamma = name === 'gamma';
  for (const value of labels) {
    if (isGamma ? value > 0 : value >= 0) continue;
    throw new CoppiceError(
      'LABEL_INVALID',
      `${label} must be ${isGamma ? 'above 0' : 'at least 0'} in every row with lossType ${name}; got ${value}; use another lossType or shift the label`,
    );
  }
}
