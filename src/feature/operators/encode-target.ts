/** Puts the encodings of categories in their place: the operator of TargetEncoder. */
import type { RecordBatch, Vector } from 'apache-arrow';
import { columnOf, encodeCategories, numericValues } from '../../table/columns/column-values.ts';
import { float64Column, structColumn } from '../../table/columns/make-column.ts';
import { type SharedStrings, stringTable } from '../categories/shared-strings.ts';
import { invalidValue } from '../handle-invalid.ts';
import { type ColumnOperator, mapColumns } from './map-columns.ts';

/** What the operator is told. */
export interface EncodeTargetSpec extends ColumnOperator {
  /** The categories of each pair. */
  readonly categories: readonly SharedStrings[];
  /** Of each pair: float64[(categories + 2) · targets], a list for each fold where rows are encoded by fold. */
  readonly encodings: readonly (readonly Float64Array[])[];
  /** The names of a struct's children; null for one column of numbers. */
  readonly classes: readonly string[] | null;
  /** The column of fold numbers; null where all rows are encoded alike. */
  readonly foldCol: string | null;
}

/** Adds the encoded columns of one batch; NaN where a fold has nothing to learn from. */
export function encodeTarget(
  spec: EncodeTargetSpec,
  batch: RecordBatch,
  partition: number,
): RecordBatch {
  const { owner, handleInvalid, classes, foldCol } = spec;
  const folds = foldCol === null ? null : numericValues(columnOf(batch, [foldCol]));
  return mapColumns(batch, spec.pairs, (input, pair, index) => {
    const { values, positions } = stringTable(spec.categories[index] as SharedStrings);
    const { rows, names, codes } = encodingRows(input, positions, values.length);
    const unseen = rows.indexOf(values.length + 1);
    if (unseen >= 0 && handleInvalid === 'error') {
      const where = { owner, column: pair.input, row: unseen, partition };
      const got = JSON.stringify(names[codes[unseen] as number]);
      throw invalidValue('CATEGORY_UNSEEN', where, 'values seen at fit', got);
    }
    const tables = spec.encodings[index] as readonly Float64Array[];
    const width = classes?.length ?? 1;
    const columnAt = (target: number): Vector => {
      const encoded = new Float64Array(batch.numRows);
      for (let row = 0; row < encoded.length; row++) {
        const table = tables[folds === null ? 0 : (folds[row] as number)];
        encoded[row] = table?.[(rows[row] as number) * width + target] ?? Number.NaN;
      }
      return float64Column(encoded);
    };
    if (classes === null) return { column: columnAt(0) };
    const children = classes.map((name, target) => [name, columnAt(target)] as const);
    return { column: structColumn(children, batch.numRows) };
  });
}

/** The row of each value in the tables of encodings. */
function encodingRows(
  input: Vector,
  positions: ReadonlyMap<string, number>,
  numCategories: number,
): { rows: Int32Array; names: readonly string[]; codes: Int32Array } {
  const codes = new Int32Array(input.length);
  const names = encodeCategories(input, codes, 0);
  const places = names.map((name) => positions.get(name) ?? numCategories + 1);
  const rows = codes.map((code) => (code < 0 ? numCategories : (places[code] as number)));
  return { rows, names, codes };
}
