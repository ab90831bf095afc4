/** Chances of survival in ONNX, as survival-function.ts has them. */
import { log } from '../../base/portable-math.ts';
import { addNumber } from '../../pipeline/onnx/class-nodes.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import { searchAttributes } from '../../pipeline/onnx/search-tree.ts';
import { hazardsAt, medianFactor, type SurvivalFunction } from './survival-function.ts';

/** Adds chances of survival and the median time. */
export function addSurvivalToOnnx(
  graph: OnnxGraph,
  of: SurvivalFunction,
  names: {
    readonly predictionCol: string;
    readonly survivalCol: string;
    readonly medianCol: string;
    readonly survivalTimes: readonly number[];
  },
): void {
  const { predictionCol, survivalCol, medianCol, survivalTimes } = names;
  const given = graph.column(predictionCol);
  if (given.kind !== 'number')
    throw graph.refusal(
      'a number as hazard or time',
      `${predictionCol}, a ${given.kind}`,
      'save it instead',
    );
  const [survival, median] =
    of.kind === 'hazard'
      ? ofHazard(graph, of, given.tensor, survivalTimes)
      : ofTime(graph, of, given.tensor, survivalTimes);
  const width = survivalTimes.length;
  graph.name(survivalCol, { kind: 'vector', tensor: survival, width });
  const doc = `survivalTimes ${JSON.stringify(survivalTimes)}`;
  graph.output(survival, { name: survivalCol, type: 'double', width, doc });
  addNumber(graph, medianCol, median);
}

type Tensors = readonly [survival: string, median: string];

function ofHazard(
  graph: OnnxGraph,
  of: Extract<SurvivalFunction, { kind: 'hazard' }>,
  hazard: string,
  at: readonly number[],
): Tensors {
  const sums = graph.doubles(hazardsAt(of, at).map((sum) => -sum));
  const needed = graph.add('Div', [graph.doubles([0.6931471805599453]), hazard]);
  // how many sums lie below what is needed
  const found = graph.addMl('TreeEnsemble', needed, searchAttributes(of.cumulativeHazard, 'above'));
  const times = graph.doubles([...of.times, Number.POSITIVE_INFINITY]);
  const median = graph.add('Gather', [times, graph.cast(found, 'int64')]);
  return [graph.add('Exp', [graph.add('Mul', [hazard, sums])]), median];
}

function ofTime(
  graph: OnnxGraph,
  { distribution, scale }: Extract<SurvivalFunction, { kind: 'time' }>,
  time: string,
  at: readonly number[],
): Tensors {
  if (distribution === 'normal')
    throw graph.refusal(
      'times of the logistic or extreme distribution, or hazards',
      'aftDistribution normal, whose tail ONNX has no operation for',
      'write the model before it, or toModule()',
    );
  const away = graph.add('Sub', [graph.doubles(at.map(log)), graph.add('Log', [time])]);
  const z = graph.add('Div', [away, graph.doubles([scale])]);
  if (distribution === 'logistic') return [graph.add('Sigmoid', [graph.add('Neg', [z])]), time];
  const survival = graph.add('Exp', [graph.add('Neg', [graph.add('Exp', [z])])]);
  return [survival, graph.add('Mul', [time, graph.doubles([medianFactor(scale)])])];
}
