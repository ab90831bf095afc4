/**
 * From a prediction to the chance that the event has not come by a time: of a hazard e^score by the baseline of all
 * (D. R. Cox, "Regression models and life-tables", 1972), of a time e^score by what log time is distributed as.
 *
 *   hazard   S(t) = exp(−H(t) · hazard), H(t) the baseline's cumulative hazard, a step at each time of an event
 *   time     S(t) = 1 − F(z), z = (log t − log time) / scale; extreme: 1 − F(z) = exp(−e^z)
 */
import { CoppiceError } from '../../base/errors.ts';
import { logNormalTail } from '../../base/normal-tail.ts';
import { exp, log, logistic } from '../../base/portable-math.ts';
import type { AftDistribution } from '../../training/survival/aft-likelihood.ts';

const ln2 = 0.6931471805599453;
const logLn2 = -0.36651292058166435;

/** The cumulative hazard of a row whose hazard is 1. */
export interface Baseline {
  /** float64[n], the distinct times of events, ascending */
  readonly times: Float64Array;
  /** float64[n]: the cumulative hazard from each of these times on, ascending; before the first it is 0 */
  readonly cumulativeHazard: Float64Array;
}

/** How times are spread about a predicted one. */
export interface TimeShape {
  readonly distribution: AftDistribution;
  /** How widely logarithms of times are spread about that of the prediction. */
  readonly scale: number;
}

/** Which predictions are meant, and what they need. */
export type SurvivalFunction =
  | ({ readonly kind: 'hazard' } & Baseline)
  | ({ readonly kind: 'time' } & TimeShape);

/** What is computed of each row, prepared for some times. */
export interface PreparedSurvival {
  /** Fills in the chances of the event coming after each of the times. */
  fill(prediction: number, out: Float64Array, at: number): void;
  /** The time from which on no more than half survive; Infinity where there is none. */
  median(prediction: number): number;
}

/** Cumulative hazards of the baseline at some times. */
export function hazardsAt({ times, cumulativeHazard }: Baseline, at: readonly number[]): number[] {
  return at.map((time) => {
    const steps = countBelow(times, (event) => event <= time);
    return steps === 0 ? 0 : (cumulativeHazard[steps - 1] as number);
  });
}

/** See the header. */
export function preparedSurvival(of: SurvivalFunction, times: readonly number[]): PreparedSurvival {
  return of.kind === 'hazard' ? byHazard(of, times) : byTime(of, times);
}

function byHazard(baseline: Baseline, at: readonly number[]): PreparedSurvival {
  const { times, cumulativeHazard } = baseline;
  const hazards = hazardsAt(baseline, at);
  return {
    fill: (prediction, out, from) => {
      for (let i = 0; i < hazards.length; i++)
        out[from + i] = exp(-(hazards[i] as number) * prediction);
    },
    median: (prediction) => {
      const needed = ln2 / prediction;
      const steps = countBelow(cumulativeHazard, (hazard) => hazard < needed);
      return times[steps] ?? Number.POSITIVE_INFINITY;
    },
  };
}

function byTime({ distribution, scale }: TimeShape, at: readonly number[]): PreparedSurvival {
  const logs = at.map(log);
  const tail = tails[distribution];
  return {
    fill: (prediction, out, from) => {
      const middle = log(prediction);
      for (let i = 0; i < logs.length; i++) {
        const own = logs[i] as number;
        out[from + i] = own === Number.NEGATIVE_INFINITY ? 1 : tail((own - middle) / scale);
      }
    },
    median: (prediction) =>
      distribution === 'extreme' ? prediction * medianFactor(scale) : prediction,
  };
}

/** The median of Weibull's times as a multiple of e^score. */
export function medianFactor(scale: number): number {
  return exp(scale * logLn2);
}

const tails: Readonly<Record<AftDistribution, (z: number) => number>> = {
  normal: (z) => exp(logNormalTail(z)),
  logistic: (z) => logistic(-z),
  extreme: (z) => exp(-exp(z)),
};

/** How many of some numbers something holds for that holds up to some place. */
function countBelow(values: Float64Array, holds: (value: number) => boolean): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(values[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Refuses what is no hazard and no time.
 *
 * @throws CoppiceError `DATA_INVALID`
 */
export function checkPrediction(
  kind: SurvivalFunction['kind'],
  value: number,
  column: string,
): void {
  // a time of 0 is what e^score becomes far below
  if (value >= 0 && value < Number.POSITIVE_INFINITY) return;
  const what = kind === 'hazard' ? 'hazards, e^score of proportional hazards' : 'times';
  throw new CoppiceError(
    'DATA_INVALID',
    `column ${column} must hold ${what}, finite and ≥ 0, in every row; got ${value}`,
    { context: { column } },
  );
}
