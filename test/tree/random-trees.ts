/** Random trees as fast-check arbitraries: numeric and category splits over a few features. */
import fc from 'fast-check';
import { type GrownNode, type GrownTree, newLeaf, nodeFlag } from '../../src/tree/tree.ts';

/** Kinds of the features that the random trees split on: −1 numeric, else a number of categories. */
export const randomTreeFeatures = [-1, 40, -1, 3, -1] as const;

interface Draw {
  readonly feature: number;
  readonly threshold: number;
  readonly bits: number;
  readonly flags: number;
  readonly stops: boolean;
}

const draw: fc.Arbitrary<Draw> = fc.record({
  feature: fc.nat(randomTreeFeatures.length - 1),
  threshold: fc.constantFrom(-2, -0.5, 0, 0.25, 3, Number.POSITIVE_INFINITY, -1e300),
  bits: fc.nat(2 ** 32 - 1),
  flags: fc.nat(3),
  stops: fc.boolean(),
});

/** A tree of up to `maxSplits` splits with `numOutputs` values a leaf. */
export function randomTree(numOutputs: number, maxSplits = 12): fc.Arbitrary<GrownTree> {
  return fc
    .tuple(
      fc.array(draw, { maxLength: maxSplits }),
      fc.infiniteStream(fc.double({ min: -4, max: 4, noNaN: true })),
    )
    .map(([draws, values]) => treeOf(draws, () => values.next().value as number, numOutputs));
}

/** Several trees. */
export function randomTrees(numOutputs: number): fc.Arbitrary<GrownTree[]> {
  return fc.array(randomTree(numOutputs), { minLength: 1, maxLength: 6 });
}

function treeOf(draws: readonly Draw[], value: () => number, numOutputs: number): GrownTree {
  const leaf = (): GrownNode => ({
    ...newLeaf(1 + Math.abs(value()), 3),
    value: Float64Array.from({ length: numOutputs }, value),
  });
  const nodes: GrownNode[] = [leaf()];
  const open = [0];
  for (const found of draws) {
    const at = found.stops ? open.pop() : open.shift();
    const node = nodes[at ?? -1];
    if (node === undefined) break;
    const numCategories = randomTreeFeatures[found.feature] as number;
    node.feature = found.feature;
    node.leftChild = nodes.length;
    node.flags = found.flags;
    node.gain = 1 + Math.abs(value());
    node.value = new Float64Array(numOutputs);
    if (numCategories < 0) {
      node.threshold = found.threshold;
    } else {
      node.flags |= nodeFlag.isCategory;
      // fewer bits than categories: the rest was never seen in this node's tree
      const count = numCategories === 3 ? 3 : 35;
      const bits = Uint32Array.from({ length: Math.ceil(count / 32) }, (_, i) => found.bits >>> i);
      bits[bits.length - 1] = (bits.at(-1) as number) & (2 ** (count % 32) - 1);
      node.categories = { bits, count };
    }
    open.push(nodes.length, nodes.length + 1);
    nodes.push(leaf(), leaf());
  }
  return { nodes };
}
