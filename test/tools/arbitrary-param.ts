/**
 * Values for tests, derived from a parameter's declaration: `arbitraryOf` makes values it takes,
 * `invalidOf` values it refuses.
 */
import fc from 'fast-check';
import { type ParamSpec, refused } from '../../src/params/param-spec.ts';
import { anyExpression } from '../table/expressions/arbitrary-expression.ts';

interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
}

/** Values that the parameter accepts. */
export function arbitraryOf(spec: ParamSpec): fc.Arbitrary<unknown> {
  return arbitraryOfKind(spec).filter((value) => spec.check(value) !== refused);
}

/** Values that the parameter refuses. */
export function invalidOf(spec: ParamSpec): fc.Arbitrary<unknown> {
  const { min, max, above, below } = spec.facts as Range;
  const candidates: unknown[] = [
    null,
    Symbol('no'),
    '',
    'no such choice',
    0.5,
    -1,
    true,
    {},
    [],
    [1, 'x'],
    1n,
  ];
  candidates.push(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    () => 1,
    new Date(0),
  );
  if (min !== undefined) candidates.push(min - 1);
  if (max !== undefined) candidates.push(max + 1);
  if (above !== undefined) candidates.push(above);
  if (below !== undefined) candidates.push(below);
  return fc.constantFrom(...candidates.filter((value) => spec.check(value) === refused));
}

const name = fc.string({ minLength: 1, maxLength: 12 });

function arbitraryOfKind(spec: ParamSpec): fc.Arbitrary<unknown> {
  const facts = spec.facts;
  switch (spec.kind) {
    case 'int':
      return fc.integer(integerBounds(facts as Range));
    case 'float':
      return arbitraryNumber(facts as Range);
    case 'bool':
      return fc.boolean();
    case 'str':
    case 'column':
      return name;
    case 'oneOf':
      return fc.constantFrom(...(facts['values'] as readonly string[]));
    case 'columns':
      return fc.uniqueArray(name, { minLength: Number(facts['minLength'] ?? 1), maxLength: 5 });
    case 'strings':
      return fc.array(name, { minLength: Number(facts['minLength'] ?? 0), maxLength: 5 });
    case 'numbers':
      return arbitraryNumbers(spec);
    case 'numbersByName':
      return fc.dictionary(name, arbitraryItem(spec), { minKeys: 1, maxKeys: 4 });
    case 'numberListsByName':
      return fc.dictionary(name, arbitraryNumbers(facts['of'] as ParamSpec), {
        minKeys: 1,
        maxKeys: 3,
      });
    case 'expressionsByName':
      return fc.dictionary(
        name,
        fc.oneof(
          anyExpression.map(({ made }) => made),
          fc.constant('a / b'),
        ),
        {
          minKeys: 1,
          maxKeys: 3,
        },
      );
    case 'nameGroups':
      return fc.array(fc.uniqueArray(name, { minLength: 1, maxLength: 3 }), { minLength: 1 });
    case 'forcedSplits':
      return arbitraryForced(2);
    case 'numberLists':
      return fc.array(arbitraryNumbers(facts['of'] as ParamSpec), { minLength: 1, maxLength: 3 });
    case 'json':
      return fc.oneof(
        fc.jsonValue(),
        spec.default === undefined ? fc.constant(null) : fc.constant(spec.default),
      );
    case 'either':
      return fc.oneof(
        ...(facts['of'] as readonly ParamSpec[]).map((option) => arbitraryOf(option)),
      );
    default:
      throw new Error(`no values are known for a parameter of kind ${spec.kind}`);
  }
}

function integerBounds({ min, max, above, below }: Range): { min: number; max: number } {
  const low = min ?? (above === undefined ? -1000 : above + 1);
  const high = max ?? (below === undefined ? Math.max(low, 0) + 1000 : below - 1);
  return { min: Math.ceil(low), max: Math.floor(high) };
}

function arbitraryNumber({ min, max, above, below }: Range): fc.Arbitrary<number> {
  const low = min ?? above ?? -1e6;
  const high = max ?? below ?? Math.max(low, 0) + 1e6;
  return fc.double({ min: low, max: high, noNaN: true, noDefaultInfinity: true });
}

/** A split with further ones below it. */
function arbitraryForced(levels: number): fc.Arbitrary<unknown> {
  const question = fc.oneof(
    fc.record({ feature: name, threshold: arbitraryNumber({}) }),
    fc.record({ feature: name, categories: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }) }),
  );
  if (levels === 0) return question;
  const below = arbitraryForced(levels - 1);
  const sides = fc.record({ left: below, right: below }, { requiredKeys: [] });
  return fc.tuple(question, sides).map(([one, more]) => ({ ...one, ...more }));
}

/** One number of a list or an object of numbers. */
function arbitraryItem({ facts }: ParamSpec): fc.Arbitrary<number> {
  return facts['whole'] === true
    ? fc.integer(integerBounds(facts as Range))
    : arbitraryNumber(facts as Range);
}

function arbitraryNumbers(spec: ParamSpec): fc.Arbitrary<unknown> {
  const minLength = Number(spec.facts['minLength'] ?? 0);
  const items = fc.uniqueArray(arbitraryItem(spec), {
    minLength,
    maxLength: minLength + 4,
  });
  return spec.facts['ascending'] === true
    ? items.map((list) => list.toSorted((a, b) => a - b))
    : items;
}
