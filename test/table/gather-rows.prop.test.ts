import { Field, type FixedSizeList, Schema, type Vector } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOfColumns, fixedSizeListColumn } from '../../src/table/columns/make-column.ts';
import { concatBatches } from '../../src/table/concat-rows.ts';
import { normalBatch } from '../../src/table/create-table.ts';
import { GatheredRows } from '../../src/table/gather-rows.ts';
import { sliceRows } from '../../src/table/take-rows.ts';
import { cellsOf, columnKinds, plainCells, vectorOf } from './arbitrary-columns.ts';

describe.each(columnKinds)('batches with a column of $name', (kind) => {
  it('are gathered to what they are when put end to end', () => {
    const input = fc.tuple(cellsOf(kind, 60), fc.array(fc.nat(60), { maxLength: 4 }), fc.boolean());
    fc.assert(
      fc.property(input, ([cells, ends, isKnown]) => {
        const column = vectorOf(kind, cells);
        const vectors = fixedSizeListColumn(
          Float64Array.from({ length: 3 * cells.length }, (_, i) => i),
          3,
        );
        const whole = normalBatch(
          batchOfColumns([
            ['c', column],
            ['v', vectors],
          ]),
        );
        const cuts = [0, ...ends.map((end) => Math.min(end, cells.length)).sort((a, b) => a - b)];
        const batches = cuts.map((from, i) => sliceRows(whole, from, cuts[i + 1] ?? cells.length));
        const rows = new GatheredRows();
        if (isKnown) rows.expect(cells.length);
        for (const batch of batches) rows.add(batch);
        const found = rows.finish();
        const filled = batches.filter(({ numRows }) => numRows > 0);
        const joined = concatBatches(
          whole.schema,
          filled.length === 0 ? batches.slice(0, 1) : filled,
        );
        expect(found.numRows).toBe(cells.length);
        expect(found.schema.toString()).toBe(joined.schema.toString());
        for (const index of [0, 1]) {
          const got = found.getChildAt(index) as Vector;
          expect(plainCells(got)).toEqual(plainCells(joined.getChildAt(index) as Vector));
          expect(got.nullCount).toBe(joined.getChildAt(index)?.nullCount);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('gathered rows', () => {
  const batch = batchOfColumns([['v', fixedSizeListColumn(new Float64Array(6), 2)]]);

  it('must be as many as were planned', () => {
    for (const planned of [2, 4]) {
      const rows = new GatheredRows();
      rows.expect(planned);
      expect(() => {
        rows.add(batch);
        rows.finish();
      }).toThrow(`must have the rows that were planned, ${planned}; got 3`);
    }
  });

  it('are kept where there is no room for as many as a file claims to have', () => {
    const rows = new GatheredRows();
    rows.expect(2 ** 50);
    expect(rows.add(batch)).toBe(false);
    expect(rows.add(batch)).toBe(false);
    expect(rows.finish().numRows).toBe(6);
  });

  it('tell that a batch is not needed any more, but of text', () => {
    const rows = new GatheredRows();
    rows.expect(3);
    expect(rows.add(batch)).toBe(true);
    const text = batchOfColumns([
      ['t', vectorOf(columnKinds.find(({ name }) => name === 'utf8') as never, ['a'])],
    ]);
    const others = new GatheredRows();
    others.expect(1);
    expect(others.add(text)).toBe(false);
    expect(new GatheredRows().add(batch)).toBe(false);
  });

  it('keep what the schema says of columns', () => {
    const field = new Field(
      'v',
      batch.schema.fields[0]?.type as FixedSizeList,
      true,
      new Map([['classes', '[0,1]']]),
    );
    const rows = new GatheredRows();
    rows.expect(3);
    rows.add(Object.assign(sliceRows(batch, 0, 3), { schema: new Schema([field]) }));
    expect(rows.finish().schema.fields[0]?.metadata.get('classes')).toBe('[0,1]');
  });
});
