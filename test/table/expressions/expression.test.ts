/** What is no expression is refused by name: texts of SQL, values in place of lists and conditions. */
import { expect, it } from 'vitest';
import { createTable } from '../../../src/index.ts';
import { coalesce, col, when } from '../../../src/table/expressions/expression.ts';
import { errorOf } from '../../contract/error-of.ts';

const table = createTable({ x: [1, 2, null], s: ['a', 'b', 'c'] });

it.each([
  [
    () => table.filter('x > 1' as never),
    "condition of filter must be an expression, such as col('x').gt(1) or expr('x > 1'); got \"x > 1\"",
  ],
  [() => table.filter(undefined as never), 'condition of filter must be an expression'],
  [() => when(true as never, 1), 'condition of when must be an expression'],
  [() => when(col('x').gt(1), 1).when('x' as never, 2), 'condition of when must be an expression'],
  [() => col('x').isIn(1 as never), 'values of isIn must be an array; got 1'],
  [() => col(undefined as never), 'name of col must be the name of a column; got undefined'],
  [() => col('x').cast(undefined as never), 'type of cast must be the name of a type'],
  [() => col('x').tryCast(8 as never), 'type of cast must be the name of a type; got 8'],
  [() => coalesce(), 'values of coalesce must be one value or more; got []'],
  [() => table.withColumn('y', [1, 2, 3] as never), 'constant of an expression must be'],
])('%s is answered with what it must be', async (make, message) => {
  const error = await errorOf(make as () => never);
  expect(error.code).toBe('PARAM_INVALID');
  expect(error.message).toContain(message);
});
