/**
 * What a forest's records carry beside their bins. Regression: the target, centred, times the weight, and the
 * weight, both quantised. Classification: the class and the weight. A count of draws multiplies them later.
 */

import { Arena } from '../base/arena.ts';
import { hash32, purposes } from '../base/rng.ts';
import type { Quantisation } from '../tree/split-params.ts';
import { weightedMean } from './base-score.ts';
import type { IngestedRows } from './ingest/ingest.ts';
import type { ForestJob } from './messages.ts';
import { bitsOf, scaleFor } from './quantise.ts';
import type { RankEnvironment } from './rank-environment.ts';

/** Bits of a quantised target; times the most draws it fits 31. */
const gradBits = 26;

/** What all trees of a forest share. */
export interface ForestStart {
  /** Mean label, taken from the labels and added to leaves (regression). */
  readonly mean: number;
  readonly quantisation: Quantisation;
  /** Weight of one unit (classification). */
  readonly weightUnit: number;
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
  if (job.task === 'regression') {
    for (let i = 0; i < labels.length; i++) labels[i] = (labels[i] as number) - mean;
  }
  const largest = await largestOf(environment, labels, weights);
  const shared = {
    mean: job.task === 'regression' ? mean : 0,
    largestLabel: largest.label,
    largestWeight: largest.weight,
    totalWeight: weight,
  };
  return job.task === 'regression'
    ? { ...shared, ...(await writeTargets(environment, job, rows, largest)), weightUnit: 1 }
    : { ...shared, ...writeClasses(environment, rows, largest.weight) };
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

/** int32 g = −target · weight and uint32 h = weight, with room for the most draws. */
async function writeTargets(
  environment: RankEnvironment,
  job: ForestJob,
  rows: IngestedRows,
  largest: { weight: number; product: number },
): Promise<{ quantisation: Quantisation }> {
  const { train, layout } = rows;
  const isConstant = rows.weights === 0;
  const rowBits = bitsOf(train.numAll);
  const drawBits = 4;
  const gradScale = scaleFor(largest.product, gradBits);
  const hessBits = isConstant ? 1 : Math.min(26, 62 - 2 * rowBits - drawBits);
  const hessScale = isConstant ? 1 : scaleFor(largest.weight, hessBits);
  const arena = new Arena(rows.free);
  const scratch = arena.allocate(3 * 8 * train.numProcess);
  await environment.reserve(arena.top, 'training data');
  const zeros = scratch + 8 * train.start;
  const grads = scratch + 8 * (train.numProcess + train.start);
  const hesses = scratch + 8 * (2 * train.numProcess + train.start);
  environment.f64(zeros, train.count).fill(0);
  const stats = 1152 + 64 * (environment.localIndex % 40);
  environment.kernels.squaredGradients(
    zeros,
    rows.labels + 8 * train.start,
    rows.weights === 0 ? 0 : rows.weights + 8 * train.start,
    train.count,
    grads,
    hesses,
    stats,
  );
  environment.kernels.quantise32(
    grads,
    hesses,
    rows.keys + 4 * train.start,
    train.count,
    gradScale,
    hessScale,
    hash32(job.seed, purposes.rounding),
    rows.records + train.start * layout.stride + layout.slotOffset,
    layout.stride,
    isConstant ? 0 : 1,
  );
  const countShift = hessBits + drawBits + rowBits;
  return {
    quantisation: { gradUnit: 1 / gradScale, hessUnit: 1 / hessScale, slotBytes: 8, countShift },
  };
}

/** class << 16 | weight; weight times the most draws fits 16 bits, its sum over all rows 36. */
function writeClasses(
  environment: RankEnvironment,
  rows: IngestedRows,
  largestWeight: number,
): { quantisation: Quantisation; weightUnit: number } {
  const { train, layout } = rows;
  const isConstant = rows.weights === 0;
  const bits = Math.max(1, Math.min(12, 36 - bitsOf(train.numAll) - 4));
  const scale = isConstant ? 1 : scaleFor(largestWeight, bits);
  const slots = rows.records + train.start * layout.stride + layout.slotOffset;
  const memory = new DataView(environment.memory.buffer);
  const labels = environment.f64(rows.labels + 8 * train.start, train.count);
  const weights = isConstant ? null : environment.f64(rows.weights + 8 * train.start, train.count);
  for (let i = 0; i < train.count; i++) {
    const weight = weights === null ? 1 : Math.max(1, Math.round((weights[i] as number) * scale));
    memory.setUint32(slots + i * layout.stride, (labels[i] as number) * 65536 + weight, true);
  }
  const quantisation: Quantisation = { gradUnit: 1, hessUnit: 1, slotBytes: 4, countShift: 63 };
  return { quantisation, weightUnit: 1 / scale };
}
