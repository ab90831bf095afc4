/** Options of a function: an object whose names are known, so that a misspelt one is not passed over. */
import { describeValue } from './describe-value.ts';
import { CoppiceError } from './errors.ts';
import { nameSuggestion } from './nearest-name.ts';

/** Refuses what is no object of names. @param what as `options of read.csv` @throws CoppiceError `PARAM_INVALID` */
export function checkObject(what: string, value: unknown, owner: string): asserts value is object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  const message = `${what} must be an object; got ${describeValue(value)}`;
  throw new CoppiceError('PARAM_INVALID', message, { context: { owner } });
}

/** Refuses what is no path. @throws CoppiceError `PARAM_INVALID` */
export function checkPath(owner: string, path: unknown): void {
  if (typeof path === 'string' && path !== '') return;
  const remedy = path instanceof URL ? ': give fileURLToPath(url)' : '';
  const message = `path of ${owner} must be a text that is not empty; got ${describeValue(path)}${remedy}`;
  throw new CoppiceError('PARAM_INVALID', message, { context: { owner } });
}

/**
 * Refuses options that are none.
 *
 * @param owner the function that they are given to
 * @throws CoppiceError `PARAM_INVALID`, `PARAM_UNKNOWN`
 */
export function checkOptions(owner: string, options: unknown, known: readonly string[]): void {
  checkObject(`options of ${owner}`, options, owner);
  const name = Object.keys(options).find((one) => !known.includes(one));
  if (name === undefined) return;
  throw new CoppiceError(
    'PARAM_UNKNOWN',
    `${name}, given to ${owner}, must be one of its options; ${nameSuggestion(name, known)}`,
    { context: { owner, param: name } },
  );
}
