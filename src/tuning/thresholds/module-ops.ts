/** How a threshold decides in a JavaScript module. */
import { moduleOp } from '../../pipeline/module/module-code.ts';
import { foundCode, presentCode } from '../../pipeline/module/module-math.ts';
import { type ModuleWriter, slotsOf } from '../../pipeline/module/module-writer.ts';
import type { ThresholdRule } from './threshold-operator.ts';

const thresholdOp = moduleOp(
  'threshold',
  `
({ from, to, column, threshold, classes }) => {
  const cells = asCells(classes);
  return (slots) => {
    slots[to] = cells[present(column, slots[from]) > threshold ? 1 : 0];
  };
};
`,
  [presentCode, foundCode],
);

/** Puts predictions by a threshold in the place of a model's. */
export function addThresholdToModule(writer: ModuleWriter, rule: ThresholdRule): void {
  const { probabilityCol, predictionCol, classes, threshold } = rule;
  const slots = slotsOf(writer.column(probabilityCol));
  const from = slots[Math.min(1, slots.length - 1)] as number;
  const names = { rawPredictionCol: null, probabilityCol: null, predictionCol };
  const { prediction: to } = writer.predicted(names, { classes, scores: 0 });
  writer.step(thresholdOp, { from, to, column: probabilityCol, threshold, classes });
}
