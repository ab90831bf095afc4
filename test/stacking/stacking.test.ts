/** Stacks: the same bytes on any topology, any mix of members, saved and loaded, reused and nested. */
import { afterAll, describe, expect } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import { ExtraTreesRegressor } from '../../src/ensemble/forest/extra-trees-regressor.ts';
import { RandomForestClassifier } from '../../src/ensemble/forest/random-forest-classifier.ts';
import { RandomForestRegressor } from '../../src/ensemble/forest/random-forest-regressor.ts';
import { TargetEncoder } from '../../src/feature/categories/target-encoder.ts';
import { VectorAssembler } from '../../src/feature/vectors/vector-assembler.ts';
import type { LogisticRegressionModel } from '../../src/linear/logistic-regression.ts';
import '../../src/linear/worker-programs.ts';
import type { FitOptions } from '../../src/pipeline/estimator.ts';
import { loadStage } from '../../src/pipeline/load-stage.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import type { PipelineStage } from '../../src/pipeline/pipeline-stage.ts';
import type { Transformer } from '../../src/pipeline/transformer.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import {
  type StackingClassificationModel,
  StackingClassifier,
  type StackingClassifierOptions,
} from '../../src/stacking/stack/stacking-classifier.ts';
import { StackingRegressor } from '../../src/stacking/stack/stacking-regressor.ts';
import { VotingClassifier } from '../../src/stacking/voting/voting-classifier.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import '../../src/training/worker-programs.ts';
import '../../src/tuning/worker-tasks.ts';
import { contentOf } from '../tools/inline-table.ts';
import { randomData } from '../tools/random-data.ts';
import { cutTable, evenCuts } from '../tools/sample-data.ts';
import { it, itDivided, someOf } from '../tools/some-cases.ts';
import { folderContent, temporaryFolder } from '../tools/temporary-folder.ts';

const inline = new InlineRunner();
const pools = [2, 5].map((threads) => new ThreadPool(threads, workerUrl()));
afterAll(async () => {
  for (const pool of pools) await pool.close();
});
const root = temporaryFolder('stacking');

const data = randomData({
  seed: 8,
  numRows: 300,
  kinds: ['float32', 'words', 'float64', 'flags'],
  missing: 0.1,
});
const table = cutTable(inline, data);
const featuresCols = ['x0', 'x1', 'x2', 'x3'];
const boosted = new GBTClassifier({ featuresCols, labelCol: 'k', weightCol: 'w', maxIter: 3 });
const forest = new Pipeline({
  stages: [
    new VectorAssembler({ inputCols: ['x0', 'x2'] }),
    new RandomForestClassifier({ labelCol: 'k', numTrees: 4, maxDepth: 4 }),
  ],
});
const tree = new DecisionTreeClassifier({ maxDepth: 3 });

function stackOf(extra: Partial<StackingClassifierOptions> = {}): StackingClassifier {
  return new StackingClassifier({
    estimators: [boosted, forest],
    names: ['boosted', 'forest'],
    finalEstimator: tree,
    numFolds: 3,
    logit: false,
    keepOutOfFold: true,
    ...extra,
  });
}

async function bytesOf(stage: PipelineStage, name: string): Promise<object> {
  await stage.save(`${root}/${name}`, { overwrite: true });
  return folderContent(`${root}/${name}`);
}

const numbers = new StackingRegressor({
  estimators: [
    new GBTRegressor({ featuresCols, labelCol: 'y', maxIter: 3 }),
    new RandomForestRegressor({ featuresCols, labelCol: 'y', numTrees: 3, maxDepth: 4 }),
  ],
  finalEstimator: new ExtraTreesRegressor({ numTrees: 3, maxDepth: 3 }),
  passthroughCols: ['x0', 'x1'],
  numFolds: 3,
  keepOutOfFold: true,
});

