/**
 * A table in which one part of every row is another: values of other rows (to see what a model loses without
 * them), or one value for all (to see what it would say then). A step of the table like any other, run in
 * the pool; the values lie in shared memory once.
 */
import { type Data, DataType, type Field, type RecordBatch, Vector } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { bitmapOfMask, maskOfValidity, validityOf } from '../../table/columns/bitmap.ts';
import { columnData } from '../../table/columns/column-data.ts';
import { columnOf, fillRounded } from '../../table/columns/column-values.ts';
import { structColumn, withColumns } from '../../table/columns/make-column.ts';
import {
  columnArray,
  type TypedArray,
  type TypedArrayConstructor,
} from '../../table/columns/shared-buffer.ts';
import { concatData } from '../../table/concat-rows.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { OperatorContext } from '../../table/plan/operators.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';
import { batchFromShared, type SharedBatch } from '../../table/plan/shared-batch.ts';
import { takeData } from '../../table/take-rows.ts';
import { schemaWithPart, type TablePart } from './table-parts.ts';

/** What the operator is told. */
export interface ReplaceSpec extends OperatorSpec {
  readonly kind: 'evaluation.replacePart';
  readonly path: readonly string[];
  /** A batch of one column: the values. */
  readonly values: SharedBatch;
  /** For each row of the table the row of `values` it gets; null gives the first to all. */
  readonly order: Uint32Array | null;
}

/** The table with the part replaced. */
export function withPart(
  table: PartitionedTable,
  part: TablePart,
  values: SharedBatch,
  order: Uint32Array | null,
): PartitionedTable {
  const column = part.path[0] as string;
  const spec: ReplaceSpec = {
    kind: 'evaluation.replacePart',
    reads: [column],
    writes: [column],
    usesPosition: order !== null,
    path: part.path,
    values,
    order,
  };
  const type = (batchFromShared(values).schema.fields[0] as Field).type as DataType;
  return table.withOperator(spec, schemaWithPart(table.schema, part, type));
}

/** The batch with the part replaced. */
export function replacePart(
  spec: ReplaceSpec,
  batch: RecordBatch,
  { firstRow }: OperatorContext,
): RecordBatch {
  const { order, path } = spec;
  if (order !== null && firstRow < 0) {
    throw new CoppiceError('INTERNAL', 'a shuffled column must know the position of its rows');
  }
  const rows =
    order === null
      ? new Uint32Array(batch.numRows)
      : order.subarray(firstRow, firstRow + batch.numRows);
  const source = batchFromShared(spec.values).data.children[0] as Data;
  const taken = takeData(source, rows);
  const [name, child] = path as readonly [string, string | undefined];
  const at = batch.schema.fields.findIndex((field) => field.name === name);
  const field = batch.schema.fields[at] as Field;
  const column = child === undefined ? new Vector([taken]) : within(batch, at, child, taken);
  return withColumns(batch, [[field, column]]);
}

function within(batch: RecordBatch, at: number, child: string, taken: Data): Vector {
  const outer = batch.data.children[at] as Data;
  const type = outer.type as DataType;
  if (DataType.isFixedSizeList(type)) return withElement(outer, Number(child), taken);
  const field = batch.schema.fields[at] as Field;
  const children = (type.children as readonly Field[]).map(({ name }) => {
    const column = name === child ? new Vector([taken]) : columnOf(batch, [field.name, name]);
    return [name, column] as const;
  });
  return structColumn(children, batch.numRows);
}

/** The vectors with one element of each replaced. */
function withElement(outer: Data, element: number, taken: Data): Vector {
  const whole = concatData(outer.type, [outer]);
  const item = whole.children[0] as Data;
  const width = (outer.type as DataType & { listSize: number }).listSize;
  const old = item.values as Float64Array;
  const values = columnArray(
    old.constructor as TypedArrayConstructor<TypedArray>,
    old.length,
  ) as Float64Array;
  values.set(old);
  const mask = maskOfValidity(item);
  const numbers = new Float64Array(taken.length);
  fillRounded(new Vector([taken]), numbers, 0);
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i] as number;
    const to = i * width + element;
    mask[to] = Number.isNaN(number) ? 0 : 1;
    values[to] = Number.isNaN(number) ? 0 : number;
  }
  const child = columnData(item.type, item.length, {
    values,
    nullCount: -1,
    nullBitmap: bitmapOfMask(mask),
  });
  const bits = validityOf(whole);
  const buffers = bits === null ? {} : { nullCount: -1, nullBitmap: bits };
  return new Vector([columnData(whole.type, whole.length, buffers, { children: [child] })]);
}
