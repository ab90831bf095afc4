/**
 * How far chances of survival are from what came: at a time t the mean of S² over rows whose event came by then and of (1 − S)²
 * over rows that were watched for longer, each weighed by the inverse of its chance not to be censored before, so that
 * rows of which nothing is known at t are stood for by others (E. Graf et al., "Assessment and comparison of prognostic
 * classification schemes for survival data", 1999). The chance comes from the very rows (E. Kaplan and P. Meier, 1958), events before
 * censored rows of the same time. Sums are exact or in one order: the same bits however the rows are dealt.
 *
 * Beside it the area under the ROC curve of those two sides (H. Hung and C. Chiang, "Estimation methods for time-dependent AUC
 * models with survival data", 2010).
 */
import { ratioOf } from '../../base/exact-ratio.ts';
import { ExactSum } from '../../base/exact-sum.ts';
import { joinNumbers } from '../../base/join-numbers.ts';
import { sortedOrder } from '../../base/sorted-order.ts';
import { joinedRows, orderOf, type SurvivalRows } from '../../training/survival/concordance.ts';
import { WideSum } from './wide-sum.ts';

/** Rows with chances of survival. */
export interface CurveRows extends SurvivalRows {
  /** float64[rows · times], row by row; null where they are not measured. */
  readonly survival?: Float64Array | null;
}

/** What is measured at each time; NaN where nothing is known. */
export interface SurvivalPoints {
  readonly times: Float64Array;
  readonly brierScores: Float64Array;
  readonly areas: Float64Array;
}

/** The rows of all parts, brought into one order, with their weights against censoring. */
interface WeighedRows {
  /** Negative without an event, as are the next two in the order of |time|. */
  readonly times: Float64Array;
  readonly weights: Float64Array;
  /** float64[rows · times] */
  readonly survival: Float64Array;
  /** weight / chance not to be censored by the row's time; 0 where there is none. */
  readonly ofEvents: Float64Array;
}

/** Brier scores and areas at times below the last one of the rows; beyond nothing is known. */
export function survivalPoints(
  parts: readonly CurveRows[],
  survivalTimes: readonly number[],
): SurvivalPoints {
  const { rows, uncensoredAt } = weighed(parts, survivalTimes.length);
  const last = Math.abs(rows.times.at(-1) ?? 0);
  const points = survivalTimes.map((time, i) => {
    if (!(time < last)) return [Number.NaN, Number.NaN] as const;
    const own = Float64Array.from(
      rows.times,
      (_, row) => rows.survival[row * survivalTimes.length + i] as number,
    );
    return [brierAt(rows, own, time, uncensoredAt(time)), areaAt(rows, own, time)] as const;
  });
  return {
    times: Float64Array.from(survivalTimes),
    brierScores: Float64Array.from(points, ([score]) => score),
    areas: Float64Array.from(points, ([, area]) => area),
  };
}

/** The mean over the span of the times, by trapezoids; of one time its score, NaN of none. */
export function integratedBrierScore({ times, brierScores }: SurvivalPoints): number {
  const known = [...brierScores.keys()].filter((i) => !Number.isNaN(brierScores[i]));
  const [first, end] = [known[0], known.at(-1)];
  if (first === undefined || end === undefined) return Number.NaN;
  if (first === end) return brierScores[first] as number;
  let area = 0;
  for (let i = first + 1; i <= end; i++) {
    const width = (times[i] as number) - (times[i - 1] as number);
    area += width * ((brierScores[i] as number) + (brierScores[i - 1] as number));
  }
  return area / 2 / ((times[end] as number) - (times[first] as number));
}

