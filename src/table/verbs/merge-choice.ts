/** Puts one value into the rows of a column that a mask leaves out. */
import type { Data } from 'apache-arrow';
import { concatData } from '../concat-rows.ts';
import { takeData } from '../take-rows.ts';

/** The column's own value where `keeps` is 1, the one row of `filler` (of the same type) elsewhere. */
export function mergeChoice(data: Data, filler: Data, keeps: Uint8Array): Data {
  const joined = concatData(data.type, [data, filler]);
  const rows = new Int32Array(data.length);
  for (let i = 0; i < rows.length; i++) rows[i] = keeps[i] === 1 ? i : data.length;
  return takeData(joined, rows);
}
