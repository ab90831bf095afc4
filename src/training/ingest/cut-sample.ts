/**
 * Cuts the sample of a column into bins: the kernel sorts and counts it in memory that nobody needs before rows are
 * binned, so none is made for it. A process that fits little data runs this once a column, and code of its own would run
 * for the first time there, step by step and with an object for every number.
 */
import { align } from '../../base/arena.ts';
import type { BinLimits } from '../../binning/bin-edges.ts';
import type { RankEnvironment } from '../rank-environment.ts';

/** Fewer numbers are sorted by the built-in sort, for the kernel's counters cost more. */
const fewNumbers = 2048;

/** Memory that is free until rows are binned. */
export interface FreeMemory {
  readonly address: number;
  readonly bytes: number;
}

/** The edges of {@link numericEdges}; null where the memory does not suffice. @param sample is sorted in place, or not */
export function cutSample(
  environment: RankEnvironment,
  sample: Float32Array | Float64Array,
  { maxBins, isFloat32, numZeros = 0 }: BinLimits,
  { address, bytes }: FreeMemory,
): Float64Array | null {
  const count = sample.length;
  const isSorted = count < fewNumbers;
  const edges = address;
  const values = edges + align(8 * maxBins);
  const scratch = values + align(8 * (count + 1));
  const end = scratch + (isSorted ? 4 * count + 8 : 8 * count + 8200);
  if (end > address + bytes) return null;
  if (isSorted) sample.sort();
  environment.f64(values + 8, count).set(sample);
  const numEdges = environment.kernels.cutNumbers(
    values,
    count,
    isSorted ? 1 : 0,
    numZeros,
    isFloat32 ? 1 : 0,
    maxBins,
    scratch,
    edges,
  );
  return environment.f64(edges, numEdges).slice();
}
