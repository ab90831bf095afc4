/**
 * The same model, bit for bit, from threads of one process and from several processes that meet over
 * sockets, each with the rows of its own share only.
 */

import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type GangRequest, type GangRunner, gangRunnerOf } from '../../src/cluster/gang-runner.ts';
import { InlineRunner, type TaskOptions } from '../../src/cluster/task-runner.ts';
import { TcpGangRunner } from '../../src/cluster/tcp/tcp-gang-runner.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import { readParquet } from '../../src/table/parquet/read-parquet.ts';
import { writeParquet } from '../../src/table/parquet/write-parquet.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import type { RankResult } from '../../src/training/messages.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import { KnobRunner, type Knobs } from '../tools/knob-runner.ts';
import { type DataRecipe, randomData, range } from '../tools/random-data.ts';
import { cutEvenly, pickRows, type SampleData } from '../tools/sample-data.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { outcomeOf } from '../training/outcome-of.ts';
import {
  boostedLabelsCases,
  type EstimatorCase,
  estimatorCases,
  makeEstimator,
  recipes,
  withFeatures,
} from '../training/random-estimators.ts';

const runners = {
  single: new TcpGangRunner({ numProcesses: 3, threadsPerProcess: 1, workerUrl: workerUrl() }),
  double: new TcpGangRunner({ numProcesses: 2, threadsPerProcess: 2, workerUrl: workerUrl() }),
  /** Main threads meet for the ranks. */
  relayed: new TcpGangRunner({
    numProcesses: 2,
    threadsPerProcess: 2,
    workerUrl: workerUrl(),
    usesLanes: false,
  }),
} as const;
afterAll(() => Promise.all(Object.values(runners).map((runner) => runner.close())));

/** How the same work may be laid out: ranks are dealt to processes of one or of two threads. */
interface Topology extends Knobs {
  readonly processes: keyof typeof runners;
  readonly width: number;
  readonly partitions: number;
}

