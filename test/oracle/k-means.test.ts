/**
 * Does k-means end as near to the rows as scikit-learn's and Spark's, on public data? fixtures/k-means.json has the
 * costs of ten single starts of each; where a start ends depends on its draws, so spreads are compared, not centers.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KMeans, Session } from '../../src/index.ts';
import { suiteRuns } from '../tools/suite-runs.ts';
import { missingReason, sharedData } from './shared-data.ts';

interface Case {
  readonly name: string;
  readonly features: string[];
  readonly k: number;
  readonly scikitLearn: readonly number[];
  readonly spark: readonly number[];
}

const { cases } = JSON.parse(
  readFileSync(new URL('./fixtures/k-means.json', import.meta.url), 'utf8'),
) as { readonly cases: readonly Case[] };

const reason = missingReason(cases.map(({ name }) => `${name}_train.parquet`));
const runs = suiteRuns('k-means', reason);

let session: Session;
beforeAll(async () => {
  session = await Session.local({ threads: 2 });
});
afterAll(async () => {
  await session.close();
});

describe.runIf(runs)('k-means on public data', () => {
  it.each(cases)('$name, $k clusters', async ({ name, features, k, scikitLearn, spark }) => {
    const table = (await session.read.parquet(join(sharedData, `${name}_train.parquet`)))
      .select(...features)
      .cache();
    const costs: number[] = [];
    for (const seed of [0, 1, 2, 3, 4]) {
      const estimator = new KMeans({ featuresCols: features, k, seed, tol: 0, maxIter: 100 });
      costs.push((await estimator.fit(table)).summary.trainingCost);
    }
    costs.sort((a, b) => a - b);
    const theirs = [...scikitLearn, ...spark];
    expect(costs[0]).toBeGreaterThanOrEqual(0.995 * Math.min(...theirs));
    expect(costs[0]).toBeLessThanOrEqual(1.005 * Math.min(...theirs));
    expect(costs[4]).toBeLessThanOrEqual(1.005 * Math.max(...theirs));
  });
});
