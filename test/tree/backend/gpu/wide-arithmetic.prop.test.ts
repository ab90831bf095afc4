/**
 * The 64-bit arithmetic of the shaders, run from their own text, against bigints. Fits of a test's size hardly ever
 * carry from one half to the other; these numbers do all the time.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutRecords } from '../../../../src/binning/binned-layout.ts';
import { forestHistogramShader } from '../../../../src/tree/backend/gpu/forest-wgsl.ts';
import { histogramShader } from '../../../../src/tree/backend/gpu/histogram-wgsl.ts';
import { wideArithmetic } from '../../../../src/tree/backend/gpu/shader-facts.ts';
import { type WgslFunction, wgslFunctions } from './wgsl-functions.ts';

type Halves = { readonly x: number; readonly y: number };

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const halvesOf = (value: bigint): Halves => ({
  x: Number(BigInt.asUintN(32, value)),
  y: Number(wrap(value) >> 32n),
});
const wholeOf = ({ x, y }: Halves): bigint => (BigInt(y) << 32n) | BigInt(x);

/** Sums near the ends of 32 and of 64 bits more often than others. */
const sums = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: 2n ** 32n - 3n, max: 2n ** 32n + 3n }),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.bigInt({ min: 2n ** 31n - 1n, max: 2n ** 32n - 1n }),
);

const layout = layoutRecords([], [], 8);
const wideHistogram = histogramShader({
  layout,
  countShift: 40,
  minRows: 1,
  groups: new Uint32Array(0),
  groupEntries: 8,
  histogramLanes: 64,
  cutsOfPart: 2,
});
const forestOf = (kind: 'number' | 'two classes' | 'classes', countShift: number): string =>
  forestHistogramShader({ kind, numClasses: 2, countShift, stride: 8, groupEntries: 8 });

const named = (functions: ReadonlyMap<string, WgslFunction>, name: string): WgslFunction => {
  const found = functions.get(name);
  if (found === undefined) throw new Error(`the shader has no function ${name}`);
  return found;
};

describe('sums of two halves', () => {
  const functions = wgslFunctions(wideArithmetic);

  it('are added, subtracted and compared as bigints are', () => {
    const add = named(functions, 'add64');
    const subtract = named(functions, 'sub64');
    const less = named(functions, 'less64');
    fc.assert(
      fc.property(sums, sums, (a, b) => {
        expect(wholeOf(add(halvesOf(a), halvesOf(b)) as Halves)).toBe(wrap(a + b));
        expect(wholeOf(subtract(halvesOf(a), halvesOf(b)) as Halves)).toBe(wrap(a - b));
        expect(less(halvesOf(a), halvesOf(b))).toBe(wrap(a) < wrap(b));
      }),
      { numRuns: 300 },
    );
  });
});

describe.each([
  ['histogram', 'addToNode', 'hist', wideHistogram],
  ['histogram', 'addWide', 'sums', wideHistogram],
  ['forestHistogram', 'addToNode', 'hist', forestOf('classes', 36)],
  ['forestHistogram', 'addWide', 'sums', forestOf('number', 40)],
] as const)('%s: %s', (_shader, name, array, text) => {
  it('carries from the lower half into the upper one, in any order', () => {
    fc.assert(
      fc.property(fc.array(sums, { maxLength: 12 }), (values) => {
        const words = new Uint32Array(4);
        const add = named(wgslFunctions(text, { [array]: words }), name);
        for (const value of values) add(2, halvesOf(value));
        const [, , x, y] = words as unknown as [number, number, number, number];
        expect(wholeOf({ x, y })).toBe(wrap(values.reduce((sum, value) => sum + value, 0n)));
        expect([words[0], words[1]]).toEqual([0, 0]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a row of a forest', () => {
  it.each([20, 31, 32, 50])('is its weight below and a count of one above bit %i', (countShift) => {
    const words = new Uint32Array(8);
    const known = { hist: words, ONE_ROW: halvesOf(1n << BigInt(countShift)) };
    const text = forestOf('number', countShift);
    expect(text).toContain(`ONE_ROW = vec2<u32>(${known.ONE_ROW.x}u, ${known.ONE_ROW.y}u)`);
    const add = named(wgslFunctions(text, known), 'addDirectly');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer(), fc.nat({ max: 2 ** 32 - 1 })), { maxLength: 9 }),
        (rows) => {
          words.fill(0);
          for (const [x, h] of rows) add(0, 1, { x: x >>> 0, y: h });
          const expected = [0n, 0n];
          for (const [x, h] of rows) {
            expected[0] = (expected[0] as bigint) + BigInt(x);
            expected[1] = (expected[1] as bigint) + BigInt(h) + (1n << BigInt(countShift));
          }
          const found = new BigUint64Array(words.buffer);
          expect([...found]).toEqual([0n, 0n, ...expected.map(wrap)]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each(['two classes', 'classes'] as const)('adds its weight and its row: %s', (kind) => {
    const words = new Uint32Array(8);
    const known = { hist: words, CLASSES: 2 };
    const add = named(wgslFunctions(forestOf(kind, 36), known), 'addDirectly');
    const row = fc.tuple(fc.nat({ max: 1 }), fc.integer({ min: 1, max: 65_535 }));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (rows) => {
        words.fill(0);
        words[4] = 2 ** 32 - 1;
        words[6] = 2 ** 32 - 1;
        const before = 2n ** 32n - 1n;
        for (const [k, weight] of rows) add(0, 1, k * 65_536 + weight);
        const weigh = (chosen: readonly (readonly [number, number])[], withRows: boolean): bigint =>
          chosen.reduce((sum, [, w]) => sum + BigInt(w) + (withRows ? 1n << 36n : 0n), before);
        const second = rows.filter(([k]) => k === 1);
        const first = rows.filter(([k]) => k === 0);
        const expected =
          kind === 'classes'
            ? [weigh(first, true), weigh(second, true)]
            : [weigh(second, false), weigh(rows, true)];
        expect([...new BigUint64Array(words.buffer)]).toEqual([0n, 0n, ...expected]);
      }),
      { numRuns: 60 },
    );
  });
});
