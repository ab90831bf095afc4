/**
 * Weights by class that are taken from the rows a tree draws: all classes that it has drawn weigh the same together,
 * as scikit-learn's `balanced_subsample` has it. Totals are exact sums, so the factors are the same on every rank.
 *
 * A class of which few rows were drawn may weigh thousands of times as much as another, so the kernels get the
 * factors divided by the largest.
 */
import type { Collective } from '../../cluster/collective.ts';
import type { ForestMemory } from '../forest/forest-memory.ts';
import type { ForestStart } from '../forest/forest-start.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import { fixedScale, fromFixed } from '../leaves/leaf-values.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { maxDraws } from './draw-thresholds.ts';

/** The factors of one tree. */
export interface DrawnBalance {
  /** At most 1, one a class; 0 for classes without a row. */
  readonly factors: Float64Array;
  /** What the factors were divided by. */
  readonly largest: number;
  /** Weight of all drawn rows after the factors. */
  readonly total: number;
}

/** What a tree's draws are balanced with. */
export interface BalanceParts {
  readonly environment: RankEnvironment;
  readonly collective: Collective;
  readonly rows: IngestedRows;
  readonly start: ForestStart;
  readonly memory: ForestMemory;
}

/** Finds the factors of the rows that were drawn, and writes them where the kernels read them. */
export async function balanceDraws(parts: BalanceParts): Promise<DrawnBalance> {
  const { environment, collective, rows, start, memory } = parts;
  const { firstRow, numRows } = memory;
  const numClasses = rows.classes.length;
  const labels = environment.f64(rows.labels + 8 * firstRow, numRows);
  const weights = environment.f64(rows.weights + 8 * firstRow, numRows);
  const counts = environment.u8(memory.counts + firstRow, numRows);
  const scale = fixedScale(start.largestWeight * maxDraws, rows.train.numAll);
  const whole = new Float64Array(numClasses);
  const fraction = new Float64Array(numClasses);
  for (let i = 0; i < numRows; i++) {
    const k = labels[i] as number;
    const value = (weights[i] as number) * (counts[i] as number) * scale;
    const floor = Math.floor(value);
    whole[k] = (whole[k] as number) + floor;
    // 2^-20 units: sums of 2^32 rows stay exact in a double
    fraction[k] = (fraction[k] as number) + Math.floor((value - floor) * 1048576);
  }
  const words = new BigInt64Array(2 * numClasses);
  for (let k = 0; k < numClasses; k++) {
    words[2 * k] = BigInt(whole[k] as number);
    words[2 * k + 1] = BigInt(fraction[k] as number) * 4096n;
  }
  await environment.wait(collective.allreduce(words, 'sum'));
  const totals = Array.from({ length: numClasses }, (_, k) =>
    fromFixed(words[2 * k] as bigint, words[2 * k + 1] as bigint, scale),
  );
  const all = totals.reduce((sum, total) => sum + total, 0);
  const numDrawn = totals.filter((total) => total > 0).length;
  const wanted = totals.map((total) => (total > 0 ? all / (numDrawn * total) : 0));
  const largest = Math.max(...wanted, Number.MIN_VALUE);
  const factors = Float64Array.from(wanted, (factor) => factor / largest);
  environment.f64(memory.factors, numClasses).set(factors);
  const total = totals.reduce((sum, own, k) => sum + own * (factors[k] as number), 0);
  return { factors, largest, total };
}
