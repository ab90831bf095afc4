import { describe, expect, it } from 'vitest';
import {
  CrossValidator,
  GBTClassifier,
  Imputer,
  LinearSVC,
  LogisticRegression,
  QuantileDiscretizer,
  RandomForestRegressor,
  RecursiveFeatureElimination,
  SparseProjector,
  UnivariateFeatureSelector,
  VarianceThresholdSelector,
} from '../../src/index.ts';

function refusal(Stage: new (options: never) => object, name: string, value: unknown = 1): string {
  try {
    new Stage({ [name]: value } as never);
    return 'nothing was thrown';
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    expect(code).toBe('PARAM_UNKNOWN');
    return message.replace(/^.* must be one of its parameters; /, '');
  }
}

describe('a parameter as another library calls it', () => {
  it.each([
    ['n_estimators', 'maxIter'],
    ['random_state', 'seed'],
    ['sample_weight', 'weightCol'],
    ['group', 'groupCol'],
    ['init_score', 'offsetCol'],
    ['depth', 'maxDepth'],
    ['tree_method', 'device'],
  ])('is answered with ours: %s', (given, ours) => {
    expect(refusal(GBTClassifier, given)).toBe(`did you mean ${ours}?`);
  });

  it.each([
    [LogisticRegression, 'lambda', 'regParam?'],
    [LogisticRegression, 'reg_lambda', 'regParam?'],
    [LogisticRegression, 'C', 'regParam, which is 1 / (C · rows)?'],
    [LogisticRegression, 'alpha', 'regParam (of glmnet elasticNetParam)?'],
    [LogisticRegression, 'numTrees', 'maxIter?'],
    [GBTClassifier, 'regParam', 'lambda?'],
    [GBTClassifier, 'numTrees', 'maxIter?'],
    [GBTClassifier, 'impurity', 'lossType?'],
    [RandomForestRegressor, 'maxIter', 'numTrees?'],
    [RandomForestRegressor, 'splitCost', 'minInfoGain?'],
    [RandomForestRegressor, 'lossType', 'impurity?'],
  ])('of another family here is answered with that of the stage: %o %s', (Stage, given, ours) => {
    expect(refusal(Stage, given)).toBe(`did you mean ${ours}`);
  });

  it.each([
    ['n_jobs', 'Session.local({ threads: 4 })'],
    ['num_threads', 'Session.local({ threads: 4 })'],
    ['verbose', 'onProgress'],
    ['verbosity', 'onProgress'],
    ['categorical_feature', "cast('category')"],
    ['cat_features', "cast('category')"],
    ['eval_set', '{ validation: table }'],
    ['num_class', 'of the labels'],
    ['warm_start', '{ initialModel }'],
    ['boosting_type', 'dropRate'],
    ['split_axis', 'SparseProjector'],
  ])('is answered with what to do where there is none: %s', (given, what) => {
    expect(refusal(GBTClassifier, given)).toContain(what);
  });

  it('is answered by what the stage has', () => {
    expect(refusal(RandomForestRegressor, 'n_estimators')).toBe('did you mean numTrees?');
    expect(refusal(LogisticRegression, 'n_jobs')).toContain('Session.local');
    expect(refusal(CrossValidator, 'n_jobs')).toBe('did you mean parallelism?');
    expect(refusal(SparseProjector, 'n_components')).toBe('did you mean numProjections?');
  });
});

describe("a parameter of Spark's that there is none of", () => {
  it.each([
    [LogisticRegression, 'threshold', 'did you mean thresholds, [1 − threshold, threshold]'],
    [LogisticRegression, 'aggregationDepth', 'leave it out: it says how Spark computes'],
    [GBTClassifier, 'cacheNodeIds', 'leave it out: it says how Spark computes'],
    [Imputer, 'relativeError', 'leave it out: quantiles are exact here'],
    [QuantileDiscretizer, 'handleInvalid', 'leave it out: missing values stay missing here'],
    [LinearSVC, 'threshold', 'there are: '],
  ])('is answered: %o %s', (Stage, name, what) => {
    expect(refusal(Stage, name)).toContain(what);
  });
});

describe('columns by name', () => {
  it.each([VarianceThresholdSelector, UnivariateFeatureSelector, RecursiveFeatureElimination])(
    'of a stage that reads one of features are answered with how to make it',
    (Stage) => {
      for (const name of ['featuresCols', 'inputCols', 'features'])
        expect(refusal(Stage, name, ['a', 'b'])).toContain('VectorAssembler');
    },
  );
});
