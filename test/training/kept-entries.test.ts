/** A fit on entries of rows gives the model that records give; more fits and layouts are in row-entries.test.ts. */
import { it } from 'vitest';
import type { DataRecipe } from '../tools/random-data.ts';
import { expectSame, tinyKnobs } from './topologies.ts';

/** Records of more than 256 bytes: only these may have entries. */
const recipe: DataRecipe = {
  seed: 7,
  numRows: 300,
  kinds: Array.from({ length: 258 }, (_, i) => (i % 90 === 7 ? 'words' : 'flags')),
  missing: 0.1,
};

it('gives the same bytes with entries and without', async () => {
  const options = { labelCol: 'y', maxIter: 2, maxLeaves: 5 };
  await expectSame({ name: 'GBTRegressor', options }, recipe, [
    { threads: 1, partitions: 1, keepsEntries: true },
    { threads: 2, partitions: 7, keepsEntries: true, ...tinyKnobs },
    { threads: 1, partitions: 2, keepsEntries: false },
  ]);
});
