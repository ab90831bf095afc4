/** Parameters of LightGBM and XGBoost that become ours: names, aliases, values, and what has no counterpart. */
import { describe, expect, it } from 'vitest';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRanker } from '../../../src/ensemble/boosting/gbt-ranker.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { fromLightGBM } from '../../../src/ensemble/foreign/from-lightgbm.ts';
import { fromXGBoost } from '../../../src/ensemble/foreign/from-xgboost.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { inlineTable } from '../../tools/inline-table.ts';

describe('parameters of LightGBM', () => {
  it('become those of a ranker, where it ranks', () => {
    const ranking = {
      lambdarank_truncation_level: 20,
      lambdarank_norm: false,
      label_gain: '0,1,3',
      sigmoid: 2,
      ndcg_at: '5',
    };
    const found = fromLightGBM({ objective: 'lambdarank', ...ranking }, { groupCol: 'query' });
    expect(found.estimator).toBeInstanceOf(GBTRanker);
    expect(found.options).toEqual({
      truncationLevel: 20,
      lambdarankNorm: false,
      labelGains: [0, 1, 3],
      sigmoid: 2,
      ndcgAt: 5,
      orderNoise: 0,
      stepSize: 0.1,
      maxIter: 100,
      groupCol: 'query',
    });
    const list = fromLightGBM({
      objective: 'rank_xendcg',
      bagging_by_query: true,
      lambdarank_norm: false,
      tweedie_variance_power: 1.3,
    });
    expect(list.options).toEqual({
      ...{ lossType: 'xendcg', subsampleByGroup: true },
      ...{ stepSize: 0.1, maxIter: 100 },
    });
    const penalty = { objective: 'lambdarank', lambdarank_position_bias_regularization: 0.5 };
    expect(() => fromLightGBM(penalty)).toThrow(/without positionCol/);
    const placed = fromLightGBM(penalty, { positionCol: 'place' }).estimator;
    expect(placed.params).toMatchObject({ positionCol: 'place', positionBiasRegularization: 0.5 });
    expect(() => fromXGBoost({ objective: 'rank:ndcg', lambdarank_unbiased: true })).toThrow(
      /positionCol/,
    );
    for (const eval_at of [[], [0], [1.5], 'many'])
      expect(() => fromLightGBM({ objective: 'lambdarank', eval_at })).toThrow(
        /eval_at in the params of fromLightGBM must be one or more positive integers/,
      );
    expect(fromLightGBM({ objective: 'regression', ...ranking }).options).toEqual({
      lossType: 'squared',
    });
  });

  it('become ours, by their names and by their aliases', () => {
    const named = {
      objective: 'binary',
      num_iterations: 60,
      learning_rate: 0.05,
      num_leaves: 63,
      max_depth: -1,
      min_data_in_leaf: 10,
      min_sum_hessian_in_leaf: 0.5,
      lambda_l1: 0.1,
      lambda_l2: 1,
      feature_fraction: 0.8,
      feature_fraction_bynode: 0.5,
      bagging_fraction: 0.7,
      bagging_freq: 1,
      max_bin: 127,
      cat_smooth: 3,
      is_unbalance: true,
      monotone_constraints: [1, 0],
      seed: 7,
      num_threads: 4,
    };
    const options = {
      maxIter: 60,
      stepSize: 0.05,
      maxLeaves: 63,
      minInstancesPerNode: 10,
      minSumHessian: 0.5,
      alpha: 0.1,
      lambda: 1,
      colsampleByTree: 0.8,
      featureSubsetStrategy: 0.5,
      subsamplingRate: 0.7,
      maxBins: 127,
      categorySmoothing: 3,
      classWeights: 'balanced',
      monotoneConstraints: [1, 0],
      seed: 7,
    };
    const found = fromLightGBM(named, { labelCol: 'delayed' });
    expect(found.options).toEqual({ ...options, labelCol: 'delayed' });
    expect(found.estimator).toBeInstanceOf(GBTClassifier);
    expect(found.ignored).toEqual(['bagging_freq', 'num_threads']);
    const { estimator } = fromLightGBM({
      application: 'binary',
      n_estimators: '60',
      shrinkage_rate: '0.05',
      max_leaf_nodes: 63,
      min_child_samples: 10,
      min_child_weight: 0.5,
      reg_alpha: 0.1,
      reg_lambda: 1,
      colsample_bytree: 0.8,
      colsample_bynode: 0.5,
      subsample: 0.7,
      subsample_freq: 1,
      max_bins: 127,
      cat_smooth: 3,
      is_unbalance: 'true',
      mc: '1,0',
      random_state: 7,
    });
    expect(estimator.params).toEqual({ ...found.estimator.params, labelCol: 'label' });
  });

  it('choose the loss and its parameter', () => {
    const of = (params: object) => fromLightGBM(params as never).options;
    expect(of({ objective: 'quantile', alpha: 0.25 })).toEqual({
      lossType: 'quantile',
      quantileLevel: 0.25,
    });
    expect(of({ objective: 'huber' })).toEqual({ lossType: 'huber', huberDelta: 0.9 });
    expect(of({ objective: 'fair', fair_c: '2' })).toEqual({ lossType: 'fair', fairScale: 2 });
    expect(of({ objective: 'mape' })).toEqual({ lossType: 'mape' });
    const theirs = (params: object) => fromXGBoost(params as never).options;
    expect(theirs({ objective: 'reg:pseudohubererror', huber_slope: 3 })).toMatchObject({
      lossType: 'pseudoHuber',
      huberDelta: 3,
    });
    const times = { objective: 'survival:aft', aft_loss_distribution_scale: '0.5' };
    expect(theirs({ ...times, aft_loss_distribution: 'extreme' })).toMatchObject({
      lossType: 'aft',
      aftDistribution: 'extreme',
      aftScale: 0.5,
    });
    expect(theirs({ objective: 'reg:squaredlogerror' })).toMatchObject({
      lossType: 'squaredLogError',
    });
    const ranker = { objective: 'rank:ndcg', lambdarank_num_pair_per_sample: 12 };
    expect(theirs(ranker)).toMatchObject({ truncationLevel: 12, orderNoise: 0, stepSize: 0.3 });
    expect(fromXGBoost(ranker).estimator).toBeInstanceOf(GBTRanker);
    expect(theirs({ ...ranker, objective: 'rank:map' })).toMatchObject({
      ...{ truncationLevel: 12, pairWeight: 'map' },
    });
    expect(theirs({ objective: 'rank:pairwise' })).toMatchObject({ pairWeight: 'equal' });
    expect(theirs(ranker)).not.toHaveProperty('pairWeight');
    expect(theirs({ objective: 'survival:cox' })).toMatchObject({ lossType: 'cox' });
    expect(theirs({ objective: 'reg:expectileerror', expectile_alpha: [0.9] })).toMatchObject({
      lossType: 'expectile',
      expectileLevel: 0.9,
    });
    expect(of({ objective: 'tweedie', tweedie_variance_power: 1.2 })).toEqual({
      lossType: 'tweedie',
      tweediePower: 1.2,
    });
    expect(fromLightGBM({}).estimator).toBeInstanceOf(GBTRegressor);
    // rows are only drawn where bagging_freq says so
    expect(of({ bagging_fraction: 0.5 })).toEqual({});
    expect(of({ bagging_fraction: 0.5, bagging_freq: 5 })).toEqual({
      subsamplingRate: 0.5,
      subsamplingInterval: 5,
    });
    expect(of({ data_sample_strategy: 'goss', top_rate: 0.3 })).toEqual({
      gossTopRate: 0.3,
      gossOtherRate: 0.1,
    });
  });

  it('become those of DART, which stops at no round', () => {
    const dart = { boosting: 'dart', drop_rate: 0.3, max_drop: -1, early_stopping_round: 5 };
    expect(fromLightGBM({ objective: 'binary', ...dart }).options).toEqual({
      dropRate: 0.3,
      skipDrop: 0.5,
      maxDrop: 1_000_000,
    });
  });

  it('that call features by numbers call them by the names of featuresCols', () => {
    const columns = { featuresCols: ['age', 'area', 'kind'] };
    const forcedsplits_filename = {
      feature: 1,
      threshold: 90,
      left: { feature: 2, threshold: ['farm'] },
    };
    const numbered = {
      feature_contri: [1, 0.5, 1],
      interaction_constraints: '[0,1],[2]',
      mc_method: 'advanced',
    };
    const found = fromLightGBM({ ...numbered }, columns);
    expect(found.options).toEqual({
      ...columns,
      gainFactors: { area: 0.5 },
      interactionConstraints: [['age', 'area'], ['kind']],
    });
    expect(found.ignored).toEqual([]);
    const bound = { monotone_constraints: [1, 0, 0], mc_method: 'intermediate', mc_penalty: 1.5 };
    expect(fromLightGBM(bound, columns).options).toMatchObject({
      monotoneMethod: 'intermediate',
      monotonePenalty: 1.5,
    });
    expect(
      fromLightGBM({ monotone_constraints: [1, 0, 0], mc_method: 'advanced' }, columns).options,
    ).toMatchObject({ monotoneMethod: 'advanced' });
    expect(() => fromLightGBM({ mc_method: 'strict' })).toThrow(
      /'basic', 'intermediate' or 'advanced'/,
    );
    expect(fromLightGBM({ forcedsplits_filename }, columns).options).toEqual({
      ...columns,
      forcedSplits: {
        feature: 'area',
        threshold: 90,
        left: { feature: 'kind', categories: ['farm'] },
      },
    });
    const grouped = fromXGBoost({ interaction_constraints: [['age'], ['2']] }, columns);
    expect(grouped.options).toMatchObject({ interactionConstraints: [['age'], ['kind']] });
    const refused =
      (params: object, more = {}) =>
      () =>
        fromLightGBM(params as never, more);
    expect(refused({ forcedsplits_filename: 'a.json' }, columns)).toThrow(
      /the object in that file/,
    );
    expect(refused({ forcedsplits_filename })).toThrow(/featuresCols in the second argument/);
    expect(refused({ fc: [1, 1, 1, 2] }, columns)).toThrow(/a number below 3; got 3/);
    expect(fromLightGBM({ cegb_penalty_split: 0.1, cegb_tradeoff: 2 }).options).toEqual({
      splitCostPerRow: 0.2,
    });
    const costly = { cegb_tradeoff: 0.5, cegb_penalty_feature_coupled: '0,8,2' };
    expect(fromLightGBM(costly, columns).options).toMatchObject({
      featureCosts: { area: 4, kind: 1 },
    });
    const lazy = { cegb_tradeoff: 0.5, cegb_penalty_feature_lazy: [0, 0.5, 2] };
    expect(fromLightGBM(lazy, columns)).toMatchObject({
      options: { featureCostsPerRow: { area: 0.25, kind: 1 } },
      ignored: [],
    });
    expect(fromLightGBM({ cegb_penalty_feature_lazy: '' }, columns).options).toEqual(columns);
    expect(refused({ cegb_penalty_feature_lazy: [1, 2, 3] })).toThrow(/featuresCols/);
    const forced = [
      { feature: 1, bin_upper_bound: [30, 10, 10] },
      { feature: 2, bin_upper_bound: [] },
    ];
    expect(fromLightGBM({ forcedbins_filename: forced }, columns).options).toMatchObject({
      binEdges: { area: [10, 30] },
    });
    expect(refused({ forcedbins_filename: 'bins.json' }, columns)).toThrow(/JSON.parse/);
    expect(refused({ forcedbins_filename: [{ feature: 1 }] }, columns)).toThrow(/bin_upper_bound/);
    expect(refused({ categorical_feature: [0] })).toThrow(/StringIndexer/);
  });

  it('that have no counterpart are refused, unknown ones with the nearest name', () => {
    const refused = (params: object) => () => fromLightGBM(params as never);
    expect(refused({ num_leafs: 3 })).toThrow(/got num_leafs; did you mean num_lea/);
    expect(refused({ objective: 'survival' })).toThrow(
      /objective in the params of fromLightGBM must be/,
    );
    expect(refused({ boosting: 'rf' })).toThrow(/RandomForestClassifier/);
    expect(refused({ num_leaves: 1 })).toThrow(/maxLeaves of GBTRegressor must be/);
  });
});

