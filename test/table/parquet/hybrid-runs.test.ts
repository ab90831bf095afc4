import { expect, it } from 'vitest';
import { isOneRunOfOnes, readHybrid } from '../../../src/table/parquet/flat/hybrid-runs.ts';

it('knows levels that are one run of ones, and no others', () => {
  const cases: readonly [readonly number[], number, boolean][] = [
    [[20, 1], 10, true],
    [[22, 1], 10, true],
    [[0x88, 0x27, 1], 2500, true],
    [[20, 0], 10, false],
    [[18, 1], 10, false],
    [[3, 255], 8, false],
    [[10, 1, 10, 1], 10, false],
    [[20], 10, false],
    [[0x88], 2500, false],
    [[], 1, false],
  ];
  for (const [levels, count, expected] of cases) {
    // what lies behind the levels must not be looked at
    const page = { bytes: Uint8Array.of(...levels, 1, 1), start: 0, end: levels.length };
    expect(isOneRunOfOnes(page, count), String(levels)).toBe(expected);
    if (!expected) continue;
    const present = new Int32Array(count);
    expect(readHybrid(page, 1, present, count)).toBe(1);
    expect(present.every((level) => level === 1)).toBe(true);
  }
});
