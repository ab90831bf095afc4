/**
 * The one idea of the library, as a law: the same data, parameters and seed give the same model, bit for
 * bit, on any number of threads and partitions, in waves of any size, with any number of kept histograms
 * and with either twin of the kernels.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { isCoppiceError } from '../../src/base/errors.ts';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import type { TreeModel } from '../../src/ensemble/tree-model.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import { predictionsOf, savedBytes } from '../tools/fitted-bytes.ts';
import { KnobRunner, type Knobs } from '../tools/knob-runner.ts';
import { type DataRecipe, randomData } from '../tools/random-data.ts';
import { cutTable, evenCuts, type SampleData } from '../tools/sample-data.ts';
import {
  type EstimatorCase,
  estimatorCases,
  makeEstimator,
  recipes,
  withFeatures,
} from './random-estimators.ts';

const pool = new ThreadPool(5, workerUrl());
afterAll(() => pool.close());

/** How the same work may be laid out. */
interface Topology extends Knobs {
  readonly threads: 1 | 2 | 3 | 5;
  readonly partitions: 1 | 2 | 7 | 'one empty';
}

const threadCounts = [1, 2, 3, 5] as const;
const partitionings = [1, 2, 7, 'one empty'] as const;

/** A few rows a wave, packed sums flushed after a few rows, room for one pair of histograms. */
const tinyKnobs: Knobs = { rawBytes: 5000, flushRows: 37, maxHistogramBytes: 1 };

const topologies: fc.Arbitrary<Topology> = fc
  .tuple(
    fc.constantFrom(...threadCounts),
    fc.constantFrom(...partitionings),
    fc.record(
      {
        rawBytes: fc.constantFrom(1, 20_000),
        flushRows: fc.constantFrom(1, 37, 1000),
        maxHistogramBytes: fc.constantFrom(1, 60_000),
        kernels: fc.constantFrom('wasm', 'reference'),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([threads, partitions, knobs]) => ({ threads, partitions, ...knobs }));

function cutsOf(numRows: number, partitions: Topology['partitions']): number[] {
  if (partitions !== 'one empty') return evenCuts(numRows, partitions);
  const middle = Math.floor(numRows / 3);
  return [middle, middle];
}

// a runner's fits take over each other's memory, so what one leaves there is what the next begins with
const aloneRunner = new KnobRunner(new InlineRunner());
const gangRunner = new KnobRunner(pool);

async function outcomeOf(found: EstimatorCase, data: SampleData, topology: Topology | null) {
  const runner = topology === null ? aloneRunner : gangRunner;
  runner.knobs = topology === null ? {} : { ...topology, width: topology.threads };
  const numRows = data[0]?.cells.length ?? 0;
  const table = cutTable(
    runner,
    data,
    topology === null ? [] : cutsOf(numRows, topology.partitions),
  );
  let model: TreeModel;
  try {
    model = await makeEstimator(found).fit(table);
  } catch (error) {
    // a class that only validation rows have is refused, on every topology
    if (isCoppiceError(error, 'LABEL_INVALID')) return { refused: error.code };
    throw error;
  }
  return { saved: await savedBytes(model), predictions: await predictionsOf(model, table) };
}

async function expectSame(
  found: EstimatorCase,
  recipe: DataRecipe,
  wanted: readonly Topology[],
): Promise<void> {
  const data = randomData(recipe);
  const complete = withFeatures(found, recipe);
  const alone = await outcomeOf(complete, data, null);
  for (const topology of wanted) {
    expect(await outcomeOf(complete, data, topology), JSON.stringify(topology)).toEqual(alone);
  }
}

const numRuns = {
  GBTRegressor: 20,
  GBTClassifier: 20,
  RandomForestRegressor: 12,
  RandomForestClassifier: 12,
  DecisionTreeRegressor: 6,
  DecisionTreeClassifier: 6,
} as const;

describe('one model on any topology', () => {
  for (const name of Object.keys(numRuns) as (keyof typeof numRuns)[]) {
    it(`${name} saves the same bytes and predicts the same on random topologies`, async () => {
      await fc.assert(
        fc.asyncProperty(
          estimatorCases[name],
          recipes,
          fc.array(topologies, { minLength: 3, maxLength: 3 }),
          expectSame,
        ),
        { numRuns: numRuns[name], endOnFailure: true },
      );
    }, 120_000);
  }

  const recipe: DataRecipe = {
    seed: 11,
    numRows: 5300,
    kinds: ['float32', 'words', 'many words', 'float64', 'flags', 'integers'],
    missing: 0.1,
  };
  const grid = threadCounts.flatMap((threads) =>
    partitionings.flatMap((partitions) => [
      { threads, partitions },
      { threads, partitions, ...tinyKnobs },
    ]),
  );

  it('boosting agrees on every thread count and partitioning, with and without tiny limits', async () => {
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
    await expectSame({ name: 'GBTClassifier', options }, recipe, grid);
  }, 120_000);

  it('forests agree on every thread count and partitioning, with and without tiny limits', async () => {
    const options = { labelCol: 'y', weightCol: 'w', numTrees: 4, maxDepth: 5 };
    await expectSame({ name: 'RandomForestRegressor', options }, recipe, grid);
  }, 120_000);

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
