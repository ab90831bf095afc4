/** How scores are calibrated in a JavaScript module, as calibration-curve.ts has it. */
import { moduleOp } from '../../pipeline/module/module-code.ts';
import { packed } from '../../pipeline/module/module-literals.ts';
import { foundCode, logisticCode, presentCode } from '../../pipeline/module/module-math.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import { slotsOf } from '../../pipeline/module/module-writer.ts';
import { curveElements } from './calibration-curve.ts';
import type { CalibrationState } from './calibration-state.ts';

const calibrateOp = moduleOp(
  'calibrate',
  `
(own) => {
  const { from, scoreCol, elements, classes } = own;
  const width = classes.length;
  const store = classStore(own);
  const curves = own.curves.map((curve) => {
    if (curve.slope !== undefined) return (score) => logistic(curve.slope * score + curve.intercept);
    const [scores, values] = [unpack(curve.scores), unpack(curve.values)];
    const last = scores.length - 1;
    return (score) => {
      if (!(score > scores[0])) return values[0];
      if (score >= scores[last]) return values[last];
      let low = 0;
      let high = last;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (scores[middle] <= score) low = middle;
        else high = middle;
      }
      const part = (score - scores[low]) / (scores[high] - scores[low]);
      return Math.min(values[high], values[low] + (values[high] - values[low]) * part);
    };
  });
  return (slots) => {
    for (const slot of from) present(scoreCol, slots[slot]);
    const found = curves.map((curve, i) => curve(slots[from[elements[i]]]));
    const probability = new Float64Array(width);
    if (width < 3) {
      const [p = 1] = found;
      probability[width - 1] = p;
      if (width === 2) probability[0] = 1 - p;
    } else {
      const total = found.reduce((sum, value) => sum + value, 0);
      for (let k = 0; k < width; k++) probability[k] = total > 0 ? found[k] / total : 1 / width;
    }
    store(slots, classified(none, probability));
  };
};
`,
  [logisticCode, presentCode, foundCode],
);

/** Adds calibrated probabilities, and predictions that follow from them. */
export function addCalibratedToModule(
  writer: ModuleWriter,
  state: CalibrationState,
  how: {
    readonly scoreCol: string;
    readonly probabilityCol: string;
    readonly predictionCol: string;
    readonly thresholds: readonly number[] | undefined;
  },
): void {
  const { curves, layout, classes } = state;
  const { scoreCol, probabilityCol, predictionCol, thresholds = null } = how;
  const from = slotsOf(writer.column(scoreCol));
  const names = { rawPredictionCol: null, probabilityCol, predictionCol };
  const places = { ...writer.predicted(names, { classes }), rawPrediction: [] };
  writer.step(calibrateOp, {
    ...{ from, to: Object.values(places).flat(), places, scoreCol, classes, thresholds },
    elements: curveElements(layout),
    curves: curves.map((curve) =>
      curve.kind === 'sigmoid'
        ? { slope: curve.slope, intercept: curve.intercept }
        : { scores: packed(curve.scores, true), values: packed(curve.values, true) },
    ),
  });
}
