/** Reading and writing in worker threads, through a session: the same rows as in the calling thread. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { Session } from '../../src/session/session.ts';
import { readCsv } from '../../src/table/csv/read-csv.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const folder = temporaryFolder('formats-threads');
const session = await Session.local({ threads: 2 });
afterAll(() => session.close());

describe('a session', () => {
  const numRows = 150_000;
  const columns = {
    id: Int32Array.from({ length: numRows }, (_, i) => i),
    value: Float64Array.from({ length: numRows }, (_, i) => i / 7),
    text: Array.from({ length: numRows }, (_, i) =>
      i % 9 === 0 ? null : `row\n"${i}" ${'x'.repeat(60)}`,
    ),
  };
  const table = session.createTable(columns, { numPartitions: 5 });

  it('writes and reads CSV and Arrow in its threads', async () => {
    const csv = join(folder, 'a.csv');
    const arrow = join(folder, 'a.arrow');
    await table.write.csv(csv);
    const read = await session.read.csv(csv);
    expect(read.numPartitions).toBeGreaterThan(1);
    await read.write.arrow(arrow);
    const data = await (await session.read.arrow(arrow)).collect();
    expect(data.getChild('id')?.toArray()).toEqual(columns.id);
    expect(data.getChild('value')?.toArray()).toEqual(columns.value);
    expect([...(data.getChild('text') ?? [])].every((cell, i) => cell === columns.text[i])).toBe(
      true,
    );
    const inline = await readCsv(new InlineRunner(), csv);
    expect(inline.schema.toString()).toBe(read.schema.toString());
    expect(await inline.count()).toBe(numRows);
  });

  it('carries an error out of its threads', async () => {
    const csv = join(folder, 'b.csv');
    await table.write.csv(csv);
    const wrong = await session.read.csv(csv, { schema: { text: 'int' } });
    await expect(wrong.collect()).rejects.toMatchObject({
      code: 'DATA_INVALID',
      context: { line: 3, column: 'text' },
    });
  });

  it('gives tables to SQL and takes the result', async () => {
    const query = 'SELECT id % 3 AS part, count(text) AS n FROM t GROUP BY part ORDER BY part';
    const data = await (await session.sql(query, { tables: { t: table } })).collect();
    const counts = [0, 1, 2].map(
      (part) => columns.text.filter((cell, i) => cell !== null && i % 3 === part).length,
    );
    expect(data.toArray().map((row) => Number(row?.n))).toEqual(counts);
  });
});
