/** One row at a time and a table at once: the same bits, whatever the model is made of. */
import { describe, expect, it } from 'vitest';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import { DecisionTreeRegressor } from '../../src/ensemble/forest/decision-tree-regressor.ts';
import { RegressionEvaluator } from '../../src/evaluation/evaluators/regression-evaluator.ts';
import { OneHotEncoder } from '../../src/feature/categories/one-hot-encoder.ts';
import { StringIndexer } from '../../src/feature/categories/string-indexer.ts';
import { TargetEncoder } from '../../src/feature/categories/target-encoder.ts';
import { DatePartExtractor } from '../../src/feature/date-part-extractor.ts';
import { FunctionTransformer } from '../../src/feature/function-transformer.ts';
import { Imputer } from '../../src/feature/numbers/imputer.ts';
import { StandardScaler } from '../../src/feature/numbers/standard-scaler.ts';
import { VectorAssembler } from '../../src/feature/vectors/vector-assembler.ts';
import { LinearRegression } from '../../src/linear/linear-regression.ts';
import { LogisticRegression } from '../../src/linear/logistic-regression.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import type { Model } from '../../src/pipeline/model.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import type { Scorer } from '../../src/pipeline/row-reader.ts';
import { AdaBoostClassifier } from '../../src/stacking/ada-boost/ada-boost-classifier.ts';
import { AdaBoostRegressor } from '../../src/stacking/ada-boost/ada-boost-regressor.ts';
import { BaggingClassifier } from '../../src/stacking/bagging/bagging-classifier.ts';
import { BaggingRegressor } from '../../src/stacking/bagging/bagging-regressor.ts';
import { OneVsRest } from '../../src/stacking/committee/one-vs-rest.ts';
import { StackingClassifier } from '../../src/stacking/stack/stacking-classifier.ts';
import { StackingRegressor } from '../../src/stacking/stack/stacking-regressor.ts';
import { VotingClassifier } from '../../src/stacking/voting/voting-classifier.ts';
import { VotingRegressor } from '../../src/stacking/voting/voting-regressor.ts';
import { fixedSizeListColumn } from '../../src/table/columns/make-column.ts';
import { CalibratedClassifier } from '../../src/tuning/calibration/calibrated-classifier.ts';
import { CrossValidator } from '../../src/tuning/search/cross-validator.ts';
import { TunedThresholdClassifier } from '../../src/tuning/thresholds/tuned-threshold-classifier.ts';
import '../../src/evaluation/worker-tasks.ts';
import '../../src/tuning/worker-tasks.ts';
import { inlineTable, valuesOf } from '../tools/inline-table.ts';

const rows = Array.from({ length: 90 }, (_, row) => row);
const columns = {
  distance: rows.map((row) => (row % 11 === 4 ? null : Math.sin(row) * 40)),
  single: Float32Array.from(rows, (row) => Math.cos(row * row)),
  hour: Int32Array.from(rows, (row) => (row * 7) % 24),
  word: rows.map((row) => (row % 13 === 5 ? null : ['a', 'b', 'é'][(row * row) % 3]) ?? null),
  flag: rows.map((row) => row % 3 === 0),
  when: rows.map((row) => new Date(1e10 * row)),
  isLate: rows.map((row) => (row * 37) % 50 > 22),
  kind: rows.map((row) => ['x', 'y', 'z'][Math.floor(((row * 37) % 50) / 17)] ?? 'x'),
  delay: rows.map((row) => ((row * 37) % 50) / 4 + (row % 3)),
};
const table = inlineTable(columns, 2);
const featuresCols = ['distance', 'single', 'hour', 'word'];
const numberTree = new DecisionTreeRegressor({ featuresCols, labelCol: 'delay', maxDepth: 4 });
const classTree = new DecisionTreeClassifier({ featuresCols, labelCol: 'kind', maxDepth: 4 });
const lateTree = new DecisionTreeClassifier({ featuresCols, labelCol: 'isLate', maxDepth: 3 });
const stages = [
  new StringIndexer({ inputCol: 'word', outputCol: 'index' }),
  new OneHotEncoder({ inputCols: ['word', 'flag'], outputCols: ['hot', 'hotFlag'] }),
  new TargetEncoder({ inputCol: 'hour', outputCol: 'code', labelCol: 'delay' }),
  new Imputer({ inputCol: 'distance', outputCol: 'filled' }),
  new StandardScaler({ inputCol: 'single', outputCol: 'scaled' }),
  new DatePartExtractor({ inputCol: 'when', outputCol: 'at' }),
];
const assembler = new VectorAssembler({
  inputCols: ['index', 'code', 'filled', 'scaled', 'at', 'hotFlag'],
});
const linear = new Pipeline({
  stages: [
    ...stages.slice(3),
    new LinearRegression({ featuresCols: ['filled', 'scaled', 'at'], labelCol: 'delay' }),
  ],
});
const logistic = new Pipeline({
  stages: [
    ...stages.slice(3),
    new LogisticRegression({ featuresCols: ['filled', 'scaled'], labelCol: 'kind' }),
  ],
});

