/** Expressions of text: the same nodes as the methods make, and refusals that name the place. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { col, createTable, expr, lit, when } from '../../../src/index.ts';
import { errorOf } from '../../contract/error-of.ts';
import { anyExpression } from './arbitrary-expression.ts';

it('reads what the methods make', () => {
  fc.assert(
    fc.property(anyExpression, ({ made, text }) => {
      expect(expr(text).node).toEqual(made.node);
    }),
    { numRuns: 400 },
  );
});

describe('what binds how', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => col(name)) as [
    never,
    never,
    never,
  ] as unknown as [
    ReturnType<typeof col<string>>,
    ReturnType<typeof col<string>>,
    ReturnType<typeof col<string>>,
  ];
  it.each([
    ['a + b * c', a.add(b.mul(c))],
    ['a - b - c', a.sub(b).sub(c)],
    ['a / b / c', a.div(b).div(c)],
    ['(a + b) * c', a.add(b).mul(c)],
    ['-a * b', a.neg().mul(b)],
    ['- -3', lit(3)],
    ['a = 1 OR b = 2 AND c = 3', a.eq(1).or(b.eq(2).and(c.eq(3)))],
    ['NOT a = 1 AND b', a.eq(1).not().and(b)],
    ['a NOT IN (1, 2)', a.isIn([1, 2]).not()],
    ['a not between b and c', a.between(b, c).not()],
    ["a NOT LIKE 'x%'", a.like('x%').not()],
    ['a == 1 and b != 2', a.eq(1).and(b.ne(2))],
    ["a || 'x' || b", a.concat('x').concat(b)],
    ['CASE a WHEN 1 THEN b WHEN 2 THEN c END', when(a.eq(1), b).when(a.eq(2), c)],
    ['if(a > 0, b, c)', when(a.gt(0), b).otherwise(c)],
    ['nullif(a, 0)', when(a.eq(0), null).otherwise(a)],
    ["p[1] + q['r']", col('p').getItem(1).add(col('q').getItem('r'))],
    ['st.b = `odd name`', col('st.b').eq(col('odd name'))],
    ['try_cast(a AS DECIMAL(10, 2))', a.tryCast('decimal(10, 2)')],
    ["a >= DATE '2026-11-21'", a.ge(new Date('2026-11-21T00:00:00Z'))],
    ["a < timestamp '2026-11-21 06:30'", a.lt(new Date('2026-11-21T06:30:00Z'))],
    ['year(a) * 12 + MONTH(b)', a.year().mul(12).add(b.month())],
    ['dayofweek(a) in (1, 7) and hour(a) < 6', a.dayOfWeek().isIn([1, 7]).and(a.hour().lt(6))],
    ['datediff(a, date_add(b, 7))', a.dateDiff(b.dateAdd(7))],
    ['date_sub(a, 7) = to_date(b)', a.dateAdd(lit(7).neg()).eq(b.cast('date'))],
    ["date_trunc('MONTH', a)", a.dateTrunc('month')],
    ["from_utc_timestamp(a, '+02:00')", a.fromUtcTimestamp('+02:00')],
    ['unix_seconds(a) - day(b)', a.unixTimestamp().sub(b.dayOfMonth())],
    ['date = 1', col('date').eq(1)],
    ['a = 9007199254740993', a.eq(9007199254740993n)],
    ['größe > 1e3', col('größe').gt(1000)],
  ])('%s', (text, made) => {
    expect(expr(text).node).toEqual(made.node);
  });
});

it('filters and computes', async () => {
  const table = createTable({ carrier: ['AA', 'B6', null], delay: [20, 4, 31] });
  const late = table.filter(expr("delay > 15 AND carrier <> 'UA'"));
  expect(await late.take(9)).toEqual([{ carrier: 'AA', delay: 20 }]);
  const [row] = await table.withColumn('hours', expr('delay / 60')).take(1);
  expect(row?.hours).toBe(20 / 60);
});

describe('what is no expression is refused, with the place', () => {
  it.each([
    ['', 'character 1 there must be a column, a constant or a function; got the end'],
    ['a +', 'character 4 there must be a column'],
    ['a ? b', 'character 3 there must be a number, a text, a name or a sign; got "? b"'],
    ["a = 'x", 'character 5 there must be a quote that ends the text'],
    ['a = "x"', "character 5 there must be a text between ' ' or the name of a column"],
    ['flor(a)', 'a function that is known (did you mean floor?'],
    ['floor(a, b)', 'character 1 there must be floor of 1 value'],
    ['startswith(a, b)', 'startsWith of a value and a text between quotes'],
    ["date_trunc('aeon', a)", 'period of dateTrunc must be one of'],
    ['date_trunc(a, b)', 'date_trunc of a period between quotes and a time'],
    ['a IN (b)', 'constants in the list of IN'],
    ['a LIKE b', 'a pattern between quotes behind LIKE'],
    ['a b', 'character 3 there must be an operator or the end'],
    ['a NOT 3', 'IN, BETWEEN or LIKE behind NOT'],
    ['CASE END', 'a column of the name END stands between backticks'],
    ["DATE '2026-02-30'", "a day, as '2026-11-21'"],
    ["TIMESTAMP 'noon'", 'a time in UTC'],
    ['1a', 'a number, a text, a name or a sign'],
    [`${'('.repeat(300)}a`, 'nested at most 200 levels deep'],
    ['cast(a AS', 'there must be )'],
  ])('%s', async (text, said) => {
    const error = await errorOf(() => expr(text));
    expect(error.code).toBe('PARAM_INVALID');
    expect(error.message).toContain(said);
  });

  it('whatever the text is', () => {
    const piece = fc.constantFrom(
      ...[
        "'",
        '`',
        '(',
        ')',
        'a',
        '1',
        '.',
        ' ',
        'case',
        'when',
        'cast',
        ' as ',
        ',',
        '-',
        '[',
        ']',
        'in',
        '|',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          expect(expr(pieces.join('')).node.op).toBeTypeOf('string');
        } catch (error) {
          expect(['PARAM_INVALID', 'USAGE']).toContain((error as { code?: string }).code);
        }
      }),
      { numRuns: 500 },
    );
  });
});
