/**
 * The parts of a vector column (the children of a struct, the elements of a list of fixed size), and a column of
 * some of them: what VectorSlicer and the selectors give. A struct's children are passed on without a copy.
 */
import {
  Schema as ArrowSchema,
  type DataType,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  type Schema,
  Struct,
  DataType as Type,
} from 'apache-arrow';
import {
  columnNotFoundError,
  columnTypeError,
  refuseExistingColumn,
} from '../../pipeline/check-schema.ts';
import { numericKind } from '../../table/columns/column-values.ts';
import { type FeatureColumn, featureColumns } from '../../table/columns/feature-columns.ts';
import { findField } from '../../table/columns/find-column.ts';
import { isPlanned, plannedAs } from '../../table/columns/planned-field.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { AssembleSpec } from '../operators/assemble.ts';
import type { SliceVectorSpec } from '../operators/slice-vector.ts';
import '../worker-operators.ts';

/** A vector column, and the column that is made of its parts. */
export interface SlicedColumn {
  /** The stage, for errors. */
  readonly owner: string;
  /** The parameter that names the input, for errors. */
  readonly param: string;
  readonly input: string;
  readonly output: string;
}

/**
 * The parts of a vector column, in order.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`
 */
export function vectorParts(column: SlicedColumn, schema: Schema): FeatureColumn[] {
  const field = vectorField(column, schema);
  return featureColumns(new ArrowSchema([field]), { featuresCol: column.input });
}

/** The schema with the sliced column; every part by default. */
export function slicedSchema(
  column: SlicedColumn,
  schema: Schema,
  selected?: readonly number[],
): Schema {
  refuseExistingColumn(column.owner, 'outputCol', column.output, schema);
  const field = vectorField(column, schema);
  const type = isPlanned(field) ? new Struct([]) : slicedType(field.type as DataType, selected);
  const output = plannedAs([field], new Field(column.output, type, true));
  return new ArrowSchema([...schema.fields, output], schema.metadata);
}

/** The table with the sliced column, lazily. */
export function slicedTable(
  column: SlicedColumn,
  table: PartitionedTable,
  selected: readonly number[],
): PartitionedTable {
  const { owner, input, output } = column;
  const schema = slicedSchema(column, table.schema, selected);
  const common = { reads: [input], writes: [output] };
  if (!Type.isStruct(vectorField(column, table.schema).type)) {
    const spec: SliceVectorSpec = { input, output, elements: selected };
    return table.withOperator({ kind: 'feature.sliceVector', ...common, spec }, schema);
  }
  const all = vectorParts(column, table.schema);
  const parts = selected.map((index) => all[index] as FeatureColumn);
  const spec: AssembleSpec = {
    owner,
    output,
    handleInvalid: 'keep',
    parts: parts.map(({ name, path }) => ({ name, path })),
  };
  const sources = Object.fromEntries(parts.map(({ name }) => [name, [input]]));
  const operator = { kind: 'feature.assemble', ...common, parts: { [output]: sources }, spec };
  return table.withOperator(operator, schema);
}

function vectorField({ owner, param, input }: SlicedColumn, schema: Schema): Field {
  const field = findField(schema, input);
  if (field === undefined) {
    const remedy = '; VectorAssembler puts columns into one';
    throw columnNotFoundError({ owner, param, column: input, remedy }, schema);
  }
  const type = field.type as DataType;
  const isList = Type.isFixedSizeList(type) && numericKind(type.valueType as DataType) !== null;
  if (isList || Type.isStruct(type) || isPlanned(field)) return field;
  throw columnTypeError(owner, param, field, 'a struct, or a list of fixed size of numbers');
}

function slicedType(type: DataType, selected: readonly number[] | undefined): DataType {
  if (Type.isStruct(type)) {
    const children = type.children as Field[];
    const kept = selected?.map((index) => children[index] as Field) ?? children;
    return new Struct(kept.map((child) => new Field(child.name, child.type, true)));
  }
  const list = type as FixedSizeList;
  const item = numericKind(list.valueType as DataType) === 'f32' ? new Float32() : new Float64();
  return new FixedSizeList(selected?.length ?? list.listSize, new Field('item', item, true));
}
