/**
 * Rows that Spark gave a member: an Arrow stream in a file that has no name any more, only a descriptor. Each
 * thread of the member reads the batches it needs, when it needs them, so memory holds no copy of all rows.
 */
import type { RecordBatch } from 'apache-arrow';
import {
  endOfStream,
  framed,
  ipcLayout,
  type MessagePlace,
} from '../../table/arrow-ipc/ipc-messages.ts';
import { concatBatches } from '../../table/concat-rows.ts';
import { readFully } from '../../table/files/read-fully.ts';
import { registerSource } from '../../table/files/sources.ts';
import type { SourceSpec } from '../../table/plan/partition-spec.ts';
import { type FieldRecord, fieldFromRecord } from '../../table/schema-record.ts';
import { sliceRows } from '../../table/take-rows.ts';
import { batchOfStream } from '../rows/spark-batch.ts';
import type { RowOrigin } from '../rows/spark-rows.ts';

/** Rows [start, end) of a batch. */
export interface StagedPart {
  readonly place: MessagePlace;
  readonly start: number;
  readonly end: number;
}

/** Rows of some batches of the file. */
export interface StagedSource extends SourceSpec {
  readonly kind: 'staged';
  readonly fd: number;
  /** The message that the stream begins with. */
  readonly schema: Uint8Array;
  readonly fields: readonly FieldRecord[];
  readonly parts: readonly StagedPart[];
  readonly numRows: number;
  /** Where the file of each row stands; null or left out where there is none. */
  readonly origin?: RowOrigin | null;
}

/** A staged stream. */
export interface StagedRows {
  readonly fd: number;
  readonly schema: Uint8Array;
  readonly places: readonly MessagePlace[];
}

/** Where the batches of a staged stream lie; null where there is not one. */
export function stagedRows(fd: number, bytes: number): StagedRows | null {
  if (bytes === 0) return null;
  const { schema, messages } = ipcLayout(fd, bytes);
  return { fd, schema, places: messages.filter(({ numRows }) => numRows > 0) };
}

/** Some columns of one batch of a staged stream. */
export function readStagedBatch(
  staged: Pick<StagedSource, 'fd' | 'schema'>,
  place: MessagePlace,
  fields: readonly FieldRecord[],
): RecordBatch {
  const message = readFully(staged.fd, place.start, place.metadataBytes + place.bodyBytes);
  const stream = Buffer.concat([
    framed(staged.schema),
    framed(message.subarray(0, place.metadataBytes)),
    message.subarray(place.metadataBytes),
    endOfStream,
  ]);
  return batchOfStream(stream, fields.map(fieldFromRecord));
}

registerSource<StagedSource>('staged', (source, { columns, rows }) => {
  const wanted = new Set(columns);
  const fields = source.fields.filter(({ name }) => wanted.has(name));
  const range = rows ?? { start: 0, end: source.numRows };
  const batches: RecordBatch[] = [];
  let at = 0;
  for (const { place, start, end } of source.parts) {
    const from = Math.max(range.start - at, 0);
    const to = Math.min(range.end - at, end - start);
    at += end - start;
    if (from >= to) continue;
    const batch = readStagedBatch(source, place, fields);
    batches.push(sliceRows(batch, start + from, start + to));
  }
  const [first] = batches;
  if (first === undefined) {
    const empty = readStagedBatch(source, (source.parts[0] as StagedPart).place, fields);
    return sliceRows(empty, 0, 0);
  }
  return batches.length === 1 ? first : concatBatches(first.schema, batches);
});
