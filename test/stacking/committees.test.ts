/** Votes, baggings, AdaBoost and one-vs-rest: the same bytes on any topology, and what each promises. */
import { afterAll, describe, expect } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import { DecisionTreeRegressor } from '../../src/ensemble/forest/decision-tree-regressor.ts';
import { RandomForestClassifier } from '../../src/ensemble/forest/random-forest-classifier.ts';
import { MulticlassClassificationEvaluator } from '../../src/evaluation/evaluators/multiclass-classification-evaluator.ts';
import { RegressionEvaluator } from '../../src/evaluation/evaluators/regression-evaluator.ts';
import '../../src/evaluation/worker-tasks.ts';
import { VectorAssembler } from '../../src/feature/vectors/vector-assembler.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import { loadStage } from '../../src/pipeline/load-stage.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import type { PipelineStage } from '../../src/pipeline/pipeline-stage.ts';
import type { Transformer } from '../../src/pipeline/transformer.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import { AdaBoostClassifier } from '../../src/stacking/ada-boost/ada-boost-classifier.ts';
import { AdaBoostRegressor } from '../../src/stacking/ada-boost/ada-boost-regressor.ts';
import { BaggingClassifier } from '../../src/stacking/bagging/bagging-classifier.ts';
import { BaggingRegressor } from '../../src/stacking/bagging/bagging-regressor.ts';
import { OneVsRest } from '../../src/stacking/committee/one-vs-rest.ts';
import { StackingRegressor } from '../../src/stacking/stack/stacking-regressor.ts';
import { VotingClassifier } from '../../src/stacking/voting/voting-classifier.ts';
import { VotingRegressor } from '../../src/stacking/voting/voting-regressor.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import '../../src/training/worker-programs.ts';
import '../../src/tuning/worker-tasks.ts';
import { contentOf } from '../tools/inline-table.ts';
import { randomData } from '../tools/random-data.ts';
import { cutTable, evenCuts } from '../tools/sample-data.ts';
import { it, itDivided, someOf } from '../tools/some-cases.ts';
import { folderContent, temporaryFolder } from '../tools/temporary-folder.ts';

const inline = new InlineRunner();
const pools = [2, 5].map((threads) => new ThreadPool(threads, workerUrl())) as [
  ThreadPool,
  ThreadPool,
];
afterAll(async () => {
  for (const pool of pools) await pool.close();
});
const root = temporaryFolder('committees');

const data = randomData({
  seed: 21,
  numRows: 200,
  kinds: ['float32', 'words', 'float64', 'flags'],
  missing: 0.1,
});
const table = cutTable(inline, data);
const featuresCols = ['x0', 'x1', 'x2', 'x3'];
const classTree = new DecisionTreeClassifier({ featuresCols, labelCol: 'k', maxDepth: 4 });
const numberTree = new DecisionTreeRegressor({ featuresCols, labelCol: 'y', maxDepth: 4 });
const boosted = new GBTClassifier({ featuresCols, labelCol: 'k', weightCol: 'w', maxIter: 3 });
const forest = new Pipeline({
  stages: [
    new VectorAssembler({ inputCols: ['x0', 'x2'] }),
    new RandomForestClassifier({ labelCol: 'k', numTrees: 3, maxDepth: 3 }),
  ],
});
const numbers = [
  numberTree,
  new GBTRegressor({ featuresCols, labelCol: 'y', maxIter: 3 }),
  new DecisionTreeRegressor({ featuresCols: ['x1'], labelCol: 'y', maxDepth: 1 }),
];
const classes = [classTree, boosted, forest];

async function bytesOf(stage: PipelineStage, name: string): Promise<object> {
  await stage.save(`${root}/${name}`, { overwrite: true });
  return folderContent(`${root}/${name}`);
}

