import fc from 'fast-check';
import { expect, it } from 'vitest';
import { arbitraryDraws, type Draws } from './draws.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();

interface Place {
  readonly offset: number;
  readonly width: 1 | 2;
  readonly numValues: number;
  readonly firstCompact: number;
  readonly usual: number;
}

/** Places as layouts have them: those of one byte first, of two bytes behind them at even offsets. */
function drawPlaces(draws: Draws, numNarrow: number, numWide: number): Place[] {
  const places: Place[] = [];
  let offset = 0;
  let firstCompact = 0;
  for (let f = 0; f < numNarrow + numWide; f++) {
    const width = f < numNarrow ? 1 : 2;
    if (f === numNarrow) offset += offset % 2;
    const numValues = width === 1 ? draws.pick([1, 2, 3, 254, 255]) : 256 + draws.below(60);
    const usual = draws.bool(0.2) ? missingBin(width, numValues) : draws.below(numValues);
    places.push({ offset, width, numValues, firstCompact, usual });
    offset += width;
    firstCompact += numValues + 1;
  }
  return places;
}

function missingBin(width: number, numValues: number): number {
  return width === 1 ? 255 : numValues;
}

it('builds of the bins that are not the usual ones the histogram that all bins give', () => {
  const sizes = fc.record({
    numNarrow: fc.integer({ min: 0, max: 40 }),
    numWide: fc.integer({ min: 0, max: 2 }),
    numRows: fc.integer({ min: 0, max: 40 }),
    slotBytes: fc.constantFrom(4, 8),
    countShift: fc.constantFrom(63, 40, 20),
  });
  fc.assert(
    fc.property(arbitraryDraws, sizes, (draws, size) => {
      const { numNarrow, numWide, numRows, slotBytes, countShift } = size;
      twins.clear();
      const places = drawPlaces(draws, numNarrow, numWide);
      const stride = Math.ceil((numNarrow + (numNarrow % 2) + 2 * numWide + slotBytes) / 8) * 8;
      const empty = draws.pick([0, 0.5, 0.95]);
      const bytes = new Uint8Array(numRows * stride);
      const usualBytes = new Uint8Array(stride + 16);
      const bins = Array.from({ length: numRows }, () =>
        places.map(({ width, numValues, usual }) => {
          if (draws.bool(empty)) return usual;
          return draws.bool(0.1) ? missingBin(width, numValues) : draws.below(numValues);
        }),
      );
      const write = (to: Uint8Array, at: number, bin: number, width: number): void => {
        to[at] = bin & 255;
        if (width === 2) to[at + 1] = bin >> 8;
      };
      places.forEach(({ offset, width, usual }, f) => {
        write(usualBytes, offset, usual, width);
        bins.forEach((row, i) => {
          write(bytes, i * stride + offset, row[f] as number, width);
        });
      });
      const slots = new Uint8Array(numRows * slotBytes).map(() => draws.bits() & 255);
      const records = twins.place(bytes);
      const usual = twins.place(usualBytes);
      const features = twins.u32(
        places.flatMap((p, f) => [
          p.firstCompact,
          p.firstCompact,
          p.numValues,
          p.numValues,
          0,
          p.offset,
          p.width,
          f,
        ]),
      );
      const others = bins.flatMap((row) => row.filter((bin, f) => bin !== places[f]?.usual)).length;
      const starts = twins.zeros(4 * (numRows + 1));
      const entries = twins.zeros(4 * others);
      const slotAddress = twins.place(slots);
      const rows = draws.list(numRows === 0 ? 0 : draws.below(50), () => draws.below(numRows));
      const ids = twins.u32(rows);
      const numCompact = places.reduce((sum, { numValues }) => sum + numValues + 1, 0);
      const isPacked = slotBytes === 4 && draws.bool();
      const entryBytes = isPacked ? 8 : 16;
      const hist = twins.zeros(numCompact * entryBytes);
      const totals = twins.zeros(16);
      const firstRow = draws.below(numRows + 1);
      const rowStarts = twins.zeros(4 * (numCompact + 1));
      const entryRows = twins.zeros(4 * others);
      const table = [usual, features, numNarrow, places.length];
      const counted = twins.run('writeRowEntries', [
        ...[records, stride, numRows, ...table, starts, 0, 7],
      ]);
      expect(counted).toBe(7 + others);
      twins.runOn('writeRowEntries', [...[records, stride, numRows, ...table, starts, entries, 0]]);
      const listed = [firstRow, numRows - firstRow, numCompact, rowStarts, entryRows] as const;
      twins.runOn('listEntryRows', [starts, entries, ...listed]);
      const list = [starts, entries, slotAddress] as const;
      // in two slices, as a large node is added
      const cut = draws.below(rows.length + 1);
      for (const [from, to] of [
        [0, cut],
        [cut, rows.length],
      ] as const) {
        const span = [ids + 4 * from, 0, to - from, hist, totals];
        if (isPacked) twins.runOn('addEntriesPacked', [...list, ...span]);
        else twins.runOn('addEntriesWide', [...list, slotBytes, countShift, ...span]);
      }
      const kind = isPacked ? 1 : 0;
      twins.runOn('fillUsualBins', [hist, kind, features, places.length, usual, totals]);

      const view = new DataView(slots.buffer);
      const expected = new BigInt64Array((numCompact * entryBytes) / 8);
      for (const row of rows) {
        const word = slotBytes === 4 ? view.getInt32(4 * row, true) : 0;
        const g = BigInt(slotBytes === 4 ? word >> 16 : view.getInt32(8 * row, true));
        const h = BigInt(slotBytes === 4 ? word & 0xffff : view.getUint32(8 * row + 4, true));
        const one = countShift < 63 ? 1n << BigInt(countShift) : 0n;
        places.forEach(({ firstCompact, numValues }, f) => {
          const at = firstCompact + Math.min((bins[row] as number[])[f] as number, numValues);
          if (isPacked) expected[at] = (expected[at] as bigint) + (g << 32n) + h;
          else {
            expected[2 * at] = (expected[2 * at] as bigint) + g;
            expected[2 * at + 1] = (expected[2 * at + 1] as bigint) + one + h;
          }
        });
      }
      expect(twins.i64At(hist, expected.length)).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});
