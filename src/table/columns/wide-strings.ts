/**
 * Text in Arrow's wide layouts (64-bit offsets; 16-byte views) as text with 32-bit offsets, the one
 * layout that tables use. Polars and newer pyarrow files come with these.
 */
import { Binary, Data, DataType, Utf8 } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';

/** A chunk with 64-bit offsets, as one with 32-bit offsets over the same bytes. */
export function largeBytesData(chunk: Data): Data {
  const wide = chunk.valueOffsets as unknown as BigInt64Array;
  const start = Number(wide[0] ?? 0n);
  const offsets = new Int32Array(chunk.length + 1);
  for (let i = 0; i <= chunk.length; i++) offsets[i] = checkedOffset(Number(wide[i]) - start);
  const values = (chunk.values as Uint8Array).subarray(start, Number(wide[chunk.length] ?? 0n));
  return narrowData(chunk, DataType.isLargeUtf8(chunk.type), offsets, values);
}

/** A chunk of views, as one with 32-bit offsets and its bytes side by side. */
export function viewBytesData(chunk: Data): Data {
  const raw = chunk.values as Uint8Array;
  const views = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const offsets = new Int32Array(chunk.length + 1);
  for (let i = 0; i < chunk.length; i++) {
    const numBytes = chunk.getValid(i) ? views.getInt32(i * 16, true) : 0;
    offsets[i + 1] = checkedOffset((offsets[i] as number) + numBytes);
  }
  const values = new Uint8Array(offsets[chunk.length] as number);
  for (let i = 0; i < chunk.length; i++) {
    const start = offsets[i] as number;
    const numBytes = (offsets[i + 1] as number) - start;
    if (numBytes === 0) continue;
    if (numBytes <= 12) values.set(raw.subarray(i * 16 + 4, i * 16 + 4 + numBytes), start);
    else {
      const buffer = chunk.variadicBuffers[views.getInt32(i * 16 + 8, true)] as Uint8Array;
      const from = views.getInt32(i * 16 + 12, true);
      values.set(buffer.subarray(from, from + numBytes), start);
    }
  }
  return narrowData(chunk, DataType.isUtf8View(chunk.type), offsets, values);
}

function narrowData(chunk: Data, isText: boolean, offsets: Int32Array, values: Uint8Array): Data {
  const buffers = { 0: offsets, 1: values, 2: chunk.nullBitmap } as never;
  const type = isText ? new Utf8() : new Binary();
  return new Data(type, chunk.offset, chunk.length, chunk.nullCount, buffers);
}

function checkedOffset(offset: number): number {
  if (offset < 2 ** 31) return offset;
  throw new CoppiceError(
    'MEMORY_LIMIT',
    'the text of one column of one partition must be less than 2 GiB; use more, smaller partitions (row groups)',
  );
}
