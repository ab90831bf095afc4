/** Some elements of a column of vectors as another one: the operator of VectorSlicer for lists of fixed size. */
import { type DataType, Field, type FixedSizeList, type RecordBatch } from 'apache-arrow';
import { columnOf, numericKind, roundedValues } from '../../table/columns/column-values.ts';
import { fixedSizeListColumn, withColumns } from '../../table/columns/make-column.ts';

/** What the operator is told. */
export interface SliceVectorSpec {
  readonly input: string;
  readonly output: string;
  /** Positions in the vector, in the order of the output. */
  readonly elements: readonly number[];
}

/** Adds the sliced column to one batch; a missing vector stays missing, a missing element becomes NaN. */
export function sliceVector(spec: SliceVectorSpec, batch: RecordBatch): RecordBatch {
  const { input, output, elements } = spec;
  const vector = columnOf(batch, [input]);
  const { numRows } = batch;
  const item = (vector.type as FixedSizeList).valueType as DataType;
  const width = elements.length;
  const values =
    numericKind(item) === 'f32'
      ? new Float32Array(width * numRows)
      : new Float64Array(width * numRows);
  for (const [at, element] of elements.entries()) {
    const path = [input, String(element)];
    const column = roundedValues(columnOf(batch, path), path.join('.'));
    for (let row = 0; row < numRows; row++) values[row * width + at] = column[row] as number;
  }
  const valid =
    vector.nullCount === 0
      ? undefined
      : Uint8Array.from({ length: numRows }, (_, row) => (vector.isValid(row) ? 1 : 0));
  const sliced = fixedSizeListColumn(values, width, valid);
  return withColumns(batch, [[new Field(output, sliced.type, true), sliced]]);
}
