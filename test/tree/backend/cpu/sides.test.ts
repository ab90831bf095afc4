import { describe, expect, it } from 'vitest';
import type { FeaturePlace } from '../../../../src/binning/binned-layout.ts';
import type { Split } from '../../../../src/tree/backend/backend.ts';
import { sidesBytes, writeSides } from '../../../../src/tree/backend/cpu/sides.ts';
import { scriptedLayout } from '../../scripted-backend.ts';

function sidesOf(place: number, split: Partial<Split>): Uint8Array {
  const found = scriptedLayout.places[place] as FeaturePlace;
  const sides = new Uint8Array(sidesBytes(found));
  writeSides({ leftBins: null, bin: 0, missingGoesLeft: false, ...split } as Split, found, sides);
  return sides;
}

/** The bins whose rows go left. */
function leftOf(sides: Uint8Array): number[] {
  return [...sides.entries()].flatMap(([bin, side]) => (side === 1 ? [bin] : []));
}

describe('the sides of a split', () => {
  it('send categories that no training row has to the heavier side', () => {
    const leftBins = Uint32Array.of(1, 0);
    // 40 values: 40 is the unseen bin, 255 the missing one
    expect(leftOf(sidesOf(2, { leftBins, heavierIsLeft: true }))).toEqual([0, 40]);
    expect(leftOf(sidesOf(2, { leftBins, heavierIsLeft: false }))).toEqual([0]);
  });

  it('send bins up to the last left one left, missing ones as the split says', () => {
    expect(leftOf(sidesOf(0, { bin: 1 }))).toEqual([0, 1]);
    expect(leftOf(sidesOf(0, { bin: 0, missingGoesLeft: true }))).toEqual([0, 255]);
    expect(leftOf(sidesOf(0, { bin: 2 }))).toEqual([0, 1, 2]);
  });

  it('send listed categories left, whatever the bit of the missing bin', () => {
    const leftBins = Uint32Array.of(0b100, 0b1_0000_0001);
    expect(leftOf(sidesOf(2, { leftBins, missingGoesLeft: false }))).toEqual([2, 32]);
    expect(leftOf(sidesOf(2, { leftBins, missingGoesLeft: true }))).toEqual([2, 32, 255]);
  });
});
