/** Takes XGBoost's parameters: names, aliases and meanings of XGBoost 3. */
import { factorsByName, groupsByName } from './features-by-number.ts';
import { type MetricDialect, metricRule } from './foreign-metrics.ts';
import {
  type ConvertedOptions,
  type ConvertedParams,
  convertParams,
  type Dialect,
  type ForeignParams,
  monotoneList,
  notConvertible,
  numberOrSame,
  type Rule,
  renamed,
  shareOfNode,
} from './foreign-params.ts';
import { xgBoostMetrics } from './xgboost-metrics.ts';

const owner = 'fromXGBoost';

const losses: Readonly<Record<string, string>> = {
  'reg:squarederror': 'squared',
  'reg:linear': 'squared',
  'reg:squaredlogerror': 'squaredLogError',
  'reg:absoluteerror': 'absolute',
  'reg:quantileerror': 'quantile',
  'reg:expectileerror': 'expectile',
  'reg:pseudohubererror': 'pseudoHuber',
  'reg:gamma': 'gamma',
  'reg:tweedie': 'tweedie',
  'count:poisson': 'poisson',
  'reg:logistic': 'crossEntropy',
  'survival:aft': 'aft',
  'survival:cox': 'cox',
};
const classifications = ['binary:logistic', 'binary:logitraw', 'multi:softprob', 'multi:softmax'];

/** What they weigh pairs by. */
const rankings: Readonly<Record<string, string>> = {
  'rank:ndcg': 'ndcg',
  'rank:map': 'map',
  'rank:pairwise': 'equal',
};

function isRanking(all: ForeignParams): boolean {
  return String(all['objective']) in rankings;
}

const objective: Rule = (value, options, all) => {
  const name = String(value);
  const pairWeight = rankings[name];
  if (pairWeight !== undefined) {
    options['task'] = 'ranking';
    if (pairWeight !== 'ndcg') options['pairWeight'] = pairWeight;
    // there the order is that of the scores
    options['orderNoise'] = 0;
    options['maxIter'] ??= 100;
    return;
  }
  if (classifications.includes(name)) {
    options['task'] = 'classification';
    return;
  }
  const lossType = losses[name];
  if (lossType === undefined) {
    const known = [...classifications, ...Object.keys({ ...losses, ...rankings })].join(', ');
    throw notConvertible(owner, 'objective', value, `one of ${known}`);
  }
  options['lossType'] = lossType;
  if (lossType === 'pseudoHuber') options['huberDelta'] = numberOrSame(all['huber_slope']) ?? 1;
  if (lossType === 'aft') {
    options['aftDistribution'] = all['aft_loss_distribution'] ?? 'normal';
    options['aftScale'] = numberOrSame(all['aft_loss_distribution_scale']) ?? 1;
  }
  if (lossType === 'expectile') {
    const level = numberOrSame(all['expectile_alpha']);
    const one = Array.isArray(level) && level.length === 1 ? level[0] : level;
    if (Array.isArray(one))
      throw notConvertible(owner, 'expectile_alpha', level, 'one number: fit a model a level');
    options['expectileLevel'] = one;
  }
  if (lossType !== 'quantile') return;
  const alpha = numberOrSame(all['quantile_alpha']);
  if (Array.isArray(alpha)) options['quantileAlphas'] = alpha;
  else options['quantileLevel'] = alpha;
};

/** What its metrics are of. */
function learned(all: ForeignParams): ReturnType<MetricDialect['learned']> {
  const name = String(all['objective'] ?? 'reg:squarederror');
  if (name.startsWith('multi:')) return { task: 'multiclass', loss: 'logistic' };
  if (classifications.includes(name)) return { task: 'binary', loss: 'logistic' };
  if (name in rankings) return { task: 'ranking', loss: 'lambdarank' };
  return { task: name.startsWith('survival:') ? 'survival' : 'regression', loss: losses[name] };
}

/** Only one value has a counterpart. */
function only(name: string, allowed: readonly unknown[], rule: string): Rule {
  return (value) => {
    if (!allowed.includes(numberOrSame(value))) throw notConvertible(owner, name, value, rule);
  };
}

