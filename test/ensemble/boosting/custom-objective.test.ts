/**
 * Objectives and metrics of the user: in the calling thread or imported by worker threads, the same model; and
 * when they fail, an error that says where.
 */
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromModule } from '../../../src/base/user-function.ts';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { TcpGangRunner } from '../../../src/cluster/tcp/tcp-gang-runner.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressionModel, GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { FunctionName } from '../../../src/params/object-kinds.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import type { MetricFunction, ObjectiveFunction } from '../../../src/training/user-calls.ts';
import { predictionsOf, savedBytes, treeBytes } from '../../tools/fitted-bytes.ts';
import { KnobRunner } from '../../tools/knob-runner.ts';
import { featureNames, randomData, range } from '../../tools/random-data.ts';
import {
  columnNamed,
  cutTable,
  evenCuts,
  type SampleData,
  withSampleColumn,
} from '../../tools/sample-data.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { fitSample, predictedNumbers, scoreSample } from '../../training/fit-sample.ts';
import {
  estimatorCases,
  makeEstimator,
  recipes,
  withFeatures,
} from '../../training/random-estimators.ts';
import * as losses from './loss-functions.mjs';

const squared = losses.squared as ObjectiveFunction;
const squaredError = losses.squaredError as MetricFunction;
const moduleUrl = new URL('./loss-functions.mjs', import.meta.url);

let pool: ThreadPool;
beforeAll(() => {
  pool = new ThreadPool(3, workerUrl());
});
afterAll(() => pool.close());

function threadsTable(data: SampleData, width: number, partitions: number) {
  const numRows = data[0]?.cells.length ?? 0;
  return cutTable(new KnobRunner(pool, { width }), data, evenCuts(numRows, partitions));
}

describe('squared loss as a function', () => {
  it('gives the model of squared loss, bit for bit, on any topology', async () => {
    await fc.assert(
      fc.asyncProperty(
        estimatorCases.GBTRegressor,
        recipes,
        fc.record({
          width: fc.constantFrom(1, 2, 3),
          partitions: fc.constantFrom(1, 7),
          isModule: fc.boolean(),
        }),
        async (found, recipe, { width, partitions, isModule }) => {
          const data = randomData(recipe);
          const {
            holdOutFolds,
            numModels,
            lossType,
            quantileLevel,
            quantileAlphas,
            huberDelta,
            fairScale,
            expectileLevel,
            censorCol,
            aftDistribution,
            aftScale,
            ...rest
          } = withFeatures(found, recipe).options;
          const builtIn = await fitSample({ name: 'GBTRegressor', options: rest }, data);
          const options = {
            ...rest,
            centerLabels: true,
            objectiveFunction: isModule ? fromModule(moduleUrl, 'squared') : squared,
            metricFunction: isModule ? fromModule(moduleUrl, 'squaredError') : squaredError,
          };
          const table = threadsTable(data, width, partitions);
          const custom = await makeEstimator({ name: 'GBTRegressor', options }).fit(table);
          expect(treeBytes(custom)).toEqual(treeBytes(builtIn));
          expect(custom.data.baseScores).toEqual(builtIn.data.baseScores);
          expect(await predictionsOf(custom, table)).toEqual(await scoreSample(builtIn, data));
          // labels were centred for the built-in measure, and are not for the function
          custom.summary.validationLosses.forEach((loss, round) => {
            const theirs = builtIn.summary.validationLosses[round] as number;
            expect(Math.abs(loss - theirs)).toBeLessThan(1e-9 * (1 + theirs));
          });
        },
      ),
      { numRuns: 15, endOnFailure: true },
    );
  });

  it('does so too without centered labels where they are whole numbers about 0', async () => {
    const recipe = { seed: 3, numRows: 900, kinds: ['float32', 'words'], missing: 0.1 } as const;
    const data = randomData(recipe);
    const whole = columnNamed(data, 'y').cells.map((cell) => Math.round(4 * Number(cell)));
    const balanced = [...whole.slice(0, -1), -whole.slice(0, -1).reduce((sum, y) => sum + y, 0)];
    const rows = withSampleColumn(data, { name: 'y', type: 'float64', cells: balanced });
    const options = { featuresCols: ['x0', 'x1'], labelCol: 'y', maxIter: 5 };
    const builtIn = await fitSample({ name: 'GBTRegressor', options }, rows);
    const custom = await fitSample(
      { name: 'GBTRegressor', options: { ...options, objectiveFunction: squared } },
      rows,
    );
    // another scale of scores may put leaves on another grid, 2^-40 of it apart
    const theirs = await predictedNumbers(builtIn, rows);
    (await predictedNumbers(custom, rows)).forEach((value, i) => {
      expect(value).toBeCloseTo(theirs[i] as number, 8);
    });
  });
});

