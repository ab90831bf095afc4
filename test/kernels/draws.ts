/**
 * Test data from one seed: plain draws and the nasty values (NaN, infinities, zeros of both signs,
 * subnormals, the limits of the integers) that kernels meet last and break on first.
 */
import fc from 'fast-check';
import { hash32, purposes, unitInterval } from '../../src/base/rng.ts';

const nastyFloats = [
  0,
  -0,
  1,
  -1,
  0.5,
  1e-16,
  5e-324,
  -5e-324,
  2.2250738585072014e-308,
  1e300,
  -1e300,
  708,
  -708,
  709.7,
  -708.1,
  ...[
    1e-320, 32767.5, -32768.5, 65535.999, 2147483647.5, -2147483649, 4294967295.5, 9.3e18, -9.3e18,
  ],
  ...[Number.MAX_VALUE, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
];

/** Draws in a fixed order from a seed. */
export class Draws {
  #count = 0;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** fast-check starts every run, and every shrink, from the first draw. */
  [fc.cloneMethod](): Draws {
    return new Draws(this.#seed);
  }
  [fc.toStringMethod](): string {
    return `new Draws(${this.#seed})`;
  }

  bits(): number {
    return hash32(this.#seed, purposes.data, this.#count++);
  }
  unit(): number {
    return unitInterval(this.bits());
  }
  /** An integer in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }
  bool(chance = 0.5): boolean {
    return this.unit() < chance;
  }
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
  /** Roughly normal: the sum of four uniform draws, centred. */
  normal(): number {
    return (this.unit() + this.unit() + this.unit() + this.unit() - 2) * 1.7;
  }
  /** A float that is nasty with the given chance. */
  float(nasty: number): number {
    return this.unit() < nasty ? this.pick(nastyFloats) : this.normal() * 10 ** (this.below(9) - 4);
  }
  int64(): bigint {
    return BigInt.asIntN(64, (BigInt(this.bits()) << 32n) | BigInt(this.bits()));
  }
  list<T>(length: number, next: () => T): T[] {
    return Array.from({ length }, next);
  }
}

/** Draws whose seed fast-check chooses. */
export const arbitraryDraws = fc.integer().map((seed) => new Draws(seed));

/** How many rows a kernel is given: none, one, few, odd counts, more than a block. */
export const arbitraryRows = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 7, 8, 9, 17),
  fc.integer({ min: 0, max: 300 }),
);
