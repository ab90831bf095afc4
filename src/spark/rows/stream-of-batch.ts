/**
 * A batch as the Arrow stream that Spark reads. Every column is given buffers of its own first: Arrow's writer takes
 * neighbours that share a buffer (one array given twice, a copied column) for one stretch of bytes and writes it once.
 */
import { type RecordBatch, Table, tableToIPC } from 'apache-arrow';
import { makeBatch } from '../../table/columns/column-data.ts';
import { concatData } from '../../table/concat-rows.ts';

/** See the header. */
export function streamOfBatch(batch: RecordBatch): Uint8Array {
  const columns = batch.data.children.map((data) => concatData(data.type, [data]));
  return tableToIPC(new Table([makeBatch(batch.schema, columns, batch.numRows)]), 'stream');
}
