/**
 * Is a table so empty that its histograms are better built of what is not the usual bin (row-entries.ts)? Told by a
 * sample of the process's rows, the same for all its ranks. It decides the work, never a number.
 */
import type { BinnedLayout } from '../../binning/binned-layout.ts';
import type { RowFill } from '../../tree/backend/cpu/row-entries.ts';
import { indexedStride } from '../../tree/backend/cpu/row-store.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import type { RankEnvironment } from '../rank-environment.ts';

/** Rows that are looked at. */
const sampleRows = 256;
/** The most values, of a hundred, that may not be the usual ones: an entry costs some two additions. */
const mostFilled = 0.4;
/** Rows for each bin of a feature, in the mean, up to which a node leaves most bins empty whatever the values are. */
const fewRows = 2;
/** Entries of such rows take at most so many bytes. */
const mostBytesOfFew = 64 * 1024 * 1024;
/** Entries of one process take at most so many bytes. */
const mostBytes = 512 * 1024 * 1024;

/** What decides about entries beside the rows. */
export interface FillChoice {
  /** Null: as the sample says. */
  readonly isWanted: boolean | null;
  /** Trees grow where empty blocks of histograms of entries are passed over (wasm/assembly/marked-blocks.ts). */
  readonly passesEmptyOver: boolean;
}

/** What is known of the rows, or null where records do as well. All ranks call it. */
export async function measureFill(
  environment: RankEnvironment,
  rows: Omit<IngestedRows, 'fill'>,
  { isWanted, passesEmptyOver }: FillChoice,
): Promise<RowFill | null> {
  const { layout, train, records } = rows;
  const { stride } = layout;
  // shorter records move with their rows
  if (isWanted === false || stride <= indexedStride) return null;
  const all = environment.u8(records, train.numProcess * stride);
  const { usual, filled } = lookAtSample(all, train.numProcess, layout);
  const isFew = passesEmptyOver && areFew(rows);
  const isSparse = isWanted === true || filled <= mostFilled || isFew;
  const own = all.subarray(train.start * stride, (train.start + train.count) * stride);
  const counted = isSparse ? countOthers(own, usual, layout) : 0;
  const message = new Uint8Array(Float64Array.of(counted).buffer);
  const everyone = await environment.wait(environment.collective.allgather(message));
  let numEntries = 0;
  for (const rank of environment.collective.localRanks) {
    const bytes = everyone[rank] as Uint8Array;
    numEntries += new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
  }
  return isSparse && 4 * numEntries <= mostBytes ? { usual, numEntries } : null;
}

/** Are there hardly more rows than bins of a feature? */
function areFew({ layout, train }: Omit<IngestedRows, 'fill'>): boolean {
  const { numCompact, places } = layout;
  const hasRoom = 4 * places.length * train.numProcess <= mostBytesOfFew;
  return hasRoom && train.numProcess * places.length <= fewRows * numCompact;
}

/** The usual bin of each feature among some rows, and how many of their values are others. */
function lookAtSample(
  all: Uint8Array,
  numRows: number,
  layout: BinnedLayout,
): { readonly usual: Uint8Array; readonly filled: number } {
  const { stride, places } = layout;
  const usual = new Uint8Array(stride);
  const step = Math.max(1, Math.floor(numRows / sampleRows));
  let numLooked = 0;
  let numUsual = 0;
  for (const { offset, width, unseenEntry, missingEntry } of places) {
    const counts = new Uint32Array(Math.max(unseenEntry, missingEntry) + 1);
    let best = 0;
    for (let row = 0; row < numRows; row += step) {
      const at = row * stride + offset;
      const bin = width === 1 ? (all[at] as number) : wideBin(all, at);
      const count = (counts[bin] as number) + 1;
      counts[bin] = count;
      numLooked += 1;
      if (count > (counts[best] as number) || bin === best) best = bin;
    }
    numUsual += counts[best] as number;
    usual[offset] = best & 255;
    if (width === 2) usual[offset + 1] = best >> 8;
  }
  return { usual, filled: numLooked === 0 ? 1 : 1 - numUsual / numLooked };
}

function wideBin(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

/** Bins that are not the usual ones: four bytes are compared at once, for most are alike. */
function countOthers(rows: Uint8Array, usual: Uint8Array, layout: BinnedLayout): number {
  const { stride, numNarrow, places } = layout;
  const words = new Uint32Array(rows.buffer, rows.byteOffset, rows.length / 4);
  const usualWords = new Uint32Array(usual.buffer);
  const wholeWords = numNarrow >> 2;
  const rest = places.slice(4 * wholeWords);
  let count = 0;
  for (let row = 0; row < rows.length; row += stride) {
    const first = row / 4;
    for (let w = 0; w < wholeWords; w++) {
      const differs = (words[first + w] as number) ^ (usualWords[w] as number);
      if (differs === 0) continue;
      if ((differs & 0xff) !== 0) count += 1;
      if ((differs & 0xff00) !== 0) count += 1;
      if ((differs & 0xff0000) !== 0) count += 1;
      if ((differs & 0xff000000) !== 0) count += 1;
    }
    for (const { offset, width } of rest) {
      const at = row + offset;
      const isUsual =
        width === 1 ? rows[at] === usual[offset] : wideBin(rows, at) === wideBin(usual, offset);
      if (!isUsual) count += 1;
    }
  }
  return count;
}
