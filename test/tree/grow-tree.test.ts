import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GrowthLimits, growTree } from '../../src/tree/grow-tree.ts';
import { nodeFlag } from '../../src/tree/tree.ts';
import { type GainOf, ScriptedBackend, scriptedLayout } from './scripted-backend.ts';

const unlimited = Number.POSITIVE_INFINITY;

async function grow(
  gainOf: GainOf,
  limits: GrowthLimits,
  ...[maxPairs = 1, maxAhead = 1, aheadShare = 0]: readonly number[]
) {
  const backend = new ScriptedBackend(gainOf, { maxPairs, maxAhead, aheadShare });
  const grown = await growTree(backend, scriptedLayout, limits, 7);
  return { backend, ...grown };
}

/** Gains from a table, null where it has none. */
const from =
  (gains: Readonly<Record<string, number>>): GainOf =>
  (path) =>
    gains[path] ?? null;

describe('growth by the best leaf', () => {
  it('splits the open leaf of the highest gain, whichever level it is on', async () => {
    const gains = from({ '': 5, '0': 2, '1': 4, '10': 3, '11': 1, '00': 9 });
    const { backend, tree } = await grow(gains, { maxLeaves: 5, maxDepth: unlimited });
    expect(backend.calls).toEqual([[''], ['1'], ['10'], ['0']]);
    expect(tree.nodes.map((node) => node.leftChild)).toEqual([1, 7, 3, 5, 0, 0, 0, 0, 0]);
  });

  it('takes the lower path of equal gains', async () => {
    const { backend } = await grow(() => 1, { maxLeaves: 6, maxDepth: unlimited });
    expect(backend.calls).toEqual([[''], ['0'], ['00'], ['000'], ['0000']]);
  });

  it('takes the same order as sorting all open leaves at every step', async () => {
    const gain = fc.constantFrom(1, 2, 3, null);
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(gain),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(unlimited, 1, 3, 6),
        async (stream, maxLeaves, maxDepth) => {
          const known = new Map<string, number | null>();
          const gainOf: GainOf = (path) => {
            if (!known.has(path)) known.set(path, stream.next().value as number | null);
            return known.get(path) ?? null;
          };
          const expected: string[] = [];
          const open = [''];
          while (expected.length + 1 < maxLeaves) {
            const candidates = open.filter(
              (path) => path.length < maxDepth && gainOf(path) !== null,
            );
            candidates.sort((a, b) => {
              const difference = (gainOf(b) as number) - (gainOf(a) as number);
              return difference !== 0 ? difference : a < b ? -1 : 1;
            });
            const best = candidates[0];
            if (best === undefined) break;
            open.splice(open.indexOf(best), 1, `${best}0`, `${best}1`);
            expected.push(best);
          }
          const { backend, leaves } = await grow(gainOf, { maxLeaves, maxDepth });
          expect(backend.calls.flat()).toEqual(expected);
          expect(leaves.map((leaf) => leaf.path).sort()).toEqual(open.sort());
        },
      ),
      { numRuns: 200 },
    );
  });

  it('asks for no splits of the last children, nor below the depth', async () => {
    const last = await grow(() => 1, { maxLeaves: 3, maxDepth: unlimited });
    expect(last.backend.searched).toEqual(['', '0', '1']);
    const deep = await grow(() => 1, { maxLeaves: 100, maxDepth: 2 });
    expect(deep.backend.searched).toEqual(['', '0', '1']);
    expect(deep.leaves.map((leaf) => leaf.path)).toEqual(['00', '01', '10', '11']);
  });

  it('stops at the root where nothing may split', async () => {
    for (const limits of [
      { maxLeaves: 1, maxDepth: 5 },
      { maxLeaves: 5, maxDepth: 0 },
    ]) {
      const { backend, tree } = await grow(() => 1, limits);
      expect([tree.nodes.length, backend.calls, backend.searched]).toEqual([1, [], []]);
    }
    const { tree } = await grow(() => null, { maxLeaves: 5, maxDepth: 5 });
    expect(tree.nodes.length).toBe(1);
  });
});

