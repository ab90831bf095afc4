import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mix32 } from '../../../src/base/rng.ts';
import { layoutRecords } from '../../../src/binning/binned-layout.ts';
import type { ColumnSampling } from '../../../src/training/messages.ts';
import { ColumnSampler, treeKey } from '../../../src/training/sampling/column-sampling.ts';
import type { OpenNode } from '../../../src/tree/backend/backend.ts';

/** A layout of features whose numbers in the model are given; each has two bins. */
function layoutOf(indices: readonly number[]) {
  return layoutRecords(
    indices.map((index) => ({
      name: `f${index}`,
      index,
      kind: 'numeric' as const,
      edges: Float64Array.of(0),
      categories: [],
      isFloat32: false,
    })),
    indices.map(() => false),
    4,
  );
}

const ten = layoutOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
const none: ColumnSampling = { byTree: null, byLevel: null, byNode: null };

function nodeAt(path: string, key = 1): OpenNode {
  return { index: 0, parent: null, path, key, cover: 0, rows: 0, split: null, state: null };
}

function samplerOf(sampling: Partial<ColumnSampling>, seed = 5, tree = 0): ColumnSampler {
  const sampler = new ColumnSampler(ten, { ...none, ...sampling }, seed, null);
  sampler.beginTree(tree);
  return sampler;
}

