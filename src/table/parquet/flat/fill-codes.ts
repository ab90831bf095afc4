/** Writes the codes of a column of text of a row group straight to where they are wanted, without Arrow objects. */
import { encodeCodes } from '../../columns/encode-categories.ts';
import type { ColumnChunk } from '../footer.ts';
import { chunkPages, sharedRoom } from './chunk-pages.ts';
import type { FlatColumn } from './flat-schema.ts';
import { flatCodes } from './flat-values.ts';
import { texts, unlessBroken } from './read-flat.ts';

/**
 * Fills `out` with a code for each row of a chunk, of which `bytes` are those; −1 for null.
 *
 * @returns the text of each code, as of a column that is read as a dictionary; null where the decoder has to read it
 */
export function fillFlatCodes(
  bytes: Uint8Array,
  chunk: ColumnChunk,
  { isText, record }: FlatColumn,
  out: Int32Array,
): readonly string[] | null {
  if (!isText) return null;
  return unlessBroken(() => {
    const room = sharedRoom(chunk.uncompressedBytes);
    const pages = chunkPages(chunk, bytes, record.nullable, room);
    const [first] = pages ?? [];
    if (pages === null || first?.isDictionary !== true) return null;
    const dictionary = texts(first);
    if (dictionary === null) return null;
    const length = first.numValues;
    const flat = flatCodes(pages, out.length, length);
    if (flat === null) return null;
    return encodeCodes(flat.words, flat.validity, { ...dictionary, length }, out);
  });
}
