/**
 * What a forest's records carry beside their bins. Regression: the targets, centred, times the weight, and the
 * weight, all as integers. Several targets have one unit: splits lower the sum of their variances as they are. Classification: the class and the weight. A count of draws multiplies them later.
 */

import type { IngestedRows } from '../ingest/ingest.ts';
import type { ForestJob } from '../messages.ts';
import { weightedMean } from '../objectives/base-score.ts';
import { bitsOf, scaleFor } from '../quantise.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { maxDraws } from '../sampling/draw-thresholds.ts';

/** Bits of a target; times the most draws it fits 31. */
const targetBits = 26;

/** What all trees of a forest share. */
export interface ForestStart {
  /** Mean of each label, taken from the labels and added to leaves (regression). */
  readonly means: readonly number[];
  /** What one unit of target · weight and one of weight are worth; for classes both are weights. */
  readonly targetUnit: number;
  readonly weightUnit: number;
  /** Sums of weights have the count of rows above so many bits. */
  readonly countShift: number;
  /** Largest |label − mean| of each label, and largest weight. */
  readonly largestLabels: readonly number[];
  readonly largestWeight: number;
  /** Sum of all weights. */
  readonly totalWeight: number;
}

/** Writes the slots of this rank's rows. */
export async function startForest(
  environment: RankEnvironment,
  job: ForestJob,
  rows: IngestedRows,
): Promise<ForestStart> {
  const { train } = rows;
  const columns = [rows.labels, ...rows.otherLabels].map((address) =>
    environment.f64(address + 8 * train.start, train.count),
  );
  const weights =
    rows.weights === 0 ? null : environment.f64(rows.weights + 8 * train.start, train.count);
  const isNumber = job.task === 'regression';
  const means: number[] = [];
  let totalWeight = 0;
  for (const labels of columns) {
    const { mean, weight } = await weightedMean(environment, { labels, weights });
    means.push(isNumber ? mean : 0);
    totalWeight = weight;
    if (!isNumber) break;
    for (let i = 0; i < labels.length; i++) labels[i] = (labels[i] as number) - mean;
  }
  const largest = await largestOf(environment, columns, weights);
  const slots = { environment, rows, columns, weights };
  return {
    means,
    largestLabels: largest.labels,
    largestWeight: largest.weight,
    totalWeight,
    ...(isNumber ? writeTargets(slots, largest) : writeClasses(slots, largest.weight)),
  };
}

async function largestOf(
  environment: RankEnvironment,
  columns: readonly Float64Array[],
  weights: Float64Array | null,
): Promise<{ labels: number[]; weight: number; product: number }> {
  const most = new Float64Array(2 + columns.length);
  columns.forEach((labels, k) => {
    for (let i = 0; i < labels.length; i++) {
      const w = weights === null ? 1 : (weights[i] as number);
      const distance = Math.abs(labels[i] as number);
      most[0] = Math.max(most[0] as number, w);
      most[1] = Math.max(most[1] as number, distance * w);
      most[2 + k] = Math.max(most[2 + k] as number, distance);
    }
  });
  await environment.wait(environment.collective.allreduce(new BigInt64Array(most.buffer), 'max'));
  const [weight = 0, product = 0, ...labels] = most;
  return { labels, weight, product };
}

/** The rows whose slots are to be written. */
interface Slots {
  readonly environment: RankEnvironment;
  readonly rows: IngestedRows;
  /** The label's values, and those of further labels. */
  readonly columns: readonly Float64Array[];
  readonly weights: Float64Array | null;
}

type Units = Pick<ForestStart, 'targetUnit' | 'weightUnit' | 'countShift'>;

/**
 * int32 target · weight and uint32 weight, then the other targets, with room for the most draws. Rounded to the nearest, so that equal
 * targets stay equal and a node of them is seen to be pure.
 */
function writeTargets(
  { environment, rows, columns, weights }: Slots,
  largest: { weight: number; product: number },
): Units {
  const { train, layout } = rows;
  const rowBits = bitsOf(train.numAll);
  const drawBits = bitsOf(maxDraws);
  const targetScale = scaleFor(largest.product, targetBits);
  const weightBits = weights === null ? 1 : Math.min(26, 62 - 2 * rowBits - drawBits);
  const weightScale = weights === null ? 1 : scaleFor(largest.weight, weightBits);
  const memory = new DataView(environment.memory.buffer);
  let at = rows.records + train.start * layout.stride + layout.slotOffset;
  for (let i = 0; i < train.count; i++) {
    const w = weights === null ? 1 : (weights[i] as number);
    memory.setUint32(at + 4, Math.max(1, Math.round(w * weightScale)), true);
    columns.forEach((labels, k) => {
      const word = k === 0 ? 0 : k + 1;
      memory.setInt32(at + 4 * word, Math.round((labels[i] as number) * w * targetScale), true);
    });
    at += layout.stride;
  }
  return {
    targetUnit: 1 / targetScale,
    weightUnit: 1 / weightScale,
    countShift: weightBits + drawBits + rowBits,
  };
}

/** class << 16 | weight; weight times the most draws fits 16 bits, its sum over all rows 36. */
function writeClasses(
  { environment, rows, columns, weights }: Slots,
  largestWeight: number,
): Units {
  const { train, layout } = rows;
  const labels = columns[0] as Float64Array;
  const bits = Math.max(1, Math.min(12, 36 - bitsOf(train.numAll) - bitsOf(maxDraws)));
  const scale = weights === null ? 1 : scaleFor(largestWeight, bits);
  const memory = new DataView(environment.memory.buffer);
  let at = rows.records + train.start * layout.stride + layout.slotOffset;
  for (let i = 0; i < labels.length; i++) {
    const weight = weights === null ? 1 : Math.max(1, Math.round((weights[i] as number) * scale));
    memory.setUint32(at, (labels[i] as number) * 65536 + weight, true);
    at += layout.stride;
  }
  return { targetUnit: 1 / scale, weightUnit: 1 / scale, countShift: 36 };
}
