/**
 * Was fit called with what it takes? The compiler says so where it knows the types; here the callers are told whose
 * tables come as `any`: a promise in place of a table, an Arrow table, a misspelt `validation` that would be ignored.
 */
import { describeValue } from '../base/describe-value.ts';
import { CoppiceError } from '../base/errors.ts';
import { nameSuggestion } from '../base/nearest-name.ts';
import { checkTable, isTable } from '../table/check-table.ts';
import type { FitOptions } from './estimator.ts';

const known: Readonly<Record<keyof FitOptions | 'outOfFold', (value: unknown) => boolean>> = {
  signal: (value) => typeof (value as AbortSignal).addEventListener === 'function',
  onProgress: (value) => typeof value === 'function',
  validation: isTable,
  validationSets: (value) =>
    typeof value === 'object' && Object.values(value as object).every(isTable),
  initialModel: (value) => typeof value === 'object',
  nesting: (value) => typeof value === 'number',
  outOfFold: isTable,
};

const rules: Readonly<Record<string, string>> = {
  signal: 'an AbortSignal',
  onProgress: 'a function',
  validation: 'a table',
  validationSets: 'an object of tables by name',
  initialModel: 'a fitted model',
  nesting: 'a number',
  outOfFold: 'a table',
};

/** Refuses a table that is none, and options that are none. @throws CoppiceError `PARAM_INVALID`, `PARAM_UNKNOWN` */
export function checkFit(owner: string, table: unknown, options: unknown): void {
  checkTable(`that ${owner} is fitted on`, table);
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null)
    throw invalid(`options of ${owner}.fit`, 'an object', options);
  for (const [name, value] of Object.entries(options)) {
    const isRight = Object.hasOwn(known, name) ? known[name as keyof typeof known] : undefined;
    if (isRight === undefined) {
      const hint = nameSuggestion(name, Object.keys(known));
      const message = `${name}, given to ${owner}.fit, must be one of its options; ${hint}`;
      throw new CoppiceError('PARAM_UNKNOWN', message, { context: { owner, param: name } });
    }
    if (value === undefined || (value !== null && isRight(value))) continue;
    throw invalid(`${name}, given to ${owner}.fit,`, rules[name] as string, value);
  }
}

function invalid(what: string, rule: string, value: unknown): CoppiceError {
  const message = `${what} must be ${rule}; got ${describeValue(value)}`;
  return new CoppiceError('PARAM_INVALID', message);
}
