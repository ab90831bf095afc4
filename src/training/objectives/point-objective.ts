/**
 * Losses of one number other than the squared one: absolute and relative distances, smooth forms of them, quantiles
 * and expectiles, and those that predict e^score.
 */
import { CoppiceError } from '../../base/errors.ts';
import { ExactSum } from '../../base/exact-sum.ts';
import { log } from '../../base/portable-math.ts';
import { pointGradient, pointKinds } from '../../kernels/point-losses.ts';
import { medianLike } from '../leaves/quantile-weights.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { sumOverRanks, weightedMean } from './base-score.ts';
import type { Objective } from './objective.ts';
import { logLinkStart, type OffsetPowers, type StartRows } from './offset-start.ts';
import { usualDistance } from './usual-distance.ts';

/** The objective of a loss by name. @param given its parameter; null: the labels' usual distance @param label for errors */
export function pointObjective(
  name: keyof typeof pointKinds,
  given: number | null,
  label: string,
): Objective {
  const kind = pointKinds[name];
  // from the labels, before anything asks for it
  let parameter = given ?? 1;
  const hasLogLink = name === 'poisson' || name === 'gamma' || name === 'tweedie';
  const level = name === 'quantile' ? parameter : 0.5;
  const isRelative = name === 'mape';
  return {
    numOutputs: 1,
    hessianIsWeight: countsRows.includes(name),
    findsHessianRange: false,
    // a distance relative to the label needs the label
    centresLabels: !hasLogLink && !isRelative,
    scoresAreLabels: isRelative,
    leafQuantiles: name === 'absolute' || name === 'quantile' || isRelative ? [level] : null,
    ...(isRelative ? { leafWeight: (label: number) => 1 / Math.max(Math.abs(label), 1) } : {}),
    start: async (environment, rows) => {
      if (name === 'expectile') return [await expectileStart(environment, rows, parameter)];
      if (isRelative) return [await medianOfRelative(environment, rows)];
      if (!hasLogLink) {
        const middle = await medianLike(environment, rows, level);
        if (given === null) parameter = await usualDistance(environment, rows, middle);
        return [middle];
      }
      refuseLabels(rows.labels, name, label);
      if (rows.offsets.length > 0)
        return [await logLinkStart(environment, rows, powersOf(name, parameter))];
      const { mean } = await weightedMean(environment, rows);
      return [log(Math.max(mean, 1e-300))];
    },
    ...(given === null
      ? { chosen: () => ({ [name === 'fair' ? 'fairScale' : 'huberDelta']: parameter }) }
      : {}),
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

/** Losses whose h is the row's weight. */
const countsRows: readonly string[] = ['absolute', 'huber', 'quantile', 'mape'];

/** How e^offset weighs labels and rows in the sum of a loss's gradients. */
function powersOf(name: keyof typeof pointKinds, power: number): OffsetPowers {
  if (name === 'poisson') return { label: 0, row: 1 };
  if (name === 'gamma') return { label: -1, row: 0 };
  return { label: 1 - power, row: 2 - power };
}

/**
 * The labels' expectile: a mean in which labels above it weigh `level` and those below 1 − level. Newton's steps from
 * the mean settle after a few passes, where no label changes sides any more.
 */
async function expectileStart(
  environment: RankEnvironment,
  rows: StartRows,
  level: number,
): Promise<number> {
  const { labels, weights } = rows;
  let { mean: found } = await weightedMean(environment, rows);
  for (let pass = 0; pass < mostPasses; pass++) {
    const sum = new ExactSum();
    const weight = new ExactSum();
    for (let i = 0; i < labels.length; i++) {
      const y = labels[i] as number;
      const w = (found > y ? 1 - level : level) * (weights === null ? 1 : (weights[i] as number));
      sum.addProduct(y, w);
      weight.add(w);
    }
    const [total, totalWeight] = await sumOverRanks(environment, [sum, weight]);
    const next = (total as number) / (totalWeight as number);
    if (next === found || !(next > Number.NEGATIVE_INFINITY)) break;
    found = next;
  }
  return found;
}

const mostPasses = 60;

/** The constant of the least relative distances: a median of labels less offsets, small labels weighing more. */
async function medianOfRelative(environment: RankEnvironment, rows: StartRows): Promise<number> {
  const { labels, weights, offsets } = rows;
  const [own] = offsets;
  const moved = {
    labels: labels.map((label, i) => label - (own?.[i] ?? 0)),
    weights: labels.map((label, i) => (weights?.[i] ?? 1) / Math.max(Math.abs(label), 1)),
  };
  return await medianLike(environment, moved, 0.5);
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
