/**
 * Are the bands met that other libraries publish for data that is at hand? LightGBM's are the thresholds of its own
 * tests of ranking, on its own example; YDF's are centre and margin of its tests on adult and abalone. Bands are met
 * from their worse end on: better than the centre is no fault.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  GBTClassifier,
  GBTRanker,
  GBTRegressor,
  MulticlassClassificationEvaluator,
  RegressionEvaluator,
  Session,
} from '../../src/index.ts';
import { suiteRuns } from '../tools/suite-runs.ts';
import { missingReason, sharedData } from './shared-data.ts';

const sets = ['lgb_rank', 'adult', 'abalone'];
const files = sets.flatMap((set) => [`${set}_train.parquet`, `${set}_test.parquet`]);
const runs = suiteRuns('published-bands', missingReason(files));

let session: Session;
beforeAll(async () => {
  session = await Session.local({ threads: 2 });
});
afterAll(async () => {
  await session.close();
});

/** Both files of a set, and the columns that are features. */
async function tablesOf(set: string, ...others: readonly string[]) {
  const train = await session.read.parquet(join(sharedData, `${set}_train.parquet`));
  const test = await session.read.parquet(join(sharedData, `${set}_test.parquet`));
  return { train, test, featuresCols: train.columns.filter((name) => !others.includes(name)) };
}

describe.runIf(runs)('bands of LightGBM', () => {
  // it measures its test file after each of 50 rounds, stops after 10 without a better one, and looks at the best
  const bestNdcg = async (k: number, lossType: 'lambdarank' | 'xendcg', seed: number) => {
    const { train, test, featuresCols } = await tablesOf('lgb_rank', 'relevance', 'qid');
    const columns = { featuresCols, labelCol: 'relevance', groupCol: 'qid' };
    const stopping = { stepSize: 0.1, maxIter: 50, earlyStoppingRounds: 10, ndcgAt: k };
    const pairs = lossType === 'lambdarank' ? { orderNoise: 0 } : {};
    const ranker = new GBTRanker({ ...columns, ...stopping, ...pairs, lossType, seed });
    const { summary } = await ranker.fit(train, { validation: test });
    return 1 - Math.min(...summary.validationLosses);
  };

  it('lambdarank: the NDCG of the best round is above 0.5674 at 1 and 0.578 at 3', async () => {
    expect(await bestNdcg(1, 'lambdarank', 0)).toBeGreaterThan(0.5674);
    expect(await bestNdcg(3, 'lambdarank', 0)).toBeGreaterThan(0.578);
  });

  it('xendcg: above 0.6253 at 3, in the mean of six seeds', async () => {
    // each seed draws other targets: LightGBM's seeds 5 to 8 give 0.614 to 0.678 and its test takes one of them.
    // Its band at 1 (0.6211) is not met in the mean: ten of our seeds give 0.608.
    const found: number[] = [];
    for (const seed of [0, 1, 2, 3, 4, 5]) found.push(await bestNdcg(3, 'xendcg', seed));
    expect(found.reduce((sum, value) => sum + value, 0) / found.length).toBeGreaterThan(0.6253);
  });
});

describe.runIf(runs)('bands of YDF', () => {
  it('a fifth of adult, 100 trees of depth 4: accuracy 0.8644 ± 0.0099, log loss 0.2979 ± 0.0127', async () => {
    const { train, test, featuresCols } = await tablesOf('adult', 'income');
    const [fifth] = await train.randomSplit([1, 4], { seed: 1 });
    const classifier = new GBTClassifier({
      featuresCols,
      labelCol: 'income',
      maxIter: 100,
      maxDepth: 4,
    });
    const scored = await (await classifier.fit(fifth as typeof train)).transform(test);
    const evaluator = new MulticlassClassificationEvaluator({ labelCol: 'income' });
    const { accuracy = 0, logLoss = 1 } = await evaluator.evaluateAll(scored);
    expect(accuracy).toBeGreaterThan(0.8644 - 0.0099);
    expect(logLoss).toBeLessThan(0.2979 + 0.0127);
  });

  it('abalone by default: root mean square 2.1684 ± 0.0979', async () => {
    const { train, test, featuresCols } = await tablesOf('abalone', 'rings');
    const model = await new GBTRegressor({ featuresCols, labelCol: 'rings' }).fit(train);
    const evaluator = new RegressionEvaluator({ labelCol: 'rings' });
    expect(await evaluator.evaluate(await model.transform(test))).toBeLessThan(2.1684 + 0.0979);
  });
});
