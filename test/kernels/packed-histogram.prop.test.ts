import fc from 'fast-check';
import { expect, it } from 'vitest';
import { arbitraryDraws, type Draws } from './draws.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();

interface Case {
  readonly features: number;
  readonly count: number;
  readonly numEntries: number;
  readonly compact: number;
  /** A rank's entries, packed or wide, in which every feature adds up to the same sums. */
  readonly part: () => number;
}

/** Features of random sizes, and ranks whose rows are thrown into the bins of each. */
function drawCase(draws: Draws, packed: boolean): Case {
  const words: number[] = [];
  let entry = 0;
  let compact = 0;
  const count = 1 + draws.below(4);
  for (let f = 0; f < count; f++) {
    const isByte = draws.bool(0.7);
    const numValues = draws.pick([0, 1, 7, 8, isByte ? 255 : 256, draws.below(255)]);
    words.push(entry, compact, numValues, isByte ? 255 : numValues, 0, 0, isByte ? 1 : 2, 0);
    entry += isByte ? 256 : numValues + 1;
    compact += numValues + 1;
  }
  const most = draws.pick([1n, 200n, 1n << 15n, 1n << 28n, 1n << 40n]);
  const part = (): number => {
    const numWords = packed ? 1 : 2;
    const values = new BigInt64Array(entry * numWords);
    const rows = draws.below(30);
    for (let row = 0; row < rows; row++) {
      const g = (draws.int64() % most) - most / 2n;
      const h = BigInt.asUintN(62, draws.int64()) % most;
      for (let f = 0; f < count; f++) {
        const [first, , numValues, missing] = words.slice(8 * f) as [
          number,
          number,
          number,
          number,
        ];
        const bin = draws.below(numValues + 1);
        const at = (first + (bin === numValues ? missing : bin)) * numWords;
        const small = packed ? [BigInt.asIntN(16, g), h & 0xffffn] : [g, h];
        if (packed)
          values[at] =
            (values[at] as bigint) + ((small[0] as bigint) << 32n) + (small[1] as bigint);
        else {
          values[at] = (values[at] as bigint) + g;
          values[at + 1] = (values[at + 1] as bigint) + h;
        }
      }
    }
    return twins.i64(values);
  };
  return { features: twins.u32(words), count, numEntries: entry, compact, part };
}

const worst = (compact: number, count: number): number => 20 + compact * 17 + count * 56;

it('brings what ranks have to another process, packed or wide, and tells its sums', () => {
  fc.assert(
    fc.property(
      arbitraryDraws,
      fc.boolean(),
      fc.integer({ min: 1, max: 3 }),
      (draws, packed, numParts) => {
        twins.clear();
        const { features, count, compact, part } = drawCase(draws, packed);
        const parts = twins.u32(draws.list(numParts, part));
        const out = twins.zeros(worst(compact, count));
        const hist = twins.zeros(compact * 16);
        const wanted = twins.zeros(compact * 16);
        const sums = twins.zeros(16);
        const head = [parts, numParts, packed ? 1 : 0, 0, features, 0, count];
        const bytes = twins.run('packHistogram', [...head, 77, out]);
        expect(twins.runOn('addPackedHistogram', [out, bytes, features, 0, count, hist])).toBe(
          bytes,
        );
        twins.runOn('reduceHistogram', [...head, wanted]);
        expect(twins.i64At(hist, compact * 2)).toEqual(twins.i64At(wanted, compact * 2));
        for (let f = 0; f < count; f++) {
          twins.runOn('featureSums', [hist, features, f, sums]);
          expect(twins.i64At(sums, 2)).toEqual(twins.i64At(out, 2));
        }
        expect(twins.u32At(out + 16, 1)[0]).toBe(77);
        expect(bytes).toBeLessThanOrEqual(worst(compact, count));
      },
    ),
  );
});

it('never adds what was changed on the way without saying so, and reads nothing beyond its bytes', () => {
  fc.assert(
    fc.property(arbitraryDraws, (draws) => {
      twins.clear();
      const { features, count, compact, part } = drawCase(draws, false);
      const parts = twins.u32([part()]);
      const out = twins.zeros(worst(compact, count));
      const hist = twins.zeros(compact * 16);
      const wanted = twins.zeros(compact * 16);
      const head = [parts, 1, 0, 0, features, 0, count];
      const bytes = twins.run('packHistogram', [...head, 5, out]);
      twins.runOn('reduceHistogram', [...head, wanted]);
      const at = out + draws.below(bytes);
      const turned = 1 << draws.below(8);
      for (const side of [twins.reference, twins.wasm]) {
        const memory = new Uint8Array(side.memory.buffer);
        memory[at] = (memory[at] as number) ^ turned;
      }
      const read = twins.runOn('addPackedHistogram', [out, bytes, features, 0, count, hist]);
      expect(read).toBeLessThanOrEqual(bytes);
      // one feature alone is all there is to compare its sums with, and rows are compared elsewhere
      const isSeen = at < out + 16 || (at >= out + 20 && read <= 0);
      if (isSeen) expect(read).toBeLessThanOrEqual(0);
      else expect(twins.i64At(hist, compact * 2)).toEqual(twins.i64At(wanted, compact * 2));
      const short = draws.below(bytes);
      const args = [out, short, features, 0, count, hist];
      expect(twins.runOn('addPackedHistogram', args)).toBeLessThanOrEqual(short);
    }),
  );
});
