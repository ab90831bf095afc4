/** Trees that one kernel grows are those that are grown split by split, to the last bit. */
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { hash32 } from '../../src/base/rng.ts';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import type { RankReport } from '../../src/training/messages.ts';
import type { TreeView } from '../../src/tree/tree-view.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import { KnobRunner, type Knobs } from '../tools/knob-runner.ts';
import { type FeatureKind, featureNames, randomData } from '../tools/random-data.ts';
import { cutTable, type SampleData } from '../tools/sample-data.ts';
import { drawsOf, it, itDivided, someOf } from '../tools/some-cases.ts';
import type { EstimatorCase } from './random-estimators.ts';
import { expectSame, partitionings, type Topology, threadCounts } from './topologies.ts';

const kinds: readonly FeatureKind[] = [
  'float32',
  'few numbers',
  'flags',
  'words',
  'many words',
  'constant',
  'all missing',
  'infinite',
];

const options = fc.record({
  maxIter: fc.integer({ min: 1, max: 3 }),
  maxLeaves: fc.constantFrom(2, 3, 15, 40),
  maxDepth: fc.constantFrom(0, 1, 3, 30),
  maxBins: fc.constantFrom(2, 16, 255),
  lambda: fc.constantFrom(0, 1),
  minInfoGain: fc.constantFrom(0, 0, 1e-3),
  splitCost: fc.constantFrom(0, 0, 1.5),
  splitCostPerRow: fc.constantFrom(0, 0, 0.01),
  minSumHessian: fc.constantFrom(0, 3),
  minInstancesPerNode: fc.constantFrom(1, 5),
  minCategoryRows: fc.constantFrom(0, 3),
  subsamplingRate: fc.constantFrom(1, 0.6),
  colsampleByTree: fc.constantFrom(1, 0.5),
});

const roles = fc.record(
  { weightCol: fc.constant('w'), validationIndicatorCol: fc.constant('v') },
  { requiredKeys: [] },
);

/** Best leaf first; or level by level, where levels bound a tree and not leaves. */
const casesOf = (isByLevel: boolean): fc.Arbitrary<EstimatorCase> =>
  fc
    .tuple(options, roles, fc.constantFrom('y', 'b', 'k'))
    .map(([{ maxLeaves, ...found }, columns, labelCol]) => ({
      name: labelCol === 'y' ? 'GBTRegressor' : 'GBTClassifier',
      options: { ...found, ...(isByLevel ? {} : { maxLeaves }), ...columns, labelCol },
    }));

const recipes = fc.record({
  seed: fc.nat(1e6),
  // above 1024 a second rank has rows of its own, above 2048 a third
  numRows: fc.oneof(
    fc.integer({ min: 30, max: 60 }),
    fc.integer({ min: 300, max: 1500 }),
    fc.integer({ min: 2100, max: 5000 }),
  ),
  kinds: fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 6 }),
  missing: fc.constantFrom(0, 0.2),
});

// rows that are counted, flushed after a few and kept for one pair of nodes go other ways through the kernel
const layouts = fc.record({
  threads: fc.constantFrom(...threadCounts),
  partitions: fc.constantFrom(...partitionings),
  growsApart: fc.boolean(),
  flushRows: fc.constantFrom(1, 37, 1000, 65_535),
  maxHistogramBytes: fc.constantFrom(1, 60_000, 1e8),
  // of a few rows, or more than there are
  windowBytes: fc.constantFrom(200, 5000, 50_000, 1e8),
});

/**
 * Eight groups far apart; in all but the first a little is gained by d, in the first a little more by a, and by what
 * follows, which nobody sees before, very much: which way c goes hangs on a and b together.
 */
function gainsBelow(): SampleData {
  // rows of other c and d on each rank, which get a thousand of them at a time
  const rows = Array.from({ length: 4096 }, (_, i) => ({
    group: (i >> 2) & 7,
    a: (i >> 5) & 1,
    b: (i >> 6) & 1,
    c: (i >> 7) & 15,
    d: i >> 11,
  }));
  const column = (name: string, cellOf: (row: (typeof rows)[number]) => number) => ({
    name,
    type: 'float64' as const,
    cells: rows.map(cellOf),
  });
  return [
    { name: 'group', type: 'text', cells: rows.map(({ group }) => `g${group}`) },
    column('a', ({ a }) => a),
    column('b', ({ b }) => b),
    column('c', ({ c }) => c),
    column('d', ({ d }) => d),
    column('y', ({ group, a, b, c, d }) =>
      group > 0 ? 200 * group + d / 2 : a + (a === b ? 1 : -1) * (8 + 4 * c),
    ),
  ];
}

