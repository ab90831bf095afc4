/** Arrow as Spark writes it, as a batch of the columns that a table has here. */
import {
  Data,
  type DataType,
  type Field,
  type RecordBatch,
  Schema,
  tableFromIPC,
} from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { makeBatch } from '../../table/columns/column-data.ts';
import { conformData, emptyBatch } from '../../table/columns/conform-column.ts';
import { typeName } from '../../table/columns/type-name.ts';
import { concatBatches } from '../../table/concat-rows.ts';
import { normalBatch } from '../../table/create-table.ts';

/** The rows of an Arrow stream with just these columns. */
export function batchOfStream(stream: Uint8Array, fields: readonly Field[]): RecordBatch {
  const batches = tableFromIPC(stream).batches.map((batch) => batchOfSpark(batch, fields));
  const schema = new Schema([...fields]);
  const [first] = batches;
  return first === undefined ? emptyBatch(schema) : concatBatches(first.schema, batches);
}

function batchOfSpark(given: RecordBatch, fields: readonly Field[]): RecordBatch {
  const names = new Map(given.schema.fields.map(({ name }, index) => [name, index]));
  const chosen = fields.map(({ name }) => given.data.children[names.get(name) ?? -1]);
  const kept = makeBatch(
    new Schema(fields.map((field) => given.schema.fields[names.get(field.name) ?? -1] ?? field)),
    chosen as Data[],
    given.numRows,
  );
  const batch = normalBatch(kept);
  const columns = fields.map((field, i) => asType(batch.data.children[i] as Data, field));
  return makeBatch(new Schema([...fields]), columns, given.numRows);
}

/** The column under the field's type: Spark's Arrow differs in time zones and in names of inner fields. */
function asType(data: Data, field: Field): Data {
  const type = field.type as DataType;
  if (data.type.typeId === type.typeId) return relabelled(data, type);
  try {
    return conformData(data, type);
  } catch {
    const message = `column ${field.name} of a Spark table must be of type ${typeName(type)}, as its schema said; got ${typeName(data.type)}`;
    throw new CoppiceError('COLUMN_TYPE', message, { context: { column: field.name } });
  }
}

function relabelled(data: Data, type: DataType): Data {
  const children = data.children.map((child, i) =>
    relabelled(child, (type.children as Field[])[i]?.type as DataType),
  );
  const { buffers, offset, length, nullCount, dictionary } = data;
  return new Data(type, offset, length, nullCount, buffers, children, dictionary);
}
