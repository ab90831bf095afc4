/** What calibration has learned: curves, and the classes they are for; how it is saved and checked. */
import type { Json, JsonObject } from '../../base/json.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';
import {
  type CalibrationCurve,
  curveElements,
  readCurves,
  type ScoreLayout,
  saveCurves,
} from './calibration-curve.ts';

/** Curves and classes. */
export interface CalibrationState {
  readonly curves: readonly CalibrationCurve[];
  readonly layout: ScoreLayout;
  /** Classes ascending. */
  readonly classes: readonly LabelValue[];
  /** Type of the label, as printed in schemas. */
  readonly labelType: string;
}

/** Saves it: the curves as arrays, the rest beside them. */
export async function saveCalibration(
  writer: StageWriter,
  state: CalibrationState,
  more: JsonObject = {},
): Promise<void> {
  await saveCurves(writer, state.curves);
  writer.extra({
    classes: [...state.classes] as Json,
    labelType: state.labelType,
    width: state.layout.width,
    ...more,
  });
}

/** Reads it back; whatever does not add up is an error. */
export function readCalibration(
  reader: StageReader,
  kind: CalibrationCurve['kind'],
): CalibrationState {
  const { classes: saved, labelType, width } = reader.extraObject();
  if (!Array.isArray(saved)) throw reader.malformed('has no list of classes');
  const classes = saved.map((value) => {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return value;
    throw reader.malformed('has a class that is no text, number or boolean');
  });
  if (typeof labelType !== 'string') throw reader.malformed('has no type of the label');
  const layout = { numClasses: classes.length, width: Number(width) };
  if (layout.width !== classes.length && !(layout.width === 1 && classes.length === 2))
    throw reader.malformed(`has scores of ${layout.width} values for ${classes.length} classes`);
  const curves = readCurves(reader, kind, curveElements(layout).length);
  return { curves, layout, classes, labelType };
}
