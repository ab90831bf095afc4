/** Writes the codes of a column of categories of a row group straight to where they are wanted, without Arrow objects. */
import { encodeCodes, encodeNumbers } from '../../columns/encode-categories.ts';
import type { ColumnChunk } from '../footer.ts';
import { type ColumnPage, chunkPages, sharedRoom } from './chunk-pages.ts';
import type { FlatColumn } from './flat-schema.ts';
import { dictionaryWords, flatCodes, flatNumbers } from './flat-values.ts';
import { numbersOf, texts, unlessBroken } from './read-flat.ts';

/**
 * Fills `out` with a code for each row of a chunk, of which `bytes` are those; −1 for null, and for NaN.
 *
 * @returns the text of each code, as of a column that is read as a dictionary, numbers as JavaScript prints them; null where
 *   the decoder has to read it
 */
export function fillFlatCodes(
  bytes: Uint8Array,
  chunk: ColumnChunk,
  column: FlatColumn,
  out: Int32Array,
): readonly string[] | null {
  return unlessBroken(() => {
    const room = sharedRoom(chunk.uncompressedBytes);
    const pages = chunkPages(chunk, bytes, column.record.nullable, room);
    if (pages === null) return null;
    return column.isText ? codesOfTexts(pages, out) : codesOfNumbers(pages, column, out);
  });
}

function codesOfTexts(pages: readonly ColumnPage[], out: Int32Array): readonly string[] | null {
  const [first] = pages;
  if (first?.isDictionary !== true) return null;
  const dictionary = texts(first);
  if (dictionary === null) return null;
  const length = first.numValues;
  const flat = flatCodes(pages, out.length, length);
  if (flat === null) return null;
  return encodeCodes(flat.words, flat.validity, { ...dictionary, length }, out);
}

/** Where every page has codes, a number of the dictionary is named once. */
function codesOfNumbers(
  pages: readonly ColumnPage[],
  { width, record: { type } }: FlatColumn,
  out: Int32Array,
): readonly string[] | null {
  const [first] = pages;
  const words = first?.isDictionary === true ? dictionaryWords(first, width) : null;
  if (words !== null) {
    const flat = flatCodes(pages, out.length, words.length / width);
    const values = numbersOf(type, words);
    if (flat !== null) return encodeNumbers({ values, codes: flat.words }, flat.validity, out);
  }
  const flat = flatNumbers(pages, out.length, width);
  if (flat === null) return null;
  return encodeNumbers({ values: numbersOf(type, flat.words), codes: null }, flat.validity, out);
}
