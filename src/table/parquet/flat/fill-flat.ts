/**
 * Writes a column of numbers of a row group straight to where it is wanted, without Arrow objects: one by one, or only
 * those that are not 0 (or not missing) where these are few (sparse-numbers.ts). A table of thousands of columns, most of
 * them zeros, is so read in a time and a space that hang on what is in it.
 */
import { Precision, Type } from 'apache-arrow';
import { eachNull } from '../../columns/bitmap.ts';
import { fillPlain, type NumericArray } from '../../columns/column-values.ts';
import { mostOthers, writeSparse } from '../../columns/sparse-numbers.ts';
import { forms, type NumberForm } from '../../files/sources.ts';
import type { TypeRecord } from '../../schema-record.ts';
import type { ColumnChunk } from '../footer.ts';
import { type ColumnPage, chunkPages, sharedRoom } from './chunk-pages.ts';
import type { FlatColumn } from './flat-schema.ts';
import {
  dictionaryWords,
  type FlatValues,
  flatCodes,
  flatNumbers,
  type PageLevels,
  pageCodes,
  pageLevels,
  wordsOf,
} from './flat-values.ts';
import { readOtherCodes } from './hybrid-runs.ts';
import { numbersOf, unlessBroken } from './read-flat.ts';

/** Where a column's numbers go, and in which forms they may lie there. */
export interface FlatTarget {
  readonly out: NumericArray;
  readonly mayBeDense: boolean;
  readonly mayBeSparse: boolean;
}

/** True for chunks that take so few bytes that most of their values must be alike. */
export function seemsSparse({ length }: ColumnChunk, numRows: number): boolean {
  return mostOthers(numRows) > 0 && length <= numRows / 2;
}

/** Fills `out` with the numbers of all rows of a chunk, of which `bytes` are those; says in which form they lie there. */
export function fillFlatColumn(
  bytes: Uint8Array,
  chunk: ColumnChunk,
  column: FlatColumn,
  { out, mayBeDense, mayBeSparse }: FlatTarget,
): NumberForm {
  const { type } = column.record;
  if (column.isText || isFloat32(type) !== out instanceof Float32Array) return forms.none;
  const filled = unlessBroken((): NumberForm => {
    const pages = chunkPages(
      chunk,
      bytes,
      column.record.nullable,
      sharedRoom(chunk.uncompressedBytes),
    );
    if (pages === null) return forms.none;
    if (mayBeSparse && fillSparse(pages, column, out)) return forms.sparse;
    return mayBeDense && fillDense(pages, column, out) ? forms.dense : forms.none;
  });
  return filled ?? forms.none;
}

function isFloat({ typeId }: TypeRecord): boolean {
  return typeId === Type.Float;
}

function isFloat32(type: TypeRecord): boolean {
  return isFloat(type) && type.precision === Precision.SINGLE;
}

function fillDense(pages: readonly ColumnPage[], column: FlatColumn, out: NumericArray): boolean {
  const { width } = column;
  if (!isFloat(column.record.type)) {
    if (fillCoded(pages, column, out)) return true;
    const values = flatNumbers(pages, out.length, width);
    // who warns of digits that are lost reads the column again
    return values !== null && !fillIntegers(column, values, out);
  }
  const words = new Int32Array(out.buffer, out.byteOffset, out.length * width);
  const values = flatNumbers(pages, out.length, width, words);
  if (values === null) return false;
  markMissing(out, values.validity);
  return true;
}

function markMissing(out: NumericArray, validity: Uint8Array | undefined): void {
  if (validity === undefined) return;
  eachNull(validity, 0, out.length, (row) => {
    out[row] = Number.NaN;
  });
}

/** Integers that all are codes of a dictionary, of which each value becomes a number once; false where that cannot be done. */
function fillCoded(pages: readonly ColumnPage[], column: FlatColumn, out: NumericArray): boolean {
  const [first] = pages;
  const values = first?.isDictionary === true ? dictionaryOf(first, column) : null;
  if (values === null || losesDigits(values)) return false;
  const flat = flatCodes(pages, out.length, values.length);
  if (flat === null) return false;
  const { words, validity } = flat;
  for (let i = 0; i < out.length; i++) out[i] = values[words[i] as number] as number;
  markMissing(out, validity);
  return true;
}

/** Integers as numbers; true where digits were lost. */
function fillIntegers(
  { record: { name, type } }: FlatColumn,
  { words, validity }: FlatValues,
  out: NumericArray,
): boolean {
  const values = numbersOf(type, words);
  const nullCount = validity === undefined ? 0 : -1;
  const plain = { type, length: out.length, offset: 0, values, nullBitmap: validity, nullCount };
  return fillPlain(plain, out, name);
}

/** What was found of a column so far. */
interface Found {
  readonly rows: Int32Array;
  readonly codes: Int32Array;
  readonly values: Float64Array;
  count: number;
}

let scratch: Found | null = null;

function scratchFor(most: number): Found {
  if (scratch === null || scratch.rows.length < most) {
    const rows = new Int32Array(most);
    scratch = { rows, codes: new Int32Array(most), values: new Float64Array(most), count: 0 };
  }
  const { rows, codes, values } = scratch;
  return { rows: rows.subarray(0, most), codes, values, count: 0 };
}

