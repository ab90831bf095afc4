import { checkOptions } from '../../base/check-options.ts';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';

/** One key of an order. */
export interface SortKey {
  /** The column to sort by. */
  readonly column: string;
  /** Largest first. */
  readonly descending?: boolean | undefined;
  /** Where missing values go; by default first when ascending, last when descending. */
  readonly nulls?: 'first' | 'last' | undefined;
}

/** A key of orderBy, which may be the name of a column alone. @throws CoppiceError `PARAM_INVALID`, `PARAM_UNKNOWN` */
export function sortKey(given: string | SortKey): SortKey {
  if (typeof given === 'string') return { column: given };
  if (!Array.isArray(given)) checkOptions('orderBy', given, ['column', 'descending', 'nulls']);
  const { column, descending, nulls } = given;
  const of = 'of a key of orderBy must be';
  const refuse = (text: string): CoppiceError => new CoppiceError('PARAM_INVALID', text);
  if (typeof column !== 'string') {
    const remedy = Array.isArray(given) ? ': give the keys one by one, orderBy(...keys)' : '';
    throw refuse(`column ${of} a name; got ${describeValue(column ?? given)}${remedy}`);
  }
  if (descending !== undefined && typeof descending !== 'boolean')
    throw refuse(`descending ${of} true or false; got ${describeValue(descending)}`);
  if (nulls !== undefined && nulls !== 'first' && nulls !== 'last')
    throw refuse(`nulls ${of} first or last; got ${describeValue(nulls)}`);
  return given;
}
