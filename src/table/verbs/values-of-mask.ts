/** Reads what a user's filter function returned: one truth for each row. */
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { isVector } from '../columns/any-vector.ts';

/** One byte a row, 1 for rows to keep. @throws CoppiceError `DATA_INVALID` */
export function valuesOfMask(result: unknown, numRows: number): Uint8Array {
  const isList = Array.isArray(result) || ArrayBuffer.isView(result) || isVector(result);
  const length = isList ? (result as ArrayLike<unknown>).length : -1;
  if (length !== numRows) {
    const got = isList ? `${length} values` : describeValue(result);
    const message = `a filter function must return ${numRows} booleans, one a row; got ${got}`;
    throw new CoppiceError('DATA_INVALID', message);
  }
  const mask = new Uint8Array(numRows);
  let i = 0;
  for (const value of result as Iterable<unknown>)
    mask[i++] = value === true || value === 1 ? 1 : 0;
  return mask;
}
