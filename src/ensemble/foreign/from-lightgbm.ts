/** Takes LightGBM's parameters: names, aliases and meanings of LightGBM 4. */
import {
  costsByName,
  edgesByName,
  factorsByName,
  groupsByName,
  splitsByName,
} from './features-by-number.ts';
import { metricRule } from './foreign-metrics.ts';
import {
  type ConvertedOptions,
  type ConvertedParams,
  convertParams,
  type Dialect,
  type ForeignParams,
  isOn,
  monotoneList,
  notConvertible,
  numberList,
  numberOrSame,
  type Rule,
  renamed,
  shareOfNode,
} from './foreign-params.ts';
import { elsewhere, ignored } from './lightgbm-elsewhere.ts';
import { lightGBMMetrics } from './lightgbm-metrics.ts';
import { classifications, learned, losses, oneVsAll, rankings } from './lightgbm-objectives.ts';

const owner = 'fromLightGBM';

const objective: Rule = (value, options, all) => {
  const name = String(value);
  if ([...classifications, ...oneVsAll].includes(name)) {
    options['task'] = 'classification';
    if (oneVsAll.includes(name)) options['lossType'] = 'oneVsAll';
    return;
  }
  const ranking = rankings[name];
  if (ranking !== undefined) {
    options['task'] = 'ranking';
    if (ranking !== 'lambdarank') options['lossType'] = ranking;
    // there the order is that of the scores
    else options['orderNoise'] = 0;
    options['stepSize'] ??= 0.1;
    options['maxIter'] ??= 100;
    return;
  }
  const lossType = losses[name];
  if (lossType === undefined) {
    const known = [
      ...classifications,
      ...oneVsAll,
      ...Object.keys({ ...losses, ...rankings }),
    ].join(', ');
    throw notConvertible(owner, 'objective', value, `one of ${known}`);
  }
  options['lossType'] = lossType;
  const alpha = numberOrSame(all['alpha']);
  if (lossType === 'huber') options['huberDelta'] = alpha ?? 0.9;
  if (lossType === 'quantile') options['quantileLevel'] = alpha ?? 0.9;
  if (lossType === 'fair') options['fairScale'] = numberOrSame(all['fair_c']) ?? 1;
};

/** Limits that LightGBM switches off with 0 or −1. */
function unlessBelow(name: string, least: number): Rule {
  return (value, options) => {
    const number = Number(value);
    // what is no number, the estimator refuses
    if (!(number < least)) options[name] = number;
  };
}

/** What 0 switches off. */
function unlessNone(name: string): Rule {
  return (value, options) => {
    if (Number(value) !== 0) options[name] = Number(value);
  };
}

/** A share below 1 that only counts where rows are drawn at all. */
const baggingFraction: Rule = (value, options, all) => {
  if (Number(value) < 1 && Number(all['bagging_freq'] ?? 0) === 0) return;
  if (Number(value) < 1 && Number(all['bagging_freq']) > 1)
    options['subsamplingInterval'] = Number(all['bagging_freq']);
  options['subsamplingRate'] = Number(value);
};

/** A parameter that LightGBM looks at in rankings alone. */
function ofRankings(rule: Rule): Rule {
  return (value, options, all, more) => {
    if (String(all['objective']) in rankings) rule(value, options, all, more);
  };
}

/** The same of classes. */
function ofClasses(rule: Rule): Rule {
  return (value, options, all, more) => {
    if ([...classifications, ...oneVsAll].includes(String(all['objective'])))
      rule(value, options, all, more);
  };
}

/** Only one value has a counterpart. */
function only(name: string, allowed: readonly unknown[], rule: string): Rule {
  return (value) => {
    if (!allowed.includes(numberOrSame(value))) throw notConvertible(owner, name, value, rule);
  };
}

