/** How a threshold decides in ONNX. */
import { addWinners } from '../../pipeline/onnx/class-nodes.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { ThresholdRule } from './threshold-operator.ts';

/** Puts predictions by a threshold in the place of a model's. */
export function addThreshold(graph: OnnxGraph, rule: ThresholdRule): void {
  const { probabilityCol, predictionCol, classes, labelType, threshold } = rule;
  const column = graph.column(probabilityCol);
  if (column.kind !== 'number' && column.kind !== 'vector') {
    const got = `${probabilityCol}, a ${column.kind}`;
    throw graph.refusal('numbers as probabilities', got, 'save it instead');
  }
  const second =
    column.kind === 'number'
      ? column.tensor
      : graph.add('Gather', [column.tensor, graph.integers([Math.min(1, column.width - 1)])], {
          axis: 1,
        });
  const isAbove = graph.add('Greater', [second, graph.doubles([threshold])]);
  const number = graph.cast(isAbove, 'int64');
  const code = graph.add('Reshape', [number, graph.integers([-1])]);
  const outputs = { rawPredictionCol: null, probabilityCol: null, predictionCol };
  addWinners(graph, { classes, labelType, outputs, replaces: true }, code);
}
