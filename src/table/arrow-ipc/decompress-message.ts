/**
 * Rewrites a message whose buffers are compressed as one whose are not: the places and lengths in its
 * metadata are changed where they stand, and the field that names the compression is struck out.
 *
 *   compressed buffer:  int64 bytes of its content, −1 when stored as it is | content
 */
import { createRequire } from 'node:module';
import { CoppiceError } from '../../base/errors.ts';
import { countAt, FlatTable } from './flatbuffer.ts';
import { notArrow } from './ipc-messages.ts';
import { decodeLz4Frame } from './lz4-frame.ts';

const require = createRequire(import.meta.url);
const codecs = { lz4: 0, zstd: 1 } as const;
const maxBodyBytes = 2 ** 31 - 1;

/** A message in two parts. */
export interface IpcMessage {
  readonly metadata: Uint8Array;
  readonly body: Uint8Array;
}

/** The message without compression; the same where it has none. @throws CoppiceError `FILE_FORMAT`, `UNSUPPORTED` */
export function decompressMessage(message: IpcMessage): IpcMessage {
  try {
    return decompress(message);
  } catch (error) {
    if (error instanceof RangeError) throw notArrow('its metadata are corrupt');
    throw error;
  }
}

function decompress(given: IpcMessage): IpcMessage {
  const metadata = Uint8Array.from(given.metadata);
  const root = FlatTable.root(metadata);
  const header = root.table(2);
  const isDictionary = root.byte(1) === 2;
  const batch = isDictionary ? header?.table(1) : header;
  const compression = batch?.table(3);
  if (batch === undefined || compression === undefined) return given;
  const codec = compression.byte(0);
  const parts: Uint8Array[] = [];
  let position = 0;
  for (const place of batch.structs(2, 16)) {
    const offset = countAt(root.view, place);
    const length = countAt(root.view, place + 8);
    if (offset + length > given.body.length) throw notArrow('a buffer lies outside its batch');
    const content = bufferContent(given.body.subarray(offset, offset + length), codec);
    root.view.setBigInt64(place, BigInt(position), true);
    root.view.setBigInt64(place + 8, BigInt(content.length), true);
    const padded = Math.ceil(content.length / 64) * 64;
    if (position + padded > maxBodyBytes) throw tooLarge(position + padded);
    parts.push(content, new Uint8Array(padded - content.length));
    position += padded;
  }
  // absent where it is 0, as of a dictionary without values
  const bodyLength = root.placeOf(3);
  if (bodyLength !== 0) root.view.setBigInt64(bodyLength, BigInt(position), true);
  else if (position !== 0) throw notArrow('its metadata are corrupt');
  root.view.setUint16(batch.slotOf(3), 0, true);
  return { metadata, body: Buffer.concat(parts) };
}

function bufferContent(bytes: Uint8Array, codec: number): Uint8Array {
  if (bytes.length === 0) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const content = bytes.subarray(8);
  if (view.getBigInt64(0, true) === -1n) return content;
  const size = countAt(view, 0);
  if (size > maxBodyBytes) throw tooLarge(size);
  if (codec === codecs.lz4) return decodeLz4Frame(content, size);
  if (codec === codecs.zstd) return decodeZstd(content, size);
  throw notArrow('it is compressed in an unknown way');
}

type ZstdDecompress = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

function decodeZstd(bytes: Uint8Array, size: number): Uint8Array {
  // only now: what is not used costs every thread its loading
  const zlib = require('node:zlib') as { readonly zstdDecompressSync?: ZstdDecompress };
  const decode = zlib.zstdDecompressSync;
  if (decode === undefined) {
    const message = `its data are compressed by zstd, which needs Node 22.15 or later; this is ${process.version}. Write it with lz4 or without compression`;
    throw new CoppiceError('UNSUPPORTED', message);
  }
  let content: Uint8Array;
  try {
    content = decode(bytes, { maxOutputLength: Math.max(1, size) });
  } catch {
    throw notArrow('its compressed data are corrupt');
  }
  if (content.length !== size) throw notArrow('its compressed data are corrupt');
  return content;
}

function tooLarge(bytes: number): CoppiceError {
  const message = `a batch must be less than 2 GiB; got ${bytes} bytes. Write smaller batches`;
  return new CoppiceError('MEMORY_LIMIT', message);
}
