/** The trees of an XGBoost model, and the values of its categories. */
import type { ForeignFeature, ForeignNode, ForeignTree } from './foreign-trees.ts';
import { countAt, type Fields, integersAt, listAt, numbersAt, objectAt } from './json-fields.ts';
import type { ModelFile } from './model-file.ts';

/** Reads a tree. @param weight what its values count (dart), in float32 */
export function readXGBoostTree(file: ModelFile, tree: Fields, weight: number): ForeignTree {
  const params = objectAt(file, tree, 'tree_param');
  if (countAt(file, params, 'size_leaf_vector', 1) > 1) {
    throw file.unsupported(
      'has leaves of several values (multi_output_tree)',
      'train it with multi_strategy="one_output_per_tree"',
    );
  }
  const numNodes = countAt(file, params, 'num_nodes');
  if (numNodes === 0) throw file.malformed('has no nodes');
  const integers = (name: string): readonly number[] => integersAt(file, tree, name, numNodes);
  const numbers = (name: string): readonly number[] => numbersAt(file, tree, name, numNodes);
  const left = integers('left_children');
  const right = integers('right_children');
  const features = integers('split_indices');
  const conditions = numbers('split_conditions');
  const defaults = integers('default_left');
  const gains = numbers('loss_changes');
  const covers = numbers('sum_hessian');
  const weights = numbers('base_weights');
  const codesOf = categorySets(file, tree, numNodes);
  const nodes = Array.from({ length: numNodes }, (_, n): ForeignNode => {
    const isLeaf = (left[n] as number) < 0;
    const condition = Math.fround(conditions[n] as number);
    const codes = isLeaf ? null : codesOf(n);
    return {
      feature: isLeaf ? -1 : (features[n] as number),
      threshold: isLeaf || codes !== null ? 0 : lastBelow(condition),
      left: left[n] as number,
      right: right[n] as number,
      missingGoesLeft: defaults[n] !== 0,
      codes,
      // there the codes of a set go right
      othersGoLeft: codes !== null,
      gain: finite(gains[n] as number),
      cover: finite(covers[n] as number),
      rows: 0,
      value: isLeaf ? condition * weight : finite(Math.fround(weights[n] as number) * weight),
    };
  });
  return { root: 0, nodes };
}

const words = new DataView(new ArrayBuffer(8));

/**
 * The largest double that is less than a float32 once it is rounded to float32: a value goes left there where
 * float32(value) < condition, and here where value <= threshold.
 */
export function lastBelow(condition: number): number {
  if (Number.isNaN(condition) || condition === Number.NEGATIVE_INFINITY) return condition;
  // the halfway point rounds to the even one of both; beyond the largest float32 that is infinity
  const below = Math.max(floatBefore(condition), -(2 ** 128));
  const above = Math.min(condition, 2 ** 128);
  const middle = below / 2 + above / 2;
  return Math.fround(middle) < condition ? middle : doubleBefore(middle);
}

/** The next float32 towards −∞. */
function floatBefore(value: number): number {
  if (value === 0) return -(2 ** -149);
  words.setFloat32(0, value);
  words.setInt32(0, words.getInt32(0) + (value > 0 ? -1 : 1));
  return words.getFloat32(0);
}

/** The next double towards −∞. */
function doubleBefore(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  words.setFloat64(0, value);
  words.setBigInt64(0, words.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return words.getFloat64(0);
}

/** The codes that go right at a node; null where it splits by a number. */
function categorySets(
  file: ModelFile,
  tree: Fields,
  numNodes: number,
): (node: number) => readonly number[] | null {
  if (tree['categories_nodes'] === undefined) return () => null;
  const types = integersAt(file, tree, 'split_type', numNodes);
  const places = new Map(
    integersAt(file, tree, 'categories_nodes').map((node, place) => [node, place]),
  );
  const starts = integersAt(file, tree, 'categories_segments', places.size);
  const sizes = integersAt(file, tree, 'categories_sizes', places.size);
  const codes = integersAt(file, tree, 'categories');
  return (node) => {
    if (types[node] !== 1) return null;
    const place = places.get(node) ?? -1;
    const [start, size] = [starts[place], sizes[place]];
    if (start === undefined || size === undefined)
      throw file.malformed(`has no categories of node ${node}`);
    const isInside = start >= 0 && size >= 0 && start + size <= codes.length;
    const own = isInside ? codes.slice(start, start + size) : [-1];
    if (own.every((code) => code >= 0 && code < 2 ** 24)) return own;
    throw file.malformed(`has categories of node ${node} that are not there`);
  };
}

/** The values of a category feature, where the file tells them (XGBoost 3.1 and later); else null. */
export function categoriesOf(
  file: ModelFile,
  model: Fields,
  { feature, name }: { readonly feature: number; readonly name: string },
): ForeignFeature['values'] {
  const cats = model['cats'] === undefined ? null : objectAt(file, model, 'cats');
  const encoder = cats === null ? undefined : listAt(file, cats, 'enc')[feature];
  if (encoder === undefined) return null;
  const fields = objectAt(file, { encoder }, 'encoder');
  const values = numbersAt(file, fields, 'values');
  if (values.length === 0) return null;
  if (fields['offsets'] === undefined) return values;
  const offsets = integersAt(file, fields, 'offsets');
  // XGBoost 3.2 counts characters where it writes bytes, and cuts the last names
  if (values.some((byte) => byte < 0 || byte > 127)) {
    throw file.unsupported(
      `has categories of ${name} whose names are not ASCII, which XGBoost cuts when it saves them`,
      `give them by the option categories: { ${JSON.stringify(name)}: […] }, in the order of their codes`,
    );
  }
  return offsets
    .slice(1)
    .map((end, i) => String.fromCharCode(...values.slice(offsets[i] as number, end)));
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
