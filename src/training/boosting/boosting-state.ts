/** What a rank keeps of a running fit of boosted trees, and where the arrays of some of its rows begin. */

import type { FeatureCosts } from '../../tree/feature-costs.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import type { RankRows } from '../ingest/shard-rows.ts';
import type { BoostingJob } from '../messages.ts';
import type { GradientRows, Objective } from '../objectives/objective.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import type { BoostingMemory, PlanLimits } from './boosting-memory.ts';

/** A metric that the user wrote. */
export interface UserMetric {
  /** Writes each validation row's loss, times its weight, to float64 at `out`. */
  losses(out: number): void;
}

/** The parts of a fit, settled before the first tree. */
export interface BoostingState {
  readonly environment: RankEnvironment;
  readonly job: BoostingJob;
  readonly objective: Objective;
  readonly rows: IngestedRows;
  readonly memory: BoostingMemory;
  /** What the arrays of the CPU are planned by, should a device be given up. */
  readonly cpuLimits: PlanLimits;
  /** What was taken from the labels, to be added after the leaves; 0 where they are as given. */
  readonly centre: number;
  /** Scores that boosting starts from, one an output, where labels are centred. */
  readonly firstScores: readonly number[];
  /** Leaf values and starting scores are whole multiples of it. */
  readonly scoreUnit: number;
  /** Weights in whole units, for objectives whose leaves are quantiles. */
  readonly wholeWeights: Float64Array | null;
  /** Labels of this rank's validation rows before they were centred, where a metric of the user wants them. */
  readonly validationLabels: Float64Array | null;
  /** What it costs to look at features; null where they are free. */
  readonly featureCosts: FeatureCosts | null;
  /** The user's metric, where there is one. */
  readonly metric: UserMetric | null;
}

/** Whether looking at features costs anything. */
export function hasFeatureCosts({ featureCosts, featureCostsPerRow }: BoostingJob): boolean {
  return featureCosts !== undefined || featureCostsPerRow !== undefined;
}

/** Where the scores of an output begin, those of all rows of the process. */
export function scoreAddress({ memory }: BoostingState, output: number): number {
  return memory.scores + output * memory.outputStride;
}

/** The leaf of each of this rank's training or validation rows, as it was last noted. */
export function leavesOf(
  { environment, memory }: BoostingState,
  { start, count }: RankRows,
): Uint32Array {
  return environment.u32(memory.leafOf + 4 * start, count);
}

/** Addresses of this rank's training or validation rows. */
export function gradientRows({ rows, memory }: BoostingState, part: RankRows): GradientRows {
  const { labels, weights } = rows;
  const offset = 8 * part.start;
  return {
    labels: labels + offset,
    weights: weights === 0 ? 0 : weights + offset,
    numRows: part.count,
    scores: memory.scores + offset,
    outputStride: memory.outputStride,
    grads: memory.grads + offset,
    hesses: memory.hesses + offset,
    probabilities: memory.probabilities + offset,
    probabilityStride: memory.probabilityStride,
    stats: memory.ownStats,
  };
}
