/**
 * Where boosting starts when every row brings an offset: the constant that fits best on top of the offsets.
 * Losses with e^score have it in closed form; logistic and softmax take a few passes over exact sums, so that
 * the constant is the same on any topology.
 */
import { ExactSum } from '../../base/exact-sum.ts';
import { exp, log, logistic } from '../../base/portable-math.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { type LabelledRows, sumOverRanks } from './base-score.ts';

/** Rows with their offsets, one array an output; none without. */
export interface StartRows extends LabelledRows {
  readonly offsets: readonly Float64Array[];
  /** The latest times of events, where labels are the earliest. */
  readonly latest?: Float64Array | undefined;
}

const mostPasses = 60;
const farthest = 700;
/** Sums stay finite where an offset is absurd. */
const most = 1e290;

/** Powers of e^offset that the best constant of a loss with e^score weighs labels and rows by. */
export interface OffsetPowers {
  readonly label: number;
  readonly row: number;
}

/** log(Σ w y e^(a o) / Σ w e^(b o)): the best constant of poisson (0, 1), gamma (−1, 0), tweedie (1 − p, 2 − p). */
export async function logLinkStart(
  environment: RankEnvironment,
  rows: StartRows,
  powers: OffsetPowers,
): Promise<number> {
  const { labels, weights } = rows;
  const offsets = rows.offsets[0] as Float64Array;
  const above = new ExactSum();
  const below = new ExactSum();
  for (let i = 0; i < labels.length; i++) {
    const w = weights === null ? 1 : (weights[i] as number);
    const o = offsets[i] as number;
    above.add(Math.min(w * (labels[i] as number) * exp(powers.label * o), most));
    below.add(Math.min(w * exp(powers.row * o), most));
  }
  const [labelSum, rowSum] = await sumOverRanks(environment, [above, below]);
  return log(Math.max((labelSum as number) / (rowSum as number), 1e-300));
}

/** The constant c for which Σ w (p(c + offset) − label) is 0, by Newton's steps kept inside a bracket. */
export async function logisticStart(
  environment: RankEnvironment,
  rows: StartRows,
): Promise<number> {
  const { labels, weights } = rows;
  const offsets = rows.offsets[0] as Float64Array;
  let low = -farthest;
  let high = farthest;
  let constant = 0;
  for (let pass = 0; pass < mostPasses; pass++) {
    const grad = new ExactSum();
    const hess = new ExactSum();
    for (let i = 0; i < labels.length; i++) {
      const w = weights === null ? 1 : (weights[i] as number);
      const p = logistic(constant + (offsets[i] as number));
      grad.add(w * (p - (labels[i] as number)));
      hess.add(w * p * (1 - p));
    }
    const [g, h] = (await sumOverRanks(environment, [grad, hess])) as [number, number];
    if (g === 0) break;
    if (g > 0) high = constant;
    else low = constant;
    const newton = constant - g / h;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    const isSettled = Math.abs(next - constant) <= 1e-12 * Math.max(1, Math.abs(next));
    constant = next;
    if (isSettled) break;
  }
  return constant;
}

/** One constant a class, so that the expected weight of each class is the one found (iterative scaling). */
export async function softmaxStart(
  environment: RankEnvironment,
  rows: StartRows,
): Promise<number[]> {
  const { labels, weights, offsets } = rows;
  const numClasses = offsets.length;
  const found = Array.from({ length: numClasses }, () => new ExactSum());
  for (let i = 0; i < labels.length; i++) {
    found[labels[i] as number]?.add(weights === null ? 1 : (weights[i] as number));
  }
  const wanted = await sumOverRanks(environment, found);
  const constants = new Array<number>(numClasses).fill(0);
  const shares = new Float64Array(numClasses);
  for (let pass = 0; pass < mostPasses; pass++) {
    const expected = Array.from({ length: numClasses }, () => new ExactSum());
    for (let i = 0; i < labels.length; i++) {
      const w = weights === null ? 1 : (weights[i] as number);
      sharesOf(offsets, constants, i, shares);
      for (let k = 0; k < numClasses; k++) expected[k]?.add(w * (shares[k] as number));
    }
    const sums = await sumOverRanks(environment, expected);
    let farthestStep = 0;
    for (let k = 0; k < numClasses; k++) {
      const ratio = Math.max(wanted[k] as number, 1e-15) / Math.max(sums[k] as number, 1e-300);
      const step = Math.max(-30, Math.min(30, log(ratio)));
      constants[k] = (constants[k] as number) + step;
      farthestStep = Math.max(farthestStep, Math.abs(step));
    }
    if (farthestStep <= 1e-9) break;
  }
  return constants;
}

/** Softmax of one row's offsets plus constants, into `out`. */
export function sharesOf(
  offsets: readonly Float64Array[],
  constants: readonly number[],
  row: number,
  out: Float64Array,
): void {
  let top = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < constants.length; k++) {
    out[k] = (constants[k] as number) + (offsets[k]?.[row] ?? 0);
    top = Math.max(top, out[k] as number);
  }
  let total = 0;
  for (let k = 0; k < constants.length; k++) {
    out[k] = exp((out[k] as number) - top);
    total += out[k] as number;
  }
  for (let k = 0; k < constants.length; k++) out[k] = (out[k] as number) / total;
}
