/**
 * The pages of a column chunk, one after another, with their values uncompressed. Only pages as most writers make
 * them: plain or dictionary values, uncompressed or by Snappy. Anything else, and whatever does not add up, is null:
 * then the decoder that knows everything reads the chunk, or says what is wrong with it. It knows nothing of checksums:
 * they are looked at here, also of what it will read.
 */
import { crc32 } from 'node:zlib';
import { CoppiceError } from '../../../base/errors.ts';
import type { ColumnChunk } from '../footer.ts';
import { numberIn, structIn, ThriftReader, type ThriftStruct } from '../thrift.ts';
import { unsnappy } from './snappy.ts';

/** Field ids of PageHeader, and of the headers in it. */
const pageFields = {
  ...{ kind: 1, rawBytes: 2, bytes: 3, checksum: 4 },
  ...{ data: 5, dictionary: 7, dataV2: 8 },
} as const;
const headerFields = { numValues: 1, encoding: 2, levelEncoding: 3 } as const;
const headerV2Fields = { encoding: 4, levelBytes: 5, repetitionBytes: 6, isPacked: 7 } as const;

const kinds = { data: 0, dictionary: 2, dataV2: 3 } as const;
const encodings = { plain: 0, plainDictionary: 2, levels: 3, dictionary: 8 } as const;
const codecs = { none: 0, snappy: 1 } as const;
/** Field id of ColumnMetaData. */
const codecField = 4;

/** No block of Snappy's grows more than this: a copy of 64 bytes takes three. */
const mostGrowth = 22;

/** A page of values. */
export interface ColumnPage {
  readonly isDictionary: boolean;
  /** The values are codes of the dictionary. */
  readonly hasCodes: boolean;
  readonly numValues: number;
  readonly bytes: Uint8Array;
  /** Where the definition levels lie in `bytes`; none where both are 0. */
  readonly levels: readonly [number, number];
  /** Where the values begin. */
  readonly values: number;
}

/** Gives zeros, as many as are asked for. */
export type PageRoom = (length: number) => Uint8Array;

const ownRoom: PageRoom = (length) => new Uint8Array(length);

/** Columns of more bytes get memory of their own. */
const roomBytes = 4 << 20;
let kept = new Uint8Array(0);

/**
 * Room for the pages of one column, which the next one's will take over: whoever takes it must have copied what it
 * needs by then. A thread that reads many columns would otherwise leave more behind than it holds.
 */
export function sharedRoom(wanted: number): PageRoom {
  if (wanted > roomBytes) return ownRoom;
  if (kept.length < wanted) kept = new Uint8Array(Math.max(wanted, 1 << 20));
  const whole = kept;
  let used = 0;
  return (length) => {
    if (used + length > whole.length) return new Uint8Array(length);
    const part = whole.subarray(used, used + length);
    part.fill(0);
    // numbers behind levels are copied in any case; others begin at a multiple of eight
    used += Math.ceil(length / 8) * 8;
    return part;
  };
}

/**
 * The pages of a chunk, or null where it has others.
 *
 * @param bytes those of the chunk @param room where uncompressed bytes go
 * @throws CoppiceError `FILE_FORMAT` for a page whose checksum is not that of its bytes
 */
export function chunkPages(
  chunk: ColumnChunk,
  bytes: Uint8Array,
  isOptional: boolean,
  room: PageRoom = ownRoom,
): ColumnPage[] | null {
  if (!isKnownCodec(chunk)) return null;
  const codec = numberIn(chunk.metadata, codecField) as number;
  const pages: ColumnPage[] = [];
  let position = 0;
  while (position < bytes.length) {
    const reader = new ThriftReader(bytes, position);
    const header = reader.struct();
    const size = numberIn(header, pageFields.bytes);
    const rawSize = numberIn(header, pageFields.rawBytes);
    const start = reader.position;
    if (size < 0 || rawSize < 0 || start + size > bytes.length) return null;
    const own = bytes.subarray(start, start + size);
    checkPage(header, own, chunk);
    const body = { bytes: own, rawSize, codec, room };
    const page = pageOf(header, body, isOptional);
    if (page === null) return null;
    pages.push(page);
    position = start + size;
  }
  return pages;
}

/**
 * Holds the pages of a chunk that another decoder will read against their checksums. Writers give all pages of a chunk one or
 * none, and what has none, or breaks off, is left to the decoder.
 *
 * @throws CoppiceError `FILE_FORMAT` for a page whose checksum is not that of its bytes
 */
export function checkPages(chunk: ColumnChunk, bytes: Uint8Array): void {
  for (let position = 0; position < bytes.length; ) {
    let header: ThriftStruct;
    let start: number;
    try {
      const reader = new ThriftReader(bytes, position);
      header = reader.struct();
      start = reader.position;
    } catch {
      return;
    }
    const size = numberIn(header, pageFields.bytes);
    if (!header.has(pageFields.checksum) || size < 0 || start + size > bytes.length) return;
    checkPage(header, bytes.subarray(start, start + size), chunk);
    position = start + size;
  }
}

