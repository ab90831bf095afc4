/**
 * From a score to a probability: the two kinds of curves that calibration fits, how they are applied, saved and
 * checked when loaded.
 *
 *   sigmoid   1 / (1 + e^−(slope · score + intercept))
 *   isotonic  straight lines between points of ascending scores and values; beyond the ends the end's value
 */
import { logistic } from '../../base/portable-math.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';

/** 1 / (1 + e^−(slope · score + intercept)). */
export interface SigmoidCurve {
  /** Which kind of curve it is. */
  readonly kind: 'sigmoid';
  /** What a score is multiplied by. */
  readonly slope: number;
  /** What is added then. */
  readonly intercept: number;
}

/** Straight lines between points; beyond the ends the end's value. */
export interface IsotonicCurve {
  /** Which kind of curve it is. */
  readonly kind: 'isotonic';
  /** float64[n], ascending */
  readonly scores: Float64Array;
  /** float64[n]: the probability at each score, never falling */
  readonly values: Float64Array;
}

/** A fitted curve. */
export type CalibrationCurve = SigmoidCurve | IsotonicCurve;

/** The probability of one score. */
export function calibrate(curve: CalibrationCurve, score: number): number {
  if (curve.kind === 'sigmoid') return logistic(curve.slope * score + curve.intercept);
  const { scores, values } = curve;
  const last = scores.length - 1;
  if (!(score > (scores[0] as number))) return values[0] as number;
  if (score >= (scores[last] as number)) return values[last] as number;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((scores[middle] as number) <= score) low = middle;
    else high = middle;
  }
  const from = values[low] as number;
  const to = values[high] as number;
  const part =
    (score - (scores[low] as number)) / ((scores[high] as number) - (scores[low] as number));
  return Math.min(to, from + (to - from) * part);
}

/** Where the scores of a vector lie and what they stand for. */
export interface ScoreLayout {
  /** How many classes there are. */
  readonly numClasses: number;
  /** Values of one row: 1, or one a class. */
  readonly width: number;
}

/** The element that each curve reads: that of the second of two classes, or one a class. */
export function curveElements({ numClasses, width }: ScoreLayout): number[] {
  if (numClasses < 2) return [];
  if (numClasses === 2) return [width === 1 ? 0 : 1];
  return Array.from({ length: numClasses }, (_, k) => k);
}

/**
 * Probabilities of rows of scores: of two classes [1 − p, p]; of more each curve's value, divided by their sum
 * (all alike where it is 0).
 */
export function calibratedProbabilities(
  curves: readonly CalibrationCurve[],
  layout: ScoreLayout,
  scores: Float64Array,
): Float64Array {
  const { numClasses, width } = layout;
  const elements = curveElements(layout);
  const numRows = scores.length / width;
  const out = new Float64Array(new SharedArrayBuffer(8 * numRows * numClasses));
  for (let row = 0; row < numRows; row++) {
    const at = row * numClasses;
    const values = curves.map((curve, i) =>
      calibrate(curve, scores[row * width + (elements[i] as number)] as number),
    );
    if (numClasses < 3) {
      const [p = 1] = values;
      out[at + numClasses - 1] = p;
      if (numClasses === 2) out[at] = 1 - p;
      continue;
    }
    const total = values.reduce((sum, value) => sum + value, 0);
    values.forEach((value, k) => {
      out[at + k] = total > 0 ? value / total : 1 / numClasses;
    });
  }
  return out;
}

/** Saves the curves as arrays. */
export async function saveCurves(
  writer: StageWriter,
  curves: readonly CalibrationCurve[],
): Promise<void> {
  const isotonic = curves.filter((curve) => curve.kind === 'isotonic');
  const sigmoid = curves.filter((curve) => curve.kind === 'sigmoid');
  let end = 0;
  await writer.tensors('calibration', {
    slopes: Float64Array.from(sigmoid, ({ slope }) => slope),
    intercepts: Float64Array.from(sigmoid, ({ intercept }) => intercept),
    ends: Uint32Array.from(isotonic, ({ scores }) => (end += scores.length)),
    scores: Float64Array.from(isotonic.flatMap(({ scores }) => [...scores])),
    values: Float64Array.from(isotonic.flatMap(({ values }) => [...values])),
  });
}

/** Reads them back; whatever does not add up is an error. */
export function readCurves(
  reader: StageReader,
  kind: CalibrationCurve['kind'],
  numCurves: number,
): CalibrationCurve[] {
  const stored = reader.tensors('calibration');
  if (kind === 'sigmoid') {
    const slopes = stored.get('slopes', Float64Array, numCurves);
    const intercepts = stored.get('intercepts', Float64Array, numCurves);
    if (![...slopes, ...intercepts].every(Number.isFinite))
      throw reader.malformed('has a curve that is not finite');
    return Array.from(slopes, (slope, i) => ({
      kind,
      slope,
      intercept: intercepts[i] as number,
    }));
  }
  const ends = stored.get('ends', Uint32Array, numCurves);
  const numPoints = ends.at(-1) ?? 0;
  const scores = stored.get('scores', Float64Array, numPoints);
  const values = stored.get('values', Float64Array, numPoints);
  return Array.from(ends, (end, i) => {
    const start = ends[i - 1] ?? 0;
    const curve = { kind, scores: scores.slice(start, end), values: values.slice(start, end) };
    if (end > start && isAscending(curve.scores, true) && isAscending(curve.values, false)) {
      const [low = -1] = curve.values;
      if (low >= 0 && (curve.values.at(-1) as number) <= 1) return curve;
    }
    throw reader.malformed('has a curve that does not ascend from 0 to 1');
  });
}

function isAscending(values: Float64Array, strictly: boolean): boolean {
  return values.every((value, i) => {
    if (!Number.isFinite(value)) return false;
    const before = values[i - 1];
    return before === undefined || (strictly ? value > before : value >= before);
  });
}
