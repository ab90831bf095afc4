/**
 * Where the bytes of columns lie. While a thread works on a partition they lie in its own heap: the
 * platform counts these and frees them as batches come and go. Shared memory is used where columns pass
 * to other threads and stay (plans, cached tables): it crosses as a handle, but the platform does not
 * count it, so a stream of short-lived shared batches would grow far beyond what is in use.
 */

/** Any typed array of the platform. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** The constructor of a typed array. */
export interface TypedArrayConstructor<T extends TypedArray = TypedArray> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): T;
}

/** A zeroed typed array for a column, in the heap of this thread. */
export function columnArray<T extends TypedArray>(
  ArrayType: TypedArrayConstructor<T>,
  length: number,
): T {
  return new ArrayType(new ArrayBuffer(length * ArrayType.BYTES_PER_ELEMENT), 0, length);
}

/** A zeroed typed array in shared memory. */
export function sharedArray<T extends TypedArray>(
  ArrayType: TypedArrayConstructor<T>,
  length: number,
): T {
  return new ArrayType(new SharedArrayBuffer(length * ArrayType.BYTES_PER_ELEMENT), 0, length);
}

/** The same array when it lies in shared memory already, else a copy that does. */
export function toShared<T extends TypedArray>(array: T): T {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const ArrayType = array.constructor as TypedArrayConstructor<T>;
  const copy = sharedArray(ArrayType, array.length);
  (copy as Uint8Array).set(array as Uint8Array);
  return copy;
}

/** The same array when it is the whole of its buffer (or shared), else a copy: a clone takes whole buffers. */
export function toOwned<T extends TypedArray>(array: T): T {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  return array.byteLength === array.buffer.byteLength ? array : (array.slice() as T);
}

/** Smaller memory is copied faster than it is handed over. */
const bytesWorthHandingOver = 1 << 16;

/** The buffers that arrays fill, each once, of those that are worth handing over to another thread. */
export function wholeBuffers(arrays: readonly (TypedArray | undefined)[]): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  for (const array of arrays) {
    if (array === undefined || !(array.buffer instanceof ArrayBuffer)) continue;
    const { buffer, byteLength } = array;
    if (byteLength === buffer.byteLength && byteLength >= bytesWorthHandingOver) found.add(buffer);
  }
  return [...found];
}

/** Bytes of a bitmap that has one bit for each row; padded to 8 bytes as Arrow asks. */
export function bitmapBytes(numRows: number): number {
  return Math.ceil(numRows / 64) * 8;
}
