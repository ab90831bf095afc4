/**
 * Random draws for the generators, the same on every platform: uniform numbers are hashes of
 * (seed, row, draw), all else is made from them with + − × ÷, sqrt and the library's portable exp and log.
 * Normal numbers: P. J. Acklam's rational form of the inverse normal distribution (relative error 1e-9).
 */
import { exp, log } from '../src/base/portable-math.ts';
import { hash32, mix32, purposes } from '../src/base/rng.ts';

/** The draws of one row after another; `draw` numbers the draws within a row. */
export class RowDraws {
  readonly #seed: number;
  #row = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Moves to a row. */
  at(row: number): void {
    this.#row = row;
  }

  /** A number inside (0, 1), of 32 bits. */
  uniform(draw: number): number {
    return openUniform(hash32(this.#seed, purposes.data, this.#row, draw));
  }

  /** A standard normal number. */
  normal(draw: number): number {
    return inverseNormal(this.uniform(draw));
  }

  /** True with the given probability. */
  chance(draw: number, probability: number): boolean {
    return this.uniform(draw) < probability;
  }

  /** An exponential number of mean 1. */
  exponential(draw: number): number {
    return -log(this.uniform(draw));
  }

  /** e to a normal number of mean 0 and the given spread. */
  logNormal(draw: number, sigma: number): number {
    return exp(sigma * this.normal(draw));
  }

  /** An integer from `from` to `to`, both included. */
  between(draw: number, from: number, to: number): number {
    return from + Math.floor(this.uniform(draw) * (to - from + 1));
  }
}

/** Properties of the fixed world: entity `index` of a kind, property by number; inside (0, 1). */
export function worldUniform(kind: number, index: number, property: number): number {
  return openUniform(hash32(mix32(kind), purposes.data, index, property));
}

/** Like {@link worldUniform}, but standard normal. */
export function worldNormal(kind: number, index: number, property: number): number {
  return inverseNormal(worldUniform(kind, index, property));
}

/** Draws an index in proportion to weights. */
export class Choice {
  readonly #cumulative: Float64Array;

  constructor(weights: ArrayLike<number>) {
    const cumulative = new Float64Array(weights.length);
    let total = 0;
    for (let i = 0; i < weights.length; i++) {
      total += weights[i] as number;
      cumulative[i] = total;
    }
    this.#cumulative = cumulative;
  }

  /** The index at a number of (0, 1). */
  at(uniform: number): number {
    const cumulative = this.#cumulative;
    const target = uniform * (cumulative[cumulative.length - 1] as number);
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((cumulative[middle] as number) > target) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** x · x: an exact operation everywhere, which a power is not. */
export function square(x: number): number {
  return x * x;
}

/** 32 bits as a number inside (0, 1), never an end of it. */
function openUniform(bits: number): number {
  return (bits + 0.5) / 4294967296;
}

const tail = 0.02425;

/** The x below which a standard normal number falls with the given probability. */
export function inverseNormal(probability: number): number {
  if (probability < tail) return -upperTail(probability);
  if (probability > 1 - tail) return upperTail(1 - probability);
  const q = probability - 0.5;
  const r = q * q;
  const above =
    ((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r +
      138.357751867269) *
      r -
      30.66479806614716) *
      r +
    2.506628277459239;
  const below =
    ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r +
      66.80131188771972) *
      r -
      13.28068155288572) *
      r +
    1;
  return (above * q) / below;
}

function upperTail(probability: number): number {
  const q = Math.sqrt(-2 * log(probability));
  const above =
    ((((-0.007784894002430293 * q - 0.3223964580411365) * q - 2.400758277161838) * q -
      2.549732539343734) *
      q +
      4.374664141464968) *
      q +
    2.938163982698783;
  const below =
    (((0.007784695709041462 * q + 0.3224671290700398) * q + 2.445134137142996) * q +
      3.754408661907416) *
      q +
    1;
  return -above / below;
}
