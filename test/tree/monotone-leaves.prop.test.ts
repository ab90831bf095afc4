/** Leaves as sets of cells of a small grid, in which every step along a feature can be tried. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutBounds } from '../../src/tree/cut-bounds.ts';
import {
  type LeafBounds,
  type MonotoneCut,
  MonotoneLeaves,
} from '../../src/tree/monotone-leaves.ts';
import { arbitraryDraws, type Draws } from '../kernels/draws.ts';

const edges = [10, 20, 30, 40];
const numBins = edges.length + 1;
const numCategories = 3;
/** Two features of numbers, whose last cell is the missing one; one of categories, then unseen and missing ones. */
const sizes = [numBins + 1, numBins + 1, numCategories + 2];

type Cell = readonly number[];

const cells: readonly Cell[] = range(sizes[0] as number).flatMap((a) =>
  range(sizes[1] as number).flatMap((b) => range(sizes[2] as number).map((c) => [a, b, c])),
);

interface Grown {
  readonly leaves: MonotoneLeaves<number>;
  readonly cellsOf: Map<number, readonly Cell[]>;
  readonly leafAt: Map<string, number>;
  readonly values: Map<number, number>;
  readonly directions: readonly number[];
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function isMissing(cell: Cell, feature: number): boolean {
  return cell[feature] === (sizes[feature] as number) - 1;
}

function goesLeft(cell: Cell, cut: MonotoneCut): boolean {
  const at = cell[cut.feature] as number;
  if (isMissing(cell, cut.feature)) return cut.missingGoesLeft;
  if (cut.leftBits === null)
    return (edges[at] ?? Number.POSITIVE_INFINITY) <= (cut.threshold as number);
  if (at === numCategories) return cut.unseenGoesLeft;
  return (((cut.leftBits[0] as number) >> at) & 1) === 1;
}

/** From the leaves that one step along one rising or falling feature leads to. */
function triedBounds({ leafAt, values, directions }: Grown, own: readonly Cell[]): LeafBounds {
  let [lower, upper] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const key = leafAt.get(String(own[0]));
  for (const cell of own) {
    for (const f of [0, 1]) {
      const direction = directions[f] as number;
      if (direction === 0 || isMissing(cell, f)) continue;
      for (let bin = 0; bin < numBins; bin++) {
        const other = leafAt.get(String(cell.with(f, bin))) as number;
        if (other === key) continue;
        const order = direction * ((cell[f] as number) - bin);
        if (order > 0) lower = Math.max(lower, values.get(other) as number);
        if (order < 0) upper = Math.min(upper, values.get(other) as number);
      }
    }
  }
  return { lower, upper };
}

function drawCut(draws: Draws): MonotoneCut {
  const feature = draws.below(3);
  const isCategory = feature === 2;
  return {
    feature,
    threshold: isCategory ? null : draws.pick([...edges, Number.POSITIVE_INFINITY]),
    leftBits: isCategory ? [draws.below(2 ** numCategories)] : null,
    numCategories: isCategory ? numCategories : 0,
    missingGoesLeft: draws.bool(),
    unseenGoesLeft: draws.bool(),
  };
}

const between = (draws: Draws, { lower, upper }: LeafBounds): number =>
  Math.max(lower, Math.min(upper, draws.below(41) - 20));

/** Splits leaves at random, with values that obey the bounds. */
function grow(draws: Draws, visit: (grown: Grown, key: number) => void): void {
  const directions = [draws.pick([1, -1, 1, 0]), draws.pick([1, -1, 0]), 0];
  const leaves = new MonotoneLeaves<number>((feature) => directions[feature] ?? 0, true);
  const grown: Grown = {
    leaves,
    cellsOf: new Map([[0, cells]]),
    leafAt: new Map(cells.map((cell) => [String(cell), 0])),
    values: new Map([[0, 0]]),
    directions,
  };
  leaves.open(0, 0);
  let next = 1;
  for (let k = 0; k < 10; k++) {
    const key = draws.pick([...grown.cellsOf.keys()]);
    const cut = drawCut(draws);
    const own = grown.cellsOf.get(key) as readonly Cell[];
    const sides = [
      own.filter((c) => goesLeft(c, cut)),
      own.filter((c) => !goesLeft(c, cut)),
    ] as const;
    if (sides.some((side) => side.length === 0)) continue;
    const bounds = leaves.boundsOfSides(key, cut);
    expect(bounds).toEqual(sides.map((side) => triedBounds(grown, side)));
    let values = bounds.map((each) => between(draws, each)) as [number, number];
    if ((directions[cut.feature] as number) * (values[1] - values[0]) < 0) {
      const held = grown.values.get(key) as number;
      values = [held, held];
    }
    leaves.split(key, cut, [next, next + 1], values);
    grown.cellsOf.delete(key);
    for (const side of [0, 1] as const) {
      grown.cellsOf.set(next + side, sides[side]);
      for (const cell of sides[side]) grown.leafAt.set(String(cell), next + side);
      grown.values.set(next + side, values[side]);
    }
    next += 2;
    for (const each of grown.cellsOf.keys()) visit(grown, each);
  }
}

describe('MonotoneLeaves', () => {
  it('knows what bounds a leaf, and both sides of a cut of it, as trying every step does', () => {
    fc.assert(
      fc.property(arbitraryDraws, (draws) => {
        grow(draws, (grown, key) => {
          const own = grown.cellsOf.get(key) as readonly Cell[];
          expect(grown.leaves.boundsOf(key)).toEqual(triedBounds(grown, own));
        });
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('counts a version where a neighbour is split, and only there', () => {
    const leaves = new MonotoneLeaves<string>((feature) => (feature === 0 ? 1 : 0), true);
    const cutAt = (feature: number, threshold: number): MonotoneCut => ({
      ...{ feature, threshold, leftBits: null, numCategories: 0 },
      ...{ missingGoesLeft: true, unseenGoesLeft: true },
    });
    leaves.open('root', 0);
    leaves.split('root', cutAt(1, 10), ['low', 'high'], [0, 0]);
    leaves.split('low', cutAt(0, 10), ['a', 'b'], [0, 1]);
    leaves.split('high', cutAt(0, 10), ['c', 'd'], [0, 1]);
    expect(leaves.leafOf('a').version).toBe(0);
    leaves.split('b', cutAt(0, 20), ['b1', 'b2'], [1, 2]);
    expect(leaves.leafOf('a').version).toBe(1);
    expect(leaves.leafOf('c').version).toBe(0);
  });
});

describe('cutBounds', () => {
  it('bounds both sides of every cut as those are bounded that it makes', () => {
    let numStepped = 0;
    fc.assert(
      fc.property(arbitraryDraws, (draws) => {
        grow(draws, (grown, key) => {
          const own = grown.cellsOf.get(key) as readonly Cell[];
          for (const feature of [0, 1]) {
            const found = cutBounds(grown.leaves.leafOf(key), feature, edges);
            if (found !== null) numStepped += 1;
            const whole = grown.leaves.boundsOf(key);
            for (const [bin, threshold] of edges.entries()) {
              for (const missingGoesLeft of [true, false]) {
                const cut = {
                  ...{ feature, threshold, leftBits: null, numCategories: 0 },
                  ...{ missingGoesLeft, unseenGoesLeft: true },
                };
                const numbers = own.filter((cell) => !isMissing(cell, feature));
                if (new Set(numbers.map((cell) => goesLeft(cell, cut))).size < 2) continue;
                const hasMissing = own.some((cell) => isMissing(cell, feature));
                const wanted = grown.leaves.boundsOfSides(key, cut);
                if (found === null) expect(wanted).toEqual([whole, whole]);
                else {
                  const step = found.bins.findLastIndex((first) => first <= bin);
                  const sides = [0, 2].map((at) => {
                    const [lower, upper] = found.bounds.subarray(4 * step + at) as unknown as [
                      number,
                      number,
                    ];
                    const isHere = hasMissing && (at === 0) === missingGoesLeft;
                    return {
                      lower: isHere ? Math.max(lower, found.missing.lower) : lower,
                      upper: isHere ? Math.min(upper, found.missing.upper) : upper,
                    };
                  });
                  expect(sides).toEqual(wanted);
                }
              }
            }
          }
        });
      }),
      { numRuns: 100 },
    );
    expect(numStepped).toBeGreaterThan(100);
  }, 60_000);
});
