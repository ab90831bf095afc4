/**
 * Where the messages of an Arrow IPC file or stream lie, and what each is, without decoding any data.
 *
 *   stream:  schema | dictionary, batch, … | end      message:  ff ff ff ff | length | metadata | body
 *   file:    ARROW1, 2 bytes | messages | footer (schema, places of dictionaries and batches) | length | ARROW1
 *
 * Fields: https://github.com/apache/arrow/tree/main/format (Message.fbs, File.fbs, Schema.fbs)
 */
import { CoppiceError } from '../../base/errors.ts';
import { otherThanText, tellingBytes } from '../files/other-format.ts';
import { readFully } from '../files/read-fully.ts';
import { countAt, FlatTable } from './flatbuffer.ts';

/** One message of a file. */
export interface MessagePlace {
  readonly kind: 'dictionary' | 'batch';
  /** Its metadata, without the bytes before them. */
  readonly start: number;
  readonly metadataBytes: number;
  readonly bodyBytes: number;
  /** Rows of a batch. */
  readonly numRows: number;
  /** Which dictionary it is, −1 for batches, and whether it adds to the one before. */
  readonly dictionaryId: number;
  readonly isDelta: boolean;
}

/** What a file holds. */
export interface IpcLayout {
  /** The metadata of the schema's message. */
  readonly schema: Uint8Array;
  /** Dictionaries and batches in the order in which they are to be read. */
  readonly messages: readonly MessagePlace[];
}

const magic = 'ARROW1';
const headerTypes = { schema: 1, dictionary: 2, batch: 3 } as const;
const maxMetadataBytes = 256 << 20;
const tailBytes = 10;

/** The messages of an open file. @throws CoppiceError `FILE_FORMAT`, `UNSUPPORTED` */
export function ipcLayout(fd: number, size: number): IpcLayout {
  try {
    const bytes = readFully(fd, 0, Math.min(size, tellingBytes));
    const head = Buffer.from(bytes).toString('latin1');
    if (head.startsWith('FEA1')) throw notArrow('it is of version 1 of Feather: write it anew');
    if (head.startsWith(magic)) return layoutOfFile(fd, size);
    const other = otherThanText(bytes);
    if (other !== null) throw notArrow(other);
    return layoutOfStream(fd, size);
  } catch (error) {
    if (error instanceof RangeError) throw notArrow('its metadata are corrupt');
    throw error;
  }
}

/** The error about bytes that are no Arrow IPC; who knows the file adds its name. */
export function notArrow(why: string): CoppiceError {
  return new CoppiceError('FILE_FORMAT', why);
}

/** Metadata as a message with the bytes that stand before it. */
export function framed(metadata: Uint8Array): Uint8Array {
  const bytes = Math.ceil(metadata.length / 8) * 8;
  const message = new Uint8Array(8 + bytes);
  const view = new DataView(message.buffer);
  view.setInt32(0, -1, true);
  view.setInt32(4, bytes, true);
  message.set(metadata, 8);
  return message;
}

/** What ends a stream. */
export const endOfStream = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0);

function layoutOfStream(fd: number, size: number): IpcLayout {
  const schema = frameAt(fd, 0, size);
  if (schema === null) throw notArrow('it does not begin with the schema of a stream');
  const schemaBytes = readFully(fd, schema.start, schema.length);
  const root = FlatTable.root(schemaBytes);
  if (root.byte(1) !== headerTypes.schema)
    throw notArrow('it does not begin with the schema of a stream');
  const messages: MessagePlace[] = [];
  let at = schema.start + schema.length + root.count(3);
  while (at < size) {
    const frame = frameAt(fd, at, size);
    if (frame === null) break;
    const message = messageAt(fd, frame, size);
    messages.push(message);
    at = message.start + message.metadataBytes + message.bodyBytes;
  }
  checkSchema(root.table(2));
  return { schema: schemaBytes, messages };
}

interface Frame {
  readonly start: number;
  readonly length: number;
}

