/** Rows of this program as rows on Spark: they travel in the plan, with their positions in a hidden column. */
import { DataType, Field, Int64, type RecordBatch, Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { columnData, makeBatch, withType } from '../../table/columns/column-data.ts';
import { dictionaryValues } from '../../table/columns/conform-column.ts';
import { ascending, checkVisible, hiddenPrefix, type SparkRows } from './spark-rows.ts';
import { checkHeldBySpark } from './spark-types.ts';
import { streamOfBatch } from './stream-of-batch.ts';

/** The most bytes that a plan may carry. */
const mostBytes = 96 << 20;

const positionColumn = `${hiddenPrefix}0`;

/** The rows of a batch. @throws CoppiceError `UNSUPPORTED`, `MEMORY_LIMIT` */
export function localRows(batch: RecordBatch, firstRow: number): SparkRows {
  checkVisible(batch.schema.fields);
  checkHeldBySpark(batch.schema.fields, 'createTable on Spark');
  const columns = batch.data.children.map((data) =>
    DataType.isDictionary(data.type) ? dictionaryValues(data) : data,
  );
  const fields = batch.schema.fields.map((field, i) => withType(field, columns[i] as never));
  const positions = BigInt64Array.from({ length: batch.numRows }, (_, i) => BigInt(firstRow + i));
  const hidden = columnData(new Int64(), batch.numRows, { values: positions });
  const schema = new Schema([...fields, new Field(positionColumn, new Int64(), false)]);
  const data = streamOfBatch(makeBatch(schema, [...columns, hidden], batch.numRows));
  if (data.length > mostBytes) {
    throw new CoppiceError(
      'MEMORY_LIMIT',
      `a table of this program on Spark must be at most ${mostBytes} bytes; got ${data.length}; write it to Parquet where Spark can read it`,
      { context: { bytes: data.length } },
    );
  }
  return {
    relation: { local_relation: { data } },
    fields,
    order: [ascending(positionColumn, 'long')],
    identity: 'position',
  };
}