/** Writes the numbers that are not the usual one; false where they are too many, or of a kind that is not known here. */
function fillSparse(pages: readonly ColumnPage[], column: FlatColumn, out: NumericArray): boolean {
  const most = mostOthers(out.length);
  if (most === 0) return false;
  const [head] = pages;
  const hasDictionary = head?.isDictionary === true;
  const dictionary = hasDictionary ? dictionaryOf(head, column) : null;
  if (hasDictionary && dictionary === null) return false;
  const found = scratchFor(most);
  let areMissing: boolean | null = null;
  let row = 0;
  for (const page of hasDictionary ? pages.slice(1) : pages) {
    const { numValues } = page;
    if (page.isDictionary || numValues < 0 || row + numValues > out.length) return false;
    const levels = pageLevels(page);
    if (levels === null) return false;
    areMissing ??= levels.count * 2 < numValues;
    const place = { page, levels, row, dictionary, column };
    if (!(areMissing ? addPresent(place, found) : addOthers(place, found))) return false;
    row += numValues;
  }
  if (row !== out.length || areMissing === null) return false;
  const { rows, values, count } = found;
  if (!isFloat(column.record.type) && losesDigits(values.subarray(0, count))) return false;
  const usual = areMissing ? Number.NaN : 0;
  writeSparse(out, { usual, rows: rows.subarray(0, count), values: values.subarray(0, count) });
  return true;
}

/** True where an integer may have been rounded. */
function losesDigits(values: Float64Array): boolean {
  return values.some((value) => Math.abs(value) >= 2 ** 53);
}

interface PlacedPage {
  readonly page: ColumnPage;
  readonly levels: PageLevels;
  /** The row of its first value. */
  readonly row: number;
  readonly dictionary: Float64Array | null;
  readonly column: FlatColumn;
}

/** Adds the values of a page that has one in every row, but for the zeros. */
function addOthers(place: PlacedPage, found: Found): boolean {
  const { page, levels, row, dictionary } = place;
  const { count } = levels;
  if (count < page.numValues) return false;
  if (count === 0) return true;
  if (!page.hasCodes) {
    const values = plainNumbers(place);
    return values !== null && addNonzeros(values, row, found);
  }
  const usual = dictionary?.indexOf(0) ?? -1;
  const width = page.bytes[page.values];
  if (dictionary === null || usual < 0 || width === undefined) return false;
  const { rows, codes, values } = found;
  const bytes = { bytes: page.bytes, start: page.values + 1, end: page.bytes.length };
  const others = { usual, firstRow: row, rows, codes, done: found.count };
  const end = readOtherCodes(bytes, width, count, others);
  for (let i = found.count; i < end; i++) {
    const value = dictionary[codes[i] as number];
    if (value === undefined) return false;
    values[i] = value;
  }
  if (end >= 0) found.count = end;
  return end >= 0;
}

function addNonzeros(numbers: NumericArray, firstRow: number, found: Found): boolean {
  const { rows, values } = found;
  const { length } = numbers;
  let { count } = found;
  // two float32 zeros are one float64 zero
  const isNarrow = numbers instanceof Float32Array;
  const pairs = isNarrow ? new Float64Array(numbers.buffer, numbers.byteOffset, length >> 1) : null;
  for (let i = 0; i < length; ) {
    if (pairs !== null && (i & 1) === 0) {
      const start = i >> 1;
      let at = start;
      while (at < pairs.length && pairs[at] === 0) at += 1;
      if (at > start) {
        i = 2 * at;
        continue;
      }
    }
    const value = numbers[i] as number;
    if (value !== 0) {
      if (count === rows.length) return false;
      rows[count] = firstRow + i;
      values[count++] = value;
    }
    i += 1;
  }
  found.count = count;
  return true;
}

/** Adds all values of a page of which most rows have none. */
function addPresent(place: PlacedPage, found: Found): boolean {
  const { page, levels, row, dictionary } = place;
  const { present } = levels;
  if (present.length < page.numValues || found.count + levels.count > found.rows.length) {
    return false;
  }
  const numbers = page.hasCodes
    ? codedNumbers(pageCodes(page, levels.count, dictionary?.length ?? 0), dictionary)
    : plainNumbers(place);
  if (numbers === null) return false;
  let next = 0;
  for (let i = 0; i < present.length; i++) {
    if (present[i] === 0) continue;
    found.rows[found.count] = row + i;
    found.values[found.count++] = numbers[next++] as number;
  }
  return true;
}

function codedNumbers(
  codes: Int32Array | null,
  dictionary: Float64Array | null,
): Float64Array | null {
  if (codes === null || dictionary === null) return null;
  return Float64Array.from(codes, (code) => dictionary[code] as number);
}

function dictionaryOf(page: ColumnPage, column: FlatColumn): Float64Array | null {
  const words = dictionaryWords(page, column.width);
  return words === null ? null : wideNumbers(words, column);
}

/** The values of a page that are not codes; null where the page has not as many. */
function plainNumbers({ page, levels, column }: PlacedPage): NumericArray | null {
  const { width, record } = column;
  const length = 4 * width * levels.count;
  const bytes = page.bytes.subarray(page.values, page.values + length);
  if (bytes.length !== length) return null;
  if (!isFloat(record.type)) return wideNumbers(wordsOf(bytes), column);
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const ArrayType = width === 1 ? Float32Array : Float64Array;
  return new ArrayType(aligned.buffer as ArrayBuffer, aligned.byteOffset, levels.count);
}

function wideNumbers(words: Int32Array, column: FlatColumn): Float64Array {
  const { type } = column.record;
  if (isFloat(type)) return Float64Array.from(numbersOf(type, words) as NumericArray);
  const out = new Float64Array(words.length / column.width);
  fillIntegers(column, { words, validity: undefined }, out);
  return out;
}
