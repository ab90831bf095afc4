/** Rows are scored by what the package's entry loads alone: nothing that only worker threads load. */
import { afterAll, describe, expect, it } from 'vitest';
import {
  CalibratedClassifier,
  GBTClassifier,
  Pipeline,
  Session,
  TunedThresholdClassifier,
} from '../../src/index.ts';

const session = await Session.local({ threads: 1 });
afterAll(() => session.close());
const rows = Array.from({ length: 60 }, (_, i) => i);
const table = session.createTable({
  x: rows.map((i) => i % 7),
  label: rows.map((i) => i % 7 > 3 !== (i % 5 === 0)),
});
const estimator = new GBTClassifier({ featuresCols: ['x'], maxIter: 3, minInstancesPerNode: 2 });

describe('the scorer of a pipeline', () => {
  it.each([
    new CalibratedClassifier({ estimator, numFolds: 2 }),
    new TunedThresholdClassifier({ estimator, numFolds: 2 }),
  ])('knows the steps of %s', async (last) => {
    const model = await new Pipeline({ stages: [last] }).fit(table);
    const score = await model.scorer();
    const wanted = await (await model.transform(table)).select('prediction').collect();
    const found = rows.map((i) => score({ x: i % 7 }).prediction);
    expect(found).toEqual([...(wanted.getChild('prediction') ?? [])]);
  });
});
