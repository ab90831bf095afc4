/**
 * The kinds of parameters: numbers, choices, texts, columns and lists. Each kind knows its rule in words,
 * its check and its saved form. Kinds for functions and for nested stages are in object-kinds.ts.
 */

import { freezeJson, type Json } from '../base/json.ts';
import { jsonFromText } from './json-from-text.ts';
import {
  type CommonFacts,
  makeSpec,
  type NamedFunctions,
  type ParamSpec,
  type PresenceOf,
  refused,
} from './param-spec.ts';

/** Bounds of a number: `min` and `max` belong to the range, `above` and `below` do not. */
export interface NumberFacts extends CommonFacts {
  /** The value when it is left out. */
  readonly default?: number;
  /** The least value. */
  readonly min?: number;
  /** The greatest value. */
  readonly max?: number;
  /** Values are greater than it. */
  readonly above?: number;
  /** Values are less than it. */
  readonly below?: number;
}

/** A whole number that float64 holds exactly. */
export function int<const F extends NumberFacts>(facts: F): ParamSpec<number, PresenceOf<F>> {
  const check = (value: unknown): number | typeof refused =>
    Number.isSafeInteger(value) && isInRange(value as number, facts)
      ? (value as number) + 0
      : refused;
  return makeSpec(
    { kind: 'int', rule: `an integer${rangeText(facts)}`, check, fromText: numberFromText },
    facts,
  );
}

/** Facts of {@link float}. */
export interface FloatFacts extends NumberFacts {
  /** NaN is a value too (for example the missing value of an Imputer). */
  readonly allowNaN?: boolean;
  /** Both infinities are values too. */
  readonly allowInfinite?: boolean;
}

/** A float64 number. */
export function float<const F extends FloatFacts>(facts: F): ParamSpec<number, PresenceOf<F>> {
  const check = (value: unknown): number | typeof refused => {
    if (typeof value !== 'number') return refused;
    if (Number.isNaN(value)) return facts.allowNaN === true ? value : refused;
    if (!Number.isFinite(value) && facts.allowInfinite !== true) return refused;
    return isInRange(value, facts) ? value + 0 : refused;
  };
  const rule = `${facts.allowInfinite === true ? 'a number' : 'a finite number'}${rangeText(facts)}`;
  return makeSpec(
    {
      kind: 'float',
      rule: facts.allowNaN === true ? `${rule} or NaN` : rule,
      check,
      toJson: numberToJson,
      fromJson: numberFromJson,
      fromText: numberFromText,
    },
    facts,
  );
}

/** Facts of {@link bool}. */
export interface BoolFacts extends CommonFacts {
  /** The value when it is left out. */
  readonly default?: boolean;
}

/** True or false. */
export function bool<const F extends BoolFacts>(facts: F): ParamSpec<boolean, PresenceOf<F>> {
  const check = (value: unknown): boolean | typeof refused =>
    typeof value === 'boolean' ? value : refused;
  const fromText = (text: string): unknown => ({ true: true, false: false })[text] ?? text;
  return makeSpec({ kind: 'bool', rule: 'true or false', check, fromText }, facts);
}

/** Facts of {@link str} and {@link column}. */
export interface TextFacts extends CommonFacts {
  /** The value when it is left out. */
  readonly default?: string;
}

/** A non-empty text. */
export function str<const F extends TextFacts>(facts: F): ParamSpec<string, PresenceOf<F>> {
  return makeSpec({ kind: 'str', rule: 'a non-empty string', check: checkText }, facts);
}

/** The name of one column. */
export function column<const F extends TextFacts>(facts: F): ParamSpec<string, PresenceOf<F>> {
  return makeSpec({ kind: 'column', rule: 'the name of a column', check: checkText }, facts);
}

/** One of a few names. */
export function oneOf<
  const V extends readonly [string, ...string[]],
  const F extends CommonFacts & { readonly default?: V[number] },
>(values: V, facts: F): ParamSpec<V[number], PresenceOf<F>> {
  const check = (value: unknown): V[number] | typeof refused =>
    typeof value === 'string' && values.includes(value) ? value : refused;
  const names = values.map((name) => `'${name}'`);
  const rule = names.length === 1 ? String(names[0]) : `one of ${names.join(', ')}`;
  return makeSpec({ kind: 'oneOf', rule, check }, { ...facts, values } as F & { values: V });
}

/** Facts of a list. */
export interface ListFacts<T> extends CommonFacts {
  /** The value when it is left out. */
  readonly default?: readonly T[];
  /** Fewest items; a list may be empty when it is 0. */
  readonly minLength?: number;
}

