import fc from 'fast-check';
import { expect, it } from 'vitest';
import { narrowEntries } from '../../src/kernels/narrow-entries.ts';
import { arbitraryDraws, arbitraryRows, type Draws } from './draws.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();

/** Records of numBytes one-byte bins, numWide two-byte bins and a slot of 4 or 8 bytes, at the end. */
interface Records {
  readonly numRows: number;
  readonly stride: number;
  readonly slotOffset: number;
  readonly slotBytes: number;
  readonly numBytes: number;
  readonly numWide: number;
  readonly rec: number;
  /** For each two-byte feature: its offset in the record and its first entry. */
  readonly extras: number;
  readonly numEntries: number;
}

const wideBins = 300;
/** Rows of long records are brought together behind the list of two-byte features. */
const gatheredBytes = 2048 * 128;
const shortBytes = fc.oneof(
  { weight: 4, arbitrary: fc.nat(19) },
  { weight: 1, arbitrary: fc.integer({ min: 20, max: 33 }) },
);
// records that are longer than 256 bytes, and such as just are not
const longBytes = fc.integer({ min: 236, max: 270 });
const others = { numWide: fc.integer({ min: 0, max: 2 }), slotBytes: fc.constantFrom(4, 8) };
const sizes = fc.record({ numBytes: shortBytes, ...others });
const allSizes = fc.record({
  numBytes: fc.oneof(
    { weight: 8, arbitrary: shortBytes },
    { weight: 1, arbitrary: fc.integer({ min: 34, max: 130 }) },
    { weight: 1, arbitrary: longBytes },
  ),
  ...others,
});

function drawRecords(
  draws: Draws,
  numRows: number,
  size: { numBytes: number; numWide: number; slotBytes: number },
): Records {
  const { numBytes, numWide, slotBytes } = size;
  const wideOffset = numBytes + draws.below(2);
  const slotOffset = wideOffset + numWide * 2 + draws.below(3);
  const stride = (slotOffset + slotBytes + 7) & ~7;
  const bytes = Uint8Array.from(
    { length: numRows * stride },
    () => draws.bits() & draws.pick([255, 3]),
  );
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < numRows; i++) {
    for (let w = 0; w < numWide; w++) {
      view.setUint16(i * stride + wideOffset + w * 2, draws.below(wideBins), true);
    }
    const extreme = draws.pick([
      0,
      0xffffffff,
      0x80000000,
      0x7fff_ffff,
      0xffff,
      draws.bits(),
      draws.bits(),
    ]);
    view.setUint32(i * stride + slotOffset, extreme, true);
    if (slotBytes === 8) view.setUint32(i * stride + slotOffset + 4, draws.bits(), true);
  }
  const extras = Array.from({ length: numWide }, (_, w) => [
    wideOffset + w * 2,
    numBytes * narrowEntries + w * wideBins,
  ]);
  return {
    ...{ numRows, stride, slotOffset, slotBytes, numBytes, numWide },
    rec: twins.place(bytes, draws.below(2) * 8),
    extras: placeExtras(extras.flat()),
    numEntries: numBytes * narrowEntries + numWide * wideBins,
  };
}

/** The list of two-byte features, with the room behind it that kernels may use as they like. */
function placeExtras(words: readonly number[]): number {
  const listBytes = Math.ceil((4 * words.length) / 64) * 64 + 64;
  const address = twins.zeros(listBytes + gatheredBytes);
  words.forEach((word, i) => {
    twins.stage.setU32(address + 4 * i, word);
  });
  twins.ignore(address + listBytes, gatheredBytes);
  return address;
}

/** Row numbers, in any order and with repeats; 0 for all rows in order. */
function drawIds(draws: Draws, records: Records): { ids: number; count: number } {
  if (draws.bool() || records.numRows === 0) return { ids: 0, count: records.numRows };
  const count = draws.below(records.numRows + 1);
  return { ids: twins.u32(draws.list(count, () => draws.below(records.numRows))), count };
}

function packedArgs(r: Records, ids: number, count: number, hist: number): number[] {
  return [r.rec, ids, count, r.stride, r.slotOffset, r.numBytes, r.extras, r.numWide, hist];
}

function wideArgs(
  r: Records,
  [ids, count]: readonly [number, number],
  countShift: number,
  hist: number,
): number[] {
  const head = [r.rec, ids, count, r.stride, r.slotOffset, r.slotBytes, countShift];
  return [...head, r.numBytes, r.extras, r.numWide, hist];
}

/** The sums of (g, h) of one feature's entries. */
function sumOf(hist: number, firstEntry: number, numEntries: number): [bigint, bigint] {
  const entries = twins.i64At(hist + firstEntry * 16, numEntries * 2);
  let g = 0n;
  let h = 0n;
  for (let i = 0; i < entries.length; i += 2) {
    g += entries[i] as bigint;
    h += entries[i + 1] as bigint;
  }
  return [g, h];
}

