/** Files of a folder that differ in a column: the error names file, column and what to do, and that does it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Int32, Table, TimestampMicrosecond, vectorFromArray } from 'apache-arrow';
import { afterAll, expect, it } from 'vitest';
import { createTable, lit, Session } from '../../src/index.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { errorOf } from '../contract/error-of.ts';

const session = await Session.local({ threads: 1 });
const root = mkdtempSync(join(tmpdir(), 'coppice-merge-'));
afterAll(async () => {
  rmSync(root, { recursive: true });
  await session.close();
});

async function folderOf(name: string, files: readonly object[]): Promise<string> {
  for (const [i, columns] of files.entries()) {
    const path = join(root, name, `part-${i}.parquet`);
    await (createTable(columns as { x: number[] }) as PartitionedTable).write.parquet(path);
  }
  return join(root, name);
}

async function apart(folder: string): Promise<[PartitionedTable, PartitionedTable]> {
  const [a, b] = [0, 1].map((i) => session.read.parquet(join(folder, `part-${i}.parquet`)));
  return [(await a) as PartitionedTable, (await b) as PartitionedTable];
}

it('a column that one file has not is added to it or left out of the others', async () => {
  const folder = await folderOf('fewer', [{ x: [1], y: [2.5] }, { x: [3] }]);
  const error = await errorOf(async () => await session.read.parquet(folder));
  expect(error.code).toBe('SCHEMA_MISMATCH');
  expect(error.message).toMatch(
    /^column "y" of file .*part-1.parquet must be as in the others; it is missing;/,
  );
  const told = `.withColumn("y", lit(null).cast('double')) or .drop("y") before .union`;
  expect(error.message).toContain(told);
  const [a, b] = await apart(folder);
  const both = a.union(b.withColumn('y', lit(null).cast('double')));
  expect(await both.take(2)).toEqual([
    { x: 1, y: 2.5 },
    { x: 3, y: null },
  ]);
  expect(await a.drop('y').union(b).count()).toBe(2);
  const more = await folderOf('more', [{ x: [1] }, { x: [3], y: ['a'] }]);
  const other = await errorOf(async () => await session.read.parquet(more));
  expect(other.message).toContain(`.withColumn("y", lit(null).cast('string')) or .drop("y")`);
});

it('a column of other types is cast', async () => {
  const folder = await folderOf('typed', [{ x: [1.5] }, { x: ['2.5'] }]);
  const error = await errorOf(async () => await session.read.parquet(folder));
  expect(error.message).toContain(
    'part-1.parquet must be as in the others; its type must be double',
  );
  expect(error.message).toContain(
    `got string. Tables that are read apart can be made alike and put together: .cast({ "x": 'double' }) before .union`,
  );
  const [a, b] = await apart(folder);
  expect(await a.union(b.cast({ x: 'double' })).take(2)).toEqual([{ x: 1.5 }, { x: 2.5 }]);
});

it('times of other zones are cast on both sides', async () => {
  const at = (zone: string): Table =>
    new Table({
      n: vectorFromArray([1], new Int32()),
      t: vectorFromArray([0], new TimestampMicrosecond(zone)),
    });
  const folder = await folderOf('zones', [at('UTC'), at('Europe/Rome')]);
  const error = await errorOf(async () => await session.read.parquet(folder));
  expect(error.message).toContain('its type must be timestamp(us, UTC), as in ');
  expect(error.message).toContain(`.cast({ "t": 'timestamp(us)' }) of both before .union`);
  const [a, b] = await apart(folder);
  const same = { t: 'timestamp(us)' };
  expect(await a.cast(same).union(b.cast(same)).count()).toBe(2);
});
