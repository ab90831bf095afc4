import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Dictionary,
  Field,
  Int32,
  RecordBatchReader,
  Schema,
  Table,
  tableFromIPC,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { readArrow } from '../../../src/table/arrow-ipc/read-arrow.ts';
import { writeArrow } from '../../../src/table/arrow-ipc/write-arrow.ts';
import {
  batchOfColumns,
  dictionaryColumn,
  structColumn,
} from '../../../src/table/columns/make-column.ts';
import {
  tableFromArrow,
  tableFromBatch,
  tableFromColumns,
} from '../../../src/table/create-table.ts';
import { memoryPartition } from '../../../src/table/files/sources.ts';
import { PartitionedTable } from '../../../src/table/partitioned-table.ts';
import { sourceNode } from '../../../src/table/plan/plan-node.ts';
import { schemaToRecord } from '../../../src/table/schema-record.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { cellsOf, columnKinds, plainCells, vectorOf } from '../arbitrary-columns.ts';

const runner = new InlineRunner();
const folder = temporaryFolder('arrow-write');

/** Partitions of one column of categories, each with a dictionary of its own. */
function categories(parts: readonly (readonly (string | null)[])[]): PartitionedTable {
  const type = new Dictionary(new Utf8(), new Int32());
  const schema = new Schema([new Field('c', type, true)]);
  const partitions = parts.map((cells) => {
    const values = [...new Set(cells.filter((cell) => cell !== null))].reverse();
    const codes = Int32Array.from(cells, (cell) => (cell === null ? -1 : values.indexOf(cell)));
    const batch = batchOfColumns([['c', dictionaryColumn(codes, values)]]);
    return memoryPartition(batch, schemaToRecord(schema));
  });
  return new PartitionedTable(runner, sourceNode(schema, partitions));
}

function cells(table: Table, name: string): unknown[] {
  return [...(table.getChild(name) ?? [])];
}

