/**
 * How many values does a column have at most, as the file itself says? The dictionary of a column chunk stands before
 * its pages, so its head is enough; nothing is decoded. Only of files of this machine that this thread has opened.
 */
import { isUrl } from '../../../base/allowed-urls.ts';
import { readBytes } from '../../files/file-bytes.ts';
import { withBytes } from '../../files/open-file.ts';
import type { PartitionSpec } from '../../plan/partition-spec.ts';
import { columnChunks } from '../footer.ts';
import { openedFooter } from '../opened-file.ts';
import type { ParquetSource } from '../parquet-source.ts';
import { dictionaryValues } from './chunk-pages.ts';

/** No head of a dictionary's page is longer. */
const headBytes = 256;

/** Values of the dictionary of a partition's column; null where there is none, or where it is not known here. */
export async function dictionarySize(
  { source, operators }: PartitionSpec,
  column: string,
): Promise<number | null> {
  if (source.kind !== 'parquet' || operators.length > 0) return null;
  const { file, rowGroup } = source as ParquetSource;
  const footer = isUrl(file.path) ? null : openedFooter(file);
  if (footer === null) return null;
  const chunks = columnChunks(footer, rowGroup, file.size).filter(({ path }) => path[0] === column);
  const [chunk] = chunks;
  if (chunk === undefined || chunks.length > 1) return null;
  const length = Math.min(headBytes, chunk.length);
  return await withBytes(file.path, file, async (open) =>
    dictionaryValues(await readBytes(open, chunk.start, length)),
  );
}
