/**
 * Puts encoded row groups end to end as one Parquet file: their bytes are copied as they are, and one
 * footer at the end names where each column chunk came to lie.
 *
 *   part:  PAR1 | chunks | indexes | footer | PAR1        (encode-parquet.ts makes one for each row group)
 *   file:  PAR1 | chunks of part 0 | chunks of part 1 | … | footer | length | PAR1
 */
import type { FileSink } from '../files/file-sink.ts';
import type { FileFormat, PartWriter } from '../files/write-parts.ts';
import { encodeFooter, footerTail } from './encode-footer.ts';
import type { EncodedRowGroup } from './encode-parquet.ts';
import {
  columnChunks,
  groupStruct,
  headBytes,
  type ParquetFooter,
  parseFooter,
  tailBytes,
} from './footer.ts';
import { encodeGroup, movedCopy } from './slice-file.ts';

/** Parquet as a file format of {@link writeParts}. */
export const parquetFormat: FileFormat<readonly EncodedRowGroup[]> = {
  extensions: ['.parquet', '.parq', '.pq'],
  begin: async (sink) => {
    await sink.write(headBytes);
    return new ParquetFileWriter(sink);
  },
};

class ParquetFileWriter implements PartWriter<readonly EncodedRowGroup[]> {
  readonly #sink: FileSink;
  readonly #rowGroups: Uint8Array[] = [];
  #numRows = 0;
  #first: ParquetFooter | undefined;

  constructor(sink: FileSink) {
    this.#sink = sink;
  }

  async part(encoded: readonly EncodedRowGroup[]): Promise<void> {
    for (const { bytes } of encoded) await this.#rowGroup(bytes);
  }

  async end(): Promise<void> {
    const footer = this.#first;
    if (footer === undefined) return;
    const change = { rowGroups: this.#rowGroups, numRows: this.#numRows };
    await this.#sink.write(footerTail(encodeFooter(footer, change)));
  }

  async #rowGroup(bytes: Uint8Array): Promise<void> {
    const end = bytes.length - tailBytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const footer = parseFooter(bytes.slice(end - view.getUint32(end, true), end));
    this.#first ??= footer;
    for (const [index, { numRows }] of footer.rowGroups.entries()) {
      if (numRows === 0) continue;
      const chunks = columnChunks(footer, index, bytes.length);
      const from = Math.min(...chunks.map((chunk) => chunk.start));
      const to = Math.max(...chunks.map((chunk) => chunk.start + chunk.length));
      const shift = this.#sink.position - from;
      this.#rowGroups.push(
        encodeGroup(
          groupStruct(footer, index),
          chunks.map((chunk) => movedCopy(chunk, shift)),
        ),
      );
      this.#numRows += numRows;
      await this.#sink.write(bytes.subarray(from, to));
    }
  }
}
