/** Models of LightGBM, XGBoost and CatBoost as models of ours. */
import { checkOptions } from '../../base/check-options.ts';
import { readCatBoost } from './catboost-model.ts';
import type { ForeignHints } from './foreign-model.ts';
import { type ImportedModel, type ImportOptions, importedModel } from './imported-model.ts';
import { readLightGBM } from './lightgbm-model.ts';
import { type ForeignModelSource, readSource } from './model-file.ts';
import { readXGBoost } from './xgboost-model.ts';

const optionNames = [
  'featuresCols',
  'classes',
  'categories',
  'numRounds',
  'objective',
  'params',
] as const satisfies readonly (keyof ImportOptions)[];

/**
 * Reads a model of LightGBM: the text that `save_model` and `model_to_string` write.
 *
 * The model predicts as LightGBM does: raw scores are the same doubles, added in the same order (means of `rf` that are
 * not the prediction itself, `sigmoid` other than 1 and `multiclass` of two classes agree but for rounding); probabilities
 * agree but for the last bits of exp. It saves, explains, serves and continues as a fitted model does. Categories come from
 * `pandas_categorical`, or are integer codes.
 *
 * @param source a path, a URL of a file, the text itself, or its bytes
 * @throws CoppiceError `FILE_NOT_FOUND`, `MODEL_FORMAT` for a damaged file, `UNSUPPORTED` for what has no counterpart,
 *   `PARAM_INVALID`, `PARAM_UNKNOWN`
 * @example
 * ```ts
 * import { readLightGBMModel } from 'coppice';
 * const text = [
 *   'tree', 'num_class=1', 'num_tree_per_iteration=1', 'max_feature_idx=0', 'objective=regression', 'feature_names=x',
 *   'feature_infos=[0:9]', 'tree_sizes=1', '', 'Tree=0', 'num_leaves=2', 'num_cat=0', 'split_feature=0', 'threshold=4.5',
 *   'decision_type=2', 'left_child=-1', 'right_child=-2', 'leaf_value=1 3', 'leaf_count=5 5', 'end of trees', '',
 * ].join('\n');
 * const score = await (await readLightGBMModel(text)).scorer();
 * console.log(score({ x: 7 }).prediction); // 3
 * ```
 * @see docs/guides/from-lightgbm.md
 */
export async function readLightGBMModel(
  source: ForeignModelSource,
  options: ImportOptions = {},
): Promise<ImportedModel> {
  checkOptions('readLightGBMModel', options, optionNames);
  const { file, bytes } = await readSource('LightGBM', source);
  const model = readLightGBM(file, new TextDecoder().decode(bytes), hintsOf(options));
  return importedModel(file, model, options);
}

/**
 * Reads a model of XGBoost: the JSON or UBJSON that `save_model` writes (`gbtree` and `dart`).
 *
 * Rows end in the leaves that they end in there: values are compared as XGBoost compares them, rounded to float32. Scores
 * are added in float64 and not in float32, so predictions agree but for float32's rounding. Where the file tells the best
 * round of early stopping, later rounds are left out, as XGBClassifier and XGBRegressor do. It saves, explains, serves and
 * continues as a fitted model does.
 *
 * @param source a path, a URL of a file, the text of a JSON file, or the file's bytes
 * @throws CoppiceError `FILE_NOT_FOUND`, `MODEL_FORMAT` for a damaged file, `UNSUPPORTED` for what has no counterpart,
 *   `PARAM_INVALID`, `PARAM_UNKNOWN`
 * @example
 * ```ts
 * import { isCoppiceError, readXGBoostModel } from 'coppice';
 * try {
 *   await readXGBoostModel('{"learner": {}}');
 * } catch (error) {
 *   console.log(isCoppiceError(error, 'MODEL_FORMAT')); // true
 * }
 * ```
 * @see docs/guides/from-lightgbm.md
 */
export async function readXGBoostModel(
  source: ForeignModelSource,
  options: ImportOptions = {},
): Promise<ImportedModel> {
  checkOptions('readXGBoostModel', options, optionNames);
  const { file, bytes } = await readSource('XGBoost', source);
  return importedModel(file, readXGBoost(file, bytes, hintsOf(options)), options);
}

/**
 * Reads a model of CatBoost: the JSON that `save_model(path, format='json', pool=pool)` writes, of oblivious and of other
 * trees, with numbers and one-hot categories. Splits on statistics of categories (CTR), texts and embeddings are refused.
 *
 * Rows end in the leaves that they end in there: values are compared as float32. Scores are the same sums of float64 but for
 * rounding. Classes and categories are those of the file; `pool` makes CatBoost name the categories. Where all of a feature
 * are whole numbers, they are numbers in the data; of a feature that no split reads the option `categories` tells what they
 * are, else texts. A missing category goes the way of one that was never seen.
 *
 * @param source a path, a URL of a file, the text of a JSON file, or the file's bytes
 * @throws CoppiceError `FILE_NOT_FOUND`, `MODEL_FORMAT` for a damaged file, `UNSUPPORTED` for what has no counterpart,
 *   `PARAM_INVALID`, `PARAM_UNKNOWN`
 * @example
 * ```ts
 * import { readCatBoostModel } from 'coppice';
 * const split = { split_type: 'FloatFeature', float_feature_index: 0, border: 4.5 };
 * const text = JSON.stringify({
 *   features_info: { float_features: [{ feature_index: 0, flat_feature_index: 0, feature_name: 'x' }] },
 *   model_info: { params: { loss_function: { type: 'RMSE' } } },
 *   oblivious_trees: [{ splits: [split], leaf_values: [1, 3], leaf_weights: [5, 5] }],
 *   scale_and_bias: [1, [0]],
 * });
 * const score = await (await readCatBoostModel(text)).scorer();
 * console.log(score({ x: 7 }).prediction); // 3
 * ```
 * @see docs/guides/from-lightgbm.md
 */
export async function readCatBoostModel(
  source: ForeignModelSource,
  options: ImportOptions = {},
): Promise<ImportedModel> {
  checkOptions('readCatBoostModel', options, optionNames);
  const { file, bytes } = await readSource('CatBoost', source);
  return importedModel(file, readCatBoost(file, bytes, hintsOf(options)), options);
}

function hintsOf({ categories = {}, objective }: ImportOptions): ForeignHints {
  return { categories, objective: objective ?? null };
}
