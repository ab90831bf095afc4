/**
 * The likelihood of a row under accelerated failure time: log t = score + scale · z, z of a standard distribution. Times
 * of rows without an event are negative here: all that is known is that the event comes later (L. J. Wei, "The
 * accelerated failure time model", 1992; A. Barnwal, H. Cho, T. Hocking, "Survival regression with accelerated failure
 * time model in XGBoost", 2022). `extreme` is the smallest value of Gumbel's kind: times are Weibull's.
 */

import { normalTail } from '../../base/normal-tail.ts';
import { exp, log, logistic, softplus } from '../../base/portable-math.ts';

/** What z is distributed as. */
export type AftDistribution = 'normal' | 'logistic' | 'extreme';

const halfLogTwoPi = 0.9189385332046728;
/** Bounds of the derivatives by z, those of XGBoost for a scale of 1: a step stays small where a row fits badly. */
const most = 15;
const least = 1e-16;

/** First and second derivative by the score. @param time negative without an event */
export function aftGradient(
  distribution: AftDistribution,
  scale: number,
  score: number,
  time: number,
): readonly [number, number] {
  const [slope, curvature] = derivatives(distribution, zOf(scale, score, time), time > 0);
  const g = Math.max(-most, Math.min(most, slope));
  const h = Math.max(least, Math.min(most, curvature));
  return [-g / scale, h / (scale * scale)];
}

/** −log of the likelihood: of the time of an event, or of none before it. */
export function aftLoss(
  distribution: AftDistribution,
  scale: number,
  score: number,
  time: number,
): number {
  const z = zOf(scale, score, time);
  const isEvent = time > 0;
  const share = isEvent ? log(scale * time) : 0;
  if (distribution === 'normal')
    return isEvent ? 0.5 * z * z + halfLogTwoPi + share : -normalTail(z).logTail;
  if (distribution === 'logistic') return isEvent ? 2 * softplus(z) - z + share : softplus(z);
  return isEvent ? exp(z) - z + share : exp(z);
}

function zOf(scale: number, score: number, time: number): number {
  return (log(Math.abs(time)) - score) / scale;
}

/** Of −log f(z), or of −log(1 − F(z)) without an event, by z. */
function derivatives(
  distribution: AftDistribution,
  z: number,
  isEvent: boolean,
): readonly [number, number] {
  if (distribution === 'normal') {
    if (isEvent) return [z, 1];
    const { hazard } = normalTail(z);
    return [hazard, hazard * (hazard - z)];
  }
  if (distribution === 'logistic') {
    const p = logistic(z);
    const spread = p * (1 - p);
    return isEvent ? [2 * p - 1, 2 * spread] : [p, spread];
  }
  const e = exp(z);
  return isEvent ? [e - 1, e] : [e, e];
}
