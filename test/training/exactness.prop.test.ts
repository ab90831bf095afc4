/**
 * The one idea of the library, as a law: the same data, parameters and seed give the same model, bit for
 * bit, on any number of threads and partitions, in waves of any size, with any number of kept histograms
 * and with either twin of the kernels.
 */
import fc from 'fast-check';
import { describe } from 'vitest';
import type { DataRecipe } from '../tools/random-data.ts';
import { drawsOf, it, itDivided, someOf } from '../tools/some-cases.ts';
import { boostedLabelsCases, estimatorCases, recipes } from './random-estimators.ts';
import {
  expectSame,
  partitionings,
  type Topology,
  threadCounts,
  tinyKnobs,
  topologies,
} from './topologies.ts';

/** In the long suite; others draw six tenths of them. */
const numRuns = {
  GBTRegressor: 20,
  GBTClassifier: 20,
  GBTRanker: 8,
  RandomForestRegressor: 12,
  RandomForestClassifier: 20,
  ExtraTreesRegressor: 6,
  ExtraTreesClassifier: 6,
  DecisionTreeRegressor: 6,
  DecisionTreeClassifier: 6,
} as const;
const share = process.env['COPPICE_SUITE'] === 'long' ? 1 : 0.6;

describe('one model on any topology', () => {
  for (const name of Object.keys(numRuns) as (keyof typeof numRuns)[]) {
    itDivided(
      `${name} saves the same bytes and predicts the same on random topologies`,
      async () => {
        await fc.assert(
          fc.asyncProperty(
            estimatorCases[name],
            recipes,
            fc.array(topologies, { minLength: 3, maxLength: 3 }),
            expectSame,
          ),
          { numRuns: drawsOf(Math.ceil(share * numRuns[name])), endOnFailure: true },
        );
      },
      120_000,
    );
  }

  itDivided(
    'boosting of several labels saves the same bytes and predicts the same',
    async () => {
      const places = fc.array(topologies, { minLength: 2, maxLength: 2 });
      const law = fc.asyncProperty(boostedLabelsCases, recipes, places, expectSame);
      await fc.assert(law, { numRuns: drawsOf(5), endOnFailure: true });
    },
    120_000,
  );

  const recipe: DataRecipe = {
    seed: 11,
    numRows: 5300,
    kinds: ['float32', 'words', 'many words', 'float64', 'flags', 'integers'],
    missing: 0.1,
  };
  const grid = threadCounts.flatMap((threads, t) =>
    partitionings.flatMap((partitions, p) => {
      const usual = { threads, partitions };
      const tiny = { ...usual, ...tinyKnobs };
      return (t + p) % 2 === 0 ? [usual, tiny] : [tiny, usual];
    }),
  );

  itDivided(
    'boosting agrees on every thread count and partitioning, with and without tiny limits',
    async () => {
      const options = {
        labelCol: 'b',
        weightCol: 'w',
        maxIter: 3,
        maxLeaves: 12,
        subsamplingRate: 0.8,
        colsampleByTree: 0.7,
        minInstancesPerNode: 1,
        minCategoryRows: 0,
      };
      await expectSame({ name: 'GBTClassifier', options }, recipe, someOf(grid));
    },
    120_000,
  );

  itDivided(
    'forests agree on every thread count and partitioning, with and without tiny limits',
    async () => {
      const options = { labelCol: 'y', weightCol: 'w', numTrees: 4, maxDepth: 5 };
      await expectSame({ name: 'RandomForestRegressor', options }, recipe, someOf(grid));
    },
    120_000,
  );

  it('rows of hundreds of bytes, which are not moved, agree too', async () => {
    const kinds = Array.from({ length: 270 }, (_, i) =>
      i % 90 === 7 ? 'many words' : i % 30 === 5 ? 'words' : 'float32',
    ) as DataRecipe['kinds'];
    const wide: DataRecipe = { seed: 5, numRows: 2300, kinds, missing: 0.05 };
    const layouts: Topology[] = [
      { threads: 2, partitions: 7 },
      { threads: 3, partitions: 2, ...tinyKnobs },
    ];
    const options = { labelCol: 'y', maxIter: 2, maxLeaves: 8, subsamplingRate: 0.7 };
    await expectSame({ name: 'GBTRegressor', options }, wide, layouts);
    const forest = { labelCol: 'b', numTrees: 3, maxDepth: 4 };
    await expectSame({ name: 'RandomForestClassifier', options: forest }, wide, layouts);
  }, 120_000);
});
