/**
 * How gradients become integers for the histograms. The scale is a power of two from the exact largest
 * value over all ranks; rounding is unbiased and keyed by seed, tree, class and row, so no order matters.
 *
 * 16 bits hold a tree's gradients well while the largest is at most 128 times the mean: rounding then moves
 * the sums of a few hundred rows by about 1 part in 10,000. A wider spread (a heavy-tailed target, a
 * class of one row in 250 or fewer, large weights) takes 32 bits: lognormal targets of sigma 3 have a ratio
 * of 400 to 1,700, and with 16 bits the training loss was up to 5 % off. The spread of the first round
 * decides for the whole fit.
 */
import { ceilLog2, powerOfTwo } from '../base/portable-math.ts';
import type { Quantisation } from '../tree/split-params.ts';
import type { IngestedRows } from './ingest/ingest.ts';
import type { BoostingJob } from './messages.ts';
import type { RankEnvironment } from './rank-environment.ts';

/** Largest over mean above which gradients take 32 bits. */
export const widthRatio = 128;

/** 8 bytes a row where the spread of g or h asks for it, else 4. */
export function chooseSlotBytes(
  largest: { readonly grad: number; readonly hess: number },
  mean: { readonly grad: number; readonly hess: number },
): 4 | 8 {
  const isWide = largest.grad > widthRatio * mean.grad || largest.hess > widthRatio * mean.hess;
  return isWide ? 8 : 4;
}

/** Whether limits ask for rows to be counted beside h. */
export function countsRows({ split, shaping }: Pick<BoostingJob, 'split' | 'shaping'>): boolean {
  return (
    split.minInstancesPerNode > 1 || split.minCategoryRows > 0 || (shaping?.pathSmoothing ?? 0) > 0
  );
}

/** Whether so few rows train, in one process, that all histograms of a tree stay packed, 8 bytes an entry. */
export function packsHistograms(
  { collective }: Pick<RankEnvironment, 'collective'>,
  job: Pick<BoostingJob, 'split' | 'shaping' | 'flushRows' | 'limits'>,
  { layout, train }: Pick<IngestedRows, 'layout' | 'train'>,
): boolean {
  if (collective.localRanks.length < collective.size) return false;
  if (job.limits.isOblivious === true) return false;
  const isNarrow = layout.slotBytes === 4 && job.shaping === null && !countsRows(job);
  return isNarrow && train.numAll <= job.flushRows;
}

/** Scales of one tree. */
export interface TreeScales {
  readonly quantisation: Quantisation;
  readonly gradScale: number;
  readonly hessScale: number;
  /** False where every h is the same and whole in its scale: nothing to round. */
  readonly roundsHess: boolean;
}

/**
 * @param maxGrad largest |g| of all ranks @param maxHess largest h
 * @param isConstantHess every h equals maxHess
 * @param countsRows rows are to be counted beside h
 */
export function treeScales(options: {
  readonly maxGrad: number;
  readonly maxHess: number;
  readonly isConstantHess: boolean;
  readonly countsRows: boolean;
  readonly slotBytes: 4 | 8;
  readonly numRows: number;
}): TreeScales {
  const { slotBytes } = options;
  const rowBits = bitsOf(options.numRows);
  const countShift = options.countsRows
    ? Math.min(62 - rowBits, (slotBytes === 4 ? 16 : 31) + rowBits)
    : 63;
  const hessBits = Math.min(slotBytes === 4 ? 16 : 31, countShift - rowBits);
  const gradScale = scaleFor(options.maxGrad, slotBytes === 4 ? 15 : 30);
  // one unit a row where h is constant: its sum is then the count
  const hessScale = options.isConstantHess
    ? 1 / options.maxHess
    : scaleFor(options.maxHess, hessBits);
  const sumsAreShort =
    slotBytes === 4 || (options.numRows <= mostShortRows && [gradScale, hessScale].every(isUsual));
  return {
    quantisation: {
      ...{ gradUnit: 1 / gradScale, hessUnit: 1 / hessScale },
      ...{ slotBytes, countShift, sumsAreShort },
    },
    gradScale,
    hessScale,
    roundsHess: !options.isConstantHess,
  };
}

/** Sums of 31 bits over so many rows stay under 2^51. */
const mostShortRows = 2 ** 20;

/** A power of two whose cubes are numbers that float64 holds in full. */
function isUsual(scale: number): boolean {
  return scale > 2 ** -200 && scale < 2 ** 200 && scale === powerOfTwo(ceilLog2(scale));
}

/** A power of two that brings `largest` under 2^bits − 1. */
export function scaleFor(largest: number, bits: number): number {
  if (!(largest > 0)) return 1;
  const exponent = Math.max(-1000, Math.min(1000, bits - ceilLog2(largest)));
  const scale = powerOfTwo(exponent);
  return largest * scale > 2 ** bits - 2 ? scale / 2 : scale;
}

/** Bits that count up to n. */
export function bitsOf(n: number): number {
  if (n < 4294967296) return Math.max(1, 32 - Math.clz32(n));
  let bits = 33;
  while (2 ** bits <= n) bits += 1;
  return bits;
}
