/** Expressions as JSON: back as they were, and refused where they are none. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { col, lit } from '../../../src/index.ts';
import {
  expressionFromJson,
  expressionToJson,
} from '../../../src/table/expressions/expression-json.ts';
import { errorOf } from '../../contract/error-of.ts';
import { anyExpression } from './arbitrary-expression.ts';

const again = (json: unknown) => expressionFromJson(JSON.parse(JSON.stringify(json)));

it('comes back as it was', () => {
  fc.assert(
    fc.property(anyExpression, ({ made: { node } }) => {
      expect(again(expressionToJson(node))).toEqual(node);
    }),
  );
});

it.each([
  ...[
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -0,
    2n ** 63n,
    -5n,
    null,
    true,
  ],
  new Date('1969-12-31T23:59:59.999Z'),
])('keeps the constant %s', (value) => {
  const { node } = lit(value);
  expect(again(expressionToJson(node))).toEqual(node);
  const { node: list } = col('a').isIn([value ?? 1]);
  expect(again(expressionToJson(list))).toEqual(list);
});

it.each([
  col('t').dateTrunc('week').dateDiff(col('u')),
  col('t').fromUtcTimestamp('-05:30').hour(),
  col('t').dateAdd(col('n')).unixTimestamp(),
  col('s').getItem('a').getItem(1),
])('keeps times and parts of parts', ({ node }) => {
  expect(again(expressionToJson(node))).toEqual(node);
});

it.each([
  null,
  { op: 'time', name: 'dateTrunc', args: [{ op: 'col', name: 'a' }], arg: 'aeon' },
  { op: 'time', name: 'fromUtcTimestamp', args: [{ op: 'col', name: 'a' }] },
  { op: 'time', name: 'dateDiff', args: [{ op: 'col', name: 'a' }] },
  { op: 'col' },
  { op: 'colour', args: [] },
  { op: 'numeric', name: 'add', args: [{ op: 'lit', value: 1 }] },
  { op: 'numeric', name: 'toString', args: [] },
  { op: 'compare', name: 'eq' },
  { op: 'text', name: 'lower', args: [{ op: 'col', name: 'a' }] },
  { op: 'item', args: [{ op: 'lit', value: 1 }], key: 0 },
  { op: 'item', args: [{ op: 'col', name: 'a' }], key: -1 },
  { op: 'cast', args: [{ op: 'col', name: 'a' }], type: 'int' },
  { op: 'lit', value: { number: '7' } },
  { op: 'lit', value: { bigint: '1e3' } },
  { op: 'isIn', args: [{ op: 'col', name: 'a' }], values: 3 },
])('refuses %j', async (json) => {
  const error = await errorOf(() => expressionFromJson(json));
  expect(error.code).toBe('MODEL_FORMAT');
});
