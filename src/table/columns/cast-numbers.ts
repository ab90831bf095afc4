/**
 * Casts among integers, and of other numbers, in the columns' own arrays: a value is two words of 32 bits, low and
 * high, as a column of 64 bits has it in memory, so no value becomes a BigInt.
 */
import { type Data, type Float, type Int, Int64, Precision } from 'apache-arrow';
import { maskOfValidity } from './bitmap.ts';
import { boolColumn, fixedWidthColumn } from './make-column.ts';
import { isTimeType } from './numeric-kind.ts';
import { columnArray, type TypedArray, type TypedArrayConstructor } from './shared-buffer.ts';

/** How a value that the type has no room for is told, or null where such a value becomes null. */
export type RefuseValue = ((text: string) => Error) | null;

/** Words of 32 bits: a value of 64 bits has two, the low one first; a narrower one has itself. */
interface Words {
  readonly values: ArrayLike<number>;
  readonly perValue: 1 | 2;
  readonly isSigned: boolean;
}

/** Times of 64 bits as the integers that they are in memory; any other column as it is. */
export function ticksOfTimes(data: Data): Data {
  const isTick = isTimeType(data.type) && data.values instanceof BigInt64Array;
  return isTick ? data.clone(new Int64()) : data;
}

/** Integers as booleans: all but 0 are true. */
export function booleansOfIntegers(data: Data): Data {
  const { values, perValue } = wordsOf(data);
  const flags = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const at = i * perValue;
    const low = values[at] as number;
    flags[i] = Number(perValue === 2 ? (low | (values[at + 1] as number)) !== 0 : low !== 0);
  }
  return boolColumn(flags, maskOrNone(maskOfValidity(data))).data[0] as Data;
}

/** Integers of one width as those of another. */
export function castIntegers(data: Data, type: Int, refuse: RefuseValue): Data {
  const { values, perValue, isSigned } = wordsOf(data);
  const valid = maskOfValidity(data);
  const { out, words } = roomFor(type, data.length);
  const isHeld = fitsOf(type, isSigned);
  for (let i = 0; i < data.length; i++) {
    if (valid[i] === 0) continue;
    const at = i * perValue;
    const value = values[at] as number;
    const low = value | 0;
    const high = perValue === 2 ? (values[at + 1] as number) : value < 0 ? -1 : 0;
    if (!isHeld(low, high)) {
      if (refuse !== null) throw refuse(String(data.values[i]));
      valid[i] = 0;
    } else if (words === null) out[i] = low;
    else {
      words[2 * i] = low;
      words[2 * i + 1] = high;
    }
  }
  return fixedWidthColumn(type, out as unknown as TypedArray, maskOrNone(valid)).data[0] as Data;
}

/** Numbers as integers, their fractions cut off; NaN is missing. */
export function integersOfNumbers(
  values: Float64Array,
  valid: Uint8Array,
  type: Int,
  refuse: RefuseValue,
): Data {
  const { out, words } = roomFor(type, values.length);
  const least = type.isSigned ? -(2 ** (type.bitWidth - 1)) : 0;
  const end = 2 ** (type.isSigned ? type.bitWidth - 1 : type.bitWidth);
  for (let i = 0; i < values.length; i++) {
    if (valid[i] === 0) continue;
    const value = values[i] as number;
    const whole = Math.trunc(value);
    if (!(whole >= least && whole < end)) {
      if (refuse !== null && !Number.isNaN(value)) throw refuse(String(value));
      valid[i] = 0;
    } else if (words === null) out[i] = whole;
    else {
      // exact: the low word is what is left of the high one
      const high = Math.floor(whole / 4294967296);
      words[2 * i] = whole - high * 4294967296;
      words[2 * i + 1] = high;
    }
  }
  return fixedWidthColumn(type, out as unknown as TypedArray, maskOrNone(valid)).data[0] as Data;
}

/** Numbers as those of 64 or 32 bits; the first array may become the column's. */
export function floatsOfNumbers(values: Float64Array, valid: Uint8Array, type: Float): Data {
  for (let i = 0; i < values.length; i++) if (valid[i] === 0) values[i] = 0;
  let cells: Float64Array | Float32Array = values;
  if (type.precision === Precision.SINGLE) {
    cells = columnArray(Float32Array, values.length);
    cells.set(values);
  }
  return fixedWidthColumn(type, cells, maskOrNone(valid)).data[0] as Data;
}

function wordsOf(data: Data): Words {
  const { isSigned, bitWidth } = data.type as Int;
  if (bitWidth < 64) return { values: data.values as Int32Array, perValue: 1, isSigned };
  const { buffer, byteOffset } = data.values as BigInt64Array;
  return { values: new Int32Array(buffer, byteOffset, data.length * 2), perValue: 2, isSigned };
}

function roomFor(type: Int, length: number): { out: number[]; words: Int32Array | null } {
  const ArrayType = type.ArrayType as unknown as TypedArrayConstructor;
  const array = columnArray(ArrayType, length);
  const words = type.bitWidth === 64 ? new Int32Array(array.buffer) : null;
  return { out: array as unknown as number[], words };
}

/** Whether a type has room for a value of two words; those of unsigned 64 bits have no sign in the high one. */
function fitsOf(type: Int, isSigned: boolean): (low: number, high: number) => boolean {
  const spare = 32 - Math.min(type.bitWidth, 32);
  if (type.bitWidth === 64) {
    return type.isSigned === isSigned ? () => true : (_, high) => high >= 0;
  }
  if (!type.isSigned) return (low, high) => high === 0 && (low << spare) >>> spare === low >>> 0;
  return (low, high) =>
    high === low >> 31 && (isSigned || high === 0) && (low << spare) >> spare === low;
}

function maskOrNone(valid: Uint8Array): Uint8Array | undefined {
  return valid.includes(0) ? valid : undefined;
}
