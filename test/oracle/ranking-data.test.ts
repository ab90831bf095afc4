/**
 * Does GBTRanker reach LightGBM on LightGBM's own example of ranking, and a regressor? fixtures/make-ranking.py made LightGBM's
 * score. Fifty queries leave a standard error of 0.03 (docs/accuracy-ranking.md), so that no more than this is asked here.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GBTRanker, GBTRegressor, RankingEvaluator, Session } from '../../src/index.ts';
import { suiteRuns } from '../tools/suite-runs.ts';
import { missingReason, sharedData } from './shared-data.ts';

const { public: theirs } = JSON.parse(
  readFileSync(new URL('./fixtures/ranking.json', import.meta.url), 'utf8'),
) as { public: { ndcg: number } };
const runs = suiteRuns(
  'ranking-data',
  missingReason(['lgb_rank_train.parquet', 'lgb_rank_test.parquet']),
);

let session: Session;
beforeAll(async () => {
  session = await Session.local({ threads: 2 });
});
afterAll(async () => {
  await session.close();
});

describe.runIf(runs)('GBTRanker', () => {
  it('reaches the NDCG of LightGBM with its settings', async () => {
    const train = await session.read.parquet(join(sharedData, 'lgb_rank_train.parquet'));
    const test = await session.read.parquet(join(sharedData, 'lgb_rank_test.parquet'));
    const ranker = new GBTRanker({
      featuresCols: train.columns.filter((name) => name !== 'relevance' && name !== 'qid'),
      labelCol: 'relevance',
      groupCol: 'qid',
      maxIter: 100,
      orderNoise: 0,
      stepSize: 0.1,
    });
    const scored = await (await ranker.fit(train)).transform(test);
    const evaluator = new RankingEvaluator({ labelCol: 'relevance', groupCol: 'qid', k: 10 });
    expect(await evaluator.evaluate(scored)).toBeGreaterThan(theirs.ndcg - 0.005);
  });

  it('orders better than a regressor on the grades, both by default', async () => {
    const train = (await session.read.parquet(join(sharedData, 'lgb_rank_train.parquet'))).cache();
    const test = (await session.read.parquet(join(sharedData, 'lgb_rank_test.parquet'))).cache();
    const labelCol = 'relevance';
    const featuresCols = train.columns.filter((name) => name !== labelCol && name !== 'qid');
    const evaluator = new RankingEvaluator({ labelCol, groupCol: 'qid', k: 10 });
    const sums = { pairs: 0, grades: 0 };
    for (const seed of [0, 1, 2]) {
      const both = { featuresCols, labelCol, seed };
      const ranked = await new GBTRanker({ ...both, groupCol: 'qid' }).fit(train);
      const graded = await new GBTRegressor(both).fit(train);
      sums.pairs += await evaluator.evaluate(await ranked.transform(test));
      sums.grades += await evaluator.evaluate(await graded.transform(test));
    }
    expect(sums.pairs).toBeGreaterThan(sums.grades);
  });
});
