/**
 * A model of trees as operations of ONNX: columns become one matrix of float64, trees add their leaves up, the link
 * makes predictions of the sums. Leaves are on a grid, so the sums have the bits of `transform` in any order.
 */
import { typeAtPath } from '../../pipeline/logical-schema.ts';
import { sumInOrder } from '../../pipeline/onnx/class-nodes.ts';
import { keyOf, type OnnxColumn, type OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { TrainedFeature } from '../../training/messages.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import { refuseUnwritable, type WrittenModel } from '../prediction/written-model.ts';
import { sumsOfLinearLeaves } from './linear-leaf-nodes.ts';
import { addPredictions } from './prediction-nodes.ts';
import { treeAttributes } from './tree-attributes.ts';

/** Values of leaves that are looked up at once for a row, so that many rows do not take too much memory. */
const mostLookedUp = 256;

/**
 * Adds the model's operations and outputs.
 *
 * @returns the scores before the link, float64 [rows, scores]
 * @throws CoppiceError `UNSUPPORTED`, `COLUMN_EXISTS`
 */
export function addTreeModel(graph: OnnxGraph, model: WrittenModel): string {
  const { data } = model;
  const { trees } = data;
  if (trees.numTrees === 0)
    throw graph.refusal('at least one tree', 'none', 'fit it with more rounds');
  refuseUnwritable(graph, model);
  const matrix = matrixOf(graph, data);
  const numCategories = data.features.map(({ categories }) => categories.length);
  const sums =
    trees.numOutputs > 1
      ? sumsOfVectors(graph, matrix, trees, numCategories)
      : trees.linear === undefined
        ? graph.addMl('TreeEnsemble', matrix, attributesOf(trees, data, numCategories))
        : sumsOfLinearLeaves(graph, matrix, data, numCategories);
  return addPredictions(graph, model, sums);
}

function attributesOf(
  trees: TreeEnsemble,
  { baseScores }: TreeModelData,
  numCategories: readonly number[],
): ReturnType<typeof treeAttributes> {
  const numTargets = Math.max(1, baseScores.length);
  return treeAttributes(trees, {
    ...{ from: 0, to: trees.numTrees, numCategories, numTargets },
    targetOf: (tree) => tree % numTargets,
    weightOf: (node) => trees.value[node] as number,
  });
}

/**
 * Leaves of several values: each tree tells the number of its leaf, whose values are looked up and added tree by tree, as
 * transform does. Shares of classes are on no grid: in another order equal classes might get unequal sums.
 */
function sumsOfVectors(
  graph: OnnxGraph,
  matrix: string,
  trees: TreeEnsemble,
  numCategories: readonly number[],
): string {
  const { numTrees, numOutputs } = trees;
  const atOnce = Math.max(1, Math.floor(mostLookedUp / numOutputs));
  let sums: string | null = null;
  for (let from = 0; from < numTrees; from += atOnce) {
    const to = Math.min(numTrees, from + atOnce);
    const leaves: number[] = [];
    for (let n = trees.treeStart[from] as number; n < (trees.treeStart[to] as number); n++) {
      if (trees.leftChild[n] === 0) leaves.push(n);
    }
    const numbers = new Map(leaves.map((node, i) => [node, i]));
    const attributes = treeAttributes(trees, {
      ...{ from, to, numCategories, numTargets: to - from },
      targetOf: (tree) => tree - from,
      weightOf: (node) => numbers.get(node) as number,
    });
    const found = graph.addMl('TreeEnsemble', matrix, attributes);
    const values = new Float64Array(leaves.length * numOutputs);
    leaves.forEach((node, i) => {
      const own = trees.value.subarray(node * numOutputs, (node + 1) * numOutputs);
      values.set(own, i * numOutputs);
    });
    const table = graph.doubles(values, [leaves.length, numOutputs]);
    const looked = graph.add('Gather', [table, graph.cast(found, 'int64')]);
    const before: string = sums === null ? '' : graph.add('Unsqueeze', [sums, graph.integers([1])]);
    const all = before === '' ? looked : graph.add('Concat', [before, looked], { axis: 1 });
    sums = sumInOrder(graph, all, to - from + (before === '' ? 0 : 1));
  }
  return sums as string;
}

/** The features side by side: float64 [rows, features], NaN where a value is missing, codes of categories. */
function matrixOf(graph: OnnxGraph, data: TreeModelData): string {
  const { features, paths } = data;
  const parts =
    graph.options.inputs === 'matrix' ? [wholeMatrix(graph, data)] : columnTensors(graph, data);
  const joined =
    parts.length === 1 ? (parts[0] as string) : graph.add('Concat', parts, { axis: 1 });
  const hasZeros = features.map(({ zeroIsMissing }) => zeroIsMissing === true);
  if (!hasZeros.includes(true) || paths.length === 0) return joined;
  const isZero = graph.add('Equal', [joined, graph.doubles([0])]);
  const values = Uint8Array.from(hasZeros, Number);
  const mask = graph.constant({ type: 'bool', dims: [1, values.length], values });
  const isMissing = graph.add('And', [isZero, mask]);
  return graph.add('Where', [isMissing, graph.doubles([Number.NaN]), joined]);
}

function wholeMatrix(graph: OnnxGraph, { features, paths }: TreeModelData): string {
  const category = features.find(({ kind }) => kind === 'category');
  if (category !== undefined) {
    const remedy = "leave inputs: 'matrix' out (--inputs)";
    throw graph.refusal('numbers only in a matrix', `the category ${category.name}`, remedy);
  }
  const made = paths.find(([column = '']) => graph.known(column) !== undefined);
  if (made !== undefined) {
    const remedy = "leave inputs: 'matrix' out (--inputs)";
    throw graph.refusal('no stage before a matrix', `one that makes ${made[0]}`, remedy);
  }
  const names = JSON.stringify(features.map(({ name }) => name));
  graph.note('features', names);
  return graph.numbers('features', features.length, `numbers; NaN is missing; in order: ${names}`);
}

/** The tensors of the columns, a vector column as a whole. */
function columnTensors(graph: OnnxGraph, data: TreeModelData): string[] {
  const { features, paths, inputSchema } = data;
  const tensors: string[] = [];
  for (let f = 0; f < features.length; ) {
    const feature = features[f] as TrainedFeature;
    const path = paths[f] as readonly string[];
    const [name = '', child] = path;
    const field = inputSchema.find((one) => one.name === name);
    const isStruct = field?.type === 'struct';
    // a child of a struct is an input under the name that the feature has
    const column =
      graph.known(name) ??
      (isStruct
        ? graph.inputOf(
            feature.name,
            { name: child ?? '', type: typeAtPath(inputSchema, path) },
            keyOf(name, child ?? ''),
          )
        : graph.column(name, field));
    if (column.kind === 'vector') {
      tensors.push(column.tensor);
      f += column.width;
      continue;
    }
    const part = column.kind === 'struct' ? column.children.get(child ?? '') : column;
    tensors.push(featureTensor(graph, feature, part));
    f += 1;
  }
  return tensors;
}

function featureTensor(
  graph: OnnxGraph,
  { name, kind, categories }: TrainedFeature,
  column: OnnxColumn | undefined,
): string {
  const wanted = kind === 'category' ? 'text' : 'number';
  if (column?.kind !== wanted) {
    const got = `a ${column?.kind ?? 'lack of it'}`;
    throw graph.refusal(`a ${wanted} for the feature ${name}`, got, 'save it instead');
  }
  if (kind !== 'category') return column.tensor;
  return categoryCodes(graph, name, categories, column.tensor);
}

/** Codes of categories; behind them that of one that was never seen, NaN for a missing one. */
function categoryCodes(
  graph: OnnxGraph,
  name: string,
  categories: readonly string[],
  tensor: string,
): string {
  const { missingText } = graph.options;
  graph.checkCategories(name, categories);
  const keys = [...categories, missingText];
  const codes = Float64Array.from(keys, (_, i) => (i < categories.length ? i : Number.NaN));
  const attributes = {
    keys_tensor: { type: 'string', dims: [keys.length], values: keys },
    values_tensor: { type: 'double', dims: [keys.length], values: codes },
    default_tensor: { type: 'double', dims: [1], values: Float64Array.of(categories.length) },
  } as const;
  return graph.addMl('LabelEncoder', tensor, attributes);
}
