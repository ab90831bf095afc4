/**
 * Trees of another library in our arrays. There a node's children have any numbers; here they stand side by side behind
 * their parent. Codes of categories become places in a feature's sorted list of categories.
 */
import { compareUtf8 } from '../../binning/category-dictionary.ts';
import { type GrownNode, type GrownTree, newLeaf, nodeFlag, packTrees } from '../../tree/tree.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import type { ModelFile } from './model-file.ts';

/** One node as a file gives it. */
export interface ForeignNode {
  /** −1 at a leaf */
  readonly feature: number;
  /** A numeric split sends value <= threshold left. */
  readonly threshold: number;
  /** Numbers of the children within the tree. */
  readonly left: number;
  readonly right: number;
  readonly missingGoesLeft: boolean;
  /** Codes that a split by category names, and the side on which all others go; null for a numeric one. */
  readonly codes: readonly number[] | null;
  readonly othersGoLeft: boolean;
  readonly gain: number;
  readonly cover: number;
  readonly rows: number;
  readonly value: number;
  /** What a leaf says of several outputs, in place of the value. */
  readonly values?: readonly number[];
}

/** A tree of a file. */
export interface ForeignTree {
  readonly root: number;
  readonly nodes: readonly ForeignNode[];
}

/** A feature of a file. */
export interface ForeignFeature {
  readonly name: string;
  readonly kind: 'numeric' | 'category';
  /** The value of each code; null where codes are the values. */
  readonly values: readonly (string | number | boolean)[] | null;
  /** A caller gave the values, and not the file. */
  readonly areGiven?: boolean;
  /** Codes that the file knows besides those in its splits. */
  readonly codes: readonly number[];
  readonly zeroIsMissing: boolean;
  /** Its categories are texts where none are told. */
  readonly isText?: boolean;
}

/** The categories of a feature, and the place of each code among them. */
export interface FeatureCodes {
  readonly categories: readonly string[];
  readonly placeOf: ReadonlyMap<number, number>;
}

/**
 * The categories of every feature, in the order that dictionaries have here; null for a number.
 *
 * @throws CoppiceError `MODEL_FORMAT` where two codes have one value or one has none, `PARAM_INVALID` where a caller gave too few
 */
export function codesOfFeatures(
  file: ModelFile,
  features: readonly ForeignFeature[],
  trees: readonly ForeignTree[],
): (FeatureCodes | null)[] {
  const used = features.map(({ codes }) => new Set(codes));
  for (const { nodes } of trees) {
    for (const { feature, codes } of nodes) {
      for (const code of codes ?? []) used[feature]?.add(code);
    }
  }
  return features.map(({ name, kind, values, areGiven }, f) => {
    if (kind !== 'category') return null;
    const last = [...(used[f] as Set<number>)].reduce((most, code) => Math.max(most, code), -1);
    if (values !== null && last >= values.length) {
      if (areGiven === true)
        throw file.unsuited(
          `categories of ${name}`,
          `one value a code, 0 to ${last}`,
          values.length,
        );
      throw file.malformed(
        `splits ${name} by category ${last}, and names categories 0 to ${values.length - 1} alone`,
      );
    }
    const names =
      values?.map((value, code): [number, string] => [code, String(value)]) ??
      [...(used[f] as Set<number>)].map((code): [number, string] => [code, String(code)]);
    names.sort(([, a], [, b]) => compareUtf8(a, b));
    const categories = names.map(([, value]) => value);
    if (new Set(categories).size !== categories.length)
      throw file.malformed(`has a category of ${name} twice`);
    return { categories, placeOf: new Map(names.map(([code], place) => [code, place])) };
  });
}

/**
 * Packs trees into arrays.
 *
 * @throws CoppiceError `MODEL_FORMAT` where nodes are no tree
 */
export function packForeignTrees(
  file: ModelFile,
  trees: readonly ForeignTree[],
  codes: readonly (FeatureCodes | null)[],
  numOutputs = 1,
): TreeEnsemble {
  return packTrees(
    trees.map((tree, t) => grownTree(file.part(`tree ${t}`), tree, codes)),
    numOutputs,
  );
}

function grownTree(
  file: ModelFile,
  tree: ForeignTree,
  codes: readonly (FeatureCodes | null)[],
): GrownTree {
  const nodes: GrownNode[] = [];
  const seen = new Uint8Array(tree.nodes.length);
  const place = (number: number): ForeignNode => {
    const node = tree.nodes[number];
    if (node === undefined) throw file.malformed(`has no node ${number}, which is a child of one`);
    if (seen[number] === 1) throw file.malformed(`has a node ${number} that is the child of two`);
    seen[number] = 1;
    const leaf = newLeaf(node.cover, node.rows);
    leaf.value = node.values ?? [node.value];
    nodes.push(leaf);
    return node;
  };
  const open: [number, ForeignNode][] = [[0, place(tree.root)]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [at, node] = next;
    if (node.feature < 0) continue;
    const grown = nodes[at] as GrownNode;
    splitNode(file, grown, node, codes);
    grown.leftChild = nodes.length;
    const left = place(node.left);
    const right = place(node.right);
    open.push([grown.leftChild + 1, right], [grown.leftChild, left]);
  }
  return { nodes };
}

function splitNode(
  file: ModelFile,
  grown: GrownNode,
  node: ForeignNode,
  codes: readonly (FeatureCodes | null)[],
): void {
  const { feature } = node;
  const known = codes[feature];
  if (known === undefined) throw file.malformed(`splits on feature ${feature}, which is not there`);
  if ((known === null) !== (node.codes === null))
    throw file.malformed(`splits feature ${feature} by category and by number`);
  grown.feature = feature;
  grown.gain = node.gain;
  grown.runnerUpFeature = -1;
  grown.flags = node.missingGoesLeft ? nodeFlag.missingGoesLeft : 0;
  if (known === null || node.codes === null) {
    grown.threshold = node.threshold;
    return;
  }
  grown.flags |= nodeFlag.isCategory | (node.othersGoLeft ? nodeFlag.unseenGoesLeft : 0);
  grown.categories = bitsOf(file, node.codes, known, node.othersGoLeft);
}

/** Which categories go left. Those behind the last one that is named follow the side of what was never seen. */
function bitsOf(
  file: ModelFile,
  named: readonly number[],
  { placeOf }: FeatureCodes,
  othersGoLeft: boolean,
): { readonly bits: Uint32Array; readonly count: number } {
  const places = named.map((code) => {
    const place = placeOf.get(code);
    if (place === undefined)
      throw file.malformed(`splits by a category ${code}, which has no value`);
    return place;
  });
  const count = places.reduce((most, place) => Math.max(most, place + 1), 0);
  const bits = new Uint32Array(Math.ceil(count / 32));
  for (const place of places) bits[place >> 5] = (bits[place >> 5] as number) | (1 << (place & 31));
  if (!othersGoLeft) return { bits, count };
  for (let word = 0; word < bits.length; word++) bits[word] = ~(bits[word] as number);
  // bits behind the last category are 0, as in every tree
  const rest = count & 31;
  if (rest !== 0) bits[bits.length - 1] = (bits.at(-1) as number) & (2 ** rest - 1);
  return { bits, count };
}
