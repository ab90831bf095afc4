/**
 * Exact quantiles of numeric columns, without gathering or sorting them: radix selection. A float64 is
 * mapped to a 64-bit key in the same order; each pass over the data counts one digit of the keys that
 * agree with the digits found so far. Executor: `feature.countDigits` counts one partition. Driver: adds
 * the counts up, goes on with the digit in which the wanted rank lies. Six passes, integers only.
 */
import { registerTask } from '../../cluster/task-runner.ts';
import {
  type GatherOptions,
  gatherPartitions,
  type PartitionTask,
} from '../../pipeline/gather-partitions.ts';
import { columnOf, roundedValues } from '../../table/columns/column-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { readPartition } from '../../table/plan/read-partition.ts';
import type { NumericSource } from './column-moments.ts';

/** A quantile that is wanted: the value of rank ceil(fraction · n), the lower one where two are in the middle. */
export interface QuantileQuery {
  readonly source: NumericSource;
  /** In [0, 1]; 0 is the smallest value, 1 the largest. */
  readonly fraction: number;
}

interface Digit {
  readonly shift: number;
  readonly bits: number;
}

/** From the highest bits to the lowest; no digit lies across the two 32-bit halves. */
const digits: readonly Digit[] = [
  { shift: 53, bits: 11 },
  { shift: 42, bits: 11 },
  { shift: 32, bits: 10 },
  { shift: 21, bits: 11 },
  { shift: 10, bits: 11 },
  { shift: 0, bits: 10 },
];

interface Search {
  readonly source: NumericSource;
  /** The digits found so far, as the two halves of a key. */
  high: number;
  low: number;
  /** Rank among the keys with these digits, from 0. */
  rank: number;
}

interface Request {
  readonly pass: number;
  readonly searches: readonly { source: NumericSource; high: number; low: number }[];
}

/** The values of the quantiles; NaN where a column has no values. */
export async function selectQuantiles(
  table: PartitionedTable,
  queries: readonly QuantileQuery[],
  options: GatherOptions = {},
): Promise<number[]> {
  const searches: Search[] = queries.map(({ source }) => ({ source, high: 0, low: 0, rank: 0 }));
  const isEmpty = queries.map(() => false);
  for (const [pass, digit] of digits.entries()) {
    const request: Request = {
      pass,
      searches: searches.map(({ source, high, low }) => ({ source, high, low })),
    };
    const totals = searches.map(() => new Float64Array(1 << digit.bits));
    const parts = gatherPartitions<Float64Array[]>(table, 'feature.countDigits', request, options);
    for await (const part of parts) {
      for (const [index, total] of totals.entries()) addInto(total, part[index] as Float64Array);
    }
    for (const [index, search] of searches.entries()) {
      const counts = totals[index] as Float64Array;
      if (pass === 0) {
        const total = counts.reduce((sum, count) => sum + count, 0);
        isEmpty[index] = total === 0;
        search.rank = Math.max(0, Math.ceil(Number(queries[index]?.fraction) * total) - 1);
      }
      if (isEmpty[index] !== true) descend(search, digit, counts);
    }
  }
  return searches.map((search, index) =>
    isEmpty[index] === true ? Number.NaN : valueOfKey(search),
  );
}

function addInto(total: Float64Array, part: Float64Array): void {
  for (let i = 0; i < total.length; i++) total[i] = (total[i] as number) + (part[i] as number);
}

function descend(search: Search, digit: Digit, counts: Float64Array): void {
  let value = 0;
  while (search.rank >= (counts[value] as number)) {
    search.rank -= counts[value] as number;
    value++;
  }
  if (digit.shift >= 32) search.high = (search.high | (value << (digit.shift - 32))) >>> 0;
  else search.low = (search.low | (value << digit.shift)) >>> 0;
}

/** The float64 of a key: a set top bit means a number ≥ 0, else all bits are inverted. */
function valueOfKey({ high, low }: { high: number; low: number }): number {
  const view = new DataView(new ArrayBuffer(8));
  const isPositive = high >>> 31 === 1;
  view.setUint32(0, isPositive ? high & 0x7fffffff : ~high >>> 0);
  view.setUint32(4, isPositive ? low : ~low >>> 0);
  return view.getFloat64(0);
}

registerTask(
  'feature.countDigits',
  async (task: PartitionTask<Request>): Promise<Float64Array[]> => {
    const { pass, searches } = task.request;
    const columns = [...new Set(searches.map((search) => String(search.source.path[0])))];
    const batch = await readPartition(task.partition, { columns });
    return searches.map(({ source, high, low }) => {
      const values = roundedValues(columnOf(batch, source.path), source.path.join('.'));
      return countDigit(withoutMissing(values, source.missingValue), digits[pass] as Digit, {
        high,
        low,
      });
    });
  },
);

/** The values that count, moved to the front of the array; −0 becomes 0, which is the same number. */
function withoutMissing(values: Float64Array, missingValue: number | undefined): Float64Array {
  let kept = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (Number.isNaN(value) || value === missingValue) continue;
    values[kept++] = value + 0;
  }
  return values.subarray(0, kept);
}

/** Counts a digit of the keys whose higher digits are those of the prefix. */
function countDigit(
  values: Float64Array,
  { shift, bits }: Digit,
  prefix: { high: number; low: number },
): Float64Array {
  const counts = new Float64Array(1 << bits);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const known = 64 - shift - bits;
  const highMask = known >= 32 ? 0xffffffff : known === 0 ? 0 : (0xffffffff << (32 - known)) >>> 0;
  const lowMask = known <= 32 ? 0 : (0xffffffff << (64 - known)) >>> 0;
  const mask = counts.length - 1;
  for (let i = 0; i < words.length; i += 2) {
    const flip = (words[i + 1] as number) >>> 31 === 1 ? 0xffffffff : 0;
    const low = ((words[i] as number) ^ flip) >>> 0;
    const high = ((words[i + 1] as number) ^ (flip | 0x80000000)) >>> 0;
    if ((high & highMask) >>> 0 !== prefix.high || (low & lowMask) >>> 0 !== prefix.low) continue;
    const digit = (shift >= 32 ? high >>> (shift - 32) : low >>> shift) & mask;
    counts[digit] = (counts[digit] as number) + 1;
  }
  return counts;
}
