/**
 * The ascending step curve that is nearest to the rows of a class (weighted least squares): the slopes of the
 * lower hull of the running sums, which pooling adjacent violators finds in one pass. A pool's value is a
 * difference of running sums of 106 bits over another, so it does not hang on the order of pooling.
 *
 * R. E. Barlow et al., "Statistical inference under order restrictions", 1972.
 */
import type { CalibrationCurve } from './calibration-curve.ts';
import type { PooledScores } from './pooled-scores.ts';

/** Running sums: sum i is high[i] + low[i], that of the first i values. */
interface RunningSums {
  readonly high: Float64Array;
  readonly low: Float64Array;
}

/** The curve through the ends of the pools; between them straight lines. */
export function fitIsotonic(pooled: PooledScores): CalibrationCurve {
  const { scores, positive, negative } = pooled;
  const hits = runningSums(positive, null);
  const weights = runningSums(positive, negative);
  const meanOf = (from: number, to: number): number => {
    const weight = difference(weights, from, to);
    // weights below 2^−106 of all others are lost
    return weight > 0 ? difference(hits, from, to) / weight : 0;
  };
  // ends of the pools so far; pool p is [ends[p − 1], ends[p])
  const ends = [0];
  for (let end = 1; end <= scores.length; end++) {
    while (ends.length > 1) {
      const start = ends.at(-1) as number;
      if (meanOf(ends.at(-2) as number, start) < meanOf(start, end)) break;
      ends.pop();
    }
    ends.push(end);
  }
  const curveScores: number[] = [];
  const values: number[] = [];
  for (let p = 1; p < ends.length; p++) {
    const [from, to] = [ends[p - 1] as number, ends[p] as number];
    const value = Math.min(1, Math.max(0, meanOf(from, to)));
    curveScores.push(scores[from] as number);
    values.push(value);
    if (to - from === 1) continue;
    curveScores.push(scores[to - 1] as number);
    values.push(value);
  }
  return {
    kind: 'isotonic',
    scores: Float64Array.from(curveScores),
    values: Float64Array.from(values),
  };
}

function runningSums(first: Float64Array, second: Float64Array | null): RunningSums {
  const high = new Float64Array(first.length + 1);
  const low = new Float64Array(first.length + 1);
  let sum = 0;
  let rest = 0;
  const add = (value: number): void => {
    const total = sum + value;
    const back = total - sum;
    rest += sum - (total - back) + (value - back);
    const next = total + rest;
    rest -= next - total;
    sum = next;
  };
  for (let i = 0; i < first.length; i++) {
    add(first[i] as number);
    if (second !== null) add(second[i] as number);
    high[i + 1] = sum;
    low[i + 1] = rest;
  }
  return { high, low };
}

/** The sum of the values [from, to). */
function difference({ high, low }: RunningSums, from: number, to: number): number {
  const a = high[to] as number;
  const b = high[from] as number;
  const total = a - b;
  const back = total - a;
  const error = a - (total - back) + (-b - back);
  return total + (error + ((low[to] as number) - (low[from] as number)));
}
