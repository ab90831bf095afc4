/** Text that only stands for categories is read as the dictionary that the file stores: same cells, no strings made. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataType, type RecordBatch } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { createTable } from '../../../src/index.ts';
import { encodeCategories } from '../../../src/table/columns/column-values.ts';
import { readParquet } from '../../../src/table/parquet/read-parquet.ts';
import type { PartitionedTable } from '../../../src/table/partitioned-table.ts';
import { readPartition } from '../../../src/table/plan/read-partition.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const runner = new InlineRunner();

/** Each text column's cells, and which columns came as dictionaries. */
function textsOf(batch: RecordBatch): { cells: Record<string, unknown[]>; dictionaries: string[] } {
  const cells: Record<string, unknown[]> = {};
  const dictionaries: string[] = [];
  for (const [index, { name, type }] of batch.schema.fields.entries()) {
    if (!DataType.isDictionary(type) && !DataType.isUtf8(type)) continue;
    if (DataType.isDictionary(type)) dictionaries.push(name);
    const vector = batch.getChildAt(index);
    if (vector === null) throw new Error(`no ${name}`);
    const codes = new Int32Array(batch.numRows);
    const values = encodeCategories(vector, codes, 0);
    cells[name] = Array.from(codes, (code) => (code < 0 ? null : values[code]));
  }
  return { cells, dictionaries };
}

async function bothWays(table: PartitionedTable, rows?: { start: number; end: number }) {
  const { partitions } = await table.plan();
  const read = async (textMayBeDictionary: boolean) => {
    const found = [];
    for (const spec of partitions) {
      found.push(textsOf(await readPartition(spec, { rows, textMayBeDictionary })));
    }
    return found;
  };
  return { plain: await read(false), asDictionary: await read(true) };
}

describe('text that may come as a dictionary', () => {
  it.each([
    'pyarrow-types.parquet',
    'pyarrow-plain.parquet',
    'pyarrow-page-index.parquet',
    'pyarrow-no-arrow-schema.parquet',
    'duckdb.parquet',
    'spark-like',
  ])('has the same cells in %s', async (path) => {
    const table = await readParquet(runner, join(fixtures, path));
    for (const rows of [undefined, { start: 3, end: 11 }]) {
      const { plain, asDictionary } = await bothWays(table, rows);
      expect(asDictionary.map(({ cells }) => cells)).toEqual(plain.map(({ cells }) => cells));
      const numMore = (i: number) =>
        (asDictionary[i]?.dictionaries.length ?? 0) - (plain[i]?.dictionaries.length ?? 0);
      expect(plain.some((_, i) => numMore(i) > 0)).toBe(true);
    }
  });

  it('has the same cells where the dictionary grew too large for the file', async () => {
    const path = join(temporaryFolder('text-as-dictionary'), 'wide.parquet');
    const word = (i: number) => (i % 97 === 0 ? null : `${'a long word '.repeat(20)}${i}`);
    const made = createTable({ s: Array.from({ length: 6000 }, (_, i) => word(i)) });
    await made.write.parquet(path);
    const { plain, asDictionary } = await bothWays(await readParquet(runner, path));
    expect(asDictionary.map(({ cells }) => cells)).toEqual(plain.map(({ cells }) => cells));
  });

  it('stays a dictionary beside steps that make other columns, and is text where rows are left out', async () => {
    const path = join(temporaryFolder('text-as-dictionary'), 'steps.parquet');
    const word = (i: number) => (i % 7 === 0 ? null : `w${i % 5}`);
    const made = createTable({
      s: Array.from({ length: 60 }, (_, i) => word(i)),
      t: Array.from({ length: 60 }, (_, i) => word(i + 3)),
      n: Int32Array.from({ length: 60 }, (_, i) => i % 4),
    });
    await made.write.parquet(path);
    const table = (await readParquet(runner, path)).cast({ t: 'category', n: 'category' });
    const all = await bothWays(table);
    expect(all.asDictionary.map(({ cells }) => cells)).toEqual(all.plain.map(({ cells }) => cells));
    expect(all.plain.map(({ dictionaries }) => dictionaries)).toEqual([['t', 'n']]);
    expect(all.asDictionary.map(({ dictionaries }) => dictionaries)).toEqual([['s', 't', 'n']]);
    const some = await bothWays(table.sample(0.5));
    expect(some.asDictionary).toEqual(some.plain);
  });

  it('is text for the steps that read it', async () => {
    const path = join(fixtures, 'pyarrow-types.parquet');
    const table = await readParquet(runner, path);
    const name = table.schema.fields.find(({ type }) => DataType.isUtf8(type))?.name as string;
    const { plain, asDictionary } = await bothWays(
      table.rename({ [name]: 'renamed' }).select('renamed'),
    );
    expect(asDictionary).toEqual(plain);
  });
});
