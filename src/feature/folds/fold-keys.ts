/** What folds by group and by time read of a row: a key of its group, and its time as a number. */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { rowKeyOfId } from '../../base/rng.ts';
import { isText } from '../../pipeline/label-values.ts';

import { columnOf, encodeCategories, numericValues } from '../../table/columns/column-values.ts';

/**
 * 32 bits of each row's group; two groups that share them are one group to folds, which does no harm.
 *
 * @throws CoppiceError `DATA_INVALID` for a row without a group
 */
export function groupKeys(batch: RecordBatch, column: string): Uint32Array {
  const vector = columnOf(batch, [column]);
  const keys = new Uint32Array(vector.length);
  if (isText(vector.type)) {
    const codes = new Int32Array(vector.length);
    const keyOfCode = encodeCategories(vector, codes, 0).map(rowKeyOfId);
    for (let row = 0; row < keys.length; row++) {
      const code = codes[row] as number;
      if (code < 0) throw missing('group', column, row);
      keys[row] = keyOfCode[code] as number;
    }
    return keys;
  }
  for (let row = 0; row < keys.length; row++) {
    const value: unknown = vector.get(row);
    if (value === null || Number.isNaN(value)) throw missing('group', column, row);
    keys[row] = rowKeyOfId(typeof value === 'bigint' ? value : Number(value));
  }
  return keys;
}

/**
 * Each row's time, in the column's own unit.
 *
 * @throws CoppiceError `DATA_INVALID` for a row without a time, `COLUMN_TYPE`
 */
export function timesOf(batch: RecordBatch, column: string): Float64Array {
  const times = numericValues(columnOf(batch, [column]), column);
  const row = times.findIndex(Number.isNaN);
  if (row >= 0) throw missing('time', column, row);
  return times;
}

function missing(what: string, column: string, row: number): CoppiceError {
  return new CoppiceError(
    'DATA_INVALID',
    `${what} in column ${column} must be there in every row to cut folds; got null in row ${row} of a partition`,
    { context: { column, row } },
  );
}
