import {
  Dictionary,
  Field,
  Float64,
  LargeUtf8,
  Schema,
  Struct,
  tableFromArrays,
  Uint32,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { columnOf } from '../../src/table/columns/column-values.ts';
import { float64Column, structColumn, withColumns } from '../../src/table/columns/make-column.ts';
import { tableFromArrow, tableFromBatch, tableFromColumns } from '../../src/table/create-table.ts';
import { registerOperator } from '../../src/table/plan/operators.ts';
import { readPartition } from '../../src/table/plan/read-partition.ts';
import { batchOfInput, type TableInput } from '../../src/table/table-input.ts';
import { filterRows } from '../../src/table/take-rows.ts';

const runner = new InlineRunner();
const seen: { columns: string[]; firstRow: number }[] = [];

registerOperator(
  'test.double',
  (spec: { from: string; to: string } & never) => (batch, context) => {
    const { from, to } = spec as { from: string; to: string };
    seen.push({
      columns: batch.schema.fields.map((field) => field.name),
      firstRow: context.firstRow,
    });
    const values = Float64Array.from(columnOf(batch, [from]), (value) => Number(value) * 2);
    return withColumns(batch, [[new Field(to, new Float64()), float64Column(values)]]);
  },
);
registerOperator('test.odd', () => (batch) => {
  const values = [...columnOf(batch, ['a'])] as number[];
  return filterRows(
    batch,
    Uint8Array.from(values, (value) => value % 2),
  );
});
registerOperator('test.pair', () => (batch, context) => {
  const wanted = context.wanted.get('pair');
  const children = (['a', 'b'] as const)
    .filter((name) => wanted === 'all' || wanted?.has(name))
    .map((name) => [name, columnOf(batch, [name])] as [string, Vector]);
  const pair = structColumn(children, batch.numRows);
  return withColumns(batch, [[new Field('pair', pair.type, true), pair]]);
});

function numbers() {
  const a = Float64Array.of(1, 2, 3, 4, 5);
  return tableFromColumns(runner, { a, b: ['p', 'q', null, 'r', 's'] }, { numPartitions: 2 });
}

function doubled(from: string, to: string, options = {}) {
  const table = numbers();
  const schema = new Schema([
    ...table.schema.fields,
    new Field(to, new Float64(), false, new Map([['k', 'v']])),
  ]);
  return table.withOperator(
    { kind: 'test.double', reads: [from], writes: [to], from, to, ...options },
    schema,
  );
}

describe('PartitionedTable', () => {
  it('keeps rows in order over its partitions', async () => {
    const table = numbers();
    expect(table.numPartitions).toBe(2);
    expect(await table.rowCounts()).toEqual([2, 3]);
    expect(await table.count()).toBe(5);
    const rows = await table.collect();
    expect([...(rows.getChild('a') as Vector)]).toEqual([1, 2, 3, 4, 5]);
    expect([...(rows.getChild('b') as Vector)]).toEqual(['p', 'q', null, 'r', 's']);
  });

  it('runs operators lazily, with the columns they read, and keeps field metadata', async () => {
    const table = doubled('a', 'twice');
    const plan = structuredClone(await table.plan());
    seen.length = 0;
    const plain = await readPartition(plan.partitions[0] as never, { columns: ['b'] });
    expect(plain.schema.fields.map((field) => field.name)).toEqual(['b']);
    expect(seen).toEqual([]);
    const batch = await readPartition(plan.partitions[1] as never, { columns: ['twice', 'b'] });
    expect([...columnOf(batch, ['twice'])]).toEqual([6, 8, 10]);
    expect(batch.schema.fields[0]?.metadata.get('k')).toBe('v');
    expect(batch.schema.fields[0]?.nullable).toBe(false);
    expect(seen).toEqual([{ columns: ['a', 'b'], firstRow: -1 }]);
  });

  it('tells an operator the position of its first row when it asks', async () => {
    const table = numbers();
    const odd = table.withOperator(
      { kind: 'test.odd', reads: ['a'], writes: [], changesRows: true },
      table.schema,
    );
    const spec = {
      kind: 'test.double',
      reads: ['a'],
      writes: ['a'],
      usesPosition: true,
      from: 'a',
      to: 'a',
    };
    const placed = odd.withOperator(spec, table.schema);
    expect(await placed.rowCounts()).toEqual([1, 2]);
    seen.length = 0;
    expect([...((await placed.collect()).getChild('a') as Vector)]).toEqual([2, 6, 10]);
    expect(seen.map(({ firstRow }) => firstRow)).toEqual([0, 1]);
  });

  it('reads only the rows and the children of a struct that are asked for', async () => {
    const table = numbers();
    const pair = structColumn(
      [['a', columnOf((await table.collect()).batches[0] as never, ['a'])]],
      5,
    );
    const schema = new Schema([...table.schema.fields, new Field('pair', pair.type, true)]);
    const paired = table.withOperator(
      {
        kind: 'test.pair',
        reads: ['a', 'b'],
        writes: ['pair'],
        parts: { pair: { a: ['a'], b: ['b'] } },
      },
      schema,
    );
    const [, last] = (await paired.plan()).partitions;
    const batch = await readPartition(last as never, {
      columns: [['pair', 'b']],
      rows: { start: 1, end: 3 },
    });
    expect([...columnOf(batch, ['pair', 'b'])]).toEqual(['r', 's']);
    expect(() => columnOf(batch, ['pair', 'a'])).toThrow(/pair\.a/);
  });

  it('refuses a column that is not there, with the nearest name', async () => {
    const plan = await numbers().plan();
    await expect(readPartition(plan.partitions[0] as never, { columns: ['aa'] })).rejects.toThrow(
      /did you mean a\?/,
    );
  });

  it('stops when it is aborted', async () => {
    const signal = AbortSignal.abort();
    await expect(numbers().collect({ signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('tables of values in memory', () => {
  it('take row objects and arrow tables', async () => {
    const rows = tableFromBatch(
      runner,
      batchOfInput([{ x: 1 }, { x: null, y: true }, { y: false }]),
    );
    expect((await rows.collect()).toArray().map((row) => ({ ...row }))).toEqual([
      { x: 1, y: null },
      { x: null, y: true },
      { x: null, y: false },
    ]);
    const arrow = tableFromArrays({ s: ['a', 'b', 'a'], n: Float64Array.of(1, 2, 3) });
    const table = tableFromArrow(runner, arrow, { numPartitions: 3 });
    expect(await table.rowCounts()).toEqual([1, 1, 1]);
    expect([...((await table.collect()).getChild('s') as Vector)]).toEqual(['a', 'b', 'a']);
    const none = tableFromArrow(runner, arrow.slice(0, 0));
    expect(await none.count()).toBe(0);
  });

  it('take tables of another copy of Arrow', async () => {
    const arrow = tableFromArrays({ s: ['a', 'b', 'a'], n: Float64Array.of(1, 2, 3) });
    const { batches, schema } = arrow;
    const other = { batches, schema, getChildAt: (i: number) => arrow.getChildAt(i) };
    const table = tableFromBatch(runner, batchOfInput(other as unknown as TableInput));
    expect((await table.collect()).toArray().map((row) => ({ ...row }))).toEqual([
      { s: 'a', n: 1 },
      { s: 'b', n: 2 },
      { s: 'a', n: 3 },
    ]);
  });

  it('take wide texts of another copy of Arrow, alone, in structs and in dictionaries', async () => {
    const texts = vectorFromArray(['b', null, 'été'], new LargeUtf8());
    const coded = new Dictionary(new LargeUtf8(), new Uint32());
    const part = vectorFromArray(
      [{ in: 'x' }, { in: 'y' }, { in: null }],
      new Struct([new Field('in', new LargeUtf8(), true)]),
    );
    const columns = { texts, part, coded: vectorFromArray(['p', 'q', 'p'], coded) };
    // what another copy made is no instance of our classes
    const other = ({ type, data, length }: Vector) => ({ type, data, length });
    const given = Object.fromEntries(
      Object.entries(columns).map(([name, vector]) => [name, other(vector as Vector)]),
    );
    const table = await tableFromColumns(runner, given as never).collect();
    expect(table.schema.fields.map(({ type }) => String(type))).toEqual([
      'Utf8',
      'Struct<{in:Utf8}>',
      'Dictionary<Int32, Utf8>',
    ]);
    expect([...(table.getChild('texts') as Vector)]).toEqual(['b', null, 'été']);
    expect([...(table.getChild('coded') as Vector)]).toEqual(['p', 'q', 'p']);
    expect(JSON.stringify([...(table.getChild('part') as Vector)])).toBe(
      '[{"in":"x"},{"in":"y"},{"in":null}]',
    );
  });

  it.each([
    ['nothing', null],
    ['a text', 'x.parquet'],
    ['bytes', Uint8Array.of(1)],
    ['an iterator', [{ x: 1 }].values()],
    [
      'an asynchronous iterator',
      (async function* () {
        yield { x: 1 };
      })(),
    ],
    ['a promise', Promise.resolve({ x: [1] })],
    ['rows that are lists', [[1, 2]]],
    ['another table', tableFromColumns(runner, { x: [1] })],
  ])('refuse %s, which would be an empty table', (_, given) => {
    expect(() => batchOfInput(given as never)).toThrow(
      expect.objectContaining({
        code: 'PARAM_INVALID',
        message: expect.stringContaining('values of createTable must be'),
      }),
    );
  });

  it('refuse a column that is no list of values', () => {
    for (const column of [3, null, 'abc', new Set([1]), { 0: 1, length: 1 }]) {
      expect(() => batchOfInput({ x: column } as never)).toThrow(
        expect.objectContaining({ code: 'COLUMN_TYPE' }),
      );
    }
  });

  it('refuse columns of mixed kinds or lengths', () => {
    expect(() => tableFromColumns(runner, { x: [1, 'a'] as never })).toThrow(
      /column x must be of one kind/,
    );
    expect(() => tableFromColumns(runner, { x: [1], y: [1, 2] })).toThrow(
      /one length, 1; got 2 in column y/,
    );
    expect(() => tableFromColumns(runner, { x: [1] }, { numPartitions: 0 })).toThrow(
      /integer from 1/,
    );
  });
});
