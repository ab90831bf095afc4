import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edgesWithGiven, numericEdges } from '../../src/binning/bin-edges.ts';
import { edgeBetween } from '../../src/kernels/reference/cut-numbers.ts';

const special = [-0, 0, 5e-324, -5e-324, 1e308, -1e308, Infinity, -Infinity, 1, 1 + 2 ** -52];
const doubles = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(...special),
);
const floats = fc.oneof(
  fc.float({ noNaN: true }),
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(0, -0, Infinity, -Infinity, 1, Math.fround(1 + 2 ** -23)),
);
const maxBins = fc.integer({ min: 2, max: 255 });

/** The values as a sorted sample: columns of float32 and of float64. */
const samples = fc.oneof(
  fc
    .array(doubles, { maxLength: 400 })
    .map((values) => ({ sorted: Float64Array.from(values).sort(), isFloat32: false })),
  fc
    .array(floats, { maxLength: 400 })
    .map((values) => ({ sorted: Float32Array.from(values).sort(), isFloat32: true })),
);

function distinctOf(sorted: Float32Array | Float64Array): number[] {
  return [...new Set([...sorted].map((value) => value + 0))];
}

function binOf(edges: Float64Array, value: number): number {
  return edges.filter((edge) => value > edge).length;
}

describe('the edges of a numeric column', () => {
  it('ascend, are at most one fewer than the bins, and have the type of the values', () => {
    fc.assert(
      fc.property(samples, maxBins, ({ sorted, isFloat32 }, most) => {
        const edges = numericEdges(sorted, most, isFloat32);
        expect(edges.length).toBeLessThan(most);
        edges.forEach((edge, i) => {
          expect(Number.isNaN(edge)).toBe(false);
          if (i > 0) expect(edge).toBeGreaterThan(edges[i - 1] as number);
          if (isFloat32) expect(Math.fround(edge)).toBe(edge);
        });
      }),
    );
  });

  it('are the same whether zeros are among the values or only counted', () => {
    fc.assert(
      fc.property(samples, maxBins, ({ sorted, isFloat32 }, most) => {
        const others = sorted.filter((value) => value !== 0);
        const numZeros = sorted.length - others.length;
        const whole = numericEdges(sorted, most, isFloat32);
        expect(numericEdges(others, most, isFloat32, numZeros)).toEqual(whole);
      }),
      { numRuns: 400 },
    );
  });

  it('give each distinct value a bin of its own where there are few', () => {
    fc.assert(
      fc.property(samples, ({ sorted, isFloat32 }) => {
        const distinct = distinctOf(sorted).slice(0, 255);
        const few = isFloat32 ? Float32Array.from(distinct) : Float64Array.from(distinct);
        const edges = numericEdges(few, 255, isFloat32);
        expect(distinct.map((value) => binOf(edges, value))).toEqual(distinct.map((_, i) => i));
      }),
    );
  });

  it('leave no bin empty, whatever the values', () => {
    fc.assert(
      fc.property(samples, maxBins, ({ sorted, isFloat32 }, most) => {
        const edges = numericEdges(sorted, most, isFloat32);
        const used = new Set([...sorted].map((value) => binOf(edges, value)));
        expect(used.size).toBe(sorted.length === 0 ? 0 : edges.length + 1);
      }),
    );
  });

  it('fill the bins about evenly where no value is frequent', () => {
    fc.assert(
      fc.property(maxBins, (most) => {
        const sorted = Float64Array.from({ length: most * 20 }, (_, i) => i ** 1.5);
        const edges = numericEdges(sorted, most, false);
        expect(edges.length).toBe(most - 1);
        const counts = new Float64Array(most);
        for (const value of sorted) {
          const bin = binOf(edges, value);
          counts[bin] = (counts[bin] as number) + 1;
        }
        expect(Math.max(...counts)).toBeLessThanOrEqual(40);
        expect(Math.min(...counts)).toBeGreaterThan(0);
      }),
      { numRuns: 30 },
    );
  });

  it('end a bin at every value that would fill one alone', () => {
    const frequent = [3, 50, 51, 900];
    const sorted = Float64Array.from([
      ...Array.from({ length: 1000 }, (_, i) => i),
      ...frequent.flatMap((value) => new Array<number>(300).fill(value)),
    ]).sort();
    const edges = numericEdges(sorted, 16, false);
    for (const value of frequent) {
      expect(binOf(edges, value + 0.999)).toBe(binOf(edges, value) + 1);
    }
  });

  it('are none where one value, or none, was seen', () => {
    expect(numericEdges(new Float64Array(0), 255, false)).toEqual(new Float64Array(0));
    expect(numericEdges(Float64Array.of(7, 7, 7), 255, false)).toEqual(new Float64Array(0));
    expect(numericEdges(Float64Array.of(-0, 0), 255, false)).toEqual(new Float64Array(0));
  });
});

