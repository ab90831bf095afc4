/**
 * Who was at risk when an event came: rows listed by their distinct times, and for each time the sum of a number over
 * the rows that are still there.
 *
 * Every rank knows all distinct times, so what ranks exchange are vectors with one integer a time: the largest exponent
 * of the rows of each time, then their sum in units of it. Integers have no order, so the sums are the same however rows
 * are dealt; the running sums over times go from the last time to the first on every rank alike. A sum keeps at least 32
 * bits of its largest term for a million rows of one time, and 52 where a time has one row.
 */
import { joinNumbers } from '../../base/join-numbers.ts';
import { ceilLog2, powerOfTwo } from '../../base/portable-math.ts';
import { sortNumbers } from '../../binning/sort-numbers.ts';
import type { RankEnvironment } from '../rank-environment.ts';

/** Exponents are told as numbers above 0. */
const shift = 1100;
/** Smaller terms count as nothing beside a time's largest, which is about 1 where rows are alike. */
const leastExponent = -900;
const sumBits = 52;

/** The distinct times of all ranks' rows. */
export class RiskSets {
  /** How many distinct times there are. */
  readonly numTimes: number;
  /** Where each of this rank's rows stands among the times, ascending. */
  readonly places: Uint32Array;
  readonly #environment: RankEnvironment;
  /** Bits of the units in which a time's rows are added up. */
  readonly #bits: Int8Array;

  private constructor(
    environment: RankEnvironment,
    numTimes: number,
    places: Uint32Array,
    bits: Int8Array,
  ) {
    this.#environment = environment;
    this.numTimes = numTimes;
    this.places = places;
    this.#bits = bits;
  }

  /** @param labels this rank's times, negative without an event */
  static async of(environment: RankEnvironment, labels: Float64Array): Promise<RiskSets> {
    const own = distinct(sortNumbers(labels.map(Math.abs)));
    const parts = await environment.wait(
      environment.collective.allgather(new Uint8Array(own.buffer, own.byteOffset, own.byteLength)),
    );
    const found = parts.map((part) => new Float64Array(part.slice().buffer));
    const times = distinct(sortNumbers(joinNumbers(found)));
    const places = Uint32Array.from(labels, (time) => placeOf(times, Math.abs(time)));
    const counts = new BigInt64Array(times.length);
    const words = new Uint32Array(counts.buffer);
    for (const place of places) words[2 * place] = (words[2 * place] as number) + 1;
    await environment.wait(environment.collective.allreduce(counts, 'sum'));
    const bits = Int8Array.from(times, (_, t) => sumBits - ceilLog2(words[2 * t] as number));
    return new RiskSets(environment, times.length, places, bits);
  }

  /** The sum at each time of a number ≥ 0 of the rows. */
  async sumByTime(values: Float64Array): Promise<Float64Array> {
    const { places, numTimes } = this;
    const { collective } = this.#environment;
    const exponents = new BigInt64Array(numTimes);
    const exponentWords = new Uint32Array(exponents.buffer);
    for (let i = 0; i < places.length; i++) {
      const at = 2 * (places[i] as number);
      const exponent = Math.max(ceilLog2(values[i] as number), leastExponent) + shift;
      if (exponent > (exponentWords[at] as number)) exponentWords[at] = exponent;
    }
    await this.#environment.wait(collective.allreduce(exponents, 'max'));
    const sums = new Float64Array(numTimes);
    for (let i = 0; i < places.length; i++) {
      const t = places[i] as number;
      const units = (values[i] as number) * this.#unitsAt(t, exponentWords);
      sums[t] = (sums[t] as number) + Math.round(units);
    }
    const totals = new BigInt64Array(numTimes);
    const words = new Uint32Array(totals.buffer);
    for (let t = 0; t < numTimes; t++) {
      const sum = sums[t] as number;
      words[2 * t] = sum % 4294967296;
      words[2 * t + 1] = Math.floor(sum / 4294967296);
    }
    await this.#environment.wait(collective.allreduce(totals, 'sum'));
    for (let t = 0; t < numTimes; t++) {
      const sum = (words[2 * t + 1] as number) * 4294967296 + (words[2 * t] as number);
      sums[t] = sum / this.#unitsAt(t, exponentWords);
    }
    return sums;
  }

  /** How many units make 1 at a time. */
  #unitsAt(t: number, exponentWords: Uint32Array): number {
    return powerOfTwo((this.#bits[t] as number) - ((exponentWords[2 * t] as number) - shift));
  }
}

/** Running sums from the last time to the first: over the rows still at risk. */
export function sumsAtRisk(sums: Float64Array): Float64Array {
  const atRisk = new Float64Array(sums.length);
  let sum = 0;
  for (let t = sums.length - 1; t >= 0; t--) {
    sum += sums[t] as number;
    atRisk[t] = sum;
  }
  return atRisk;
}

function distinct(ascending: Float64Array): Float64Array {
  return ascending.filter((value, i) => i === 0 || value !== ascending[i - 1]);
}

function placeOf(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
