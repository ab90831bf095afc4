import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { sortNumbers } from '../../src/binning/sort-numbers.ts';

/** Many numbers from a few draws: repeated, shifted and scaled. */
const numbers = fc
  .tuple(
    fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 40 }),
    fc.integer({ min: 1, max: 5000 }),
    fc.constantFrom(0, 1e-300, 1, 1e10),
  )
  .map(([draws, length, step]) =>
    Array.from({ length }, (_, i) => (draws[i % draws.length] as number) + i * step),
  )
  .map((values) => values.filter((value) => !Number.isNaN(value)));

// the first numbers of a thread are compared, those after them sorted by their bits
beforeAll(() => {
  const halves = Float64Array.from({ length: 65_536 }, (_, i) => ((i * 40_503) & 65_535) + 0.5);
  const sorted = sortNumbers(halves.slice());
  expect(sorted).toEqual(halves.sort());
});

it('gives the order of the built-in sort, −0 before 0, for both widths', () => {
  fc.assert(
    fc.property(numbers, (values) => {
      for (const type of [Float32Array, Float64Array]) {
        const expected = type.from(values).sort();
        const sorted = sortNumbers(type.from(values));
        expect(sorted.length).toBe(expected.length);
        expect(sorted.every((value, i) => Object.is(value, expected[i]))).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

it('sorts the extremes among many numbers', () => {
  const extremes = [
    -Infinity,
    -Number.MAX_VALUE,
    -5e-324,
    -0,
    0,
    5e-324,
    Number.MAX_VALUE,
    Infinity,
  ];
  const values = Float64Array.from({ length: 4096 }, (_, i) => extremes[(i * 5) % 8] as number);
  const sorted = sortNumbers(values);
  const expected = extremes.flatMap((value) => Array<number>(512).fill(value));
  expect(sorted.every((value, i) => Object.is(value, expected[i]))).toBe(true);
});

it('counts whole numbers of a small range, and sorts those of a large one', () => {
  const cases = [
    { least: -700, span: 1400, step: 1 },
    { least: 0, span: 65_536, step: 7 },
    { least: 5, span: 65_537, step: 7 },
    { least: -(2 ** 31) - 5, span: 40, step: 1 },
  ];
  for (const { least, span, step } of cases) {
    const values = Float64Array.from({ length: 70_000 }, (_, i) => least + ((i * step) % span));
    values[17] = -0;
    for (const numbers of [values, values.map((value) => value + 0)]) {
      const sorted = sortNumbers(Float64Array.from(numbers));
      const expected = Float64Array.from(numbers).sort();
      expect(sorted.every((value, i) => Object.is(value, expected[i]))).toBe(true);
    }
  }
});
