/** One key of an order. */
export interface SortKey {
  /** The column to sort by. */
  readonly column: string;
  /** Largest first. */
  readonly descending?: boolean | undefined;
  /** Where missing values go; by default first when ascending, last when descending. */
  readonly nulls?: 'first' | 'last' | undefined;
}
