/** Puts text in place of numbers: the operator of IndexToString. */
import { DataType, type RecordBatch } from 'apache-arrow';
import { encodeCategories, numericValues } from '../../table/columns/column-values.ts';
import { utf8ColumnOfCodes } from '../../table/columns/make-column.ts';
import { type SharedStrings, stringTable } from '../categories/shared-strings.ts';
import { invalidValue } from '../handle-invalid.ts';
import { type ColumnOperator, mapColumns } from './map-columns.ts';

/** What the operator is told. */
export interface DecodeIndicesSpec extends ColumnOperator {
  /** The text of each number; null takes a dictionary column's own. */
  readonly labels: SharedStrings | null;
}

/** Adds the text columns of one batch. */
export function decodeIndices(
  spec: DecodeIndicesSpec,
  batch: RecordBatch,
  partition: number,
): RecordBatch {
  return mapColumns(batch, spec.pairs, (input, pair) => {
    const codes = new Int32Array(input.length);
    if (DataType.isDictionary(input.type) || spec.labels === null) {
      return { column: utf8ColumnOfCodes(codes, encodeCategories(input, codes, 0)) };
    }
    const { values } = stringTable(spec.labels);
    for (const [row, number] of numericValues(input, pair.input).entries()) {
      if (Number.isNaN(number)) codes[row] = -1;
      else if (Number.isInteger(number) && number >= 0 && number < values.length)
        codes[row] = number;
      else {
        const where = { owner: spec.owner, column: pair.input, row, partition };
        const rule = `whole numbers from 0 to ${values.length - 1}, one for each label`;
        throw invalidValue('DATA_INVALID', where, rule, String(number));
      }
    }
    return { column: utf8ColumnOfCodes(codes, values) };
  });
}
