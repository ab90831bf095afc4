/**
 * The upper tail of the normal distribution, from + − × ÷ and the portable exp and log: the same bits on every platform.
 * Below 2.5 the series of G. Marsaglia, "Evaluating the normal distribution" (2004); above it the continued fraction of
 * Mills' ratio (P.-S. Laplace), both within about 1e-13 of the value.
 */
import { exp, log } from './portable-math.ts';

const halfLogTwoPi = 0.9189385332046728;
const inverseRootTwoPi = 0.3989422804014327;

/** φ(z) / (1 − Φ(z)). */
export function normalHazard(z: number): number {
  if (z >= 2.5) return millsFraction(z);
  const density = densityOf(z);
  return density / tailOf(z, density);
}

/** log(1 − Φ(z)). */
export function logNormalTail(z: number): number {
  if (z >= 2.5) return -0.5 * z * z - halfLogTwoPi - log(millsFraction(z));
  return log(tailOf(z, densityOf(z)));
}

function densityOf(z: number): number {
  return inverseRootTwoPi * exp(-0.5 * z * z);
}

/** φ(z) / (1 − Φ(z)) for z of at least 2.5. */
function millsFraction(z: number): number {
  let fraction = z;
  for (let k = 60; k > 0; k--) fraction = z + k / fraction;
  return fraction;
}

/** 1 − Φ(z) for z below 2.5. */
function tailOf(z: number, density: number): number {
  if (z < -8.5) return 1;
  let term = z;
  let sum = z;
  for (let k = 3; k < 400; k += 2) {
    term *= (z * z) / k;
    const next = sum + term;
    if (next === sum) break;
    sum = next;
  }
  return 0.5 - density * sum;
}
