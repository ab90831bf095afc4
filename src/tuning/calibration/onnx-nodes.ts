/** How scores are calibrated in ONNX, as calibration-curve.ts has it. */
import { addClasses, shares } from '../../pipeline/onnx/class-nodes.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import { type CalibrationCurve, curveElements, type IsotonicCurve } from './calibration-curve.ts';
import type { CalibrationState } from './calibration-state.ts';

/** Adds calibrated probabilities and predictions, or puts them in the place of a model's. */
export function addCalibration(
  graph: OnnxGraph,
  state: CalibrationState,
  how: {
    readonly scoreCol: string;
    readonly probabilityCol: string;
    readonly predictionCol: string;
    readonly thresholds: readonly number[] | undefined;
    readonly replaces: boolean;
  },
): void {
  const { curves, layout, classes, labelType } = state;
  const { scoreCol, probabilityCol, predictionCol, thresholds = null, replaces } = how;
  const column = graph.column(scoreCol);
  if (column.kind !== 'number' && column.kind !== 'vector')
    throw graph.refusal('numbers as scores', `${scoreCol}, a ${column.kind}`, 'save it instead');
  const scores = curveElements(layout).map((at) =>
    layout.width === 1
      ? column.tensor
      : graph.add('Gather', [column.tensor, graph.integers([at])], { axis: 1 }),
  );
  const found = curves.map((curve, i) => calibrated(graph, curve, scores[i] as string));
  const outputs = { rawPredictionCol: null, probabilityCol, predictionCol };
  const said = { classes, labelType, outputs, thresholds, replaces };
  const [p] = found;
  const probability =
    p === undefined
      ? certain(graph, column.tensor)
      : classes.length === 2
        ? graph.add('Concat', [graph.add('Sub', [graph.doubles([1]), p]), p], { axis: 1 })
        : shares(graph, graph.add('Concat', found, { axis: 1 }), classes.length);
  addClasses(graph, said, null, probability);
}

/** One class has the probability 1. */
function certain(graph: OnnxGraph, score: string): string {
  return graph.add('Add', [graph.add('Sub', [score, score]), graph.doubles([1])]);
}

function calibrated(graph: OnnxGraph, curve: CalibrationCurve, score: string): string {
  if (curve.kind === 'isotonic') return interpolated(graph, curve, score);
  const product = graph.add('Mul', [score, graph.doubles([curve.slope])]);
  return graph.add('Sigmoid', [graph.add('Add', [product, graph.doubles([curve.intercept])])]);
}

/** Straight lines between points, found by a tree of one split a point. */
function interpolated(graph: OnnxGraph, curve: IsotonicCurve, score: string): string {
  const { scores, values } = curve;
  const last = scores.length - 1;
  const [least, most] = [
    graph.doubles([values[0] as number]),
    graph.doubles([values[last] as number]),
  ];
  const isBeyond = graph.add('GreaterOrEqual', [score, graph.doubles([scores[last] as number])]);
  if (last === 0) return graph.add('Where', [isBeyond, most, least]);
  const isInside = graph.add('Greater', [score, graph.doubles([scores[0] as number])]);
  const found = graph.addMl('TreeEnsemble', score, searchAttributes(scores.subarray(1, last)));
  const low = graph.cast(found, 'int64');
  const look = (list: Float64Array): string => graph.add('Gather', [graph.doubles(list), low]);
  const from = look(values.subarray(0, last));
  const to = look(values.subarray(1));
  const start = look(scores.subarray(0, last));
  const width = graph.add('Sub', [look(scores.subarray(1)), start]);
  const part = graph.add('Div', [graph.add('Sub', [score, start]), width]);
  const rise = graph.add('Mul', [graph.add('Sub', [to, from]), part]);
  const line = graph.add('Min', [to, graph.add('Add', [from, rise])]);
  return graph.add('Where', [isBeyond, most, graph.add('Where', [isInside, line, least])]);
}

/** A tree that tells how many of some ascending numbers a value reaches. */
function searchAttributes(edges: Float64Array) {
  const count = edges.length;
  // a tree has a split; one that all values fail tells 0 on both sides
  const splits = count === 0 ? Float64Array.of(0) : edges;
  const children: [number[], number[]] = [[], []];
  const areLeaves: [number[], number[]] = [[], []];
  const thresholds: number[] = [];
  const grow = (from: number, to: number): { at: number; isLeaf: boolean } => {
    if (from === to) return { at: count === 0 ? 0 : from, isLeaf: true };
    const middle = (from + to) >> 1;
    const at = thresholds.push(splits[middle] as number) - 1;
    const sides = [grow(from, middle), grow(middle + 1, to)];
    sides.forEach((side, s) => {
      (children[s] as number[])[at] = side.at;
      (areLeaves[s] as number[])[at] = side.isLeaf ? 1 : 0;
    });
    return { at, isLeaf: false };
  };
  grow(0, splits.length);
  const doubles = (values: readonly number[]) =>
    ({ type: 'double', dims: [values.length], values: Float64Array.from(values) }) as const;
  const lessThan = 1;
  const numSplits = thresholds.length;
  return {
    aggregate_function: 1,
    post_transform: 0,
    n_targets: 1,
    tree_roots: [0],
    nodes_featureids: new Uint32Array(numSplits),
    nodes_modes: {
      type: 'uint8',
      dims: [numSplits],
      values: new Uint8Array(numSplits).fill(lessThan),
    },
    nodes_splits: doubles(thresholds),
    nodes_missing_value_tracks_true: new Uint8Array(numSplits).fill(1),
    nodes_truenodeids: children[0],
    nodes_trueleafs: areLeaves[0],
    nodes_falsenodeids: children[1],
    nodes_falseleafs: areLeaves[1],
    leaf_targetids: new Uint32Array(count + 1),
    leaf_weights: doubles(Array.from({ length: count + 1 }, (_, i) => i)),
  } as const;
}