describe('writeArrow', () => {
  it.each(['nameless.arrow', 'nameless.arrows'])(
    'keeps a name that is empty in %s',
    async (name) => {
      const inner = structColumn([['', vectorFromArray([3, 4], new Int32())]], 2);
      const columns = { '': vectorFromArray([1, 2], new Int32()), null: inner };
      const path = join(folder, name);
      await writeArrow(tableFromArrow(runner, new Table(columns as never)), path);
      const { schema } = await readArrow(runner, path);
      const names = schema.fields.map((field) => [field.name, field.type.children?.[0]?.name]);
      expect(names).toEqual([
        ['', undefined],
        ['null', ''],
      ]);
    },
  );

  it.each(['one.arrow', 'one.feather', 'one.arrows'])('writes %s for any reader', async (name) => {
    const columns = { x: [1, null, 3], s: ['a', 'é', null], b: [true, null, false] };
    const table = tableFromColumns(runner, columns, { numPartitions: 3 });
    const path = join(folder, name);
    await writeArrow(table, path);
    const bytes = readFileSync(path);
    const data = tableFromIPC(bytes);
    expect(data.batches.length).toBe(3);
    expect(cells(data, 'x')).toEqual(columns.x);
    expect(cells(await (await readArrow(runner, path)).collect(), 's')).toEqual(columns.s);
    if (!name.endsWith('s')) {
      expect(RecordBatchReader.from(bytes.subarray(8)).open().schema.fields.length).toBe(3);
    }
    await expect(writeArrow(table, path)).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    await writeArrow(table, path, { overwrite: true });
  });

  it('gives all partitions of a file one dictionary', async () => {
    const parts = [[], ['b', 'a', null], ['c', 'a'], [], ['d', 'b', 'd']];
    for (const name of ['categories.arrow', 'categories.arrows']) {
      const path = join(folder, name);
      await writeArrow(categories(parts), path);
      expect(cells(tableFromIPC(readFileSync(path)), 'c')).toEqual(parts.flat());
      const back = await readArrow(runner, path);
      expect(cells(await back.collect(), 'c')).toEqual(parts.flat());
    }
  });

  it('writes categories inside structs, also when a column stands there too', async () => {
    const category = dictionaryColumn(Int32Array.of(1, 0, -1, 1), ['x', 'y']);
    const struct = structColumn([['c', category]], 4);
    const batch = batchOfColumns([
      ['c', category],
      ['features', struct],
    ]);
    const path = join(folder, 'struct.arrow');
    await writeArrow(tableFromBatch(runner, batch, { numPartitions: 2 }), path);
    const data = tableFromIPC(readFileSync(path));
    expect(cells(data, 'c')).toEqual(['y', 'x', null, 'y']);
    expect(cells(data, 'features').map((row) => (row as { c: unknown }).c)).toEqual([
      'y',
      'x',
      null,
      'y',
    ]);
  });

  it.each([1, 2])('writes columns that share memory, in %d partitions', async (numPartitions) => {
    const category = dictionaryColumn(Int32Array.of(1, 0, 1, 1, 0, 1, 0, 0), ['x', 'y']);
    const wanted = ['y', 'x', 'y', 'y', 'x', 'y', 'x', 'x'];
    const batch = batchOfColumns([
      ['a', category],
      ['b', category],
    ]);
    const path = join(folder, `shared-${numPartitions}.arrow`);
    await writeArrow(tableFromBatch(runner, batch, { numPartitions }), path);
    const data = tableFromIPC(readFileSync(path));
    expect([cells(data, 'a'), cells(data, 'b')]).toEqual([wanted, wanted]);
  });

  it('writes a folder, and a table without rows', async () => {
    const path = join(folder, 'parts');
    await writeArrow(tableFromColumns(runner, { a: [1, 2] }, { numPartitions: 2 }), path);
    expect(readdirSync(path).sort()).toEqual(['part-00000.arrow', 'part-00001.arrow']);
    expect(await (await readArrow(runner, path)).count()).toBe(2);
    const empty = join(folder, 'empty.arrow');
    await writeArrow(tableFromColumns(runner, { a: [] }), empty);
    expect((await readArrow(runner, empty)).columns).toEqual(['a']);
  });

  it('writes large partitions in several batches', async () => {
    const values = Float64Array.from({ length: 150_000 }, (_, i) => i / 3);
    const path = join(folder, 'large.arrow');
    await writeArrow(tableFromColumns(runner, { values }, { numPartitions: 1 }), path);
    const data = tableFromIPC(readFileSync(path));
    expect(data.batches.length).toBe(3);
    expect(data.getChild('values')?.toArray()).toEqual(values);
  });

  it('writes what reads back the same, whatever the columns', async () => {
    const base = mkdtempSync(join(folder, 'law-'));
    let files = 0;
    const columns = fc.tuple(...columnKinds.map((kind) => cellsOf(kind, 15)));
    await fc.assert(
      fc.asyncProperty(columns, fc.integer({ min: 1, max: 7 }), async (cells, numPartitions) => {
        const length = Math.min(...cells.map((column) => column.length));
        const vectors = columnKinds.map(
          (kind, i) => [kind.name, vectorOf(kind, (cells[i] ?? []).slice(0, length))] as const,
        );
        const table = tableFromBatch(runner, batchOfColumns(vectors), { numPartitions });
        const path = join(base, `${files++}.arrow`);
        await writeArrow(table, path);
        const back = await (await readArrow(runner, path)).collect();
        const other = tableFromIPC(readFileSync(path));
        expect(back.numRows).toBe(length);
        for (const [name, vector] of vectors) {
          expect(plainCells(back.getChild(name) as Vector), name).toEqual(plainCells(vector));
          expect(plainCells(other.getChild(name) as Vector), name).toEqual(plainCells(vector));
        }
      }),
      { numRuns: 30 },
    );
  });
});
