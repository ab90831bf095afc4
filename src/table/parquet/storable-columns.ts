/**
 * Which types does Parquet have no word for? The writer stores dates in milliseconds (those that JavaScript's Date
 * makes), timestamps in seconds and times of day in seconds as bare integers, which other programs read as numbers.
 * The dates become timestamps of the same milliseconds, with not a buffer changed; seconds become milliseconds.
 */
import {
  type Data,
  DataType,
  DateUnit,
  Field,
  FixedSizeList,
  IntervalUnit,
  List,
  Map_,
  type RecordBatch,
  Schema,
  Struct,
  TimeMillisecond,
  TimestampMillisecond,
  TimeUnit,
} from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { makeBatch, withType } from '../columns/column-data.ts';
import { typeName } from '../columns/type-name.ts';

/** The batch in types that a Parquet file can tell; the same object where nothing changes. @throws CoppiceError `DATA_INVALID` */
export function storableBatch(batch: RecordBatch): RecordBatch {
  const columns = batch.data.children.map((data, i) =>
    storableData(data, (batch.schema.fields[i] as Field).name),
  );
  if (columns.every((column, i) => column === batch.data.children[i])) return batch;
  const fields = batch.schema.fields.map((field, i) => withType(field, columns[i] as Data));
  return makeBatch(new Schema(fields, batch.schema.metadata), columns, batch.numRows);
}

/** Refuses columns that no Parquet file can hold, before any of it is written. @throws CoppiceError `UNSUPPORTED` */
export function refuseUnstorable(schema: Schema): void {
  for (const { name, type } of schema.fields) {
    const found = unstorableType(type);
    if (found === null) continue;
    throw new CoppiceError(
      'UNSUPPORTED',
      `column ${name} must be of a type that Parquet files can hold; got ${found}: ` +
        'drop it (--drop on the command line), cast it, or write Arrow or CSV',
      { context: { column: name } },
    );
  }
}

/** The name of the type, or of the first one inside it, that Parquet has no place for; null for none. */
function unstorableType(type: DataType): string | null {
  const isUnstorable =
    (DataType.isInterval(type) && type.unit === IntervalUnit.MONTH_DAY_NANO) ||
    (DataType.isDecimal(type) && type.scale < 0);
  if (isUnstorable) return typeName(type);
  for (const child of (type.children ?? []) as readonly Field[]) {
    const found = unstorableType(child.type);
    if (found !== null) return found;
  }
  return null;
}

function storableData(data: Data, column: string): Data {
  const type = storableType(data.type);
  if (type === data.type) return data;
  const { offset, length, nullCount } = data;
  const isSeconds = hasSeconds(data.type);
  const values = isSeconds ? milliseconds(data, column) : data.values;
  const buffers = [data.valueOffsets, values, data.nullBitmap, data.typeIds];
  const children = data.children.map((child) => storableData(child, column));
  return data.clone(type, offset, length, nullCount, buffers as never, children);
}

function hasSeconds(type: DataType): boolean {
  return (DataType.isTimestamp(type) || DataType.isTime(type)) && type.unit === TimeUnit.SECOND;
}

/** A thousand times each value. */
function milliseconds(data: Data, column: string): Int32Array | BigInt64Array {
  const values = data.values as Int32Array | BigInt64Array;
  if (values instanceof Int32Array) return values.map((value) => value * 1000);
  const scaled = values.map((value) => value * 1000n);
  const row = values.findIndex(
    (value, i) => scaled[i] !== value * 1000n && i < data.length && data.getValid(i),
  );
  if (row < 0) return scaled;
  const message = `column ${column} must have timestamps that 64 bits of milliseconds can tell, to be stored in Parquet; got ${values[row]} s`;
  throw new CoppiceError('DATA_INVALID', message, { context: { column } });
}

function storableType(type: DataType): DataType {
  if (DataType.isDate(type))
    return type.unit === DateUnit.MILLISECOND ? new TimestampMillisecond() : type;
  if (hasSeconds(type))
    return DataType.isTimestamp(type)
      ? new TimestampMillisecond(type.timezone)
      : new TimeMillisecond();
  const given = (type.children ?? []) as readonly Field[];
  const fields = given.map((field) => {
    const inner = storableType(field.type);
    return inner === field.type
      ? field
      : new Field(field.name, inner, field.nullable, field.metadata);
  });
  if (fields.every((field, i) => field === given[i])) return type;
  if (DataType.isStruct(type)) return new Struct(fields);
  const [item] = fields as [Field];
  if (DataType.isMap(type)) return new Map_(item as never, type.keysSorted);
  return DataType.isFixedSizeList(type) ? new FixedSizeList(type.listSize, item) : new List(item);
}
