/** Linear models and clusters in ONNX: margins and distances add their terms up in the order of `transform`. */

import { type LogicalSchema, typeAtPath } from '../pipeline/logical-schema.ts';
import { addClasses, addNumber, sumInOrder } from '../pipeline/onnx/class-nodes.ts';
import type { OnnxColumn, OnnxGraph } from '../pipeline/onnx/onnx-graph.ts';
import { keyOf } from '../pipeline/onnx/onnx-graph.ts';
import type { LinearModelData } from './linear-model-data.ts';
import type { LinearOutputs } from './linear-outputs.ts';

/** The features side by side, float64 [rows, features]. @throws CoppiceError `UNSUPPORTED` for a text */
export function featureMatrix(
  graph: OnnxGraph,
  names: readonly string[],
  paths: readonly (readonly string[])[],
  inputSchema: LogicalSchema,
): string {
  if (graph.options.inputs === 'matrix') {
    const listed = JSON.stringify(names);
    graph.note('features', listed);
    return graph.numbers('features', names.length, `numbers; in order: ${listed}`);
  }
  const parts = paths.map((path, j) => {
    const [name = '', child = ''] = path;
    const field = inputSchema.find((one) => one.name === name);
    if (graph.known(name) === undefined && field?.type === 'struct') {
      const own = { name: child, type: typeAtPath(inputSchema, path) };
      return numberOf(graph, graph.inputOf(names[j] ?? child, own, keyOf(name, child)), name);
    }
    const column = graph.column(name, field);
    if (column.kind === 'vector')
      return graph.add('Gather', [column.tensor, graph.integers([Number(child)])], { axis: 1 });
    return numberOf(graph, column.kind === 'struct' ? column.children.get(child) : column, name);
  });
  return parts.length === 1 ? (parts[0] as string) : graph.add('Concat', parts, { axis: 1 });
}

function numberOf(graph: OnnxGraph, column: OnnxColumn | undefined, name: string): string {
  if (column?.kind === 'number') return column.tensor;
  const got = `${name}, a ${column?.kind ?? 'lack of it'}`;
  throw graph.refusal('numbers as features of a linear model', got, 'save it instead');
}

/** What is written of a linear model. */
export interface WrittenLinear {
  readonly data: LinearModelData;
  readonly outputs: LinearOutputs;
  readonly thresholds: readonly number[] | null;
  readonly offsetCol: string | undefined;
}

/** Adds the model's operations and outputs. @throws CoppiceError `UNSUPPORTED`, `COLUMN_EXISTS` */
export function addLinearModel(graph: OnnxGraph, written: WrittenLinear): void {
  const { data, outputs, thresholds, offsetCol } = written;
  const { names, paths, inputSchema, coefficients, intercepts, classes, labelType } = data;
  const matrix = featureMatrix(graph, names, paths, inputSchema);
  const width = names.length;
  const margins = Array.from(intercepts, (intercept, k) => {
    const factors = graph.doubles(coefficients.subarray(k * width, (k + 1) * width));
    const products = graph.add('Mul', [matrix, factors]);
    // the first term with the intercept, then the others
    const first = Float64Array.from({ length: width }, (_, j) => (j === 0 ? intercept : 0));
    const sum = sumInOrder(graph, graph.add('Add', [products, graph.doubles(first)]), width);
    return graph.add('Unsqueeze', [sum, graph.integers([1])]);
  });
  const sums =
    margins.length === 1 ? (margins[0] as string) : graph.add('Concat', margins, { axis: 1 });
  const scores = withOffsets(graph, sums, offsetCol, intercepts.length);
  if (classes.length === 0) {
    addNumber(graph, outputs.predictionCol, scores);
    return;
  }
  const said = { classes, labelType, outputs, thresholds };
  const raw = rawScores(graph, scores, intercepts.length, classes.length);
  if (outputs.probabilityCol === null) addClasses(graph, said, raw, null);
  else if (classes.length === 2 && intercepts.length === 1)
    addClasses(graph, said, raw, graph.add('Sigmoid', [raw]));
  else addClasses(graph, said, raw, graph.add('Softmax', [raw], { axis: 1 }));
}

function rawScores(
  graph: OnnxGraph,
  scores: string,
  numScores: number,
  numClasses: number,
): string {
  if (numScores !== 1) return scores;
  // a model of one class says it whatever the score
  if (numClasses === 1) return graph.add('Sub', [scores, scores]);
  return graph.add('Concat', [graph.add('Neg', [scores]), scores], { axis: 1 });
}

function withOffsets(
  graph: OnnxGraph,
  scores: string,
  offsetCol: string | undefined,
  width: number,
): string {
  if (offsetCol === undefined) return scores;
  const type = width === 1 ? 'double' : `vector[${width}]`;
  const column = graph.column(offsetCol, { name: offsetCol, type });
  if (column.kind === 'struct' || column.kind === 'text')
    throw graph.refusal('numbers as offsets', `a ${column.kind}`, 'leave offsetCol out');
  return graph.add('Add', [scores, column.tensor]);
}

/** The number of the nearest center. */
export function addNearest(
  graph: OnnxGraph,
  from: {
    readonly names: readonly string[];
    readonly paths: readonly (readonly string[])[];
    readonly inputSchema: LogicalSchema;
    readonly centers: Float64Array;
  },
  predictionCol: string,
): void {
  const { names, paths, inputSchema, centers } = from;
  const matrix = featureMatrix(graph, names, paths, inputSchema);
  const width = names.length;
  const numCenters = centers.length / width;
  let distance: string | null = null;
  for (let j = 0; j < width; j++) {
    const x = graph.add('Gather', [matrix, graph.integers([j])], { axis: 1 });
    const at = Float64Array.from(
      { length: numCenters },
      (_, c) => centers[c * width + j] as number,
    );
    const away = graph.add('Sub', [x, graph.doubles(at)]);
    const square = graph.add('Mul', [away, away]);
    distance = distance === null ? square : graph.add('Add', [distance, square]);
  }
  const nearest = graph.add('ArgMin', [distance as string], { axis: 1, keepdims: 0 });
  const number = graph.cast(nearest, 'double');
  graph.name(predictionCol, {
    kind: 'number',
    tensor: graph.add('Unsqueeze', [number, graph.integers([1])]),
  });
  graph.output(nearest, { name: predictionCol, type: 'int64', width: null, doc: '' });
}
