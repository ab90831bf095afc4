/** How sums of leaves become predictions in ONNX: the links of prediction/batch-scores.ts, operation by operation. */
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { OnnxTensor, OnnxType } from '../../pipeline/onnx/onnx-messages.ts';
import type { ClassValue } from '../../training/messages.ts';
import type { Link } from '../prediction/batch-scores.ts';
import type { WrittenModel } from './tree-graph.ts';

/** Adds the link and the outputs. @param sums float64 [rows, outputs] @returns the scores before the link */
export function addPredictions(graph: OnnxGraph, model: WrittenModel, sums: string): string {
  const { data, link } = model;
  const { numTrees } = data.trees;
  if (link === 'mean') {
    addNumbers(graph, model, graph.add('Div', [sums, graph.doubles([numTrees])]));
    return sums;
  }
  if (link === 'share') {
    addClasses(graph, model, sums, shares(graph, sums, data.classes.length));
    return sums;
  }
  const scores = scoresOf(graph, model, sums);
  if (link === 'flags') addFlags(graph, model, scores);
  else if (data.classes.length === 0) addNumbers(graph, model, linked(graph, link, scores, model));
  else addClasses(graph, model, ...probabilities(graph, link, scores, data.classes.length));
  return scores;
}

/** Sums with what boosting starts from and the rows' own offsets. */
function scoresOf(graph: OnnxGraph, { data, offsetCol }: WrittenModel, sums: string): string {
  const { baseScores, classes } = data;
  const scores = graph.add('Add', [sums, graph.doubles(baseScores)]);
  // a model of one class says it whatever the score
  if (offsetCol === undefined || classes.length === 1) return scores;
  const width = classes.length === 0 ? 1 : baseScores.length;
  const type = width === 1 ? 'double' : `vector[${width}]`;
  const column = graph.column(offsetCol, { name: offsetCol, type });
  if (column.kind === 'struct' || column.kind === 'text')
    throw graph.refusal('numbers as offsets', `a ${column.kind}`, 'leave offsetCol out');
  return graph.add('Add', [scores, column.tensor]);
}

/** Each label's 1 where it is more likely than not, or than its threshold, its probability and its margin. */
function addFlags(graph: OnnxGraph, { outputs, thresholds }: WrittenModel, raw: string): void {
  const { predictionCol, probabilityCol, rawPredictionCol, labels } = outputs;
  const doc = JSON.stringify(labels);
  const width = labels?.length ?? 1;
  graph.note('labels', doc);
  const probability = graph.add('Sigmoid', [raw]);
  const isLikely = graph.add('Greater', [
    probability,
    thresholds === null
      ? graph.add('Sigmoid', [graph.add('Neg', [raw])])
      : graph.doubles(thresholds),
  ]);
  const flags = graph.add('Where', [isLikely, graph.doubles([1]), graph.doubles([0])]);
  const vectors = [
    [predictionCol, flags],
    [probabilityCol, probability],
    [rawPredictionCol, raw],
  ] as const;
  for (const [name, tensor] of vectors) {
    if (name === null) continue;
    graph.name(name, { kind: 'vector', tensor, width });
    graph.output(tensor, { name, type: 'double', width, doc });
  }
}

function linked(graph: OnnxGraph, link: Link, scores: string, model: WrittenModel): string {
  if (link === 'exp') return graph.add('Exp', [scores]);
  if (link === 'expLessOne')
    return graph.add('Sub', [graph.add('Exp', [scores]), graph.doubles([1])]);
  if (link === 'logit') return graph.add('Sigmoid', [scores]);
  if (link !== 'quantiles') return scores;
  const width = graph.integers([model.data.baseScores.length]);
  // the values; where each came from is not wanted
  return graph.add('TopK', [scores, width], { axis: 1, largest: 0, sorted: 1 }, 2);
}

/** Raw scores and probabilities, one a class. */
function probabilities(
  graph: OnnxGraph,
  link: Link,
  scores: string,
  numClasses: number,
): [string, string] {
  if (link === 'logistic') {
    const raw = graph.add('Concat', [graph.add('Neg', [scores]), scores], { axis: 1 });
    return [raw, graph.add('Sigmoid', [raw])];
  }
  if (link === 'oneVsAll')
    return [scores, shares(graph, graph.add('Sigmoid', [scores]), numClasses)];
  return [scores, graph.add('Softmax', [scores], { axis: 1 })];
}

/** Each value's share of the row's total, in equal parts where there is none. */
function shares(graph: OnnxGraph, values: string, numClasses: number): string {
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

function addNumbers(graph: OnnxGraph, { outputs }: WrittenModel, values: string): void {
  const { predictionCol: name } = outputs;
  const names = outputs.quantiles ?? outputs.labels ?? null;
  const width = names?.length ?? null;
  if (width !== null) {
    graph.note(outputs.quantiles === null ? 'labels' : 'quantiles', JSON.stringify(names));
    graph.name(name, { kind: 'vector', tensor: values, width });
    graph.output(values, { name, type: 'double', width, doc: JSON.stringify(names) });
    return;
  }
  graph.name(name, { kind: 'number', tensor: values });
  const one = graph.add('Reshape', [values, graph.integers([-1])]);
  graph.output(one, { name, type: 'double', width, doc: '' });
}

function addClasses(
  graph: OnnxGraph,
  { data, outputs, thresholds }: WrittenModel,
  raw: string,
  probability: string,
): void {
  const { classes } = data;
  const { predictionCol, probabilityCol, rawPredictionCol } = outputs;
  const ordered =
    thresholds === null ? probability : overThresholds(graph, probability, thresholds);
  // the first of equals
  const code = graph.add('ArgMax', [ordered], { axis: 1, keepdims: 0 });
  const list = classList(classes, data.labelType);
  const prediction = graph.add('Gather', [graph.constant(list), code]);
  const doc = JSON.stringify(classes);
  graph.note('classes', doc);
  const { type } = list;
  graph.output(prediction, { name: predictionCol, type, width: null, doc: '' });
  const width = classes.length;
  const vectors = [
    [probabilityCol, probability],
    [rawPredictionCol, raw],
  ] as const;
  for (const [name, tensor] of vectors) {
    if (name === null) continue;
    graph.name(name, { kind: 'vector', tensor, width });
    graph.output(tensor, { name, type: 'double', width, doc });
  }
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
