/**
 * Spark has no unsigned integers, half floats, or dates and times in milliseconds or seconds. Columns of such types
 * get the next wider one that it has and that holds every value: a table made in this program has these types then.
 *
 *     Uint8 → Int16    Uint16 → Int32    Uint32 → Int64    Float16 → Float32
 *     Date (ms) and Timestamp (s, ms) → Timestamp (µs), with the time zone that it had
 */
import {
  type Data,
  DataType,
  DateUnit,
  Field,
  Float32,
  Int16,
  Int32,
  Int64,
  Precision,
  type RecordBatch,
  Schema,
  TimestampMicrosecond,
  TimeUnit,
  Vector,
} from 'apache-arrow';
import { bitmapOfMask, maskOfValidity, validityOf } from '../../table/columns/bitmap.ts';
import { columnData, makeBatch } from '../../table/columns/column-data.ts';
import { numericValues } from '../../table/columns/column-values.ts';

/** The batch in types that Spark has, as far as a wider one can be found; others stay. */
export function widened(batch: RecordBatch): RecordBatch {
  const types = batch.schema.fields.map((field) => widerType(field.type));
  if (types.every((type) => type === null)) return batch;
  const fields = batch.schema.fields.map((field, i) => {
    const type = types[i] ?? null;
    return type === null ? field : new Field(field.name, type, field.nullable, field.metadata);
  });
  const columns = batch.data.children.map((data, i) => {
    const type = types[i] ?? null;
    return type === null ? data : widerColumn(data, type);
  });
  return makeBatch(new Schema(fields, batch.schema.metadata), columns, batch.numRows);
}

function widerType(type: DataType): DataType | null {
  if (DataType.isInt(type) && !type.isSigned) {
    const wider = { 8: () => new Int16(), 16: () => new Int32(), 32: () => new Int64() } as const;
    return type.bitWidth === 64 ? null : wider[type.bitWidth]();
  }
  if (DataType.isFloat(type)) return type.precision === Precision.HALF ? new Float32() : null;
  if (DataType.isDate(type)) return type.unit === DateUnit.DAY ? null : new TimestampMicrosecond();
  if (DataType.isTimestamp(type) && type.unit <= TimeUnit.MILLISECOND) {
    return new TimestampMicrosecond(type.timezone);
  }
  return null;
}

function widerColumn(data: Data, type: DataType): Data {
  const numbers = numericValues(new Vector([data]));
  const { length } = data;
  const isNull = validityOf(data) !== null || data.nullCount === length;
  const validity = isNull
    ? { nullCount: data.nullCount, nullBitmap: bitmapOfMask(maskOfValidity(data)) }
    : {};
  // a null counts as not a number there
  const clean = (value: number): number => (Number.isNaN(value) ? 0 : value);
  if (DataType.isFloat(type)) {
    return columnData(type, length, { ...validity, values: Float32Array.from(numbers) });
  }
  if (DataType.isInt(type) && type.bitWidth < 64) {
    const values =
      type.bitWidth === 16 ? Int16Array.from(numbers, clean) : Int32Array.from(numbers, clean);
    return columnData(type, length, { ...validity, values });
  }
  const given = data.type as DataType;
  const isTime = DataType.isTimestamp(type);
  const isSeconds = DataType.isTimestamp(given) && given.unit === TimeUnit.SECOND;
  const factor = !isTime ? 1n : isSeconds ? 1_000_000n : 1000n;
  const values = BigInt64Array.from(Array.from(numbers, (value) => BigInt(clean(value)) * factor));
  return columnData(type, length, { ...validity, values });
}
