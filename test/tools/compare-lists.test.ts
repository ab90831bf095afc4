import { describe, expect, it } from 'vitest';
import { areEqualLists } from './compare-lists.ts';

describe('a list is compared with another in one loop', () => {
  it.each([
    [
      [1, Number.NaN, 'a', null, true, 2n],
      [1, Number.NaN, 'a', null, true, 2n],
    ],
    [[], []],
    [Float32Array.of(1, Number.NaN), Float32Array.of(1, Number.NaN)],
    [BigInt64Array.of(3n), BigInt64Array.of(3n)],
  ])('%o equals %o', (left, right) => {
    expect(areEqualLists(left, right)).toBe(true);
    expect(left).toEqual(right);
    expect({ deep: [left] }).toStrictEqual({ deep: [right] });
  });

  it.each<[unknown, unknown]>([
    [[1, 2], [1]],
    [
      [1, 2],
      [1, 3],
    ],
    [[0], [-0]],
    [[1], ['1']],
    [[null], [0]],
    [[Number.NaN], [null]],
    [[1], Float64Array.of(1)],
    [Float64Array.of(1), Float32Array.of(1)],
    [Float64Array.of(0), Float64Array.of(-0)],
    [Uint8Array.of(1), Uint8Array.of(1, 0)],
    [[{ of: 1 }], [{ of: 2 }]],
    [[1], null],
    [null, [1]],
    [{ length: 0 }, []],
  ])('%o does not equal %o', (left, right) => {
    expect(areEqualLists(left, right)).toBeUndefined();
    expect(left).not.toEqual(right);
    expect({ deep: [left] }).not.toStrictEqual({ deep: [right] });
  });

  it('what more is asked of lists is left to others', () => {
    expect([undefined, 1]).not.toStrictEqual(new Array(2).fill(1, 1));
    expect([{ of: 1 }, undefined]).toEqual([{ of: 1 }, undefined]);
    expect([1, 2]).toEqual([1, expect.any(Number)]);
    expect(new DataView(new ArrayBuffer(2))).toEqual(new DataView(new ArrayBuffer(2)));
  });
});
