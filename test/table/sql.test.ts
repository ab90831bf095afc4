import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { runSql } from '../../src/table/sql/run-sql.ts';
import { typeName } from '../../src/table/type-name.ts';
import { cellsOfTable, runner } from './topologies.ts';

const fixture = fileURLToPath(new URL('./fixtures/duckdb.parquet', import.meta.url));

describe('sql', () => {
  const flights = tableFromColumns(
    runner,
    { carrier: ['AA', 'UA', 'AA', null], delay: [5, 10, 20, 1] },
    { numPartitions: 2 },
  );
  const carriers = tableFromColumns(runner, {
    carrier: ['AA', 'UA'],
    name: ['American', "United's"],
  });

  it('joins and groups tables, in the order that the query asks for', async () => {
    const result = await runSql(
      runner,
      'SELECT name, avg(delay) AS mean, count(*)::INT AS n FROM flights JOIN carriers USING (carrier) GROUP BY name ORDER BY name;',
      { tables: { flights, carriers } },
    );
    expect(await cellsOfTable(result)).toEqual({
      name: ['"American"', '"United\'s"'],
      mean: ['12.5', '10'],
      n: ['2', '1'],
    });
  });

  it('reads files by itself and keeps types', async () => {
    const result = await runSql(
      runner,
      `SELECT date, decimal, int8, text FROM '${fixture}' WHERE int8 IS NOT NULL`,
    );
    expect(result.schema.fields.map((field) => typeName(field.type))).toEqual([
      'date',
      'decimal(12,2)',
      'tinyint',
      'string',
    ]);
    expect(await result.count()).toBe(51);
    expect(await (await runSql(runner, 'SELECT 1 AS x WHERE false')).count()).toBe(0);
  });

  it('leaves no temporary files', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('coppice-sql-'));
    await runSql(runner, 'SELECT 1 AS x');
    await expect(runSql(runner, 'SELECT FROM', {})).rejects.toMatchObject({
      code: 'PARAM_INVALID',
    });
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('coppice-sql-'));
    expect(after).toEqual(before);
  });

  it('says what DuckDB says about a wrong query, and ends when aborted', async () => {
    await expect(
      runSql(runner, 'SELECT nothing FROM flights', { tables: { flights } }),
    ).rejects.toThrow(/query of sql must be one that DuckDB can run; it says: .*nothing/s);
    await expect(runSql(runner, '')).rejects.toThrow(/query of sql must be a text/);
    await expect(runSql(runner, 'SELECT 1', { signal: AbortSignal.abort() })).rejects.toMatchObject(
      { code: 'ABORTED' },
    );
    const slow = 'SELECT sum(a.range * b.range) AS s FROM range(1000000) a, range(100000) b';
    const started = Date.now();
    await expect(runSql(runner, slow, { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(Date.now() - started).toBeLessThan(5000);
  });
});
