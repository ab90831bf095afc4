/**
 * The chance that a standard variable z lies between two bounds, either of which may be infinite, and how fast −log of it
 * grows as both move up: the likelihood of a time of which only an interval is known. Differences of nearly equal chances
 * are never formed: each distribution has a form of its own, and the normal one a series for narrow intervals.
 */
import { logNormalTail, normalHazard } from '../../base/normal-tail.ts';
import { exp, log, logistic, softplus } from '../../base/portable-math.ts';

const halfLogTwoPi = 0.9189385332046728;
/** e^z beyond is as good as endless, and still a number. */
const farthest = 600;

/** First and second derivative. */
type Derivatives = Float64Array;

/** Of the normal distribution: −log of the chance. At least one bound is finite, and low < high. */
export function normalBetween(low: number, high: number, out: Derivatives): number {
  // seen from the tail that is nearer, where chances keep their digits
  const isLeft = low + high < 0;
  const near = isLeft ? -high : low;
  const far = isLeft ? -low : high;
  const width = far - near;
  const middle = near + width / 2;
  const sign = isLeft ? -1 : 1;
  if (width * (1 + Math.abs(middle)) < 1e-2) {
    const curvature = 1 - (width * width) / 12;
    out[0] = sign * middle * curvature;
    out[1] = curvature;
    const bend = (width * width * (middle * middle - 1)) / 24;
    return middle * middle * 0.5 + halfLogTwoPi - log(width) - log(1 + bend);
  }
  const isOpen = far === Number.POSITIVE_INFINITY;
  const nearTail = logNormalTail(near);
  const ratio = isOpen ? 0 : exp(logNormalTail(far) - nearTail);
  const nearShare = normalHazard(near) / (1 - ratio);
  const farShare = isOpen ? 0 : (normalHazard(far) * ratio) / (1 - ratio);
  const slope = nearShare - farShare;
  out[0] = sign * slope;
  out[1] = nearShare * (slope - near) + (isOpen ? 0 : farShare * (far - slope));
  return -nearTail - log(1 - ratio);
}

/** Of the logistic distribution. */
export function logisticBetween(low: number, high: number, out: Derivatives): number {
  const below = low === Number.NEGATIVE_INFINITY ? 0 : logistic(low);
  const above = high === Number.POSITIVE_INFINITY ? 0 : logistic(-high);
  out[0] = below - above;
  out[1] = below * (1 - below) + above * (1 - above);
  const lowLoss = low === Number.NEGATIVE_INFINITY ? 0 : softplus(low);
  const highLoss = high === Number.POSITIVE_INFINITY ? 0 : softplus(-high);
  return lowLoss + highLoss - log(oneLessExp(high - low));
}

/** Of the distribution of smallest values. */
export function extremeBetween(low: number, high: number, out: Derivatives): number {
  const a = low === Number.NEGATIVE_INFINITY ? 0 : exp(Math.min(low, farthest));
  const b = exp(Math.min(high, farthest));
  const width = high === Number.POSITIVE_INFINITY ? high : b * oneLessExp(high - low);
  // w / (e^w − 1), and how far it lies above 1 − w
  let share = 0;
  let excess = width;
  if (width < 1e-2) {
    excess = width / 2 + (width * width) / 12;
    share = 1 - width + excess;
  } else if (width < farthest) {
    share = width / (exp(width) - 1);
    excess = width + share - 1;
  }
  out[0] = a - share;
  out[1] = share === 0 ? a : a + share * excess;
  return a - log(oneLessExp(width));
}

/** 1 − e^−x for x ≥ 0. */
function oneLessExp(x: number): number {
  if (x >= 1e-2) return 1 - exp(-x);
  return x * (1 - (x / 2) * (1 - (x / 3) * (1 - (x / 4) * (1 - x / 5))));
}
