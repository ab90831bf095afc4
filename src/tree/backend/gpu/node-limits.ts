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

/** A node with its limits, which take a while to find: once is enough. */
export interface LimitedNode extends DeviceNode {
  readonly limits: NodeLimits;
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

/** The node with its limits. */
export function limited(
  node: DeviceNode,
  params: SplitParams,
  quantisation: Quantisation,
): LimitedNode {
  return { ...node, limits: nodeLimits(node, params, quantisation) };
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
  const end = total + 1n;
  return {
    leastLeft: firstNear(isEnoughLeft, least / hessUnit, end),
    mostLeft: firstNear((h) => !isEnoughRight(h), (H - least) / hessUnit + 1, end) - 1n,
    gradScale: powerOfTwo(-(bitsOf(BigInt(rows)) + (slotBytes === 4 ? 15 : 31))),
    hessScale,
    lambda: (params.lambda / hessUnit) * hessScale,
  };
}

/** The same as {@link firstThat}, tried near a guess first: in a wide tree's level there are thousands of them. */
export function firstNear(passes: (h: bigint) => boolean, guess: number, end: bigint): bigint {
  const whole = Number.isFinite(guess) ? BigInt(Math.ceil(guess)) : 0n;
  for (const h of [whole, whole - 1n, whole + 1n]) {
    if (h < 0n || h > end) continue;
    if ((h === end || passes(h)) && (h === 0n || !passes(h - 1n))) return h;
  }
  return firstThat(passes, end);
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
  { slot, totals, limits }: LimitedNode,
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
  if (value <= 0n) return 0;
  const high = Number(value >> 32n);
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(Number(value));
}