function weighed(
  parts: readonly CurveRows[],
  width: number,
): { readonly rows: WeighedRows; uncensoredAt(time: number): number } {
  const joined = joinedRows(parts);
  const curves = joinNumbers(parts.map(({ survival }) => survival ?? new Float64Array(0)));
  const columns = Array.from({ length: width }, (_, i) =>
    Float64Array.from(joined.times, (_time, row) => curves[row * width + i] as number),
  );
  const order = orderOf(joined.times, [joined.weights, ...columns]);
  const times = Float64Array.from(order, (row) => joined.times[row] as number);
  const weights = Float64Array.from(order, (row) => joined.weights[row] as number);
  const survival = new Float64Array(curves.length);
  order.forEach((row, to) => {
    survival.set(curves.subarray(row * width, (row + 1) * width), to * width);
  });
  const steps = uncensored(times, weights);
  const uncensoredAt = (time: number): number => {
    let chance = 1;
    for (const step of steps) {
      if (step.time > time) break;
      chance = step.chance;
    }
    return chance;
  };
  const ofEvents = new Float64Array(times.length);
  let at = 0;
  times.forEach((time, row) => {
    while (at < steps.length && (steps[at] as Step).time < Math.abs(time)) at += 1;
    const { chance } = steps[at] as Step;
    ofEvents[row] = time > 0 && chance > 0 ? (weights[row] as number) / chance : 0;
  });
  return { rows: { times, weights, survival, ofEvents }, uncensoredAt };
}

/** From this time on the chance not to be censored by then. */
interface Step {
  readonly time: number;
  readonly chance: number;
}

/** The chance at each distinct time, ascending. @param times ascending by their size */
function uncensored(times: Float64Array, weights: Float64Array): Step[] {
  const growing: { time: number; events: number; censored: number; atRisk: number }[] = [];
  const atRisk = new WideSum();
  for (let end = times.length; end > 0; ) {
    const time = Math.abs(times[end - 1] as number);
    const [events, censored] = [new WideSum(), new WideSum()];
    for (; end > 0 && Math.abs(times[end - 1] as number) === time; end--) {
      const weight = weights[end - 1] as number;
      atRisk.add(weight);
      ((times[end - 1] as number) > 0 ? events : censored).add(weight);
    }
    const own = { events: events.value(), censored: censored.value(), atRisk: atRisk.value() };
    growing.push({ time, ...own });
  }
  let chance = 1;
  return growing.reverse().map(({ time, events, censored, atRisk: all }) => {
    const left = all - events;
    if (left > 0) chance *= Math.max(0, 1 - censored / left);
    return { time, chance };
  });
}

function brierAt(
  { times, weights, ofEvents }: WeighedRows,
  survival: Float64Array,
  at: number,
  uncensoredThen: number,
): number {
  const [sum, all] = [new ExactSum(), new ExactSum()];
  for (let row = 0; row < times.length; row++) {
    const weight = weights[row] as number;
    const s = survival[row] as number;
    all.add(weight);
    if (Math.abs(times[row] as number) > at) sum.add((weight * (1 - s) * (1 - s)) / uncensoredThen);
    else sum.add((ofEvents[row] as number) * s * s);
  }
  return ratioOf(sum, all);
}

/** Pairs of a row whose event came by then and one that was watched for longer, in the right order, ties half. */
function areaAt(
  { times, weights, ofEvents }: WeighedRows,
  survival: Float64Array,
  at: number,
): number {
  const order = sortedOrder(survival);
  const [right, cases, controls] = [new WideSum(), new WideSum(), new WideSum()];
  for (let start = 0; start < order.length; ) {
    const value = survival[order[start] as number];
    const [ownCases, ownControls] = [new WideSum(), new WideSum()];
    let end = start;
    for (; end < order.length && survival[order[end] as number] === value; end++) {
      const row = order[end] as number;
      if (Math.abs(times[row] as number) > at) ownControls.add(weights[row] as number);
      else ownCases.add(ofEvents[row] as number);
    }
    // those before have a smaller chance of survival
    right.addProduct(cases.value() + ownCases.value() / 2, ownControls.value());
    cases.add(ownCases.value());
    controls.add(ownControls.value());
    start = end;
  }
  return right.value() / (cases.value() * controls.value());
}
