/**
 * The columns of a Parquet file of flat ones, from its footer, as plain data: what the decoder would say, without it and
 * without Arrow. Null where a column is nested or of a type that only the decoder reads.
 */
import { type DataType, Field, LargeUtf8, Precision, Type, Utf8View } from 'apache-arrow';
import { type FieldRecord, type TypeRecord, typeFromRecord } from '../../schema-record.ts';
import {
  arrowSchemaKey,
  elementFields,
  fileFields,
  listField,
  type ParquetFooter,
  textOf,
} from '../footer.ts';
import { numberIn, type ThriftStruct } from '../thrift.ts';
import { readStoredFields, type StoredField } from './stored-fields.ts';

/** A column of a file and how its values are stored. */
export interface FlatColumn {
  /** The column as a table has it. */
  readonly record: FieldRecord;
  /** The same as the file's schema has it; made when somebody asks for it. */
  readonly field: Field;
  readonly isText: boolean;
  /** Words of 32 bits of a number. */
  readonly width: 1 | 2;
}

/** Field ids of SchemaElement, besides those of every reader. */
const fields = { physical: 1, repetition: 3, numChildren: 5, converted: 6, logical: 10 } as const;
const repetitions = { required: 0, optional: 1 } as const;
const physical = { int32: 1, int64: 2, float: 4, double: 5, bytes: 6 } as const;

/** Types by what the file says besides the physical type: ConvertedType, or −1. */
const types = new Map<string, TypeRecord>([
  [`${physical.int32}/-1`, integer(32)],
  [`${physical.int32}/17`, integer(32)],
  [`${physical.int32}/16`, integer(16)],
  [`${physical.int32}/15`, integer(8)],
  [`${physical.int32}/12`, integer(16, false)],
  [`${physical.int32}/11`, integer(8, false)],
  [`${physical.int64}/-1`, integer(64)],
  [`${physical.int64}/18`, integer(64)],
  [`${physical.float}/-1`, { typeId: Type.Float, precision: Precision.SINGLE }],
  [`${physical.double}/-1`, { typeId: Type.Float, precision: Precision.DOUBLE }],
  [`${physical.bytes}/0`, { typeId: Type.Utf8 }],
]);

function integer(bitWidth: number, isSigned = true): TypeRecord {
  return { typeId: Type.Int, bitWidth, isSigned };
}

/** The columns by name, in the file's order; null where the file has others. */
export function flatColumns(footer: ParquetFooter): ReadonlyMap<string, FlatColumn> | null {
  const [, ...elements] = listField(footer, fileFields.schema) as ThriftStruct[];
  const given = storedFields(footer);
  if (given !== null && given.length !== elements.length) return null;
  const columns = new Map<string, FlatColumn>();
  for (const [i, element] of elements.entries()) {
    const column = flatColumn(element, given?.[i]);
    if (column === null || columns.has(column.record.name)) return null;
    columns.set(column.record.name, column);
  }
  return columns;
}

function flatColumn(element: ThriftStruct, given: StoredField | undefined): FlatColumn | null {
  const number = (id: number): number => numberIn(element, id);
  const name = textOf(element.get(elementFields.name)?.value);
  const repetition = number(fields.repetition);
  const isOptional = repetition === repetitions.optional;
  if (number(fields.numChildren) > 0) return null;
  if (!isOptional && repetition !== repetitions.required) return null;
  const converted = number(fields.converted);
  // types that have no older name beside the logical one
  if (converted < 0 && element.has(fields.logical)) return null;
  const type = types.get(`${number(fields.physical)}/${converted}`);
  if (type === undefined) return null;
  const plain = { name, nullable: isOptional, metadata: [], type };
  if (given === undefined) return columnOf(plain, type);
  if (given.name !== name || given.type === null || !isSame(given.type, type)) return null;
  return columnOf({ ...plain, metadata: [...given.metadata] }, given.type);
}

/** @param stored its type in the layout that the file's schema names */
function columnOf(record: FieldRecord, stored: TypeRecord): FlatColumn {
  const { name, nullable, metadata } = record;
  const { typeId, bitWidth, precision } = record.type;
  let made: Field | undefined;
  return {
    record,
    get field() {
      made ??= new Field(name, arrowType(stored), nullable, new Map(metadata));
      return made;
    },
    isText: typeId === Type.Utf8,
    width: bitWidth === 64 || precision === Precision.DOUBLE ? 2 : 1,
  };
}

function isSame(given: TypeRecord, type: TypeRecord): boolean {
  if (type.typeId === Type.Utf8) {
    return [Type.Utf8, Type.LargeUtf8, Type.Utf8View].some((layout) => layout === given.typeId);
  }
  return JSON.stringify(given) === JSON.stringify(type);
}

function arrowType(stored: TypeRecord): DataType {
  if (stored.typeId === Type.LargeUtf8) return new LargeUtf8();
  return stored.typeId === Type.Utf8View ? new Utf8View() : typeFromRecord(stored);
}

/** The fields of the Arrow schema that the file stores; null where it has none. */
function storedFields(footer: ParquetFooter): readonly StoredField[] | null {
  const pairs = listField(footer, fileFields.keyValues) as ThriftStruct[];
  const pair = pairs.find((each) => textOf(each.get(1)?.value) === arrowSchemaKey);
  return pair === undefined ? null : readStoredFields(textOf(pair.get(2)?.value));
}
