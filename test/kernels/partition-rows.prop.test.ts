import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mix32 } from '../../src/base/rng.ts';
import { spareRows } from '../../src/tree/backend/cpu/row-store.ts';
import { arbitraryDraws, arbitraryRows, type Draws } from './draws.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();
const strides = fc.integer({ min: 1, max: 9 }).map((n) => n * 8);

interface Rows {
  readonly source: number;
  readonly ids: number[];
  readonly sourceIds: number;
  readonly firstId: number;
  readonly offset: number;
  readonly width: number;
  readonly goesLeft: number;
  readonly sides: boolean[];
}

// ids may be absent (rows firstId + i); the share that goes left may be nothing or everything
function drawRows(draws: Draws, numRows: number, stride: number, width: number): Rows {
  const bytes = Uint8Array.from({ length: numRows * stride }, () => draws.below(256));
  const offset = draws.below(stride - width + 1);
  const firstId = draws.below(1000);
  const hasIds = draws.bool();
  const ids = Array.from({ length: numRows }, (_, i) => (hasIds ? draws.bits() : firstId + i));
  const share = draws.pick([0, 1, 0.5, 0.9]);
  const table = Uint8Array.from({ length: width === 1 ? 256 : 65536 }, () =>
    draws.bool(share) ? 1 : 0,
  );
  const view = new DataView(bytes.buffer);
  const sides = ids.map((_, i) => {
    const at = i * stride + offset;
    return table[width === 1 ? view.getUint8(at) : view.getUint16(at, true)] === 1;
  });
  const source = twins.place(bytes);
  const sourceIds = hasIds ? twins.u32(ids) : 0;
  return { source, ids, sourceIds, firstId, offset, width, goesLeft: twins.place(table), sides };
}

/** Left rows in their order, then right rows from the back. */
function expectedOrder(sides: readonly boolean[]): number[] {
  const rows = sides.map((_, i) => i);
  return [...rows.filter((i) => sides[i]), ...rows.filter((i) => !sides[i]).reverse()];
}

const recordOf = (bytes: Uint8Array, at: number, stride: number) => [
  ...bytes.slice(at, at + stride),
];

it('moves every record and its row number to its side, none lost and none twice', () => {
  const widths = fc.constantFrom(1, 2);
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, strides, widths, (draws, numRows, stride, width) => {
      twins.clear();
      const rows = drawRows(draws, numRows, stride, width);
      const target = twins.zeros(numRows * stride);
      const targetIds = twins.zeros(numRows * 4);
      const place = [stride, target, targetIds, rows.offset, width, rows.goesLeft];
      const args = [rows.source, rows.sourceIds, rows.firstId, numRows, ...place];
      const numLeft = twins.run('partitionRecords', args);
      const order = expectedOrder(rows.sides);
      expect(numLeft).toBe(rows.sides.filter((side) => side).length);
      expect([...twins.u32At(targetIds, numRows)]).toEqual(order.map((i) => rows.ids[i]));
      const { bytes } = twins.result;
      for (const [place, i] of order.entries()) {
        const moved = recordOf(bytes, target + place * stride, stride);
        expect(moved).toEqual(recordOf(bytes, rows.source + i * stride, stride));
      }
      const numbers = twins.zeros(numRows * 4);
      const alone = [stride, 0, numbers, rows.offset, width, rows.goesLeft];
      expect(twins.run('partitionRecords', [...args.slice(0, 4), ...alone])).toBe(numLeft);
      expect([...twins.u32At(numbers, numRows)]).toEqual(order.map((i) => rows.ids[i]));
    }),
    { numRuns: 60 },
  );
});

it('does the same with records of 32 bytes', () => {
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, (draws, numRows) => {
      twins.clear();
      const rows = drawRows(draws, numRows, 32, 1);
      const target = twins.zeros(numRows * 32);
      const targetIds = twins.zeros(numRows * 4);
      const head = [rows.source, rows.sourceIds, rows.firstId, numRows];
      const numLeft = twins.run('partitionRecords32', [
        ...head,
        target,
        targetIds,
        rows.offset,
        rows.goesLeft,
      ]);
      const moved = [...twins.result.bytes.slice(target, target + numRows * 32)];
      const ids = [...twins.u32At(targetIds, numRows)];
      const place = [target, targetIds, rows.offset, 1, rows.goesLeft];
      expect(twins.run('partitionRecords', [...head, 32, ...place])).toBe(numLeft);
      expect([...twins.result.bytes.slice(target, target + numRows * 32)]).toEqual(moved);
      expect([...twins.u32At(targetIds, numRows)]).toEqual(ids);
    }),
  );
});

