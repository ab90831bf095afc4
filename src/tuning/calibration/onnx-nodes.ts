/** How scores are calibrated in ONNX, as calibration-curve.ts has it. */
import { addClasses, shares } from '../../pipeline/onnx/class-nodes.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import { searchAttributes } from '../../pipeline/onnx/search-tree.ts';
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
