/** Tables of what workgroups take: chunks of the rows of nodes, and runs of histogram entries; and where rows go. */
import type { BinnedLayout, FeaturePlace } from '../../../binning/binned-layout.ts';
import type { Segment } from '../cpu/row-store.ts';
import { pairWords } from './row-wgsl.ts';
import { mostChunkRows, workgroupSize } from './shader-facts.ts';

/** A histogram to be built. */
export interface Building {
  readonly slot: number;
  /** Of both sides' rows where only the device knows how many went to either. */
  readonly segment: Segment;
  readonly uncounted?: {
    /** Among the pairs that were moved last. */
    readonly pair: number;
    readonly side: 0 | 1;
    /** Rows that it will probably have. */
    readonly likely: number;
  };
}

/** Rows, and the number of what they are cut for. */
export interface NumberedSegment {
  readonly number: number;
  readonly segment: Segment;
}

/** uint32[4] a chunk: a number, and where the chunk begins and ends among all three stretches of rows. */
export function chunkTable(
  list: readonly NumberedSegment[],
  chunkRows: number,
  numRows: number,
): Uint32Array<ArrayBuffer> {
  const words: number[] = [];
  for (const { number, segment } of list) {
    const { buffer, start, count } = segment;
    const first = buffer * numRows + start;
    for (let from = 0; from < count; from += chunkRows) {
      words.push(number, first + from, first + Math.min(count, from + chunkRows), 0);
    }
  }
  return Uint32Array.from(words);
}

/**
 * Chunks of what is to be built: as above, or uint32[4]: slot, rows of a chunk, which of the side's chunks it is, and
 * 1 + 2 · pair + side, of which cutChunks (row-wgsl.ts) makes the same. Chunks behind the last row are empty then.
 */
export function buildChunks(
  list: readonly Building[],
  chunkRows: number,
  numRows: number,
): Uint32Array<ArrayBuffer> {
  const words: number[] = [];
  for (const { slot, segment, uncounted } of list) {
    if (uncounted === undefined) {
      words.push(...chunkTable([{ number: slot, segment }], chunkRows, numRows));
      continue;
    }
    const { pair, side } = uncounted;
    for (let k = 0; k * chunkRows < segment.count; k++) {
      words.push(slot, chunkRows, k, 1 + 2 * pair + side);
    }
  }
  return Uint32Array.from(words);
}

/** Few rows are cut into small chunks, so that many workgroups have some; each must flush its sums. */
export function chunkRowsOf(list: readonly Pick<Building, 'segment' | 'uncounted'>[]): number {
  const total = list.reduce(
    (sum, { segment, uncounted }) => sum + (uncounted?.likely ?? segment.count),
    0,
  );
  const even = workgroupSize * Math.ceil(total / 512 / workgroupSize);
  return Math.max(2048, Math.min(mostChunkRows, even));
}

/** Entries of marked places, neighbours together. */
export function entryRuns(layout: BinnedLayout, mask: Uint8Array | null): [number, number][] {
  if (mask === null) return [[0, layout.numCompact]];
  const runs: [number, number][] = [];
  layout.places.forEach(({ firstCompact, numValueBins }, p) => {
    if (mask[p] === 0) return;
    const end = firstCompact + numValueBins + 1;
    const last = runs.at(-1);
    if (last !== undefined && last[1] === firstCompact) last[1] = end;
    else runs.push([firstCompact, end]);
  });
  return runs;
}

/** Where a segment's rows go when it is split. */
export function otherBuffer({ buffer }: Segment): 1 | 2 {
  return buffer === 1 ? 2 : 1;
}

/** A node's rows to be split. */
export interface Moving {
  readonly segment: Segment;
  readonly place: FeaturePlace;
  /** A byte a bin, 1 for left. */
  readonly sides: Uint8Array;
  /** Rows that must turn out to go left; null where only the device knows. */
  readonly numLeft: number | null;
}

/** The tables of pairs and of sides that row-wgsl.ts reads. */
export function moveTables(
  movings: readonly Moving[],
  numRows: number,
): { readonly pairs: Uint32Array; readonly sides: Uint32Array } {
  const pairs = new Uint32Array(pairWords * movings.length);
  let sideBytes = 0;
  movings.forEach(({ segment, place, sides }, i) => {
    const to = otherBuffer(segment) * numRows + segment.start;
    pairs.set([place.offset, place.width, sideBytes, to, segment.count], pairWords * i);
    sideBytes += 4 * Math.ceil(sides.length / 4);
  });
  const sidesOfAll = new Uint8Array(sideBytes);
  movings.forEach(({ sides }, i) => {
    sidesOfAll.set(sides, pairs[pairWords * i + 2]);
  });
  return { pairs, sides: new Uint32Array(sidesOfAll.buffer) };
}
