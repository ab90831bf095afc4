/** Random expressions over numbers `x` and `y`, texts `s` and `t` and the boolean `b`, each with its text for `expr`. */
import fc from 'fast-check';
import {
  coalesce,
  col,
  type Expression,
  lit,
  when,
} from '../../../src/table/expressions/expression.ts';

/** An expression and its text. */
export interface Written {
  readonly made: Expression;
  readonly text: string;
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const texts = fc.constantFrom('', 'a', 'ab', ' B ', 'é', '🙂', '\uffee', "it's", 'a%');
const leafNumber = fc.oneof(
  fc.constantFrom<Written>({ made: col('x'), text: 'x' }, { made: col('y'), text: '`y`' }),
  fc.integer({ min: 0, max: 9 }).map((value): Written => ({ made: lit(value), text: `${value}` })),
  fc
    .constantFrom(0.5, 1e21, 2.25e-3)
    .map((value): Written => ({ made: lit(value), text: `${value}` })),
);
const leafText = fc.oneof(
  fc.constantFrom<Written>({ made: col('s'), text: 's' }, { made: col('t'), text: 't' }),
  texts.map((value): Written => ({ made: lit(value), text: quoted(value) })),
);
const leafBool = fc.constantFrom<Written>(
  { made: col('b'), text: 'b' },
  { made: lit(true), text: 'TRUE' },
);

const of2 = (
  left: fc.Arbitrary<Written>,
  right: fc.Arbitrary<Written>,
  ways: Readonly<Record<string, (a: Expression, b: Expression) => Expression>>,
): fc.Arbitrary<Written> =>
  fc.tuple(left, right, fc.constantFrom(...Object.entries(ways))).map(([a, b, [sign, make]]) => ({
    made: make(a.made, b.made),
    text: `(${a.text} ${sign} ${b.text})`,
  }));

const of1 = (
  inner: fc.Arbitrary<Written>,
  ways: Readonly<Record<string, (a: Expression) => Expression>>,
): fc.Arbitrary<Written> =>
  fc
    .tuple(inner, fc.constantFrom(...Object.entries(ways)))
    .map(([a, [call, make]]) => ({ made: make(a.made), text: call.replace('@', a.text) }));

const { numbers, strings, bools } = fc.letrec<Record<'numbers' | 'strings' | 'bools', Written>>(
  (tie) => {
    const [n, s, b] = [tie('numbers'), tie('strings'), tie('bools')];
    const cases = (value: fc.Arbitrary<Written>): fc.Arbitrary<Written> =>
      fc.tuple(b, value, value).map(([c, v, w]) => ({
        made: when(c.made, v.made).otherwise(w.made),
        text: `case when ${c.text} then ${v.text} else ${w.text} end`,
      }));
    const first = (value: fc.Arbitrary<Written>): fc.Arbitrary<Written> =>
      fc.tuple(value, value).map(([v, w]) => ({
        made: coalesce(v.made, w.made),
        text: `coalesce(${v.text}, ${w.text})`,
      }));
    return {
      numbers: fc.oneof(
        { maxDepth: 4, depthSize: 'small' },
        leafNumber,
        of2(n, n, {
          '+': (a, c) => a.add(c),
          '-': (a, c) => a.sub(c),
          '*': (a, c) => a.mul(c),
          '/': (a, c) => a.div(c),
          '%': (a, c) => a.mod(c),
        }),
        of1(n, {
          'abs(@)': (a) => a.abs(),
          'floor(@)': (a) => a.floor(),
          'Ceil(@)': (a) => a.ceil(),
          'round(@)': (a) => a.round(),
          'sqrt(@)': (a) => a.sqrt(),
          'ln(@)': (a) => a.log(),
          'EXP(@)': (a) => a.exp(),
          'negative(@)': (a) => a.neg(),
          'cast(@ as double)': (a) => a.cast('double'),
        }),
        of1(s, { 'length(@)': (a) => a.length() }),
        cases(n),
        first(n),
      ),
      strings: fc.oneof(
        { maxDepth: 4, depthSize: 'small' },
        leafText,
        of1(s, {
          'lower(@)': (a) => a.lower(),
          'upper(@)': (a) => a.upper(),
          'trim(@)': (a) => a.trim(),
        }),
        of2(s, s, { '||': (a, c) => a.concat(c) }),
        cases(s),
        first(s),
      ),
      bools: fc.oneof(
        { maxDepth: 4, depthSize: 'small' },
        leafBool,
        ...[n, s].map((value) =>
          of2(value, value, {
            '=': (a, c) => a.eq(c),
            '<>': (a, c) => a.ne(c),
            '<': (a, c) => a.lt(c),
            '<=': (a, c) => a.le(c),
            '>': (a, c) => a.gt(c),
            '>=': (a, c) => a.ge(c),
          }),
        ),
        of2(b, b, { and: (a, c) => a.and(c), OR: (a, c) => a.or(c) }),
        of1(b, { '(not @)': (a) => a.not() }),
        of1(fc.oneof(n, s, b), {
          '(@ is null)': (a) => a.isNull(),
          '(@ IS NOT NULL)': (a) => a.isNotNull(),
        }),
        of1(n, {
          'isnan(@)': (a) => a.isNaN(),
          '(@ between -1 and 2)': (a) => a.between(-1, 2),
          '(@ in (0, 1, -1))': (a) => a.isIn([0, 1, -1]),
        }),
        fc.tuple(s, texts).map(([a, part]) => ({
          made: a.made.startsWith(part),
          text: `startswith(${a.text}, ${quoted(part)})`,
        })),
        of1(s, {
          "(@ like '_%b')": (a) => a.like('_%b'),
          "(@ like 'a!%%' escape '!')": (a) => a.like('a!%%', '!'),
          "(@ in ('a', 'é'))": (a) => a.isIn(['a', 'é']),
        }),
        cases(b),
        first(b),
      ),
    };
  },
);

/** An expression of any kind. */
export const anyExpression: fc.Arbitrary<Written> = fc.oneof(numbers, strings, bools);
