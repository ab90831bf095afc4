/**
 * Writes the bins of columns of which most numbers are alike: a record of the usual ones' bins is copied to every row,
 * then the others are put into theirs. Of the rows of a stretch those that a rank has.
 */
import type { BinnedLayout, FeaturePlace } from '../../binning/binned-layout.ts';
import type { SparseNumbers } from '../../table/columns/sparse-numbers.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import type { RowRuns } from './shard-rows.ts';

/** A column of a stretch and where its bins go. */
export interface SparseColumn {
  readonly place: FeaturePlace;
  /** By the stretch's rows. */
  readonly numbers: SparseNumbers;
}

/** Bytes [from, to) of each record. */
export interface RecordSpan {
  readonly from: number;
  readonly to: number;
}

/** Which rows are written, and where: record 0 of the runs is at `records`. */
export interface SparseRows {
  readonly range: { readonly firstRow: number; readonly numRows: number };
  readonly runs: RowRuns;
  readonly records: number;
  readonly span: RecordSpan;
}

/** Writes the bins of some columns; whatever else these bytes of their records hold is lost. */
export function binSparse(
  environment: RankEnvironment,
  { stride }: BinnedLayout,
  columns: readonly SparseColumn[],
  { range, runs, records, span }: SparseRows,
): void {
  const usual = new Uint8Array(stride);
  for (const { place, numbers } of columns) usual[place.offset] = binOf(place, numbers.usual);
  const { firstRow, numRows } = range;
  // the record of each row of the stretch, −1 of those of others
  const recordOf = new Int32Array(numRows).fill(-1);
  let done = 0;
  let numRecords = 0;
  for (let r = 0; r < runs.starts.length; r++) {
    const start = runs.starts[r] as number;
    const count = runs.counts[r] as number;
    const from = Math.max(start, firstRow);
    const to = Math.min(start + count, firstRow + numRows);
    for (let row = from; row < to; row++) recordOf[row - firstRow] = done + row - start;
    if (from < to) {
      const first = records + (done + from - start) * stride;
      copyRecord(environment.u8(first, (to - from) * stride), usual, span);
      numRecords = done + to - start;
    }
    done += count;
  }
  const bytes = environment.u8(records, numRecords * stride);
  for (const [i, { place, numbers }] of columns.entries()) {
    if ((i & 255) === 0) environment.collective.checkAborted();
    const { rows, values } = numbers;
    for (let k = 0; k < rows.length; k++) {
      const record = recordOf[rows[k] as number] as number;
      if (record >= 0) bytes[record * stride + place.offset] = binOf(place, values[k] as number);
    }
  }
}

/** Fills memory with copies of a record, or these bytes of all its records. */
function copyRecord(memory: Uint8Array, record: Uint8Array, { from, to }: RecordSpan): void {
  if (to - from < record.length) {
    const part = record.subarray(from, to);
    for (let at = from; at < memory.length; at += record.length) memory.set(part, at);
    return;
  }
  memory.set(record);
  for (let done = record.length; done < memory.length; done *= 2) memory.copyWithin(done, 0, done);
}

/** Which bin a number falls into: how many edges are below it. */
function binOf({ feature, missingEntry }: FeaturePlace, value: number): number {
  if (Number.isNaN(value)) return missingEntry;
  const { edges } = feature;
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value > (edges[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}
