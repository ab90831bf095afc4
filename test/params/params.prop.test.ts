import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoppiceError } from '../../src/base/errors.ts';
import { numbersByName } from '../../src/params/by-name-kind.ts';
import { defineParams } from '../../src/params/define-params.ts';
import { forcedSplits } from '../../src/params/forced-splits-kind.ts';
import {
  bool,
  column,
  columns,
  either,
  float,
  int,
  json,
  numberLists,
  numbers,
  oneOf,
  str,
  strings,
} from '../../src/params/kinds.ts';
import { numberListsByName } from '../../src/params/lists-by-name-kind.ts';
import { nameGroups } from '../../src/params/name-groups-kind.ts';
import type { ParamSpec } from '../../src/params/param-spec.ts';
import { paramsFromJson, paramsToJson } from '../../src/params/params-json.ts';
import { givenOptions, resolveParams } from '../../src/params/resolve-params.ts';
import { arbitraryOf, invalidOf } from '../tools/arbitrary-param.ts';

const specs: Record<string, ParamSpec> = {
  int: int({ min: -5, max: 12 }),
  openInt: int({ above: 0 }),
  float: float({ above: 0, below: 1 }),
  bool: bool({}),
  str: str({}),
  column: column({}),
  oneOf: oneOf(['a', 'b', 'c'], {}),
  columns: columns({}),
  strings: strings({}),
  numbers: numbers({ ascending: true, minLength: 2 }),
  numberLists: numberLists({ ascending: true, minLength: 3 }),
  wholes: numbers({ whole: true, min: -1, max: 1 }),
  wholesByName: numbersByName({ whole: true, min: -1, max: 1 }),
  numberListsByName: numberListsByName({}),
  nameGroups: nameGroups({}),
  forcedSplits: forcedSplits({}),
  json: json({}),
  either: either(oneOf(['auto'], {}), int({ min: 1 }), {}),
};

describe.each(Object.keys(specs))('a parameter of kind %s', (kind) => {
  const spec = specs[kind] as ParamSpec;
  const params = defineParams('Thing', { value: spec });

  it('takes every value of its rule, and JSON brings it back', () => {
    fc.assert(
      fc.property(arbitraryOf(spec), (value) => {
        const options = { value } as never;
        const resolved = resolveParams(params, options);
        const saved = paramsToJson(params, resolved, givenOptions(params, options));
        const text = JSON.stringify(saved);
        const again = paramsFromJson(params, JSON.parse(text)) as never;
        expect(resolveParams(params, again)).toEqual(resolved);
        expect(JSON.stringify(paramsToJson(params, resolveParams(params, again), again))).toBe(
          text,
        );
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('refuses everything else with the sentence that names the rule', () => {
    fc.assert(
      fc.property(invalidOf(spec), (value) => {
        let caught: unknown;
        try {
          resolveParams(params, { value } as never);
        } catch (error) {
          caught = error;
        }
        expect(caught).toBeInstanceOf(CoppiceError);
        expect((caught as CoppiceError).code).toBe('PARAM_INVALID');
        expect((caught as CoppiceError).message).toContain(
          `value of Thing must be ${spec.rule}; got `,
        );
      }),
      { seed: 1, numRuns: 60 },
    );
  });
});