const committees: readonly (readonly [string, Estimator])[] = [
  ['a vote', new VotingClassifier({ estimators: classes, weights: [1, 2, 0] })],
  [
    'a vote with learned weights',
    new VotingClassifier({ estimators: classes, weighting: 'learned', numFolds: 2 }),
  ],
  [
    'a selected vote',
    new VotingClassifier({
      estimators: classes,
      voting: 'hard',
      weighting: 'selected',
      selectionRounds: 5,
      numFolds: 2,
      idCol: 'id',
    }),
  ],
  [
    'a mean with learned weights',
    new VotingRegressor({ estimators: numbers, weighting: 'learned', numFolds: 2 }),
  ],
  [
    'a bagging of rows and columns',
    new BaggingClassifier({ estimator: classTree, numEstimators: 3, colsampleByModel: 0.5 }),
  ],
  [
    'a bagging without repetition',
    new BaggingRegressor({
      estimator: numberTree,
      numEstimators: 3,
      bootstrap: false,
      subsamplingRate: 0.5,
      idCol: 'id',
    }),
  ],
  ['AdaBoost', new AdaBoostClassifier({ estimator: classTree, maxIter: 3, weightCol: 'w' })],
  [
    'AdaBoost of numbers',
    new AdaBoostRegressor({ estimator: numberTree, maxIter: 3, lossType: 'square' }),
  ],
  ['one against the rest', new OneVsRest({ classifier: boosted })],
];

describe.each(someOf(committees))('%s', (_, estimator) => {
  itDivided('is the same bytes on any threads and partitions, saved and loaded', async () => {
    const model = await estimator.fit(table);
    const expected = await bytesOf(model, 'expected');
    const topologies = [
      [pools[0], 7],
      [pools[1], 2],
    ] as const;
    const content = await contentOf(await model.transform(table));
    for (const [runner, numPartitions] of topologies) {
      const other = cutTable(runner, data, evenCuts(200, numPartitions));
      const again = await estimator.fit(other);
      expect(await bytesOf(again, 'again')).toEqual(expected);
      expect(await contentOf(await again.transform(other))).toEqual(content);
    }
    const loaded = (await loadStage(`${root}/again`)) as Transformer;
    expect(await contentOf(await loaded.transform(table))).toEqual(content);
    expect(await bytesOf(await loadStage(`${root}/again`), 'loaded')).toEqual(expected);
    const plain = await bytesOf(estimator, 'unfitted');
    expect(await bytesOf(await loadStage(`${root}/unfitted`), 'unfitted again')).toEqual(plain);
  });
});

