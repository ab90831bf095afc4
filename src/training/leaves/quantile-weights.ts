/** Weights as whole numbers for the selection of quantiles, and quantiles of all rows at once. */

import type { IngestedRows } from '../ingest/ingest.ts';
import type { LabelledRows } from '../objectives/base-score.ts';
import type { Objective } from '../objectives/objective.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { selectQuantiles } from './select-quantiles.ts';

/** Units of the largest weight. */
const weightUnits = 1 << 20;

/** Weights of this rank in whole units of the largest weight over all ranks; at least 1. */
export async function wholeWeights(
  environment: RankEnvironment,
  weights: Float64Array | null,
): Promise<Float64Array | null> {
  if (weights === null) return null;
  const most = new Float64Array(1);
  for (const weight of weights) if (weight > (most[0] as number)) most[0] = weight;
  await environment.wait(environment.collective.allreduce(new BigInt64Array(most.buffer), 'max'));
  const scale = weightUnits / Math.max(most[0] as number, Number.MIN_VALUE);
  return weights.map((weight) => Math.max(1, Math.round(weight * scale)));
}

/** What training rows count in the quantiles that leaves take; null where all count the same, or none are taken. */
export async function leafWeights(
  environment: RankEnvironment,
  objective: Objective,
  rows: Pick<IngestedRows, 'labels' | 'weights' | 'train'>,
): Promise<Float64Array | null> {
  if (objective.leafQuantiles === null) return null;
  const { start, count } = rows.train;
  const own = rows.weights === 0 ? null : environment.f64(rows.weights + 8 * start, count);
  if (objective.leafWeight === undefined) return await wholeWeights(environment, own);
  const labels = environment.f64(rows.labels + 8 * start, count);
  return await wholeWeights(
    environment,
    labels.map((label, i) => (own?.[i] ?? 1) * (objective.leafWeight?.(label) ?? 1)),
  );
}

/** The weighted quantile of all labels. */
export async function medianLike(
  environment: RankEnvironment,
  rows: LabelledRows,
  level: number,
): Promise<number> {
  const quantiles = await selectQuantiles(
    environment,
    {
      values: rows.labels,
      groups: new Uint32Array(rows.labels.length),
      weights: await wholeWeights(environment, rows.weights),
      numGroups: 1,
    },
    level,
  );
  return quantiles[0] as number;
}
