/** What the members of an ensemble say, as operations of ONNX: each number float64 [rows, 1]. */
import { type LabelValue, labelKey } from '../../pipeline/label-values.ts';
import type { Model } from '../../pipeline/model.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import { leastProbability } from './level-one-operator.ts';
import type { LevelOnePlan, MemberColumns } from './level-one-plan.ts';

/** The tensors of each member's level-one columns; what members name and say is not seen outside. */
export function addMembersToOnnx(
  graph: OnnxGraph,
  models: readonly Model[],
  plan: LevelOnePlan,
): string[][] {
  return plan.members.map((member, i) =>
    graph.inside(() => {
      (models[i] as Model).addToOnnx(graph);
      return levelOneTensors(graph, member, plan);
    }),
  );
}

function levelOneTensors(
  graph: OnnxGraph,
  { source, take, columns }: MemberColumns,
  { classes, logit }: LevelOnePlan,
): string[] {
  // two classes have one column, the second's
  const wanted = (classes ?? []).slice(classes?.length === 2 ? 1 : 0);
  if (take === 'vote') return votes(graph, source, wanted);
  const column = graph.column(source);
  if (column.kind === 'number') return [column.tensor];
  if (column.kind !== 'vector') {
    const got = `${source}, a ${column.kind}`;
    throw graph.refusal('numbers that the models of an ensemble say', got, 'save it instead');
  }
  const { tensor } = column;
  const element = (at: number): string =>
    graph.add('Gather', [tensor, graph.integers([at])], { axis: 1 });
  if (take === 'value') return columns.map((_, k) => element(k));
  const own = (column.classes ?? []).map(labelKey);
  return wanted.map((value) => {
    const at = own.indexOf(labelKey(value));
    const score = at >= 0 ? element(at) : unseen(graph, tensor, take);
    return logit && take === 'probability' ? logitOf(graph, score) : score;
  });
}

/** A class that the model has not seen has no probability, and the lowest of the row's margins. */
function unseen(graph: OnnxGraph, tensor: string, take: MemberColumns['take']): string {
  const least = graph.add('ReduceMin', [tensor, graph.integers([1])], { keepdims: 1 });
  return take === 'margin' ? least : graph.add('Sub', [least, least]);
}

function logitOf(graph: OnnxGraph, probability: string): string {
  const bound = (value: number): string =>
    graph.constant({ type: 'double', dims: [], values: Float64Array.of(value) });
  const p = graph.add('Clip', [probability, bound(leastProbability), bound(1 - leastProbability)]);
  const rest = graph.add('Sub', [graph.doubles([1]), p]);
  return graph.add('Log', [graph.add('Div', [p, rest])]);
}

/** 1 for the class that is predicted. */
function votes(graph: OnnxGraph, source: string, wanted: readonly LabelValue[]): string[] {
  const found = graph.predictedClasses(source);
  if (found === undefined)
    throw graph.refusal('models that predict classes in a vote', `${source}`, 'save it instead');
  const own = found.classes.map(labelKey);
  const code = graph.add('Unsqueeze', [found.code, graph.integers([1])]);
  return wanted.map((value) => {
    const isIt = graph.add('Equal', [code, graph.integers([own.indexOf(labelKey(value))])]);
    return graph.add('Where', [isIt, graph.doubles([1]), graph.doubles([0])]);
  });
}
