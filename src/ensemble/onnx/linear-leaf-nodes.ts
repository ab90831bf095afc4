/**
 * Trees whose leaves are linear, in ONNX: each tree tells the number of its leaf, whose terms are looked up one after
 * the other, of all trees at once, and added in the order of tree/linear-leaves.ts. So each leaf's value has the bits of
 * `transform`; values lie on a grid, and their sums are exact in any order.
 */
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import { mostUnits } from '../../tree/linear-leaves.ts';
import type { LinearLeaves, TreeEnsemble } from '../../tree/tree-ensemble.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import { treeAttributes } from './tree-attributes.ts';

/** The sums of all leaves, float64 [rows, scores]. */
export function sumsOfLinearLeaves(
  graph: OnnxGraph,
  matrix: string,
  { trees, baseScores }: TreeModelData,
  numCategories: readonly number[],
): string {
  const { numTrees } = trees;
  const leaves = [...trees.leftChild.keys()].filter((node) => trees.leftChild[node] === 0);
  const numbers = new Map(leaves.map((node, i) => [node, i]));
  const attributes = treeAttributes(trees, {
    ...{ from: 0, to: numTrees, numCategories, numTargets: numTrees },
    targetOf: (tree) => tree,
    weightOf: (node) => numbers.get(node) as number,
  });
  const found = graph.addMl('TreeEnsemble', matrix, attributes);
  const leaf = graph.cast(found, 'int64');
  const values = leafValues(graph, { matrix, leaf }, trees, leaves);
  const numTargets = Math.max(1, baseScores.length);
  const shares = new Float64Array(numTrees * numTargets);
  for (let t = 0; t < numTrees; t++) shares[t * numTargets + (t % numTargets)] = 1;
  return graph.add('MatMul', [values, graph.doubles(shares, [numTrees, numTargets])]);
}

/** What each tree's leaf says, float64 [rows, trees]. */
function leafValues(
  graph: OnnxGraph,
  { matrix, leaf }: { readonly matrix: string; readonly leaf: string },
  trees: TreeEnsemble,
  leaves: readonly number[],
): string {
  const linear = trees.linear as LinearLeaves;
  const counts = leaves.map((node) => countOf(linear, node));
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  const look = (of: (node: number) => number): string =>
    graph.add('Gather', [graph.doubles(leaves.map(of)), leaf]);
  const termOf = (node: number, i: number): number | null =>
    i < countOf(linear, node) ? (linear.start[node] as number) + i : null;
  const constant = look((node) => trees.value[node] as number);
  const zero = graph.doubles([0]);
  let sum = look((node) => linear.intercept[node] as number);
  for (let i = 0; i < most; i++) {
    const term = (of: (at: number) => number): string =>
      look((node) => {
        const at = termOf(node, i);
        return at === null ? 0 : of(at);
      });
    const feature = graph.cast(
      term((at) => linear.feature[at] as number),
      'int64',
    );
    const x = graph.add('GatherElements', [matrix, feature], { axis: 1 });
    const away = graph.add('Sub', [x, term((at) => linear.centre[at] as number)]);
    const product = graph.add('Mul', [term((at) => linear.factor[at] as number), away]);
    const isTerm = graph.add('Greater', [term(() => 1), zero]);
    sum = graph.add('Add', [sum, graph.add('Where', [isTerm, product, zero])]);
  }
  const isLinear = graph.add('Greater', [look((node) => countOf(linear, node)), zero]);
  // neither infinite nor NaN
  const isSound = graph.add('Equal', [graph.add('Sub', [sum, sum]), zero]);
  const isTaken = graph.add('And', [isLinear, isSound]);
  return graph.add('Where', [isTaken, onGrid(graph, sum, linear.unit), constant]);
}

/** The nearest number of units, halves up. */
function onGrid(graph: OnnxGraph, sum: string, unit: Float64Array): string {
  const size = graph.doubles(unit);
  const exact = graph.add('Div', [sum, size]);
  const floor = graph.add('Floor', [exact]);
  const isUp = graph.add('GreaterOrEqual', [
    graph.add('Sub', [exact, floor]),
    graph.doubles([0.5]),
  ]);
  const step = graph.add('Where', [isUp, graph.doubles([1]), graph.doubles([0])]);
  const units = graph.add('Add', [floor, step]);
  const bound = (value: number): string =>
    graph.constant({ type: 'double', dims: [], values: Float64Array.of(value) });
  const clipped = graph.add('Clip', [units, bound(-mostUnits), bound(mostUnits)]);
  return graph.add('Mul', [clipped, size]);
}

function countOf({ start }: LinearLeaves, node: number): number {
  return (start[node + 1] as number) - (start[node] as number);
}
