/**
 * Is a first fit without any parameter as good as LightGBM's? On public sets, scored on their test parts;
 * fixtures/make-defaults.py made LightGBM's scores.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Session } from '../../src/index.ts';
import { isHigherBetter, scorePredictions } from '../bench/score.ts';
import { fitAndScore } from '../bench/scored-values.ts';
import { someOf } from '../tools/some-cases.ts';
import { suiteRuns } from '../tools/suite-runs.ts';
import { missingReason, sharedData } from './shared-data.ts';

interface DefaultScore {
  readonly label: string;
  readonly metric: 'auc' | 'logLoss' | 'rmse';
  readonly rows: number;
  readonly score: number;
  readonly error: number;
}

const { sets } = JSON.parse(
  readFileSync(new URL('./fixtures/defaults.json', import.meta.url), 'utf8'),
) as { sets: Readonly<Record<string, DefaultScore>> };
const files = Object.keys(sets).flatMap((set) => [`${set}_train.parquet`, `${set}_test.parquet`]);
const runs = suiteRuns('library-defaults', missingReason(files));

/** From so many rows on, a score is sharp enough for the bound without a standard error. */
const manyRows = 4000;

/** How much worse ours may be. */
function allowance({ metric, rows, score, error }: DefaultScore): number {
  const bound = isHigherBetter(metric) ? 0.002 : 0.01 * score;
  return rows < manyRows || metric === 'logLoss' ? Math.max(bound, error) : bound;
}

let session: Session;
beforeAll(async () => {
  session = await Session.local({ threads: 2 });
});
afterAll(async () => {
  await session.close();
});

describe.runIf(runs)('boosted trees by default', () => {
  it.each(someOf(Object.entries(sets)))('are as good as LightGBM on %s', async (set, theirs) => {
    const { metric, label } = theirs;
    const request = { estimator: 'gbt', metric, label, ignored: [], params: {} } as const;
    const train = await session.read.parquet(join(sharedData, `${set}_train.parquet`));
    const test = await session.read.parquet(join(sharedData, `${set}_test.parquet`));
    const { predictions, labels } = await fitAndScore(request, train, test);
    const ours = scorePredictions(metric, predictions, labels);
    const worse = isHigherBetter(metric) ? theirs.score - ours : ours - theirs.score;
    expect(worse).toBeLessThanOrEqual(allowance(theirs));
  });
});
