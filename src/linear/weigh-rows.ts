/**
 * Weights by class of a linear fit: each row's weight is multiplied by its class's, so that the model is the one of
 * a weight column that holds the products.
 */

import { namedWeights } from '../training/ingest/class-weights.ts';
import type { ClassValue } from '../training/ingest/prepared-rows.ts';
import type { IngestJob } from '../training/messages.ts';
import { classShares } from '../training/objectives/base-score.ts';
import type { RankEnvironment } from '../training/rank-environment.ts';

/** Rows with labels and weights, in memory. */
interface WeighedRows {
  readonly classes: readonly ClassValue[];
  /** Addresses of the process's columns. */
  readonly labels: number;
  readonly weights: number;
  /** This rank's rows. */
  readonly blocks: readonly { readonly start: number; readonly count: number }[];
}

/** Multiplies the weights of this rank's rows. @throws CoppiceError `PARAM_INVALID` */
export async function weighRows(
  environment: RankEnvironment,
  job: Pick<IngestJob, 'classWeighting' | 'owner' | 'labelCol'>,
  rows: WeighedRows,
): Promise<void> {
  const { classWeighting } = job;
  if (classWeighting === null) return;
  const { classes, blocks } = rows;
  const factors = namedWeights(job, classWeighting, classes);
  const parts = blocks.map(({ start, count }) => ({
    labels: environment.f64(rows.labels + 8 * start, count),
    weights: environment.f64(rows.weights + 8 * start, count),
  }));
  if (classWeighting.byClass === 'balanced') {
    const own = {
      labels: joined(parts.map(({ labels }) => labels)),
      weights: joined(parts.map(({ weights }) => weights)),
    };
    const shares = await classShares(environment, own, classes.length);
    shares.forEach((share, k) => {
      factors[k] = (factors[k] as number) / (classes.length * share);
    });
  }
  for (const { labels, weights } of parts) {
    for (let i = 0; i < weights.length; i++) {
      weights[i] = (weights[i] as number) * (factors[labels[i] as number] as number);
    }
  }
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
