/**
 * What a forest's records carry beside their bins. Regression: the target, centred, times the weight, and the
 * weight, both as integers. Classification: the class and the weight. A count of draws multiplies them later.
 */
import { weightedMean } from './base-score.ts';
import { maxDraws } from './draw-thresholds.ts';
import type { IngestedRows } from './ingest/ingest.ts';
import type { ForestJob } from './messages.ts';
import { bitsOf, scaleFor } from './quantise.ts';
import type { RankEnvironment } from './rank-environment.ts';

/** Bits of a target; times the most draws it fits 31. */
const targetBits = 26;

/** What all trees of a forest share. */
export interface ForestStart {
  /** Mean label, taken from the labels and added to leaves (regression). */
  readonly mean: number;
  /** What one unit of target · weight and one of weight are worth; for classes both are weights. */
  readonly targetUnit: number;
  readonly weightUnit: number;
  /** Sums of weights have the count of rows above so many bits. */
  readonly countShift: number;
  /** Largest |label − mean| and largest weight. */
  readonly largestLabel: number;
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
  const labels = environment.f64(rows.labels + 8 * train.start, train.count);
  const weights =
    rows.weights === 0 ? null : environment.f64(rows.weights + 8 * train.start, train.count);
  const { mean, weight } = await weightedMean(environment, { labels, weights });
  const isNumber = job.task === 'regression';
  if (isNumber) {
    for (let i = 0; i < labels.length; i++) labels[i] = (labels[i] as number) - mean;
  }
  const largest = await largestOf(environment, labels, weights);
  const slots = { environment, rows, labels, weights };
  return {
    mean: isNumber ? mean : 0,
    largestLabel: largest.label,
    largestWeight: largest.weight,
    totalWeight: weight,
    ...(isNumber ? writeTargets(slots, largest) : writeClasses(slots, largest.weight)),
  };
}

async function largestOf(
  environment: RankEnvironment,
  labels: Float64Array,
  weights: Float64Array | null,
): Promise<{ label: number; weight: number; product: number }> {
  const most = new Float64Array(3);
  for (let i = 0; i < labels.length; i++) {
    const w = weights === null ? 1 : (weights[i] as number);
    const distance = Math.abs(labels[i] as number);
    most[0] = Math.max(most[0] as number, distance);
    most[1] = Math.max(most[1] as number, w);
    most[2] = Math.max(most[2] as number, distance * w);
  }
  await environment.wait(environment.collective.allreduce(new BigInt64Array(most.buffer), 'max'));
  return { label: most[0] as number, weight: most[1] as number, product: most[2] as number };
}

/** The rows whose slots are to be written. */
interface Slots {
  readonly environment: RankEnvironment;
  readonly rows: IngestedRows;
  readonly labels: Float64Array;
  readonly weights: Float64Array | null;
}

type Units = Pick<ForestStart, 'targetUnit' | 'weightUnit' | 'countShift'>;

/**
 * int32 target · weight and uint32 weight, with room for the most draws. Rounded to the nearest, so that equal
 * targets stay equal and a node of them is seen to be pure.
 */
function writeTargets(
  { environment, rows, labels, weights }: Slots,
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
  for (let i = 0; i < labels.length; i++) {
    const w = weights === null ? 1 : (weights[i] as number);
    memory.setInt32(at, Math.round((labels[i] as number) * w * targetScale), true);
    memory.setUint32(at + 4, Math.max(1, Math.round(w * weightScale)), true);
    at += layout.stride;
  }
  return {
    targetUnit: 1 / targetScale,
    weightUnit: 1 / weightScale,
    countShift: weightBits + drawBits + rowBits,
  };
}

/** class << 16 | weight; weight times the most draws fits 16 bits, its sum over all rows 36. */
function writeClasses({ environment, rows, labels, weights }: Slots, largestWeight: number): Units {
  const { train, layout } = rows;
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
