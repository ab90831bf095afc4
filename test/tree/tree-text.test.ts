import { expect, it } from 'vitest';
import { type GrownNode, newLeaf, nodeFlag, packTrees } from '../../src/tree/tree.ts';
import { treeToText } from '../../src/tree/tree-text.ts';

const leaf = (value: number, rows: number): GrownNode => ({
  ...newLeaf(rows, rows),
  value: Float64Array.of(value),
});

const split = (fields: Partial<GrownNode>): GrownNode => ({ ...leaf(0, 9), ...fields });

const trees = [
  {
    nodes: [
      split({ feature: 0, threshold: 1.5, leftChild: 1, flags: nodeFlag.missingGoesLeft, gain: 3 }),
      split({
        feature: 1,
        leftChild: 3,
        flags: nodeFlag.isCategory,
        categories: { bits: Uint32Array.of(0b101), count: 3 },
        gain: 1,
      }),
      leaf(-2.5, 4),
      leaf(0.25, 2),
      leaf(8, 3),
    ],
  },
  { nodes: [leaf(1, 9)] },
  { nodes: [split({ feature: 1, leftChild: 1, gain: 5, threshold: 2 }), leaf(0, 1), leaf(0, 2)] },
];
const features = [
  { name: 'age', categories: [] },
  { name: 'city', categories: ['Bonn', 'Rom', 'Wien'] },
];

it('prints a tree as conditions and leaves, the missing side named', () => {
  expect(treeToText(packTrees(trees, 1), 0, features)).toBe(
    [
      '  Tree 0:',
      '    If (age <= 1.5 or missing)',
      '     If (city in {Bonn, Wien}) Predict: 0.25 (rows 2)',
      '     Else (city not in {Bonn, Wien} or missing) Predict: 8 (rows 3)',
      '    Else (age > 1.5) Predict: -2.5 (rows 4)',
      '',
    ].join('\n'),
  );
});

it('prints a tree that is one leaf', () => {
  expect(treeToText(packTrees(trees, 1), 1, features)).toBe('  Tree 1:\n    Predict: 1 (rows 9)\n');
});
