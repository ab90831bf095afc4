/**
 * A sum of float64 values that no order can change: a fixed-point number wide enough for every finite
 * double (after R. Neal, "Fast exact summation using small and large superaccumulators", 2015). Adding is
 * integer addition in limbs of 32 bits; the result is rounded once.
 *
 *   limb i holds a signed integer that counts units of 2^(32 i − 1074)
 *   a double m·2^e (m of 53 bits) falls on limbs (e + 1074) >> 5 and the two above it
 *
 * Many values are cut at two powers of two below the largest of a block, so that float64 adds up the pieces without
 * rounding (after J. Demmel and H. D. Nguyen, "Fast reproducible floating-point summation", 2013); what lies below the second
 * is added as above.
 */
import { ceilLog2, powerOfTwo } from './portable-math.ts';

const numLimbs = 70;
const addsBeforeCarry = 1 << 20;
const limbBase = 4294967296;
/** 2^10: sums of so many pieces of 42 bits have 52. */
const blockLength = 1024;
const greatestOfBlocks = 2 ** 900;
const leastOfBlocks = 2 ** -900;

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);
const products = new Float64Array(blockLength);
const productRests = new Float64Array(blockLength);
// of the block that was cut last: sums of both pieces, and what lies below them
let highSum = 0;
let lowSum = 0;
const rests = new Float64Array(blockLength);

/** An order-free accumulator of finite float64 values. */
export class ExactSum {
  readonly #limbs = new Float64Array(numLimbs);
  #pending = 0;