/** Names of columns, each once. */
export function columns<const F extends ListFacts<string>>(
  facts: F,
): ParamSpec<readonly string[], PresenceOf<F>> {
  const minLength = facts.minLength ?? 1;
  const rule = `a list of ${minLength > 0 ? `at least ${minLength} ` : ''}different column names`;
  // a file may hold a column without a name
  const check = listCheck(
    minLength,
    (item) => (typeof item === 'string' ? item : refused),
    (items) => new Set(items).size === items.length,
  );
  return makeSpec({ kind: 'columns', rule, check, fromText: listFromText }, facts);
}

/** A list of texts. */
export function strings<const F extends ListFacts<string>>(
  facts: F,
): ParamSpec<readonly string[], PresenceOf<F>> {
  const minLength = facts.minLength ?? 0;
  const rule = `a list of ${minLength > 0 ? `at least ${minLength} ` : ''}strings`;
  const check = listCheck(minLength, (item) => (typeof item === 'string' ? item : refused));
  return makeSpec({ kind: 'strings', rule, check, fromText: listFromText }, facts);
}

/** Facts of {@link numbers}. */
export interface NumbersFacts extends ListFacts<number> {
  /** The least value. */
  readonly min?: number;
  /** The greatest value. */
  readonly max?: number;
  /** Values are greater than it. */
  readonly above?: number;
  /** Values are less than it. */
  readonly below?: number;
  /** Each item must be larger than the one before. */
  readonly ascending?: boolean;
  /** Both infinities are values too. */
  readonly allowInfinite?: boolean;
  /** Whole numbers only. */
  readonly whole?: boolean;
}

/** A list of numbers. */
export function numbers<const F extends NumbersFacts>(
  facts: F,
): ParamSpec<readonly number[], PresenceOf<F>> {
  const minLength = facts.minLength ?? 0;
  const one = float({
    ...(facts.min === undefined ? {} : { min: facts.min }),
    ...(facts.max === undefined ? {} : { max: facts.max }),
    ...(facts.above === undefined ? {} : { above: facts.above }),
    ...(facts.below === undefined ? {} : { below: facts.below }),
    allowInfinite: facts.allowInfinite === true,
  });
  const ordered = (items: readonly number[]): boolean =>
    facts.ascending !== true ||
    items.every((item, index) => index === 0 || item > Number(items[index - 1]));
  const isSound = (item: unknown): boolean => facts.whole !== true || Number.isSafeInteger(item);
  const checkOne = (item: unknown) => (isSound(item) ? one.check(item) : refused);
  const check = listCheck(minLength, checkOne, ordered);
  const order = facts.ascending === true ? 'ascending ' : '';
  const noun = facts.whole === true ? 'integers' : 'numbers';
  const rule = `a list of ${minLength > 0 ? `at least ${minLength} ` : ''}${order}${noun}${rangeText(facts)}`;
  return makeSpec(
    {
      kind: 'numbers',
      rule,
      check,
      toJson: (items) => items.map(numberToJson),
      fromJson: (json) =>
        Array.isArray(json) ? json.map((item: Json) => numberFromJson(item)) : json,
      fromText: (text) =>
        asArray(listFromText(text))?.map((item) => numberFromText(String(item))) ?? text,
    },
    facts,
  );
}

/** A list of lists of numbers; the bounds hold for each inner list, `minLength` too. */
export function numberLists<const F extends NumbersFacts & { readonly default?: never }>(
  facts: F,
): ParamSpec<readonly (readonly number[])[], PresenceOf<F>> {
  const one = numbers({ ...facts, required: false });
  return makeSpec(
    {
      kind: 'numberLists',
      rule: `a list, each item of it ${one.rule}`,
      check: listCheck(1, (item) => one.check(item)),
      toJson: (lists) => lists.map((list) => one.toJson(list) as Json),
      fromJson: (saved, functions) =>
        Array.isArray(saved) ? saved.map((list: Json) => one.fromJson(list, functions)) : saved,
      fromText: jsonFromText,
    },
    { ...facts, of: one },
  ) as ParamSpec<readonly (readonly number[])[], PresenceOf<F>>;
}

/** Facts of {@link json}. */
export interface JsonFacts<T extends Json> extends CommonFacts {
  /** The value when it is left out. */
  readonly default?: T;
  /** In words, what the value must be. */
  readonly rule?: string;
  /** Is this JSON value one that the parameter takes? */
  readonly accepts?: (value: Json) => boolean;
}

