/** Histograms built of what is not a feature's usual bin, forced on and off: nothing of it shows in a model. */
import { describe, expect, it } from 'vitest';
import { hash32 } from '../../src/base/rng.ts';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import { KnobRunner } from '../tools/knob-runner.ts';
import { type DataRecipe, featureNames, randomData } from '../tools/random-data.ts';
import { cutTable, type SampleData } from '../tools/sample-data.ts';
import { expectSame, type Topology, tinyKnobs } from './topologies.ts';

/** Records of more than 256 bytes: only these may have entries. */
const recipe: DataRecipe = {
  seed: 23,
  numRows: 700,
  kinds: Array.from({ length: 262 }, (_, i) =>
    i % 90 === 7 ? 'many words' : i % 40 === 5 ? 'words' : i % 3 === 0 ? 'flags' : 'few numbers',
  ),
  missing: 0.1,
};
const layouts: Topology[] = [
  { threads: 1, partitions: 1, keepsEntries: true },
  { threads: 3, partitions: 2, keepsEntries: true },
  { threads: 2, partitions: 7, keepsEntries: true, ...tinyKnobs },
  { threads: 2, partitions: 7, keepsEntries: false },
  { threads: 1, partitions: 2, keepsEntries: true, growsWhole: false },
  { threads: 1, partitions: 2, keepsEntries: true, maxHistogramBytes: 1 },
];

/** Every other row has the same label, which one column tells; the others have noise. */
function halfOfNoise(): SampleData {
  const half = { name: 'half', type: 'float64' as const, cells: [] as number[] };
  const data = randomData(recipe).map((column) => {
    if (column.name !== 'y') return column;
    half.cells = column.cells.map((_, i) => i % 2);
    return { ...column, cells: column.cells.map((_, i) => (i % 2) * (1 + (hash32(3, i) % 97))) };
  });
  return [...data, half];
}

describe('entries of rows', () => {
  it('give the model that records give, of all rows and of drawn ones', async () => {
    const options = { labelCol: 'b', maxIter: 2, maxLeaves: 8 };
    await expectSame({ name: 'GBTClassifier', options }, recipe, layouts);
    const sampled = { labelCol: 'y', maxIter: 2, maxLeaves: 6, subsamplingRate: 0.6 };
    await expectSame({ name: 'GBTRegressor', options: sampled }, recipe, layouts.slice(1, 3));
  }, 120_000);

  it('give it where rows are counted, where ranks grow whole trees, and where rows are held out', async () => {
    const counted = { labelCol: 'y', weightCol: 'w', maxIter: 2, maxLeaves: 6 };
    const limits = { minInstancesPerNode: 5, colsampleByTree: 0.7 };
    await expectSame(
      { name: 'GBTRegressor', options: { ...counted, ...limits } },
      recipe,
      layouts.slice(1, 3),
    );
    const classes = { labelCol: 'k', maxIter: 2, maxLeaves: 6, validationIndicatorCol: 'v' };
    const apart: Topology = { threads: 2, partitions: 2, keepsEntries: true, growsApart: true };
    await expectSame({ name: 'GBTClassifier', options: classes }, recipe, [apart]);
    const held = { labelCol: 'b', maxIter: 4, maxLeaves: 6, earlyStoppingRounds: 2 };
    const folds = { numModels: 2, holdOutFolds: 3 };
    const split: Topology = { threads: 3, partitions: 2, keepsEntries: true, ...tinyKnobs };
    await expectSame({ name: 'GBTClassifier', options: { ...held, ...folds } }, recipe, [
      { ...apart, growsApart: false },
      split,
    ]);
  }, 120_000);

  it('give it in large trees, whose nodes wait to be looked at', async () => {
    const large = { maxIter: 6, maxLeaves: 127, minInstancesPerNode: 1 };
    const bySplit: Topology = { threads: 1, partitions: 1, growsWhole: false };
    const whole: Topology = { threads: 1, partitions: 1, growsWhole: true };
    const wanted = [true, false].flatMap((keepsEntries) => [
      { ...bySplit, keepsEntries },
      { ...whole, keepsEntries },
    ]);
    const classes = { ...large, labelCol: 'k' };
    await expectSame({ name: 'GBTClassifier', options: classes }, recipe, wanted);
    const numbers = { ...large, labelCol: 'y', lambda: 0, minInfoGain: 0.01, maxDepth: 6 };
    await expectSame({ name: 'GBTRegressor', options: numbers }, recipe, wanted);
    const dear = { ...large, labelCol: 'y', splitCost: 0.5, splitCostPerRow: 0.02 };
    await expectSame({ name: 'GBTRegressor', options: dear }, recipe, wanted);
  }, 120_000);

  it.each([true, false])(
    'leave nodes out that cannot be split in the end, with entries and without: %s',
    async (keepsEntries) => {
      const runner = new KnobRunner(new InlineRunner());
      const table = cutTable(runner, halfOfNoise(), []);
      const featuresCols = [...featureNames(recipe), 'half'];
      const gbt = new GBTRegressor({ featuresCols, labelCol: 'y', maxIter: 3, maxLeaves: 8 });
      const fitted = async (growsWhole: boolean) => {
        runner.knobs = { growsWhole, keepsEntries };
        const bytes = await savedBytes(await gbt.fit(table));
        return { bytes, looked: (runner.reports[0]?.featuresDecided ?? 0) / featuresCols.length };
      };
      const whole = await fitted(true);
      const bySplit = await fitted(false);
      expect(whole.bytes).toEqual(bySplit.bytes);
      // one in each tree at least: the half that has nothing to gain
      expect(whole.looked).toBeLessThanOrEqual(bySplit.looked - 3);
    },
    60_000,
  );
});
