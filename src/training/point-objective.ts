/** Losses of one number other than the squared one: absolute, huber, fair, quantile, poisson, gamma, tweedie. */
import { CoppiceError } from '../base/errors.ts';
import { log } from '../base/portable-math.ts';
import { pointGradient, pointKinds } from '../kernels/point-losses.ts';
import { weightedMean } from './base-score.ts';
import type { Objective } from './objective.ts';
import { logLinkStart, type OffsetPowers } from './offset-start.ts';
import { medianLike } from './quantile-weights.ts';

/** The objective of a loss by name. @param label the label column, for errors */
export function pointObjective(
  name: keyof typeof pointKinds,
  parameter: number,
  label: string,
): Objective {
  const kind = pointKinds[name];
  const hasLogLink = name === 'poisson' || name === 'gamma' || name === 'tweedie';
  const level = name === 'quantile' ? parameter : 0.5;
  return {
    numOutputs: 1,
    hessianIsWeight: !hasLogLink && name !== 'fair',
    findsHessianRange: false,
    centresLabels: !hasLogLink,
    leafQuantiles: name === 'absolute' || name === 'quantile' ? [level] : null,
    start: async (environment, rows) => {
      if (!hasLogLink) return [await medianLike(environment, rows, level)];
      refuseLabels(rows.labels, name, label);
      if (rows.offsets.length > 0)
        return [await logLinkStart(environment, rows, powersOf(name, parameter))];
      const { mean } = await weightedMean(environment, rows);
      return [log(Math.max(mean, 1e-300))];
    },
    firstGradients:
      (_, { offsets }, [base = 0]) =>
      (y, row) =>
        pointGradient(kind, parameter, base + (offsets[0]?.[row] ?? 0), y),
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