const dialect: Dialect = {
  owner,
  defaults: { stepSize: 0.3, maxDepth: 6, lambda: 1, minSumHessian: 1, minInstancesPerNode: 1 },
  aliases: {
    eta: ['learning_rate'],
    gamma: ['min_split_loss'],
    lambda: ['reg_lambda'],
    alpha: ['reg_alpha'],
    num_boost_round: ['n_estimators', 'num_round'],
    seed: ['random_state'],
    nthread: ['n_jobs'],
    verbosity: ['silent'],
  },
  rules: {
    objective,
    booster: only(
      'booster',
      ['gbtree'],
      "'gbtree'; dropRate leaves trees out as LightGBM's dart does, LinearRegression and LogisticRegression are linear",
    ),
    process_type: only(
      'process_type',
      ['default'],
      "'default'; refitLeaves of a fitted model learns its leaves anew",
    ),
    missing: (value, options) => {
      const number = Number(value);
      if (Number.isNaN(number)) return;
      if (number !== 0) {
        const rule = 'NaN or 0: put nulls in the place of other values';
        throw notConvertible(owner, 'missing', value, rule);
      }
      options['zeroAsMissing'] = true;
    },
    eta: renamed('stepSize'),
    gamma: (value, options) => {
      if (Number(value) !== 0) options['splitCost'] = Number(value);
    },
    max_depth: (value, options) => {
      // 0 is no limit; what is no number, the estimator refuses
      if (Number(value) <= 0) delete options['maxDepth'];
      else options['maxDepth'] = Number(value);
    },
    max_leaves: (value, options) => {
      if (!(Number(value) <= 0)) options['maxLeaves'] = Number(value);
    },
    grow_policy: (value, _options, all) => {
      if (value === 'depthwise') return;
      if (value !== 'lossguide')
        throw notConvertible(owner, 'grow_policy', value, "'depthwise' or 'lossguide'");
      if (Number(all['max_leaves'] ?? 0) > 0) return;
      throw notConvertible(
        owner,
        'max_leaves',
        all['max_leaves'],
        "given with grow_policy 'lossguide'",
      );
    },
    min_child_weight: renamed('minSumHessian'),
    max_delta_step: renamed('maxDeltaStep'),
    subsample: renamed('subsamplingRate'),
    sampling_method: only(
      'sampling_method',
      ['uniform'],
      "'uniform'; gradient-based sampling is gossTopRate and gossOtherRate",
    ),
    colsample_bytree: renamed('colsampleByTree'),
    colsample_bylevel: renamed('colsampleByLevel'),
    colsample_bynode: shareOfNode(owner, 'colsample_bynode'),
    feature_weights: factorsByName(owner, 'feature_weights', 'featureWeights'),
    lambda: renamed('lambda'),
    alpha: renamed('alpha'),
    max_bin: (value, options) => {
      // theirs are bounds, one more than bins of values
      options['maxBins'] = Math.min(255, Number(value));
    },
    num_boost_round: renamed('maxIter'),
    eval_metric: metricRule(xgBoostMetrics(owner, learned)),
    early_stopping_rounds: renamed('earlyStoppingRounds'),
    scale_pos_weight: (value, options) => {
      if (Number(value) !== 1) options['scalePosWeight'] = numberOrSame(value);
    },
    monotone_constraints: monotoneList,
    interaction_constraints: groupsByName(
      owner,
      'interaction_constraints',
      'interactionConstraints',
    ),
    multi_strategy: only(
      'multi_strategy',
      ['one_output_per_tree'],
      "'one_output_per_tree': each label of labelCols has trees of its own",
    ),
    max_cat_threshold: renamed('maxCategoriesPerSplit'),
    max_cat_to_onehot: renamed('maxOneHot'),
    tweedie_variance_power: renamed('tweediePower'),
    num_parallel_tree: (value, options) => {
      if (Number(value) !== 1) options['numParallelTrees'] = Number(value);
    },
    seed: renamed('seed'),
    lambdarank_num_pair_per_sample: (value, options, all) => {
      if (isRanking(all)) options['truncationLevel'] = Number(value);
    },
    lambdarank_normalization: (value, options, all) => {
      if (isRanking(all))
        options['lambdarankNorm'] =
          value === true || String(value) === 'true' || Number(value) === 1;
    },
    lambdarank_unbiased: only(
      'lambdarank_unbiased',
      [0, false, 'false', 'False'],
      'false: positionCol of GBTRanker learns what places add to grades',
    ),
    lambdarank_pair_method: (value, _options, all) => {
      if (!isRanking(all) || value === 'topk') return;
      throw notConvertible(owner, 'lambdarank_pair_method', value, "'topk'");
    },
  },
  ignored: [
    ...[
      'quantile_alpha',
      'expectile_alpha',
      'huber_slope',
      'aft_loss_distribution',
      'aft_loss_distribution_scale',
      'tree_method',
      'num_class',
      'nthread',
      'verbosity',
      'device',
      'base_score',
    ],
    ...[
      'enable_categorical',
      'validate_parameters',
      'max_cached_hist_node',
      'lambdarank_bias_norm',
      'seed_per_iteration',
    ],
    ...['disable_default_eval_metric', 'importance_type', 'predictor', 'feature_types'],
    ...['updater', 'refresh_leaf', 'sample_type', 'normalize_type', 'rate_drop', 'one_drop'],
    ...['skip_drop', 'feature_selector', 'top_k'],
  ],
  elsewhere: {
    'onProgress of fit sees each round, and earlyStoppingRounds stops': ['callbacks'],
    'fit is given the table': ['data', 'dtrain'],
  },
};

/**
 * An estimator with XGBoost's parameters and, where they are left out, XGBoost's defaults (`eta` 0.3, `max_depth`
 * 6, `lambda` 1, `min_child_weight` 1).
 *
 * A parameter whose value has no counterpart is refused; those that change nothing here come back in `ignored`.
 *
 * @param params XGBoost's parameters, as given to `xgboost.train` or to its scikit-learn classes
 * @param options parameters of ours besides: columns, and whatever shall win
 * @throws CoppiceError `PARAM_UNKNOWN` for a name that XGBoost does not have, `PARAM_INVALID`
 * @example
 * ```ts
 * import { fromXGBoost } from 'coppice';
 * const { estimator } = fromXGBoost({ objective: 'reg:squarederror', eta: 0.05, n_estimators: 500 });
 * console.log(estimator.className, estimator.params.maxIter, estimator.params.maxDepth); // GBTRegressor 500 6
 * ```
 * @see docs/guides/from-lightgbm.md
 */
export function fromXGBoost(
  params: ForeignParams,
  options: ConvertedOptions = {},
): ConvertedParams {
  return convertParams(dialect, params, options);
}
