/** Whole sets of parameters, as LightGBM and XGBoost write or return them: every name is known, and refused where it must be. */
import { describe, expect, it } from 'vitest';
import { elsewhere } from '../../../src/ensemble/foreign/lightgbm-elsewhere.ts';
import { fromLightGBM, fromXGBoost } from '../../../src/index.ts';

describe('all parameters of a scikit-learn class', () => {
  it('of LightGBM make its defaults', () => {
    const { estimator, ignored } = fromLightGBM({
      ...{
        boosting_type: 'gbdt',
        class_weight: null,
        colsample_bytree: 1,
        importance_type: 'split',
      },
      ...{ learning_rate: 0.1, max_depth: -1, min_child_samples: 20, min_child_weight: 0.001 },
      ...{ min_split_gain: 0, n_estimators: 100, n_jobs: null, num_leaves: 31, objective: null },
      ...{
        random_state: null,
        reg_alpha: 0,
        reg_lambda: 0,
        subsample: 1,
        subsample_for_bin: 200000,
      },
      subsample_freq: 0,
    });
    expect(estimator.params).toMatchObject({ maxIter: 100, stepSize: 0.1, maxLeaves: 31 });
    expect(ignored).toEqual(['importance_type', 'bagging_freq']);
  });

  it('of XGBoost make its defaults, where what is null gives way to another name', () => {
    const { estimator, options } = fromXGBoost({
      ...{ objective: 'binary:logistic', base_score: null, booster: null, callbacks: null },
      ...{ enable_categorical: false, missing: Number.NaN, n_estimators: null, max_depth: null },
      ...{ eta: null, learning_rate: 0.2, scale_pos_weight: null, process_type: 'default' },
    });
    expect(estimator.className).toBe('GBTClassifier');
    expect(options).toMatchObject({ stepSize: 0.2, maxDepth: 6 });
  });
});

describe('parameters as a model file tells them', () => {
  it.each(['', '0,1'])('of LightGBM name no constraint where nothing stands: %j', (given) => {
    const { options, ignored } = fromLightGBM({
      ...{ objective: 'regression', monotone_constraints: given, interaction_constraints: '' },
      ...{ feature_contri: '', forcedsplits_filename: '', cegb_penalty_feature_coupled: '' },
      ...{ data: '', valid: '', machines: '', label_column: '', header: '0', time_out: '120' },
      ...{ scale_pos_weight: '1', is_unbalance: '1', multi_error_top_k: '1', use_missing: '1' },
    });
    const monotoneConstraints = given === '' ? {} : { monotoneConstraints: [0, 1] };
    expect(options).toEqual({ lossType: 'squared', ...monotoneConstraints });
    expect(ignored).toEqual(['header', 'time_out']);
  });

  it('of XGBoost name no constraint where nothing stands', () => {
    const { options } = fromXGBoost({
      ...{ monotone_constraints: '()', interaction_constraints: '[]', scale_pos_weight: '1' },
      ...{ num_parallel_tree: '1', updater: 'grow_quantile_histmaker', refresh_leaf: '1' },
    });
    expect(Object.keys(options)).toEqual([
      'stepSize',
      'maxDepth',
      'lambda',
      'minSumHessian',
      'minInstancesPerNode',
    ]);
  });
});

describe('a value without counterpart', () => {
  it.each(Object.values(elsewhere).flat())('%s is said elsewhere', (name) => {
    expect(() => fromLightGBM({ [name]: 'x' })).toThrow(
      new RegExp(`${name} in the params of fromLightGBM must be left out: `),
    );
    expect(fromLightGBM({ [name]: '' }).ignored).toEqual([]);
  });

  it.each<[string, object, RegExp]>([
    ['use_missing', { use_missing: false }, /fillNulls/],
    ['max_depth', { max_depth: 'deep' }, /maxDepth/],
    ['feature_fraction_bynode', { feature_fraction_bynode: 2 }, /a share in \(0, 1\]/],
    ['multi_error_top_k', { multi_error_top_k: 2 }, /must be 1/],
  ])('%s of LightGBM is refused', (_, params, what) => {
    expect(() => fromLightGBM(params as Record<string, unknown>)).toThrow(what);
  });

  it.each<[string, object, RegExp]>([
    ['missing', { missing: -999 }, /NaN or 0/],
    ['callbacks', { callbacks: [1] }, /onProgress/],
    ['booster', { booster: 'dart', rate_drop: 0.1 }, /dropRate/],
    ['process_type', { process_type: 'update' }, /refitLeaves/],
    ['max_depth', { max_depth: 'deep' }, /maxDepth/],
    ['max_leaves', { max_leaves: 'many' }, /maxLeaves/],
    ['num_parallel_tree', { num_parallel_tree: 0 }, /numParallelTrees/],
    ['scale_pos_weight', { scale_pos_weight: 2 }, /scalePosWeight/],
  ])('%s of XGBoost is refused', (_, params, what) => {
    expect(() => fromXGBoost(params as Record<string, unknown>)).toThrow(what);
  });

  it('does not hide that zeros are missing', () => {
    expect(fromXGBoost({ missing: 0 }).options).toMatchObject({ zeroAsMissing: true });
    expect(fromXGBoost({ missing: 'nan' }).options).not.toHaveProperty('zeroAsMissing');
  });
});