describe('edges that are given', () => {
  const given = fc
    .uniqueArray(
      fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: -6, max: 6 }),
      ),
      {
        minLength: 1,
        maxLength: 20,
      },
    )
    .map((edges) => [...new Set(edges.map((edge) => edge + 0))].sort((a, b) => a - b));

  it('part the values as they say, beside others that fit between them', () => {
    fc.assert(
      fc.property(samples, maxBins, given, ({ sorted, isFloat32 }, most, wanted) => {
        const fixed = wanted.slice(0, most - 1);
        const edges = edgesWithGiven(sorted, fixed, { maxBins: most, isFloat32 });
        expect(edges.length).toBeLessThan(most);
        edges.forEach((edge, i) => {
          if (i > 0) expect(edge).toBeGreaterThan(edges[i - 1] as number);
          if (isFloat32) expect(Math.fround(edge)).toBe(edge);
        });
        const values = distinctOf(sorted);
        for (const one of fixed) {
          if (!isFloat32) expect([...edges]).toContain(one);
          const below = values.filter((value) => value <= one).map((value) => binOf(edges, value));
          const above = values.filter((value) => value > one).map((value) => binOf(edges, value));
          if (below.length > 0 && above.length > 0)
            expect(Math.max(...below)).toBeLessThan(Math.min(...above));
        }
        const numDistinct = values.length;
        if (numDistinct + fixed.length <= most)
          expect(new Set(values.map((value) => binOf(edges, value))).size).toBe(numDistinct);
      }),
      { numRuns: 400 },
    );
  });

  it('are the same whether zeros are among the values or only counted', () => {
    fc.assert(
      fc.property(samples, maxBins, given, ({ sorted, isFloat32 }, most, wanted) => {
        const fixed = wanted.slice(0, most - 1);
        const others = sorted.filter((value) => value !== 0);
        const numZeros = sorted.length - others.length;
        expect(edgesWithGiven(others, fixed, { maxBins: most, isFloat32, numZeros })).toEqual(
          edgesWithGiven(sorted, fixed, { maxBins: most, isFloat32 }),
        );
      }),
    );
  });

  it('leave the other bins to stretches by their rows', () => {
    const sorted = Float64Array.from({ length: 1000 }, (_, i) => i);
    const edges = edgesWithGiven(sorted, [99.5], { maxBins: 11, isFloat32: false });
    expect(edges.length).toBe(10);
    expect([...edges].filter((edge) => edge < 99.5).length).toBe(1);
    expect([...edges].filter((edge) => edge > 99.5).length).toBe(8);
    expect([...edgesWithGiven(sorted, [10, 20], { maxBins: 3, isFloat32: false })]).toEqual([
      10, 20,
    ]);
    expect([
      ...edgesWithGiven(new Float64Array(0), [10, 20], { maxBins: 3, isFloat32: false }),
    ]).toEqual([10, 20]);
  });
});

describe('the cut between two neighbours', () => {
  it('keeps them apart, in float64 and in float32', () => {
    fc.assert(
      fc.property(samples, ({ sorted, isFloat32 }) => {
        const distinct = distinctOf(sorted);
        for (let i = 1; i < distinct.length; i++) {
          const [lower, upper] = [distinct[i - 1] as number, distinct[i] as number];
          const edge = edgeBetween(lower, upper, isFloat32);
          expect(edge).toBeGreaterThanOrEqual(lower);
          expect(edge).toBeLessThan(upper);
        }
      }),
    );
  });

  it('lies in the middle, or on the lower one where there is no middle', () => {
    expect(edgeBetween(1, 2, false)).toBe(1.5);
    expect(edgeBetween(1, 1 + 2 ** -52, false)).toBe(1);
    expect(edgeBetween(1 + 2 ** -52, 1 + 2 ** -51, false)).toBe(1 + 2 ** -52);
    expect(edgeBetween(1, Math.fround(1 + 2 ** -23), true)).toBe(1);
    expect(edgeBetween(-1e308, 1e308, false)).toBe(0);
  });

  it('is finite, or below everything, beside an infinity', () => {
    expect(edgeBetween(Number.NEGATIVE_INFINITY, 0, false)).toBe(Number.NEGATIVE_INFINITY);
    expect(edgeBetween(0, Number.POSITIVE_INFINITY, false)).toBe(Number.MAX_VALUE / 2);
    expect(edgeBetween(0, Number.POSITIVE_INFINITY, true)).toBe(0);
  });
});
