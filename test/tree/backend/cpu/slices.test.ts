import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutRecords } from '../../../../src/binning/binned-layout.ts';
import { placeBounds } from '../../../../src/tree/backend/cpu/slices.ts';

const sizes = fc.array(fc.integer({ min: 2, max: 300 }), { maxLength: 40 });

function layoutOf(numBins: readonly number[]) {
  return layoutRecords(
    numBins.map((count, index) => ({
      name: `f${index}`,
      index,
      kind: 'category' as const,
      edges: new Float64Array(0),
      categories: Array.from({ length: count }, (_, i) => `${i}`),
      isFloat32: false,
    })),
    numBins.map(() => true),
    4,
  );
}

describe('the features of the ranks', () => {
  it('cover every feature once, in order', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 9 }), (numBins, numRanks) => {
        const bounds = placeBounds(layoutOf(numBins), numRanks);
        expect(bounds.length).toBe(numRanks + 1);
        expect([bounds[0], bounds.at(-1)]).toEqual([0, numBins.length]);
        bounds.forEach((bound, i) => {
          if (i > 0) expect(bound).toBeGreaterThanOrEqual(bounds[i - 1] as number);
        });
      }),
    );
  });

  it('have about equal numbers of entries', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 9 }), (numBins, numRanks) => {
        const layout = layoutOf(numBins);
        const bounds = placeBounds(layout, numRanks);
        const largest = Math.max(0, ...numBins) + 1;
        for (let r = 0; r < numRanks; r++) {
          const entries = layout.places
            .slice(bounds[r], bounds[r + 1])
            .reduce((sum, place) => sum + place.numValueBins + 1, 0);
          expect(entries).toBeLessThanOrEqual(layout.numCompact / numRanks + 2 * largest);
        }
      }),
    );
  });
});
