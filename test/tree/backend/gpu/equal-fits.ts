/**
 * Run in a process of its own, for it loads the GPU's driver: fits on the device and on the CPU and compares the
 * saved bytes. Each scenario of the command line prints one line of JSON; a difference ends the process with 1.
 */
import fc from 'fast-check';
import { InlineRunner } from '../../../../src/cluster/task-runner.ts';
import { TcpGangRunner } from '../../../../src/cluster/tcp/tcp-gang-runner.ts';
import { ThreadPool } from '../../../../src/cluster/threads/thread-pool.ts';
import { GBTClassifier } from '../../../../src/ensemble/boosting/gbt-classifier.ts';
import { RandomForestClassifier } from '../../../../src/ensemble/forest/random-forest-classifier.ts';
import type { TreeModel } from '../../../../src/ensemble/model/tree-model.ts';
import { workerUrl } from '../../../../src/session/worker-url.ts';
import type { PartitionedTable } from '../../../../src/table/partitioned-table.ts';
import { acquireDevice, closeDevice } from '../../../../src/tree/backend/gpu/open-device.ts';
import type { GpuDevice } from '../../../../src/tree/backend/gpu/web-gpu.ts';
import { savedBytes } from '../../../tools/fitted-bytes.ts';
import { KnobRunner, type Knobs } from '../../../tools/knob-runner.ts';
import { type DataRecipe, featureNames, randomData } from '../../../tools/random-data.ts';
import { cutTable, evenCuts, type SampleColumn } from '../../../tools/sample-data.ts';
import {
  type EstimatorCase,
  estimatorCases,
  makeEstimator,
  recipes,
  withFeatures,
} from '../../../training/random-estimators.ts';
import { resumeOnDevice } from './resumed-fits.ts';

const pool = new ThreadPool(3, workerUrl());
const runner = new KnobRunner(pool);
const alone = new KnobRunner(new InlineRunner());

/** A fit on both; the options are those of the estimator. */
async function compare(
  found: EstimatorCase,
  recipe: DataRecipe,
  { threads, partitions = 1, ...knobs }: Knobs & { threads: number; partitions?: number },
  gangs: KnobRunner = runner,
): Promise<void> {
  const data = randomData(recipe);
  const complete = withFeatures(found, recipe);
  const fitOn = async (one: KnobRunner, device: 'cpu' | 'gpu', turned: Knobs) => {
    one.knobs = turned;
    const table = cutTable(one, data, evenCuts(recipe.numRows, partitions));
    return await outcomeOf({ ...complete, options: { ...complete.options, device } }, table);
  };
  const expected = await fitOn(alone, 'cpu', {});
  const gotten = await fitOn(gangs, 'gpu', { ...knobs, width: threads });
  if (expected === gotten) return;
  throw new Error(
    `${JSON.stringify({ found, recipe, threads })}: ${gotten} instead of ${expected}`,
  );
}

