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
  const words = new Uint32Array(4 * numChunks(list, chunkRows));
  let at = 0;
  for (const { number, segment } of list) {
    at = writeChunks(words, at, { number, segment }, { chunkRows, numRows });
  }
  return words;
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
  const words = new Uint32Array(4 * numChunks(list, chunkRows));
  let at = 0;
  for (const { slot, segment, uncounted } of list) {
    if (uncounted === undefined) {
      at = writeChunks(words, at, { number: slot, segment }, { chunkRows, numRows });
      continue;
    }
    const code = 1 + 2 * uncounted.pair + uncounted.side;
    for (let k = 0; k * chunkRows < segment.count; k++) {
      words[at] = slot;
      words[at + 1] = chunkRows;
      words[at + 2] = k;
      words[at + 3] = code;
      at += 4;
    }
  }
  return words;
}

function numChunks(list: readonly { readonly segment: Segment }[], chunkRows: number): number {
  return list.reduce((sum, { segment }) => sum + Math.ceil(segment.count / chunkRows), 0);
}

/** Ten million rows have thousands of chunks a level: words are written where they stay. */
function writeChunks(
  words: Uint32Array,
  start: number,
  { number, segment }: NumberedSegment,
  { chunkRows, numRows }: { readonly chunkRows: number; readonly numRows: number },
): number {
  const { buffer, count } = segment;
  const first = buffer * numRows + segment.start;
  let at = start;
  for (let from = 0; from < count; from += chunkRows) {
    words[at] = number;
    words[at + 1] = first + from;
    words[at + 2] = first + Math.min(count, from + chunkRows);
    at += 4;
  }
  return at;
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

/** Workgroups for so many words. */
export function groupsOf(words: number): number {
  return Math.max(1, Math.min(4096, Math.ceil(words / workgroupSize)));
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
    const at = pairWords * i;
    pairs[at] = place.offset;
    pairs[at + 1] = place.width;
    pairs[at + 2] = sideBytes;
    pairs[at + 3] = to;
    pairs[at + 4] = segment.count;
    sideBytes += 4 * Math.ceil(sides.length / 4);
  });
  const sidesOfAll = new Uint8Array(sideBytes);
  movings.forEach(({ sides }, i) => {
    sidesOfAll.set(sides, pairs[pairWords * i + 2]);
  });
  return { pairs, sides: new Uint32Array(sidesOfAll.buffer) };
}
