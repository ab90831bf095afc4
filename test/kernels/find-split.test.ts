import { describe, expect, it } from 'vitest';
import { Draws } from './draws.ts';
import { type CaseFeature, findIn, findOn, placeNode, type SplitRows } from './split-case.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();
const ones = (length: number) => Array<number>(length).fill(1);
const numeric = (bins: readonly (number | null)[], numValues: number): CaseFeature => ({
  ...{ bins, numValues, isCategory: false },
});
const category = (bins: readonly (number | null)[], numValues: number): CaseFeature => ({
  ...{ bins, numValues, isCategory: true },
});

/** 2,000 rows of six noise features; `plant` replaces the fourth and g follows `isLow`. */
function planted(
  plant: (draws: Draws) => CaseFeature,
  isLow: (bin: number | null) => boolean,
): SplitRows {
  const draws = new Draws(17);
  const noise = () =>
    numeric(
      draws.list(2000, () => draws.below(255)),
      255,
    );
  const target = plant(draws);
  const features = [noise(), noise(), noise(), target, noise(), noise()];
  const g = target.bins.map((bin) => (isLow(bin) ? -50 : 50) + draws.below(41) - 20);
  return { g, h: ones(2000), features };
}

describe('findSplit finds what was planted', () => {
  it('a threshold', () => {
    const rows = planted(
      (draws) =>
        numeric(
          draws.list(2000, () => draws.below(255)),
          255,
        ),
      (bin) => (bin as number) <= 99,
    );
    const found = findIn(twins, rows);
    expect([found.feature, found.bin]).toEqual([3, 99]);
    expect(found.runnerUp).not.toBe(3);
  });

  it('a side for the missing values', () => {
    const plant = (draws: Draws) =>
      numeric(
        draws.list(2000, () => (draws.bool(0.2) ? null : draws.below(255))),
        255,
      );
    const withHigh = findIn(
      twins,
      planted(plant, (bin) => bin !== null && bin <= 99),
    );
    expect([withHigh.feature, withHigh.bin, withHigh.missingLeft]).toEqual([3, 99, 0]);
    const withLow = findIn(
      twins,
      planted(plant, (bin) => bin === null || bin <= 99),
    );
    expect([withLow.feature, withLow.bin, withLow.missingLeft]).toEqual([3, 99, 1]);
    const alone = findIn(
      twins,
      planted(plant, (bin) => bin !== null),
    );
    expect([alone.feature, alone.bin, alone.missingLeft]).toEqual([3, 254, 0]);
  });

  it('a group of categories', () => {
    const low = new Set<number | null>([1, 5, 6, 39, 64, null]);
    const rows = planted(
      (draws) =>
        category(
          draws.list(2000, () => (draws.bool(0.1) ? null : draws.below(70))),
          70,
        ),
      (bin) => low.has(bin),
    );
    const found = findIn(twins, rows);
    expect([found.feature, found.bin]).toEqual([3, -1]);
    const left = Array.from({ length: 71 }, (_, b) => b).filter((b) => found.goesLeft(b));
    const isLowLeft = found.goesLeft(1);
    const wanted = Array.from({ length: 71 }, (_, b) => b).filter(
      (b) => low.has(b === 70 ? null : b) === isLowLeft,
    );
    expect(left).toEqual(wanted);
    expect(found.missingLeft).toBe(isLowLeft ? 1 : 0);
    expect(found.numLeft).toBe(left.length);
  });
});

describe('findSplit breaks ties', () => {
  const bins = [0, 0, 2, 2];
  const g = [-1, -1, 1, 1];

  it('towards the lower feature, and names the other as the runner-up', () => {
    const feature = numeric(bins, 3);
    const found = findIn(twins, { g, h: ones(4), features: [feature, feature, feature] });
    expect([found.feature, found.runnerUp]).toEqual([0, 1]);
    expect(found.runnerUpScore).toBe(found.score);
  });

  it('towards the lower bin where empty bins lie between', () => {
    expect(findIn(twins, { g, h: ones(4), features: [numeric(bins, 3)] }).bin).toBe(0);
  });

  it('towards missing left where it makes no difference to the gain', () => {
    // the missing rows are the mirror image: left or right gives one score
    const rows = { g: [-2, 2, 0, 0], h: ones(4), features: [numeric([0, 1, null, null], 2)] };
    expect(findIn(twins, rows).missingLeft).toBe(1);
  });

  it('towards the heavier side for values that the node did not see, left when equal', () => {
    const missingSide = (side: readonly number[]) =>
      findIn(twins, {
        g: side.map((b) => b * 9),
        h: ones(side.length),
        features: [numeric(side, 2)],
      }).missingLeft;
    expect([missingSide([0, 0, 1]), missingSide([0, 1]), missingSide([0, 1, 1])]).toEqual([
      1, 1, 0,
    ]);
  });

  it('sends categories that the node did not see with the heavier side', () => {
    const left = (bins: readonly number[], g: readonly number[]) => {
      const found = findIn(twins, { g, h: ones(g.length), features: [category(bins, 6)] });
      return [0, 1, 2, 3, 4, 5].filter((b) => found.goesLeft(b));
    };
    expect(left([1, 1, 1, 4], [-5, -5, -5, 9])).toEqual([0, 1, 2, 3, 5]);
    expect(left([1, 4, 4, 4], [-5, 9, 9, 9])).toEqual([1]);
  });
});

describe('findSplit refuses', () => {
  const rows = { g: [-1, 1, 1], h: [1, 4, 4], features: [numeric([0, 1, 1], 2)] };

  it('a node of one value, an empty node and no features', () => {
    const alone = { g: [1, 2], h: ones(2), features: [numeric([1, 1], 3), category([0, 0], 1)] };
    expect(findIn(twins, alone).feature).toBe(-1);
    expect(findIn(twins, { g: [], h: [], features: [numeric([], 3)] }).feature).toBe(-1);
    expect(findIn(twins, { g: [], h: [], features: [] }).feature).toBe(-1);
  });

  it('a child with too few rows or too little hessian', () => {
    expect(findIn(twins, rows).feature).toBe(0);
    expect(findIn(twins, rows, { minRows: 1, minHess: 1 }).feature).toBe(0);
    expect(findIn(twins, rows, { minRows: 2 }).feature).toBe(-1);
    expect(findIn(twins, rows, { minHess: 1.5 }).feature).toBe(-1);
  });

  it('features whose mask byte is 0', () => {
    const feature = numeric([0, 1, 1], 2);
    twins.clear();
    const node = placeNode(twins, { ...rows, features: [feature, feature, feature] });
    const mask = twins.place(Uint8Array.of(0, 0, 1));
    const found = findOn(twins, node, [0, 3], mask);
    expect([found.feature, found.runnerUp]).toEqual([2, -1]);
  });

  it('categories with too few rows, which then go right', () => {
    const bins = [0, 0, 0, 1, 2, 2, 2];
    const g = [-9, -9, -9, -50, 9, 9, 9];
    const found = findIn(
      twins,
      { g, h: ones(7), features: [category(bins, 3)] },
      { minGroupRows: 2 },
    );
    expect(found.goesLeft(1)).toBe(false);
  });

  it('more categories on the listed side than it was allowed', () => {
    const draws = new Draws(4);
    const bins = draws.list(400, () => draws.below(40));
    const rows = {
      g: bins.map((b) => (b < 20 ? -9 : 9)),
      h: ones(400),
      features: [category(bins, 40)],
    };
    expect(findIn(twins, rows).numLeft).toBe(20);
    expect(findIn(twins, rows, { maxCategories: 7 }).numLeft).toBe(7);
  });
});
