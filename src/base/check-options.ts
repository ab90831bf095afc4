/** Options of a function: an object whose names are known, so that a misspelt one is not passed over. */
import { describeValue } from './describe-value.ts';
import { CoppiceError } from './errors.ts';
import { nameSuggestion } from './nearest-name.ts';

/**
 * Refuses options that are none.
 *
 * @param owner the function that they are given to
 * @throws CoppiceError `PARAM_INVALID`, `PARAM_UNKNOWN`
 */
export function checkOptions(owner: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    const message = `options of ${owner} must be an object; got ${describeValue(options)}`;
    throw new CoppiceError('PARAM_INVALID', message, { context: { owner } });
  }
  const name = Object.keys(options).find((one) => !known.includes(one));
  if (name === undefined) return;
  throw new CoppiceError(
    'PARAM_UNKNOWN',
    `${name}, given to ${owner}, must be one of its options; ${nameSuggestion(name, known)}`,
    { context: { owner, param: name } },
  );
}