/** Fits that by one kernel and split by split, which must be the same; numAhead: nodes looked at that one rank does not. */
async function fitGainsBelow(
  options: ConstructorParameters<typeof GBTRegressor>[0],
  { width, ...knobs }: Knobs & { readonly width: number },
): Promise<{ tree: TreeView; numAhead: number }> {
  const pool = new ThreadPool(width, workerUrl());
  const runner = new KnobRunner(pool);
  const table = cutTable(runner, gainsBelow(), [1200]);
  const featuresCols = ['group', 'a', 'b', 'c', 'd'];
  const fixed = { featuresCols, labelCol: 'y', maxLeaves: 40, minInstancesPerNode: 1, lambda: 0 };
  const gbt = new GBTRegressor({ ...fixed, ...options });
  const fitted = async (own: Knobs) => {
    runner.knobs = { ...knobs, ...own };
    const model = await gbt.fit(table);
    const decided = runner.reports.map((each) => each.featuresDecided);
    const looked = decided.reduce((sum, each) => sum + each, 0) / featuresCols.length;
    return { tree: model.tree(0), looked, same: { bytes: await savedBytes(model), decided } };
  };
  const alone = await fitted({ width: 1, growsWhole: false });
  const whole = await fitted({ width, growsWhole: true });
  const bySplit = await fitted({ width, growsWhole: false });
  // each rank has rows
  expect(runner.reports.every(({ histogramRows }) => histogramRows > 0)).toBe(true);
  await pool.close();
  expect(whole.same).toEqual(bySplit.same);
  expect(whole.same.bytes).toEqual(alone.same.bytes);
  return { tree: whole.tree, numAhead: whole.looked - alone.looked };
}

