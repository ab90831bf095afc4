/**
 * How a column's type is called, in printed schemas, in errors and in `cast`: the short names that
 * Spark and DuckDB share (`int`, `bigint`, `double`, `string`, …), and when two types are the same.
 *
 * Logical sameness looks through what does not change a value's meaning: a dictionary counts as its
 * values, nullability and dictionary indices count for nothing.
 */
import {
  Bool,
  DataType,
  DateDay,
  DateUnit,
  Decimal,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  Precision,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  type TimeUnit,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';

/** By Arrow's number of the unit: naming them here would load Arrow at import. */
const timeUnits: Record<TimeUnit, string> = {
  0: 's',
  1: 'ms',
  2: 'us',
  3: 'ns',
};

const signedNames: Record<number, string> = {
  8: 'tinyint',
  16: 'smallint',
  32: 'int',
  64: 'bigint',
};

/** The short name of a type, for people. */
export function typeName(type: DataType): string {
  if (DataType.isNull(type)) return 'null';
  if (DataType.isBool(type)) return 'boolean';
  if (DataType.isInt(type)) {
    const name = signedNames[type.bitWidth] ?? `int${type.bitWidth}`;
    return type.isSigned ? name : `u${name}`;
  }
  if (DataType.isFloat(type)) {
    if (type.precision === Precision.HALF) return 'half';
    return type.precision === Precision.SINGLE ? 'float' : 'double';
  }
  if (DataType.isDecimal(type)) return `decimal(${type.precision},${type.scale})`;
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type))
    return 'string';
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isBinaryView(type)) {
    return 'binary';
  }
  if (DataType.isFixedSizeBinary(type)) return `binary(${type.byteWidth})`;
  if (DataType.isDate(type)) return type.unit === DateUnit.DAY ? 'date' : 'date_ms';
  if (DataType.isTimestamp(type)) {
    const zone = (type.timezone ?? '') === '' ? '' : `, ${type.timezone}`;
    return `timestamp(${timeUnits[type.unit as TimeUnit]}${zone})`;
  }
  if (DataType.isTime(type)) return `time(${timeUnits[type.unit as TimeUnit]})`;
  if (DataType.isDuration(type)) return `duration(${timeUnits[type.unit]})`;
  return nestedTypeName(type);
}

function nestedTypeName(type: DataType): string {
  const children = (type.children ?? []) as readonly Field[];
  if (DataType.isDictionary(type)) return `dictionary<${typeName(type.dictionary as DataType)}>`;
  if (DataType.isFixedSizeList(type)) {
    return `vector<${typeName(type.valueType as DataType)}>[${type.listSize}]`;
  }
  if (DataType.isStruct(type)) {
    return `struct<${children.map((child) => `${child.name}: ${typeName(child.type)}`).join(', ')}>`;
  }
  if (DataType.isMap(type)) return 'map';
  if (DataType.isList(type) || DataType.isLargeList(type)) {
    return `list<${children.map((child) => typeName(child.type)).join(', ')}>`;
  }
  return String(type);
}

/** The name of what the values mean: that of {@link typeName}, a dictionary counted as its values. */
export function logicalTypeName(type: DataType): string {
  if (DataType.isDictionary(type)) return logicalTypeName(type.dictionary as DataType);
  if (DataType.isStruct(type)) {
    const children = type.children as readonly Field[];
    const parts = children.map((child) => `${child.name}: ${logicalTypeName(child.type)}`);
    return `struct<${parts.join(', ')}>`;
  }
  return typeName(type);
}

/** True when the types have the same buffers: names equal, and the widths of dictionary indices too. */
export function sameType(a: DataType, b: DataType): boolean {
  if (DataType.isDictionary(a) && DataType.isDictionary(b)) {
    return sameType(a.indices, b.indices) && sameType(a.dictionary, b.dictionary);
  }
  if (a.typeId !== b.typeId) return false;
  const left = (a.children ?? []) as readonly Field[];
  const right = (b.children ?? []) as readonly Field[];
  if (left.length !== right.length) return false;
  if (left.length === 0) return typeName(a) === typeName(b);
  if (DataType.isFixedSizeList(a) && typeName(a) !== typeName(b)) return false;
  return left.every((child, index) => {
    const other = right[index] as Field;
    return child.name === other.name && sameType(child.type, other.type);
  });
}

const namedTypes: Record<string, () => DataType> = {
  boolean: () => new Bool(),
  bool: () => new Bool(),
  tinyint: () => new Int8(),
  int8: () => new Int8(),
  byte: () => new Int8(),
  smallint: () => new Int16(),
  short: () => new Int16(),
  int16: () => new Int16(),
  int: () => new Int32(),
  integer: () => new Int32(),
  int32: () => new Int32(),
  bigint: () => new Int64(),
  long: () => new Int64(),
  int64: () => new Int64(),
  utinyint: () => new Uint8(),
  uint8: () => new Uint8(),
  usmallint: () => new Uint16(),
  uint16: () => new Uint16(),
  uint: () => new Uint32(),
  uint32: () => new Uint32(),
  ubigint: () => new Uint64(),
  uint64: () => new Uint64(),
  float: () => new Float32(),
  float32: () => new Float32(),
  double: () => new Float64(),
  float64: () => new Float64(),
  string: () => new Utf8(),
  utf8: () => new Utf8(),
  text: () => new Utf8(),
  varchar: () => new Utf8(),
  date: () => new DateDay(),
  timestamp: () => new TimestampMicrosecond(),
  'timestamp(s)': () => new TimestampSecond(),
  'timestamp(ms)': () => new TimestampMillisecond(),
  'timestamp(us)': () => new TimestampMicrosecond(),
  'timestamp(ns)': () => new TimestampNanosecond(),
};

/** The type with a name such as `double`, `int`, `string`, `decimal(10,2)`. @throws CoppiceError `PARAM_INVALID` */
export function typeFromName(name: string, owner: string): DataType {
  const key = name.trim().toLowerCase();
  const make = Object.hasOwn(namedTypes, key) ? namedTypes[key] : undefined;
  if (make !== undefined) return make();
  const decimal = /^decimal\((\d{1,2}), ?(\d{1,2})\)$/.exec(key);
  const precision = Number(decimal?.[1]);
  const scale = Number(decimal?.[2]);
  if (decimal !== null && precision >= 1 && precision <= 38 && scale <= precision) {
    return new Decimal(scale, precision, 128);
  }
  const width = Number(/^vector[([](\d{1,6})[)\]]$/.exec(key)?.[1] ?? 0);
  if (width > 0) return new FixedSizeList(width, new Field('item', new Float64(), false));
  const known =
    'boolean, tinyint to bigint, float, double, decimal(p,s), string, date, timestamp or vector(n)';
  const message = `type of ${owner} must be ${known}; got ${JSON.stringify(name)}`;
  throw new CoppiceError('PARAM_INVALID', message);
}