const topologies: fc.Arbitrary<Topology> = fc
  .tuple(
    fc.constantFrom(
      { processes: 'single', width: 2 } as const,
      { processes: 'single', width: 3 } as const,
      { processes: 'double', width: 3 } as const,
      { processes: 'double', width: 4 } as const,
      { processes: 'relayed', width: 4 } as const,
    ),
    fc.constantFrom(1, 2, 7),
    fc.record(
      {
        rawBytes: fc.constantFrom(1, 20_000),
        byColumns: fc.boolean(),
        flushRows: fc.constantFrom(1, 37, 1000),
        maxHistogramBytes: fc.constantFrom(1, 60_000),
        kernels: fc.constantFrom('wasm', 'reference'),
        sharesTrees: fc.boolean(),
        finishesLocally: fc.boolean(),
        growsWhole: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([ranks, partitions, knobs]) => ({ ...ranks, partitions, ...knobs }));

const fittedOn = (found: EstimatorCase, table: PartitionedTable) =>
  outcomeOf(makeEstimator(found).fit(table), table);

async function expectSame(
  found: EstimatorCase,
  recipe: DataRecipe,
  wanted: readonly Topology[],
): Promise<void> {
  const data = randomData(recipe);
  const complete = withFeatures(found, recipe);
  const alone = await fittedOn(complete, cutEvenly(new KnobRunner(new InlineRunner()), data, 1));
  for (const topology of wanted) {
    const runner = new KnobRunner(runners[topology.processes], topology);
    const table = cutEvenly(runner, data, topology.partitions);
    expect(await fittedOn(complete, table), JSON.stringify(topology)).toEqual(alone);
  }
}

const recipe: DataRecipe = {
  seed: 23,
  numRows: 4000,
  kinds: ['float32', 'words', 'many words', 'float64', 'flags', 'integers'],
  missing: 0.1,
};

/** Keeps what the ranks answered. */
class ListeningRunner implements GangRunner {
  readonly #runner: GangRunner;
  readonly #width: number;
  answers: readonly RankResult[] = [];

  constructor(runner: GangRunner, width: number) {
    this.#runner = runner;
    this.#width = width;
  }

  get numThreads(): number {
    return this.#width;
  }

  run<T>(name: string, payload: unknown, options?: TaskOptions): Promise<T> {
    return this.#runner.run(name, payload, options);
  }

  get hasOtherProcesses(): boolean {
    return this.#runner.hasOtherProcesses === true;
  }

  async runGang(request: GangRequest): Promise<unknown[]> {
    const answers = await this.#runner.runGang(request);
    this.answers = answers as RankResult[];
    return answers;
  }
}

/** What the ranks of a fit of boosted trees answer; rank 0 has the trees. */
async function boost(
  inner: GangRunner,
  width: number,
  options: Readonly<Record<string, unknown>>,
): Promise<readonly RankResult[]> {
  const runner = new ListeningRunner(inner, width);
  const all = { labelCol: 'y', maxIter: 6, maxLeaves: 24, minInstancesPerNode: 1, ...options };
  const found = withFeatures({ name: 'GBTRegressor', options: all }, recipe);
  await makeEstimator(found).fit(cutEvenly(runner, randomData(recipe), 3));
  return runner.answers;
}

describe('processes that meet over sockets', () => {
  it.each([{}, { weightCol: 'w' }, { linearLeaves: true }])(
    'grow the trees of one thread in every array, with %o',
    async (options) => {
      const [alone] = (await boost(gangRunnerOf(new InlineRunner()), 1, options)) as [RankResult];
      expect(alone.trees.categoryBits.length).toBeGreaterThan(0);
      for (const [processes, width] of [
        ['single', 2],
        ['single', 3],
        ['double', 4],
        ['relayed', 4],
      ] as const) {
        const answers = await boost(runners[processes], width, options);
        expect(answers[0]?.trees).toEqual(alone.trees);
        for (const [rank, { facts, report }] of answers.entries()) {
          expect(facts).toEqual(alone.facts);
          expect(report.rank).toBe(rank);
          expect(report.histogramRows).toBeGreaterThan(0);
          expect(report.numRows).toBeLessThan(alone.facts.numRows);
        }
        expect(answers).toHaveLength(width);
      }
    },
  );

  const tiny = { ...recipe, numRows: 600, kinds: recipe.kinds.slice(0, 4) };
  const regressor = (options: Readonly<Record<string, unknown>>): EstimatorCase => ({
    name: 'GBTRegressor',
    options: { labelCol: 'y', maxIter: 2, maxLeaves: 6, minInstancesPerNode: 3, ...options },
  });
  it.each<EstimatorCase>([
    regressor({ growPolicy: 'oblivious', maxLeaves: undefined, maxDepth: 3 }),
    regressor({ gainFactors: { x0: 0.4, x1: 3 }, weightCol: 'w' }),
    regressor({
      ...{ numParallelTrees: 2, subsamplingRate: 0.6, lossType: 'huber', weightCol: 'w' },
      ...{ featureWeights: { x0: 3, x1: 0.5 }, colsampleByTree: 0.5, colsampleByLevel: 0.7 },
    }),
    regressor({
      forcedSplits: {
        feature: 'x3',
        threshold: 0,
        left: { feature: 'x0', threshold: 0 },
        right: { feature: 'x0', threshold: 0.5 },
      },
    }),
    regressor({
      monotoneConstraints: { x0: 1, x3: -1 },
      ...{ monotoneMethod: 'intermediate', monotonePenalty: 0.5, maxLeaves: 12 },
    }),
    regressor({
      monotoneConstraints: { x0: -1, x3: 1 },
      ...{ monotoneMethod: 'advanced', maxLeaves: 12, gainFactors: { x3: 1.5 } },
    }),
    regressor({ featureCosts: { x0: 5, x1: 50, x2: 500 }, maxIter: 3 }),
    regressor({ featureCostsPerRow: { x0: 0.02, x2: 0.05 }, subsamplingRate: 0.7, maxIter: 3 }),
    regressor({ linearLeaves: true, extraTrees: true }),
    regressor({ splitCost: 4, splitCostPerRow: 0.02, binEdges: { x0: [-1, 0.5], x3: [0] } }),
    regressor({ subsamplingRate: 0.6, subsamplingInterval: 2, maxIter: 3 }),
    { name: 'GBTClassifier', options: { labelCol: 'k', lossType: 'oneVsAll', maxIter: 2 } },
    {
      name: 'RandomForestClassifier',
      options: { labelCol: 'k', numTrees: 2, maxDepth: 4, honestLeafShare: 0.5 },
    },
    { name: 'ExtraTreesRegressor', options: { labelCol: 'y', numTrees: 2, maxDepth: 4 } },
    { name: 'ExtraTreesClassifier', options: { labelCol: 'k', numTrees: 2, maxDepth: 4 } },
  ])('grow the same trees in every way: $name with $options', async (found) => {
    await expectSame(found, tiny, [
      { processes: 'single', width: 2, partitions: 2 },
      { processes: 'double', width: 3, partitions: 1, maxHistogramBytes: 1 },
      { processes: 'single', width: 3, partitions: 7, sharesTrees: true, kernels: 'reference' },
    ]);
  });

  it.each<EstimatorCase>([
    { name: 'RandomForestClassifier', options: { labelCol: 'k', numTrees: 2, maxDepth: 20 } },
    {
      name: 'RandomForestRegressor',
      options: { labelCol: 'y', weightCol: 'w', numTrees: 2, maxDepth: 20 },
    },
    {
      name: 'RandomForestRegressor',
      options: {
        ...{ labelCol: 'y', numTrees: 2, maxDepth: 20 },
        monotoneConstraints: { x0: 1, x3: -1, x5: 1 },
      },
    },
  ])(
    'finish small nodes of shared trees by one rank each: $name',
    async (found) => {
      const shared = { partitions: 3, sharesTrees: true } as const;
      await expectSame(found, { ...recipe, numRows: 5000 }, [
        { ...shared, processes: 'single', width: 3 },
        { ...shared, processes: 'double', width: 4 },
        { ...shared, processes: 'double', width: 3, maxHistogramBytes: 60_000 },
        { ...shared, processes: 'relayed', width: 4, finishesLocally: false },
      ]);
    },
    60_000,
  );

  it('read their own rows of Parquet files', async () => {
    const folder = temporaryFolder('processes');
    const path = join(folder, 'data');
    const data = randomData(recipe);
    await writeParquet(cutEvenly(new KnobRunner(new InlineRunner()), data, 3), path);
    const found = withFeatures(
      { name: 'GBTClassifier', options: { labelCol: 'k', weightCol: 'w', maxIter: 3 } },
      recipe,
    );
    const alone = await fittedOn(found, await readParquet(new InlineRunner(), path));
    for (const runner of Object.values(runners)) {
      expect(await fittedOn(found, await readParquet(runner, path))).toEqual(alone);
    }
  });

  it('measure groups of several sets of validation rows alike', async () => {
    const data = randomData({ ...tiny, numRows: 900 });
    const part = (from: number, to: number): SampleData => pickRows(data, range(to).slice(from));
    const historyOf = async (runner: GangRunner, cuts: number) => {
      const options = {
        ...{ featuresCols: ['x0', 'x1', 'x2', 'x3'], labelCol: 'r', groupCol: 'q' },
        ...{ maxIter: 3, maxLeaves: 6, ndcgAt: [1, 5], trainingHistory: true },
      };
      const validationSets = {
        recent: cutEvenly(runner, part(500, 700), cuts),
        other: cutEvenly(runner, part(700, 900), cuts),
      };
      const table = cutEvenly(runner, part(0, 500), cuts);
      const model = await makeEstimator({ name: 'GBTRanker', options }).fit(table, {
        validationSets,
      });
      return { history: model.summary.history, saved: await savedBytes(model) };
    };
    const alone = await historyOf(new KnobRunner(new InlineRunner()), 1);
    expect(alone.history).toHaveLength(9);
    for (const [processes, width, cuts] of [
      ['single', 3, 2],
      ['double', 4, 7],
    ] as const) {
      const runner = new KnobRunner(runners[processes], { width });
      expect(await historyOf(runner, cuts)).toEqual(alone);
    }
  }, 60_000);

  it('agree where a process has no row at all', async () => {
    const tiny = { ...recipe, numRows: 3, kinds: ['float32', 'words'] } as const;
    const options = { labelCol: 'y', minInstancesPerNode: 1, maxIter: 2 };
    const topology = { processes: 'double', width: 4, partitions: 2 } as const;
    await expectSame({ name: 'GBTRegressor', options }, tiny, [topology]);
    const forest = { labelCol: 'b', numTrees: 9 };
    const shared = { ...topology, sharesTrees: true };
    await expectSame({ name: 'RandomForestClassifier', options: forest }, tiny, [topology, shared]);
  });

  /** In the long suite; `npm test` draws six tenths of them. */
  const numRuns = {
    GBTRegressor: 10,
    GBTClassifier: 10,
    GBTRanker: 5,
    RandomForestRegressor: 8,
    RandomForestClassifier: 8,
    DecisionTreeClassifier: 4,
  } as const;
  const share = process.env['COPPICE_SUITE'] === 'long' ? 1 : 0.6;

  it('GBTRegressor of several labels saves and predicts the same', async () => {
    const places = fc.array(topologies, { minLength: 1, maxLength: 1 });
    const law = fc.asyncProperty(boostedLabelsCases, recipes, places, expectSame);
    await fc.assert(law, { numRuns: 3, endOnFailure: true });
  }, 120_000);

  for (const name of Object.keys(numRuns) as (keyof typeof numRuns)[]) {
    it(`${name} saves and predicts the same on random topologies`, async () => {
      await fc.assert(
        fc.asyncProperty(
          estimatorCases[name],
          recipes,
          fc.array(topologies, { minLength: 2, maxLength: 2 }),
          expectSame,
        ),
        { numRuns: Math.ceil(share * numRuns[name]), endOnFailure: true },
      );
    }, 120_000);
  }
});
