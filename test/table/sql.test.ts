import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { typeName } from '../../src/table/columns/type-name.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { type DuckDb, loadDuckDb } from '../../src/table/sql/load-duckdb.ts';
import { sqlTable } from '../../src/table/sql/run-sql.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const runner = new InlineRunner();
const folder = temporaryFolder('sql');
// Other test files may run queries at the same time.
process.env['TMPDIR'] = folder;

async function rows(table: PartitionedTable): Promise<unknown[][]> {
  const data = await table.collect();
  return data.toArray().map((row) => Object.values(row?.toJSON() ?? {}));
}

function leftovers(): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('coppice-sql-'));
}

describe('sqlTable', () => {
  const people = tableFromColumns(
    runner,
    { id: [1, 2, 3, 4], name: ['ann', 'bob', null, "d'arc"], town: [1, 2, 2, null] },
    { numPartitions: 3 },
  );
  const towns = tableFromColumns(runner, { town: [1, 2], label: ['Aix', 'Bath'] });

  it('joins, groups and orders tables by their names', async () => {
    const table = await sqlTable(
      runner,
      `SELECT label, count(*) AS n, max(id) AS last -- a comment
       FROM people JOIN "the towns" USING (town) GROUP BY label ORDER BY label DESC; `,
      { tables: { people, 'the towns': towns } },
    );
    expect(await rows(table)).toEqual([
      ['Bath', 2n, 3],
      ['Aix', 1n, 1],
    ]);
    expect(await rows(await sqlTable(runner, 'FROM people', { tables: { people } }))).toEqual(
      await rows(people),
    );
  });

  it('runs a query with a semicolon before a comment, and leaves those of texts and comments alone', async () => {
    const queries = [
      'SELECT 1 AS a; -- a comment',
      'SELECT 1 AS a; ; /* one; two */ -- three;',
      "SELECT 1 AS a -- no; end\n WHERE ';' = chr(59);--",
      "; SELECT 1 AS a WHERE $$;$$ = ';' AND e'\\';' = chr(39) || ';' /* a /* b; */ c; */ ;",
    ];
    for (const query of queries) {
      expect(await rows(await sqlTable(runner, query))).toEqual([[1]]);
    }
    await expect(sqlTable(runner, 'SELECT 1; -- one\nSELECT 2')).rejects.toThrow('not 2');
  });

  it('hands out every type in shared memory', async () => {
    const table = await sqlTable(
      runner,
      `SELECT 1::TINYINT a, 2::UBIGINT b, 1.5::FLOAT c, 2.5::DOUBLE d, true e, 'x' f,
       DATE '2020-02-29' g, TIMESTAMP '2020-01-01 00:00:01' h, 1.25::DECIMAL(9, 2) i, NULL::INTEGER j,
       sum(5) k, [1.0, 2.0]::DOUBLE[2] l, {'p': 1} m, 'u'::ENUM ('u', 'v') n,
       TIMESTAMPTZ '2020-01-01 00:00:01+00' o`,
    );
    const names = Object.fromEntries(table.schema.fields.map((f) => [f.name, typeName(f.type)]));
    expect(names).toMatchObject({
      a: 'tinyint',
      b: 'ubigint',
      c: 'float',
      d: 'double',
      e: 'boolean',
    });
    expect(names).toMatchObject({
      f: 'string',
      g: 'date',
      i: 'decimal(9,2)',
      j: 'int',
      k: 'double',
    });
    expect(names['h']).toMatch(/^timestamp/);
    const data = await table.collect();
    const first = Object.values(data.get(0)?.toJSON() ?? {});
    expect(first.slice(0, 6)).toEqual([1, 2n, 1.5, 2.5, true, 'x']);
    expect([first[9], first[10], String(first[13])]).toEqual([null, 5, 'u']);
    for await (const batch of table.batches()) {
      expect(batch.getChild('d')?.data[0]?.values.buffer).toBeInstanceOf(SharedArrayBuffer);
    }
  });

  it('reads files, keeps the order of many rows and gives a table without rows its columns', async () => {
    const path = join(folder, "it's.csv");
    writeFileSync(path, 'a,b\n1,x\n2,y\n');
    const quoted = path.replaceAll("'", "''");
    expect(await rows(await sqlTable(runner, `SELECT b FROM '${quoted}' WHERE a > 1`))).toEqual([
      ['y'],
    ]);
    const many = await sqlTable(runner, 'SELECT range AS i FROM range(300000) ORDER BY i DESC');
    expect(many.numPartitions).toBeGreaterThan(1);
    const values = (await many.collect()).getChild('i')?.toArray() as BigInt64Array;
    expect(values.every((value, index) => value === BigInt(299_999 - index))).toBe(true);
    const none = await sqlTable(runner, 'SELECT 1 AS one WHERE false');
    expect(await none.count()).toBe(0);
    expect(none.columns).toEqual(['one']);
  });

  it('leaves no temporary file behind, whatever happens', async () => {
    const before = leftovers();
    await sqlTable(runner, 'FROM people', { tables: { people } });
    await expect(sqlTable(runner, 'FROM nobody', { tables: { people } })).rejects.toThrow(/nobody/);
    expect(leftovers()).toEqual(before);
  });

  it.each([
    ['SELEC 1', /query of session\.sql must run in DuckDB; it did not: .*syntax error/],
    ['SELECT missing FROM people', /missing/],
    ['SELECT 1; SELECT 2', /one statement, not 2/],
    ['', /query of session\.sql must be one SELECT; got ""/],
    ['CREATE TABLE t (a INTEGER)', /must be a SELECT/],
    ["SELECT 'x'::INTEGER", /Could not convert/],
    ["SELECT 1) TO 'stolen.csv'; SELECT (1", /syntax error/],
  ])('refuses %s', async (query, message) => {
    const running = sqlTable(runner, query, { tables: { people } });
    await expect(running).rejects.toMatchObject({ code: 'PARAM_INVALID' });
    await expect(running).rejects.toThrow(message);
    expect(existsSync('stolen.csv')).toBe(false);
  });

  it('refuses tables that are none', async () => {
    const tables = { people: [1, 2] as never };
    await expect(sqlTable(runner, 'FROM people', { tables })).rejects.toThrow(
      /tables\.people of session\.sql must be a table/,
    );
  });

  it('stops when it is aborted', async () => {
    const controller = new AbortController();
    const query = 'SELECT count(*) FROM range(100000000000) a WHERE a.range % 7 = 3';
    const running = sqlTable(runner, query, { signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    const start = performance.now();
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    expect(performance.now() - start).toBeLessThan(20_000);
    await expect(
      sqlTable(runner, 'SELECT 1', { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('stops when it is aborted before or while the query begins', async () => {
    const query = 'SELECT count(*) FROM range(100000000000) a WHERE a.range % 7 = 3';
    for (const delay of [0, 1, 3, 6, 10, 20]) {
      const controller = new AbortController();
      const running = sqlTable(runner, query, { signal: controller.signal });
      setTimeout(() => controller.abort(), delay);
      await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    }
  });

  it('says which folder of temporary files it cannot write', async () => {
    const missing = join(folder, 'missing');
    process.env['TMPDIR'] = missing;
    try {
      await expect(sqlTable(runner, 'SELECT 1')).rejects.toMatchObject({
        code: 'FILE_WRITE',
        message: expect.stringContaining(`${missing} (TMPDIR)`),
      });
    } finally {
      process.env['TMPDIR'] = folder;
    }
  });

  it('says what to install when DuckDB is not there', async () => {
    const name = 'no-such-package-anywhere';
    const load = () => loadDuckDb(() => import(name) as Promise<DuckDb>);
    const running = sqlTable(runner, 'SELECT 1', {}, load);
    await expect(running).rejects.toMatchObject({ code: 'DEPENDENCY_MISSING' });
    await expect(running).rejects.toThrow(/npm install @duckdb\/node-api/);
  });
});
