/**
 * The upper tail of the normal distribution, from + − × ÷ and the portable exp and log: the same bits on every platform.
 * Below 2.5 the series of G. Marsaglia, "Evaluating the normal distribution" (2004); above it the continued fraction of
 * Mills' ratio (P.-S. Laplace), both within about 1e-13 of the value.
 */
import { exp, log } from './portable-math.ts';

const halfLogTwoPi = 0.9189385332046728;
const inverseRootTwoPi = 0.3989422804014327;

/** What is known of the tail above a number. */
export interface NormalTail {
  /** φ(z) / (1 − Φ(z)). */
  readonly hazard: number;
  /** log(1 − Φ(z)). */
  readonly logTail: number;
}

/** The tail above z. */
export function normalTail(z: number): NormalTail {
  if (z >= 2.5) {
    let fraction = z;
    for (let k = 60; k > 0; k--) fraction = z + k / fraction;
    return { hazard: fraction, logTail: -0.5 * z * z - halfLogTwoPi - log(fraction) };
  }
  const density = inverseRootTwoPi * exp(-0.5 * z * z);
  if (z < -8.5) return { hazard: density, logTail: 0 };
  let term = z;
  let sum = z;
  for (let k = 3; k < 400; k += 2) {
    term *= (z * z) / k;
    const next = sum + term;
    if (next === sum) break;
    sum = next;
  }
  const tail = 0.5 - density * sum;
  return { hazard: density / tail, logTail: log(tail) };
}
