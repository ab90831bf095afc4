/**
 * Which columns of a fit had integers that float64 does not have? The user is told once a table, by column: an ensemble or a
 * search fits many times on rows of one, and so does who tries settings out.
 */
import { emitWarning } from '../base/warn.ts';
import { originOf } from '../table/plan/origins.ts';
import type { TrainingPartition } from './messages.ts';

/** Columns that were told of, by where their rows come from. */
const toldColumns = new WeakMap<object, Set<string>>();

/** Warns of the columns that any rank rounded. @param partitions what was fitted on */
export function warnOfRounding(
  owner: string,
  byRank: readonly (readonly string[])[],
  partitions: readonly TrainingPartition[],
): void {
  const rounded = [...new Set(byRank.flat())].sort();
  if (rounded.length === 0) return;
  const told = partitions.map(({ spec }) => {
    const origin = originOf(spec.source);
    const known = toldColumns.get(origin) ?? new Set();
    toldColumns.set(origin, known);
    return known;
  });
  const columns = rounded.filter((name) => told.some((known) => !known.has(name)));
  if (columns.length === 0) return;
  for (const known of told) for (const name of columns) known.add(name);
  const [column, its] = columns.length === 1 ? ['column', 'its'] : ['columns', 'their'];
  emitWarning(
    `${owner} reads numbers as float64, and rounded values beyond ±2^53 of ${column} ${columns.join(', ')} to it; ` +
      `cast to string to tell ${its} values apart, to double if rounding is meant, or leave out what is an id`,
  );
}