describe('a stack', () => {
  itDivided.each(
    someOf([
      ['of classes', stackOf({ seed: 4, logit: true, passthroughCols: ['x0'] })],
      ['of classes, stratified', stackOf({ stratified: true, baseOutput: 'prediction' })],
      ['of classes, by group, margins', stackOf({ groupCol: 'g', baseOutput: 'margin' })],
      ['of classes, held out', stackOf({ method: 'holdOut', idCol: 'id' })],
      ['of numbers', numbers],
      [
        'of numbers, combined linearly',
        numbers.copy({ finalEstimator: undefined, passthroughCols: undefined }),
      ],
    ]),
  )('is the same bytes on any threads and partitions: %s', async (_, stack) => {
    const model = await stack.fit(table);
    const expected = await bytesOf(model, 'expected');
    const levelOne = await contentOf(model.outOfFold as PartitionedTable);
    const topologies = [
      [pools[0] as ThreadPool, 7],
      [pools[1] as ThreadPool, 2],
    ] as const;
    for (const [runner, numPartitions] of topologies) {
      const other = await stack.fit(cutTable(runner, data, evenCuts(300, numPartitions)));
      expect(await bytesOf(other, 'other')).toEqual(expected);
      expect(await contentOf(other.outOfFold as PartitionedTable)).toEqual(levelOne);
    }
  });

  it('predicts the same bits when it was saved and loaded inside a pipeline', async () => {
    const stack = stackOf({ rawPredictionCol: 'scores', predictionCol: 'guess' });
    const pipeline = new Pipeline({
      stages: [new VectorAssembler({ inputCols: ['x0', 'x1'], outputCol: 'features' }), stack],
    });
    // the forest's own pipeline assembles a column of that name again
    await expect(pipeline.fit(table)).rejects.toMatchObject({ code: 'COLUMN_EXISTS' });
    const renamed = new Pipeline({
      stages: [new VectorAssembler({ inputCols: ['x0', 'x1'], outputCol: 'both' }), stack],
    });
    const model = await renamed.fit(table);
    const before = await contentOf(await model.transform(table));
    expect(Object.keys(before).slice(-3)).toEqual(['scores', 'probability', 'guess']);
    const bytes = await bytesOf(model, 'pipeline');
    const loaded = (await loadStage(`${root}/pipeline`)) as Transformer;
    expect(await contentOf(await loaded.transform(table))).toEqual(before);
    expect(await bytesOf(loaded, 'again')).toEqual(bytes);
    const plain = await bytesOf(renamed, 'unfitted');
    expect(await bytesOf(await loadStage(`${root}/unfitted`), 'unfitted again')).toEqual(plain);
  });

  it('gives back a column of the user’s that has the name of the final features', async () => {
    const own = await new VectorAssembler({ inputCols: ['x0', 'x2'] }).transform(table);
    const stack = stackOf({
      estimators: [boosted, new DecisionTreeClassifier({ labelCol: 'k', maxDepth: 2 })],
      passthroughCols: ['features', 'x3'],
    });
    const model = await stack.fit(own);
    const scored = await model.transform(own);
    expect(scored.columns).toEqual([...own.columns, 'rawPrediction', 'probability', 'prediction']);
    expect((await contentOf(scored))['features']).toEqual((await contentOf(own))['features']);
    const read = model.finalModel as unknown as { featureNames: string[] };
    expect(read.featureNames.slice(-3)).toEqual(['features.x0', 'features.x2', 'x3']);
  });

  it('keeps its out-of-fold predictions as a table, which another stack can use', async () => {
    const model = await stackOf().fit(table);
    const kept = model.outOfFold as PartitionedTable;
    expect(kept.columns.slice(0, 3)).toEqual(['rowPosition', 'foldNumber', 'k']);
    expect(model.levelOneColumns).toHaveLength(8);
    const content = await contentOf(kept);
    expect(content['rowPosition']).toEqual(Array.from({ length: 300 }, (_, row) => row));
    expect(content['k']).toEqual((await contentOf(table))['k']);
    const other = new StackingClassifier({
      ...stackOf().givenOptions,
      finalEstimator: new GBTClassifier({ maxIter: 2, maxDepth: 2 }),
    });
    const reused = await other.fit(table, { outOfFold: kept });
    const whole = await other.fit(table);
    expect(await bytesOf(reused, 'reused')).toEqual(await bytesOf(whole, 'whole'));
    expect((await stackOf({ keepOutOfFold: false }).fit(table)).outOfFold).toBeNull();
  });

  it('combines by a linear model that turns no opinion round, where nothing else is said', async () => {
    const stack = stackOf({ finalEstimator: undefined, keepOutOfFold: false });
    const model = await stack.fit(table);
    const final = model.finalModel as LogisticRegressionModel;
    const coefficients = final.coefficientMatrix.flatMap((row) => [...row]);
    expect(coefficients.every((value) => value >= 0)).toBe(true);
    expect(coefficients.some((value) => value > 0)).toBe(true);
    const plain = await bytesOf(stack, 'default');
    const loaded = await loadStage(`${root}/default`);
    expect(await bytesOf(loaded, 'default again')).toEqual(plain);
    const again = await (loaded as StackingClassifier).fit(table);
    expect(await bytesOf(again, 'again fitted')).toEqual(await bytesOf(model, 'fitted'));
  });

  it('stacks stacks', async () => {
    const inner = stackOf({ estimators: [boosted, tree.copy({ featuresCols, labelCol: 'k' })] });
    const outer = stackOf({
      estimators: [inner, forest],
      finalEstimator: inner.copy({
        estimators: [tree, tree.copy({ maxDepth: 1 })],
      }),
    });
    const model = await outer.fit(table);
    const scored = await contentOf(await model.transform(table));
    const labels = (await contentOf(table))['k'] as number[];
    const right = labels.filter((label, row) => scored['prediction']?.[row] === label);
    expect(right.length / labels.length).toBeGreaterThan(0.6);
    const level = await contentOf(model.outOfFold as PartitionedTable);
    const sums = level['rowPosition']?.map((_, row) =>
      model.levelOneColumns.slice(0, 4).reduce((sum, name) => sum + Number(level[name]?.[row]), 0),
    );
    for (const sum of sums ?? []) expect(sum).toBeCloseTo(1, 12);
  });

  it('uses a model that was fitted before as it is', async () => {
    const fitted = await boosted.fit(table);
    const model = await stackOf({ estimators: [fitted, forest] }).fit(table);
    expect(model.models[0]).toBe(fitted);
    const said = await contentOf(await fitted.transform(table));
    const level = await contentOf(model.outOfFold as PartitionedTable);
    const first = (said['probability'] as Iterable<number>[]).map((values) => [...values][0]);
    expect(level[model.levelOneColumns[0] as string]).toEqual(first);
  });

  it('takes logits of two classes and probabilities of more, where nothing else is said', async () => {
    const lowest = async (labelCol: string): Promise<number> => {
      const estimators = [new DecisionTreeClassifier({ featuresCols, labelCol, maxDepth: 3 })];
      const model = await stackOf({ estimators, names: ['tree'], logit: undefined }).fit(table);
      const level = await contentOf(model.outOfFold as PartitionedTable);
      return Math.min(...model.levelOneColumns.flatMap((name) => level[name] as number[]));
    };
    expect(await lowest('b')).toBeLessThan(-0.5);
    expect(await lowest('k')).toBeGreaterThanOrEqual(0);
  });

  it('gives weights, names and validation rows to every fit', async () => {
    const seen: { weightCol: unknown; labelCol: unknown; validation: unknown }[] = [];
    class Watched extends DecisionTreeClassifier {
      override async fit(on: PartitionedTable, options: FitOptions = {}) {
        const { weightCol, labelCol } = this.params;
        seen.push({ weightCol, labelCol, validation: options.validation });
        return await super.fit(on, options);
      }
    }
    const stack = stackOf({
      estimators: [new Watched({ featuresCols, maxDepth: 2 }), boosted],
      finalEstimator: new Watched({ maxDepth: 2 }),
      labelCol: 'k',
      weightCol: 'w',
    });
    await stack.fit(table, { validation: cutTable(inline, data, [10]) });
    expect(seen).toHaveLength(5);
    for (const { weightCol, labelCol, validation } of seen) {
      expect([weightCol, labelCol]).toEqual(['w', 'k']);
      expect(validation).toBeDefined();
    }
    const final = seen.at(-1)?.validation as PartitionedTable;
    expect(final.columns).toContain('features');
  });

  it('tells every fit of its groups, unless it has its own or cuts by something else', async () => {
    const seen: unknown[] = [];
    class Watched extends GBTClassifier {
      override async fit(on: PartitionedTable, options: FitOptions = {}) {
        seen.push(this.params.groupCol);
        return await super.fit(on, options);
      }
    }
    const small = { maxIter: 1, featuresCols: ['x0'], labelCol: 'k' };
    const encoder = { inputCol: 'x1', outputCol: 'code', labelCol: 'k' };
    const stages = [
      new TargetEncoder({ ...encoder, targetType: 'multiclass', timeCol: 'y' }),
      new Watched(small),
    ];
    const estimators = [
      new Watched({ ...small, groupCol: 'id' }),
      new Pipeline({ stages }),
      new VotingClassifier({ estimators: [new Watched(small)], weighting: 'equal' }),
    ];
    const stack = stackOf({
      ...{ estimators, names: undefined, groupCol: 'g', method: 'holdOut' },
      finalEstimator: new Watched({ maxIter: 1 }),
    });
    // the vote has a member of the name of the stack's first
    const model = await stack.fit(table);
    expect(seen.toSorted()).toEqual(['g', 'g', 'g', 'id']);
    const scored = await model.transform(table);
    expect(scored.columns).toEqual([...table.columns, ...scored.columns.slice(-3)]);
    const said = (await contentOf(scored))['probability']?.[7] as Iterable<number>;
    const cells = Object.fromEntries(data.map(({ name, cells: all }) => [name, all[7]]));
    const one = (await model.scorer())(cells as Record<string, number>);
    expect([...one.probability]).toEqual([...said]);
    // a number of groups that is no whole number tells nobody
    seen.length = 0;
    const odd = new VotingClassifier({ estimators: [new Watched(small)], groupCol: 'o' });
    await odd.fit(table);
    expect(seen).toEqual([undefined]);
  });

  it('gives a class that a fold has not seen no probability', async () => {
    const rare = cutTable(
      inline,
      data.map((column) =>
        column.name === 'k'
          ? { ...column, cells: column.cells.map((cell, row) => (row === 5 ? 9 : cell)) }
          : column,
      ),
    );
    for (const baseOutput of ['probability', 'margin', 'prediction'] as const) {
      const model = await stackOf({ baseOutput }).fit(rare);
      const level = await contentOf(model.outOfFold as PartitionedTable);
      const row = level['rowPosition']?.indexOf(5) as number;
      const others = [-1, 0, 1, 2].map((value) => Number(level[`boosted_${value}`]?.[row]));
      const unseen = Number(level['boosted_9']?.[row]);
      expect(unseen).toBe(baseOutput === 'margin' ? Math.min(...others) : 0);
    }
  });

  it('ends its other fits when one fails, and says which rows and names are wrong', async () => {
    const failing = boosted.copy({ weightCol: 'o' });
    await expect(stackOf({ estimators: [forest, failing] }).fit(table)).rejects.toMatchObject({
      code: 'WEIGHT_INVALID',
    });
    expect(() => stackOf({ names: ['one'] })).toThrow(
      'names of StackingClassifier must be 2 names',
    );
    await expect(stackOf({ names: ['x', 'x'] }).fit(table)).rejects.toMatchObject({
      code: 'COLUMN_EXISTS',
    });
    expect(() => stackOf({ estimators: [] })).toThrow('at least one estimator or model');
    const aborted = stackOf().fit(table, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
    const words = new StackingRegressor({ ...numbers.givenOptions, estimators: [boosted] });
    await expect(words.fit(table)).resolves.toBeDefined();
  });

  it('knows the columns it reads, and comes only from a fit', async () => {
    const model: StackingClassificationModel = await stackOf().fit(table);
    expect(model.inputSchema.map(({ name }) => name)).toEqual(expect.arrayContaining(featuresCols));
    expect(() => new (model.constructor as new (o: object) => unknown)({})).toThrow(
      'must come from',
    );
  });
});
