/** How sums of leaves become predictions in ONNX: the links of prediction/batch-scores.ts, operation by operation. */
import {
  addClasses,
  addNumber,
  type SaidClasses,
  shares,
} from '../../pipeline/onnx/class-nodes.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { Link } from '../prediction/batch-scores.ts';
import type { WrittenModel } from '../prediction/written-model.ts';

/** Adds the link and the outputs. @param sums float64 [rows, outputs] @returns the scores before the link */
export function addPredictions(graph: OnnxGraph, model: WrittenModel, sums: string): string {
  const { data, link } = model;
  const { numTrees } = data.trees;
  if (link === 'mean') {
    addNumbers(graph, model, graph.add('Div', [sums, graph.doubles([numTrees])]));
    return sums;
  }
  if (link === 'share') {
    addClasses(graph, classesOf(model), sums, shares(graph, sums, data.classes.length));
    return sums;
  }
  const scores = scoresOf(graph, model, sums);
  if (link === 'flags') addFlags(graph, model, scores);
  else if (data.classes.length === 0) addNumbers(graph, model, linked(graph, link, scores, model));
  else
    addClasses(graph, classesOf(model), ...probabilities(graph, link, scores, data.classes.length));
  return scores;
}

function classesOf({ data, outputs, thresholds }: WrittenModel): SaidClasses {
  return { classes: data.classes, labelType: data.labelType, outputs, thresholds };
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

function addNumbers(graph: OnnxGraph, { outputs }: WrittenModel, values: string): void {
  const { predictionCol: name } = outputs;
  const names = outputs.quantiles ?? outputs.labels ?? null;
  const width = names?.length ?? null;
  if (width !== null) {
    const key = outputs.quantiles === null ? (outputs.labelsKey ?? 'labels') : 'quantiles';
    graph.note(key, JSON.stringify(names));
    graph.name(name, { kind: 'vector', tensor: values, width });
    graph.output(values, { name, type: 'double', width, doc: JSON.stringify(names) });
    return;
  }
  addNumber(graph, name, values);
}
