/** How what the members of a committee say becomes one in ONNX, as combine-operator.ts has it. */
import { addClasses, addNumber, shares } from '../../pipeline/onnx/class-nodes.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { Combination, CommitteeOutputs } from './combine-operator.ts';

/** What a committee is, besides what its members say. */
export interface WrittenCommittee extends Combination {
  readonly outputs: CommitteeOutputs;
  /** Members say margins, for oneVsRest. */
  readonly areMargins: boolean;
}

/** Adds the outputs. @param members the tensors of each member's columns, float64 [rows, 1] */
export function addCombination(
  graph: OnnxGraph,
  committee: WrittenCommittee,
  members: readonly (readonly string[])[],
): void {
  const { rule, classes, labelType, outputs, weights } = committee;
  const firsts = members.map(([first]) => first as string);
  if (classes.length === 0) {
    const one = rule === 'median' ? median(graph, firsts, weights) : mean(graph, firsts, weights);
    addNumber(graph, outputs.predictionCol, one);
    return;
  }
  const said = { classes, labelType, outputs, thresholds: null };
  if (rule === 'oneVsRest') {
    const raw = sideBySide(graph, firsts);
    const scores = committee.areMargins ? graph.add('Sigmoid', [raw]) : raw;
    addClasses(graph, said, raw, shares(graph, scores, classes.length));
    return;
  }
  const opinions = members.map((columns) => {
    if (classes.length !== 2) return sideBySide(graph, columns);
    const [second = ''] = columns;
    return sideBySide(graph, [graph.add('Sub', [graph.doubles([1]), second]), second]);
  });
  const raw = weightedSum(graph, opinions, weights);
  addClasses(graph, said, raw, graph.add('Div', [raw, graph.doubles([totalOf(weights)])]));
}

function mean(graph: OnnxGraph, values: readonly string[], weights: readonly number[]): string {
  const sum = weightedSum(graph, values, weights);
  return graph.add('Div', [sum, graph.doubles([totalOf(weights)])]);
}

/** In the order of the members; those of weight 0 take no part. */
function weightedSum(
  graph: OnnxGraph,
  values: readonly string[],
  weights: readonly number[],
): string {
  const terms = values.flatMap((value, m) =>
    weights[m] === 0 ? [] : [graph.add('Mul', [value, graph.doubles([weights[m] as number])])],
  );
  return terms.reduce((sum, term) => graph.add('Add', [sum, term]));
}

function totalOf(weights: readonly number[]): number {
  return weights.reduce((sum, weight) => sum + weight, 0);
}

/** The least value up to which at least half of the weight lies. */
function median(graph: OnnxGraph, values: readonly string[], weights: readonly number[]): string {
  const { length } = values;
  const ascending = { axis: 1, largest: 0, sorted: 1 };
  const [sorted = '', places = ''] = graph.addAll(
    'TopK',
    [sideBySide(graph, values), graph.integers([length])],
    ascending,
    2,
  );
  const own = graph.add('Gather', [graph.doubles(weights), places]);
  const axis = graph.constant({ type: 'int64', dims: [], values: BigInt64Array.of(1n) });
  const isHalf = graph.add('GreaterOrEqual', [
    graph.add('CumSum', [own, axis]),
    graph.doubles([totalOf(weights) / 2]),
  ]);
  const flags = graph.add('Where', [isHalf, graph.doubles([1]), graph.doubles([0])]);
  // the first of equals
  const first = graph.add('ArgMax', [flags], { axis: 1, keepdims: 1 });
  return graph.add('GatherElements', [sorted, first], { axis: 1 });
}

function sideBySide(graph: OnnxGraph, columns: readonly string[]): string {
  return columns.length === 1 ? (columns[0] as string) : graph.add('Concat', columns, { axis: 1 });
}
