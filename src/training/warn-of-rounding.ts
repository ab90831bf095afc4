/** Which columns of a fit had integers that float64 does not have? The user is told once a fit, by column. */
import { emitWarning } from '../base/warn.ts';

/** Warns of the columns that any rank rounded. */
export function warnOfRounding(owner: string, byRank: readonly (readonly string[])[]): void {
  const columns = [...new Set(byRank.flat())].sort();
  if (columns.length === 0) return;
  const [column, its] = columns.length === 1 ? ['column', 'its'] : ['columns', 'their'];
  emitWarning(
    `${owner} reads numbers as float64, and rounded values beyond ±2^53 of ${column} ${columns.join(', ')} to it; ` +
      `cast to string to tell ${its} values apart, to double if rounding is meant, or leave out what is an id`,
  );
}
