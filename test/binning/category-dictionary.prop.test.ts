import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareUtf8,
  maxCategoryValues,
  mergeCategories,
} from '../../src/binning/category-dictionary.ts';

// 'binary' draws from all code points, those beyond 16 bits included
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\uffff', '🙂', '\ue000', ''), maxLength: 4 }),
);

describe('the dictionary of a category column', () => {
  it('is ordered by UTF-8 bytes', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareUtf8(a, b))).toBe(expected);
      }),
      { numRuns: 5000 },
    );
  });

  it('is the same for any partitioning and order of partitions', () => {
    const lists = fc.array(fc.array(text, { maxLength: 8 }), { maxLength: 6 });
    fc.assert(
      fc.property(lists, (parts) => {
        const merged = mergeCategories(parts, 'c');
        expect(mergeCategories([...parts].reverse(), 'c')).toEqual(merged);
        expect(mergeCategories([parts.flat()], 'c')).toEqual(merged);
        expect(merged).toEqual(
          [...new Set(parts.flat())].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
        );
      }),
    );
  });

  it('holds as many values as two bytes number, and refuses more by name', () => {
    const most = Array.from({ length: maxCategoryValues }, (_, i) => `v${i}`);
    expect(mergeCategories([most], 'city').length).toBe(65_534);
    expect(() => mergeCategories([most, ['one more']], 'city')).toThrow(
      'the number of values of category column city must be at most 65534; got 65535; leave the column out or group its rare values',
    );
  });
});
