/**
 * The trees of a CatBoost model: oblivious ones, whose levels have one split each, and nested ones. A split that holds
 * sends a row to the right; values are compared as float32.
 */
import type { ForeignNode, ForeignTree } from './foreign-trees.ts';
import { type Fields, integersAt, listAt, numberAt, numbersAt, objectAt } from './json-fields.ts';
import type { ModelFile } from './model-file.ts';
import { lastBelow } from './xgboost-trees.ts';

/** A feature as its splits name it. */
export interface CatBoostFeature {
  /** Its place among all features. */
  readonly place: number;
  /** The codes of categories by their hashes; null for a number. */
  readonly codeOf: ReadonlyMap<number, number> | null;
  /** Missing values pass a split as values above all borders do. */
  readonly missingIsLarge: boolean;
}

/** What splits are about. */
export interface CatBoostFeatures {
  readonly numbers: ReadonlyMap<number, CatBoostFeature>;
  readonly categories: ReadonlyMap<number, CatBoostFeature>;
}

type Split = Pick<
  ForeignNode,
  'feature' | 'threshold' | 'missingGoesLeft' | 'codes' | 'othersGoLeft'
>;

/** More levels than CatBoost grows. */
const mostLevels = 16;

/** Reads an oblivious tree: one of ours for each score. */
export function readObliviousTree(
  file: ModelFile,
  tree: Fields,
  features: CatBoostFeatures,
  numScores: number,
): ForeignTree[] {
  // a tree of one leaf has no splits
  const found =
    tree['splits'] === null || tree['splits'] === undefined ? [] : listAt(file, tree, 'splits');
  const splits = found.map((split) => splitOf(file, objectAt(file, { split }, 'split'), features));
  if (splits.length > mostLevels) throw file.malformed(`has ${splits.length} levels`);
  const numLeaves = 2 ** splits.length;
  const values = numbersAt(file, tree, 'leaf_values', numLeaves * numScores);
  const hasWeights = Array.isArray(tree['leaf_weights']) && tree['leaf_weights'].length > 0;
  const weights = hasWeights ? numbersAt(file, tree, 'leaf_weights', numLeaves) : null;
  const covers = coversOf(splits.length, weights);
  return Array.from({ length: numScores }, (_, score): ForeignTree => {
    const nodes = covers.map((cover, n): ForeignNode => {
      const level = 31 - Math.clz32(n + 1);
      const bits = n + 1 - 2 ** level;
      const split = splits[level];
      if (split === undefined) return leafNode(values[bits * numScores + score] as number, cover);
      // bit i of a leaf's number says whether split i holds
      const left = 2 ** (level + 1) - 1 + bits;
      return { ...split, left, right: left + 2 ** level, gain: 0, cover, rows: 0, value: 0 };
    });
    return { root: 0, nodes };
  });
}

/** The weight of each node, level by level. */
function coversOf(numLevels: number, weights: readonly number[] | null): number[] {
  const covers = new Array<number>(2 ** (numLevels + 1) - 1).fill(0);
  weights?.forEach((weight, leaf) => {
    for (let level = 0; level <= numLevels; level++) {
      const at = 2 ** level - 1 + (leaf % 2 ** level);
      covers[at] = (covers[at] as number) + weight;
    }
  });
  return covers;
}

/** Reads a tree of nested nodes (grow_policy Depthwise or Lossguide): one of ours for each score. */
export function readNestedTree(
  file: ModelFile,
  tree: Fields,
  features: CatBoostFeatures,
  numScores: number,
): ForeignTree[] {
  const shapes: { split: Split | null; left: number; right: number; cover: number }[] = [];
  const values: (readonly number[])[] = [];
  const add = (fields: Fields, depth: number): number => {
    if (depth > 1000) throw file.malformed('has a thousand levels');
    const at = shapes.push({ split: null, left: 0, right: 0, cover: 0 }) - 1;
    if (fields['split'] === undefined) {
      const one = fields['value'];
      values[at] = Array.isArray(one)
        ? numbersAt(file, fields, 'value')
        : [numberAt(file, fields, 'value')];
      const cover = numberAt(file, fields, 'weight', 0);
      shapes[at] = { split: null, left: 0, right: 0, cover };
      if (values[at].length === numScores) return at;
      throw file.malformed(`has a leaf of ${values[at].length} values, not ${numScores}`);
    }
    const split = splitOf(file, objectAt(file, fields, 'split'), features);
    const left = add(objectAt(file, fields, 'left'), depth + 1);
    const right = add(objectAt(file, fields, 'right'), depth + 1);
    const coverAt = (node: number): number => shapes[node]?.cover ?? 0;
    shapes[at] = { split, left, right, cover: coverAt(left) + coverAt(right) };
    return at;
  };
  add(tree, 0);
  return Array.from({ length: numScores }, (_, score): ForeignTree => {
    const nodes = shapes.map(({ split, left, right, cover }, n): ForeignNode => {
      if (split === null) return leafNode(values[n]?.[score] as number, cover);
      return { ...split, left, right, gain: 0, cover, rows: 0, value: 0 };
    });
    return { root: 0, nodes };
  });
}

function leafNode(value: number, cover: number): ForeignNode {
  const none = { feature: -1, threshold: 0, left: 0, right: 0, missingGoesLeft: false };
  return { ...none, codes: null, othersGoLeft: false, gain: 0, cover, rows: 0, value };
}

function splitOf(file: ModelFile, split: Fields, features: CatBoostFeatures): Split {
  const { split_type: type } = split;
  if (type === 'FloatFeature') {
    const own = featureOf(file, features.numbers, split, 'float_feature_index');
    const border = numberAt(file, split, 'border');
    const { place: feature, missingIsLarge } = own;
    // there a value goes right where float32(value) > border
    const threshold = lastBelow(floatAfter(border));
    return {
      feature,
      threshold,
      missingGoesLeft: !missingIsLarge,
      codes: null,
      othersGoLeft: false,
    };
  }
  if (type === 'OneHotFeature') {
    const own = featureOf(file, features.categories, split, 'cat_feature_index');
    const [hash = 0] = integersAt(file, { value: [split['value']] }, 'value');
    const code = own.codeOf?.get(hash >>> 0);
    if (code === undefined)
      throw file.malformed(`splits by a category ${hash} that it does not name`);
    const { place: feature } = own;
    return { feature, threshold: 0, missingGoesLeft: true, codes: [code], othersGoLeft: true };
  }
  if (type === 'OnlineCtr') {
    throw file.unsupported(
      'splits by statistics of categories (CTR), which are no part of its trees',
      'train it with one_hot_max_size of at least the number of categories, or fit it here',
    );
  }
  throw file.unsupported(
    `splits by ${JSON.stringify(type)}, which has no counterpart`,
    'train it on numbers and categories',
  );
}

function featureOf(
  file: ModelFile,
  known: ReadonlyMap<number, CatBoostFeature>,
  split: Fields,
  name: string,
): CatBoostFeature {
  const index = numberAt(file, split, name);
  const found = known.get(index);
  if (found !== undefined) return found;
  throw file.malformed(`splits by ${name} ${index}, which is not there`);
}

const words = new DataView(new ArrayBuffer(4));

/** The next float32 towards ∞. */
function floatAfter(value: number): number {
  const single = Math.fround(value);
  if (single === 0) return 2 ** -149;
  if (!Number.isFinite(single)) return single;
  words.setFloat32(0, single);
  words.setInt32(0, words.getInt32(0) + (single > 0 ? 1 : -1));
  return words.getFloat32(0);
}
