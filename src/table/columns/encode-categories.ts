/**
 * Turns a column of names into integer codes: strings, dictionaries, booleans, integers. No JavaScript
 * string is made for a row; text is hashed as UTF-8 bytes and decoded once for each distinct value.
 */
import { type Data, DataType, type Vector } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { mix32 } from '../../base/rng.ts';
import { concatData } from '../concat-rows.ts';
import { bitAt, eachNull, validityOf } from './bitmap.ts';
import { normalType } from './normal-type.ts';
import { fillDecimal, fillHalf } from './odd-numbers.ts';
import { typeName } from './type-name.ts';

/**
 * Writes one code for each row to out[offset, offset + length), −1 for null.
 *
 * @returns the value of each code: in order of first appearance, for a dictionary in the dictionary's own
 *   order (values that no row has are listed too). Numbers are named as JavaScript prints them.
 * @throws CoppiceError `COLUMN_TYPE`
 */
export function encodeCategories(vector: Vector, out: Int32Array, offset: number): string[] {
  if (DataType.isDictionary(vector.type)) return encodeDictionary(vector, out, offset);
  const codes = isText(vector.type) ? new TextCodes() : new ValueCodes();
  let at = offset;
  for (const chunk of vector.data) {
    const data = normalType(chunk.type) === chunk.type ? chunk : concatData(chunk.type, [chunk]);
    codes.encode(data, out, at);
    const bits = validityOf(data);
    if (bits !== null) {
      const start = at;
      eachNull(bits, data.offset, data.length, (row) => {
        out[start + row] = -1;
      });
    }
    at += data.length;
  }
  return codes.values;
}

function isText(type: DataType): boolean {
  return DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type);
}

function encodeDictionary(vector: Vector, out: Int32Array, offset: number): string[] {
  const whole =
    vector.data.length === 1 ? (vector.data[0] as Data) : concatData(vector.type, vector.data);
  const dictionary = whole.dictionary as Vector;
  const map = new Int32Array(dictionary.length);
  const values = encodeCategories(dictionary, map, 0);
  const codes = whole.values as ArrayLike<number | bigint>;
  const { offset: firstBit, length } = whole;
  const coded = { codes, length, bits: validityOf(whole), firstBit };
  translate(coded, { map, isIdentity: values.length === map.length }, out.subarray(offset));
  return values;
}

/** Texts end to end, as Arrow lays them out. */
export interface PlainTexts {
  readonly length: number;
  readonly valueOffsets: Int32Array;
  readonly values: Uint8Array;
}

/** As {@link encodeCategories}, of codes and texts that are none of Arrow's objects. @param validity a bit a row, where some are null */
export function encodeCodes(
  codes: Int32Array,
  validity: Uint8Array | undefined,
  texts: PlainTexts,
  out: Int32Array,
): string[] {
  const map = new Int32Array(texts.length);
  const known = new TextCodes();
  known.encode({ ...texts, offset: 0, nullCount: 0, nullBitmap: undefined as never }, map, 0);
  const { values } = known;
  const coded = { codes, length: codes.length, bits: validity ?? null, firstBit: 0 };
  translate(coded, { map, isIdentity: values.length === map.length }, out);
  return values;
}

/** Numbers of rows, or codes of rows and the numbers that these stand for. */
export interface CodedNumbers {
  readonly values: ArrayLike<number | bigint>;
  readonly codes: Int32Array | null;
}

/** As {@link encodeCategories}, of numbers that are none of Arrow's objects. @param validity a bit a row, where some are null */
export function encodeNumbers(
  { values, codes }: CodedNumbers,
  validity: Uint8Array | undefined,
  out: Int32Array,
): string[] {
  const known = new ValueCodes();
  const map = codes === null ? out : new Int32Array(values.length);
  known.encodeAll(values, map, 0);
  const coded = { length: out.length, bits: validity ?? null, firstBit: 0 };
  if (codes !== null) translate({ ...coded, codes }, { map, isIdentity: false }, out);
  else if (validity !== undefined) {
    eachNull(validity, 0, out.length, (row) => {
      out[row] = -1;
    });
  }
  return known.values;
}

/** Codes of a dictionary. */
interface Coded {
  readonly codes: ArrayLike<number | bigint>;
  readonly length: number;
  /** A bit a row, 0 where it is null. */
  readonly bits: Uint8Array | null;
  readonly firstBit: number;
}

/** Writes the codes by what they became; −1 for null. */
function translate(
  { codes, length, bits, firstBit }: Coded,
  { map, isIdentity }: { readonly map: Int32Array; readonly isIdentity: boolean },
  out: Int32Array,
): void {
  if (isIdentity && codes instanceof Int32Array) {
    out.set(codes.subarray(0, length));
    if (bits !== null) {
      eachNull(bits, firstBit, length, (row) => {
        out[row] = -1;
      });
    }
    return;
  }
  for (let i = 0; i < length; i++) {
    if (bits !== null && bitAt(bits, firstBit + i) === 0) out[i] = -1;
    else out[i] = isIdentity ? Number(codes[i]) : (map[Number(codes[i])] as number);
  }
}

/** What of a column of text is looked at. */
type TextData = Pick<
  Data,
  'length' | 'offset' | 'valueOffsets' | 'values' | 'nullBitmap' | 'nullCount'
