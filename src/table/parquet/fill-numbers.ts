/**
 * Reads columns of numbers of a row group without Arrow objects and, where that is quicker, without the decoder
 * (flat/fill-flat.ts). Chunks that lie side by side are read together.
 */
import { isUrl } from '../../base/allowed-urls.ts';
import { isCoppiceError } from '../../base/errors.ts';
import { type FileBytes, withPart } from '../files/file-bytes.ts';
import { withBytes } from '../files/open-file.ts';
import { forms, type NumberForm, registerFiller, type WantedNumbers } from '../files/sources.ts';
import type { RowRange } from '../plan/partition-spec.ts';
import { fillFlatColumn, seemsSparse } from './flat/fill-flat.ts';
import type { FlatColumn } from './flat/flat-schema.ts';
import { flatlyRead } from './flat/read-flat.ts';
import { type ColumnChunk, columnChunks } from './footer.ts';
import { openedFile, type ParquetSource } from './parquet-source.ts';

/** Bytes of neighbours that are read at once. */
const spanBytes = 2 << 20;

registerFiller<ParquetSource>('parquet', {
  fill: async (source, wanted, rows) => {
    const nothing = wanted.map(() => forms.none);
    if (isUrl(source.file.path)) return nothing;
    try {
      return await withBytes(source.file.path, source.file, (file) =>
        fill(file, source, wanted, rows),
      );
    } catch (error) {
      // whoever reads the partition says what is wrong with the file
      if (isCoppiceError(error, 'FILE_FORMAT')) return nothing;
      throw error;
    }
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

async function fill(
  file: FileBytes,
  source: ParquetSource,
  wanted: readonly WantedNumbers[],
  { start, end }: RowRange,
): Promise<readonly NumberForm[]> {
  const found: NumberForm[] = wanted.map(() => forms.none);
  const { footer, flat } = await openedFile(file);
  const numRows = footer.rowGroups[source.rowGroup]?.numRows ?? 0;
  // a part of a group is left to who can skip pages
  if (flat === null || source.firstRow + start !== 0 || end !== numRows) return found;
  const chunks = wantedChunks(columnChunks(footer, source.rowGroup, file.identity.size), {
    ...{ wanted, flat, numRows },
    others: new Set([...source.conforms, ...source.constants].map(({ name }) => name)),
  });
  for (const span of spansOf(chunks)) {
    const from = span[0]?.chunk.start ?? 0;
    const last = (span.at(-1) as WantedChunk).chunk;
    await withPart(file, from, last.start + last.length - from, (bytes) => {
      for (const { chunk, index, column, mayBeDense } of span) {
        const { out, mayBeSparse } = wanted[index] as WantedNumbers;
        if (out.length !== numRows) continue;
        const own = bytes.subarray(chunk.start - from, chunk.start - from + chunk.length);
        const isTried = mayBeSparse && seemsSparse(chunk, numRows);
        if (!mayBeDense && !isTried) continue;
        const target = { out, mayBeDense, mayBeSparse: isTried };
        found[index] = fillFlatColumn(own, chunk, column, target);
      }
    });
  }
  return found;
}

/** The chunks of the wanted columns that are worth a try, by their place in the file. */
function wantedChunks(
  chunks: readonly ColumnChunk[],
  {
    wanted,
    flat,
    numRows,
    others,
  }: {
    readonly wanted: readonly WantedNumbers[];
    readonly flat: ReadonlyMap<string, FlatColumn>;
    readonly numRows: number;
    /** Columns that the table has in another way than the file. */
    readonly others: ReadonlySet<string>;
  },
): WantedChunk[] {
  const places = new Map(wanted.map(({ name }, index) => [name, index]));
  const here = chunks.filter(({ path }) => path.length === 1 && places.has(path[0] as string));
  const dense = flatlyRead(here, numRows, flat);
  const kept: WantedChunk[] = [];
  for (const chunk of here) {
    const name = chunk.path[0] as string;
    const column = flat.get(name);
    const mayBeDense = dense.has(chunk);
    if (column === undefined || others.has(name)) continue;
    if (!mayBeDense && !seemsSparse(chunk, numRows)) continue;
    kept.push({ chunk, index: places.get(name) as number, column, mayBeDense });
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
