/**
 * How a schema crosses a thread: Arrow's Schema, Field and DataType objects lose their classes in a
 * structured clone, so they travel as plain records.
 *
 * A Dictionary type gets a fresh id on arrival: ids are counters of one thread and would collide.
 */
import {
  Binary,
  Bool,
  DataType,
  Date_,
  type DateUnit,
  Decimal,
  Dictionary,
  Duration,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float,
  Int,
  Interval,
  type IntervalUnit,
  List,
  Map_,
  Null,
  type Precision,
  Schema,
  Struct,
  Time,
  Timestamp,
  type TimeUnit,
  Type,
  Utf8,
} from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { typeName } from './columns/type-name.ts';

/** A field as plain data. */
export interface FieldRecord {
  readonly name: string;
  readonly nullable: boolean;
  readonly metadata: readonly (readonly [string, string])[];
  readonly type: TypeRecord;
}

/** A data type as plain data: Arrow's type id and what that type needs besides. */
export interface TypeRecord {
  readonly typeId: number;
  readonly unit?: number;
  readonly bitWidth?: number;
  readonly isSigned?: boolean;
  readonly precision?: number;
  readonly scale?: number;
  readonly size?: number;
  readonly timezone?: string;
  readonly ordered?: boolean;
  readonly children?: readonly FieldRecord[];
  readonly dictionary?: TypeRecord;
  readonly indices?: TypeRecord;
}

/** A schema as plain data. */
export interface SchemaRecord {
  readonly fields: readonly FieldRecord[];
  readonly metadata: readonly (readonly [string, string])[];
}

/** The plain record of a schema. */
export function schemaToRecord(schema: Schema): SchemaRecord {
  return { fields: schema.fields.map(fieldToRecord), metadata: [...schema.metadata] };
}

/** The schema of a plain record. */
export function schemaFromRecord(record: SchemaRecord): Schema {
  return new Schema(record.fields.map(fieldFromRecord), new Map(record.metadata));
}

/** Records of fields without metadata, which nothing changes: the tables of a chain of verbs share their fields. */
const made = new WeakMap<Field, FieldRecord>();

/** The plain record of a field. */
export function fieldToRecord(field: Field): FieldRecord {
  const isPlain = field.metadata.size === 0;
  const known = isPlain ? made.get(field) : undefined;
  if (known !== undefined) return known;
  const { name, nullable } = field;
  const record = { name, nullable, metadata: [...field.metadata], type: typeToRecord(field.type) };
  if (isPlain) made.set(field, record);
  return record;
}

/** The field of a plain record. */
export function fieldFromRecord(record: FieldRecord): Field {
  const type = typeFromRecord(record.type);
  return new Field(record.name, type, record.nullable, new Map(record.metadata));
}

/** The plain record of a type. @throws CoppiceError `UNSUPPORTED` for unions and views */
export function typeToRecord(type: DataType): TypeRecord {
  const typeId = type.typeId;
  const children = (type.children ?? []).map(fieldToRecord);
  if (DataType.isInt(type)) return { typeId, bitWidth: type.bitWidth, isSigned: type.isSigned };
  if (DataType.isFloat(type)) return { typeId, precision: type.precision };
  if (DataType.isDecimal(type)) {
    return { typeId, scale: type.scale, precision: type.precision, bitWidth: type.bitWidth };
  }
  if (DataType.isTimestamp(type)) {
    const timezone = type.timezone ?? '';
    return timezone === '' ? { typeId, unit: type.unit } : { typeId, unit: type.unit, timezone };
  }
  if (DataType.isTime(type)) return { typeId, unit: type.unit, bitWidth: type.bitWidth };
  if (DataType.isDate(type) || DataType.isDuration(type) || DataType.isInterval(type)) {
    return { typeId, unit: type.unit };
  }
  if (DataType.isFixedSizeBinary(type)) return { typeId, size: type.byteWidth };
  if (DataType.isFixedSizeList(type)) return { typeId, size: type.listSize, children };
  if (DataType.isList(type) || DataType.isStruct(type)) return { typeId, children };
  if (DataType.isMap(type)) return { typeId, ordered: type.keysSorted, children };
  if (DataType.isDictionary(type)) {
    const dictionary = typeToRecord(type.dictionary as DataType);
    return { typeId, ordered: type.isOrdered, dictionary, indices: typeToRecord(type.indices) };
  }
  if (isSimple(typeId)) return { typeId };
  throw unsupportedType(type);
}

/** The type of a plain record. */
export function typeFromRecord(record: TypeRecord): DataType {
  const { bitWidth = 0, unit = 0, size = 0 } = record;
  const children = (record.children ?? []).map(fieldFromRecord);
  switch (record.typeId as Type) {
    case Type.Null:
      return new Null();
    case Type.Int:
      return new Int(record.isSigned === true, bitWidth as never) as DataType;
    case Type.Float:
      return new Float(record.precision as Precision);
    case Type.Decimal:
      return new Decimal(record.scale ?? 0, record.precision ?? 0, bitWidth);
    case Type.Timestamp:
      return new Timestamp(unit as TimeUnit, record.timezone ?? null) as DataType;
    case Type.Time:
      return new Time(unit as never, bitWidth as never) as DataType;
    case Type.Date:
      return new Date_(unit as DateUnit);
    case Type.Duration:
      return new Duration(unit as TimeUnit);
    case Type.Interval:
      return new Interval(unit as IntervalUnit);
    case Type.FixedSizeBinary:
      return new FixedSizeBinary(size);
    case Type.FixedSizeList:
      return new FixedSizeList(size, children[0] as Field);
    case Type.List:
      return new List(children[0] as Field);
    case Type.Map:
      return new Map_(children[0] as never, record.ordered === true);
    case Type.Struct:
      return new Struct(children);
    case Type.Dictionary:
      return new Dictionary(
        typeFromRecord(record.dictionary as TypeRecord),
        typeFromRecord(record.indices as TypeRecord) as never,
        null,
        record.ordered === true,
      );
    case Type.Bool:
      return new Bool();
    case Type.Utf8:
      return new Utf8();
    default:
      return new Binary();
  }
}

/** Types that say everything by their number. */
function isSimple(typeId: number): boolean {
  return [Type.Null, Type.Bool, Type.Utf8, Type.Binary].some((simple) => simple === typeId);
}

function unsupportedType(type: DataType): CoppiceError {
  return new CoppiceError(
    'UNSUPPORTED',
    `the type of a column must be one that tables can hold; got ${typeName(type)}`,
  );
}
