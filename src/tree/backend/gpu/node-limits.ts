/**
 * What the device needs to know of a node: which sums of hessians both sides may have, as integers, and the
 * scales that keep float32 in its range. The host's rule compares float64 numbers (`HL < minSumHessian`); each
 * comparison holds up to some integer and fails beyond it, so that the device can decide it exactly.
 */
import { powerOfTwo } from '../../../base/portable-math.ts';
import type { Quantisation, SplitParams } from '../../split-params.ts';
import type { NodeTotals } from '../cpu/candidate.ts';
import { hessOf } from '../cpu/split-search.ts';

/** Words of a node in the table of nodes; drawn in cumulate-wgsl.ts. */
export const nodeWords = 16;

/** A node as the device sees it. */
export interface DeviceNode {
  readonly slot: number;
  readonly rows: number;
  readonly totals: NodeTotals;
}

/** Limits and scales of a node. */
export interface NodeLimits {
  /** The left side's sum of h must lie between these, whole units of h. */
  readonly leastLeft: bigint;
  readonly mostLeft: bigint;
  /** Powers of two that sums of g and h are multiplied with. */
  readonly gradScale: number;
  readonly hessScale: number;
  /** λ in the same unit as scaled sums of h. */
  readonly lambda: number;
}

/** True where λ and the least hessian leave a score in float32 without a meaning: the host scans such nodes. */
export function needsHost(params: SplitParams, { lambda }: Pick<NodeLimits, 'lambda'>): boolean {
  if (params.lambda === 0) return params.minSumHessian === 0;
  return !(lambda > 2 ** -60 && lambda < 2 ** 30);
}

/** Finds them. */
export function nodeLimits(
  { rows, totals }: Pick<DeviceNode, 'rows' | 'totals'>,
  params: SplitParams,
  { hessUnit, countShift, slotBytes }: Quantisation,
): NodeLimits {
  const total = hessOf(totals.hess, countShift);
  const H = Number(total) * hessUnit;
  const least = params.minSumHessian;
  const isEnoughLeft = (h: bigint): boolean => !(Number(h) * hessUnit < least);
  const isEnoughRight = (h: bigint): boolean => !(H - Number(h) * hessUnit < least);
  const hessScale = powerOfTwo(-bitsOf(total));
  return {
    leastLeft: firstThat(isEnoughLeft, total + 1n),
    mostLeft: firstThat((h) => !isEnoughRight(h), total + 1n) - 1n,
    gradScale: powerOfTwo(-(bitsOf(BigInt(rows)) + (slotBytes === 4 ? 15 : 31))),
    hessScale,
    lambda: (params.lambda / hessUnit) * hessScale,
  };
}

/** The first integer of [0, end) that passes a test which all larger ones pass too; end where none does. */
export function firstThat(passes: (h: bigint) => boolean, end: bigint): bigint {
  let low = 0n;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1n;
    if (passes(middle)) high = middle;
    else low = middle + 1n;
  }
  return low;
}

/** Writes a node into the table. */
export function writeNode(
  words: Uint32Array,
  index: number,
  { slot, totals }: DeviceNode,
  limits: NodeLimits,
): void {
  const at = index * nodeWords;
  words[at] = slot;
  words[at + 1] = 0;
  writeInt64(words, at + 2, totals.grad);
  writeInt64(words, at + 4, totals.hess);
  // −1, where no side is large enough, is larger than every sum; the least one then exceeds the total
  const { mostLeft } = limits;
  const isNone = mostLeft < 0n || limits.leastLeft > mostLeft;
  writeInt64(words, at + 6, isNone ? 1n : limits.leastLeft);
  writeInt64(words, at + 8, isNone ? 0n : mostLeft);
  const floats = new Float32Array(words.buffer, words.byteOffset + 4 * (at + 10), 2);
  floats.set([limits.gradScale, limits.hessScale]);
}

function writeInt64(words: Uint32Array, at: number, value: bigint): void {
  words[at] = Number(BigInt.asUintN(32, value));
  words[at + 1] = Number(BigInt.asUintN(32, value >> 32n));
}

function bitsOf(value: bigint): number {
  return value <= 0n ? 0 : value.toString(2).length;
}