const recipe = {
  seed: 21,
  numRows: 3000,
  kinds: ['float32', 'words', 'integers'],
  missing: 0.05,
} as const;
const data = randomData(recipe);
const shared = { featuresCols: featureNames(recipe), maxIter: 8, stepSize: 0.3 };

describe('a function', () => {
  it.each([
    ['GBTRegressor', { labelCol: 'p', link: 'log' }, 'poisson'],
    ['GBTClassifier', { labelCol: 'b', weightCol: 'w' }, 'crossEntropy'],
    ['GBTClassifier', { labelCol: 'k' }, 'crossEntropy'],
  ] as const)(
    'of %s %j: closure and module, 1 to 3 threads, the same bytes',
    async (name, own, run) => {
      const options = { ...shared, ...own };
      const closure = {
        ...options,
        objectiveFunction: run === 'poisson' ? losses.poisson : losses.crossEntropy,
      };
      const imported = { ...options, objectiveFunction: fromModule(moduleUrl, run) };
      const alone = await savedBytes(await fitSample({ name, options: closure }, data));
      for (const width of [1, 3]) {
        for (const given of [closure, imported]) {
          const estimator = makeEstimator({ name, options: given });
          const table = threadsTable(data, width, width === 1 ? 4 : 1);
          expect(await savedBytes(await estimator.fit(table))).toEqual(alone);
        }
      }
    },
  );

  it('for logistic loss and softmax predicts about what the built-in ones do', async () => {
    for (const labelCol of ['b', 'k']) {
      const options = { ...shared, labelCol, maxIter: 25 };
      const builtIn = await fitSample({ name: 'GBTClassifier', options }, data);
      const custom = await fitSample(
        { name: 'GBTClassifier', options: { ...options, objectiveFunction: losses.crossEntropy } },
        data,
      );
      const theirs = (await scoreSample(builtIn, data))['probability'] as number[];
      const ours = (await scoreSample(custom, data))['probability'] as number[];
      const distance = ours.reduce((sum, p, i) => sum + Math.abs(p - (theirs[i] as number)), 0);
      expect(distance / ours.length).toBeLessThan(0.03);
    }
  });

  it('with link log predicts e^score, and starts at one Newton step', async () => {
    const options = { ...shared, labelCol: 'p', link: 'log', objectiveFunction: losses.poisson };
    const model = await fitSample(
      { name: 'GBTRegressor', options: { ...options, maxIter: 30 } },
      data,
    );
    const labels = columnNamed(data, 'p').cells.map(Number);
    const mean = labels.reduce((sum, y) => sum + y, 0) / labels.length;
    // at a score of 0: Σ (1 − y) / Σ 1
    expect(model.data.baseScores[0]).toBeCloseTo(mean - 1, 6);
    const predicted = await predictedNumbers(model, data);
    const total = predicted.reduce((sum, p) => sum + p, 0) / labels.length;
    expect(Math.abs(total / mean - 1)).toBeLessThan(0.05);
  });

  it('is given labels and raw scores as they are when it measures', async () => {
    const seen: { labels: number[]; scores: number[] }[] = [];
    const metricFunction: MetricFunction = ({ labels, scores }, out) => {
      seen.push({ labels: [...labels], scores: [...scores] });
      out.set(labels.map((label, i) => Math.abs(label - (scores[i] as number))));
    };
    const whole = columnNamed(data, 'y').cells.map((cell) => Math.round(4 * Number(cell)) + 0.1);
    const rows = withSampleColumn(data, { name: 'y', type: 'float64', cells: whole });
    const options = {
      ...shared,
      labelCol: 'y',
      offsetCol: 'o',
      validationIndicatorCol: 'v',
      metricFunction,
    };
    const model = await fitSample({ name: 'GBTRegressor', options }, rows);
    const held = range(recipe.numRows).filter((row) => columnNamed(data, 'v').cells[row] === true);
    const last = seen[model.numTrees - 1];
    expect(last?.labels).toEqual(held.map((row) => whole[row]));
    const predicted = await predictedNumbers(model, rows);
    const sum = held.reduce((total, row, i) => {
      expect(last?.scores[i]).toBeCloseTo(predicted[row] as number, 9);
      return total + Math.abs((whole[row] as number) - (predicted[row] as number));
    }, 0);
    expect(model.summary.validationLosses[model.numTrees - 1]).toBeCloseTo(sum / held.length, 9);
  });

  it('is called on more rows than one batch holds, and each row once', async () => {
    const numRows = 20_000;
    const table = cutTable(new InlineRunner(), [
      { name: 'x', type: 'float64', cells: range(numRows).map((row) => row % 7) },
      { name: 'y', type: 'float64', cells: range(numRows) },
    ]);
    const counts = new Uint8Array(numRows);
    let sizes = 0;
    const objectiveFunction: ObjectiveFunction = (rows, out) => {
      squared(rows, out);
      for (const label of rows.labels) counts[label] = (counts[label] as number) + 1;
      sizes = Math.max(sizes, rows.numRows);
    };
    const estimator = new GBTRegressor({
      labelCol: 'y',
      featuresCols: ['x'],
      maxIter: 1,
      objectiveFunction,
    });
    await estimator.fit(table);
    expect(sizes).toBeLessThan(numRows);
    // at 0, at the start, in the first round
    expect([...new Set(counts)]).toEqual([3]);
  });
});

