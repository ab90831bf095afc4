/**
 * How often do rows of one class have a higher probability of it than rows of each other class? One sort and one walk
 * from the highest probability; ties count half. (D. J. Hand and R. J. Till, "A simple generalisation of the area under
 * the ROC curve for multiple class classification problems", 2001, equations 3 and 7)
 */
import { sortedOrder } from '../base/sorted-order.ts';
import { WideSum } from './parts/wide-sum.ts';

/** The probabilities of one class in all partitions. */
export interface ClassRanksTask {
  /** The class. */
  readonly own: number;
  readonly numClasses: number;
  readonly parts: readonly {
    readonly codes: Int32Array;
    readonly weights: Float64Array | null;
    readonly scores: Float64Array;
  }[];
}

/** What the walk finds. */
export interface ClassRanks {
  /** The weight of the class's rows. */
  readonly weight: number;
  /** The area against all others together. */
  readonly rest: number;
  /** The area against each other class; NaN where one has no rows. */
  readonly pairs: readonly number[];
}

/** Counts; sums are by class, each in one order, whatever the order of the rows. */
export function classRanks({ own, numClasses, parts }: ClassRanksTask): ClassRanks {
  const [scores, codes, weights] = joined(parts);
  const order = sortedOrder(scores);
  const areas = Array.from({ length: numClasses }, () => new WideSum());
  const totals = Array.from({ length: numClasses }, () => new WideSum());
  const above = totals[own] as WideSum;
  const here = new Float64Array(numClasses);
  for (let end = order.length, start = end; end > 0; end = start) {
    const score = scores[order[end - 1] as number];
    while (start > 0 && scores[order[start - 1] as number] === score) start--;
    const rows = order.subarray(start, end);
    if (weights !== null) rows.sort((a, b) => (weights[a] as number) - (weights[b] as number));
    for (const row of rows) {
      const code = codes[row] as number;
      here[code] = (here[code] as number) + (weights?.[row] ?? 1);
    }
    const tied = here[own] as number;
    here[own] = 0;
    for (const row of rows) {
      const code = codes[row] as number;
      const weight = here[code] as number;
      // a class is counted once
      if (weight === 0) continue;
      here[code] = 0;
      const area = areas[code] as WideSum;
      area.addScaled(above, 2 * weight);
      area.addProduct(tied, weight);
      (totals[code] as WideSum).add(weight);
    }
    above.add(tied);
  }
  return ranksOf(own, areas, totals);
}

function ranksOf(own: number, areas: readonly WideSum[], totals: readonly WideSum[]): ClassRanks {
  const weight = (totals[own] as WideSum).value();
  const [all, others] = [new WideSum(), new WideSum()];
  const pairs = areas.map((area, k) => {
    if (k === own) return Number.NaN;
    const total = totals[k] as WideSum;
    all.addScaled(area, 1);
    others.addScaled(total, 1);
    return area.value() / 2 / weight / total.value();
  });
  return { weight, rest: all.value() / 2 / weight / others.value(), pairs };
}

function joined(
  parts: ClassRanksTask['parts'],
): [scores: Float64Array, codes: Int32Array, weights: Float64Array | null] {
  const numRows = parts.reduce((sum, { codes }) => sum + codes.length, 0);
  const isWeighted = parts.some(({ weights }) => weights !== null);
  const scores = new Float64Array(numRows);
  const codes = new Int32Array(numRows);
  const joinedWeights = isWeighted ? new Float64Array(numRows) : null;
  let at = 0;
  for (const part of parts) {
    scores.set(part.scores, at);
    codes.set(part.codes, at);
    if (part.weights !== null) joinedWeights?.set(part.weights, at);
    at += part.codes.length;
  }
  return [scores, codes, joinedWeights];
}
