import { describe, expect, it } from 'vitest';
import { gaussLegendre } from '../../src/base/gauss-legendre.ts';

describe('a rule of n nodes', () => {
  it.each([1, 2, 3, 4, 7, 14, 60, 500])('integrates polynomials of degree 2 · %i − 1', (n) => {
    const { nodes, complements, weights } = gaussLegendre(n);
    for (const degree of new Set([0, 1, n, 2 * n - 1])) {
      let power = 0;
      for (let i = 0; i < n; i++) power += (weights[i] as number) * (nodes[i] as number) ** degree;
      expect(power * (degree + 1)).toBeCloseTo(1, 13);
    }
    let beta = 0;
    for (let i = 0; i < n; i++) {
      beta += (weights[i] as number) * (nodes[i] as number) * (complements[i] as number);
    }
    // one node is exact to degree 1 only
    expect(beta).toBeCloseTo(n === 1 ? 1 / 4 : 1 / 6, 14);
  });

  it('has ascending nodes inside (0, 1) and positive weights', () => {
    for (const n of [1, 2, 5, 32, 501]) {
      const { nodes, complements, weights } = gaussLegendre(n);
      for (let i = 0; i < n; i++) {
        expect(nodes[i]).toBeGreaterThan(i === 0 ? 0 : (nodes[i - 1] as number));
        expect(complements[i]).toBeGreaterThan(0);
        expect((nodes[i] as number) + (complements[i] as number)).toBeCloseTo(1, 15);
        expect(weights[i]).toBeGreaterThan(0);
      }
    }
  });

  it('has the digits of the tables, on every platform the same', () => {
    const bits = (values: Float64Array) =>
      [...new BigUint64Array(values.buffer)].map((value) => value.toString(16));
    const { nodes, weights } = gaussLegendre(4);
    expect(bits(nodes)).toEqual([
      '3fb1c6490c2719ec',
      '3fd51ee013116102',
      '3fe5708ff6774f7f',
      '3fedc736de7b1cc2',
    ]);
    expect(bits(weights)).toEqual([
      '3fc64340f7e7b668',
      '3fd4de5f840c24cd',
      '3fd4de5f840c24cd',
      '3fc64340f7e7b668',
    ]);
  });
});