describe('a model of a function', () => {
  const folder = temporaryFolder('custom');
  const options = {
    ...shared,
    labelCol: 'p',
    link: 'log',
    objectiveFunction: losses.poisson as ObjectiveFunction,
  } as const;

  it('is saved with its name, loads without it, predicts the same and is saved as the same bytes', async () => {
    const model = await fitSample({ name: 'GBTRegressor', options }, data);
    await model.save(`${folder}/model`);
    const loaded = await GBTRegressionModel.load(`${folder}/model`);
    expect(loaded.params.objectiveFunction).toEqual(new FunctionName('poisson'));
    expect(await predictedNumbers(loaded, data)).toEqual(await predictedNumbers(model, data));
    expect(await savedBytes(loaded)).toEqual(await savedBytes(model));
    const functions = { poisson: losses.poisson };
    const complete = await GBTRegressionModel.load(`${folder}/model`, { functions });
    expect(complete.params.objectiveFunction).toBe(losses.poisson);
  });

  it('comes from an estimator that does not load without it', async () => {
    const estimator = new GBTRegressor(options);
    await estimator.save(`${folder}/estimator`);
    await expect(GBTRegressor.load(`${folder}/estimator`)).rejects.toMatchObject({
      code: 'FUNCTION_MISSING',
    });
    const functions = { poisson: losses.poisson };
    const loaded = await GBTRegressor.load(`${folder}/estimator`, { functions });
    expect(loaded.params.objectiveFunction).toBe(losses.poisson);
  });
});

