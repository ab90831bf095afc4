/** A parameter that gives groups of names, for instance of features that may meet; on a command line as JSON. */

import { jsonFromText } from './json-from-text.ts';
import { strings } from './kinds.ts';
import {
  type CommonFacts,
  makeSpec,
  type ParamSpec,
  type PresenceOf,
  refused,
} from './param-spec.ts';

/** Groups of names. */
export type NameGroups = readonly (readonly string[])[];

/** Facts of {@link nameGroups}. */
export interface NameGroupsFacts extends CommonFacts {
  /** The value when it is left out. */
  readonly default?: NameGroups;
}

/** A list of at least one group, each a list of different non-empty names. */
export function nameGroups<const F extends NameGroupsFacts>(
  facts: F,
): ParamSpec<NameGroups, PresenceOf<F>> {
  const one = strings({ minLength: 1 });
  const checkGroup = (group: unknown): readonly string[] | typeof refused => {
    const names = one.check(group);
    if (names === refused || names.includes('')) return refused;
    return new Set(names).size === names.length ? names : refused;
  };
  const check = (value: unknown): NameGroups | typeof refused => {
    if (!Array.isArray(value) || value.length === 0) return refused;
    const groups: (readonly string[])[] = [];
    for (const given of value as unknown[]) {
      const group = checkGroup(given);
      if (group === refused) return refused;
      groups.push(group);
    }
    return Object.freeze(groups);
  };
  return makeSpec(
    {
      kind: 'nameGroups',
      rule: 'a list of groups, each a list of at least one name, every name once',
      check,
      fromText: jsonFromText,
    },
    facts,
  ) as ParamSpec<NameGroups, PresenceOf<F>>;
}
