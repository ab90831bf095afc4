/**
 * Trees of Spark ML: one Parquet row a node. A numeric split sends values up to its threshold left, and a missing value,
 * which is not, right. A split by category knows the smaller side: what is not on it goes the other way, a missing value
 * and one that was never seen included.
 */
import { DataType, type RecordBatch, type Vector } from 'apache-arrow';
import { maxCategoryValues } from '../../../binning/category-dictionary.ts';
import type { ForeignNode, ForeignTree } from '../foreign-trees.ts';
import type { ModelFile } from '../model-file.ts';
import type { SparkFolder } from './spark-folder.ts';

/** A node as a row has it. */
export interface SparkNode {
  readonly id: number;
  readonly prediction: number;
  /** Weight of each class; of numbers count, sum and sum of squares. */
  readonly stats: readonly number[];
  readonly rows: number;
  readonly gain: number;
  readonly left: number;
  readonly right: number;
  /** −1 at a leaf */
  readonly feature: number;
  /** The threshold, or the categories that go left. */
  readonly bounds: readonly number[];
  /** −1 for a numeric split */
  readonly numCategories: number;
}

/** A feature of a tree: where it lies and what its codes stand for. */
export interface SparkFeature {
  readonly name: string;
  readonly path: readonly string[];
  /** The value of each code; null where codes are the values. */
  readonly values: readonly (string | number)[] | null;
  /** It is text, and so never a number. */
  readonly isText: boolean;
  /** The code of missing values and of such that were never seen; null where Spark has none for them. */
  readonly otherCode: number | null;
}

/** Every tree's nodes, by their number. @throws CoppiceError `MODEL_FORMAT` */
export async function readNodes(
  folder: SparkFolder,
  numTrees: number | null,
): Promise<SparkNode[][]> {
  const trees: SparkNode[][] = Array.from({ length: numTrees ?? 1 }, () => []);
  for await (const batch of folder.batches('data')) {
    const treeOf = numTrees === null ? null : column(folder.file, batch, 'treeID');
    const nodes = nodesOf(folder.file, treeOf === null ? batch : structOf(folder.file, batch));
    for (const [row, node] of nodes.entries()) {
      const tree = treeOf === null ? 0 : numberOf(folder.file, treeOf.get(row), 'treeID');
      const own = trees[tree];
      if (own === undefined) throw folder.file.malformed(`has nodes of a tree ${tree}`);
      own.push(node);
    }
  }
  trees.forEach((nodes, t) => {
    nodes.sort((a, b) => a.id - b.id);
    if (nodes.length > 0 && nodes.every(({ id }, i) => id === i)) return;
    throw folder.file.part(`tree ${t}`).malformed('has nodes that are not numbered one by one');
  });
  return trees;
}

interface Children {
  getChild(name: string): Vector | null;
}

function structOf(file: ModelFile, batch: RecordBatch): Children {
  const node = column(file, batch, 'nodeData');
  if (DataType.isStruct(node.type)) return node as unknown as Children;
  throw file.malformed('has nodeData that are no structs');
}

function column(file: ModelFile, of: Children, name: string): Vector {
  const found = of.getChild(name);
  if (found === null) throw file.malformed(`has no column ${name}`);
  return found;
}

function nodesOf(file: ModelFile, of: Children): SparkNode[] {
  const split = column(file, of, 'split');
  if (!DataType.isStruct(split.type)) throw file.malformed('has splits that are no structs');
  const parts = split as unknown as Children;
  const id = column(file, of, 'id');
  const columns = {
    prediction: column(file, of, 'prediction'),
    stats: column(file, of, 'impurityStats'),
    // files of Spark 2 have none
    rows: of.getChild('rawCount'),
    gain: column(file, of, 'gain'),
    left: column(file, of, 'leftChild'),
    right: column(file, of, 'rightChild'),
    feature: column(file, parts, 'featureIndex'),
    bounds: column(file, parts, 'leftCategoriesOrThreshold'),
    numCategories: column(file, parts, 'numCategories'),
  };
  return Array.from({ length: id.length }, (_, row) => {
    const at = (name: 'prediction' | 'gain' | 'left' | 'right'): number =>
      numberOf(file, columns[name].get(row), name);
    const left = at('left');
    const stats = numbersOf(file, columns.stats.get(row), 'impurityStats');
    // a leaf's split is there, and says nothing
    const isLeaf = left < 0;
    return {
      id: numberOf(file, id.get(row), 'id'),
      prediction: at('prediction'),
      stats,
      rows: columns.rows === null ? -1 : numberOf(file, columns.rows.get(row), 'rawCount'),
      gain: at('gain'),
      left,
      right: at('right'),
      feature: isLeaf ? -1 : numberOf(file, columns.feature.get(row), 'featureIndex'),
      bounds: isLeaf ? [] : numbersOf(file, columns.bounds.get(row), 'leftCategoriesOrThreshold'),
      numCategories: isLeaf ? -1 : numberOf(file, columns.numCategories.get(row), 'numCategories'),
    };
  });
}