describe('a vote', () => {
  const probabilities = async (on: Transformer): Promise<number[][]> => {
    const content = await contentOf(await on.transform(table));
    return (content['probability'] as Iterable<number>[]).map((values) => [...values]);
  };

  it('adds probabilities up by weight, or counts predictions', async () => {
    const fitted = await Promise.all(classes.slice(0, 2).map((one) => one.fit(table)));
    const [a, b] = (await Promise.all(fitted.map(probabilities))) as [number[][], number[][]];
    const soft = await new VotingClassifier({ estimators: fitted, weights: [1, 3] }).fit(table);
    const mixed = await probabilities(soft);
    for (const [row, values] of mixed.entries()) {
      for (const [k, p] of values.entries())
        expect(p).toBeCloseTo((Number(a[row]?.[k]) + 3 * Number(b[row]?.[k])) / 4, 12);
    }
    const hard = await new VotingClassifier({ estimators: classes, voting: 'hard' }).fit(table);
    const said = await Promise.all(
      hard.models.map(
        async (model) => (await contentOf(await model.transform(table)))['prediction'],
      ),
    );
    const winners = (await contentOf(await hard.transform(table)))['prediction'] as number[];
    for (const [row, winner] of winners.entries()) {
      const votes = said.map((one) => one?.[row]);
      const count = (value: unknown): number => votes.filter((vote) => vote === value).length;
      expect(count(winner)).toBe(Math.max(...votes.map(count)));
    }
  });

  it('learns weights that are at least as good as any single member out of fold', async () => {
    // the target is one member's view and three of another's, plus noise that neither can see
    const rows = Array.from({ length: 1500 }, (_, row) => row);
    const x = rows.map((row) => ((row * 7919) % 1500) / 1500);
    const z = rows.map((row) => ((row * 104_729) % 1500) / 1500);
    const made = cutTable(inline, [
      { name: 'x', type: 'float64', cells: x },
      { name: 'z', type: 'float64', cells: z },
      {
        name: 'label',
        type: 'float64',
        cells: rows.map((row) => Number(x[row]) + 3 * Number(z[row])),
      },
    ]);
    const of = (...cols: string[]) =>
      new DecisionTreeRegressor({ featuresCols: cols, maxDepth: 5 });
    const estimators = [of('x'), of('z'), of('x', 'z')];
    const evaluator = new RegressionEvaluator({ metricName: 'rmse' });
    const errors: number[] = [];
    for (const weighting of ['equal', 'learned', 'selected'] as const) {
      const model = await new VotingRegressor({ estimators, weighting, numFolds: 3 }).fit(made);
      errors.push(await evaluator.evaluate(await model.transform(made)));
      if (weighting === 'learned')
        expect(model.memberWeights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
    }
    const [equal, learned, selected] = errors as [number, number, number];
    expect(learned).toBeLessThan(equal);
    expect(selected).toBeLessThan(equal);
  });

  it('leaves out who does not help, and is not misled by who memorises', async () => {
    // a tree of noise knows every training row by heart: in-sample weights would give it everything
    const memory = new DecisionTreeClassifier({ featuresCols: ['o'], labelCol: 'b', maxDepth: 30 });
    const useful = new GBTClassifier({ featuresCols, labelCol: 'b', maxIter: 8 });
    for (const weighting of ['learned', 'selected'] as const) {
      const vote = new VotingClassifier({ estimators: [memory, useful], weighting });
      const model = await vote.fit(table);
      expect(model.memberWeights.at(-1)).toBeGreaterThan(
        0.6 * model.memberWeights.reduce((a, b) => a + b),
      );
    }
  });

  it('refuses weights and members that do not fit', async () => {
    const make = (extra: object) => new VotingClassifier({ estimators: classes, ...extra });
    expect(() => make({ weights: [1] })).toThrow('must be 3 numbers, one an estimator');
    expect(() => make({ weights: [0, 0, 0] })).toThrow('one that is above 0');
    expect(() => make({ weights: [1, 1, 1], weighting: 'learned' })).toThrow('left out');
    expect(() => make({ voting: 'hard', weighting: 'learned' })).toThrow('hard votes');
    const odd = make({
      estimators: [classTree, new GBTRegressor({ featuresCols, labelCol: 'k' })],
    });
    await expect(odd.fit(table)).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
  });
});

describe('a bagging', () => {
  it('judges rows by the members that have not seen them', async () => {
    const deep = new DecisionTreeClassifier({ featuresCols: ['o'], labelCol: 'b', maxDepth: 30 });
    const bagging = new BaggingClassifier({ estimator: deep, numEstimators: 30, idCol: 'id' });
    const model = await bagging.fit(table);
    const accuracy = new MulticlassClassificationEvaluator({
      labelCol: 'b',
      metricName: 'accuracy',
    });
    expect(await accuracy.evaluate(await model.transform(table))).toBeGreaterThan(0.9);
    const judged = await model.outOfBag(table);
    expect(await accuracy.evaluate(judged)).toBeLessThan(0.65);
    await model.save(`${root}/bagging`, { overwrite: true });
    const loaded = (await loadStage(`${root}/bagging`)) as typeof model;
    expect(await contentOf(await loaded.outOfBag(table))).toEqual(await contentOf(judged));
  });

  it('has no prediction for a row that is in every bag', async () => {
    const all = { subsamplingRate: 1, bootstrap: false, numEstimators: 2 };
    const model = await new BaggingRegressor({ estimator: numberTree, ...all }).fit(table);
    const { prediction } = await contentOf(await model.outOfBag(table));
    expect(prediction?.every((value) => value === null)).toBe(true);
    const classModel = await new BaggingClassifier({ estimator: classTree, ...all }).fit(table);
    const { probability } = await contentOf(await classModel.outOfBag(table));
    expect(probability?.every((value) => value === null)).toBe(true);
  });

  it('draws bags of the size asked for, each its own, and columns for each model', async () => {
    const seen: number[] = [];
    const columns = new Set<string>();
    class Watched extends DecisionTreeRegressor {
      override async fit(on: PartitionedTable) {
        seen.push(await on.count());
        columns.add((this.params.featuresCols ?? []).join());
        return await super.fit(on);
      }
    }
    const estimator = new Watched({ featuresCols, labelCol: 'y', maxDepth: 2 });
    await new BaggingRegressor({ estimator, numEstimators: 20, colsampleByModel: 0.5 }).fit(table);
    const mean = seen.reduce((sum, count) => sum + count, 0) / seen.length;
    expect(Math.abs(mean - 200)).toBeLessThan(12);
    expect(new Set(seen).size).toBeGreaterThan(5);
    expect(columns.size).toBeGreaterThan(3);
    const pipeline = new BaggingClassifier({ estimator: forest });
    expect(() => pipeline.copy({ colsampleByModel: 0.5 })).toThrow('given featuresCols');
  });
});

describe('AdaBoost', () => {
  const rows = Array.from({ length: 400 }, (_, row) => row);
  const x = rows.map((row) => ((row * 7919) % 400) / 40);
  const stripes = cutTable(inline, [
    { name: 'x', type: 'float64', cells: x },
    { name: 'label', type: 'int32', cells: x.map((value) => Math.floor(value / 2.5) % 2) },
    { name: 'target', type: 'float64', cells: x.map((value) => Math.sin(value)) },
  ]);

  it('makes stumps know what one stump cannot', async () => {
    const estimator = new DecisionTreeClassifier({ featuresCols: ['x'], maxDepth: 1 });
    const accuracy = new MulticlassClassificationEvaluator({ metricName: 'accuracy' });
    const alone = await accuracy.evaluate(await (await estimator.fit(stripes)).transform(stripes));
    const model = await new AdaBoostClassifier({ estimator, maxIter: 30 }).fit(stripes);
    expect(alone).toBeLessThan(0.8);
    expect(await accuracy.evaluate(await model.transform(stripes))).toBe(1);
  });

  it('gives each round the weight that the paper gives it', async () => {
    const estimator = new DecisionTreeClassifier({ featuresCols: ['x'], maxDepth: 1 });
    const model = await new AdaBoostClassifier({ estimator, maxIter: 3 }).fit(stripes);
    const labels = (await contentOf(stripes))['label'] as number[];
    let weights = labels.map(() => 1 / labels.length);
    for (const [round, own] of model.models.entries()) {
      const said = (await contentOf(await own.transform(stripes)))['prediction'] as number[];
      const wrong = said.map((value, row) => (value === labels[row] ? 0 : 1));
      const error = weights.reduce((sum, weight, row) => sum + weight * Number(wrong[row]), 0);
      const alpha = Math.log((1 - error) / error);
      expect(model.memberWeights[round]).toBeCloseTo(alpha, 9);
      weights = weights.map((weight, row) => weight * Math.exp(alpha * Number(wrong[row])));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      weights = weights.map((weight) => weight / total);
    }
  });

  it('weighs rounds of regressors by the paper, and takes their weighted median', async () => {
    const estimator = new DecisionTreeRegressor({
      featuresCols: ['x'],
      labelCol: 'target',
      maxDepth: 2,
    });
    const model = await new AdaBoostRegressor({ estimator, maxIter: 6 }).fit(stripes);
    const targets = (await contentOf(stripes))['target'] as number[];
    const said: number[][] = [];
    let weights = targets.map(() => 1 / targets.length);
    for (const [round, own] of model.models.entries()) {
      const guesses = (await contentOf(await own.transform(stripes)))['prediction'] as number[];
      said.push(guesses);
      const errors = guesses.map((guess, row) => Math.abs(guess - Number(targets[row])));
      const largest = Math.max(...errors);
      const error = weights.reduce((sum, w, row) => sum + (w * Number(errors[row])) / largest, 0);
      const beta = error / (1 - error);
      expect(model.memberWeights[round]).toBeCloseTo(Math.log(1 / beta), 9);
      weights = weights.map((w, row) => w * beta ** (1 - Number(errors[row]) / largest));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      weights = weights.map((weight) => weight / total);
    }
    expect(said).toHaveLength(6);
    const half = model.memberWeights.reduce((sum, weight) => sum + weight, 0) / 2;
    const medians = targets.map((_, row) => {
      const order = said
        .map((guesses, m) => [Number(guesses[row]), Number(model.memberWeights[m])] as const)
        .sort(([one], [other]) => one - other);
      let sum = 0;
      for (const [value, weight] of order) {
        sum += weight;
        if (sum >= half) return value;
      }
      return Number.NaN;
    });
    expect((await contentOf(await model.transform(stripes)))['prediction']).toEqual(medians);
  });

  it('ends after a perfect round, and refuses an estimator that cannot weigh rows', async () => {
    const perfect = new DecisionTreeClassifier({ featuresCols: ['x'], maxDepth: 20 });
    const model = await new AdaBoostClassifier({ estimator: perfect }).fit(stripes);
    expect(model.memberWeights).toEqual([1]);
    const vote = new OneVsRest({ classifier: perfect });
    expect(() => new AdaBoostClassifier({ estimator: vote })).not.toThrow();
    expect(
      () => new AdaBoostClassifier({ estimator: new VectorOnly() as unknown as Estimator }),
    ).toThrow('must have a weightCol');
  });

  class VectorOnly extends Pipeline {
    constructor() {
      super({ stages: [new VectorAssembler({ inputCols: ['x'] })] });
    }
  }
});

describe('one against the rest', () => {
  it('asks one model a class, and takes the surest', async () => {
    const model = await new OneVsRest({ classifier: boosted }).fit(table);
    expect(model.models).toHaveLength(model.classes.length);
    const { rawPrediction, probability, prediction } = await contentOf(
      await model.transform(table),
    );
    for (const [row, guess] of (prediction as number[]).entries()) {
      const raw = Array.from((rawPrediction ?? [])[row] as Iterable<number>);
      expect(model.classes[raw.indexOf(Math.max(...raw))]).toBe(guess);
      const shares = Array.from((probability ?? [])[row] as Iterable<number>);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    }
  });
});

describe('members of several numbers', () => {
  const members = {
    'several labels': new GBTRegressor({ featuresCols: ['x0'], labelCols: ['y', 'w'], maxIter: 2 }),
    quantiles: new GBTRegressor({
      ...{ featuresCols: ['x0'], labelCol: 'y', maxIter: 2 },
      ...{ lossType: 'quantile', quantileAlphas: [0.1, 0.9] },
    }),
  };

  it.each(Object.entries(members))(
    'are refused, not cut to the first: %s',
    async (_, estimator) => {
      const labelCol = estimator.params.labelCols === undefined ? {} : { labelCol: 'y' };
      const fitted = await estimator.fit(table);
      const code = 'SCHEMA_MISMATCH';
      const vote = new VotingRegressor({ estimators: [fitted, numberTree], ...labelCol });
      await expect(vote.fit(table)).rejects.toMatchObject({ code });
      for (const ensemble of [
        new BaggingRegressor({ estimator }),
        new AdaBoostRegressor({ estimator }),
        new VotingRegressor({ estimators: [estimator] }),
      ]) {
        await expect(ensemble.fit(table)).rejects.toThrow(
          /must (predict one number each|have one label)/,
        );
      }
    },
  );

  it('are the columns of a stack', async () => {
    const estimators = [members.quantiles, numberTree];
    const stack = await new StackingRegressor({ estimators, numFolds: 2 }).fit(table);
    const [quantiles, tree] = ['GBTRegressor_0', 'DecisionTreeRegressor_1'];
    expect(stack.levelOneColumns).toEqual([`${quantiles}_0`, `${quantiles}_1`, tree]);
  });
});
