/** Does every rank do its part, and what do limits of memory cost? Counted, not timed. */
import { afterAll, describe, expect, it } from 'vitest';
import type { Progress } from '../../src/base/progress.ts';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import type { RankReport } from '../../src/training/messages.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import { KnobRunner, type Knobs } from '../tools/knob-runner.ts';
import { randomData } from '../tools/random-data.ts';
import { cutTable, evenCuts, pickRows } from '../tools/sample-data.ts';
import { type EstimatorCase, makeEstimator, withFeatures } from './random-estimators.ts';

const pool = new ThreadPool(5, workerUrl());
afterAll(() => pool.close());

const recipe = {
  seed: 77,
  numRows: 9000,
  kinds: [
    ...['float32', 'float64', 'float32', 'float64', 'float32'],
    ...['words', 'many words', 'float64', 'float32', 'float64'],
  ] as ('float32' | 'float64' | 'words' | 'many words')[],
  missing: 0.05,
};
const data = randomData(recipe);
const boosted = withFeatures(
  { name: 'GBTRegressor', options: { labelCol: 'y', maxIter: 3, maxLeaves: 16 } },
  recipe,
);
const forest = withFeatures(
  { name: 'RandomForestClassifier', options: { labelCol: 'b', numTrees: 12, maxDepth: 6 } },
  recipe,
);

async function workOf(found: EstimatorCase, knobs: Knobs, rows = data) {
  const width = knobs.width ?? 1;
  const runner = new KnobRunner(width === 1 ? new InlineRunner() : pool, { ...knobs, width });
  const table = cutTable(runner, rows, evenCuts(rows[0]?.cells.length ?? 0, 3));
  const model = await makeEstimator(found).fit(table);
  return { saved: await savedBytes(model), reports: runner.reports };
}

const total = (reports: readonly RankReport[], field: 'numRows' | 'histogramRows') =>
  reports.reduce((sum, report) => sum + report[field], 0);

describe('the ranks of a boosting fit', () => {
  for (const width of [2, 3, 5]) {
    it(`hold rows, build histograms and decide features, each of ${width}`, async () => {
      const alone = await workOf(boosted, {});
      const { saved, reports } = await workOf(boosted, { width });
      expect(saved).toEqual(alone.saved);
      expect(reports.map(({ rank }) => rank)).toEqual(Array.from({ length: width }, (_, r) => r));
      for (const report of reports) {
        expect(report.numRows).toBeGreaterThan(1000);
        // the root of every tree is built from all rows
        expect(report.histogramRows).toBeGreaterThan(3 * report.numRows);
        expect(report.featuresDecided).toBeGreaterThan(0);
        expect(report.meetings).toBe(reports[0]?.meetings);
      }
      expect(total(reports, 'numRows')).toBe(recipe.numRows);
      expect(total(reports, 'histogramRows')).toBe(total(alone.reports, 'histogramRows'));
    });
  }

  it('decide features also where they hold no rows', async () => {
    const few = pickRows(
      data,
      Array.from({ length: 900 }, (_, i) => i),
    );
    const alone = await workOf(boosted, {}, few);
    const { saved, reports } = await workOf(boosted, { width: 3 }, few);
    expect(saved).toEqual(alone.saved);
    expect(reports.map(({ numRows }) => numRows)).toEqual([900, 0, 0]);
    for (const { featuresDecided } of reports) expect(featuresDecided).toBeGreaterThan(0);
  });

  it('build only the lighter child while histograms are kept, both where they are not', async () => {
    const kept = await workOf(boosted, {});
    const evicted = await workOf(boosted, { maxHistogramBytes: 1 });
    expect(evicted.saved).toEqual(kept.saved);
    expect(total(evicted.reports, 'histogramRows')).toBeGreaterThan(
      1.1 * total(kept.reports, 'histogramRows'),
    );
  });
});

describe('the ranks of a forest', () => {
  it('grow every tree once between them', async () => {
    const alone = await workOf(forest, {});
    const { saved, reports } = await workOf(forest, { width: 3 });
    expect(saved).toEqual(alone.saved);
    expect(total(reports, 'histogramRows')).toBe(total(alone.reports, 'histogramRows'));
    expect(total(reports, 'numRows')).toBe(recipe.numRows);
  });
});

describe('the progress of a fit', () => {
  it('goes from reading over binning to training, and never back', async () => {
    const seen: Progress[] = [];
    const table = cutTable(new KnobRunner(pool, { width: 2 }), data, evenCuts(recipe.numRows, 3));
    await makeEstimator({
      ...boosted,
      options: { ...boosted.options, validationIndicatorCol: 'v' },
    }).fit(table, { onProgress: (progress) => seen.push(progress) });
    const phases = seen.map(({ phase }) => phase);
    expect(phases.filter((phase, i) => phase !== phases[i - 1])).toEqual(['read', 'bin', 'train']);
    const rounds = seen.filter(({ phase }) => phase === 'train');
    // rounds between the first and the last are told where they take their time
    const told = rounds.map(({ done, total: all }) => `${done} of ${all}`);
    expect([told[0], told.at(-1)]).toEqual(['1 of 3', '3 of 3']);
    expect(told).toEqual([...new Set(told)].sort());
    for (const { metric } of rounds) expect(metric).toBeGreaterThan(0);
    for (const { done, total: all } of seen) expect(done).toBeLessThanOrEqual(all);
  });
});