/** Any JSON value that `accepts` lets through. */
export function json<T extends Json = Json>(
  facts: JsonFacts<T> & { readonly required: true },
): ParamSpec<T, 'required'>;
export function json<T extends Json = Json>(
  facts: JsonFacts<T> & { readonly default: T },
): ParamSpec<T, 'defaulted'>;
export function json<T extends Json = Json>(facts: JsonFacts<T>): ParamSpec<T, 'optional'>;
export function json<T extends Json = Json>(facts: JsonFacts<T>): ParamSpec<T> {
  const check = (value: unknown): T | typeof refused => {
    const frozen = freezeJson(value);
    if (frozen === undefined || facts.accepts?.(frozen) === false) return refused;
    return frozen as T;
  };
  return makeSpec(
    { kind: 'json', rule: facts.rule ?? 'a JSON value', check, fromText: jsonFromText },
    facts,
  );
}

/** A value of the first kind or, failing that, of the second. */
export function either<A, B, const F extends CommonFacts & { readonly default?: A | B }>(
  first: ParamSpec<A>,
  second: ParamSpec<B>,
  facts: F,
): ParamSpec<A | B, PresenceOf<F>> {
  const check = (value: unknown): A | B | typeof refused => {
    const kept = first.check(value);
    return kept === refused ? second.check(value) : kept;
  };
  const isFirst = (value: unknown): value is A => first.check(value) !== refused;
  return makeSpec<A | B, F & { of: readonly [ParamSpec<A>, ParamSpec<B>] }>(
    {
      kind: 'either',
      rule: `${first.rule}, or ${second.rule}`,
      check,
      toJson: (value) => (isFirst(value) ? first.toJson(value) : second.toJson(value as B)),
      fromJson: (saved: Json, functions: NamedFunctions) => {
        const value = first.fromJson(saved, functions);
        return isFirst(value) ? value : second.fromJson(saved, functions);
      },
      fromText: (text) => {
        const value = first.fromText(text);
        return isFirst(value) ? value : second.fromText(text);
      },
    },
    { ...facts, of: [first, second] },
  ) as ParamSpec<A | B, PresenceOf<F>>;
}

function checkText(value: unknown): string | typeof refused {
  return typeof value === 'string' && value !== '' ? value : refused;
}

function listCheck<T>(
  minLength: number,
  checkItem: (item: unknown) => T | typeof refused,
  checkAll: (items: readonly T[]) => boolean = () => true,
): (value: unknown) => readonly T[] | typeof refused {
  return (value) => {
    if (!Array.isArray(value) || value.length < minLength) return refused;
    const items: T[] = [];
    for (const given of value as unknown[]) {
      const item = checkItem(given);
      if (item === refused) return refused;
      items.push(item);
    }
    return checkAll(items) ? Object.freeze(items) : refused;
  };
}

interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
}

function isInRange(value: number, { min, max, above, below }: Range): boolean {
  if (min !== undefined && value < min) return false;
  if (max !== undefined && value > max) return false;
  if (above !== undefined && value <= above) return false;
  return below === undefined || value < below;
}

function rangeText({ min, max, above, below }: Range): string {
  const hasLow = min !== undefined || above !== undefined;
  const hasHigh = max !== undefined || below !== undefined;
  if (hasLow && hasHigh) {
    return ` in ${min === undefined ? `(${above}` : `[${min}`}, ${max === undefined ? `${below})` : `${max}]`}`;
  }
  if (hasLow) return min === undefined ? ` > ${above}` : ` ≥ ${min}`;
  if (hasHigh) return max === undefined ? ` < ${below}` : ` ≤ ${max}`;
  return '';
}

/** JSON has no NaN and no infinities: they are saved as their names. */
function numberToJson(value: number): Json {
  return Number.isFinite(value) ? value : String(value);
}

function numberFromJson(json: Json): unknown {
  if (json === 'NaN') return Number.NaN;
  if (json === 'Infinity') return Number.POSITIVE_INFINITY;
  return json === '-Infinity' ? Number.NEGATIVE_INFINITY : json;
}

function numberFromText(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === 'NaN') return Number.NaN;
  const value = Number(trimmed);
  return trimmed === '' || Number.isNaN(value) ? text : value;
}

/** `["a","b"]`, or `a;b` for short. */
function listFromText(text: string): unknown {
  if (text.trim().startsWith('[')) return jsonFromText(text);
  return text === '' ? [] : text.split(';').map((item) => item.trim());
}

function asArray(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}