function numberOf(file: ModelFile, value: unknown, name: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  throw file.malformed(`has a node without ${name}`);
}

function numbersOf(file: ModelFile, value: unknown, name: string): readonly number[] {
  const list = (value as { toArray?: () => ArrayLike<unknown> } | null)?.toArray?.();
  if (list === undefined) throw file.malformed(`has a node without ${name}`);
  return Array.from(list, (one) => numberOf(file, one, name));
}

/** Which features are split by category: those that are text, and those that a split takes so. */
export function categoryFeatures(
  file: ModelFile,
  trees: readonly (readonly SparkNode[])[],
  features: readonly SparkFeature[],
): readonly boolean[] {
  const found = features.map(({ isText }) => isText);
  for (const node of trees.flat()) {
    if (node.feature < 0) continue;
    const feature = features[node.feature];
    if (feature === undefined)
      throw file.malformed(`splits on feature ${node.feature}, which is not there`);
    if (node.numCategories >= 0) found[node.feature] = true;
    else if (feature.isText)
      throw file.unsupported(
        `splits the numbers of ${feature.name}, whose values are text here`,
        'index it in a program of its own, and give the model numbers',
      );
  }
  return found;
}

/** What nodes say, which hangs on the kind of tree. */
export interface NodeWords {
  /** The weight of a node's rows. */
  readonly coverOf: (node: SparkNode) => number;
  /** What a node says as a leaf. */
  readonly valuesOf: (node: SparkNode) => readonly number[];
}

/** A tree in the words that all libraries share. */
export function foreignTree(
  file: ModelFile,
  nodes: readonly SparkNode[],
  features: readonly SparkFeature[],
  { coverOf, valuesOf }: NodeWords,
): ForeignTree {
  return {
    root: 0,
    nodes: nodes.map((node): ForeignNode => {
      const cover = coverOf(node);
      const values = valuesOf(node);
      if (![cover, node.gain, ...values].every(Number.isFinite))
        throw file.malformed('has a node whose numbers are not finite');
      return {
        ...{ feature: node.feature, left: node.left, right: node.right },
        ...(node.feature < 0 ? atLeaf : splitOf(file, node, features[node.feature])),
        // Spark weighs a split by the rows that it parts
        gain: node.feature < 0 ? 0 : node.gain * cover,
        ...{ cover, rows: node.rows < 0 ? cover : node.rows, value: 0, values },
      };
    }),
  };
}

type Split = Pick<ForeignNode, 'threshold' | 'missingGoesLeft' | 'codes' | 'othersGoLeft'>;

const atLeaf: Split = { threshold: 0, missingGoesLeft: false, codes: null, othersGoLeft: false };

function splitOf(file: ModelFile, node: SparkNode, feature: SparkFeature | undefined): Split {
  const { bounds, numCategories } = node;
  if (numCategories < 0) {
    const [threshold = Number.NaN] = bounds;
    if (bounds.length !== 1 || Number.isNaN(threshold))
      throw file.malformed('has a split without a threshold');
    return { ...atLeaf, threshold };
  }
  if (numCategories > maxCategoryValues) {
    throw file.unsupported(
      `splits ${numCategories} categories, more than ${maxCategoryValues}`,
      'group the rare ones',
    );
  }
  const named = new Set(bounds);
  if (bounds.some((code) => !Number.isInteger(code) || code < 0 || code >= numCategories))
    throw file.malformed('splits by a category that its feature does not have');
  // Spark keeps the side of fewer categories, and sends all else the other way
  const keepsLeft = bounds.length <= Math.trunc(numCategories / 2);
  const goesLeft = (code: number): boolean => (code < numCategories ? named.has(code) : !keepsLeft);
  const otherCode = feature?.otherCode ?? null;
  const othersGoLeft = otherCode === null ? !keepsLeft : goesLeft(otherCode);
  const length = Math.max(numCategories, feature?.values?.length ?? 0);
  const codes = Array.from({ length }, (_, code) => code);
  return {
    threshold: 0,
    missingGoesLeft: othersGoLeft,
    codes: codes.filter((code) => goesLeft(code) !== othersGoLeft),
    othersGoLeft,
  };
}
