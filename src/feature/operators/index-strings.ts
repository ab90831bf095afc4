/** Gives every value its position in the fitted list: the operator of StringIndexer. */
import type { RecordBatch } from 'apache-arrow';
import { encodeCategories } from '../../table/columns/column-values.ts';
import { dictionaryColumn } from '../../table/columns/make-column.ts';
import { type SharedStrings, stringTable } from '../categories/shared-strings.ts';
import { invalidValue } from '../handle-invalid.ts';
import { type ColumnOperator, mapColumns } from './map-columns.ts';

/** What the operator is told. */
export interface IndexStringsSpec extends ColumnOperator {
  /**
   * The fitted values of each column in order, and after them, when values are to be kept, the category
   * that stands for unknown ones.
   */
  readonly values: readonly SharedStrings[];
  /** A missing value is of the category for unknown ones. */
  readonly missingIsUnknown: boolean;
}

/** Adds the dictionary columns of one batch. */
export function indexStrings(
  spec: IndexStringsSpec,
  batch: RecordBatch,
  partition: number,
): RecordBatch {
  return mapColumns(batch, spec.pairs, (input, pair, index) => {
    const table = stringTable(spec.values[index] as SharedStrings);
    const unknown = spec.handleInvalid === 'keep' ? table.values.length - 1 : -2;
    const codes = new Int32Array(input.length);
    const names = encodeCategories(input, codes, 0);
    const fitted = Int32Array.from(names, (name) => table.positions.get(name) ?? unknown);
    let kept: Uint8Array | undefined;
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row] as number;
      if (code < 0) {
        if (spec.missingIsUnknown) codes[row] = unknown;
        continue;
      }
      const position = fitted[code] as number;
      codes[row] = position;
      if (position !== -2) continue;
      if (spec.handleInvalid === 'error') {
        const where = { owner: spec.owner, column: pair.input, row, partition };
        const got = JSON.stringify(names[code]);
        throw invalidValue('CATEGORY_UNSEEN', where, 'values seen at fit', got);
      }
      kept ??= new Uint8Array(codes.length).fill(1);
      kept[row] = 0;
      codes[row] = -1;
    }
    return { column: dictionaryColumn(codes, table.column), kept };
  });
}
