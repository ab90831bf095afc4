/**
 * Numbers on disk: the safetensors container, written in one fixed way and read strictly.
 *
 *     ┌ 8 bytes ┐┌ N bytes, N a multiple of 8 ───────────┐┌ the arrays, without gaps ──────────┐
 *     │ N, u64 LE││{"trees.leaf":{"dtype":"F64","shape":[…],"data_offsets":[0,80]},…}   ││ 8-byte items │ 4 │ 2 │ 1 │
 *     └─────────┘└───────────────────────────────────────┘└────────────────────────────────────┘
 *
 * Arrays are ordered by item size (largest first), then by name, so each begins at a multiple of its item
 * size and a reader can view the file's bytes in place. NaNs are stored with one bit pattern. The reader
 * takes nothing but what the writer would have written: it writes the header again and compares bytes.
 */
import { CoppiceError } from '../base/errors.ts';
import { isPlainObject } from '../base/json.ts';

/** The arrays that can be stored. */
export type TensorData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** Arrays by name. */
export type Tensors = Readonly<Record<string, TensorData>>;

const dtypes = {
  U8: Uint8Array,
  I8: Int8Array,
  U16: Uint16Array,
  I16: Int16Array,
  U32: Uint32Array,
  I32: Int32Array,
  I64: BigInt64Array,
  F32: Float32Array,
  F64: Float64Array,
} as const;
type Dtype = keyof typeof dtypes;

const namePattern = /^[A-Za-z][A-Za-z0-9_.]{0,199}$/;
const maxHeaderBytes = 10_000_000;

/** The bytes of a block, as chunks that are to be written one after another. */
export function encodeTensors(tensors: Tensors): Uint8Array[] {
  const ordered = Object.entries(tensors).sort(byItemSizeThenName);
  const chunks = ordered.map(([, data]) => bytesOf(data));
  const header = headerBytes(
    ordered.map(([name, data]) => ({ name, dtype: dtypeOf(name, data), length: data.length })),
  );
  return [header, ...chunks];
}

/**
 * The arrays of a block, as views into `bytes` (which must begin at a multiple of 8 in its buffer).
 *
 * @param file names the block in errors
 * @throws CoppiceError `MODEL_FORMAT`
 */
export function decodeTensors(bytes: Uint8Array, file: string): Record<string, TensorData> {
  if (bytes.byteLength < 8) throw malformed(file, 'is too short for a header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getBigUint64(0, true);
  if (headerLength > BigInt(Math.min(maxHeaderBytes, bytes.byteLength - 8))) {
    throw malformed(file, 'has a header that is longer than the file or the limit');
  }
  const dataStart = 8 + Number(headerLength);
  const entries = readHeader(bytes.subarray(8, dataStart), file);
  const expected = headerBytes(entries);
  if (expected.byteLength !== dataStart || !isEqual(expected, bytes.subarray(0, dataStart))) {
    throw malformed(file, 'has a header that is not in the form this library writes');
  }
  let offset = bytes.byteOffset + dataStart;
  const end = bytes.byteOffset + bytes.byteLength;
  const arrays: [string, TensorData][] = [];
  for (const { name, dtype, length } of entries) {
    const ArrayType = dtypes[dtype];
    const byteLength = length * ArrayType.BYTES_PER_ELEMENT;
    if (byteLength > end - offset) throw malformed(file, `ends before the last value of ${name}`);
    arrays.push([name, new ArrayType(bytes.buffer as ArrayBuffer, offset, length)]);
    offset += byteLength;
  }
  if (offset !== end) throw malformed(file, 'has bytes after the last array');
  return Object.fromEntries(arrays);
}

interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly length: number;
}