  /** Adds one finite value. */
  add(value: number): void {
    if (value === 0) return;
    scratch[0] = value;
    const low = scratchWords[0] as number;
    const top = scratchWords[1] as number;
    const biased = (top >>> 20) & 0x7ff;
    const high = biased === 0 ? top & 0xfffff : (top & 0xfffff) | 0x100000;
    const position = biased === 0 ? 0 : biased - 1;
    const limb = position >>> 5;
    const shift = position & 31;
    const sign = top >>> 31 === 0 ? 1 : -1;
    const limbs = this.#limbs;
    if (shift === 0) {
      limbs[limb] = (limbs[limb] as number) + sign * low;
      limbs[limb + 1] = (limbs[limb + 1] as number) + sign * high;
    } else {
      const back = 32 - shift;
      const middle = ((low >>> back) | (high << shift)) >>> 0;
      limbs[limb] = (limbs[limb] as number) + sign * ((low << shift) >>> 0);
      limbs[limb + 1] = (limbs[limb + 1] as number) + sign * middle;
      limbs[limb + 2] = (limbs[limb + 2] as number) + sign * (high >>> back);
    }
    this.#pending += 1;
    if (this.#pending === addsBeforeCarry) this.#carry();
  }

  /** Adds values[start, end). */
  addMany(values: ArrayLike<number>, start = 0, end = values.length): void {
    for (let from = start; from < end; from += blockLength)
      this.#addBlock(values, from, Math.min(end, from + blockLength));
  }

  /** Adds the product of two finite values exactly. */
  addProduct(a: number, b: number): void {
    const product = a * b;
    if (!Number.isFinite(product)) {
      this.add(product);
      return;
    }
    this.add(product);
    this.add(productError(a, b, product));
  }

  /** Adds the exact products a[i] · b[i] of the first `count`. */
  addProducts(a: Float64Array, b: Float64Array, count: number): void {
    for (let from = 0; from < count; from += blockLength) {
      const length = Math.min(blockLength, count - from);
      for (let i = 0; i < length; i++) {
        const x = a[from + i] as number;
        const y = b[from + i] as number;
        const product = x * y;
        products[i] = product;
        productRests[i] = Number.isFinite(product) ? productError(x, y, product) : 0;
      }
      this.#addBlock(products, 0, length);
      this.#addBlock(productRests, 0, length);
    }
  }

  /** Adds what another accumulator holds. */
  merge(other: ExactSum): void {
    this.#carry();
    other.#carry();
    for (let i = 0; i < numLimbs; i++) {
      this.#limbs[i] = (this.#limbs[i] as number) + (other.#limbs[i] as number);
    }
    this.#carry();
  }

  /** The sum, rounded to the nearest double, ties to even. */
  value(): number {
    this.#carry();
    const limbs = this.#limbs;
    let first = 0;
    while (first < numLimbs && limbs[first] === 0) first += 1;
    let last = numLimbs - 1;
    while (last > first && limbs[last] === 0) last -= 1;
    let total = 0n;
    for (let i = last; i >= first; i--) total = total * 4294967296n + BigInt(limbs[i] as number);
    return scaleDown(total, 32 * first - 1074);
  }

  /** The canonical limbs; equal sums have equal words. */
  toWords(): BigInt64Array {
    this.#carry();
    return BigInt64Array.from(this.#limbs, (limb) => BigInt(limb));
  }

  /** The accumulator that {@link ExactSum.toWords} was taken from. */
  static fromWords(words: BigInt64Array): ExactSum {
    const sum = new ExactSum();
    for (let i = 0; i < numLimbs; i++) sum.#limbs[i] = Number(words[i] ?? 0n);
    sum.#carry();
    return sum;
  }

  /** How many words {@link ExactSum.toWords} has. */
  static readonly numWords: number = numLimbs;

  #addBlock(values: ArrayLike<number>, start: number, end: number): void {
    const numRests = cutBlock(values, start, end);
    if (numRests < 0) {
      for (let i = start; i < end; i++) this.add(values[i] as number);
      return;
    }
    for (let i = 0; i < numRests; i++) this.add(rests[i] as number);
    this.add(highSum);
    this.add(lowSum);
  }

  #carry(): void {
    let carry = 0;
    for (let i = 0; i < numLimbs - 1; i++) {
      const limb = (this.#limbs[i] as number) + carry;
      carry = Math.floor(limb / limbBase);
      this.#limbs[i] = limb - carry * limbBase;
    }
    this.#limbs[numLimbs - 1] = (this.#limbs[numLimbs - 1] as number) + carry;
    this.#pending = 0;
  }
}

/** Cuts the values of a block and sums both pieces; returns how many leave a rest, or −1 where they are not to be cut. */
function cutBlock(values: ArrayLike<number>, start: number, end: number): number {
  let most = 0;
  for (let i = start; i < end; i++) {
    const magnitude = Math.abs(values[i] as number);
    most = magnitude > most ? magnitude : most;
  }
  highSum = 0;
  lowSum = 0;
  if (most === 0) return 0;
  if (most > greatestOfBlocks || most < leastOfBlocks) return -1;
  // x + cut rounds x to a multiple of the last bit of cut; the sum of the multiples has at most 53 bits
  const exponent = ceilLog2(most);
  const highCut = 1.5 * powerOfTwo(exponent + 10);
  const lowCut = 1.5 * powerOfTwo(exponent - 33);
  let high = 0;
  let low = 0;
  let numRests = 0;
  for (let i = start; i < end; i++) {
    const value = values[i] as number;
    const top = value + highCut - highCut;
    const rest = value - top;
    const middle = rest + lowCut - lowCut;
    high += top;
    low += middle;
    if (rest !== middle) rests[numRests++] = rest - middle;
  }
  highSum = high;
  lowSum = low;
  return numRests;
}

/** The exact sum of an array, rounded once. */
export function exactSumOf(values: ArrayLike<number>): number {
  // of few values two exact pieces are most often all there is
  if (values.length <= blockLength && cutBlock(values, 0, values.length) === 0)
    return highSum + lowSum;
  const sum = new ExactSum();
  sum.addMany(values);
  return sum.value();
}

/** What the rounded product leaves out, 0 where it cannot be told (T. J. Dekker's splitting, 1971). */
export function productError(a: number, b: number, product: number): number {
  const splitter = 134217729;
  const aWide = a * splitter;
  const bWide = b * splitter;
  if (!Number.isFinite(aWide) || !Number.isFinite(bWide)) return 0;
  const aHigh = aWide - (aWide - a);
  const bHigh = bWide - (bWide - b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** total · 2^unit, rounded once: below 2^−1022 it has no more bits than a float64 keeps there. */
function scaleDown(total: bigint, unit: number): number {
  const negative = total < 0n;
  let magnitude = negative ? -total : total;
  if (magnitude === 0n) return 0;
  const excess = magnitude.toString(16).length * 4 - 1000;
  let exponent = unit;
  if (excess > 0) {
    const shift = BigInt(excess);
    const sticky = (magnitude & ((1n << shift) - 1n)) === 0n ? 0n : 1n;
    magnitude = (magnitude >> shift) | sticky;
    exponent += excess;
  }
  let value = Number(magnitude);
  for (; exponent <= -500; exponent += 500) value *= 2 ** -500;
  value *= 2 ** exponent;
  return negative ? -value : value;
}
