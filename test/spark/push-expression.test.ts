/** Which expressions are Spark's to compute, as which SQL, and which stay with us? */
import {
  Bool,
  DateDay,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  Schema,
  TimestampMicrosecond,
  Uint8,
  Utf8,
} from 'apache-arrow';
import { expect, it } from 'vitest';
import { col, type Expression, lit } from '../../src/index.ts';
import { pushExpression } from '../../src/spark/rows/push-expression.ts';

const schema = new Schema([
  new Field('a', new Float64(), true),
  new Field('f', new Float32(), true),
  new Field('i', new Int32(), true),
  new Field('n', new Int64(), true),
  new Field('u', new Uint8(), true),
  new Field('s', new Utf8(), true),
  new Field('ok', new Bool(), true),
  new Field('d', new DateDay(), true),
  new Field('t', new TimestampMicrosecond(), true),
  new Field('odd `name', new Float64(), true),
]);
const pushed = (expression: Expression): string | null => pushExpression(expression.node, schema);
const hex = (text: string): string => `CAST(X'${Buffer.from(text).toString('hex')}' AS STRING)`;

it.each<[string, Expression, string]>([
  ['a comparison', col('a').gt(1), '(double(`a`) > double(1))'],
  ['a float against a number', col('f').le(0.1), '(double(`f`) <= double(1e-1D))'],
  ['integers', col('i').eq(-0), "(double(`i`) = double(double('-0.0')))"],
  ['longs', col('n').ne(col('n')), '(`n` <> `n`)'],
  ['text', col('s').eq("O'Hara \\"), '(`s` = X)'.replace('X', hex("O'Hara \\"))],
  ['and, or, not', col('ok').and(col('a').isNull()).not(), '(NOT (`ok` AND (`a` IS NULL)))'],
  ['a list', col('s').isIn(['x', 'y']), `(\`s\` IN (${hex('x')}, ${hex('y')}))`],
  [
    'arithmetic',
    col('a').mul(2).add(col('i')),
    '(double((double(`a`) * double(2))) + double(`i`))',
  ],
  ['division, which gives null by 0', col('a').div(0), 'try_divide(double(`a`), double(0))'],
  ['a name with a quote', col('odd `name').lt(1), '(double(`odd ``name`) < double(1))'],
  ['the part of a time', col('t').dayOfWeek().eq(1), '(double(dayofweek(`t`)) = double(1))'],
  [
    'seconds since 1970, rounded down',
    col('d').unixTimestamp(),
    'unix_seconds(CAST(`d` AS TIMESTAMP))',
  ],
  ['days between', col('d').dateDiff(col('t')), 'datediff(`d`, `t`)'],
  [
    'a pattern, whose escape is the same',
    col('s').like('5!%_', '!'),
    `(\`s\` LIKE ${hex('5\\%_')})`,
  ],
  ['the start of a text', col('s').startsWith('%'), `startswith(\`s\`, ${hex('%')})`],
])('pushes %s', (_, expression, expected) => {
  expect(pushed(expression)).toBe(expected);
});

it.each<[string, Expression]>([
  ['exp, whose last bit may differ', col('a').exp()],
  ['log', col('a').log().gt(1)],
  ['cases of text', col('s').lower().eq('x')],
  ['blanks of text', col('s').trim()],
  ['a long against a fraction', col('n').gt(0.5)],
  ['arithmetic on longs', col('n').add(1)],
  ['unsigned integers', col('u').gt(1)],
  ['a comparison with null', col('a').eq(lit(null))],
  ['a list of another kind', col('s').isIn([1])],
  ['the beginning of a period', col('t').dateTrunc('day')],
  ['parts of what is made', col('t').fromUtcTimestamp('+01:00').hour()],
  ['anything around what is not pushed', col('ok').and(col('a').exp().gt(1))],
])('does not push %s', (_, expression) => {
  expect(pushed(expression)).toBeNull();
});