describe('a function that fails', () => {
  const spoiled = withSampleColumn(data, {
    name: 'y',
    type: 'float64',
    cells: columnNamed(data, 'y').cells.map((cell, row) => (row === 2900 ? 777 : cell)),
  });
  const train = (objectiveFunction: unknown, width: number): Promise<unknown> => {
    const options = { ...shared, labelCol: 'y', objectiveFunction };
    return makeEstimator({ name: 'GBTRegressor', options }).fit(threadsTable(spoiled, width, 3));
  };

  it.each([
    ['closure', losses.fragile],
    ['function of a module', fromModule(moduleUrl, 'fragile')],
  ])('says on which rank and rows: a %s', async (_, run) => {
    for (const width of [1, 3]) {
      // rank 2 of 3 has the third block of 1,024 rows
      const rank = width - 1;
      await expect(train(run, width)).rejects.toMatchObject({
        code: 'FUNCTION_FAILED',
        message: expect.stringMatching(
          new RegExp(
            `^objectiveFunction fragile on rank ${rank}, its training rows 0 to \\d+ \\(the first is row ${rank * 1024} of the training table\\) of GBTRegressor failed: 777 is too much$`,
          ),
        ),
      });
    }
  });

  it('says in which row, when it gives what is no number', async () => {
    const nanAt: ObjectiveFunction = (rows, out) => {
      squared(rows, out);
      out.grads.forEach((_, i) => {
        if (rows.labels[i] === 777) out.grads[i] = Number.NaN;
      });
    };
    const message = 'grads of objectiveFunction nanAt of GBTRegressor must be a finite number';
    await expect(train(nanAt, 3)).rejects.toMatchObject({
      code: 'FUNCTION_FAILED',
      message: `${message} in every row; got NaN in row 2900 of the training table (rank 2, rows 0 to 951)`,
    });
    const negative: ObjectiveFunction = (rows, out) => {
      squared(rows, out);
      out.hesses[0] = -1;
    };
    await expect(train(negative, 1)).rejects.toMatchObject({
      message: expect.stringContaining('hesses of objectiveFunction negative of GBTRegressor must'),
    });
    const lazy: ObjectiveFunction = () => undefined;
    await expect(train(lazy, 1)).rejects.toMatchObject({
      message: expect.stringContaining('got NaN in row 0 of the training table'),
    });
  });

  it('says so when it answers later, and when it cannot be imported', async () => {
    const late = async (...given: Parameters<ObjectiveFunction>): Promise<void> =>
      squared(...given);
    await expect(train(late, 2)).rejects.toMatchObject({
      code: 'FUNCTION_FAILED',
      message: expect.stringContaining('must write into the arrays it is given, at once'),
    });
    await expect(train(fromModule(moduleUrl, 'nothing'), 2)).rejects.toMatchObject({
      code: 'DEPENDENCY_MISSING',
    });
  });

  it('ends the fit and not the program when it rejects later', async () => {
    const left: unknown[] = [];
    const hear = (error: unknown): void => void left.push(error);
    process.on('unhandledRejection', hear);
    try {
      const late = async (): Promise<never> => {
        throw new Error('too late');
      };
      await expect(train(late, 2)).rejects.toMatchObject({
        code: 'FUNCTION_FAILED',
        message: expect.stringContaining('must write into the arrays it is given, at once'),
      });
      await setImmediate();
      expect(left).toEqual([]);
    } finally {
      process.off('unhandledRejection', hear);
    }
  });

  it('is answered in words, whatever it throws', async () => {
    for (const [thrown, words] of [
      [Object.create(null), '{}'],
      [undefined, 'undefined'],
    ]) {
      const odd: ObjectiveFunction = () => {
        throw thrown;
      };
      await expect(train(odd, 2)).rejects.toMatchObject({
        code: 'FUNCTION_FAILED',
        message: expect.stringMatching(` failed: ${words}$`),
      });
    }
  });

  it('leaves the threads fit for the next', async () => {
    await expect(train(losses.fragile, 3)).rejects.toMatchObject({ code: 'FUNCTION_FAILED' });
    const table = threadsTable(data, 3, 2);
    const estimator = new GBTRegressor({ ...shared, labelCol: 'y', objectiveFunction: squared });
    expect((await estimator.fit(table)).numTrees).toBe(8);
  });

  it('of a closure is refused where other processes train', async () => {
    const runner = new TcpGangRunner({
      numProcesses: 1,
      threadsPerProcess: 1,
      workerUrl: workerUrl(),
    });
    const options = { ...shared, labelCol: 'y', objectiveFunction: squared };
    await expect(new GBTRegressor(options).fit(cutTable(runner, data))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message:
        'objectiveFunction of GBTRegressor must be fromModule(url, name) where other processes train; got the function squared, which only this process has',
    });
    await runner.close();
  });

  it('needs a metric beside it where there are validation rows', async () => {
    const options = { ...shared, labelCol: 'b', validationIndicatorCol: 'v' };
    const estimator = new GBTClassifier({ ...options, objectiveFunction: losses.crossEntropy });
    await expect(estimator.fit(cutTable(new InlineRunner(), data))).rejects.toMatchObject({
      code: 'PARAM_INVALID',
      message: expect.stringContaining('metricFunction of GBTClassifier must be given'),
    });
  });

  it('link and centerLabels belong to an objectiveFunction', () => {
    expect(() => new GBTRegressor({ link: 'log' })).toThrow(
      'link of GBTRegressor must be left out',
    );
    expect(() => new GBTRegressor({ centerLabels: true })).toThrow('centerLabels of GBTRegressor');
    expect(
      () => new GBTRegressor({ objectiveFunction: squared, link: 'log', centerLabels: true }),
    ).toThrow('centerLabels of GBTRegressor must be false with link log');
  });
});
