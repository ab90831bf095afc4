/** What all models say in ONNX: a number, or classes with their scores. */
import type { ClassValue } from '../../training/messages.ts';
import type { PredictionColumns } from '../prediction-columns.ts';
import type { OnnxGraph } from './onnx-graph.ts';
import type { OnnxTensor, OnnxType } from './onnx-messages.ts';

/** What classes a model says, and how. */
export interface SaidClasses {
  readonly classes: readonly ClassValue[];
  /** Type of the label, as printed in schemas. */
  readonly labelType: string;
  readonly outputs: PredictionColumns;
  readonly thresholds: readonly number[] | null;
  /** They take the place of those of a model before. */
  readonly replaces?: boolean;
}

/** A number a row, float64 [rows, 1], under a name. */
export function addNumber(graph: OnnxGraph, name: string, tensor: string): void {
  graph.name(name, { kind: 'number', tensor });
  const one = graph.add('Reshape', [tensor, graph.integers([-1])]);
  graph.output(one, { name, type: 'double', width: null, doc: '' });
}

/**
 * The class that wins, and the scores that are there.
 *
 * @param raw float64 [rows, classes] @param probability likewise; without it the raw scores decide
 */
export function addClasses(
  graph: OnnxGraph,
  said: SaidClasses,
  raw: string | null,
  probability: string | null,
): void {
  const { classes, outputs, thresholds, replaces = false } = said;
  const { probabilityCol, rawPredictionCol } = outputs;
  const scores = (probability ?? raw) as string;
  const ordered = thresholds === null ? scores : overThresholds(graph, scores, thresholds);
  // the first of equals
  addWinners(graph, said, graph.add('ArgMax', [ordered], { axis: 1, keepdims: 0 }));
  const doc = JSON.stringify(classes);
  const width = classes.length;
  const vectors = [
    [probabilityCol, probability],
    [rawPredictionCol, raw],
  ] as const;
  for (const [name, tensor] of vectors) {
    if (name === null || tensor === null) continue;
    graph.name(name, { kind: 'vector', tensor, width, classes });
    graph.output(tensor, { name, type: 'double', width, doc }, replaces);
  }
}

/** Classes by their numbers. @param code int64 [rows] */
export function addWinners(
  graph: OnnxGraph,
  said: Omit<SaidClasses, 'thresholds'>,
  code: string,
): void {
  const { classes, labelType, outputs, replaces = false } = said;
  const { predictionCol: name } = outputs;
  const list = classList(classes, labelType);
  const prediction = graph.add('Gather', [graph.constant(list), code]);
  graph.note('classes', JSON.stringify(classes));
  graph.nameClasses(name, { code, classes });
  graph.output(prediction, { name, type: list.type, width: null, doc: '' }, replaces);
}

/** Each value's share of the row's total, in equal parts where there is none. */
export function shares(graph: OnnxGraph, values: string, numClasses: number): string {
  const total = graph.add('Unsqueeze', [
    sumInOrder(graph, values, numClasses),
    graph.integers([1]),
  ]);
  const isSome = graph.add('Greater', [total, graph.doubles([0])]);
  return graph.add('Where', [
    isSome,
    graph.add('Div', [values, total]),
    graph.doubles([1 / numClasses]),
  ]);
}

/** The sum along the second dimension, the first first: a running sum is added in this order, a reduction in any. */
export function sumInOrder(graph: OnnxGraph, values: string, length: number): string {
  const axis = graph.constant({ type: 'int64', dims: [], values: BigInt64Array.of(1n) });
  const last = graph.constant({
    type: 'int64',
    dims: [],
    values: BigInt64Array.of(BigInt(length - 1)),
  });
  return graph.add('Gather', [graph.add('CumSum', [values, axis]), last], { axis: 1 });
}

/** p / t; where t is 0, the largest of all for any p above 0. */
function overThresholds(
  graph: OnnxGraph,
  probability: string,
  thresholds: readonly number[],
): string {
  const scaled = graph.add('Div', [probability, graph.doubles(thresholds.map((t) => t || 1))]);
  if (!thresholds.includes(0)) return scaled;
  const isZero = Uint8Array.from(thresholds, (t) => (t === 0 ? 1 : 0));
  const mask = graph.constant({ type: 'bool', dims: [1, isZero.length], values: isZero });
  const isLarge = graph.add('Greater', [probability, graph.doubles([0])]);
  const wins = graph.add('And', [mask, isLarge]);
  return graph.add('Where', [wins, graph.doubles([Number.POSITIVE_INFINITY]), scaled]);
}

/** The classes as a constant of the label's type: text, boolean, int64 or float64. */
function classList(classes: readonly ClassValue[], labelType: string): OnnxTensor {
  const dims = [classes.length];
  const [first] = classes;
  if (typeof first === 'string') {
    return { type: 'string', dims, values: classes as readonly string[] };
  }
  if (typeof first === 'boolean')
    return { type: 'bool', dims, values: Uint8Array.from(classes, Number) };
  const isWhole = /^u?(tinyint|smallint|int|bigint)$/.test(labelType);
  const type: OnnxType = isWhole ? 'int64' : 'double';
  const values = isWhole
    ? BigInt64Array.from(classes, (value) => BigInt(value))
    : Float64Array.from(classes, Number);
  return { type, dims, values };
}