describe('growth by the best leaf, several split ahead', () => {
  it('goes on by several where even the best leaf gains less than was expected', async () => {
    const limits = { maxLeaves: 64, maxDepth: unlimited, expectedGain: 2 };
    // level by level of its own: gains fall with the depth
    const { backend, inner } = await grow((path) => 1 / (1 + path.length), limits, 16, 16);
    expect(inner.length).toBe(63);
    expect(backend.calls.length).toBeLessThan(40);
    // what was split in vain is little
    expect(backend.calls.flat().length).toBeLessThan(70);
  });

  it('gives the tree of one at a time, whatever is expected of the gains', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(fc.constantFrom(1, 2, 3, null)),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(unlimited, 1, 3, 6),
        fc.record({
          maxAhead: fc.constantFrom(2, 3, 16),
          expectedGain: fc.constantFrom(undefined, 0, 2, 3.5),
          aheadShare: fc.constantFrom(0, 0.1, 0.5, 1),
        }),
        async (stream, maxLeaves, maxDepth, { maxAhead, expectedGain, aheadShare }) => {
          const known = new Map<string, number | null>();
          const gainOf: GainOf = (path) => {
            if (!known.has(path)) known.set(path, stream.next().value as number | null);
            return known.get(path) ?? null;
          };
          const one = await grow(gainOf, { maxLeaves, maxDepth });
          const expected = expectedGain === undefined ? {} : { expectedGain };
          const ahead = await grow(
            gainOf,
            { maxLeaves, maxDepth, ...expected },
            16,
            maxAhead,
            aheadShare,
          );
          expect(ahead.tree).toEqual(one.tree);
          expect(ahead.leaves.map((leaf) => leaf.path)).toEqual(
            one.leaves.map((leaf) => leaf.path),
          );
          expect(ahead.leastGain).toBe(one.leastGain);
          // nothing is split twice, and what was split in vain is closed with its children
          const split = ahead.backend.calls.flat();
          expect(new Set(split).size).toBe(split.length);
          const inVain = split.filter((path) => !ahead.inner.some((node) => node.path === path));
          const closed = [
            ...ahead.leaves.map((leaf) => leaf.path),
            ...inVain.flatMap((path) => [`${path}0`, `${path}1`]),
          ];
          expect([...ahead.backend.closed].sort()).toEqual(closed.sort());
        },
      ),
      { numRuns: 200 },
    );
  });

  it('splits with the first leaf those whose gain the last split will probably have', async () => {
    const gains = from({ '': 9, '0': 8, '1': 7, '00': 1, '01': 6, '10': 6, '11': 1 });
    const limits = { maxLeaves: 6, maxDepth: unlimited, expectedGain: 5 };
    const { backend } = await grow(gains, limits, 16, 16);
    expect(backend.calls).toEqual([[''], ['0', '1'], ['01', '10']]);
  });
});

describe('growth by level', () => {
  it('splits every leaf of a level, in batches, before the next', async () => {
    const gainOf: GainOf = (path) => (path === '01' ? null : path.length);
    const limits = { maxLeaves: unlimited, maxDepth: 3 };
    const { backend, tree } = await grow(gainOf, limits, 2);
    expect(backend.calls).toEqual([[''], ['0', '1'], ['00', '10'], ['11']]);
    expect(tree.nodes.map((node) => node.leftChild)).toEqual([
      1, 3, 5, 7, 0, 9, 11, 0, 0, 0, 0, 0, 0,
    ]);
  });

  it('gives the same tree for any size of batches', async () => {
    const gainOf: GainOf = (path) => (path.endsWith('010') ? null : 1);
    const limits = { maxLeaves: unlimited, maxDepth: 6 };
    const one = await grow(gainOf, limits, 1);
    for (const maxPairs of [2, 3, 16, 1000]) {
      expect((await grow(gainOf, limits, maxPairs)).tree).toEqual(one.tree);
    }
  });
});

