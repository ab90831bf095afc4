/** Where partitions get their rows from: each kind of source is registered once in every thread. */
import type { RecordBatch } from 'apache-arrow';
import type { Awaitable } from '../../base/awaitable.ts';
import { CoppiceError } from '../../base/errors.ts';
import { knownAs } from '../../base/late-modules.ts';
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
  /** Text only stands for categories: a source that stores it as a dictionary may leave it so. */
  readonly textMayBeDictionary?: boolean | undefined;
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

/** A partition of a batch in shared memory. */
export function memoryPartition(batch: RecordBatch, schema?: SchemaRecord): PartitionSpec {
  return partitionOfBatch(batchToShared(batch), schema);
}

/** A partition of a batch that only passes by: whoever is given it gets a copy. */
export function passingPartition(batch: RecordBatch, schema?: SchemaRecord): PartitionSpec {
  return partitionOfBatch(batchToMessage(batch), schema);
}

function partitionOfBatch(batch: SharedBatch, schema?: SchemaRecord): PartitionSpec {
  const source: MemorySource = { kind: 'memory', numRows: batch.numRows, batch };
  return { index: 0, source, operators: [], schema: schema ?? batch.schema };
}
