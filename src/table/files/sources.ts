/** Where partitions get their rows from: each kind of source is registered once in every thread. */
import { Precision, type RecordBatch, Type } from 'apache-arrow';
import type { Awaitable } from '../../base/awaitable.ts';
import { CoppiceError } from '../../base/errors.ts';
import { knownAs } from '../../base/late-modules.ts';
import type { NumericArray } from '../columns/column-values.ts';
import { findPlace } from '../columns/find-column.ts';
import type { PartitionSpec, RowRange, SourceSpec } from '../plan/partition-spec.ts';
import {
  batchFromShared,
  batchToMessage,
  batchToShared,
  type SharedBatch,
} from '../plan/shared-batch.ts';
import type { SchemaRecord } from '../schema-record.ts';
import { sliceRows } from '../take-rows.ts';

/** What is wanted of a source. */
export interface SourceRequest {
  /** The columns to read, in any order; columns that the source lacks are an error. */
  readonly columns: readonly string[];
  /** The rows to read, all by default. */
  readonly rows?: RowRange | undefined;
  /** Columns whose text only stands for categories: a source that stores it as a dictionary may leave it so. */
  readonly textAsDictionary?: ReadonlySet<string> | undefined;
}

/** Reads one batch: the wanted columns (more are allowed) of the wanted rows. */
export type ReadSource<S extends SourceSpec> = (
  source: S,
  request: SourceRequest,
) => Awaitable<RecordBatch>;

const readers = new Map<string, ReadSource<never>>();

/** Makes a kind of source known in this thread. */
export function registerSource<S extends SourceSpec>(kind: string, read: ReadSource<S>): void {
  readers.set(kind, read as ReadSource<never>);
}

/** Reads a source with the reader of its kind. */
export async function readSource(source: SourceSpec, request: SourceRequest): Promise<RecordBatch> {
  const read = await knownAs(readers, source.kind);
  if (read === undefined) {
    throw new CoppiceError('INTERNAL', `no source is registered under the name ${source.kind}`);
  }
  return await read(source as never, request);
}

/** How numbers lie where they were wanted: not at all, one by one, or as columns/sparse-numbers.ts has them. */
export const forms = { none: 0, dense: 1, sparse: 2 } as const;

/** One of {@link forms}. */
export type NumberForm = (typeof forms)[keyof typeof forms];

/** A column of numbers, and where they are wanted. */
export interface WantedNumbers {
  readonly name: string;
  /** Has room for the wanted rows: float32 for a column of such, else float64. */
  readonly out: NumericArray;
  readonly mayBeSparse: boolean;
}

/** A column of categories (text, or numbers for their names), and where its codes are wanted: one for each of the wanted rows, −1 for null. */
export interface WantedCodes {
  readonly name: string;
  readonly out: Int32Array;
}

/** The text of each code, in order; null where no codes were written. */
export type CodedTexts = readonly string[] | null;

/** How columns of a kind of source are read without Arrow objects. */
export interface Filler<S extends SourceSpec> {
  /** Writes numbers to where they are wanted, of the columns that it knows how to; says in which form each lies there. */
  readonly fill: (
    source: S,
    wanted: readonly WantedNumbers[],
    rows: RowRange,
  ) => Promise<readonly NumberForm[]>;
  /** Writes codes to where they are wanted, of the columns that it knows how to. */
  readonly encode?: (
    source: S,
    wanted: readonly WantedCodes[],
    rows: RowRange,
  ) => Promise<readonly CodedTexts[]>;
  /** Both as one, where the second has the rows that follow those of the first; else null. */
  readonly join: (first: S, second: S) => S | null;
}

const fillers = new Map<string, Filler<never>>();

/** Makes known how columns of a kind of source are read without Arrow objects. */
export function registerFiller<S extends SourceSpec>(kind: string, filler: Filler<S>): void {
  fillers.set(kind, filler as unknown as Filler<never>);
}

/** Two sources as one, where they are neighbours whose numbers are better read together; else null. */
export function joinSources(first: SourceSpec, second: SourceSpec): SourceSpec | null {
  if (first.kind !== second.kind) return null;
  return fillers.get(first.kind)?.join(first as never, second as never) ?? null;
}

/** Fills in what the source's kind can; what is left is read with {@link readSource}. */
export async function fillFromSource(
  source: SourceSpec,
  wanted: readonly WantedNumbers[],
  rows: RowRange,
): Promise<readonly NumberForm[]> {
  const filler = fillers.get(source.kind);
  if (filler === undefined) return wanted.map(() => forms.none);
  return await filler.fill(source as never, wanted, rows);
}

/** Writes the codes that the source's kind can; what is left is read with {@link readSource}. */
export async function encodeFromSource(
  source: SourceSpec,
  wanted: readonly WantedCodes[],
  rows: RowRange,
): Promise<readonly CodedTexts[]> {
  const encode = fillers.get(source.kind)?.encode;
  return encode === undefined
    ? wanted.map(() => null)
    : await encode(source as never, wanted, rows);
}

/** A batch that is in memory already. */
export interface MemorySource extends SourceSpec {
  readonly kind: 'memory';
  readonly numRows: number;
  readonly batch: SharedBatch;
}

registerSource<MemorySource>('memory', (source, { rows }) => {
  const batch = batchFromShared(source.batch);
  return rows === undefined ? batch : sliceRows(batch, rows.start, rows.end);
});

registerFiller<MemorySource>('memory', {
  fill: async ({ batch }, wanted, { start, end }) =>
    wanted.map(({ name, out }) => {
      const values = plainNumbers(batch, name);
      if (values === null || out.length !== end - start) return forms.none;
      out.set(values.subarray(start, end));
      return forms.dense;
    }),
  join: () => null,
});

/** The values of a column of numbers without nulls whose array has them one by one; null of others. */
function plainNumbers({ schema, columns }: SharedBatch, name: string): Float64Array | null {
  const index = findPlace(schema.fields, name);
  const column = columns[index];
  const type = schema.fields[index]?.type;
  if (column === undefined || type === undefined || column.nullBitmap !== undefined) return null;
  const isFloat = type.typeId === Type.Float && type.precision !== Precision.HALF;
  const isInt = type.typeId === Type.Int && type.bitWidth !== 64;
  // arrays of other numbers are set and cut alike
  return isFloat || isInt ? ((column.values ?? null) as Float64Array | null) : null;
}

/** A partition of a batch in shared memory. */
export function memoryPartition(batch: RecordBatch, schema?: SchemaRecord): PartitionSpec {
  return partitionOfBatch(batchToShared(batch), schema);
}

/** A partition of a batch that only passes by: whoever is given it gets a copy. */
export function passingPartition(batch: RecordBatch, schema?: SchemaRecord): PartitionSpec {
  return partitionOfBatch(batchToMessage(batch), schema);
}

/** A partition of a batch that is ready to cross threads. */
export function partitionOfBatch(batch: SharedBatch, schema?: SchemaRecord): PartitionSpec {
  const source: MemorySource = { kind: 'memory', numRows: batch.numRows, batch };
  return { index: 0, source, operators: [], schema: schema ?? batch.schema };
}
