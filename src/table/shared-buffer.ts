/**
 * Buffers that threads share. Every column of a table lies in SharedArrayBuffers, so that a partition
 * reaches another thread as a handle, never as a copy.
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

/** Bytes of a bitmap that has one bit for each row; padded to 8 bytes as Arrow asks. */
export function bitmapBytes(numRows: number): number {
  return Math.ceil(numRows / 64) * 8;
}
