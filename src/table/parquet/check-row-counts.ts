/**
 * Can the row groups of a Parquet file have as many rows as its footer says? Asked before memory is planned for them.
 *
 * Every column has a value or a level for each row, so a chunk of fewer values belies its row group. A file of less
 * than a bit for each row is rare: there the pages of a column are counted, too.
 */
import { type FileBytes, readBytes } from '../files/file-bytes.ts';
import { countedValues } from './flat/chunk-pages.ts';
import { firstChunk, notParquet, type ParquetFooter, valuesOf } from './footer.ts';

/** @throws CoppiceError `FILE_FORMAT` where they cannot */
export async function checkRowCounts(file: FileBytes, footer: ParquetFooter): Promise<void> {
  const { size } = file.identity;
  for (const [rowGroup, { numRows }] of footer.rowGroups.entries()) {
    if (numRows === 0) continue;
    const chunk = firstChunk(footer, rowGroup, size);
    const what = `row group ${rowGroup} of it must have as many rows as values in a column; it has ${numRows} rows`;
    const path = chunk.path.join('.');
    if (valuesOf(chunk) < numRows) {
      throw notParquet(`${what}, and ${valuesOf(chunk)} values in ${path}`);
    }
    if (numRows <= 8 * size) continue;
    const counted = countedValues(await readBytes(file, chunk.start, chunk.length));
    if (counted < numRows) throw notParquet(`${what}, and pages of ${counted} values in ${path}`);
  }
}
