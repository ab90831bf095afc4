/**
 * Lets the stages of a pipeline read numbers in the width of the fit. A float32 column has rounded its values before a
 * stage learned from them, so a row's are rounded too (row-scorer.ts), and so are those of a table that has them in
 * float64; numbers of a float64 column are not rounded by what a stage does to float32. Each such column is laid aside
 * under a free name and is itself again behind the last stage.
 */
import {
  type Data,
  DataType,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Precision,
  Schema,
  Struct,
  Vector,
} from 'apache-arrow';
import { bitmapOfMask, maskOfValidity } from '../table/columns/bitmap.ts';
import { columnData } from '../table/columns/column-data.ts';
import { columnOf, fillRounded } from '../table/columns/column-values.ts';
import { findField } from '../table/columns/find-column.ts';
import { fixedWidthColumn, withColumns } from '../table/columns/make-column.ts';
import { sameType } from '../table/columns/type-name.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { registerOperator } from '../table/plan/operators.ts';
import type { OperatorSpec } from '../table/plan/partition-spec.ts';
import { type FieldRecord, fieldFromRecord, fieldToRecord } from '../table/schema-record.ts';
import { typeFamily } from './check-schema.ts';
import { type LogicalField, type LogicalSchema, logicalType } from './logical-schema.ts';
import { isSingle } from './row-reader.ts';

/** Columns of another width than at the fit. */
export interface OtherWidths {
  /** By their names, those under which they are laid aside. */
  readonly aside: ReadonlyMap<string, string>;
  /** How the stages see them. */
  readonly fields: readonly Field[];
}

/** The columns of a table whose numbers have another width than at the fit; null for none. */
export function otherWidths(fitted: LogicalSchema, schema: Schema): OtherWidths | null {
  const fields = fitted.flatMap((wanted) => {
    const found = findField(schema, wanted.name);
    const type = found === undefined ? null : fittedType(wanted, found.type as DataType);
    return type === null ? [] : [new Field(wanted.name, type, true)];
  });
  if (fields.length === 0) return null;
  const names = new Set(schema.fields.map(({ name }) => name));
  const aside = fields.map(({ name }) => {
    let free = `${name} as given`;
    while (names.has(free)) free += ' ';
    names.add(free);
    return [name, free] as const;
  });
  return { aside: new Map(aside), fields };
}

/** The schema that the first stage sees. */
export function fittedSchema(schema: Schema, { aside, fields }: OtherWidths): Schema {
  const laid = schema.fields.map((field) =>
    field.clone({ name: aside.get(field.name) ?? field.name }),
  );
  return new Schema([...laid, ...fields], schema.metadata);
}

/** The schema behind the last stage with the columns as they were given. */
export function givenSchema(schema: Schema, { aside }: OtherWidths): Schema {
  const names = new Map([...aside].map(([name, free]) => [free, name]));
  const kept = schema.fields.filter(({ name }) => !aside.has(name));
  const fields = kept.map((field) => field.clone({ name: names.get(field.name) ?? field.name }));
  return new Schema(fields, schema.metadata);
}

/** The table that the first stage sees. */
export function withFittedWidths(table: PartitionedTable, widths: OtherWidths): PartitionedTable {
  const { aside, fields } = widths;
  const renamed = table.rename(Object.fromEntries(aside));
  const from = fields.map(({ name }) => aside.get(name) as string);
  const writes = fields.map(({ name }) => name);
  const spec = { kind: 'pipeline.widths', reads: from, writes, isQuick: true };
  return renamed.withOperator(
    { ...spec, from, fields: fields.map(fieldToRecord) },
    fittedSchema(table.schema, widths),
  );
}

/** The table behind the last stage with the columns as they were given. */
export function withGivenWidths(table: PartitionedTable, { aside }: OtherWidths): PartitionedTable {
  const back = [...aside].map(([name, free]) => [free, name]);
  return table.drop(...aside.keys()).rename(Object.fromEntries(back));
}

/** The type of the fit, of a column or a part of one; null for one that needs no other. */
function fittedType(wanted: LogicalField, found: DataType): DataType | null {
  if (DataType.isStruct(found) || DataType.isFixedSizeList(found)) {
    const isList = DataType.isFixedSizeList(found);
    const children = found.children.map((child: Field, i: number) => {
      const own = wanted.children?.find(({ name }, at) =>
        isList ? at === i : name === child.name,
      );
      return own === undefined ? null : fittedType(own, child.type as DataType);
    });
    if (children.every((type) => type === null)) return null;
    const fields = found.children.map(
      (child: Field, i: number) => new Field(child.name, children[i] ?? child.type, true),
    );
    return isList ? new FixedSizeList(found.listSize, fields[0] as Field) : new Struct(fields);
  }
  const type = logicalType(found);
  const [isNumber, wasNumber] = [type, wanted.type].map(
    (each) => each !== 'boolean' && typeFamily(each) === 'number',
  );
  if (isSingle(wanted.type))
    return (isNumber || type === 'null') && !isSingle(type) ? new Float32() : null;
  // float64 of a row holds no integer beyond 2^53 either
  const isRounded = wanted.type === 'double' && /^u?bigint$/.test(type);
  return isRounded || (wasNumber && isSingle(type)) ? new Float64() : null;
}

interface WidthsSpec extends OperatorSpec {
  readonly from: readonly string[];
  readonly fields: readonly FieldRecord[];
}

registerOperator<WidthsSpec>('pipeline.widths', ({ from, fields }) => (batch, { wanted }) => {
  const made = fields.flatMap((record, i): [Field, Vector][] => {
    if (!wanted.has(record.name)) return [];
    const field = fieldFromRecord(record);
    const column = columnOf(batch, [from[i] as string]);
    return [[field, new Vector([inWidth(column.data[0] as Data, field.type as DataType)])]];
  });
  return withColumns(batch, made);
});

function inWidth(data: Data, type: DataType): Data {
  const { length } = data;
  const isNothing = DataType.isNull(data.type);
  const mask = data.nullCount > 0 ? maskOfValidity(data) : undefined;
  if (DataType.isStruct(type) || DataType.isFixedSizeList(type)) {
    const children = data.children.map((child, i) =>
      inWidth(child, (type.children[i] as Field).type as DataType),
    );
    const nullBitmap = mask === undefined ? undefined : bitmapOfMask(mask);
    return columnData(type, length, { nullCount: data.nullCount, nullBitmap }, { children });
  }
  if (!DataType.isFloat(type) || sameType(data.type, type)) return data;
  const isDouble = type.precision === Precision.DOUBLE;
  const values = isDouble ? new Float64Array(length) : new Float32Array(length);
  fillRounded(new Vector([data]), values, 0);
  const valid = isNothing ? new Uint8Array(length) : mask;
  return fixedWidthColumn(type, values, valid).data[0] as Data;
}
