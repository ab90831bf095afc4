/**
 * Trees as the attributes of ONNX's operator TreeEnsemble (https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html):
 * splits and leaves in arrays of their own, each child a position in one of them.
 *
 *   a numeric split is value <= threshold; a category split is code ∈ set, the smaller side of it, where the code behind
 *   the last category stands for one that was never seen and NaN for a missing one
 */
import type { OnnxAttribute } from '../../pipeline/onnx/onnx-messages.ts';
import { nodeFlag } from '../../tree/tree.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';

/** Which trees, and what their leaves give. */
export interface TreeRange {
  readonly from: number;
  readonly to: number;
  /** How many categories each feature has. */
  readonly numCategories: readonly number[];
  readonly numTargets: number;
  /** The output that a tree's leaves add to. */
  readonly targetOf: (tree: number) => number;
  /** What a leaf adds. @param node counted over all trees */
  readonly weightOf: (node: number) => number;
}

const modes = { lessOrEqual: 0, member: 6 } as const;
const sum = 1;

/** The attributes of some trees. */
export function treeAttributes(e: TreeEnsemble, range: TreeRange): Record<string, OnnxAttribute> {
  const place = placesOf(e, range);
  const { numSplits, numLeaves } = place;
  const featureIds = new Uint32Array(numSplits);
  const kinds = new Uint8Array(numSplits);
  const thresholds = new Float64Array(numSplits);
  const missing = new Uint8Array(numSplits);
  const children = [0, 1].map(() => new Uint32Array(numSplits));
  const areLeaves = [0, 1].map(() => new Uint8Array(numSplits));
  const members: number[] = [];
  const targets = new Uint32Array(numLeaves);
  const weights = new Float64Array(numLeaves);
  const roots: number[] = [];
  const child = (split: number, side: 0 | 1, node: number): void => {
    (children[side] as Uint32Array)[split] = place.of(node);
    (areLeaves[side] as Uint8Array)[split] = e.leftChild[node] === 0 ? 1 : 0;
  };
  for (let t = range.from; t < range.to; t++) {
    const start = e.treeStart[t] as number;
    // a tree of one leaf is a split with that leaf on both sides
    const isLeaf = e.leftChild[start] === 0;
    if (isLeaf) for (const side of [0, 1] as const) child(place.ofStump(t), side, start);
    roots.push(isLeaf ? place.ofStump(t) : place.of(start));
    for (let n = start; n < (e.treeStart[t + 1] as number); n++) {
      const at = place.of(n);
      const left = e.leftChild[n] as number;
      if (left === 0) {
        targets[at] = range.targetOf(t);
        weights[at] = range.weightOf(n);
        continue;
      }
      const flags = e.flags[n] as number;
      const feature = e.feature[n] as number;
      const missingGoesLeft = (flags & nodeFlag.missingGoesLeft) !== 0;
      let isLeftTrue = true;
      featureIds[at] = feature;
      if ((flags & nodeFlag.isCategory) === 0) {
        kinds[at] = modes.lessOrEqual;
        thresholds[at] = e.threshold[n] as number;
      } else {
        kinds[at] = modes.member;
        const sides = codesOfSides(e, n, range.numCategories[feature] as number);
        isLeftTrue =
          sides.right.length === 0 ||
          (sides.left.length > 0 && sides.left.length <= sides.right.length);
        for (const code of isLeftTrue ? sides.left : sides.right) members.push(code);
        members.push(Number.NaN);
      }
      missing[at] = missingGoesLeft === isLeftTrue ? 1 : 0;
      child(at, isLeftTrue ? 0 : 1, start + left);
      child(at, isLeftTrue ? 1 : 0, start + left + 1);
    }
  }
  const doubles = (values: Float64Array) =>
    ({ type: 'double', dims: [values.length], values }) as const;
  return {
    aggregate_function: sum,
    post_transform: 0,
    n_targets: range.numTargets,
    tree_roots: roots,
    nodes_featureids: featureIds,
    nodes_modes: { type: 'uint8', dims: [numSplits], values: kinds },
    nodes_splits: doubles(thresholds),
    nodes_missing_value_tracks_true: missing,
    nodes_truenodeids: children[0] as Uint32Array,
    nodes_trueleafs: areLeaves[0] as Uint8Array,
    nodes_falsenodeids: children[1] as Uint32Array,
    nodes_falseleafs: areLeaves[1] as Uint8Array,
    leaf_targetids: targets,
    leaf_weights: doubles(weights),
    ...(members.length === 0 ? {} : { membership_values: doubles(Float64Array.from(members)) }),
  };
}

/** Where nodes come to lie: splits among splits, leaves among leaves, trees of one leaf behind the splits. */
function placesOf(e: TreeEnsemble, { from, to }: TreeRange) {
  const first = e.treeStart[from] as number;
  const places = new Uint32Array((e.treeStart[to] as number) - first);
  let numSplits = 0;
  let numLeaves = 0;
  for (let i = 0; i < places.length; i++) {
    places[i] = e.leftChild[first + i] === 0 ? numLeaves++ : numSplits++;
  }
  const stumps = new Map<number, number>();
  for (let t = from; t < to; t++) {
    if (e.leftChild[e.treeStart[t] as number] === 0) stumps.set(t, numSplits++);
  }
  return {
    numSplits,
    numLeaves,
    of: (node: number): number => places[node - first] as number,
    ofStump: (tree: number): number => stumps.get(tree) as number,
  };
}

/** The codes that go to each side, that of unseen categories among them. */
function codesOfSides(
  e: TreeEnsemble,
  node: number,
  numCategories: number,
): { readonly left: readonly number[]; readonly right: readonly number[] } {
  const left: number[] = [];
  const right: number[] = [];
  const known = e.categoryCount[node] as number;
  const start = e.categoryStart[node] as number;
  const unseenGoesLeft = ((e.flags[node] as number) & nodeFlag.unseenGoesLeft) !== 0;
  for (let code = 0; code <= numCategories; code++) {
    const word = e.categoryBits[start + (code >> 5)] as number;
    const goesLeft = code < known ? ((word >>> (code & 31)) & 1) === 1 : unseenGoesLeft;
    (goesLeft ? left : right).push(code);
  }
  return { left, right };
}
