/**
 * Ratios of exact sums, rounded once. A sum is taken out of its accumulator as a whole number of units of
 * 2^−1074; products and differences of such numbers are then exact, so that a variance computed as
 * Σw·Σwy² − (Σwy)² loses nothing to cancellation.
 */
import type { ExactSum } from './exact-sum.ts';
import { powerOfTwo } from './portable-math.ts';

/** The sum as a whole number of units of 2^−1074. */
export function exactUnits(sum: ExactSum): bigint {
  const words = sum.toWords();
  let total = 0n;
  for (let i = words.length - 1; i >= 0; i--) total = (total << 32n) + (words[i] as bigint);
  return total;
}

/** numerator / denominator, rounded once; NaN when the denominator is 0. */
export function exactRatio(numerator: bigint, denominator: bigint): number {
  if (denominator === 0n) return Number.NaN;
  if (numerator === 0n) return 0;
  const isNegative = numerator < 0n !== denominator < 0n;
  const above = numerator < 0n ? -numerator : numerator;
  const below = denominator < 0n ? -denominator : denominator;
  // Enough bits for the quotient's rounding to be decided by its lowest, sticky bit.
  const shift = Math.max(0, bitLength(below) - bitLength(above) + 72);
  const scaled = above << BigInt(shift);
  const quotient = scaled / below;
  const sticky = scaled % below === 0n ? 0n : 1n;
  const magnitude = scaleBy(Number(quotient | sticky), -shift);
  return isNegative ? -magnitude : magnitude;
}

/** The ratio of two exact sums, rounded once. */
export function ratioOf(numerator: ExactSum, denominator: ExactSum): number {
  return exactRatio(exactUnits(numerator), exactUnits(denominator));
}

function bitLength(value: bigint): number {
  return value.toString(16).length * 4;
}

/** value · 2^exponent in steps that stay in range. */
function scaleBy(value: number, exponent: number): number {
  let left = exponent;
  let scaled = value;
  for (; left < -1000; left += 1000) scaled *= powerOfTwo(-1000);
  for (; left > 1000; left -= 1000) scaled *= powerOfTwo(1000);
  return scaled * powerOfTwo(left);
}
