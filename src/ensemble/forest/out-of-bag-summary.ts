/** What a forest's model knows of the rows that its trees have not seen, and what of it is saved. */
import { isPlainObject, type Json } from '../../base/json.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';

/** How a forest does on the rows that its trees have not seen. */
export interface OutOfBagSummary {
  /** R² for numbers, the share of rows whose class was predicted for classes; by weight. The mean over several labels. */
  readonly score: number;
  /** Root mean squared error for numbers, log loss for classes; by weight. The mean over several labels. */
  readonly loss: number;
  /** How many rows some tree has not seen; the others are not in it. */
  readonly numRows: number;
  /**
   * A row each of these: `rowId` (the position in the training table; with `idCol` that column), the labels, the
   * weight where there is one, `numTrees` that have not seen the row, `probability` of each class, `prediction`.
   * Null in a model that was loaded.
   */
  readonly predictions: PartitionedTable | null;
}

/** What is saved of it. */
export function savedOutOfBag(summary: OutOfBagSummary): Json {
  const { score, loss, numRows } = summary;
  // R² of labels that are all alike is no number
  return { score: Number.isFinite(score) ? score : null, loss, numRows };
}

/** Reads it back; a model without it has none. */
export function readOutOfBag(reader: StageReader, saved: Json | undefined): OutOfBagSummary | null {
  if (saved === undefined) return null;
  const { score: found, loss, numRows } = isPlainObject(saved) ? saved : {};
  const score = found === null ? Number.NaN : found;
  if (typeof score !== 'number' || typeof loss !== 'number' || typeof numRows !== 'number')
    throw reader.malformed('has an out-of-bag score that is no number');
  return { score, loss, numRows, predictions: null };
}
