/** What is said of a model beside its trees. */
export interface PmmlSaid {
  readonly labelCol?: string | undefined;
  /** A column that tells whether the logarithm of the score is at least so much. */
  readonly anomaly?: { readonly name: string; readonly leastMargin: number };
}
