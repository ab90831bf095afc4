/**
 * A parameter that gives numbers by name, for instance a weight for each class. Names that JSON or a command
 * line give are texts; a class that is a number or boolean goes by its text.
 */
import { isPlainObject, type Json } from '../base/json.ts';
import { jsonFromText } from './json-from-text.ts';
import { float, int } from './kinds.ts';
import {
  type CommonFacts,
  makeSpec,
  type ParamSpec,
  type PresenceOf,
  refused,
} from './param-spec.ts';

/** Numbers by name. */
export type NumbersByName = Readonly<Record<string, number>>;

/** Facts of {@link numbersByName}; the bounds hold for each number. */
export interface ByNameFacts extends CommonFacts {
  /** The value when it is left out. */
  readonly default?: NumbersByName;
  /** The least value. */
  readonly min?: number;
  /** The greatest value. */
  readonly max?: number;
  /** Values are greater than it. */
  readonly above?: number;
  /** Whole numbers only. */
  readonly whole?: boolean;
}

/** An object of at least one number, by name; on a command line `yes:2;no:1`. */
export function numbersByName<const F extends ByNameFacts>(
  facts: F,
): ParamSpec<NumbersByName, PresenceOf<F>> {
  const { min, max, above } = facts;
  const one = (facts.whole === true ? int : float)({
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(above === undefined ? {} : { above }),
  });
  const check = (value: unknown): NumbersByName | typeof refused => {
    if (!isPlainObject(value)) return refused;
    // one order of names, so that it cannot show in what is saved
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    const isSound = entries.every(([, number]) => one.check(number) !== refused);
    if (!isSound || entries.length === 0) return refused;
    return Object.freeze(Object.fromEntries(entries)) as NumbersByName;
  };
  return makeSpec(
    {
      kind: 'numbersByName',
      rule: `an object of numbers by name, each ${one.rule}`,
      check,
      toJson: (value) => ({ ...value }) as Json,
      fromText: (text) => (text.trim().startsWith('{') ? jsonFromText(text) : pairsOf(text, one)),
    },
    { ...facts, of: one },
  ) as ParamSpec<NumbersByName, PresenceOf<F>>;
}

function pairsOf(text: string, one: ParamSpec<number>): unknown {
  const entries = text.split(';').map((pair) => {
    const colon = pair.lastIndexOf(':');
    return [pair.slice(0, Math.max(0, colon)).trim(), one.fromText(pair.slice(colon + 1))] as const;
  });
  return entries.some(([name]) => name === '') ? text : Object.fromEntries(entries);
}
