/** What a predictor is given of a batch: the columns of the features that some split uses, as numbers or codes. */

/** One feature's values of a batch. */
export type FeatureValues =
  /** NaN is missing. */
  | { readonly kind: 'numeric'; readonly values: Float32Array | Float64Array }
  /** codes: −1 missing, else a position in binOf; binOf: the model's category, or −1 for an unseen one. */
  | { readonly kind: 'category'; readonly codes: Int32Array; readonly binOf: Int32Array };

/** Columns by feature. */
export type FeatureColumns = ReadonlyMap<number, FeatureValues>;

/** A feature's column; it must be there and of the kind that the splits have. */
export function columnOfFeature<K extends FeatureValues['kind']>(
  columns: FeatureColumns,
  feature: number,
  kind: K,
): Extract<FeatureValues, { kind: K }> {
  const column = columns.get(feature);
  if (column?.kind === kind) return column as Extract<FeatureValues, { kind: K }>;
  const found = column === undefined ? 'was not given' : `was given as ${column.kind}`;
  throw new RangeError(`feature ${feature} ${found}; its splits are ${kind}`);
}
