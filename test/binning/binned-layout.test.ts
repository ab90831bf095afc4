import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BinnedFeature,
  featureEntryBytes,
  layoutRecords,
  numValueBinsOf,
  writeFeatureTable,
} from '../../src/binning/binned-layout.ts';

interface Shape {
  readonly kind: 'numeric' | 'category';
  readonly numBins: number;
  readonly hasMissing: boolean;
}

function featureOf({ kind, numBins }: Shape, index: number): BinnedFeature {
  const count = kind === 'numeric' ? Math.max(0, Math.min(numBins, 255) - 1) : 0;
  return {
    name: `f${index}`,
    index,
    kind,
    edges: Float64Array.from({ length: count }, (_, i) => i),
    categories: kind === 'category' ? Array.from({ length: numBins }, (_, i) => `c${i}`) : [],
    isFloat32: false,
  };
}

function layoutOf(shapes: readonly Shape[], slotBytes: 4 | 8 = 4) {
  return layoutRecords(
    shapes.map(featureOf),
    shapes.map((shape) => shape.hasMissing),
    slotBytes,
  );
}

const shape: fc.Arbitrary<Shape> = fc.record({
  kind: fc.constantFrom('numeric', 'category'),
  numBins: fc.constantFrom(0, 1, 2, 17, 253, 254, 255, 256, 700),
  hasMissing: fc.boolean(),
});

describe('the layout of binned rows', () => {
  it('gives every feature bytes, entries and compact entries of its own', () => {
    const slotBytes = fc.constantFrom(4 as const, 8 as const);
    fc.assert(
      fc.property(fc.array(shape, { maxLength: 40 }), slotBytes, (shapes, slot) => {
        const layout = layoutOf(shapes, slot);
        const bytes = new Uint8Array(layout.stride);
        const entries = new Uint8Array(layout.numEntries);
        const compact = new Uint8Array(layout.numCompact);
        for (const place of layout.places) {
          for (let b = 0; b < place.width; b++)
            bytes[place.offset + b] = 1 + (bytes[place.offset + b] as number);
          for (let e = 0; e <= place.missingEntry; e++)
            entries[place.firstEntry + e] = 1 + (entries[place.firstEntry + e] as number);
          for (let c = 0; c <= place.numValueBins; c++)
            compact[place.firstCompact + c] = 1 + (compact[place.firstCompact + c] as number);
        }
        for (let b = 0; b < slot; b++)
          bytes[layout.slotOffset + b] = 1 + (bytes[layout.slotOffset + b] as number);
        expect(Math.max(0, ...bytes)).toBeLessThanOrEqual(1);
        expect(Math.max(0, ...entries)).toBeLessThanOrEqual(1);
        expect(compact.every((used) => used === 1)).toBe(true);
        expect(layout.stride % 8).toBe(0);
        expect(layout.slotOffset + slot).toBe(layout.stride);
        expect(layout.slotOffset % 4).toBe(0);
        for (const place of layout.places) {
          expect(place.missingEntry).toBeGreaterThanOrEqual(place.numValueBins);
          // a byte numbers the values, the missing bin and, for a category, the unseen bin
          const isCategory = place.feature.kind === 'category';
          expect(place.width).toBe(place.numValueBins > (isCategory ? 254 : 255) ? 2 : 1);
          if (isCategory) {
            expect(place.unseenEntry).toBeGreaterThanOrEqual(place.numValueBins);
            expect(place.unseenEntry).not.toBe(place.missingEntry);
            expect(place.unseenEntry).toBeLessThan(256 ** place.width);
          }
          if (place.width === 2) expect([place.offset % 2, place.firstEntry % 2]).toEqual([0, 0]);
        }
      }),
    );
  });

  it('puts narrow features first, each kind in the order of the columns', () => {
    const shapes: Shape[] = [
      { kind: 'category', numBins: 300, hasMissing: false },
      { kind: 'numeric', numBins: 3, hasMissing: false },
      { kind: 'category', numBins: 256, hasMissing: true },
      { kind: 'category', numBins: 254, hasMissing: true },
    ];
    const layout = layoutOf(shapes);
    expect(layout.places.map((place) => place.feature.index)).toEqual([1, 3, 0, 2]);
    expect([layout.numNarrow, layout.maxCategoryBins]).toEqual([2, 300]);
    expect(layout.places.map((place) => place.offset)).toEqual([0, 1, 2, 4]);
    expect([layout.stride, layout.slotOffset]).toEqual([16, 12]);
  });

  it('leaves out what cannot split: one value and nothing missing, or no value at all', () => {
    const layout = layoutOf([
      { kind: 'numeric', numBins: 1, hasMissing: false },
      { kind: 'numeric', numBins: 1, hasMissing: true },
      { kind: 'category', numBins: 0, hasMissing: true },
      { kind: 'category', numBins: 1, hasMissing: false },
      { kind: 'category', numBins: 1, hasMissing: true },
    ]);
    expect(layout.places.map((place) => place.feature.index)).toEqual([1, 4]);
    expect(layout.places.every((place) => numValueBinsOf(place.feature) === 1)).toBe(true);
  });

  it('is written to the kernels field by field', () => {
    const layout = layoutOf([
      { kind: 'category', numBins: 300, hasMissing: false },
      { kind: 'numeric', numBins: 4, hasMissing: false },
    ]);
    const words = new Uint32Array((layout.places.length * featureEntryBytes) / 4);
    writeFeatureTable(layout, words);
    expect([...words]).toEqual([0, 0, 4, 255, 0, 0, 1, 1, 264, 5, 300, 300, 1, 2, 2, 0]);
  });
});
