/** Histograms whose empty blocks are passed over (wasm/assembly/marked-blocks.ts): nothing of it shows in a model. */
import { describe, it } from 'vitest';
import type { DataRecipe } from '../tools/random-data.ts';
import { expectSame, type Topology } from './topologies.ts';

type Kind = DataRecipe['kinds'][number];

const bySplit: Topology = { threads: 1, partitions: 1, keepsEntries: false, growsWhole: false };
const layouts: Topology[] = [
  bySplit,
  { threads: 1, partitions: 1, keepsEntries: true },
  { threads: 2, partitions: 2, keepsEntries: true },
  { threads: 1, partitions: 1, keepsEntries: true, growsWhole: false },
];
/** Rows are not counted. */
const options = { maxIter: 2, maxLeaves: 24, minInstancesPerNode: 1, minCategoryRows: 0 };

function recipe(numRows: number, kinds: readonly Kind[], missing: number): DataRecipe {
  const all = Array.from({ length: 262 }, (_, i) => kinds[i % kinds.length] as Kind);
  return { seed: 29, numRows, kinds: all, missing };
}

describe('histograms with marks', () => {
  it.each([
    ['numbers and categories', recipe(120, ['float64', 'flags', 'flags', 'many words'], 0.1)],
    ['mostly missing', recipe(110, ['float32', 'few numbers', 'words'], 0.8)],
  ])('are those without: %s', async (_, data) => {
    const numbers = { ...options, labelCol: 'y' };
    await expectSame({ name: 'GBTRegressor', options: numbers }, data, layouts);
    const classes = { ...options, labelCol: 'b', subsamplingRate: 0.8 };
    await expectSame({ name: 'GBTClassifier', options: classes }, data, layouts.slice(0, 3));
  });

  it('are had where rows are hardly more than bins', async () => {
    const data = recipe(90, ['float64'], 0);
    const wanted: Topology[] = [bySplit, { threads: 1, partitions: 1 }];
    const numbers = { ...options, labelCol: 'y' };
    await expectSame({ name: 'GBTRegressor', options: numbers }, data, wanted);
  });
});
