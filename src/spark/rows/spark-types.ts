/** Spark's types and Arrow's: what columns a Spark table has here, and what Spark is told of columns of ours. */
import {
  Binary,
  Bool,
  DataType,
  DateDay,
  DateUnit,
  Decimal,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  Map_,
  Null,
  Precision,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { typeName } from '../../table/columns/type-name.ts';
import type { SparkField, SparkType } from '../connect/messages.ts';

const plainTypes: Record<string, () => DataType> = {
  null: () => new Null(),
  binary: () => new Binary(),
  boolean: () => new Bool(),
  byte: () => new Int8(),
  short: () => new Int16(),
  integer: () => new Int32(),
  long: () => new Int64(),
  float: () => new Float32(),
  double: () => new Float64(),
  string: () => new Utf8(),
  char: () => new Utf8(),
  var_char: () => new Utf8(),
  date: () => new DateDay(),
  timestamp: () => new TimestampMicrosecond('UTC'),
  timestamp_ntz: () => new TimestampMicrosecond(),
};

/** The columns of a Spark schema. @throws CoppiceError `COLUMN_TYPE` */
export function schemaOfSpark(type: SparkType): Schema {
  return new Schema((type.struct?.fields ?? []).map((field) => fieldOfSpark(field)));
}

function fieldOfSpark(field: SparkField, path = field.name): Field {
  const type = typeOfSpark(field.data_type ?? {}, path);
  return new Field(field.name, type, field.nullable ?? false);
}

function typeOfSpark(type: SparkType, path: string): DataType {
  const kind = Object.keys(type).find((key) => key !== 'kind' && type[key] !== undefined) ?? 'none';
  const plain = plainTypes[kind];
  if (plain !== undefined) return plain();
  if (type.decimal !== undefined) {
    return new Decimal(type.decimal.scale ?? 0, type.decimal.precision ?? 10, 128);
  }
  if (type.struct !== undefined) {
    return new Struct((type.struct.fields ?? []).map((field) => fieldOfSpark(field, path)));
  }
  if (type.array !== undefined) {
    const element = typeOfSpark(type.array.element_type ?? {}, path);
    return new List(new Field('element', element, type.array.contains_null ?? false));
  }
  if (type.map !== undefined) {
    const key = new Field('key', typeOfSpark(type.map.key_type ?? {}, path), false);
    const isNullable = type.map.value_contains_null ?? false;
    const value = new Field('value', typeOfSpark(type.map.value_type ?? {}, path), isNullable);
    return new Map_(new Field('entries', new Struct([key, value]), false) as never);
  }
  throw new CoppiceError(
    'COLUMN_TYPE',
    `type of column ${path} of a Spark table must be one that Arrow has; got ${kind}; leave the column out, or cast it in session.sql`,
    { context: { column: path } },
  );
}

/**
 * What Spark calls the type of a column of ours that it is to hold, as SQL and as JSON; null where Spark has no
 * such type. A category is its text there.
 */
export function sparkTypeOf(type: DataType): string | null {
  if (DataType.isDictionary(type)) return sparkTypeOf(type.dictionary as DataType);
  if (DataType.isBool(type)) return 'boolean';
  if (DataType.isUtf8(type)) return 'string';
  if (DataType.isBinary(type)) return 'binary';
  if (DataType.isInt(type)) {
    if (!type.isSigned) return null;
    return { 8: 'byte', 16: 'short', 32: 'integer', 64: 'long' }[type.bitWidth as number] ?? null;
  }
  if (DataType.isFloat(type)) {
    if (type.precision === Precision.HALF) return null;
    return type.precision === Precision.SINGLE ? 'float' : 'double';
  }
  if (DataType.isDecimal(type)) return `decimal(${type.precision},${type.scale})`;
  if (DataType.isDate(type)) return type.unit === DateUnit.DAY ? 'date' : null;
  if (DataType.isTimestamp(type)) {
    if (type.unit !== 2) return null;
    return (type.timezone ?? '') === '' ? 'timestamp_ntz' : 'timestamp';
  }
  return null;
}

/** The type here of a type's name on Spark. */
export function typeOfSparkName(name: string): DataType {
  const message = messageOfType(name === 'bigint' ? 'long' : name);
  return typeOfSpark(message, 'a hidden column');
}

/** A type's name in JSON as a message of the protocol. */
export function messageOfType(name: string): SparkType {
  const decimal = /^decimal\((\d+),(\d+)\)$/.exec(name);
  if (decimal === null) return { [name]: {} };
  return { decimal: { precision: Number(decimal[1]), scale: Number(decimal[2]) } };
}

/** @throws CoppiceError `UNSUPPORTED` naming the first column that Spark cannot hold. */
export function checkHeldBySpark(fields: readonly Field[], what: string, remedy = ''): void {
  const odd = fields.find((field) => sparkTypeOf(field.type) === null);
  if (odd === undefined) return;
  throw new CoppiceError(
    'UNSUPPORTED',
    `${what} must have columns that Spark can hold; got column ${odd.name} of type ${typeName(odd.type)}${remedy}`,
    { context: { column: odd.name } },
  );
}
