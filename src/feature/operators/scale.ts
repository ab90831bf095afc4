/**
 * (value − shift) · factor + offset: the operator of the scalers. Works on a column of numbers, on the
 * elements of a vector column and on the numeric children of a struct.
 */
import { DataType, type RecordBatch, type Vector } from 'apache-arrow';
import { columnOf, numericKind, roundedValues } from '../../table/columns/column-values.ts';
import {
  fixedSizeListColumn,
  float64Column,
  structColumn,
} from '../../table/columns/make-column.ts';
import { type ColumnOperator, mapColumns } from './map-columns.ts';

/** What the operator is told. */
export interface ScaleSpec extends ColumnOperator {
  /** For each pair: the numbers of its parts, in the order of {@link scaledParts}. */
  readonly shifts: readonly Float64Array[];
  readonly factors: readonly Float64Array[];
  readonly offsets: readonly Float64Array[];
}

/** The paths of the numeric parts of a column: itself, its elements, or its numeric children. */
export function scaledParts(name: string, type: DataType): string[][] {
  if (DataType.isFixedSizeList(type)) {
    return Array.from({ length: type.listSize }, (_, index) => [name, String(index)]);
  }
  if (!DataType.isStruct(type)) return [[name]];
  return type.children
    .filter((child) => isScaled(child.type as DataType))
    .map((child) => [name, child.name]);
}

/** Is a child of a struct scaled? Text and dictionaries are left as they are. */
export function isScaled(type: DataType): boolean {
  return numericKind(type) !== null && !DataType.isDictionary(type);
}

/** Adds the scaled columns of one batch. */
export function scale(spec: ScaleSpec, batch: RecordBatch): RecordBatch {
  return mapColumns(batch, spec.pairs, (input, pair, index) => {
    const shifts = spec.shifts[index] as Float64Array;
    const factors = spec.factors[index] as Float64Array;
    const offsets = spec.offsets[index] as Float64Array;
    const type = input.type as DataType;
    const scaled = (path: readonly string[], part: number): Float64Array => {
      const values = roundedValues(columnOf(batch, path), path.join('.'));
      const shift = shifts[part] as number;
      const factor = factors[part] as number;
      const offset = offsets[part] as number;
      for (let row = 0; row < values.length; row++) {
        values[row] = ((values[row] as number) - shift) * factor + offset;
      }
      return values;
    };
    const parts = scaledParts(pair.input, type).map(scaled);
    return { column: columnOfParts(batch, pair.input, parts) };
  });
}

/** A column in the shape of the one whose parts these are: numbers, vectors, or a struct with its other children. */
export function columnOfParts(
  batch: RecordBatch,
  name: string,
  parts: readonly Float64Array[],
): Vector {
  const type = columnOf(batch, [name]).type as DataType;
  if (DataType.isFixedSizeList(type)) return interleaved(parts, batch.numRows);
  if (!DataType.isStruct(type)) return float64Column(parts[0] as Float64Array);
  let part = 0;
  const columns = type.children.map((child) => {
    const column = isScaled(child.type as DataType)
      ? float64Column(parts[part++] as Float64Array)
      : columnOf(batch, [name, child.name]);
    return [child.name, column] as const;
  });
  return structColumn(columns, batch.numRows);
}

function interleaved(columns: readonly Float64Array[], numRows: number): Vector {
  const width = columns.length;
  const values = new Float64Array(width * numRows);
  for (const [element, column] of columns.entries()) {
    for (let row = 0; row < numRows; row++) values[row * width + element] = column[row] as number;
  }
  return fixedSizeListColumn(values, width);
}
