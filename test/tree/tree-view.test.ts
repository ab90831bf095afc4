import { describe, expect, it } from 'vitest';
import { importances } from '../../src/tree/importances.ts';
import { type GrownNode, newLeaf, nodeFlag, packTrees } from '../../src/tree/tree.ts';
import { TreeView } from '../../src/tree/tree-view.ts';

const leaf = (value: number, rows: number): GrownNode => ({
  ...newLeaf(rows / 2, rows),
  value: Float64Array.of(value),
});
const split = (rows: number, fields: Partial<GrownNode>): GrownNode => ({
  ...leaf(0, rows),
  ...fields,
});
const trees = [
  {
    nodes: [
      split(9, {
        feature: 0,
        threshold: 1.5,
        leftChild: 1,
        flags: nodeFlag.missingGoesLeft,
        gain: 3,
        runnerUpFeature: 1,
        runnerUpGain: 2.5,
      }),
      split(5, {
        feature: 1,
        leftChild: 3,
        flags: nodeFlag.isCategory | nodeFlag.unseenGoesLeft,
        categories: { bits: Uint32Array.of(0b101), count: 3 },
        gain: 1,
      }),
      leaf(-2.5, 4),
      leaf(0.25, 2),
      leaf(8, 3),
    ],
  },
  { nodes: [leaf(1, 9)] },
  {
    nodes: [split(3, { feature: 1, leftChild: 1, gain: 5, threshold: 2 }), leaf(0, 1), leaf(3, 2)],
  },
];
const features = [
  { name: 'age', categories: [] },
  { name: 'ci"ty', categories: ['Bonn', 'Rom', 'Wien'] },
];
const packed = packTrees(trees, 1);
const view = (tree: number) => new TreeView(packed, tree, features);

describe('a view of a tree', () => {
  it('says how and why a node is split', () => {
    const { root } = view(0);
    expect(root.split).toEqual({
      feature: 'age',
      featureIndex: 0,
      kind: 'numeric',
      threshold: 1.5,
      leftCategories: null,
      missingGoesLeft: true,
      unseenGoesLeft: false,
      gain: 3,
      isForced: false,
      runnerUp: { feature: 'ci"ty', featureIndex: 1, gain: 2.5 },
    });
    expect(root.left?.split).toMatchObject({
      kind: 'category',
      threshold: null,
      leftCategories: ['Bonn', 'Wien'],
      missingGoesLeft: false,
      unseenGoesLeft: true,
      runnerUp: null,
    });
  });

  it('leads from the root to the leaves and back', () => {
    const tree = view(0);
    expect([...tree.walk()].map(({ index }) => index)).toEqual([0, 1, 3, 4, 2]);
    expect(tree.nodes.map(({ depth }) => depth)).toEqual([0, 1, 1, 2, 2]);
    expect(tree.nodes.map(({ leafNumber }) => leafNumber)).toEqual([null, null, 2, 0, 1]);
    expect(tree.nodes.map(({ parent }) => parent?.index)).toEqual([undefined, 0, 0, 1, 1]);
    expect(tree.root.left?.right).toBe(tree.nodes[4]);
    expect([tree.numLeaves, tree.depth, tree.number]).toEqual([3, 2, 0]);
    expect([view(1).numLeaves, view(1).depth]).toEqual([1, 0]);
  });

  it('gives leaves their value, inner nodes the mean of what lies below, by cover', () => {
    const [root, inner, right] = view(0).nodes;
    expect(inner?.value[0]).toBeCloseTo((2 * 0.25 + 3 * 8) / 5, 14);
    expect(root?.value[0]).toBeCloseTo((2 * 0.25 + 3 * 8 + 4 * -2.5) / 9, 14);
    expect([right?.value[0], right?.rows, right?.cover]).toEqual([-2.5, 4, 2]);
  });

  it('becomes a picture, with names that need quoting', () => {
    expect(view(0).toDot()).toBe(
      [
        'digraph Tree_0 {',
        '  node [shape=box, fontname="sans-serif"];',
        '  n0 [label="age <= 1.5\\ngain 3\\nrows 9"];',
        '  n0 -> n1 [label="yes, missing"];',
        '  n0 -> n2 [label="no"];',
        '  n1 [label="ci\\"ty in {Bonn, Wien}\\ngain 1\\nrows 5"];',
        '  n1 -> n3 [label="yes"];',
        '  n1 -> n4 [label="no, missing"];',
        '  n3 [label="0.25\\nrows 2", style=rounded];',
        '  n4 [label="8\\nrows 3", style=rounded];',
        '  n2 [label="-2.5\\nrows 4", style=rounded];',
        '}',
        '',
      ].join('\n'),
    );
    expect(view(0).toText()).toContain('If (age <= 1.5 or missing)');
  });
});

describe('importances', () => {
  it('share each tree’s gain among its splits, then average the trees that split', () => {
    expect([...importances(packed, 3, 'gain')]).toEqual([0.375, 0.625, 0]);
    expect([...importances(packTrees([], 1), 2, 'gain')]).toEqual([0, 0]);
  });

  it('count splits, add up gains and covers, and take their means', () => {
    expect([...importances(packed, 3, 'splits')]).toEqual([1, 2, 0]);
    expect([...importances(packed, 3, 'totalGain')]).toEqual([3, 6, 0]);
    expect([...importances(packed, 3, 'meanGain')]).toEqual([3, 3, 0]);
    expect([...importances(packed, 3, 'totalCover')]).toEqual([4.5, 4, 0]);
    expect([...importances(packed, 3, 'meanCover')]).toEqual([4.5, 2, 0]);
  });
});
