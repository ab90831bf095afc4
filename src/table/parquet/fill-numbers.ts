/**
 * Reads columns of a row group without Arrow objects and, where that is quicker, without the decoder: numbers
 * (flat/fill-flat.ts) and codes of categories (flat/fill-codes.ts). Chunks that lie side by side are read together.
 */
import { isUrl } from '../../base/allowed-urls.ts';
import { isCoppiceError } from '../../base/errors.ts';
import { type FileBytes, withPart } from '../files/file-bytes.ts';
import { withBytes } from '../files/open-file.ts';
import {
  type CodedTexts,
  forms,
  type NumberForm,
  registerFiller,
  type WantedCodes,
  type WantedNumbers,
} from '../files/sources.ts';
import type { RowRange } from '../plan/partition-spec.ts';
import { fillFlatCodes } from './flat/fill-codes.ts';
import { fillFlatColumn, seemsSparse } from './flat/fill-flat.ts';
import type { FlatColumn } from './flat/flat-schema.ts';
import { flatlyRead } from './flat/read-flat.ts';
import { type ColumnChunk, columnChunks } from './footer.ts';
import { plannedFile } from './opened-file.ts';
import type { ParquetSource } from './parquet-source.ts';

/** Bytes of neighbours that are read at once. */
const spanBytes = 2 << 20;

registerFiller<ParquetSource>('parquet', {
  fill: async (source, wanted, rows) => {
    const found: NumberForm[] = wanted.map(() => forms.none);
    await eachChunk(source, wanted, rows, ({ chunk, column, mayBeDense, index }, bytes) => {
      const { out, mayBeSparse } = wanted[index] as WantedNumbers;
      const isTried = mayBeSparse && seemsSparse(chunk, out.length);
      if (!mayBeDense && !isTried) return;
      const target = { out, mayBeDense, mayBeSparse: isTried };
      found[index] = fillFlatColumn(bytes, chunk, column, target);
    });
    return found;
  },
  encode: async (source, wanted, rows) => {
    const found: CodedTexts[] = wanted.map(() => null);
    await eachChunk(source, wanted, rows, ({ chunk, column, mayBeDense, index }, bytes) => {
      const { out } = wanted[index] as WantedCodes;
      if (mayBeDense) found[index] = fillFlatCodes(bytes, chunk, column, out);
    });
    return found;
  },
  join: (first, second) => {
    const isNext = second.firstRow === first.firstRow + first.numRows;
    const isOfGroup = first.file.path === second.file.path && first.rowGroup === second.rowGroup;
    return isNext && isOfGroup ? { ...first, numRows: first.numRows + second.numRows } : null;
  },
});

/** What is wanted of a chunk. */
interface WantedChunk {
  readonly chunk: ColumnChunk;
  readonly index: number;
  readonly column: FlatColumn;
  readonly mayBeDense: boolean;
}

/** Columns, each with where its rows are wanted. */
type WantedColumns = readonly { readonly name: string; readonly out: ArrayLike<number> }[];

/** Shows the chunks that are worth a try with their bytes; what it did not show is left to who reads the partition. */
async function eachChunk(
  source: ParquetSource,
  wanted: WantedColumns,
  rows: RowRange,
  visit: (chunk: WantedChunk, bytes: Uint8Array) => void,
): Promise<void> {
  const { path } = source.file;
  if (isUrl(path) || wanted.length === 0) return;
  try {
    await withBytes(path, source.file, async (file) => {
      for (const span of spansOf(await chunksWorthATry(file, source, wanted, rows))) {
        const from = span[0]?.chunk.start ?? 0;
        const last = (span.at(-1) as WantedChunk).chunk;
        await withPart(file, from, last.start + last.length - from, (bytes) => {
          for (const each of span) {
            const { start, length } = each.chunk;
            visit(each, bytes.subarray(start - from, start - from + length));
          }
        });
      }
    });
  } catch (error) {
    // whoever reads the partition says what is wrong with the file
    if (!isCoppiceError(error, 'FILE_FORMAT')) throw error;
  }
}

/** The chunks of the wanted columns that are worth a try, by their place in the file. */
async function chunksWorthATry(
  file: FileBytes,
  source: ParquetSource,
  wanted: WantedColumns,
  { start, end }: RowRange,
): Promise<WantedChunk[]> {
  const { footer, flat } = await plannedFile(file, source.file);
  const numRows = footer.rowGroups[source.rowGroup]?.numRows ?? 0;
  // a part of a group is left to who can skip pages
  if (flat === null || source.firstRow + start !== 0 || end !== numRows) return [];
  const others = new Set([...source.conforms, ...source.constants].map(({ name }) => name));
  const places = new Map(wanted.map(({ name }, index) => [name, index]));
  const here = columnChunks(footer, source.rowGroup, file.identity.size).filter(
    ({ path }) => path.length === 1 && places.has(path[0] as string),
  );
  const dense = flatlyRead(here, numRows, flat);
  const kept: WantedChunk[] = [];
  for (const chunk of here) {
    const name = chunk.path[0] as string;
    const column = flat.get(name);
    const index = places.get(name) as number;
    const mayBeDense = dense.has(chunk);
    // columns that the table has in another way than the file
    if (column === undefined || others.has(name)) continue;
    if (wanted[index]?.out.length !== numRows) continue;
    if (!mayBeDense && !seemsSparse(chunk, numRows)) continue;
    kept.push({ chunk, index, column, mayBeDense });
  }
  return kept.sort((a, b) => a.chunk.start - b.chunk.start);
}

/** Chunks that are read together: neighbours, as many as are no more bytes than that takes. */
function spansOf(chunks: readonly WantedChunk[]): WantedChunk[][] {
  const spans: WantedChunk[][] = [];
  let from = 0;
  let end = -1;
  for (const wanted of chunks) {
    const { start, length } = wanted.chunk;
    const isNext = start === end && start + length - from <= spanBytes;
    if (isNext) spans.at(-1)?.push(wanted);
    else {
      spans.push([wanted]);
      from = start;
    }
    end = start + length;
  }
  return spans;
}
