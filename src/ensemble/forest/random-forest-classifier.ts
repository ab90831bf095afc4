/** Random forest classification. */
import { defineParams } from '../../params/define-params.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { readTreeModel, type TreeModelData } from '../model/tree-model-data.ts';
import {
  type RandomForestClassifierOptions,
  randomForestClassifierParams,
} from '../params/forest-params.ts';
import { ForestEstimator } from './forest-estimator.ts';
import { ForestClassificationModel } from './forest-models.ts';

/** Parameters of RandomForestClassificationModel. */
export const randomForestClassificationModelParams = defineParams(
  'RandomForestClassificationModel',
  randomForestClassifierParams.schema,
);

/**
 * The result of `RandomForestClassifier.fit`.
 *
 * Input: the fitted feature columns. Output: adds `rawPrediction` (class shares summed over trees), `probability` and
 * `prediction` of the label's type.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class RandomForestClassificationModel extends ForestClassificationModel<
  typeof randomForestClassificationModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = randomForestClassificationModelParams;

  constructor(options: RandomForestClassifierOptions, data: TreeModelData) {
    super(randomForestClassificationModelParams, options, data, 'RandomForestClassifier');
  }

  static override fromSaved(reader: StageReader): RandomForestClassificationModel {
    return new RandomForestClassificationModel(reader.options, readTreeModel(reader));
  }
}

/**
 * Random forest for classes: trees on rows drawn with replacement, each split looking at a few features.
 *
 * Input: features numeric, boolean, dates or categories (text or dictionary), nulls allowed; label a number,
 * boolean or text.
 * Output: `rawPrediction`, `probability`, `prediction`. Cost: O(numTrees · depth · rows · features looked at); trees are dealt to the threads. Determinism: same data, params and seed give the same model, bit for bit, on
 * any number of threads and partitions.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `LABEL_INVALID`, `WEIGHT_INVALID`,
 *   `DATA_EMPTY`, `ABORTED`, `MEMORY_LIMIT`
 * @example
 * ```ts
 * import { createTable, RandomForestClassifier } from 'coppice';
 * const table = createTable({ x: [1, 2, 3, 4], label: ['a', 'a', 'b', 'b'] });
 * const model = await new RandomForestClassifier({ featuresCols: ['x'] }).fit(table);
 * console.log(model.numTrees); // 100
 * ```
 * @see L. Breiman, "Random forests", 2001
 */
export class RandomForestClassifier extends ForestEstimator<
  RandomForestClassificationModel,
  typeof randomForestClassifierParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = randomForestClassifierParams;
  /** @internal */
  protected override readonly kind = { labelKind: 'class' } as const;

  constructor(options: RandomForestClassifierOptions = {}) {
    super(randomForestClassifierParams, options);
  }

  protected override modelOf(data: TreeModelData): RandomForestClassificationModel {
    return new RandomForestClassificationModel(this.givenOptions, data);
  }
}

registerStage(RandomForestClassifier);
registerStage(RandomForestClassificationModel);
