/** How stages for numbers become operations of ONNX; NaN is missing before and behind them. */

import { sumInOrder } from '../pipeline/onnx/class-nodes.ts';
import type { OnnxColumn, OnnxGraph, OnnxNumber } from '../pipeline/onnx/onnx-graph.ts';
import { columnPairs } from './column-pairs.ts';
import { addAssembledColumn, numberColumn, type PairedStage } from './onnx-columns.ts';
import { type FittedProjector, projectionName } from './vectors/projected-features.ts';

/** 1 above a threshold, else 0. */
export function addBinarizedColumns(
  graph: OnnxGraph,
  stage: PairedStage,
  thresholdOf: (index: number) => number,
): void {
  columnPairs(stage).forEach(({ input, output }, index) => {
    const { tensor } = numberColumn(graph, stage, input);
    const isAbove = graph.add('Greater', [tensor, graph.doubles([thresholdOf(index)])]);
    const number = graph.cast(isAbove, 'double');
    graph.name(output, { kind: 'number', tensor: whereThere(graph, tensor, number) });
  });
}

/** The number of the bucket: how many of the inner splits are at most the value. */
export function addBucketColumns(
  graph: OnnxGraph,
  stage: PairedStage,
  splitsOf: (index: number) => readonly number[],
  keepsOthers: boolean,
): void {
  columnPairs(stage).forEach(({ input, output }, index) => {
    const { tensor } = numberColumn(graph, stage, input);
    const splits = splitsOf(index);
    const reached = graph.add('GreaterOrEqual', [tensor, graph.doubles(splits.slice(1, -1))]);
    const ones = graph.cast(reached, 'double');
    const inner = graph.add('ReduceSum', [ones, graph.integers([1])], { keepdims: 1 });
    const [least, most] = [splits.slice(0, 1), splits.slice(-1)].map((end) => graph.doubles(end));
    const isInside = graph.add('And', [
      graph.add('GreaterOrEqual', [tensor, least as string]),
      graph.add('GreaterOrEqual', [most as string, tensor]),
    ]);
    const others = graph.doubles([keepsOthers ? splits.length - 1 : Number.NaN]);
    const bucket = graph.add('Where', [isInside, inner, others]);
    graph.name(output, { kind: 'number', tensor: whereThere(graph, tensor, bucket) });
  });
}

/** The numbers of structs and vectors, each divided by the norm of its row. */
export function addNormalizedColumns(graph: OnnxGraph, stage: PairedStage, p: number): void {
  for (const { input, output } of columnPairs(stage)) {
    const column = graph.column(input);
    if (column.kind === 'vector') {
      const { tensor, width } = column;
      graph.name(output, { kind: 'vector', tensor: normalized(graph, tensor, width, p), width });
      continue;
    }
    if (column.kind !== 'struct') {
      const got = `${input}, a ${column.kind}`;
      throw graph.refusal(
        'columns of parts to normalize',
        got,
        'save it, and score it with coppice',
      );
    }
    const own = [...column.children.values()].flatMap((child) =>
      child.kind === 'number' ? [child.tensor] : [],
    );
    const joined = own.length < 2 ? own[0] : graph.add('Concat', own, { axis: 1 });
    const parts = joined === undefined ? '' : normalized(graph, joined, own.length, p);
    let at = 0;
    const children = [...column.children].map(([name, child]): [string, OnnxColumn] => {
      if (child.kind !== 'number') return [name, child];
      const tensor = graph.add('Gather', [parts, graph.integers([at++])], { axis: 1 });
      return [name, { kind: 'number', tensor }];
    });
    graph.name(output, { kind: 'struct', children: new Map(children) });
  }
}

/**
 * Columns put together, with sums of some of them behind. All sums are made at once, a column of each at a time; one of fewer
 * columns than the others adds zeros.
 */
export function addProjectedColumns(
  graph: OnnxGraph,
  { params, projections }: FittedProjector,
): void {
  const { inputCols, outputCol, keepInputs } = params;
  addAssembledColumn(graph, inputCols, outputCol);
  const inputs = childrenOf(graph, outputCol);
  const names = [...new Set(projections.flatMap(({ features }) => features))];
  const tensors = names.map((name) => (inputs.get(name) as OnnxNumber).tensor);
  const zero = graph.doubles([0]);
  const zeros = graph.add('Where', [graph.add('IsNaN', [tensors[0] as string]), zero, zero]);
  const joined = graph.add('Concat', [...tensors, zeros], { axis: 1 });
  const places = new Map(names.map((name, place) => [name, place]));
  const longest = Math.max(...projections.map(({ features }) => features.length));
  let sums = '';
  for (let at = 0; at < longest; at++) {
    const from = projections.map(({ features }) => places.get(features[at] ?? '') ?? names.length);
    const weights = projections.map((projection) => projection.weights[at] ?? 0);
    const columns = graph.add('Gather', [joined, graph.integers(from)], { axis: 1 });
    const products = graph.add('Mul', [columns, graph.doubles(weights)]);
    sums = at === 0 ? products : graph.add('Add', [sums, products]);
  }
  const children = projections.map((_, index): [string, OnnxColumn] => {
    const tensor = graph.add('Gather', [sums, graph.integers([index])], { axis: 1 });
    return [projectionName(index), { kind: 'number', tensor }];
  });
  const all = new Map([...(keepInputs ? inputs : []), ...children]);
  graph.name(outputCol, { kind: 'struct', children: all });
}

function childrenOf(graph: OnnxGraph, name: string): ReadonlyMap<string, OnnxColumn> {
  const column = graph.column(name);
  return column.kind === 'struct' ? column.children : new Map();
}

/** @param tensor float64 [rows, width] */
function normalized(graph: OnnxGraph, tensor: string, width: number, p: number): string {
  const zero = graph.doubles([0]);
  const sizes = graph.add('Abs', [
    graph.add('Where', [graph.add('IsNaN', [tensor]), zero, tensor]),
  ]);
  const largest = graph.add('ReduceMax', [sizes, graph.integers([1])], { keepdims: 1 });
  const norm = p === Number.POSITIVE_INFINITY ? largest : sumOfPowers();
  const isSome = graph.add('Greater', [norm, zero]);
  return graph.add('Where', [isSome, graph.add('Div', [tensor, norm]), tensor]);

  // of shares of the largest, so that nothing overflows
  function sumOfPowers(): string {
    const share = graph.add('Div', [sizes, largest]);
    const isThere = graph.add('Greater', [share, zero]);
    const powers = graph.add('Where', [isThere, power(graph, share, p), zero]);
    const sum = graph.add('Unsqueeze', [sumInOrder(graph, powers, width), graph.integers([1])]);
    return graph.add('Mul', [largest, power(graph, sum, 1 / p)]);
  }
}

function power(graph: OnnxGraph, tensor: string, p: number): string {
  if (p === 1) return tensor;
  if (p === 2) return graph.add('Mul', [tensor, tensor]);
  if (p === 0.5) return graph.add('Sqrt', [tensor]);
  return graph.add('Exp', [graph.add('Mul', [graph.add('Log', [tensor]), graph.doubles([p])])]);
}

/** NaN where a number is missing, else what was made of it. */
function whereThere(graph: OnnxGraph, tensor: string, made: string): string {
  return graph.add('Where', [graph.add('IsNaN', [tensor]), graph.doubles([Number.NaN]), made]);
}
