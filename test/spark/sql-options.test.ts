/** Options of `session.sql` that a query of Spark's does not look at. */
import { expect, it } from 'vitest';
import { createTable } from '../../src/session/default-session.ts';
import { checkSqlOptions } from '../../src/spark/open-spark.ts';
import { errorOf } from '../contract/error-of.ts';

it('are refused by name', async () => {
  const tables = { t: createTable({ x: [1] }) };
  const refused = async (options: object) => await errorOf(async () => checkSqlOptions(options));
  expect(await refused({ tabels: {} })).toMatchObject({ code: 'PARAM_UNKNOWN' });
  expect(await refused({ tables })).toMatchObject({ code: 'UNSUPPORTED' });
  expect((await refused({ tables })).message).toContain('write a table into a file');
  expect(await refused({ signal: AbortSignal.abort() })).toMatchObject({ code: 'ABORTED' });
  checkSqlOptions({ tables: {}, onProgress: () => {} });
});
