/**
 * From another library's parameters to an estimator of ours: each name (or one of its aliases) says which
 * parameter it becomes and how its value is read. What has no counterpart is listed, never dropped silently.
 */
import { checkObject } from '../../base/check-options.ts';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { nameSuggestion } from '../../base/nearest-name.ts';
import { GBTClassifier } from '../boosting/gbt-classifier.ts';
import { GBTRanker } from '../boosting/gbt-ranker.ts';
import { GBTRegressor } from '../boosting/gbt-regressor.ts';
import type { GBTClassifierOptions, GBTRegressorOptions } from '../params/gbt-params.ts';
import type { GBTRankerOptions } from '../params/ranker-params.ts';

/** Another library's parameters, as its users write them. */
export type ForeignParams = Readonly<Record<string, unknown>>;

/** The options of the estimator that results. */
export type ConvertedOptions = GBTClassifierOptions | GBTRegressorOptions | GBTRankerOptions;

/** What came of another library's parameters. */
export interface ConvertedParams {
  /** A GBTClassifier, a GBTRegressor or a GBTRanker with these options, ready to be fitted. */
  readonly estimator: GBTClassifier | GBTRegressor | GBTRanker;
  /** Its options. */
  readonly options: ConvertedOptions;
  /** Names of parameters that change nothing here: they have no counterpart, or no effect on a model. */
  readonly ignored: readonly string[];
}

/** Options so far. */
export type Converted = Record<string, unknown>;

/** What one parameter becomes; a value that has no counterpart throws. @param more what the caller gives besides */
export type Rule = (
  value: unknown,
  options: Converted,
  all: ForeignParams,
  more: ConvertedOptions,
) => void;

/** How a library names things. */
export interface Dialect {
  /** The function's name, for errors. */
  readonly owner: string;
  /** Other names of a parameter, by its own. */
  readonly aliases: Readonly<Record<string, readonly string[]>>;
  /** What each parameter becomes. */
  readonly rules: Readonly<Record<string, Rule>>;
  /** Parameters that a model does not hang on, or that have no counterpart. */
  readonly ignored: readonly string[];
  /** Names of what is said elsewhere here, by what to do instead. */
  readonly elsewhere: Readonly<Record<string, readonly string[]>>;
  /** The library's defaults where they are not ours. */
  readonly defaults: Converted;
}

/**
 * The estimator of another library's parameters.
 *
 * @throws CoppiceError `PARAM_UNKNOWN`, `PARAM_INVALID`
 */
export function convertParams(
  dialect: Dialect,
  given: ForeignParams,
  more: ConvertedOptions,
): ConvertedParams {
  checkObject(`params of ${dialect.owner}`, given, dialect.owner);
  const params = canonical(dialect, given);
  const options: Converted = { ...dialect.defaults };
  const ignored: string[] = [];
  for (const [name, value] of Object.entries(params)) {
    const rule = dialect.rules[name];
    if (rule === undefined) ignored.push(name);
    else rule(value, options, params, more);
  }
  const { task, ...own } = options;
  const merged = { ...withoutOtherLosses(own), ...more } as ConvertedOptions;
  return { estimator: estimatorOf(task, merged), options: merged, ignored };
}

/** The libraries overlook parameters of losses other than the one that is minimised; estimators refuse them. */
function withoutOtherLosses(options: Converted): Converted {
  const pairs = ['truncationLevel', 'sigmoid', 'lambdarankNorm'];
  const strangers = [
    ...(options['lossType'] === 'tweedie' ? [] : ['tweediePower']),
    ...(options['lossType'] === 'xendcg' ? pairs : []),
    // no round is the best where later ones change it
    ...(options['dropRate'] === undefined ? [] : ['earlyStoppingRounds']),
  ];
  return Object.fromEntries(Object.entries(options).filter(([name]) => !strangers.includes(name)));
}

function estimatorOf(task: unknown, options: ConvertedOptions): ConvertedParams['estimator'] {
  if (task === 'classification') return new GBTClassifier(options as GBTClassifierOptions);
  if (task === 'ranking') return new GBTRanker(options as GBTRankerOptions);
  return new GBTRegressor(options as GBTRegressorOptions);
}

/** The parameters under their own names; a name that the library does not have is refused. */
function canonical(dialect: Dialect, given: ForeignParams): Record<string, unknown> {
  const known = new Map<string, string>();
  for (const name of [...Object.keys(dialect.rules), ...dialect.ignored]) known.set(name, name);
  for (const [name, others] of Object.entries(dialect.aliases)) {
    for (const other of others) known.set(other, name);
  }
  const others = Object.entries(dialect.elsewhere);
  const params: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const own = known.get(name);
    if (own === undefined) {
      const [remedy] = others.find(([, names]) => names.includes(name)) ?? [];
      if (remedy !== undefined && isLeftOut(value)) continue;
      if (remedy !== undefined)
        throw notConvertible(dialect.owner, name, value, `left out: ${remedy}`);
      const message = `params of ${dialect.owner} must have names of that library; got ${name}; ${nameSuggestion(name, [...known.keys()])}`;
      throw new CoppiceError('PARAM_UNKNOWN', message, { context: { param: name } });
    }
    // an own name wins over its aliases, the first alias over the others
    if (!isLeftOut(value) && (own === name || isLeftOut(given[own])))
      params[own] = own === name ? value : (params[own] ?? value);
  }
  return params;
}

/** Files of parameters have nothing behind the name of one that is left out. */
function isLeftOut(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}

/** Takes the value over under another name. */
export function renamed(name: string): Rule {
  return (value, options) => {
    options[name] = numberOrSame(value);
  };
}

/** A share of the features, drawn at every node; our parameter takes numbers of them too. */
export function shareOfNode(owner: string, name: string): Rule {
  return (value, options) => {
    const share = Number(value);
    if (!(share > 0 && share <= 1)) throw notConvertible(owner, name, value, 'a share in (0, 1]');
    if (share < 1) options['featureSubsetStrategy'] = share;
  };
}

/** A list of constraints; an empty one is none. */
export function monotoneList(value: unknown, options: Converted): void {
  const list = numberList(value);
  if (!Array.isArray(list) || list.length > 0) options['monotoneConstraints'] = list;
}

/** The error for a value that has no counterpart. */
export function notConvertible(
  owner: string,
  name: string,
  value: unknown,
  rule: string,
): CoppiceError {
  return new CoppiceError(
    'PARAM_INVALID',
    `${name} in the params of ${owner} must be ${rule}; got ${describeValue(value)}`,
    { context: { owner, param: name } },
  );
}

/** Numbers and booleans may be written as text, as in configuration files. */
export function numberOrSame(value: unknown): unknown {
  if (typeof value !== 'string' || value.trim() === '') return value;
  const number = Number(value);
  return Number.isNaN(number) ? value : number;
}

/** True for true, 1 and their texts. */
export function isOn(value: unknown): boolean {
  return value === true || Number(value) === 1 || value === 'true' || value === '+';
}

/** A list of numbers: an array, or a text such as `(1,-1,0)`. */
export function numberList(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const words = value.replace(/[()[\]\s]/g, '');
  return words === '' ? [] : words.split(',').map(Number);
}