it('moves records within their own memory, none lost and none twice', () => {
  const widths = fc.constantFrom(1, 2);
  // up to eleven runs of rows, long and short ones
  const counts = fc.oneof(arbitraryRows, fc.integer({ min: 120, max: 1500 }));
  fc.assert(
    fc.property(arbitraryDraws, counts, strides, widths, (draws, numRows, stride, width) => {
      twins.clear();
      const rows = drawRows(draws, numRows, stride, width);
      const ids = twins.u32(rows.ids);
      const before = twins.stage.bytes.slice(rows.source, rows.source + numRows * stride);
      const spare = twins.scratch(spareRows * (stride + 4));
      const place = [rows.offset, width, rows.goesLeft];
      const numLeft = twins.run('partitionInPlace', [
        rows.source,
        ids,
        numRows,
        stride,
        spare,
        ...place,
      ]);
      expect(numLeft).toBe(rows.sides.filter((side) => side).length);
      const { bytes } = twins.result;
      const found = [...twins.u32At(ids, numRows)].map((id, i) => [
        id,
        ...recordOf(bytes, rows.source + i * stride, stride),
      ]);
      const given = rows.ids.map((id, i) => [id, ...recordOf(before, i * stride, stride)]);
      const sorted = (some: readonly number[][]) => some.map((row) => row.join()).sort();
      expect(sorted(found.slice(0, numLeft))).toEqual(
        sorted(given.filter((_, i) => rows.sides[i])),
      );
      expect(sorted(found.slice(numLeft))).toEqual(sorted(given.filter((_, i) => !rows.sides[i])));
    }),
    { numRuns: 60 },
  );
});

it('moves row numbers alone, by the bins of the master records', () => {
  const widths = fc.constantFrom(1, 2);
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, strides, widths, (draws, numRows, stride, width) => {
      twins.clear();
      const rows = drawRows(draws, numRows, stride, width);
      const isIndexed = draws.bool() && numRows > 0;
      const ids = draws.list(numRows, () => draws.below(numRows));
      const sourceIds = isIndexed ? twins.u32(ids) : 0;
      const firstId = isIndexed ? 0 : draws.below(numRows + 1);
      const count = isIndexed ? numRows : numRows - firstId;
      const targetIds = twins.zeros(numRows * 4);
      const args = [rows.source, sourceIds, firstId, count, stride, targetIds];
      const numLeft = twins.run('partitionIds', [...args, rows.offset, width, rows.goesLeft]);
      const used = isIndexed ? ids : Array.from({ length: count }, (_, i) => firstId + i);
      const sides = used.map((id) => rows.sides[id] as boolean);
      expect(numLeft).toBe(sides.filter((side) => side).length);
      expect([...twins.u32At(targetIds, count)]).toEqual(expectedOrder(sides).map((i) => used[i]));
    }),
  );
});

it('draws the rows whose random bits reach a threshold, and weighs their slots', () => {
  const modes = fc.constantFrom(0, 1, 2);
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, strides, modes, (draws, numRows, stride, mode) => {
      twins.clear();
      const master = twins.place(
        Uint8Array.from({ length: numRows * stride }, () => draws.below(256)),
      );
      const keys = draws.list(numRows, () => draws.bits());
      const treeKey = draws.bits();
      const ownBits = (key: number) => mix32((key ^ treeKey) >>> 0);
      const thresholds = draws
        .list(draws.below(6), () =>
          draws.pick([0, 0xffffffff, draws.bits(), ownBits(draws.pick(keys) ?? 0)]),
        )
        .sort((a, b) => a - b);
      const [rowKeys, steps] = [twins.u32(keys), twins.u32(thresholds)] as const;
      const target = draws.bool(0.8) ? twins.zeros(numRows * stride) : 0;
      const targetIds = twins.zeros(numRows * 4);
      const slotOffset = stride - 8;
      const countsAt = draws.bool() ? twins.zeros(500 + numRows) : 0;
      const head = [master, 500, numRows, stride, rowKeys, treeKey, steps, thresholds.length];
      const drawn = twins.run('drawRows', [...head, target, targetIds, slotOffset, mode, countsAt]);
      const counts = keys.map((key) => {
        const bits = ownBits(key);
        return thresholds.filter((threshold) => bits >= threshold).length;
      });
      const chosen = counts.map((_, i) => i).filter((i) => (counts[i] as number) > 0);
      expect([...twins.u32At(targetIds, drawn)]).toEqual(chosen.map((i) => 500 + i));
      if (countsAt !== 0) {
        const counted = twins.result.bytes.slice(countsAt + 500, countsAt + 500 + numRows);
        expect([...counted]).toEqual(counts);
      }
      if (target === 0) return;
      for (const [place, i] of chosen.entries()) {
        const slot = master + i * stride + slotOffset;
        const first = twins.result.u32(slot);
        const count = counts[i] as number;
        const wanted = [
          first,
          Math.imul(first, count) >>> 0,
          ((first & 0xffff0000) | Math.imul(first & 0xffff, count)) >>> 0,
        ];
        expect(twins.result.u32(target + place * stride + slotOffset)).toBe(wanted[mode]);
      }
    }),
  );
});

it('draws about as many rows as the thresholds say', () => {
  twins.clear();
  const numRows = 50_000;
  const keys = twins.u32(Array.from({ length: numRows }, (_, i) => mix32(i)));
  const thresholds = twins.u32([2 ** 31, 2 ** 31 + 2 ** 30]);
  const targetIds = twins.zeros(numRows * 4);
  const drawn = twins.run('drawRows', [
    8,
    0,
    numRows,
    8,
    keys,
    77,
    thresholds,
    2,
    0,
    targetIds,
    0,
    0,
    0,
  ]);
  expect(drawn / numRows).toBeCloseTo(0.5, 1);
});
