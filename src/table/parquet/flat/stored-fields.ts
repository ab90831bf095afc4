/**
 * The fields of the Arrow schema that a Parquet file stores beside its own: an IPC message in base64. Only names,
 * plain types and metadata are read, each access checked; a field of another type has none.
 *
 * Fields: https://github.com/apache/arrow/blob/main/format/Schema.fbs
 */
import { Precision, Type } from 'apache-arrow';
import { FlatTable } from '../../arrow-ipc/flatbuffer.ts';
import type { TypeRecord } from '../../schema-record.ts';

/** A field of a stored schema. */
export interface StoredField {
  readonly name: string;
  /** Text in the layout that it had. */
  readonly type: TypeRecord | null;
  readonly metadata: ReadonlyMap<string, string>;
}

const headerOfSchema = 1;
const typeIds = { int: 2, float: 3 } as const;
/** Arrow's type by the number that the schema has for a layout of text. */
const textLayouts = new Map<number, number>([
  [5, Type.Utf8],
  [20, Type.LargeUtf8],
  [24, Type.Utf8View],
]);

/** @throws RangeError where the message is broken */
export function readStoredFields(base64: string): readonly StoredField[] {
  const framed = Uint8Array.from(Buffer.from(base64, 'base64'));
  // the mark of a message and its length; files of old writers leave the mark out
  const isMarked = new DataView(framed.buffer).getInt32(0, true) === -1;
  const message = FlatTable.root(framed.subarray(isMarked ? 8 : 4));
  const schema = message.table(2);
  if (message.byte(1) !== headerOfSchema || schema === undefined) {
    throw new RangeError('the message is not a schema');
  }
  return tables(schema, 1).map((field) => ({
    name: text(field, 0),
    type: typeOf(field),
    metadata: new Map(tables(field, 6).map((pair) => [text(pair, 0), text(pair, 1)])),
  }));
}

function typeOf(field: FlatTable): TypeRecord | null {
  // of a dictionary, or with fields inside
  if (field.target(4) !== undefined || tables(field, 5).length > 0) return null;
  const type = field.table(3);
  const id = field.byte(2);
  const layout = textLayouts.get(id);
  if (layout !== undefined) return { typeId: layout };
  if (id === typeIds.float && type !== undefined) {
    const precision = type.short(0);
    if (precision === 0) return null;
    const known = precision === 1 ? Precision.SINGLE : Precision.DOUBLE;
    return { typeId: Type.Float, precision: known };
  }
  if (id !== typeIds.int || type === undefined) return null;
  const width = type.placeOf(0);
  const bits = width === 0 ? 0 : type.view.getInt32(width, true);
  const isSigned = type.byte(1) === 1;
  const isKnown = (isSigned ? [8, 16, 32, 64] : [8, 16]).includes(bits);
  return isKnown ? { typeId: Type.Int, bitWidth: bits, isSigned } : null;
}

/** The tables of a vector of such. */
function tables(table: FlatTable, field: number): FlatTable[] {
  const { view } = table;
  return table
    .structs(field, 4)
    .map((place) => new FlatTable(view, place + view.getUint32(place, true)));
}

function text(table: FlatTable, field: number): string {
  const places = table.structs(field, 1);
  const { buffer, byteOffset } = table.view;
  return Buffer.from(buffer, byteOffset + (places[0] ?? 0), places.length).toString('utf8');
}
