/**
 * Adds every value of a row to the bucket that its column's name, or its name and value, hash to: the operator of
 * FeatureHasher. Only the buckets that somebody reads are made, and those that no value of a partition falls into share
 * one column of zeros, so that a wide vector costs what its values cost.
 */
import { Field, Float64, type RecordBatch, type Vector } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { murmurHash } from '../../base/murmur-hash.ts';
import { columnOf, encodeCategories, roundedValues } from '../../table/columns/column-values.ts';
import { fixedWidthColumn, structColumn, withColumns } from '../../table/columns/make-column.ts';
import { javaDouble, javaFloat } from '../categories/java-text.ts';

/** Most bytes of the buckets of one partition. */
const mostBytes = 2 ** 30;

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
  const buckets = new Buckets(numFeatures, batch.numRows, wanted);
  for (const column of columns) {
    const vector = columnOf(batch, [column.name]);
    if (column.kind === 'number')
      addNumbers(vector, column.name, buckets.at(bucketOf(column.name, numFeatures)));
    else addCategories(vector, column, { buckets, numFeatures });
  }
  const children = buckets.columns();
  const struct = structColumn(children, batch.numRows);
  return withColumns(batch, [[new Field(output, struct.type, false), struct]]);
}

/** The buckets of a batch that somebody reads. */
class Buckets {
  readonly #numFeatures: number;
  readonly #numRows: number;
  readonly #wanted: ReadonlySet<string> | 'all';
  readonly #filled = new Map<number, Float64Array>();

  constructor(numFeatures: number, numRows: number, wanted: ReadonlySet<string> | 'all') {
    this.#numFeatures = numFeatures;
    this.#numRows = numRows;
    this.#wanted = wanted;
  }

  /** Refuses buckets that would not fit beside those that are filled. @throws CoppiceError `MEMORY_LIMIT` */
  check(buckets: readonly number[]): void {
    const missing = new Set(
      buckets.filter((bucket) => !this.#filled.has(bucket) && this.#isWanted(bucket)),
    );
    const bytes = (this.#filled.size + missing.size) * this.#numRows * 8;
    if (bytes > mostBytes) throw tooWide(this.#numFeatures, this.#numRows, bytes);
  }

  /** The rows of a bucket that something falls into; undefined where nobody reads it. */
  at(bucket: number): Float64Array | undefined {
    const found = this.#filled.get(bucket);
    if (found !== undefined || !this.#isWanted(bucket)) return found;
    const made = new Float64Array(this.#numRows);
    this.#filled.set(bucket, made);
    return made;
  }

  /** Every bucket that is read, in order. */
  columns(): (readonly [string, Vector])[] {
    const zeros = fixedWidthColumn(new Float64(), new Float64Array(this.#numRows));
    const all: (readonly [string, Vector])[] = [];
    for (let bucket = 0; bucket < this.#numFeatures; bucket++) {
      if (!this.#isWanted(bucket)) continue;
      const values = this.#filled.get(bucket);
      const column = values === undefined ? zeros : fixedWidthColumn(new Float64(), values);
      all.push([bucketName(bucket), column]);
    }
    return all;
  }

  #isWanted(bucket: number): boolean {
    return this.#wanted === 'all' || this.#wanted.has(bucketName(bucket));
  }
}

function tooWide(numFeatures: number, numRows: number, bytes: number): CoppiceError {
  const message =
    `the filled buckets of one partition of FeatureHasher must fit ${mostBytes} bytes; got ${bytes} for ` +
    `${numRows} rows and numFeatures ${numFeatures}; give fewer numFeatures, or smaller partitions by table.repartition`;
  return new CoppiceError('MEMORY_LIMIT', message, {
    context: { owner: 'FeatureHasher', needed: bytes, limit: mostBytes },
  });
}

/** The remainder of a hash, never negative. */
export function bucketOf(term: string, numFeatures: number): number {
  const remainder = murmurHash(term) % numFeatures;
  return remainder < 0 ? remainder + numFeatures : remainder;
}

function addNumbers(vector: Vector, name: string, bucket: Float64Array | undefined): void {
  if (bucket === undefined) return;
  for (const [row, value] of roundedValues(vector, name).entries()) {
    if (!Number.isNaN(value)) bucket[row] = (bucket[row] as number) + value;
  }
}

function addCategories(
  vector: Vector,
  { name, kind }: HashedColumn,
  into: { readonly buckets: Buckets; readonly numFeatures: number },
): void {
  const codes = new Int32Array(vector.length);
  const values = encodeCategories(vector, codes, 0);
  const buckets = values.map((value) =>
    bucketOf(`${name}=${textOf(value, kind)}`, into.numFeatures),
  );
  into.buckets.check(buckets);
  const own = buckets.map((bucket) => into.buckets.at(bucket));
  for (let row = 0; row < codes.length; row++) {
    const bucket = own[codes[row] as number];
    if (bucket !== undefined) bucket[row] = (bucket[row] as number) + 1;
  }
}

function textOf(value: string, kind: HashedColumn['kind']): string {
  if (kind === 'double') return javaDouble(Number(value));
  return kind === 'float' ? javaFloat(Number(value)) : value;
}
