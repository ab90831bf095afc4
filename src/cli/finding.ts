/** One line of the report of `doctor`. */
export interface Finding {
  readonly name: string;
  readonly found: string;
  /** False only for something that the library cannot do without. */
  readonly isFine: boolean;
}
