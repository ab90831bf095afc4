/**
 * Cuts out of a Parquet file what one read needs: some columns of one row group, as a small Parquet file
 * in memory. So a file may be larger than any memory, only the bytes of wanted columns are read, and the
 * decoder can be called synchronously (see parquet-wasm.ts).
 *
 *   PAR1 | wanted chunks, side by side | footer with this one row group, offsets moved | length | PAR1
 */
import type { FileBytes } from '../files/file-bytes.ts';
import { encodeFooter, footerTail } from './encode-footer.ts';
import { checkPages } from './flat/chunk-pages.ts';
import {
  type ColumnChunk,
  chunkFields,
  columnFields,
  groupFields,
  groupStruct,
  headBytes,
  type ParquetFooter,
} from './footer.ts';
import { type ThriftList, type ThriftStruct, ThriftWriter, thriftTypes } from './thrift.ts';

/** So many reads are under way at once, where they take time. */
const readsAtOnce = 4;

/** What to cut out of a file. */
export interface FileSlice {
  readonly rowGroup: number;
  /** The chunks of the wanted columns, all chunks of a column, in file order. */
  readonly chunks: readonly ColumnChunk[];
  /** The Arrow schema of the wanted columns, as files store it; undefined where the file has none. */
  readonly arrowSchema: Uint8Array | undefined;
}

/** A file of the wanted columns of one row group. @throws CoppiceError `FILE_FORMAT` for a page that is not what its checksum is of */
export async function sliceFile(
  from: FileBytes,
  footer: ParquetFooter,
  slice: FileSlice,
): Promise<Uint8Array> {
  const { rowGroup, chunks, arrowSchema } = slice;
  const ordered = [...chunks].sort((a, b) => a.start - b.start);
  let position = headBytes.length;
  const places = ordered.map((chunk) => {
    const at = position;
    position += chunk.length;
    return { chunk, at };
  });
  const shifts = new Map(places.map(({ chunk, at }) => [chunk, at - chunk.start]));
  const encoded = encodeGroup(
    groupStruct(footer, rowGroup),
    chunks.map((chunk) => movedCopy(chunk, shifts.get(chunk) as number)),
  );
  const columns = new Set(chunks.map((chunk) => chunk.path[0] as string));
  const numRows = footer.rowGroups[rowGroup]?.numRows ?? 0;
  const tail = footerTail(
    encodeFooter(footer, { rowGroups: [encoded], numRows, columns, arrowSchema }),
  );
  const file = new Uint8Array(position + tail.length);
  file.set(headBytes);
  await readRuns(from, file, places);
  for (const { chunk, at } of places) checkPages(chunk, file.subarray(at, at + chunk.length));
  file.set(tail, position);
  return file;
}

/** A file with the same columns and no rows. */
export function emptyFile(footer: ParquetFooter): Uint8Array {
  const tail = footerTail(encodeFooter(footer, { rowGroups: [], numRows: 0 }));
  const file = new Uint8Array(headBytes.length + tail.length);
  file.set(headBytes);
  file.set(tail, headBytes.length);
  return file;
}

/** A column chunk whose bytes lie `shift` further on; the chunk itself stays. */
export function movedCopy(chunk: ColumnChunk, shift: number): ThriftStruct {
  const struct: ThriftStruct = new Map(chunk.struct);
  const metadata: ThriftStruct = new Map(chunk.metadata);
  moveChunk(struct, metadata, shift);
  struct.set(chunkFields.metadata, { type: thriftTypes.struct, value: metadata });
  return struct;
}

/** Adds `shift` to the places that a column chunk names and forgets its page indexes and filters. */
function moveChunk(struct: ThriftStruct, metadata: ThriftStruct, shift: number): void {
  for (const id of [4, 5, 6, 7]) struct.delete(id);
  for (const id of [columnFields.bloomOffset, columnFields.bloomLength, columnFields.indexOffset]) {
    metadata.delete(id);
  }
  const data = metadata.get(columnFields.dataOffset)?.value as number;
  const dictionary = metadata.get(columnFields.dictionaryOffset)?.value as number | undefined;
  const { i64 } = thriftTypes;
  metadata.set(columnFields.dataOffset, { type: i64, value: data + shift });
  // Some writers say 0 where there is no dictionary.
  if (dictionary !== undefined && dictionary > 0 && dictionary < data) {
    metadata.set(columnFields.dictionaryOffset, { type: i64, value: dictionary + shift });
  } else metadata.delete(columnFields.dictionaryOffset);
  struct.set(chunkFields.fileOffset, { type: i64, value: 0 });
}

/** A row group with other column chunks, encoded. */
export function encodeGroup(group: ThriftStruct, columns: readonly ThriftStruct[]): Uint8Array {
  const fields: ThriftStruct = new Map(group);
  const list: ThriftList = { elementType: thriftTypes.struct, items: [...columns] };
  fields.set(groupFields.columns, { type: thriftTypes.list, value: list });
  fields.delete(groupFields.fileOffset);
  fields.delete(groupFields.ordinal);
  const writer = new ThriftWriter();
  writer.struct(fields);
  return writer.finish();
}

interface Place {
  readonly chunk: ColumnChunk;
  readonly at: number;
}

/** Reads the chunks, a few at once; neighbours in the file are one read. */
async function readRuns(
  from: FileBytes,
  file: Uint8Array,
  places: readonly Place[],
): Promise<void> {
  const runs = runsOf(places);
  let next = 0;
  const readNext = async (): Promise<void> => {
    for (let run = runs[next++]; run !== undefined; run = runs[next++]) {
      const { start, at, length } = run;
      try {
        await from.readInto(start, file.subarray(at, at + length));
      } catch (error) {
        next = runs.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(readsAtOnce, runs.length) }, readNext));
}

interface Run {
  readonly start: number;
  readonly at: number;
  readonly length: number;
}

function runsOf(places: readonly Place[]): Run[] {
  const runs: Run[] = [];
  for (const { chunk, at } of places) {
    const last = runs.at(-1);
    const touches = last !== undefined && last.start + last.length === chunk.start;
    if (touches) runs[runs.length - 1] = { ...last, length: last.length + chunk.length };
    else runs.push({ start: chunk.start, at, length: chunk.length });
  }
  return runs;
}