it('adds packed entries as the twin does, and flushes them', () => {
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, allSizes, (draws, numRows, size) => {
      twins.clear();
      const r = drawRecords(draws, numRows, { ...size, slotBytes: 4 });
      const { ids, count } = drawIds(draws, r);
      const hist = twins.zeros(r.numEntries * 8);
      const wide = twins.i64(
        draws.list(r.numEntries * 2, () => (draws.bool(0.9) ? 0n : draws.int64())),
      );
      twins.run('histogramPacked', packedArgs(r, ids, count, hist));
      twins.runOn('flushPacked', [hist, r.numEntries, wide]);
      expect(twins.i64At(hist, r.numEntries).every((entry) => entry === 0n)).toBe(true);
    }),
  );
});

it('adds wide entries as the twin does, with and without counts', () => {
  const shift = fc.constantFrom(63, 64, 40, 32, 31, 20, 62, 0);
  fc.assert(
    fc.property(
      arbitraryDraws,
      arbitraryRows,
      allSizes,
      shift,
      (draws, numRows, size, countShift) => {
        twins.clear();
        const r = drawRecords(draws, numRows, size);
        const { ids, count } = drawIds(draws, r);
        const start = draws.bool();
        const hist = twins.i64(draws.list(r.numEntries * 2, () => (start ? draws.int64() : 0n)));
        twins.run('histogramWide', wideArgs(r, [ids, count], countShift, hist));
      },
    ),
  );
});

it('finds the same sums for every feature, and the row count above the shift', () => {
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, sizes, (draws, numRows, size) => {
      twins.clear();
      const r = drawRecords(draws, numRows, size);
      const hist = twins.zeros(r.numEntries * 16);
      twins.run('histogramWide', wideArgs(r, [0, numRows], 50, hist));
      let totalGrad = 0n;
      let totalHess = 0n;
      for (let i = 0; i < numRows; i++) {
        const slot = r.rec + i * r.stride + r.slotOffset;
        const view = twins.result;
        totalGrad += BigInt(r.slotBytes === 4 ? view.i32(slot) >> 16 : view.i32(slot));
        totalHess += BigInt(r.slotBytes === 4 ? view.u16(slot) : view.u32(slot + 4));
      }
      for (let j = 0; j < r.numBytes + r.numWide; j++) {
        const firstEntry =
          j < r.numBytes
            ? j * narrowEntries
            : r.numBytes * narrowEntries + (j - r.numBytes) * wideBins;
        const [g, h] = sumOf(hist, firstEntry, j < r.numBytes ? 256 : wideBins);
        expect([g, h]).toEqual([totalGrad, (BigInt(numRows) << 50n) + totalHess]);
      }
    }),
  );
});

it('flushes packed sums to what the wide form holds without counts', () => {
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, sizes, (draws, numRows, size) => {
      twins.clear();
      const r = drawRecords(draws, numRows, { ...size, slotBytes: 4 });
      const packed = twins.zeros(r.numEntries * 8);
      const flushed = twins.zeros(r.numEntries * 16);
      const wide = twins.zeros(r.numEntries * 16);
      twins.run('histogramPacked', packedArgs(r, 0, numRows, packed));
      twins.runOn('flushPacked', [packed, r.numEntries, flushed]);
      twins.runOn('histogramWide', wideArgs(r, [0, numRows], 63, wide));
      expect(twins.i64At(flushed, r.numEntries * 2)).toEqual(twins.i64At(wide, r.numEntries * 2));
    }),
  );
});

it('holds 65,535 of the largest rows in packed entries', () => {
  for (const slot of [0x7fffffff, 0x8000ffff]) {
    twins.clear();
    const numRows = 65535;
    const ids = twins.zeros(numRows * 4);
    const rec = twins.place(Uint32Array.of(7, slot));
    const extras = placeExtras([]);
    const packed = twins.zeros(256 * 8);
    const wide = twins.zeros(256 * 16);
    twins.run('histogramPacked', [rec, ids, numRows, 8, 4, 1, extras, 0, packed]);
    twins.runOn('flushPacked', [packed, 256, wide]);
    const sums = twins.i64At(wide + 7 * 16, 2);
    expect([...sums]).toEqual([BigInt(numRows) * BigInt(slot >> 16), BigInt(numRows) * 65535n]);
  }
});

it('adds long records in several turns, in order and by their numbers', () => {
  const numRows = 2048 + 70;
  const numBytes = 250;
  const stride = 264;
  const bytes = Uint8Array.from(
    { length: numRows * stride },
    (_, i) => Math.imul(i, 0x9e3779b1) >>> 24,
  );
  for (const isIndexed of [false, true]) {
    twins.clear();
    const rec = twins.place(bytes);
    const numbers = Array.from({ length: numRows }, (_, i) => (i * 7) % numRows);
    const ids = isIndexed ? twins.u32(numbers) : 0;
    const extras = placeExtras([]);
    const hist = twins.zeros(numBytes * narrowEntries * 8);
    const head = [rec, ids, numRows, stride, 256];
    twins.run('histogramPacked', [...head, numBytes, extras, 0, hist]);
    const wide = twins.zeros(numBytes * narrowEntries * 16);
    twins.run('histogramWide', [...head, 8, 40, numBytes, extras, 0, wide]);
  }
});