const cases: Readonly<Record<string, Estimator>> = {
  'a pipeline of trees': new Pipeline({
    stages: [...stages, assembler, new GBTClassifier({ labelCol: 'kind', maxIter: 3 })],
  }),
  'a pipeline of linear models': linear,
  'a stack of classes': new StackingClassifier({
    estimators: [classTree, logistic],
    labelCol: 'kind',
    numFolds: 2,
  }),
  'a stack of numbers': new StackingRegressor({
    estimators: [numberTree, linear],
    labelCol: 'delay',
    numFolds: 2,
    passthroughCols: ['hour'],
  }),
  'a vote': new VotingClassifier({ estimators: [classTree, logistic], weights: [2, 1] }),
  'a hard vote': new VotingClassifier({ estimators: [classTree, logistic], voting: 'hard' }),
  'a vote on numbers': new VotingRegressor({ estimators: [numberTree, linear] }),
  'bagged classes': new BaggingClassifier({ estimator: classTree, numEstimators: 12 }),
  'bagged numbers': new BaggingRegressor({ estimator: numberTree, numEstimators: 3 }),
  'AdaBoost of classes': new AdaBoostClassifier({ estimator: classTree, maxIter: 3 }),
  'AdaBoost of numbers': new AdaBoostRegressor({ estimator: numberTree, maxIter: 3 }),
  'one against the rest': new OneVsRest({ classifier: classTree }),
  'a calibrated stack': new CalibratedClassifier({
    estimator: new StackingClassifier({ estimators: [lateTree], labelCol: 'isLate', numFolds: 2 }),
    labelCol: 'isLate',
    numFolds: 2,
  }),
  'a tuned threshold': new TunedThresholdClassifier({
    estimator: new Pipeline({ stages: [lateTree] }),
    labelCol: 'isLate',
    numFolds: 2,
  }),
  'a search': new CrossValidator({
    estimator: linear,
    estimatorParamMaps: [{ regParam: 0 }, { regParam: 1 }],
    evaluator: new RegressionEvaluator({ labelCol: 'delay' }),
    numFolds: 2,
  }),
};

const offset = { featuresCols, offsetCol: 'margin' };
const boosted = new GBTRegressor({ ...offset, labelCol: 'delay', maxIter: 3 });
const lateTrees = new GBTClassifier({ ...offset, labelCol: 'isLate', maxIter: 3 });
const kindTrees = new GBTClassifier({
  ...offset,
  labelCol: 'kind',
  offsetCol: 'margins',
  maxIter: 2,
});

/** Members that add margins of a column that is none of their features. */
const offsetCases: Readonly<Record<string, Estimator>> = {
  'a pipeline': new Pipeline({ stages: [boosted] }),
  'a stack': new StackingRegressor({
    estimators: [boosted, numberTree],
    labelCol: 'delay',
    numFolds: 2,
  }),
  'a stack of classes': new StackingClassifier({
    estimators: [kindTrees],
    labelCol: 'kind',
    numFolds: 2,
  }),
  'a vote of pipelines': new VotingRegressor({
    estimators: [new Pipeline({ stages: [boosted] }), boosted.copy({ seed: 2 })],
  }),
  'a bag': new BaggingClassifier({ estimator: kindTrees, numEstimators: 2 }),
  'one against the rest': new OneVsRest({ classifier: lateTrees.copy({ labelCol: 'kind' }) }),
  'a calibrated model': new CalibratedClassifier({ estimator: lateTrees, numFolds: 2 }),
  'a calibrated pipeline': new CalibratedClassifier({
    estimator: new Pipeline({ stages: [lateTrees] }),
    labelCol: 'isLate',
    numFolds: 2,
  }),
  'a search': new CrossValidator({
    estimator: boosted,
    evaluator: new RegressionEvaluator({ labelCol: 'delay' }),
    numFolds: 2,
  }),
};