const dialect: Dialect = {
  owner,
  defaults: {},
  aliases: {
    objective: ['objective_type', 'app', 'application', 'loss'],
    boosting: ['boosting_type', 'boost'],
    data_sample_strategy: [],
    num_iterations: [
      'num_iteration',
      'n_iter',
      'num_tree',
      'num_trees',
      'num_round',
      'num_rounds',
      'nrounds',
      'num_boost_round',
      'n_estimators',
      'max_iter',
    ],
    learning_rate: ['shrinkage_rate', 'eta'],
    num_leaves: ['num_leaf', 'max_leaves', 'max_leaf', 'max_leaf_nodes'],
    min_data_in_leaf: ['min_data_per_leaf', 'min_data', 'min_child_samples', 'min_samples_leaf'],
    min_sum_hessian_in_leaf: [
      'min_sum_hessian_per_leaf',
      'min_sum_hessian',
      'min_hessian',
      'min_child_weight',
    ],
    bagging_fraction: ['sub_row', 'subsample', 'bagging'],
    bagging_freq: ['subsample_freq'],
    bagging_seed: ['bagging_fraction_seed'],
    data_random_seed: ['data_seed'],
    drop_rate: ['rate_drop'],
    enable_bundle: ['is_enable_bundle', 'bundle'],
    histogram_pool_size: ['hist_pool_size'],
    is_enable_sparse: ['is_sparse', 'enable_sparse', 'sparse'],
    is_unbalance: ['unbalance', 'unbalanced_sets'],
    metric_freq: ['output_freq'],
    num_class: ['num_classes'],
    snapshot_freq: ['save_period'],
    top_k: ['topk'],
    tree_learner: ['tree', 'tree_type', 'tree_learner_type'],
    two_round: ['two_round_loading', 'use_two_round_loading'],
    feature_fraction: ['sub_feature', 'colsample_bytree'],
    feature_fraction_bynode: ['sub_feature_bynode', 'colsample_bynode'],
    extra_trees: ['extra_tree'],
    linear_tree: ['linear_trees'],
    early_stopping_round: ['early_stopping_rounds', 'early_stopping', 'n_iter_no_change'],
    max_delta_step: ['max_tree_output', 'max_leaf_output'],
    lambda_l1: ['reg_alpha', 'l1_regularization'],
    lambda_l2: ['reg_lambda', 'lambda', 'l2_regularization'],
    min_gain_to_split: ['min_split_gain'],
    monotone_constraints: ['mc', 'monotone_constraint', 'monotonic_cst'],
    max_bin: ['max_bins'],
    feature_contri: ['feature_contrib', 'fc', 'fp', 'feature_penalty'],
    forcedsplits_filename: ['fs', 'forced_splits_filename', 'forced_splits_file', 'forced_splits'],
    monotone_penalty: ['monotone_splits_penalty', 'ms_penalty', 'mc_penalty'],
    monotone_constraints_method: ['monotone_constraining_method', 'mc_method'],
    categorical_feature: [
      'cat_feature',
      'categorical_column',
      'cat_column',
      'categorical_features',
    ],
    pos_bagging_fraction: ['pos_sub_row', 'pos_subsample', 'pos_bagging'],
    neg_bagging_fraction: ['neg_sub_row', 'neg_subsample', 'neg_bagging'],
    metric: ['metrics', 'metric_types'],
    is_provide_training_metric: ['training_metric', 'is_training_metric', 'train_metric'],
    eval_at: ['ndcg_eval_at', 'ndcg_at', 'map_eval_at', 'map_at'],
    bin_construct_sample_cnt: ['subsample_for_bin'],
    seed: ['random_seed', 'random_state'],
    num_threads: ['num_thread', 'nthread', 'nthreads', 'n_jobs'],
    verbosity: ['verbose'],
    device_type: ['device'],
    pre_partition: ['is_pre_partition'],
    num_machines: ['num_machine'],
    local_listen_port: ['local_port', 'port'],
    header: ['has_header'],
  },
  rules: {
    objective,
    sigmoid: ofRankings(renamed('sigmoid')),
    lambdarank_truncation_level: ofRankings(renamed('truncationLevel')),
    lambdarank_norm: ofRankings((value, options) => {
      options['lambdarankNorm'] = isOn(value);
    }),
    lambdarank_position_bias_regularization: ofRankings((value, options, _all, more) => {
      if ('positionCol' in more) options['positionBiasRegularization'] = Number(value);
      else if (Number(value) !== 0)
        throw notConvertible(
          owner,
          'lambdarank_position_bias_regularization',
          value,
          '0 without positionCol among the options: the column that has the positions',
        );
    }),
    label_gain: ofRankings((value, options) => {
      options['labelGains'] = numberList(value);
    }),
    eval_at: ofRankings((value, options) => {
      const places = numberList(Array.isArray(value) ? value : String(value)) as readonly number[];
      const isSound = (place: number): boolean => Number.isInteger(place) && place > 0;
      if (places.length === 0 || !places.map(Number).every(isSound))
        throw notConvertible(owner, 'eval_at', value, 'one or more positive integers');
      // ascending, as there: with first_metric_only the least one stops
      const sorted = [...new Set(places.map(Number))].sort((a, b) => a - b);
      options['ndcgAt'] = sorted.length === 1 ? sorted[0] : sorted;
    }),
    bagging_by_query: ofRankings((value, options) => {
      if (isOn(value)) options['subsampleByGroup'] = true;
    }),
    boosting: (value, options, all) => {
      if (value === 'gbdt' || value === 'gbrt') return;
      if (value !== 'dart') {
        const rule =
          "'gbdt' or 'dart'; for 'rf' use RandomForestClassifier or RandomForestRegressor";
        throw notConvertible(owner, 'boosting', value, rule);
      }
      const most = Number(all['max_drop'] ?? 50);
      options['dropRate'] = Number(all['drop_rate'] ?? 0.1);
      options['skipDrop'] = Number(all['skip_drop'] ?? 0.5);
      options['maxDrop'] = most > 0 ? most : 1_000_000;
    },
    data_sample_strategy: (value, options, all) => {
      if (value === 'bagging') return;
      if (value !== 'goss')
        throw notConvertible(owner, 'data_sample_strategy', value, "'bagging' or 'goss'");
      options['gossTopRate'] = Number(all['top_rate'] ?? 0.2);
      options['gossOtherRate'] = Number(all['other_rate'] ?? 0.1);
    },
    num_iterations: renamed('maxIter'),
    learning_rate: renamed('stepSize'),
    num_leaves: renamed('maxLeaves'),
    max_depth: unlessBelow('maxDepth', 1),
    min_data_in_leaf: (value, options) => {
      options['minInstancesPerNode'] = Math.max(1, Number(value));
    },
    min_sum_hessian_in_leaf: renamed('minSumHessian'),
    bagging_fraction: baggingFraction,
    feature_fraction: renamed('colsampleByTree'),
    feature_fraction_bynode: shareOfNode(owner, 'feature_fraction_bynode'),
    extra_trees: (value, options) => {
      options['extraTrees'] = isOn(value);
    },
    early_stopping_round: unlessBelow('earlyStoppingRounds', 1),
    early_stopping_min_delta: renamed('validationTol'),
    max_delta_step: unlessBelow('maxDeltaStep', 0),
    lambda_l1: renamed('alpha'),
    lambda_l2: renamed('lambda'),
    min_gain_to_split: unlessNone('splitCost'),
    path_smooth: renamed('pathSmoothing'),
    linear_tree: (value, options) => {
      if (isOn(value)) options['linearLeaves'] = true;
    },
    linear_lambda: only(
      'linear_lambda',
      [0],
      '0: linearLambda does not hang on the units of features, so it must be chosen anew',
    ),
    monotone_constraints: monotoneList,
    interaction_constraints: groupsByName(
      owner,
      'interaction_constraints',
      'interactionConstraints',
    ),
    feature_contri: factorsByName(owner, 'feature_contri', 'gainFactors'),
    forcedsplits_filename: splitsByName(owner, 'forcedsplits_filename', 'forcedSplits'),
    monotone_penalty: (value, options, all) => {
      if (Number(value) > 0 && all['monotone_constraints'] !== undefined)
        options['monotonePenalty'] = Number(value);
    },
    monotone_constraints_method: (value, options, all) => {
      if (!['basic', 'intermediate', 'advanced'].includes(String(value)))
        throw notConvertible(
          owner,
          'monotone_constraints_method',
          value,
          "'basic', 'intermediate' or 'advanced'",
        );
      if (value !== 'basic' && all['monotone_constraints'] !== undefined)
        options['monotoneMethod'] = String(value);
    },
    categorical_feature: only(
      'categorical_feature',
      ['', 'auto'],
      'left out: text and dictionary columns are categories, StringIndexer makes one of numbers',
    ),
    forcedbins_filename: edgesByName(owner, 'forcedbins_filename', 'binEdges'),
    cegb_penalty_feature_coupled: costsByName(
      owner,
      'cegb_penalty_feature_coupled',
      'featureCosts',
    ),
    cegb_penalty_feature_lazy: costsByName(
      owner,
      'cegb_penalty_feature_lazy',
      'featureCostsPerRow',
    ),
    // read with the penalties that it is a factor of
    cegb_tradeoff: () => undefined,
    cegb_penalty_split: (value, options, all) => {
      const cost = Number(all['cegb_tradeoff'] ?? 1) * Number(value);
      if (cost !== 0) options['splitCostPerRow'] = cost;
    },
    ...Object.fromEntries(
      ['pos_bagging_fraction', 'neg_bagging_fraction'].map((name) => [
        name,
        only(name, [1], '1: classSamplingRates has a share for each class by its name'),
      ]),
    ),
    reg_sqrt: (value) => {
      if (isOn(value))
        throw notConvertible(owner, 'reg_sqrt', value, 'false: take roots of labels');
    },
    xgboost_dart_mode: (value) => {
      if (isOn(value)) throw notConvertible(owner, 'xgboost_dart_mode', value, 'false');
    },
    metric: metricRule(lightGBMMetrics(owner, learned)),
    is_provide_training_metric: (value, options) => {
      if (isOn(value)) options['trainingHistory'] = true;
    },
    max_bin: renamed('maxBins'),
    bin_construct_sample_cnt: renamed('binSampleRows'),
    cat_smooth: renamed('categorySmoothing'),
    cat_l2: renamed('categoryLambda'),
    max_cat_threshold: renamed('maxCategoriesPerSplit'),
    max_cat_to_onehot: renamed('maxOneHot'),
    min_data_per_group: renamed('minCategoryRows'),
    zero_as_missing: (value, options) => {
      options['zeroAsMissing'] = isOn(value);
    },
    scale_pos_weight: ofClasses(renamed('scalePosWeight')),
    is_unbalance: ofClasses((value, options) => {
      if (isOn(value)) options['classWeights'] = 'balanced';
    }),
    use_missing: (value) => {
      if (isOn(value)) return;
      const rule = 'true: put 0 where values are missing, as by fillNulls';
      throw notConvertible(owner, 'use_missing', value, rule);
    },
    multi_error_top_k: only('multi_error_top_k', [1], '1: accuracy counts the likeliest class'),
    class_weight: renamed('classWeights'),
    tweedie_variance_power: renamed('tweediePower'),
    seed: renamed('seed'),
  },
  ignored,
  elsewhere,
};

/**
 * An estimator with LightGBM's parameters.
 *
 * Aliases are known (`n_estimators`, `reg_lambda`, …), values may be numbers or their texts. A parameter whose
 * value has no counterpart is refused; those that change nothing here come back in `ignored`.
 *
 * @param params LightGBM's parameters, as given to `lightgbm.train` or to its scikit-learn classes
 * @param options parameters of ours besides: columns, and whatever shall win
 * @throws CoppiceError `PARAM_UNKNOWN` for a name that LightGBM does not have, `PARAM_INVALID`
 * @example
 * ```ts
 * import { fromLightGBM } from 'coppice';
 * const { estimator, ignored } = fromLightGBM(
 *   { objective: 'binary', num_leaves: 63, reg_lambda: 1, n_jobs: 4 },
 *   { labelCol: 'delayed' },
 * );
 * console.log(estimator.className, estimator.params.maxLeaves, ignored); // GBTClassifier 63 [ 'num_threads' ]
 * ```
 * @see docs/guides/from-lightgbm.md
 */
export function fromLightGBM(
  params: ForeignParams,
  options: ConvertedOptions = {},
): ConvertedParams {
  return convertParams(dialect, params, options);
}