/** The metadata that begin at a position, null at the end of a stream. Old writers leave out the mark. */
function frameAt(fd: number, position: number, size: number): Frame | null {
  if (position + 4 > size) throw notArrow('it ends too early (was it cut off?)');
  const view = new DataView(readFully(fd, position, Math.min(8, size - position)).buffer);
  const isMarked = view.getInt32(0, true) === -1;
  const length = isMarked ? view.getInt32(4, true) : view.getInt32(0, true);
  const start = position + (isMarked ? 8 : 4);
  if (length === 0) return null;
  if (length < 0 || length > maxMetadataBytes) throw notArrow('it is not Arrow IPC');
  if (start + length > size) throw notArrow('it ends too early (was it cut off?)');
  return { start, length };
}

function messageAt(fd: number, frame: Frame, size: number): MessagePlace {
  const message = FlatTable.root(readFully(fd, frame.start, frame.length));
  const type = message.byte(1);
  const header = message.table(2);
  const bodyBytes = message.count(3);
  if (header === undefined || (type !== headerTypes.dictionary && type !== headerTypes.batch)) {
    throw notArrow('it holds a message that is neither a dictionary nor a batch');
  }
  if (frame.start + frame.length + bodyBytes > size)
    throw notArrow('it ends too early (was it cut off?)');
  const place = { start: frame.start, metadataBytes: frame.length, bodyBytes };
  if (type === headerTypes.batch) {
    const numRows = header.count(0);
    if (numRows > 2 ** 31 - 1) throw notArrow(`a batch has ${numRows} rows`);
    // a fit makes room for so many rows before it reads them
    const [column] = header.structs(1, 16);
    if (column !== undefined && countAt(header.view, column) !== numRows) {
      throw notArrow(`a batch has ${numRows} rows, but its columns have others`);
    }
    return { kind: 'batch', ...place, numRows, dictionaryId: -1, isDelta: false };
  }
  const dictionaryId = header.count(0);
  return { kind: 'dictionary', ...place, numRows: 0, dictionaryId, isDelta: header.byte(2) !== 0 };
}

function layoutOfFile(fd: number, size: number): IpcLayout {
  if (size < 8 + tailBytes) throw notArrow('it ends too early (was it cut off?)');
  const tail = readFully(fd, size - tailBytes, tailBytes);
  if (Buffer.from(tail.subarray(4)).toString('latin1') !== magic)
    throw notArrow('it does not end with ARROW1 (was it cut off?)');
  const length = new DataView(tail.buffer).getInt32(0, true);
  if (length <= 0 || length > Math.min(maxMetadataBytes, size - tailBytes - 8))
    throw notArrow('its footer is longer than the file');
  const bytes = readFully(fd, size - tailBytes - length, length);
  const footer = FlatTable.root(bytes);
  let total = 0;
  const places = (field: number): MessagePlace[] =>
    footer.structs(field, 24).map((at) => {
      const frame = frameAt(fd, countAt(footer.view, at), size);
      total += frame?.length ?? 0;
      if (frame === null || total > size) throw notArrow('its footer names what is not there');
      return messageAt(fd, frame, size);
    });
  checkSchema(footer.table(1));
  // Batches may stand before the dictionaries that they use.
  return { schema: schemaMessage(bytes, footer.target(1)), messages: [...places(2), ...places(3)] };
}

/** The footer's schema as a message: a new root that points into a copy of the footer. */
function schemaMessage(footer: Uint8Array, schema: number | undefined): Uint8Array {
  const head = 32;
  const bytes = new Uint8Array(head + Math.ceil(footer.length / 8) * 8);
  bytes.set(footer, head);
  const view = new DataView(bytes.buffer);
  // root → 16; vtable at 4: 10 bytes, table of 12, version at 8, type at 10, header at 4
  view.setUint32(0, 16, true);
  for (const [index, value] of [10, 12, 8, 10, 4].entries()) {
    view.setUint16(4 + index * 2, value, true);
  }
  view.setInt32(16, 12, true);
  view.setUint32(20, head + (schema as number) - 20, true);
  view.setInt16(24, 4, true);
  view.setUint8(26, headerTypes.schema);
  return bytes;
}

function checkSchema(schema: FlatTable | undefined): void {
  if (schema === undefined) throw notArrow('it has no schema');
  if (schema.short(0) !== 0) {
    throw new CoppiceError('UNSUPPORTED', 'its numbers are big-endian: write it anew');
  }
}
