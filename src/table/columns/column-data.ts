/** Builds Arrow's Data, fields and batches out of buffers that are ready; nothing is copied here. */
import { Data, type DataType, Field, RecordBatch, Schema, Struct, type Vector } from 'apache-arrow';
import type { TypedArray } from './shared-buffer.ts';

/** The buffers of a Data under arrow's positions: offsets, values, validity. */
export interface ColumnBuffers {
  /** −1 when it must be counted, 0 by default. */
  readonly nullCount?: number;
  readonly valueOffsets?: Int32Array | undefined;
  readonly values?: TypedArray | undefined;
  readonly nullBitmap?: Uint8Array | undefined;
}

/** A Data of the given buffers that starts at row 0. */
export function columnData(
  type: DataType,
  length: number,
  buffers: ColumnBuffers,
  parts: { readonly children?: readonly Data[]; readonly dictionary?: Vector } = {},
): Data {
  const { nullCount = 0, valueOffsets, values, nullBitmap } = buffers;
  const positions = { 0: valueOffsets, 1: values, 2: nullBitmap } as never;
  return new Data(
    type,
    0,
    length,
    nullCount,
    positions,
    [...(parts.children ?? [])],
    parts.dictionary,
  );
}

/** The field with the type that its column has. */
export function withType(field: Field, data: Data): Field {
  return new Field(field.name, data.type, field.nullable, field.metadata);
}

/** A batch of columns that have its length already; the row count holds also without columns. */
export function makeBatch(schema: Schema, children: readonly Data[], numRows: number): RecordBatch {
  const type = new Struct(schema.fields);
  const data = new Data(type, 0, numRows, 0, undefined, [...children]);
  const isEven = children.every(({ length }) => length === numRows);
  if (children.length !== schema.fields.length || !isEven) return new RecordBatch(schema, data);
  // Arrow merges the schema with itself, each column with all others: of thousands that takes a second
  const settled = new Schema(schema.fields, schema.metadata, schema.dictionaries);
  settled.assign = () => schema as never;
  return new RecordBatch(settled, data);
}