/** The checksum is that of all bytes behind the header, as they are stored. */
function checkPage(header: ThriftStruct, bytes: Uint8Array, { path }: ColumnChunk): void {
  const checksum = header.get(pageFields.checksum)?.value;
  // of no bytes at no address zlib gives a sum of its own
  if (typeof checksum !== 'number' || bytes.length === 0) return;
  if (crc32(bytes) === checksum >>> 0) return;
  const column = path.join('.');
  const message = `a page of column ${column} must have the bytes that its checksum is of; it has others: the file was damaged, write or copy it again`;
  throw new CoppiceError('FILE_FORMAT', message, { context: { column, isDamaged: true } });
}

/** True where the pages of a chunk are not compressed, or in the way that is known here. */
export function isKnownCodec(chunk: ColumnChunk): boolean {
  const codec = numberIn(chunk.metadata, codecField);
  return codec === codecs.none || codec === codecs.snappy;
}

/** Values of all pages, as their headers say; of a chunk that breaks off, those before. */
export function countedValues(bytes: Uint8Array): number {
  let count = 0;
  try {
    for (let position = 0; position < bytes.length; ) {
      const reader = new ThriftReader(bytes, position);
      const header = reader.struct();
      const size = numberIn(header, pageFields.bytes);
      const [data, dataV2] = [pageFields.data, pageFields.dataV2].map(
        (id) => header.get(id)?.value,
      );
      const own = data ?? dataV2;
      if (size < 0) break;
      if (own instanceof Map) count += numberIn(own, headerFields.numValues);
      position = reader.position + size;
    }
  } catch {
    // what was counted counts
  }
  return count;
}

/** Values of the dictionary that a chunk begins with; null where it begins with none. @param head its first bytes */
export function dictionaryValues(head: Uint8Array): number | null {
  try {
    const header = new ThriftReader(head, 0).struct();
    if (numberIn(header, pageFields.kind) !== kinds.dictionary) return null;
    return numberIn(structIn(header, pageFields.dictionary), headerFields.numValues);
  } catch {
    return null;
  }
}

interface PageBody {
  readonly bytes: Uint8Array;
  readonly rawSize: number;
  readonly codec: number;
  readonly room: PageRoom;
}

function pageOf(header: ThriftStruct, body: PageBody, isOptional: boolean): ColumnPage | null {
  const kind = numberIn(header, pageFields.kind);
  if (kind === kinds.dictionary) {
    const own = structIn(header, pageFields.dictionary);
    const encoding = numberIn(own, headerFields.encoding);
    const bytes = uncompressed(body, 0);
    if (bytes === null) return null;
    if (encoding !== encodings.plain && encoding !== encodings.plainDictionary) return null;
    const numValues = numberIn(own, headerFields.numValues);
    return { isDictionary: true, hasCodes: false, numValues, bytes, levels: [0, 0], values: 0 };
  }
  if (kind === kinds.data) return dataPage(structIn(header, pageFields.data), body, isOptional);
  if (kind !== kinds.dataV2) return null;
  return dataPageV2(structIn(header, pageFields.dataV2), body, isOptional);
}

function dataPage(header: ThriftStruct, body: PageBody, isOptional: boolean): ColumnPage | null {
  const hasCodes = codesOf(numberIn(header, headerFields.encoding));
  const bytes = uncompressed(body, 0);
  if (hasCodes === null || bytes === null) return null;
  const numValues = numberIn(header, headerFields.numValues);
  const page = { isDictionary: false, hasCodes, numValues, bytes };
  if (!isOptional) return { ...page, levels: [0, 0], values: 0 };
  if (numberIn(header, headerFields.levelEncoding) !== encodings.levels) return null;
  if (bytes.length < 4) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (length > bytes.length - 4) return null;
  return { ...page, levels: [4, 4 + length], values: 4 + length };
}

function dataPageV2(header: ThriftStruct, body: PageBody, isOptional: boolean): ColumnPage | null {
  const hasCodes = codesOf(numberIn(header, headerV2Fields.encoding));
  const length = numberIn(header, headerV2Fields.levelBytes);
  // levels stand before what is compressed
  if (hasCodes === null || length < 0 || length > Math.min(body.bytes.length, body.rawSize))
    return null;
  if (numberIn(header, headerV2Fields.repetitionBytes) !== 0) return null;
  if (isOptional !== length > 0) return null;
  const isPacked = header.get(headerV2Fields.isPacked)?.value !== false;
  const bytes = uncompressed(isPacked ? body : { ...body, codec: codecs.none }, length);
  if (bytes === null) return null;
  const numValues = numberIn(header, headerFields.numValues);
  return {
    ...{ isDictionary: false, hasCodes, numValues, bytes },
    levels: [0, length],
    values: length,
  };
}

/** Whether values of an encoding are codes; null for other encodings. */
function codesOf(encoding: number): boolean | null {
  if (encoding === encodings.plain) return false;
  return encoding === encodings.dictionary || encoding === encodings.plainDictionary ? true : null;
}

/** The bytes of a page, the first `head` of which are as they are. */
function uncompressed({ bytes, rawSize, codec, room }: PageBody, head: number): Uint8Array | null {
  if (codec === codecs.none) return bytes.length === rawSize ? bytes : null;
  if (rawSize > mostGrowth * bytes.length) return null;
  // a page without values may have no block at all
  if (bytes.length === head) return rawSize === head ? bytes : null;
  const whole = room(rawSize);
  if (unsnappy(bytes.subarray(head), rawSize - head, whole.subarray(head)) === null) return null;
  whole.set(bytes.subarray(0, head));
  return whole;
}
