/**
 * Which types does Parquet have no word for? The writer stores dates in milliseconds (those that JavaScript's Date
 * makes) as bare integers, which other programs read as numbers. They become timestamps of the same milliseconds, with
 * not a buffer changed.
 */
import {
  type Data,
  DataType,
  DateUnit,
  Field,
  FixedSizeList,
  List,
  type RecordBatch,
  Schema,
  Struct,
  TimestampMillisecond,
} from 'apache-arrow';
import { makeBatch, withType } from '../columns/column-data.ts';

/** The batch in types that a Parquet file can tell; the same object where nothing changes. */
export function storableBatch(batch: RecordBatch): RecordBatch {
  const columns = batch.data.children.map(storableData);
  if (columns.every((column, i) => column === batch.data.children[i])) return batch;
  const fields = batch.schema.fields.map((field, i) => withType(field, columns[i] as Data));
  return makeBatch(new Schema(fields, batch.schema.metadata), columns, batch.numRows);
}

function storableData(data: Data): Data {
  const type = storableType(data.type);
  if (type === data.type) return data;
  const { offset, length, nullCount, buffers } = data;
  return data.clone(type, offset, length, nullCount, buffers, data.children.map(storableData));
}

function storableType(type: DataType): DataType {
  if (DataType.isDate(type))
    return type.unit === DateUnit.MILLISECOND ? new TimestampMillisecond() : type;
  const isNested = DataType.isStruct(type) || DataType.isList(type);
  if (!isNested && !DataType.isFixedSizeList(type)) return type;
  const given = type.children as readonly Field[];
  const fields = given.map((field) => {
    const inner = storableType(field.type);
    return inner === field.type
      ? field
      : new Field(field.name, inner, field.nullable, field.metadata);
  });
  if (fields.every((field, i) => field === given[i])) return type;
  if (DataType.isStruct(type)) return new Struct(fields);
  const [item] = fields as [Field];
  return DataType.isFixedSizeList(type) ? new FixedSizeList(type.listSize, item) : new List(item);
}
