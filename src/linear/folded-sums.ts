/**
 * Sums of products over all rows of all ranks, the same for any number of threads and partitions. Each product
 * is split on two grids of a power of two, so that float64 adds the parts as whole numbers (the kernel
 * `foldedDot`); the parts of all ranks are added in the same way, and the total is rounded once.
 *
 *   magic  float64[2] a sum     what splits its products, chosen from their bound and number
 *   sums   float64[2] a sum     high and low part of this rank's total
 *
 * With N terms of at most B the grids are B · N · 2^−51 and that times N · 2^−51, so a sum of a million terms
 * is exact to about 2^−62 of B.
 */
import { ceilLog2, powerOfTwo } from '../base/portable-math.ts';
import type { RankEnvironment } from '../training/rank-environment.ts';

/** Bytes of one sum. */
const sumBytes = 32;

/** A fixed number of such sums. */
export class FoldedSums {
  readonly #environment: RankEnvironment;
  readonly #magic: number;
  readonly #sums: number;
  readonly #count: number;

  /** @param address a multiple of 16, of so many {@link FoldedSums.bytes} */
  constructor(environment: RankEnvironment, address: number, count: number) {
    this.#environment = environment;
    this.#magic = address;
    this.#sums = address + (count * sumBytes) / 2;
    this.#count = count;
  }

  /** Bytes for so many sums. */
  static bytes(count: number): number {
    return count * sumBytes;
  }

  /**
   * Begins anew.
   * @param bounds of each sum, the largest magnitude of a product
   * @param numTerms products of all ranks together, at most
   */
  begin(bounds: ArrayLike<number>, numTerms: number): void {
    const magic = this.#environment.f64(this.#magic, 2 * this.#count);
    const terms = ceilLog2(Math.max(1, numTerms));
    for (let i = 0; i < this.#count; i++) {
      const bound = bounds[i] as number;
      const exponent = ceilLog2(bound) + terms + 1;
      magic[2 * i] = bound === 0 ? 0 : magicOf(exponent);
      magic[2 * i + 1] = bound === 0 ? 0 : magicOf(exponent + terms - 51);
    }
    this.#environment.f64(this.#sums, 2 * this.#count).fill(0);
  }

  /** Adds Σ a[i] · b[i] of some rows to a sum; addresses of float64 columns. */
  add(index: number, a: number, b: number, count: number): void {
    const { kernels } = this.#environment;
    kernels.foldedDot(a, b, count, this.#magic + 16 * index, this.#sums + 16 * index);
  }

  /** Adds a[i] · b[i] to the sum of each row's own code: codes[i] · stride + offset. */
  addByCode(
    place: { readonly codes: Int32Array; readonly stride: number; readonly offset: number },
    a: Float64Array,
    b: Float64Array,
  ): void {
    const { codes, stride, offset } = place;
    const magic = this.#environment.f64(this.#magic, 2 * this.#count);
    const sums = this.#environment.f64(this.#sums, 2 * this.#count);
    for (let i = 0; i < codes.length; i++) {
      const at = 2 * ((codes[i] as number) * stride + offset);
      const first = magic[at] as number;
      const second = magic[at + 1] as number;
      const term = (a[i] as number) * (b[i] as number);
      const high = term + first - first;
      sums[at] = (sums[at] as number) + high;
      sums[at + 1] = (sums[at + 1] as number) + (term - high + second - second);
    }
  }

  /** The totals over all ranks; a meeting. */
  async meet(): Promise<Float64Array> {
    const environment = this.#environment;
    const own = environment.f64(this.#sums, 2 * this.#count).slice();
    const parts = await gatherNumbers(environment, own);
    const totals = new Float64Array(this.#count);
    for (let i = 0; i < this.#count; i++) {
      let high = 0;
      let low = 0;
      for (const part of parts) {
        high += part[2 * i] as number;
        low += part[2 * i + 1] as number;
      }
      totals[i] = high + low;
    }
    return totals;
  }
}

/** Gives every rank every rank's numbers, by rank. */
export async function gatherNumbers(
  environment: RankEnvironment,
  own: Float64Array,
): Promise<Float64Array[]> {
  const bytes = new Uint8Array(own.buffer, own.byteOffset, own.byteLength);
  const all = await environment.wait(environment.collective.allgather(bytes));
  return all.map((part) => new Float64Array(part.slice().buffer));
}

/** 1.5 · 2^exponent, kept within the range of normal numbers. */
function magicOf(exponent: number): number {
  return 1.5 * powerOfTwo(Math.max(-1000, Math.min(1000, exponent)));
}
