import { type Data, LargeUtf8, makeVector, RecordBatch, Utf8View, Vector } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOfColumns } from '../../src/table/columns/make-column.ts';
import { concatData } from '../../src/table/concat-rows.ts';
import { batchFromShared, batchToShared } from '../../src/table/plan/shared-batch.ts';
import { takeData } from '../../src/table/take-rows.ts';
import { cellsOf, columnKinds, plainCells, vectorOf } from './arbitrary-columns.ts';

function onlyData(vector: Vector): Data {
  return vector.data[0] as Data;
}

describe.each(columnKinds)('columns of $name', (kind) => {
  it('keep every cell when chunks are put end to end', () => {
    const chunks = fc.array(fc.tuple(cellsOf(kind, 20), fc.nat(5), fc.nat(5)), { maxLength: 4 });
    fc.assert(
      fc.property(chunks, (parts) => {
        const vectors = parts.map(([cells, cut, end]) => {
          const whole = vectorOf(kind, cells);
          return whole.slice(Math.min(cut, cells.length), Math.max(cut, cells.length - end));
        });
        const joined = concatData(
          kind.type(),
          vectors.flatMap((vector) => vector.data),
        );
        expect(plainCells(new Vector([joined]))).toEqual(vectors.flatMap(plainCells));
      }),
      { numRuns: 40 },
    );
  });

  it('keep the cells of the rows that are taken', () => {
    const input = cellsOf(kind).chain((cells) =>
      fc.tuple(
        fc.constant(cells),
        fc.array(fc.nat(Math.max(0, cells.length - 1)), { maxLength: 30 }),
      ),
    );
    fc.assert(
      fc.property(input, ([cells, rows]) => {
        const vector = vectorOf(kind, cells);
        const indices = cells.length === 0 ? [] : rows;
        const taken = takeData(onlyData(vector), Int32Array.from(indices));
        const before = plainCells(vector);
        expect(plainCells(new Vector([taken]))).toEqual(indices.map((row) => before[row]));
      }),
      { numRuns: 40 },
    );
  });

  it('come out of a structured clone as they went in', () => {
    fc.assert(
      fc.property(cellsOf(kind, 20), (cells) => {
        const batch = batchOfColumns([['c', vectorOf(kind, cells)]]);
        const copy = batchFromShared(structuredClone(batchToShared(batch)));
        expect(copy).toBeInstanceOf(RecordBatch);
        expect(plainCells(copy.getChildAt(0) as Vector)).toEqual(
          plainCells(batch.getChildAt(0) as Vector),
        );
      }),
      { numRuns: 20 },
    );
  });
});

describe('wide text layouts', () => {
  it('become plain text', () => {
    const text = ['a', '', 'more than twelve bytes of text', 'é'];
    const bytes = new TextEncoder().encode(text.join(''));
    const lengths = text.map((cell) => new TextEncoder().encode(cell).length);
    const ends = lengths.map((_, i) => lengths.slice(0, i + 1).reduce((a, b) => a + b, 0));
    const large = makeVector({
      type: new LargeUtf8(),
      valueOffsets: BigInt64Array.from([0, ...ends], BigInt),
      data: bytes,
    } as never) as Vector;
    expect(plainCells(new Vector([concatData(large.type, large.data)]))).toEqual(
      text.map((t) => JSON.stringify(t)),
    );
    const views = new Uint8Array(text.length * 16);
    const cells = new DataView(views.buffer);
    text.forEach((_, i) => {
      const start = (ends[i] as number) - (lengths[i] as number);
      cells.setInt32(i * 16, lengths[i] as number, true);
      if ((lengths[i] as number) <= 12) views.set(bytes.subarray(start, ends[i]), i * 16 + 4);
      else cells.setInt32(i * 16 + 12, start, true);
    });
    const view = makeVector({
      type: new Utf8View(),
      views,
      variadicBuffers: [bytes],
    } as never) as Vector;
    expect(plainCells(new Vector([concatData(view.type, view.data)]))).toEqual(
      text.map((t) => JSON.stringify(t)),
    );
  });
});
