/** Do columns that share memory arrive at Spark whole? */
import { type Data, type Field, Schema, tableFromIPC } from 'apache-arrow';
import { expect, it } from 'vitest';
import { localRows } from '../../src/spark/rows/local-rows.ts';
import { streamOfBatch } from '../../src/spark/rows/stream-of-batch.ts';
import { makeBatch } from '../../src/table/columns/column-data.ts';
import { batchFromColumns } from '../../src/table/create-table.ts';

const numbers = Float64Array.from({ length: 1000 }, (_, i) => i / 8);

it('sends one array that was given twice, twice', () => {
  const { relation } = localRows(batchFromColumns({ x: numbers, y: numbers }), 5);
  const { data } = (relation as { local_relation: { data: Uint8Array } }).local_relation;
  const table = tableFromIPC(data);
  expect(table.numRows).toBe(1000);
  expect(table.getChild('x')?.toArray()).toEqual(numbers);
  expect(table.getChild('y')?.toArray()).toEqual(numbers);
  expect(table.get(999)?.toJSON()).toEqual({ x: 999 / 8, y: 999 / 8, __coppice_0: 1004n });
});

it('sends columns of one buffer, with missing values and text', () => {
  const given = batchFromColumns({ n: [1, null, 3], text: ['a', null, 'Ü'] });
  const [n, text] = given.data.children as [Data, Data];
  const [first, second] = given.schema.fields as [Field, Field];
  const fields = [first, first.clone({ name: 'm' }), second, second.clone({ name: 't' })];
  const twice = makeBatch(new Schema(fields), [n, n, text, text], 3);
  const rows = tableFromIPC(streamOfBatch(twice)).toArray();
  expect(rows.map((row) => row.toJSON())).toEqual([
    { n: 1, m: 1, text: 'a', t: 'a' },
    { n: null, m: null, text: null, t: null },
    { n: 3, m: 3, text: 'Ü', t: 'Ü' },
  ]);
});
