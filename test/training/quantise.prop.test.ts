import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bitsOf,
  chooseSlotBytes,
  scaleFor,
  treeScales,
  widthRatio,
} from '../../src/training/quantise.ts';

const largest = fc.oneof(
  fc.double({ min: 1e-290, max: 1e290, noNaN: true }),
  fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
  fc.constantFrom(1, 0.25, 2 ** -52, 2 ** 40, 1 + 2 ** -52, 1 - 2 ** -53),
);

describe('scales of gradients', () => {
  it('are powers of two that bring the largest value near the top of its bits', () => {
    fc.assert(
      fc.property(largest, fc.integer({ min: 2, max: 31 }), (value, bits) => {
        const scale = scaleFor(value, bits);
        expect(Number.isInteger(Math.log2(scale))).toBe(true);
        const top = value * scale;
        // rounded up it must still fit below 2^bits
        expect(top).toBeLessThanOrEqual(2 ** bits - 2);
        expect(top).toBeGreaterThan(2 ** bits / 4 - 1);
      }),
    );
  });

  it('are 1 where everything is 0', () => {
    expect(scaleFor(0, 15)).toBe(1);
  });

  it('let the sum over all rows, with and without a count beside it, fit its word', () => {
    const setup = fc.record({
      maxGrad: largest,
      maxHess: largest,
      isConstantHess: fc.boolean(),
      countsRows: fc.boolean(),
      slotBytes: fc.constantFrom(4 as const, 8 as const),
      numRows: fc.integer({ min: 1, max: 2 ** 30 }),
    });
    fc.assert(
      fc.property(setup, (options) => {
        const { quantisation, gradScale, hessScale, roundsHess } = treeScales(options);
        const { slotBytes, countShift } = quantisation;
        const grad = Math.ceil(options.maxGrad * gradScale);
        const hess = roundsHess ? Math.ceil(options.maxHess * hessScale) : 1;
        expect(grad).toBeLessThanOrEqual(slotBytes === 4 ? 32767 : 2 ** 31 - 1);
        expect(hess).toBeLessThanOrEqual(slotBytes === 4 ? 65535 : 2 ** 32 - 1);
        const sum = BigInt(hess) * BigInt(options.numRows);
        expect(BigInt(grad) * BigInt(options.numRows) < 1n << 63n).toBe(true);
        expect(sum < 1n << BigInt(countShift)).toBe(true);
        if (slotBytes === 8 && quantisation.sumsAreShort) {
          expect(BigInt(grad) * BigInt(options.numRows) < 1n << 51n).toBe(true);
          expect(sum < 1n << 51n).toBe(true);
          for (const scale of [gradScale, hessScale]) {
            expect(Number.isInteger(Math.log2(scale))).toBe(true);
            expect(Number.isFinite(1 / scale ** 5 + scale ** 5)).toBe(true);
          }
        }
        if (!options.countsRows) {
          expect(countShift).toBe(63);
          return;
        }
        // the count stands above the sum, and both fit 63 bits
        const word = (BigInt(options.numRows) << BigInt(countShift)) + sum;
        expect(word < 1n << 63n).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('make short sums of a million rows, of more bits too', () => {
    const usual = { maxGrad: 3, maxHess: 0.2, isConstantHess: false, slotBytes: 8 } as const;
    const isShort = (options: Partial<Parameters<typeof treeScales>[0]>): boolean =>
      treeScales({ ...usual, countsRows: true, numRows: 2 ** 20, ...options }).quantisation
        .sumsAreShort;
    expect(isShort({})).toBe(true);
    expect(isShort({ numRows: 2 ** 20 + 1 })).toBe(false);
    expect(isShort({ numRows: 2 ** 30, slotBytes: 4, countsRows: false })).toBe(true);
    expect(isShort({ countsRows: false })).toBe(true);
    // units are no powers of two, or products of them would leave float64's range
    expect(isShort({ isConstantHess: true })).toBe(false);
    expect(isShort({ maxGrad: 1e-80 })).toBe(false);
  });

  it('count rows by the hessian where it is constant', () => {
    const { hessScale, roundsHess, quantisation } = treeScales({
      maxGrad: 3,
      maxHess: 1,
      isConstantHess: true,
      countsRows: false,
      slotBytes: 4,
      numRows: 10,
    });
    expect([hessScale, roundsHess, quantisation.hessUnit]).toEqual([1, false, 1]);
  });
});

describe('the width of gradients', () => {
  const mean = { grad: 1, hess: 1 };
  it('is 16 bits while the largest is near the mean, 32 beyond', () => {
    expect(chooseSlotBytes({ grad: 1, hess: 1 }, mean)).toBe(4);
    expect(chooseSlotBytes({ grad: widthRatio, hess: widthRatio }, mean)).toBe(4);
    expect(chooseSlotBytes({ grad: widthRatio + 1, hess: 1 }, mean)).toBe(8);
    expect(chooseSlotBytes({ grad: 1, hess: widthRatio + 1 }, mean)).toBe(8);
  });

  it('is 16 bits where there is nothing to learn', () => {
    expect(chooseSlotBytes({ grad: 0, hess: 0 }, { grad: 0, hess: 0 })).toBe(4);
  });
});

it('counts the bits of a number', () => {
  expect([0, 1, 2, 3, 4, 255, 256, 2 ** 31].map(bitsOf)).toEqual([1, 1, 2, 2, 3, 8, 9, 32]);
  expect([2 ** 32 - 1, 2 ** 32, 2 ** 33 - 1, 2 ** 40].map(bitsOf)).toEqual([32, 33, 33, 41]);
});
