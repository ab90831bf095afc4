/**
 * Plain values as bytes: what passes between a driver and its executors, as structured clone would carry it
 * (no functions, no classes). Reading makes only data, checks every length against what is there, and never
 * runs or names code.
 *
 *   head    a tree of tagged values; a number that follows a tag is a varint, strings are UTF-8
 *   arrays  the bytes of typed arrays, each from a multiple of 8, in the order of the head
 *
 * An object or a buffer that occurs twice is written once, so that twins stay twins and trees that fifty
 * partitions name travel once. Arrays are read into shared memory: the threads of a process pass them on as handles.
 */
/** What stands before each value. */
export const tags = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  integer: 4,
  negative: 5,
  double: 6,
  bigint: 7,
  string: 8,
  array: 9,
  object: 10,
  map: 11,
  set: 12,
  typed: 13,
  again: 14,
  buffer: 15,
} as const;

/** The types of arrays, by number. */
export const arrayTypes = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

/** Any array that crosses. */
export type AnyArray = InstanceType<(typeof arrayTypes)[number]>;

/** Deeper values are refused. */
export const mostDepth = 200;

/** The next multiple of 8. */
export function align(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