it('adds up the rows of the two sides of a split to their parent, entry by entry', () => {
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, sizes, (draws, numRows, size) => {
      twins.clear();
      const r = drawRecords(draws, numRows, size);
      const rows = Array.from({ length: numRows }, (_, i) => i);
      const isLeft = rows.map(() => draws.bool());
      const left = rows.filter((i) => isLeft[i]);
      const right = rows.filter((i) => !isLeft[i]);
      const [leftIds, rightIds] = [twins.u32(left), twins.u32(right)] as const;
      const bytes = r.numEntries * 16;
      const [parent, child, other] = [
        twins.zeros(bytes),
        twins.zeros(bytes),
        twins.zeros(bytes),
      ] as const;
      twins.run('histogramWide', wideArgs(r, [0, numRows], 40, parent));
      if (left.length > 0)
        twins.runOn('histogramWide', wideArgs(r, [leftIds, left.length], 40, child));
      if (right.length > 0)
        twins.runOn('histogramWide', wideArgs(r, [rightIds, right.length], 40, other));
      const wanted = twins.i64At(other, r.numEntries * 2);
      twins.runOn('subtractHistogram', [parent, child, parent, bytes]);
      expect(twins.i64At(parent, r.numEntries * 2)).toEqual(wanted);
      twins.runOn('addInt64', [parent, child, bytes]);
      twins.runOn('subtractHistogram', [parent, other, other, bytes]);
      expect(twins.i64At(other, r.numEntries * 2)).toEqual(twins.i64At(child, r.numEntries * 2));
    }),
  );
});

/** Features of which some have two-byte places; their entries in a rank's histogram and in the compact one. */
function drawFeatures(draws: Draws): {
  words: number[];
  count: number;
  numEntries: number;
  compact: number;
} {
  const words: number[] = [];
  let entry = 0;
  let compact = 0;
  const count = 1 + draws.below(5);
  for (let f = 0; f < count; f++) {
    const isByte = draws.bool(0.7);
    const numValues = draws.pick([0, 1, 2, isByte ? 255 : 256, draws.below(255)]);
    const missingAt = isByte ? 255 : numValues;
    words.push(entry, compact, numValues, missingAt, 0, 0, isByte ? 1 : 2, 0);
    entry += isByte ? 256 : numValues + 1;
    compact += numValues + 1;
  }
  return { words, count, numEntries: entry, compact };
}

it('reduces the entries of the ranks as the twin does, packed or wide', () => {
  fc.assert(
    fc.property(
      arbitraryDraws,
      fc.integer({ min: 0, max: 5 }),
      fc.boolean(),
      (draws, numParts, packed) => {
        twins.clear();
        const { words, count, numEntries, compact } = drawFeatures(draws);
        const features = twins.u32(words);
        const begin = draws.below(count + 1);
        const end = begin + draws.below(count + 1 - begin);
        const first = words[begin * 8] ?? numEntries;
        const length = (numEntries - first) * (packed ? 1 : 2);
        const parts = twins.u32(
          draws.list(numParts, () => twins.i64(draws.list(length, () => draws.int64()))),
        );
        const out = twins.zeros(compact * 16);
        const tail = [first, features, begin, end, out];
        twins.run('reduceHistogram', [parts, numParts, packed ? 1 : 0, ...tail]);
        if (packed) twins.runOn('reducePacked', [parts, numParts, ...tail]);
      },
    ),
  );
});

it('takes packed parts apart where all ranks together hold 65,535 of the largest rows', () => {
  for (const g of [-32768n, 32767n]) {
    twins.clear();
    const entry = (rows: bigint) => twins.i64([0n, 0n, 0n, rows * ((g << 32n) + 65535n)]);
    const parts = twins.u32([entry(40_000n), entry(25_535n)]);
    const features = twins.u32([0, 0, 3, 3, 0, 0, 1, 0]);
    const out = twins.zeros(4 * 16);
    twins.run('reduceHistogram', [parts, 2, 1, 0, features, 0, 1, out]);
    expect([...twins.i64At(out + 3 * 16, 2)]).toEqual([65535n * g, 65535n * 65535n]);
  }
});

it('adds exactly the int64 it is given, an odd one too', () => {
  fc.assert(
    fc.property(arbitraryDraws, fc.integer({ min: 0, max: 9 }), (draws, count) => {
      twins.clear();
      const out = twins.i64(draws.list(count, () => draws.int64()));
      const part = twins.i64(draws.list(count, () => draws.int64()));
      const wanted = [
        ...new BigInt64Array(twins.stage.bytes.slice(out, out + count * 8).buffer),
      ].map((v, i) => BigInt.asIntN(64, v + twins.stage.i64(part + i * 8)));
      twins.run('addInt64', [out, part, count * 8]);
      expect([...twins.i64At(out, count)]).toEqual(wanted);
    }),
  );
});