>;

/** Hash table over bytes: open addressing, at most half full; a slot holds code + 1. */
class TextCodes {
  readonly values: string[] = [];
  readonly #decoder = new TextDecoder();
  #slots = new Int32Array(1024);
  #hashes: number[] = [];
  #bytes = new Uint8Array(4096);
  #starts: number[] = [0];

  encode(data: TextData, out: Int32Array, at: number): void {
    const offsets = data.valueOffsets as Int32Array;
    const bytes = data.values as Uint8Array;
    const bits = validityOf(data);
    for (let i = 0; i < data.length; i++) {
      if (bits !== null && bitAt(bits, data.offset + i) === 0) continue;
      out[at + i] = this.#codeOf(bytes, offsets[i] as number, offsets[i + 1] as number);
    }
  }

  #codeOf(bytes: Uint8Array, start: number, end: number): number {
    let hash = end - start;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    hash = mix32(hash);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const code = (this.#slots[slot] as number) - 1;
      if (code < 0) return this.#insert(bytes.subarray(start, end), hash, slot);
      if (this.#hashes[code] === hash && this.#holds(code, bytes, start, end)) return code;
      slot = (slot + 1) & mask;
    }
  }

  #holds(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[code] as number;
    if ((this.#starts[code + 1] as number) - from !== end - start) return false;
    for (let i = start, j = from; i < end; i++, j++) if (bytes[i] !== this.#bytes[j]) return false;
    return true;
  }

  #insert(cell: Uint8Array, hash: number, slot: number): number {
    const code = this.values.length;
    const from = this.#starts[code] as number;
    if (from + cell.length > this.#bytes.length) {
      const wider = new Uint8Array(Math.max(this.#bytes.length * 2, from + cell.length));
      wider.set(this.#bytes);
      this.#bytes = wider;
    }
    this.#bytes.set(cell, from);
    this.#starts.push(from + cell.length);
    this.#hashes.push(hash);
    this.values.push(this.#decoder.decode(this.#bytes.subarray(from, from + cell.length)));
    this.#slots[slot] = code + 1;
    if (this.values.length * 2 > this.#slots.length) this.#grow();
    return code;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let code = 0; code < this.#hashes.length; code++) {
      let slot = (this.#hashes[code] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = code + 1;
    }
    this.#slots = slots;
  }
}

/** Codes of fixed-width values, by a Map; NaN is a missing value. */
class ValueCodes {
  readonly values: string[] = [];
  readonly #codes = new Map<number | bigint | boolean, number>();

  encode(data: Data, out: Int32Array, at: number): void {
    const { type } = data;
    if (DataType.isBool(type)) {
      const bits = data.values as Uint8Array;
      for (let i = 0; i < data.length; i++) {
        if (data.getValid(i)) out[at + i] = this.#codeOf(bitAt(bits, data.offset + i) === 1);
      }
    } else if (DataType.isNull(type)) {
      out.fill(-1, at, at + data.length);
    } else if (DataType.isInt(type) || (DataType.isFloat(type) && type.precision !== 0)) {
      const { values } = data;
      if (validityOf(data) === null) this.encodeAll(values.subarray(0, data.length), out, at);
      else {
        for (let i = 0; i < data.length; i++) {
          if (data.getValid(i)) out[at + i] = this.#codeOf(values[i] as number | bigint);
        }
      }
    } else if (DataType.isFloat(type) || DataType.isDecimal(type)) {
      this.#encodeOdd(data, out, at);
    } else {
      const known = 'strings, a dictionary, booleans or numbers';
      throw new CoppiceError(
        'COLUMN_TYPE',
        `a column of categories must hold ${known}; got ${typeName(type)}`,
      );
    }
  }

  /** Halves and decimals are named by their values. */
  #encodeOdd(data: Data, out: Int32Array, at: number): void {
    const numbers = new Float64Array(data.length);
    if (DataType.isFloat(data.type)) fillHalf(data.values as Uint16Array, data.length, numbers, 0);
    else if (fillDecimal(data, numbers, 0)) {
      const message =
        'decimals of a column of categories must have no more digits than float64 has, to be told apart; ' +
        'got some that have: cast it to string';
      throw new CoppiceError('DATA_INVALID', message);
    }
    for (let i = 0; i < data.length; i++) {
      if (data.getValid(i)) out[at + i] = this.#codeOf(numbers[i] as number);
    }
  }

  /** Small whole numbers are found by themselves, without the Map. */
  encodeAll(values: ArrayLike<number | bigint>, out: Int32Array, at: number): void {
    if (!(values instanceof Int32Array)) {
      for (let i = 0; i < values.length; i++) out[at + i] = this.#codeOf(values[i] as number);
      return;
    }
    const found = new Int32Array(1024);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      const isSmall = value >= 0 && value < found.length;
      let code = isSmall ? (found[value] as number) - 1 : -1;
      if (code < 0) {
        code = this.#codeOf(value);
        if (isSmall) found[value] = code + 1;
      }
      out[at + i] = code;
    }
  }

  #codeOf(value: number | bigint | boolean): number {
    if (value !== value) return -1;
    let code = this.#codes.get(value);
    if (code === undefined) {
      code = this.values.length;
      this.#codes.set(value, code);
      this.values.push(String(value));
    }
    return code;
  }
}
