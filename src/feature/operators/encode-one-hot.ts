/** Makes a column of zeros and ones for each category: the operator of OneHotEncoder. */
import { type RecordBatch, Uint8 } from 'apache-arrow';
import { encodeCategories } from '../../table/columns/column-values.ts';
import { fixedWidthColumn, structColumn } from '../../table/columns/make-column.ts';
import { type SharedStrings, stringTable } from '../categories/shared-strings.ts';
import { invalidValue } from '../handle-invalid.ts';
import { type ColumnOperator, mapColumns } from './map-columns.ts';

/** What the operator is told. */
export interface EncodeOneHotSpec extends ColumnOperator {
  /** The categories of each pair; with `keep`, the one for unknown values is the last. */
  readonly categories: readonly SharedStrings[];
  readonly dropLast: boolean;
  /** A missing value is of the category for unknown ones. */
  readonly missingIsUnknown: boolean;
}

/** Adds the struct columns of one batch. */
export function encodeOneHot(
  spec: EncodeOneHotSpec,
  batch: RecordBatch,
  partition: number,
): RecordBatch {
  const { owner, handleInvalid } = spec;
  return mapColumns(batch, spec.pairs, (input, pair, index) => {
    const { values, positions } = stringTable(spec.categories[index] as SharedStrings);
    const unknown = handleInvalid === 'keep' ? values.length - 1 : -1;
    const codes = new Int32Array(input.length);
    const names = encodeCategories(input, codes, 0);
    const fitted = Int32Array.from(names, (name) => positions.get(name) ?? unknown);
    const shown = values.slice(0, spec.dropLast ? -1 : undefined);
    const columns = shown.map(() => new Uint8Array(input.length));
    let valid: Uint8Array | undefined;
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row] as number;
      if (code < 0 && !spec.missingIsUnknown) {
        valid ??= new Uint8Array(codes.length).fill(1);
        valid[row] = 0;
        continue;
      }
      const position = code < 0 ? unknown : (fitted[code] as number);
      if (position < 0) {
        const where = { owner, column: pair.input, row, partition };
        throw invalidValue(
          'CATEGORY_UNSEEN',
          where,
          'values seen at fit',
          JSON.stringify(names[code]),
        );
      }
      const column = columns[position];
      if (column !== undefined) column[row] = 1;
    }
    const children = shown.map(
      (name, position) =>
        [name, fixedWidthColumn(new Uint8(), columns[position] as Uint8Array, valid)] as const,
    );
    return { column: structColumn(children, batch.numRows) };
  });
}
