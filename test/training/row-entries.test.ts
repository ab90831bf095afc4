/** Histograms built of what is not a feature's usual bin, forced on and off: nothing of it shows in a model. */
import { describe, it } from 'vitest';
import type { DataRecipe } from '../tools/random-data.ts';
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
];

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
});