describe('trees grown by one kernel', () => {
  itDivided.each([
    { isByLevel: false, numRuns: 24 },
    { isByLevel: true, numRuns: 24 },
  ])(
    'are the trees that are grown split by split: %o',
    async ({ isByLevel, numRuns }) => {
      await fc.assert(
        fc.asyncProperty(casesOf(isByLevel), recipes, layouts, async (found, recipe, layout) => {
          const bySplit: Topology = { threads: 1, partitions: 1, growsWhole: false };
          await expectSame(found, recipe, [bySplit, layout]);
        }),
        { numRuns: drawsOf(numRuns), endOnFailure: true },
      );
    },
    60_000,
  );

  it('split the left one first of two nodes whose gains are equal', async () => {
    // both sides of x0 have the same labels but for a constant, and sums that integers hold
    const rows = Array.from({ length: 256 }, (_, i) => [(i >> 1) & 1, i & 1] as const);
    const column = (name: string, cellOf: (row: readonly [number, number]) => number) => ({
      name,
      type: 'float64' as const,
      cells: rows.map(cellOf),
    });
    const data = [
      column('x0', ([first]) => first),
      column('x1', ([, second]) => second),
      column('y', ([first, second]) => 8 * first + 2 * second),
    ];
    const gbt = new GBTRegressor({
      featuresCols: ['x0', 'x1'],
      labelCol: 'y',
      maxIter: 1,
      maxLeaves: 3,
      minInstancesPerNode: 1,
      lambda: 0,
    });
    const runner = new KnobRunner(new InlineRunner());
    for (const growsWhole of [true, false]) {
      runner.knobs = { growsWhole };
      const root = (await gbt.fit(cutTable(runner, data, []))).tree(0).root;
      expect([root.left?.split?.feature, root.right?.split]).toEqual(['x1', null]);
    }
  });

  it.each([{ minInstancesPerNode: 9 }, { minInstancesPerNode: 1, minSumHessian: 9 }])(
    'split a node whose halves have just what they must have: %o',
    async (least) => {
      const cells = Array.from({ length: 18 }, (_, i) => (i < 9 ? 0 : 1));
      const data = ['x', 'y'].map((name) => ({ name, type: 'float64' as const, cells }));
      const options = { featuresCols: ['x'], labelCol: 'y', maxIter: 1, lambda: 0, ...least };
      const runner = new KnobRunner(new InlineRunner());
      for (const growsWhole of [true, false]) {
        runner.knobs = { growsWhole };
        const { root } = (await new GBTRegressor(options).fit(cutTable(runner, data, []))).tree(0);
        expect([root.split?.feature, root.left?.rows]).toEqual(['x', 9]);
      }
    },
  );

  it('of rows of hundreds of bytes too, whose numbers alone move', async () => {
    const wide = Array.from({ length: 270 }, (_, i) => (i % 90 === 7 ? 'many words' : 'float32'));
    const recipe = { seed: 5, numRows: 500, kinds: wide as FeatureKind[], missing: 0.05 };
    const found = { labelCol: 'y', maxIter: 2, maxLeaves: 8, subsamplingRate: 0.7 };
    const bySplit: Topology = { threads: 1, partitions: 1, growsWhole: false };
    await expectSame({ name: 'GBTRegressor', options: found }, recipe, [bySplit]);
  }, 60_000);

  it.each([{ maxLeaves: 9 }, { maxDepth: 4 }])(
    'count the same work, and come from the kernel where it is asked: %o',
    async (limits) => {
      const recipe = { seed: 8, numRows: 700, kinds, missing: 0.1 };
      const runner = new KnobRunner(new InlineRunner());
      const table = cutTable(runner, randomData(recipe), []);
      const gbt = new GBTRegressor({
        featuresCols: featureNames(recipe),
        labelCol: 'y',
        maxIter: 3,
        ...limits,
      });
      const seen: unknown[] = [];
      const meetings: number[] = [];
      for (const growsWhole of [true, false]) {
        runner.knobs = { growsWhole };
        const bytes = await savedBytes(await gbt.fit(table));
        const report = runner.reports[0] as RankReport;
        seen.push({
          bytes,
          histogramRows: report.histogramRows,
          featuresDecided: report.featuresDecided,
        });
        meetings.push(report.meetings);
      }
      expect(seen[0]).toEqual(seen[1]);
      // split by split a rank asks the others, even where there are none
      expect(meetings[0]).toBeLessThan(meetings[1] as number);
    },
  );

  const ahead = [
    { maxLeaves: 40, maxIter: 4 },
    { maxLeaves: 40, maxIter: 2, maxDepth: 5 },
    { maxLeaves: 60, maxIter: 8, stepSize: 0.01, subsamplingRate: 0.3, lambda: 0 },
  ];
  itDivided.each(someOf(ahead))(
    'of several ranks split the same leaves ahead, on each of them: %o',
    async (options) => {
      const numeric: FeatureKind[] = ['float32', 'float32', 'few numbers', 'float32'];
      const recipe = { seed: 11, numRows: 3000, kinds: numeric, missing: 0.1 };
      const pool = new ThreadPool(3, workerUrl());
      const runner = new KnobRunner(pool);
      // in noise the gains of children are often higher than those of other leaves
      const data = randomData(recipe).map((column) =>
        column.name === 'y'
          ? { ...column, cells: column.cells.map((_, i) => hash32(3, i) % 97) }
          : column,
      );
      const table = cutTable(runner, data, [700]);
      const gbt = new GBTRegressor({
        featuresCols: featureNames(recipe),
        labelCol: 'y',
        ...options,
      });
      const work: unknown[] = [];
      const meetings: number[] = [];
      for (const growsWhole of [true, false]) {
        runner.knobs = { growsWhole, width: 3 };
        const model = await gbt.fit(table);
        const { reports } = runner;
        const done = reports.map((each) => [each.histogramRows, each.featuresDecided]);
        work.push({ bytes: await savedBytes(model), done });
        meetings.push((reports[0] as RankReport).meetings);
      }
      await pool.close();
      expect(work[0]).toEqual(work[1]);
      // leaves' rows are counted with their sums
      expect(meetings[0]).toBeLessThanOrEqual(meetings[1] as number);
      expect(meetings[0]).toBeGreaterThan(0.7 * (meetings[1] as number));
    },
  );

  const windows = [
    { width: 2, windowBytes: 4000, maxLeaves: 60, subsamplingRate: 0.3, stepSize: 0.01 },
    { width: 2, windowBytes: 30_000, maxLeaves: 60 },
    { width: 3, windowBytes: 4000, maxLeaves: 40, maxDepth: 5 },
    { width: 3, windowBytes: 100, maxLeaves: 8 },
  ];
  itDivided.each(someOf(windows))(
    'are the same where neighbours are split together because there are many rows: %o',
    async ({ width, windowBytes, ...options }) => {
      const recipe = { seed: 12, numRows: 4000, kinds, missing: 0.1 };
      // ranks that went through a gate too early wait for each other
      const pool = new ThreadPool(width, workerUrl(), { timeoutMs: 15_000 });
      const runner = new KnobRunner(pool);
      const table = cutTable(runner, randomData(recipe), [700]);
      const fixed = { featuresCols: featureNames(recipe), labelCol: 'y', maxIter: 6 };
      const gbt = new GBTRegressor({ ...fixed, minInstancesPerNode: 1, ...options });
      const models: Record<string, string>[] = [];
      const meetings: number[] = [];
      for (const knobs of [
        { growsWhole: false },
        {},
        { windowBytes },
        { windowBytes, maxHistogramBytes: 1 },
      ]) {
        runner.knobs = { ...knobs, width };
        models.push(await savedBytes(await gbt.fit(table)));
        meetings.push((runner.reports[0] as RankReport).meetings);
      }
      await pool.close();
      for (const model of models) expect(model).toEqual(models[0]);
      // other batches than those by gains
      expect(meetings[2]).not.toBe(meetings[1]);
    },
    60_000,
  );

  itDivided.each(someOf([{ width: 2 }, { width: 3 }, { width: 3, maxHistogramBytes: 5000 }]))(
    'leave out what is split ahead in vain: %o',
    async (knobs) => {
      const { tree, numAhead } = await fitGainsBelow({ maxIter: 1 }, knobs);
      // all groups but the first, whose children gain more, though they were not those to be split first
      const leaves = tree.nodes.filter(({ split }) => split === null);
      expect(leaves.filter(({ rows }) => rows === 512)).toHaveLength(7);
      // more than the children of the last split, which need not be looked at
      expect(numAhead).toBeGreaterThan(2);
    },
  );

  it('leave it out after the first tree too, by whose gains leaves are chosen', async () => {
    // gains of samples go up and down
    const options = { subsamplingRate: 0.3, stepSize: 0.001, seed: 2 };
    const first = await fitGainsBelow({ ...options, maxIter: 1 }, { width: 3 });
    const all = await fitGainsBelow({ ...options, maxIter: 3 }, { width: 3 });
    expect(all.numAhead - first.numAhead).toBeGreaterThan(2 * 2);
  });

  it('of several ranks have the same nodes level by level, in few batches or many', async () => {
    const pool = new ThreadPool(3, workerUrl());
    const runner = new KnobRunner(pool);
    const recipe = { seed: 11, numRows: 3000, kinds, missing: 0.1 };
    const table = cutTable(runner, randomData(recipe), [700]);
    const gbt = new GBTRegressor({
      featuresCols: featureNames(recipe),
      labelCol: 'y',
      maxIter: 2,
      maxDepth: 7,
      minInstancesPerNode: 1,
    });
    const work: unknown[] = [];
    const meetings: number[] = [];
    const models: Record<string, string>[] = [];
    // the last has room for the histograms of one pair at a time
    for (const knobs of [{}, { growsWhole: false }, { maxHistogramBytes: 1 }]) {
      runner.knobs = { ...knobs, width: 3 };
      const model = await gbt.fit(table);
      const { reports } = runner;
      work.push(reports.map((each) => [each.histogramRows, each.featuresDecided]));
      meetings.push((reports[0] as RankReport).meetings);
      models.push(await savedBytes(model));
      expect(model.tree(0).nodes.length).toBeGreaterThan(60);
    }
    await pool.close();
    expect(models[1]).toEqual(models[0]);
    expect(models[2]).toEqual(models[0]);
    expect(work[1]).toEqual(work[0]);
    // leaves' rows are counted with their sums
    expect(meetings[0]).toBeLessThanOrEqual(meetings[1] as number);
    expect(meetings[2]).toBeGreaterThan(2 * (meetings[0] as number));
  }, 60_000);

  it('split on the first of two columns that say the same, whichever rank looks at it', async () => {
    const pool = new ThreadPool(2, workerUrl());
    const column = (name: string, cellOf: (i: number) => number) => ({
      name,
      type: 'float64' as const,
      cells: Array.from({ length: 200 }, (_, i) => cellOf(i)),
    });
    const data = [
      column('a', (i) => i % 40),
      column('b', (i) => i % 40),
      column('y', (i) => ((i % 40) * 7) % 11),
    ];
    const gbt = new GBTRegressor({ featuresCols: ['a', 'b'], labelCol: 'y', maxIter: 1 });
    const runner = new KnobRunner(pool, { width: 2 });
    const { split } = (await gbt.fit(cutTable(runner, data, [90]))).tree(0).root;
    await pool.close();
    expect(split?.feature).toBe('a');
  });
});
