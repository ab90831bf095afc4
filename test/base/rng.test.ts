import { describe, expect, it } from 'vitest';
import {
  deriveSeed,
  fillRowKeys,
  hash32,
  mix32,
  purposes,
  rowKey,
  rowKeyOfId,
  unitInterval,
} from '../../src/base/rng.ts';

describe('the random numbers of keys', () => {
  it('are the ones that saved models were made with', () => {
    expect([0, 1, 2, 12345, 0xffffffff, -1].map(mix32)).toEqual([
      0, 1753845952, 3507691905, 2435775735, 1734902346, 1734902346,
    ]);
    expect([
      hash32(0, 0),
      hash32(0, purposes.binSample),
      hash32(42, purposes.rowSample, 7),
      hash32(42, purposes.rowSample, 7, 1),
      hash32(-3, purposes.split, 1e9, 5),
    ]).toEqual([1770426902, 877735011, 1993373172, 3258944326, 1290202731]);
    expect([rowKey(0), rowKey(1), rowKey(2 ** 32), rowKey(2 ** 53 - 1)]).toEqual([
      0, 1753845952, 4238905567, 278316065,
    ]);
    expect(['', 'a', 'ab', 'ä', '🙂'].map(rowKeyOfId)).toEqual([
      2166136261, 4291065118, 4077298438, 3482100788, 3977964432,
    ]);
    expect(deriveSeed(1, purposes.fold, 2)).toBe(1568165218);
  });

  it('have a purpose number of their own each', () => {
    const numbers = Object.values(purposes);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('are mixed without collisions, and stay whole numbers of 32 bits', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 100_000; i++) seen.add(mix32(Math.imul(i, 42949)));
    expect(seen.size).toBe(100_000);
    for (const value of seen) {
      if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw new Error(`${value}`);
    }
  });

  it('fill the unit interval evenly, in every bit, for each argument', () => {
    const numDraws = 20_000;
    const draws: Record<string, (i: number) => number> = {
      seed: (i) => hash32(i, 3, 1, 1),
      purpose: (i) => hash32(1, i, 1, 1),
      a: (i) => hash32(1, 3, i, 1),
      b: (i) => hash32(1, 3, 1, i),
      rows: (i) => hash32(1, 3, rowKey(i)),
    };
    for (const [name, draw] of Object.entries(draws)) {
      const bins = new Float64Array(16);
      const ones = new Float64Array(32);
      for (let i = 0; i < numDraws; i++) {
        const value = draw(i);
        const bin = Math.floor(16 * unitInterval(value));
        bins[bin] = (bins[bin] as number) + 1;
        for (let bit = 0; bit < 32; bit++) {
          ones[bit] = (ones[bit] as number) + ((value >>> bit) & 1);
        }
      }
      // five standard deviations of a binomial count
      for (const count of bins)
        expect(Math.abs(count - numDraws / 16), name).toBeLessThan(5 * 34.3);
      for (const count of ones) expect(Math.abs(count - numDraws / 2), name).toBeLessThan(5 * 70.8);
    }
  });

  it('maps 32 bits onto the unit interval, 1 left out', () => {
    expect([unitInterval(0), unitInterval(2 ** 31), unitInterval(2 ** 32 - 1)]).toEqual([
      0,
      0.5,
      1 - 2 ** -32,
    ]);
  });
});

describe('the key of a row', () => {
  it('gives neighbouring rows the keys that each has by itself', () => {
    for (const first of [0, 5, 2 ** 31 - 3, 2 ** 32 - 8, 2 ** 32 - 3, 2 ** 40]) {
      const keys = new Uint32Array(8);
      fillRowKeys(keys, first);
      expect(keys).toEqual(Uint32Array.from(keys, (_, i) => rowKey(first + i)));
    }
  });

  it('hangs on the value of an id, not on the width of its column', () => {
    for (const id of [0, 1, 7, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1]) {
      expect(rowKeyOfId(BigInt(id))).toBe(rowKeyOfId(id));
      expect(rowKeyOfId(id)).toBe(rowKey(id));
    }
    for (const id of [-1, -7, -(2 ** 40)]) expect(rowKeyOfId(BigInt(id))).toBe(rowKeyOfId(id));
  });

  it('differs between positions, also beyond 32 bits', () => {
    const keys = [0, 1, 2 ** 31, 2 ** 32, 2 ** 33, 2 ** 40, 2 ** 52].map(rowKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('differs between texts, also where only the order of letters does', () => {
    const keys = ['', 'a', 'b', 'ab', 'ba', 'a ', ' a', '1', '1.0'].map(rowKeyOfId);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
