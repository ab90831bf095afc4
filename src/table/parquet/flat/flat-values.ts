/**
 * The values of a column of numbers, or the codes of one of text, out of its pages. Values of four and eight bytes
 * are moved as words of 32 bits, so no bit of them changes; a null's words are 0.
 */
import { allValid, setBit } from '../../columns/bitmap.ts';
import type { ColumnPage } from './chunk-pages.ts';
import { isOneRunOfOnes, readHybrid } from './hybrid-runs.ts';

/** A column's words, and which rows have some. */
export interface FlatValues {
  readonly words: Int32Array;
  /** One bit a row, 1 where it has a value; undefined where all have. */
  readonly validity: Uint8Array | undefined;
}

/**
 * The values of all rows; null where pages and rows do not fit.
 *
 * @param width words of a value: 1 or 2 @param words where they go; of rows without a value they stay as they are
 */
export function flatNumbers(
  pages: readonly ColumnPage[],
  numRows: number,
  width: 1 | 2,
  words: Int32Array = new Int32Array(numRows * width),
): FlatValues | null {
  const first = pages[0];
  const dictionary = first?.isDictionary === true ? dictionaryWords(first, width) : EMPTY;
  if (dictionary === null) return null;
  return eachPage(pages, numRows, { words, width }, (page, count) => {
    if (page.hasCodes) {
      const codes = pageCodes(page, count, dictionary.length / width);
      return codes === null ? null : lookUp(dictionary, codes, width);
    }
    const bytes = page.bytes.subarray(page.values, page.values + 4 * width * count);
    return bytes.length === 4 * width * count ? bytes : null;
  });
}

/** The codes of all rows; null where a page has none, or codes that the dictionary lacks. */
export function flatCodes(
  pages: readonly ColumnPage[],
  numRows: number,
  dictionaryLength: number,
): FlatValues | null {
  return eachPage(pages, numRows, { words: new Int32Array(numRows), width: 1 }, (page, count) =>
    page.hasCodes ? pageCodes(page, count, dictionaryLength) : null,
  );
}

const EMPTY = new Int32Array(0);

/** @param read the words of the values that a page has, or their bytes */
function eachPage(
  pages: readonly ColumnPage[],
  numRows: number,
  { words, width }: Pick<Target, 'words' | 'width'>,
  read: (page: ColumnPage, count: number) => Int32Array | Uint8Array | null,
): FlatValues | null {
  let validity: Uint8Array | undefined;
  let row = 0;
  for (const [i, page] of pages.entries()) {
    if (page.isDictionary) {
      if (i > 0) return null;
      continue;
    }
    const { numValues } = page;
    if (numValues < 0 || row + numValues > numRows) return null;
    const levels = pageLevels(page);
    if (levels === null) return null;
    const values = read(page, levels.count);
    if (values === null) return null;
    if (levels.count < numValues) {
      validity ??= allValid(numRows);
      const own = values instanceof Int32Array ? values : wordsOf(values);
      scatter(own, { words, validity, row, width }, levels.present);
    } else if (values instanceof Int32Array) words.set(values, row * width);
    else {
      const at = words.byteOffset + 4 * width * row;
      new Uint8Array(words.buffer, at, values.length).set(values);
    }
    row += numValues;
  }
  return row === numRows ? { words, validity } : null;
}

/** Which rows of a page have values: `present` is 1 for these, or empty where all have. */
export interface PageLevels {
  readonly count: number;
  readonly present: Int32Array;
}

/** Which rows of a page have values: all where no levels say otherwise. */
export function pageLevels(page: ColumnPage): PageLevels | null {
  const [start, end] = page.levels;
  const { numValues, bytes } = page;
  if (end === 0 || isOneRunOfOnes({ bytes, start, end }, numValues)) {
    return { count: numValues, present: EMPTY };
  }
  const present = new Int32Array(numValues);
  const most = readHybrid({ bytes, start, end }, 1, present, numValues);
  if (most < 0 || most > 1) return null;
  let count = 0;
  for (let i = 0; i < numValues; i++) count += present[i] as number;
  return { count, present };
}

/** The codes of a page, all of which the dictionary has; else null. */
export function pageCodes(page: ColumnPage, count: number, length: number): Int32Array | null {
  const codes = new Int32Array(count);
  if (count === 0) return codes;
  const { bytes, values } = page;
  const width = bytes[values];
  if (width === undefined) return null;
  const most = readHybrid({ bytes, start: values + 1, end: bytes.length }, width, codes, count);
  return most < 0 || most >= length ? null : codes;
}

/** The numbers of a dictionary; null where they are not as many as it says. */
export function dictionaryWords(page: ColumnPage, width: 1 | 2): Int32Array | null {
  if (page.bytes.length !== 4 * width * page.numValues) return null;
  return wordsOf(page.bytes);
}

/** Bytes as words, which begin at a multiple of four. */
export function wordsOf(bytes: Uint8Array): Int32Array {
  const { buffer } = bytes.slice();
  return new Int32Array(buffer, 0, bytes.length / 4);
}

function lookUp(dictionary: Int32Array, codes: Int32Array, width: 1 | 2): Int32Array {
  const { length } = codes;
  const words = new Int32Array(length * width);
  if (width === 1) {
    for (let i = 0; i < length; i++) words[i] = dictionary[codes[i] as number] as number;
    return words;
  }
  for (let i = 0; i < length; i++) {
    const code = codes[i] as number;
    words[2 * i] = dictionary[2 * code] as number;
    words[2 * i + 1] = dictionary[2 * code + 1] as number;
  }
  return words;
}

interface Target {
  readonly words: Int32Array;
  readonly width: 1 | 2;
}

interface Scattered extends Target {
  readonly validity: Uint8Array;
  readonly row: number;
}

function scatter(values: Int32Array, target: Scattered, present: Int32Array): void {
  const { words, validity, row, width } = target;
  let next = 0;
  for (let i = 0; i < present.length; i++) {
    const at = row + i;
    if (present[i] === 0) {
      setBit(validity, at, 0);
      continue;
    }
    for (let w = 0; w < width; w++) words[at * width + w] = values[next++] as number;
  }
}