describe('a grown tree', () => {
  it('closes every leaf once, and lists leaves by their number', async () => {
    for (const maxLeaves of [6, unlimited]) {
      const { backend, leaves } = await grow((path) => (path.length < 3 ? 1 : null), {
        maxLeaves,
        maxDepth: 5,
      });
      expect([...backend.closed].sort()).toEqual(leaves.map((leaf) => leaf.path).sort());
      expect(leaves.map((leaf) => leaf.index)).toEqual(
        leaves.map((leaf) => leaf.index).sort((a, b) => a - b),
      );
    }
  });

  it('gives each node a key that hangs on its path only', async () => {
    const byLeaf = await grow((path) => path.length, { maxLeaves: 8, maxDepth: 4 });
    const byLevel = await grow(() => 1, { maxLeaves: unlimited, maxDepth: 3 }, 4);
    const common = [...byLeaf.backend.keys.keys()].filter((path) => byLevel.backend.keys.has(path));
    expect(common.length).toBeGreaterThan(8);
    for (const path of common) {
      expect(byLeaf.backend.keys.get(path)).toBe(byLevel.backend.keys.get(path));
    }
    const keys = [...byLevel.backend.keys.values()];
    expect(new Set(keys).size).toBe(keys.length);
    const other = new ScriptedBackend(() => null);
    await growTree(other, scriptedLayout, { maxLeaves: 2, maxDepth: 1 }, 8);
    expect(other.keys.get('')).not.toBe(byLeaf.backend.keys.get(''));
  });

  it('is the same from a backend that answers with promises', async () => {
    const gainOf: GainOf = (path) => (path.length < 4 ? 4 - path.length : null);
    for (const maxLeaves of [9, unlimited]) {
      const limits = { maxLeaves, maxDepth: 6 };
      const waiting = new ScriptedBackend(gainOf, { isAsync: true });
      const grown = await growTree(waiting, scriptedLayout, limits, 7);
      expect(grown.tree).toEqual((await grow(gainOf, limits)).tree);
    }
  });

  it('holds the split of a number: its edge, sides, gain and runner-up', async () => {
    const split = { place: 0, bin: 0, missingGoesLeft: true, heavierIsLeft: false };
    const backend = new ScriptedBackend(from({ '': 3 }), { split });
    const { tree } = await growTree(backend, scriptedLayout, { maxLeaves: 2, maxDepth: 9 }, 1);
    expect(tree.nodes[0]).toMatchObject({
      feature: 0,
      threshold: 1.5,
      leftChild: 1,
      flags: nodeFlag.missingGoesLeft,
      categories: null,
      gain: 3,
      runnerUpGain: 0.25,
      runnerUpFeature: 1,
      cover: 100,
      rows: 50,
    });
    expect(tree.nodes[1]).toMatchObject({ feature: -1, leftChild: 0, cover: 99, rows: 49 });
  });

  it('keeps values apart from missing ones by a threshold beyond every value', async () => {
    const split = { place: 0, bin: 2, runnerUpPlace: -1 };
    const backend = new ScriptedBackend(from({ '': 3 }), { split });
    const { tree } = await growTree(backend, scriptedLayout, { maxLeaves: 2, maxDepth: 9 }, 1);
    expect(tree.nodes[0]).toMatchObject({
      threshold: Number.POSITIVE_INFINITY,
      flags: nodeFlag.unseenGoesLeft,
      runnerUpFeature: -1,
    });
  });

  it('holds the split of a category as bits of its values, the missing bin as a flag', async () => {
    // value bins 0, 33 and 39 go left, and so does the missing bin, 40
    const split = {
      place: 2,
      bin: -1,
      leftBins: Uint32Array.of(1, 0b1_1000_0010),
      missingGoesLeft: true,
    };
    const backend = new ScriptedBackend(from({ '': 3 }), { split });
    const { tree } = await growTree(backend, scriptedLayout, { maxLeaves: 2, maxDepth: 9 }, 1);
    expect(tree.nodes[0]).toMatchObject({
      feature: 2,
      flags: nodeFlag.isCategory | nodeFlag.missingGoesLeft | nodeFlag.unseenGoesLeft,
      categories: { bits: Uint32Array.of(1, 0b1000_0010), count: 40 },
    });
  });
});