describe('parameters of XGBoost', () => {
  it('become ours, with its defaults where they are left out', () => {
    const { estimator, options, ignored } = fromXGBoost({
      objective: 'binary:logistic',
      n_estimators: 50,
      colsample_bylevel: 0.5,
      tree_method: 'hist',
    });
    expect(estimator).toBeInstanceOf(GBTClassifier);
    expect(ignored).toEqual(['tree_method']);
    expect(options).toEqual({
      stepSize: 0.3,
      maxDepth: 6,
      lambda: 1,
      minSumHessian: 1,
      minInstancesPerNode: 1,
      maxIter: 50,
      colsampleByLevel: 0.5,
    });
    expect(fromXGBoost({ num_parallel_tree: 4 }).options).toMatchObject({ numParallelTrees: 4 });
    const weighted = { feature_weights: [2, 1, 0], colsample_bytree: 0.5 };
    expect(fromXGBoost(weighted, { featuresCols: ['a', 'b', 'c'] }).options).toMatchObject({
      featureWeights: { a: 2, c: 0 },
    });
    const deep = fromXGBoost({
      max_depth: 0,
      max_leaves: 31,
      grow_policy: 'lossguide',
      max_bin: 256,
    });
    expect(deep.options).toMatchObject({ maxLeaves: 31, maxBins: 255 });
    expect(deep.options).not.toHaveProperty('maxDepth');
    const quantiles = { objective: 'reg:quantileerror', quantile_alpha: [0.1, 0.9] };
    expect(fromXGBoost(quantiles).options).toMatchObject({ quantileAlphas: [0.1, 0.9] });
  });

  it('that have no counterpart are refused', () => {
    const refused = (params: object) => () => fromXGBoost(params as never);
    expect(refused({ booster: 'dart' })).toThrow(
      /booster in the params of fromXGBoost must be 'gbtree'/,
    );
    expect(refused({ objective: 'rank:ndgc' })).toThrow(/must be one of binary:logistic/);
    expect(refused({ grow_policy: 'lossguide' })).toThrow(/max_leaves/);
    expect(refused({ colsample_bytreee: 0.5 })).toThrow(/did you mean colsample_bytree\?/);
  });
});

