/**
 * The Arrow schema of a Parquet file of flat columns, from its footer: what the decoder would say, without it. Null
 * where a column is nested or of a type that only the decoder reads.
 */
import {
  DataType,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  Uint8,
  Uint16,
  Utf8,
} from 'apache-arrow';
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
const types = new Map<string, () => DataType>([
  [`${physical.int32}/-1`, () => new Int32()],
  [`${physical.int32}/17`, () => new Int32()],
  [`${physical.int32}/16`, () => new Int16()],
  [`${physical.int32}/15`, () => new Int8()],
  [`${physical.int32}/12`, () => new Uint16()],
  [`${physical.int32}/11`, () => new Uint8()],
  [`${physical.int64}/-1`, () => new Int64()],
  [`${physical.int64}/18`, () => new Int64()],
  [`${physical.float}/-1`, () => new Float32()],
  [`${physical.double}/-1`, () => new Float64()],
  [`${physical.bytes}/0`, () => new Utf8()],
]);

/** The columns by name, in the file's order; null where the file has others. */
export function flatColumns(footer: ParquetFooter): ReadonlyMap<string, FlatColumn> | null {
  const [, ...elements] = listField(footer, fileFields.schema) as ThriftStruct[];
  const given = storedFields(footer);
  if (given !== null && given.length !== elements.length) return null;
  const columns = new Map<string, FlatColumn>();
  for (const [i, element] of elements.entries()) {
    const column = flatColumn(element, given?.[i]);
    if (column === null || columns.has(column.field.name)) return null;
    columns.set(column.field.name, column);
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
  const type = types.get(`${number(fields.physical)}/${converted}`)?.();
  if (type === undefined) return null;
  const isText = DataType.isUtf8(type);
  const width = DataType.isInt(type) || DataType.isFloat(type) ? wordsOf(type) : 1;
  if (given === undefined) return { field: new Field(name, type, isOptional), isText, width };
  if (given.name !== name || given.type === null || !isSame(given.type, type)) return null;
  const field = new Field(name, given.type, isOptional, new Map(given.metadata));
  return { field, isText, width };
}

function wordsOf(type: DataType): 1 | 2 {
  return type instanceof Int64 || type instanceof Float64 ? 2 : 1;
}

function isSame(given: DataType, type: DataType): boolean {
  if (DataType.isUtf8(type)) {
    return DataType.isUtf8(given) || DataType.isLargeUtf8(given) || DataType.isUtf8View(given);
  }
  return String(given) === String(type);
}

/** The fields of the Arrow schema that the file stores; null where it has none. */
function storedFields(footer: ParquetFooter): readonly StoredField[] | null {
  const pairs = listField(footer, fileFields.keyValues) as ThriftStruct[];
  const pair = pairs.find((each) => textOf(each.get(1)?.value) === arrowSchemaKey);
  return pair === undefined ? null : readStoredFields(textOf(pair.get(2)?.value));
}