describe('drawing features', () => {
  it('allows all of them, without a mask, where nothing is sampled', () => {
    const sampler = samplerOf({});
    expect(sampler.maskOf(nodeAt('01'))).toBeNull();
    expect(sampler.placesOf(nodeAt('01'))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('draws an exact number: a share rounded up, or a count, at least one', () => {
    const amounts: [number, number][] = [
      [0.05, 1],
      [0.3, 3],
      [0.31, 4],
      [1, 1],
      [7, 7],
      [10, 10],
      [99, 10],
    ];
    for (const [amount, expected] of amounts) {
      for (const sampling of [{ byTree: amount }, { byLevel: amount }, { byNode: amount }]) {
        const places = samplerOf(sampling).placesOf(nodeAt('1'));
        expect(places.length).toBe(expected);
        expect([...places].sort((a, b) => a - b)).toEqual(places);
      }
    }
  });

  it('draws levels from the tree’s features and nodes from the level’s', () => {
    const sampling = { byTree: 0.6, byLevel: 0.5, byNode: 2 };
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(50), fc.nat(), (seed, tree, key) => {
        const ofTree = samplerOf({ byTree: 0.6 }, seed, tree).placesOf(nodeAt(''));
        const ofLevel = samplerOf({ byTree: 0.6, byLevel: 0.5 }, seed, tree).placesOf(nodeAt('01'));
        const ofNode = samplerOf(sampling, seed, tree).placesOf(nodeAt('01', key));
        expect([ofTree.length, ofLevel.length, ofNode.length]).toEqual([6, 3, 2]);
        for (const place of ofLevel) expect(ofTree).toContain(place);
        for (const place of ofNode) expect(ofLevel).toContain(place);
      }),
    );
  });

  it('hangs on seed, tree, level and node, and on nothing that happened before', () => {
    const sampling = { byTree: 0.5, byLevel: 0.6, byNode: 2 };
    const used = samplerOf(sampling);
    for (const path of ['', '0', '1', '00', '01']) used.maskOf(nodeAt(path, path.length + 9));
    used.beginTree(4);
    used.beginTree(3);
    const fresh = samplerOf(sampling, 5, 3);
    for (const path of ['11', '', '0']) {
      expect(used.placesOf(nodeAt(path, 77))).toEqual(fresh.placesOf(nodeAt(path, 77)));
    }
    const draws = (make: (i: number) => readonly number[]): number =>
      new Set(Array.from({ length: 30 }, (_, i) => make(i).join())).size;
    expect(draws((i) => samplerOf({ byTree: 0.5 }, i).placesOf(nodeAt('')))).toBeGreaterThan(15);
    expect(draws((i) => samplerOf({ byTree: 0.5 }, 1, i).placesOf(nodeAt('')))).toBeGreaterThan(15);
    const level = samplerOf({ byLevel: 0.5 });
    expect(draws((i) => level.placesOf(nodeAt('0'.repeat(i))))).toBeGreaterThan(15);
    const node = samplerOf({ byNode: 0.5 });
    expect(draws((i) => node.placesOf(nodeAt('', i)))).toBeGreaterThan(15);
  });

  it('draws features, not places: where a column lies in records cannot matter', () => {
    const shuffled = layoutOf([7, 3, 9, 0, 5, 1, 8, 2, 6, 4]);
    const sampler = new ColumnSampler(shuffled, { ...none, byTree: 4 }, 5, null);
    sampler.beginTree(2);
    const features = sampler
      .placesOf(nodeAt(''))
      .map((place) => shuffled.places[place]?.feature.index)
      .sort();
    expect(features).toEqual(samplerOf({ byTree: 4 }, 5, 2).placesOf(nodeAt('')));
  });

  it('draws every feature about as often', () => {
    const counts = new Float64Array(10);
    const numTrees = 4000;
    for (let tree = 0; tree < numTrees; tree++) {
      for (const place of samplerOf({ byTree: 0.3 }, 11, tree).placesOf(nodeAt(''))) {
        counts[place] = (counts[place] as number) + 1;
      }
    }
    for (const count of counts) expect(Math.abs(count - 0.3 * numTrees)).toBeLessThan(150);
  });

  it('writes the same draw as a mask', () => {
    const sampler = samplerOf({ byTree: 0.4, byNode: 3 });
    const node = nodeAt('010', 99);
    const mask = sampler.maskOf(node) as Uint8Array;
    expect([...mask.keys()].filter((place) => mask[place] === 1)).toEqual(sampler.placesOf(node));
  });
});

describe('drawing features by weight', () => {
  const places = (sampling: Partial<ColumnSampling>, seed: number, tree: number) =>
    samplerOf(sampling, seed, tree).placesOf(nodeAt('01', mix32(seed + tree)));
  const amounts = fc.record({
    byTree: fc.constantFrom(null, 0.6, 3),
    byLevel: fc.constantFrom(null, 0.5),
    byNode: fc.constantFrom(null, 2),
  });

  it('changes no draw where all weigh the same', () => {
    fc.assert(
      fc.property(amounts, fc.nat(1000), fc.nat(50), (sampling, seed, tree) => {
        const weights = new Array<number>(10).fill(1);
        expect(places({ ...sampling, weights }, seed, tree)).toEqual(places(sampling, seed, tree));
      }),
    );
  });

  it('never takes a feature of weight 0, and takes shares of the others', () => {
    const weights = [0, 1, 0.5, 0, 0.1, 1, 1, 0, 0, 1];
    const rest = [1, 2, 4, 5, 6, 9];
    expect(places({ weights }, 1, 1)).toEqual(rest);
    const mask = samplerOf({ weights }).maskOf(nodeAt('')) as Uint8Array;
    expect([...mask.keys()].filter((place) => mask[place] === 1)).toEqual(rest);
    fc.assert(
      fc.property(amounts, fc.nat(1000), fc.nat(50), (sampling, seed, tree) => {
        for (const place of places({ ...sampling, weights }, seed, tree))
          expect(rest).toContain(place);
        expect(samplerOf({ byTree: 0.5, weights }, seed, tree).placesOf(nodeAt(''))).toHaveLength(
          3,
        );
      }),
    );
    expect(places({ byTree: 9, weights }, 1, 1)).toEqual(rest);
  });

  it('takes each next feature in proportion to the weights that are left', () => {
    const weights = [0.1, 0.2, 0.7, 1, 0, 0, 0, 0, 0, 0];
    const total = 2;
    const numTrees = 20_000;
    const first = new Float64Array(4);
    const pairs = new Map<string, number>();
    for (let tree = 0; tree < numTrees; tree++) {
      const [one = 0] = samplerOf({ byTree: 1, weights }, 3, tree).placesOf(nodeAt(''));
      first[one] = (first[one] as number) + 1;
    }
    for (let tree = 0; tree < numTrees; tree++) {
      const pair = samplerOf({ byTree: 2, weights }, 4, tree).placesOf(nodeAt('')).join();
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
    // five standard errors
    const isAbout = (count: number, share: number): void =>
      expect(Math.abs(count - share * numTrees)).toBeLessThan(
        5 * Math.sqrt(numTrees * share * (1 - share)),
      );
    first.forEach((count, place) => {
      isAbout(count, (weights[place] as number) / total);
    });
    expect(pairs.size).toBe(6);
    for (const [pair, count] of pairs) {
      const [a = 0, b = 0] = pair.split(',').map((place) => weights[Number(place)] as number);
      isAbout(count, (a / total) * (b / (total - a)) + (b / total) * (a / (total - b)));
    }
  });
});

it('gives every tree a key of its own', () => {
  const keys = Array.from({ length: 1000 }, (_, tree) => treeKey(3, tree));
  expect(new Set(keys).size).toBe(keys.length);
  expect(treeKey(4, 0)).not.toBe(treeKey(3, 0));
});