it('converted parameters fit the model that ours do, byte for byte', async () => {
  const rows = [...Array(120).keys()];
  const table = inlineTable({ x: rows.map((row) => row % 17), label: rows.map((row) => row % 5) });
  const { estimator } = fromLightGBM(
    { objective: 'l2', n_estimators: 4, min_child_samples: 3, num_leaves: 5 },
    { featuresCols: ['x'] },
  );
  const ours = new GBTRegressor({
    lossType: 'squared',
    maxIter: 4,
    minInstancesPerNode: 3,
    maxLeaves: 5,
    featuresCols: ['x'],
  });
  expect(await savedBytes(await estimator.fit(table))).toEqual(
    await savedBytes(await ours.fit(table)),
  );
});

describe('metrics of LightGBM and XGBoost', () => {
  const metricsOf = (found: ReturnType<typeof fromLightGBM>) => ({
    metrics: found.estimator.params.validationMetrics,
    ignored: found.ignored,
  });

  it.each([
    [{ objective: 'binary', metric: 'auc,binary_logloss' }, ['areaUnderROC', 'loss']],
    [{ objective: 'binary', metrics: ['binary_error', 'auc'] }, ['accuracy', 'areaUnderROC']],
    [{ objective: 'multiclass', num_class: 3, metric: 'multi_error' }, ['accuracy']],
    [{ objective: 'l1', metric: ['mean_absolute_error', 'l2_root'] }, ['mae', 'rmse']],
    [{ metric: 'mse' }, ['mse']],
    [{ objective: 'poisson', metric: 'poisson' }, ['loss']],
    [{ objective: 'xentropy', metric: 'cross_entropy' }, ['loss']],
    [
      { objective: 'lambdarank', metric: 'ndcg,map', eval_at: 5 },
      ['ndcgAtK', 'meanAveragePrecisionAtK'],
    ],
    [{ objective: 'binary', metric: 'None' }, undefined],
    [{ objective: 'binary', metric: '' }, undefined],
  ])('become ours: %j', (params, metrics) => {
    expect(metricsOf(fromLightGBM(params))).toMatchObject({ metrics });
    expect(fromLightGBM(params).ignored).not.toContain('metric');
  });

  it.each([
    // the last of them stops early there
    [{ objective: 'binary:logistic', eval_metric: ['logloss', 'auc'] }, ['areaUnderROC', 'loss']],
    [{ objective: 'multi:softprob', eval_metric: 'merror' }, ['accuracy']],
    [{ eval_metric: 'mae' }, ['mae']],
    [{ objective: 'reg:squaredlogerror', eval_metric: 'rmsle' }, ['loss']],
    [{ objective: 'reg:tweedie', eval_metric: 'tweedie-nloglik@1.5' }, ['loss']],
    [
      { objective: 'survival:aft', eval_metric: 'interval-regression-accuracy' },
      ['intervalAccuracy'],
    ],
    [{ objective: 'survival:cox', eval_metric: 'cox-nloglik' }, ['loss']],
    [{ objective: 'rank:ndcg', eval_metric: ['ndcg@5-', 'pre@5'] }, ['precisionAtK', 'ndcgAtK']],
    [{ objective: 'rank:map', eval_metric: 'map' }, ['meanAveragePrecision']],
  ])('become ours: %j', (params, metrics) => {
    expect(metricsOf(fromXGBoost(params))).toMatchObject({ metrics });
    expect(fromXGBoost(params).ignored).not.toContain('eval_metric');
  });

  it('say how many first rows count', () => {
    const five = fromXGBoost({ objective: 'rank:ndcg', eval_metric: 'ndcg@5' });
    expect(five.estimator.params).toMatchObject({ ndcgAt: 5 });
    const none = { objective: 'rank:ndcg', eval_metric: ['ndcg@5', 'ndcg@0'] };
    expect(() => fromXGBoost(none)).toThrow(/with a positive integer behind @; got "ndcg@0"/);
  });

  it('say several numbers of first rows', () => {
    // in the order that LightGBM measures them
    for (const eval_at of [[10, 1, 3], '10, 1,3', [3, 1, 10, 3]]) {
      const { estimator } = fromLightGBM({ objective: 'lambdarank', ndcg_eval_at: eval_at });
      expect(estimator.params).toMatchObject({ ndcgAt: [1, 3, 10] });
    }
    const eval_metric = ['ndcg@5', 'map@3', 'pre@10-', 'ndcg'];
    expect(metricsOf(fromXGBoost({ objective: 'rank:ndcg', eval_metric }))).toMatchObject({
      metrics: ['ndcgAt100000', 'ndcgAt5', 'meanAveragePrecisionAt3', 'precisionAt10'],
    });
    const averages = { objective: 'rank:map', eval_metric: ['map', 'map@5'] };
    const { params } = fromXGBoost(averages).estimator;
    expect(params).toMatchObject({
      validationMetrics: ['meanAveragePrecisionAtK', 'meanAveragePrecision'],
      ndcgAt: 5,
    });
  });

  it('are refused by name, with what there is instead', () => {
    expect(() => fromLightGBM({ objective: 'binary', metric: 'average_precision' })).toThrow(
      /metric in the params of fromLightGBM must be one or more of cross_entropy, binary_logloss, binary_error, auc with this objective \(BinaryClassificationEvaluator measures areaUnderPR .*got "average_precision"/,
    );
    expect(() => fromLightGBM({ objective: 'regression', metric: 'auc' })).toThrow(
      /one or more of l1, l2, rmse, mape with this objective; got "auc"/,
    );
    expect(() => fromXGBoost({ objective: 'binary:logistic', eval_metric: 'error@0.3' })).toThrow(
      /eval_metric in the params of fromXGBoost must be .*; got "error@0.3"/,
    );
    const own = { objective: 'binary:logistic', eval_metric: () => 0 };
    expect(() => fromXGBoost(own)).toThrow(/metricFunction/);
  });
});
