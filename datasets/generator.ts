/**
 * What a seeded generator of data is: a card that says what is in the set and what is planted, and a
 * function from (seed, first row, number of rows) to columns. Row i depends on the seed and on i only, so
 * any part can be made alone, in any order, and train and test parts are two ranges of rows of one seed.
 * The world behind the rows (airports, carriers, districts) does not depend on the seed.
 */

/** One column of a card. */
export interface ColumnCard {
  readonly name: string;
  readonly type: 'float32' | 'float64' | 'int32' | 'bool' | 'string' | 'date';
  readonly about: string;
}

/** What a set holds. */
export interface DatasetCard {
  /** The name on the command line and of the folder in datasets/out. */
  readonly name: string;
  readonly about: string;
  readonly tasks: readonly string[];
  readonly labels: readonly string[];
  readonly trainRows: number;
  readonly testRows: number;
  readonly columns: readonly ColumnCard[];
  /** What a model can find in it, and what it cannot. */
  readonly planted: readonly string[];
}

/** The rows to make. */
export interface GenerateOptions {
  readonly numRows: number;
  readonly seed: number;
  /** The first row; 0 when absent. */
  readonly firstRow?: number;
}

/** A column as typed arrays; a missing value has `valid[i] === 0`, in a string column the code −1. */
export type GeneratedColumn =
  | { readonly type: 'float32'; readonly values: Float32Array; readonly valid?: Uint8Array }
  | { readonly type: 'float64'; readonly values: Float64Array; readonly valid?: Uint8Array }
  | { readonly type: 'int32'; readonly values: Int32Array; readonly valid?: Uint8Array }
  | { readonly type: 'bool'; readonly values: Uint8Array; readonly valid?: Uint8Array }
  /** Days since 1970-01-01. */
  | { readonly type: 'date'; readonly values: Int32Array; readonly valid?: Uint8Array }
  | { readonly type: 'string'; readonly codes: Int32Array; readonly values: readonly string[] };

/** Columns by name, in the card's order. */
export type GeneratedColumns = Readonly<Record<string, GeneratedColumn>>;

/** A seeded generator. */
export interface DatasetGenerator {
  readonly card: DatasetCard;
  generate(options: GenerateOptions): GeneratedColumns;
}
