/** A parameter that gives ascending numbers by name, for instance edges for each feature; on a command line as JSON. */
import { isPlainObject, type Json } from '../base/json.ts';
import { jsonFromText } from './json-from-text.ts';
import { numbers } from './kinds.ts';
import {
  type CommonFacts,
  makeSpec,
  type ParamSpec,
  type PresenceOf,
  refused,
} from './param-spec.ts';

/** Lists of numbers by name. */
export type NumberListsByName = Readonly<Record<string, readonly number[]>>;

/** Facts of {@link numberListsByName}. */
export interface ListsByNameFacts extends CommonFacts {
  /** The value when it is left out. */
  readonly default?: NumberListsByName;
}

/** An object of at least one list, by name, each of ascending numbers. */
export function numberListsByName<const F extends ListsByNameFacts>(
  facts: F,
): ParamSpec<NumberListsByName, PresenceOf<F>> {
  const one = numbers({ ascending: true, minLength: 1 });
  const check = (value: unknown): NumberListsByName | typeof refused => {
    if (!isPlainObject(value)) return refused;
    // one order of names, so that it cannot show in what is saved
    const names = Object.keys(value).sort((a, b) => (a < b ? -1 : 1));
    const lists: [string, readonly number[]][] = [];
    for (const name of names) {
      const list = one.check(value[name]);
      if (list === refused) return refused;
      lists.push([name, list]);
    }
    return lists.length === 0 ? refused : Object.freeze(Object.fromEntries(lists));
  };
  return makeSpec(
    {
      kind: 'numberListsByName',
      rule: `an object of lists by name, each ${one.rule}`,
      check,
      toJson: (value) => ({ ...value }) as unknown as Json,
      fromText: jsonFromText,
      inFile: 'lists of numbers',
    },
    { ...facts, of: one },
  ) as ParamSpec<NumberListsByName, PresenceOf<F>>;
}
