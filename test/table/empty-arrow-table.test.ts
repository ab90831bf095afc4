/** Arrow tables without rows, whose columns Arrow may leave without data. */
import {
  Bool,
  Dictionary,
  Field,
  FixedSizeList,
  Float64,
  Int32,
  Struct,
  Table,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { tableFromArrow } from '../../src/table/create-table.ts';

describe('an Arrow table without rows', () => {
  it.each([
    new Float64(),
    new Bool(),
    new Utf8(),
    new Dictionary(new Utf8(), new Int32()),
    new FixedSizeList(2, new Field('item', new Float64(), true)),
    new Struct([new Field('child', new Utf8(), true)]),
  ])('is a table with its columns: %s', async (type) => {
    const arrow = new Table({
      x: vectorFromArray([], type),
      y: vectorFromArray([], new Float64()),
    });
    const table = tableFromArrow(new InlineRunner(), arrow);
    expect(table.columns).toEqual(['x', 'y']);
    expect(await table.count()).toBe(0);
    expect((await table.collect()).numRows).toBe(0);
    expect(String(table.schema.fields[0]?.type)).toBe(String(type));
  });
});