function headerBytes(entries: readonly Entry[]): Uint8Array {
  let offset = 0;
  const fields = entries.map(({ name, dtype, length }) => {
    const begin = offset;
    offset += length * dtypes[dtype].BYTES_PER_ELEMENT;
    return [name, { dtype, shape: [length], data_offsets: [begin, offset] }] as const;
  });
  const text = JSON.stringify(Object.fromEntries(fields));
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8, ' ');
  const bytes = new Uint8Array(8 + padded.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded.length), true);
  for (let index = 0; index < padded.length; index++) bytes[8 + index] = padded.charCodeAt(index);
  return bytes;
}

function readHeader(bytes: Uint8Array, file: string): Entry[] {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw malformed(file, 'has a header that is not JSON');
  }
  if (!isPlainObject(header)) throw malformed(file, 'has a header that is not an object');
  const entries: Entry[] = [];
  for (const [name, field] of Object.entries(header)) {
    if (!namePattern.test(name) || !isPlainObject(field))
      throw malformed(file, 'has an entry without a proper name');
    const { dtype, shape } = field;
    const length: unknown = Array.isArray(shape) && shape.length === 1 ? shape[0] : undefined;
    if (typeof dtype !== 'string' || !Object.hasOwn(dtypes, dtype))
      throw malformed(file, `has an unknown type for ${name}`);
    if (!Number.isSafeInteger(length) || Number(length) < 0)
      throw malformed(file, `has a wrong shape for ${name}`);
    entries.push({ name, dtype: dtype as Dtype, length: Number(length) });
  }
  const itemSizes = entries.map((entry) => dtypes[entry.dtype].BYTES_PER_ELEMENT);
  const isOrdered = entries.every(
    (entry, index) =>
      index === 0 ||
      Number(itemSizes[index - 1]) > Number(itemSizes[index]) ||
      (itemSizes[index - 1] === itemSizes[index] && String(entries[index - 1]?.name) < entry.name),
  );
  if (!isOrdered) throw malformed(file, 'has arrays out of order');
  return entries;
}

function byItemSizeThenName(a: [string, TensorData], b: [string, TensorData]): number {
  const sizes = b[1].BYTES_PER_ELEMENT - a[1].BYTES_PER_ELEMENT;
  return sizes !== 0 ? sizes : a[0] < b[0] ? -1 : 1;
}

function dtypeOf(name: string, data: TensorData): Dtype {
  if (!namePattern.test(name))
    throw new CoppiceError('INTERNAL', `${name} is no name for a stored array`);
  const tag = data[Symbol.toStringTag];
  for (const [dtype, ArrayType] of Object.entries(dtypes)) {
    if (ArrayType.name === tag) return dtype as Dtype;
  }
  throw new CoppiceError('INTERNAL', `an array of type ${tag} cannot be stored (${name})`);
}

/** The array's bytes, every NaN in its canonical pattern; shares memory when there is no NaN. */
function bytesOf(data: TensorData): Uint8Array {
  const isFloat = data instanceof Float64Array || data instanceof Float32Array;
  const clean = isFloat && hasNaN(data) ? withCanonicalNaN(data) : data;
  return new Uint8Array(clean.buffer, clean.byteOffset, clean.byteLength);
}

function hasNaN(data: Float64Array | Float32Array): boolean {
  for (let index = 0; index < data.length; index++) {
    if (data[index] !== data[index]) return true;
  }
  return false;
}

function withCanonicalNaN(data: Float64Array | Float32Array): Float64Array | Float32Array {
  const copy = data.slice();
  const bits =
    copy instanceof Float64Array ? new BigUint64Array(copy.buffer) : new Uint32Array(copy.buffer);
  for (let index = 0; index < copy.length; index++) {
    if (copy[index] === copy[index]) continue;
    if (bits instanceof BigUint64Array) bits[index] = 0x7ff8_0000_0000_0000n;
    else bits[index] = 0x7fc0_0000;
  }
  return copy;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index]);
}

function malformed(file: string, what: string): CoppiceError {
  return new CoppiceError('MODEL_FORMAT', `the file ${file} of the model ${what}`, {
    context: { file },
  });
}
