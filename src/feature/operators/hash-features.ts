/**
 * Adds every value of a row to the bucket that its column's name, or its name and value, hash to: the operator of
 * FeatureHasher. Only the buckets that somebody reads are made.
 */
import { Field, Float64, type RecordBatch, type Vector } from 'apache-arrow';
import { murmurHash } from '../../base/murmur-hash.ts';
import { columnOf, encodeCategories, numericValues } from '../../table/column-values.ts';
import { fixedWidthColumn, structColumn, withColumns } from '../../table/make-column.ts';
import { javaDouble, javaFloat } from '../java-text.ts';

/** How a column is hashed. */
export interface HashedColumn {
  readonly name: string;
  /** A number is added to its column's bucket; of the others each value has a bucket, which gets a 1. */
  readonly kind: 'number' | 'text' | 'double' | 'float';
}

/** What the operator is told. */
export interface HashFeaturesSpec {
  readonly output: string;
  readonly numFeatures: number;
  readonly columns: readonly HashedColumn[];
}

/** The name of a bucket's child. */
export function bucketName(bucket: number): string {
  return `h${bucket}`;
}

/** Adds the struct of buckets to one batch. */
export function hashFeatures(
  spec: HashFeaturesSpec,
  batch: RecordBatch,
  wanted: ReadonlySet<string> | 'all',
): RecordBatch {
  const { output, numFeatures, columns } = spec;
  const buckets = new Map<number, Float64Array>();
  for (let bucket = 0; bucket < numFeatures; bucket++) {
    if (wanted === 'all' || wanted.has(bucketName(bucket)))
      buckets.set(bucket, new Float64Array(batch.numRows));
  }
  for (const column of columns) {
    const vector = columnOf(batch, [column.name]);
    if (column.kind === 'number')
      addNumbers(vector, buckets.get(bucketOf(column.name, numFeatures)));
    else addCategories(vector, column, { buckets, numFeatures });
  }
  const children = [...buckets].map(
    ([bucket, values]) => [bucketName(bucket), fixedWidthColumn(new Float64(), values)] as const,
  );
  const struct = structColumn(children, batch.numRows);
  return withColumns(batch, [[new Field(output, struct.type, false), struct]]);
}

/** The remainder of a hash, never negative. */
function bucketOf(term: string, numFeatures: number): number {
  const remainder = murmurHash(term) % numFeatures;
  return remainder < 0 ? remainder + numFeatures : remainder;
}

function addNumbers(vector: Vector, bucket: Float64Array | undefined): void {
  if (bucket === undefined) return;
  for (const [row, value] of numericValues(vector).entries()) {
    if (!Number.isNaN(value)) bucket[row] = (bucket[row] as number) + value;
  }
}

function addCategories(
  vector: Vector,
  { name, kind }: HashedColumn,
  into: { readonly buckets: ReadonlyMap<number, Float64Array>; readonly numFeatures: number },
): void {
  const codes = new Int32Array(vector.length);
  const values = encodeCategories(vector, codes, 0);
  const own = values.map((value) =>
    into.buckets.get(bucketOf(`${name}=${textOf(value, kind)}`, into.numFeatures)),
  );
  for (let row = 0; row < codes.length; row++) {
    const bucket = own[codes[row] as number];
    if (bucket !== undefined) bucket[row] = (bucket[row] as number) + 1;
  }
}

function textOf(value: string, kind: HashedColumn['kind']): string {
  if (kind === 'double') return javaDouble(Number(value));
  return kind === 'float' ? javaFloat(Number(value)) : value;
}
