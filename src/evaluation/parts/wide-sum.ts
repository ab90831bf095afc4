/**
 * A running sum of about 106 bits (a pair of doubles), for walks over sorted values: fast, exact for
 * whole-number weights up to 2^106, and the same for the same order of terms. Where terms come in any
 * order, base/exact-sum is used instead. (T. J. Dekker, "A floating-point technique for extending the
 * available precision", 1971.)
 */

const splitter = 134217729;

/** A sum as an unevaluated pair high + low. */
export class WideSum {
  #high = 0;
  #low = 0;

  /** Adds a value. */
  add(value: number): void {
    const sum = this.#high + value;
    const back = sum - this.#high;
    const error = this.#high - (sum - back) + (value - back);
    this.#set(sum, error + this.#low);
  }

  /** Adds a · b with the rounding error of the product. */
  addProduct(a: number, b: number): void {
    const product = a * b;
    this.add(product);
    const aHigh = highPart(a);
    const bHigh = highPart(b);
    const aLow = a - aHigh;
    const bLow = b - bHigh;
    this.add(aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow));
  }

  /** Adds what the other sum holds, times a factor. */
  addScaled(other: WideSum, factor: number): void {
    this.addProduct(other.#high, factor);
    this.addProduct(other.#low, factor);
  }

  /** The sum, rounded. */
  value(): number {
    return this.#high;
  }

  #set(high: number, low: number): void {
    const sum = high + low;
    this.#low = low - (sum - high);
    this.#high = sum;
  }
}

/** The upper 26 bits of a double. */
function highPart(x: number): number {
  const wide = splitter * x;
  return wide - (wide - x);
}