type Scored = Model & { scorer(): Promise<Scorer> };

describe('a scorer of', () => {
  it.each(Object.keys(cases))('%s gives the bits of transform', async (name) => {
    const model = (await (cases[name] as Estimator).fit(table)) as Scored;
    const names = model.predictionColumns;
    if (names === null) throw new Error('no names');
    const scored = await (await model.transform(table)).collect();
    const score = await model.scorer();
    const cellOf = (column: string | null, row: number): unknown => {
      const value: unknown = column === null ? null : scored.getChild(column)?.get(row);
      return typeof value === 'object' && value !== null ? [...(value as number[])] : value;
    };
    for (const row of rows) {
      const values = Object.fromEntries(
        Object.entries(columns).map(([column, cells]) => [column, cells[row]]),
      );
      // a column of float32 rounds what it is given
      const found = score({ ...values, single: Math.cos(row * row) } as never);
      expect(found.prediction).toBe(cellOf(names.predictionCol, row));
      const raw = cellOf(names.rawPredictionCol, row) ?? [];
      expect([...found.rawPrediction]).toEqual(raw);
      expect([...found.probability]).toEqual(cellOf(names.probabilityCol, row) ?? []);
    }
  });

  it.each(Object.keys(offsetCases))(
    '%s with members that have an offset: the same bits',
    async (name) => {
      const margin = rows.map((row) => (row % 5) / 4 - 0.5);
      const margins = rows.map((row) => [0.25 * (row % 3), 0, -0.125 * (row % 4)]);
      const list = fixedSizeListColumn(Float64Array.from(margins.flat()), 3);
      const withMargins = inlineTable({ ...columns, margin, margins: list }, 2);
      const model = (await (offsetCases[name] as Estimator).fit(withMargins)) as Scored;
      const column = model.predictionColumns?.predictionCol as string;
      const expected = await valuesOf(await model.transform(withMargins), column);
      const score = await model.scorer();
      const found = rows.map((row) => {
        const values = Object.entries(columns).map(([key, cells]) => [key, cells[row]]);
        const own = { margin: margin[row], margins: margins[row] };
        return score({ ...Object.fromEntries(values), ...own } as never).prediction;
      });
      expect(found).toEqual(expected);
      const without = Object.fromEntries(
        Object.entries(columns).map(([key, [cell]]) => [key, cell]),
      );
      expect(() => score(without as never)).toThrow(
        /margins?, the offset of a prediction, must be/,
      );
    },
  );

  it('a pipeline refuses texts for numbers, as a table of them', async () => {
    const score = await (await linear.fit(table)).scorer();
    const row = { distance: 1, single: 2, when: new Date(0) };
    expect(score(row).prediction).toBeTypeOf('number');
    for (const distance of ['1', '', 'abc', [1]] as never[]) {
      expect(() => score({ ...row, distance })).toThrow(
        'column distance of a row given to a scorer must be a number or null',
      );
    }
    for (const none of [null, undefined, 3, 'x'] as never[]) {
      expect(() => score(none)).toThrow('must be an object of values by column name');
    }
  });

  it('a pipeline refuses what it cannot score', async () => {
    const closure = new FunctionTransformer({
      inputCols: ['hour'],
      outputCol: 'twice',
      func: (batch) => Float64Array.from(batch.getChild('hour') ?? [], (value) => 2 * value),
    });
    const tree = new DecisionTreeRegressor({ featuresCols: ['twice'], labelCol: 'delay' });
    const model = await new Pipeline({ stages: [closure, tree] }).fit(table);
    await expect(model.scorer()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    const silent = await new Pipeline({ stages: stages.slice(0, 1) }).fit(table);
    await expect(silent.scorer()).rejects.toThrow('must have a stage that predicts');
    const score = await (await linear.fit(table)).scorer();
    expect(() => score([1, 2, 3])).toThrow('must be an object of values by column name');
    const reader = numberTree.copy({ featuresCols: ['index'] });
    const indexed = new Pipeline({ stages: [stages[0] as StringIndexer, reader] });
    const strict = await (await indexed.fit(table)).scorer();
    expect(() => strict({ word: 'never' })).toThrow('got "never"');
  });
});
