/**
 * What a partition is while nobody has read it: a source and the operators that apply to its rows, as
 * plain data that any thread can carry out (read-partition.ts).
 */
import type { SchemaRecord } from '../schema-record.ts';

/** Where rows come from; `kind` names a reader that {@link registerSource} made known. */
export interface SourceSpec {
  readonly kind: string;
  /** How many rows there are, where that is known without reading. */
  readonly numRows?: number;
  readonly [key: string]: unknown;
}

/** One step over a batch; `kind` names what {@link registerOperator} made known. */
export interface OperatorSpec {
  readonly kind: string;
  /** Columns that must be there; `'all'` means every column of its input. */
  readonly reads: readonly string[] | 'all';
  /** Columns that it adds or replaces. */
  readonly writes: readonly string[];
  /** Those of which it replaces values by their names only, as a cast to text does: who wants categories may pass it over. */
  readonly names?: readonly string[];
  /** True when rows are dropped, added or moved; such a step always runs. */
  readonly changesRows?: boolean;
  /** True when some thousand rows are done in milliseconds, without code of the user's. */
  readonly isQuick?: boolean;
  /** True when the step needs to know the position of the partition's first row. */
  readonly usesPosition?: boolean;
  /**
   * For a written struct: which columns each child is made of. Then a reader that wants some children
   * only (see {@link ColumnRequest}) reads no more than these, and the step makes no more than these.
   */
  readonly parts?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly [key: string]: unknown;
}

/** An operator in its place: `reads` spelled out, and the position of the first row it receives, −1 if unknown. */
export interface PlacedOperator {
  readonly spec: OperatorSpec & { readonly reads: readonly string[] };
  readonly firstRow: number;
}

/** One partition; plain data over shared memory. */
export interface PartitionSpec {
  /** Its place in the table, from 0. */
  readonly index: number;
  readonly source: SourceSpec;
  readonly operators: readonly PlacedOperator[];
  /** The columns after all operators, in order. */
  readonly schema: SchemaRecord;
}

/** A table that is ready to be read by any thread. */
export interface TablePlan {
  readonly partitions: readonly PartitionSpec[];
  readonly schema: SchemaRecord;
}

/** A column by name, or one child of a struct column by path. */
export type ColumnRequest = string | readonly string[];

/** Rows [start, end). */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}
