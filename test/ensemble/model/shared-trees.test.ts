/** What trees are known by in threads and executors hangs on what they hold, not on who made them. */
import { describe, expect, it } from 'vitest';
import { modelIdOf } from '../../../src/ensemble/model/shared-trees.ts';
import type { TreeEnsemble } from '../../../src/tree/tree-ensemble.ts';

const treesOf = (leaf: number): TreeEnsemble =>
  ({
    numTrees: 1,
    numOutputs: 1,
    treeStart: Uint32Array.of(0, 1),
    values: Float64Array.of(leaf),
  }) as unknown as TreeEnsemble;

describe('the id of a model', () => {
  it('is the same for the same trees, in any process', () => {
    expect(modelIdOf(treesOf(1), 'model', [0.5])).toBe(modelIdOf(treesOf(1), 'model', [0.5]));
    // a constant: another process has to find it too
    expect(modelIdOf(treesOf(1), 'model')).toBe(
      '6dbc4635e9a1c7bd1f4280a89b269c24a37565a1e5c29956a2e847c98ebef756',
    );
  });

  it('is another for other trees, and for another use of them', () => {
    const ids = [
      modelIdOf(treesOf(1), 'model', [0.5]),
      modelIdOf(treesOf(2), 'model', [0.5]),
      modelIdOf(treesOf(1), 'model', [0.25]),
      modelIdOf(treesOf(1), 'leaves', [0.5]),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
