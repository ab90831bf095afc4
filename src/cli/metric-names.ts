/** The names that people type for metrics, and which evaluator has them. */
import { CoppiceError, isCoppiceError } from '../base/errors.ts';
import { nameSuggestion } from '../base/nearest-name.ts';
import { binaryMetricNames } from '../evaluation/evaluators/binary-classification-evaluator.ts';
import { multiclassMetricNames } from '../evaluation/evaluators/multiclass-classification-evaluator.ts';
import { regressionMetricNames } from '../evaluation/evaluators/regression-evaluator.ts';
import { upliftMetricNames } from '../evaluation/evaluators/uplift-evaluator.ts';
import { binaryRemedy } from '../evaluation/parts/binary-part.ts';
import { survivalMetricNames } from '../evaluation/parts/survival-part.ts';
import { rankingMetricNames } from '../training/ranking/group-metrics.ts';

/** What kind of prediction is evaluated. */
export type EvaluationTask =
  | 'binary'
  | 'multiclass'
  | 'regression'
  | 'ranking'
  | 'survival'
  | 'uplift';

/** The metrics of each kind. */
export const metricsOfTask: Readonly<Record<EvaluationTask, readonly string[]>> = {
  binary: binaryMetricNames,
  multiclass: multiclassMetricNames,
  regression: regressionMetricNames,
  ranking: rankingMetricNames,
  survival: survivalMetricNames,
  uplift: upliftMetricNames,
};

/** What LightGBM, XGBoost and scikit-learn call them. */
const otherNames: Readonly<Record<string, string>> = {
  auc: 'areaUnderROC',
  roc_auc: 'areaUnderROC',
  roc_auc_ovr: 'areaUnderROCOneVsRest',
  roc_auc_ovr_weighted: 'weightedAreaUnderROCOneVsRest',
  roc_auc_ovo: 'areaUnderROCOneVsOne',
  roc_auc_ovo_weighted: 'weightedAreaUnderROCOneVsOne',
  aucpr: 'areaUnderPR',
  average_precision: 'averagePrecision',
  ap: 'averagePrecision',
  ks: 'kolmogorovSmirnov',
  log_loss: 'logLoss',
  binary_logloss: 'logLoss',
  multi_logloss: 'logLoss',
  mlogloss: 'logLoss',
  pr_auc: 'areaUnderPR',
  auc_pr: 'areaUnderPR',
  brier: 'brierScore',
  brier_score_loss: 'brierScore',
  ece: 'calibrationError',
  f1_macro: 'macroFMeasure',
  precision_macro: 'macroPrecision',
  acc: 'accuracy',
  l2: 'mse',
  l1: 'mae',
  auuc: 'areaUnderUplift',
  ate: 'averageTreatmentEffect',
  mcc: 'matthewsCorrelation',
  matthews_corrcoef: 'matthewsCorrelation',
  kappa: 'cohenKappa',
  cohen_kappa: 'cohenKappa',
  balanced_accuracy: 'balancedAccuracy',
  bacc: 'balancedAccuracy',
  root_mean_squared_log_error: 'rmsle',
  quantile: 'pinballLoss',
  pinball: 'pinballLoss',
  poisson: 'poissonDeviance',
  gamma: 'gammaDeviance',
  tweedie: 'tweedieDeviance',
  normalized_gini: 'normalizedGini',
  gini_normalized: 'normalizedGini',
  ndcg: 'ndcgAtK',
  map: 'meanAveragePrecision',
  mrr: 'meanReciprocalRank',
  concordance: 'concordanceIndex',
  cindex: 'concordanceIndex',
  c_index: 'concordanceIndex',
  ibs: 'integratedBrierScore',
  integrated_brier_score: 'integratedBrierScore',
};

/** Those that say how many first rows, or likeliest classes, they look at: `ndcg@5`. */
const namesAtK: Readonly<Record<string, string>> = {
  ndcg: 'ndcgAtK',
  map: 'meanAveragePrecisionAtK',
  precision: 'precisionAtK',
  pre: 'precisionAtK',
  recall: 'recallAtK',
  topk: 'topKAccuracy',
  top_k_accuracy: 'topKAccuracy',
};

/** A metric as it was typed, and the name it has. */
export interface WantedMetric {
  readonly typed: string;
  readonly name: string;
  /** How many first rows of a group it looks at, where that was typed. */
  readonly k?: number;
  /** Which quantile's loss it is, where that was typed. */
  readonly quantileLevel?: number;
}

/**
 * The metrics for the names typed; upper and lower case are the same.
 *
 * @throws CoppiceError `USAGE` for a name that no evaluator has
 */
export function wantedMetrics(typed: readonly string[]): WantedMetric[] {
  const levelled = /^(quantile|pinball)@(0?\.\d+)$/;
  const known = [...new Set(Object.values(metricsOfTask).flat())];
  return typed.map((text) => {
    const [, base = '', k] = /^(\w+)@([1-9]\d*)$/.exec(text.toLowerCase()) ?? [];
    const atK = namesAtK[base];
    if (atK !== undefined) return { typed: text, name: atK, k: Number(k) };
    const level = levelled.exec(text.toLowerCase())?.[2];
    if (level !== undefined)
      return { typed: text, name: 'pinballLoss', quantileLevel: Number(level) };
    const name =
      otherNames[text.toLowerCase()] ??
      known.find((one) => one.toLowerCase() === text.toLowerCase());
    if (name !== undefined) return { typed: text, name };
    const hint = nameSuggestion(text, [...known, ...Object.keys(otherNames)]);
    throw new CoppiceError('USAGE', `--metric must be names of metrics; got "${text}": ${hint}`);
  });
}

/** An error as the shell says it: metrics of two classes that were asked of more are answered with the options to give. */
export function inShellWords(error: unknown): unknown {
  if (!isCoppiceError(error, 'LABEL_INVALID') || !error.message.endsWith(binaryRemedy))
    return error;
  const found = error.message.slice(0, -binaryRemedy.length);
  const message = `${found}of several classes give --metric roc_auc_ovr, logloss or f1; of numbers --task regression`;
  return new CoppiceError('LABEL_INVALID', message, { context: error.context, cause: error });
}