async function outcomeOf(found: EstimatorCase, table: PartitionedTable): Promise<string> {
  let model: TreeModel;
  try {
    model = await makeEstimator(found).fit(table);
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
  return JSON.stringify(await savedBytes(model));
}

/** Buffers that are made on devices of this thread while something is done, and how many of them are left. */
async function countBuffers(work: () => Promise<void>): Promise<{ made: number; alive: number }> {
  const { device } = await acquireDevice();
  const ofDevice = Object.getPrototypeOf(device) as GpuDevice;
  const create = ofDevice.createBuffer;
  let made = 0;
  const living = new Set<object>();
  ofDevice.createBuffer = function (this: GpuDevice, options) {
    const buffer = create.call(this, options);
    const destroy = buffer.destroy;
    made += 1;
    living.add(buffer);
    buffer.destroy = () => {
      living.delete(buffer);
      destroy.call(buffer);
    };
    return buffer;
  };
  await closeDevice();
  await work();
  ofDevice.createBuffer = create;
  return { made, alive: living.size };
}

const wide: DataRecipe = {
  seed: 3,
  numRows: 3100,
  kinds: Array.from({ length: 12 }, (_, i) => (i === 7 ? 'words' : 'float32')),
  missing: 0.05,
};

const scenarios: Readonly<Record<string, () => Promise<object>>> = {
  random: async () => {
    const topology = fc.record({
      threads: fc.constantFrom(1, 2, 3),
      partitions: fc.constantFrom(1, 4),
    });
    const cases = fc.oneof(estimatorCases.GBTRegressor, estimatorCases.GBTClassifier);
    const property = fc.asyncProperty(cases, recipes, topology, (...found) => compare(...found));
    const numRuns = Number(process.env.COPPICE_GPU_FITS ?? 8);
    await fc.assert(property, { numRuns, endOnFailure: true, seed: 20 });
    return { numRuns };
  },
  // many features: most are never fetched, so what gpu.js finds decides what the host looks at
  scored: async () => {
    const kinds = wide.kinds.concat(wide.kinds);
    const options = { labelCol: 'b', maxIter: 3, maxDepth: 5, minInstancesPerNode: 5, lambda: 1 };
    const single = { ...options, maxIter: 1 };
    await compare({ name: 'GBTClassifier', options: single }, { ...wide, kinds }, { threads: 1 });
    const device = runner.reports[0]?.device ?? null;
    await compare({ name: 'GBTClassifier', options }, { ...wide, kinds }, { threads: 2 });
    const decided = (gangs: KnobRunner): number | undefined => gangs.reports[0]?.featuresDecided;
    return { onDevice: decided(runner), onCpu: decided(alone), device };
  },
  // the same column again and again: every gain is met more than once, and the first feature must win
  ties: async () => {
    const options = { labelCol: 'b', maxIter: 2, maxDepth: 4, lambda: 1, minInstancesPerNode: 2 };
    const data = randomData({ ...wide, numRows: 800, kinds: wide.kinds.slice(0, 3) });
    const names = Array.from({ length: 15 }, (_, i) => `x${i}`);
    const first = data.findIndex(({ name }) => name === 'x0');
    const columns = names.map((name, i) => ({ ...(data[first + (i % 3)] as SampleColumn), name }));
    const rest = data.filter(({ name }) => !/^x\d/.test(name));
    const bytes: string[] = [];
    for (const [one, device] of [[alone, 'cpu'] as const, [runner, 'gpu'] as const]) {
      one.knobs = { width: 1 };
      const table = cutTable(one, [...columns, ...rest]);
      const estimator = new GBTClassifier({ ...options, featuresCols: names, device });
      bytes.push(JSON.stringify(await savedBytes(await estimator.fit(table))));
    }
    if (bytes[0] !== bytes[1]) throw new Error('ties are broken in another way');
    return {};
  },
  // leaves are split ahead of their turn, and their children too, so that a tree takes few batches
  leafWise: async () => {
    const options = { labelCol: 'y', maxIter: 3, maxLeaves: 63, lambda: 1, minInstancesPerNode: 1 };
    const kinds = wide.kinds.slice(0, 5);
    await compare({ name: 'GBTRegressor', options }, { ...wide, kinds }, { threads: 1 });
    return { device: runner.reports[0]?.device };
  },
  // wide gradients, categories of two bytes, a pool that keeps almost nothing, all rows and some
  widths: async () => {
    const recipe: DataRecipe = { ...wide, kinds: ['float32', 'many words', 'float64', 'words'] };
    const options = { labelCol: 'p', weightCol: 'w', maxIter: 2, maxLeaves: 9, minCategoryRows: 0 };
    const knobs = { threads: 2, maxHistogramBytes: 1 };
    await compare({ name: 'GBTRegressor', options }, recipe, knobs);
    const drawn = { ...options, subsamplingRate: 0.4, maxDepth: 4, lossType: 'gamma' };
    await compare({ name: 'GBTRegressor', options: drawn }, recipe, { threads: 3 });
    return {};
  },
  // monotone and smoothed leaves are scanned on the host; models that are averaged are grown one after another
  shaped: async () => {
    const options = {
      labelCol: 'y',
      ...{ maxIter: 2, maxLeaves: 8, alpha: 0.1, pathSmoothing: 2 },
      monotoneConstraints: { x0: 1 },
    };
    await compare({ name: 'GBTRegressor', options }, wide, { threads: 2 });
    const folds = { labelCol: 'b', maxIter: 4, holdOutFolds: 2, numModels: 2, maxLeaves: 6 };
    await compare({ name: 'GBTClassifier', options: folds }, wide, { threads: 2 });
    return {};
  },
  // every kind of forest, on the device down to the last node, to small ones, and only the first levels of it
  forests: async () => {
    const forests = [
      { name: 'RandomForestClassifier', options: { labelCol: 'k', numTrees: 2, maxDepth: 6 } },
      { name: 'RandomForestClassifier', options: { labelCol: 'b', numTrees: 2, weightCol: 'w' } },
      { name: 'RandomForestRegressor', options: { labelCol: 'y', numTrees: 2, maxLeaves: 20 } },
    ] as const;
    const device = { kind: 'gpu', homeRows: 200 } as const;
    for (const found of forests) await compare(found, wide, { threads: 1, device });
    const deep = { labelCol: 'b', maxDepth: 5 };
    const whole = { kind: 'gpu', homeRows: 0 } as const;
    const single = { name: 'DecisionTreeClassifier', options: deep } as const;
    await compare(single, wide, { threads: 1, device: whole });
    const told = runner.reports[0]?.device ?? null;
    // the other threads grow trees beside the device
    await compare(forests[0], wide, { threads: 3, device });
    const names = [
      'DecisionTreeClassifier',
      'ExtraTreesClassifier',
      'ExtraTreesRegressor',
    ] as const;
    const cases = fc.oneof(
      estimatorCases.RandomForestRegressor,
      estimatorCases.RandomForestClassifier,
      estimatorCases.DecisionTreeRegressor,
      ...names.map((name) => estimatorCases[name]),
    );
    const homes = fc.constantFrom(0, 30, 1000);
    const property = fc.asyncProperty(cases, recipes, homes, async (found, recipe, homeRows) => {
      await compare(found, recipe, { threads: 1, device: { kind: 'gpu', homeRows } });
    });
    const numRuns = Number(process.env.COPPICE_GPU_FITS ?? 6);
    await fc.assert(property, { numRuns, endOnFailure: true, seed: 21 });
    return { numRuns, told };
  },
  // records in many buffers, and in fewer than they need, so that they are sent each time
  streamed: async () => {
    const boosted = { labelCol: 'b', maxIter: 2, maxDepth: 4, minInstancesPerNode: 5, lambda: 1 };
    const drawn = { labelCol: 'k', numTrees: 2, maxDepth: 5, weightCol: 'w' };
    const told: object[] = [];
    for (const mostBuffers of [100, 2]) {
      const records = { bufferBytes: 16_384, mostBuffers };
      const device = { kind: 'gpu', homeRows: 0, records } as const;
      await compare({ name: 'GBTClassifier', options: boosted }, wide, { threads: 1, device });
      told.push(runner.reports[0]?.device ?? {});
      await compare({ name: 'RandomForestClassifier', options: drawn }, wide, {
        ...{ threads: 1, device },
      });
      told.push(runner.reports[0]?.device ?? {});
    }
    return { told };
  },
  // the rank that drives the device has no rows: it sends what the others make, block by block, by a guessed scale
  sent: async () => {
    const options = { labelCol: 'y', maxIter: 5, maxDepth: 3, stepSize: 0.8, lambda: 1 };
    const told: number[] = [];
    for (const found of [
      { name: 'GBTRegressor', options },
      { name: 'GBTRegressor', options: { ...options, subsamplingRate: 0.5, weightCol: 'w' } },
      { name: 'GBTClassifier', options: { ...options, labelCol: 'b', earlyStoppingRounds: 2 } },
      { name: 'GBTClassifier', options: { ...options, labelCol: 'k', maxIter: 2 } },
    ] as const) {
      const device = { kind: 'gpu', streamRows: 300 } as const;
      await compare(found, { ...wide, numRows: 5000 }, { threads: 3, device });
      told.push(runner.reports[0]?.device?.numStreamed ?? -1);
    }
    const lost = { kind: 'auto', streamRows: 200, loseAfter: 7 } as const;
    const flags = { ...options, labelCol: 'b' };
    await compare({ name: 'GBTClassifier', options: flags }, wide, { threads: 3, device: lost });
    return { told };
  },
  // what else boosted trees can do: queries, several classes, trees that are dropped, rows by their gradients
  kinds: async () => {
    const few = { maxIter: 2, maxDepth: 3, minInstancesPerNode: 5, stepSize: 0.5 };
    const ranks = { labelCol: 'r', groupCol: 'g' };
    const cases = [
      { name: 'GBTRanker', options: { ...few, ...ranks, lossType: 'lambdarank' } },
      { name: 'GBTRanker', options: { ...few, ...ranks, lossType: 'xendcg' } },
      { name: 'GBTClassifier', options: { ...few, labelCol: 'k', weightCol: 'w' } },
      { name: 'GBTRegressor', options: { ...few, labelCol: 'y', dropRate: 0.5, maxIter: 4 } },
      { name: 'GBTRegressor', options: { ...few, labelCol: 'y', gossTopRate: 0.2, stepSize: 1 } },
      { name: 'GBTRegressor', options: { ...few, labelCol: 'y', quantileAlphas: [0.1, 0.9] } },
      { name: 'GBTRegressor', options: { ...few, labelCol: 'y', linearLeaves: true } },
      { name: 'GBTRegressor', options: { ...few, labelCol: 'y', extraTrees: true } },
      {
        name: 'GBTRegressor',
        options: {
          ...{ ...few, labelCol: 'y', splitCost: 2, splitCostPerRow: 0.02 },
          ...{ binEdges: { x0: [-0.5, 0.5] }, subsamplingRate: 0.7, subsamplingInterval: 2 },
        },
      },
      { name: 'GBTClassifier', options: { ...few, labelCol: 'k', lossType: 'oneVsAll' } },
      { name: 'GBTRegressor', options: { ...few, labelCols: ['y', 'p'] } },
      { name: 'GBTRegressor', options: { ...few, labelCol: 'y', lossType: 'huber' } },
      {
        name: 'GBTRegressor',
        options: { ...few, labelCol: 'y', numParallelTrees: 2, subsamplingRate: 0.6 },
      },
      {
        name: 'GBTRegressor',
        options: {
          ...{ ...few, labelCol: 'y', minInstancesPerNode: 1 },
          ...{ colsampleByTree: 0.7, colsampleByLevel: 0.6, featureWeights: { x0: 4, x1: 0 } },
        },
      },
    ] as const;
    const quantile = { lossType: 'quantile' };
    for (const { name, options } of cases) {
      const more = 'quantileAlphas' in options ? { ...options, ...quantile } : options;
      await compare({ name, options: more }, { ...wide, numRows: 700 }, { threads: 1 });
      const trees = runner.reports[0]?.device?.numTrees ?? 0;
      if (trees < 2) throw new Error(`${JSON.stringify(options)}: the device grew ${trees} trees`);
    }
    // what changes gains is the CPU's affair
    for (const options of [
      { gainFactors: { x0: 0.5 } },
      { featureCosts: { x0: 2 } },
      { featureCostsPerRow: { x0: 2 } },
    ]) {
      const told = { ...few, labelCol: 'y', ...options };
      const recipe = { ...wide, numRows: 700 };
      await compare({ name: 'GBTRegressor', options: told }, recipe, { threads: 1 });
      if (runner.reports[0]?.device !== null)
        throw new Error(`a device grew trees with ${JSON.stringify(options)}`);
    }
    return {};
  },
  // ended by an abort, by a lost device, and begun on the CPU: gone on with on a device
  resumed: async () => await resumeOnDevice(runner, alone, wide),
  lost: async () => {
    const options = { labelCol: 'y', maxIter: 3, maxLeaves: 8, subsamplingRate: 0.7 };
    const found = { name: 'GBTRegressor', options } as const;
    const table = cutTable(runner, randomData(wide));
    const said: string[] = [];
    for (const loseAfter of [1, 4]) {
      runner.knobs = { width: 2, device: { kind: 'gpu', loseAfter } };
      said.push(await outcomeOf(withFeatures(found, wide), table));
      await compare(found, wide, { threads: 2, device: { kind: 'auto', loseAfter } });
      const drawn = { labelCol: 'y', numTrees: 3, maxDepth: 5, weightCol: 'w' };
      const forest = { name: 'RandomForestRegressor', options: drawn } as const;
      runner.knobs = { width: 1, device: { kind: 'gpu', loseAfter } };
      said.push(await outcomeOf(withFeatures(forest, wide), table));
      const device = { kind: 'auto', loseAfter, homeRows: 100 } as const;
      await compare(forest, wide, { threads: 1, device });
    }
    return { said };
  },
  // each process has a device of its own; their integers are added up
  processes: async () => {
    const options = { labelCol: 'b', maxIter: 2, maxDepth: 4, minInstancesPerNode: 3 };
    const found = { name: 'GBTClassifier', options } as const;
    const few = { numTrees: 2, maxDepth: 5 };
    const forests = [
      { name: 'RandomForestClassifier', options: { ...few, labelCol: 'k', weightCol: 'w' } },
      { name: 'ExtraTreesRegressor', options: { ...few, labelCol: 'y', maxLeaves: 12 } },
      { name: 'DecisionTreeClassifier', options: { labelCol: 'b', maxDepth: 4 } },
    ] as const;
    const told: object[] = [];
    for (const threadsPerProcess of [1, 2]) {
      const processes = new TcpGangRunner({
        numProcesses: 2,
        threadsPerProcess,
        workerUrl: workerUrl(),
        tasks: pool,
      });
      const gangs = new KnobRunner(processes);
      const threads = 2 * threadsPerProcess;
      if (threadsPerProcess === 1) {
        for (const forest of forests) {
          await compare(forest, wide, { threads, sharesTrees: true }, gangs);
          told.push(gangs.reports.map(({ device }) => device?.numTrees ?? 0));
        }
        // where all rows fit each process, each grows trees of its own
        await compare(forests[0], wide, { threads }, gangs);
        told.push(gangs.reports.map(({ device }) => device?.numTrees ?? 0));
      } else {
        await compare(found, wide, { threads }, gangs);
        const device = { kind: 'auto', loseAfter: 3 } as const;
        await compare(forests[0], wide, { threads, device, sharesTrees: true }, gangs);
      }
      await processes.close();
    }
    // ranks of one process share each tree too where its memory has no room for a copy of the rows each
    await compare(forests[0], wide, { threads: 2, sharesTrees: true });
    told.push(runner.reports.map(({ device }) => device?.numTrees ?? 0));
    return { told };
  },
  // what one fit leaves on the device or in memory would show after many
  loop: async () => {
    const numFits = Number(process.env.COPPICE_GPU_FITS ?? 16);
    const data = randomData({ ...wide, numRows: 300 });
    const options = { labelCol: 'b', maxIter: 1, maxDepth: 2, featuresCols: featureNames(wide) };
    const { maxIter: _, ...common } = options;
    const estimators = [
      new GBTClassifier({ ...options, device: 'gpu' }),
      new RandomForestClassifier({ ...common, numTrees: 1, device: 'gpu' }),
    ];
    runner.knobs = { width: 1, device: { kind: 'gpu', homeRows: 0 } };
    const table = cutTable(runner, data);
    const sizes: number[] = [];
    for (let i = 0; i < numFits; i++) {
      await estimators[i % 2]?.fit(table);
      if (i % Math.floor(numFits / 4) === 0) sizes.push(process.memoryUsage().rss / 2 ** 20);
    }
    sizes.push(process.memoryUsage().rss / 2 ** 20);
    const here = cutTable(alone, data);
    alone.knobs = { device: { kind: 'gpu', homeRows: 0 } };
    const counted = await countBuffers(async () => {
      for (const estimator of estimators) await estimator.fit(here);
    });
    return { numFits, sizes, ...counted };
  },
};

for (const name of process.argv.slice(2)) {
  const scenario = scenarios[name];
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  const begin = performance.now();
  const told = await scenario();
  console.log(JSON.stringify({ name, ms: Math.round(performance.now() - begin), ...told }));
}
// Mesa's OpenGL may crash when several threads that used it end; all that was to be compared has been
process.stdout.write('compared\n', () => process.kill(process.pid, 'SIGKILL'));
