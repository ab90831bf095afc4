/** Random forest regression. */
import { defineParams } from '../../params/define-params.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import {
  type RandomForestRegressorOptions,
  randomForestRegressorParams,
} from '../params/forest-params.ts';
import { ForestEstimator } from './forest-estimator.ts';
import { ForestRegressionModel, readRegressionForest } from './forest-models.ts';

/** Parameters of RandomForestRegressionModel. */
export const randomForestRegressionModelParams = defineParams(
  'RandomForestRegressionModel',
  randomForestRegressorParams.schema,
);

/**
 * The result of `RandomForestRegressor.fit`.
 *
 * Input: the fitted feature columns. Output: adds `prediction` float64, the mean of the trees; with `labelCols` a vector of
 * one number a label, whose names stand in the field's metadata (`labels`).
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class RandomForestRegressionModel extends ForestRegressionModel<
  typeof randomForestRegressionModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = randomForestRegressionModelParams;

  constructor(options: RandomForestRegressorOptions, data: TreeModelData) {
    super(randomForestRegressionModelParams, options, data, 'RandomForestRegressor');
  }

  static override fromSaved(reader: StageReader): RandomForestRegressionModel {
    return new RandomForestRegressionModel(reader.options, readRegressionForest(reader));
  }
}

/**
 * Random forest for numbers: trees on rows drawn with replacement, each split looking at a few features.
 *
 * Input: features numeric, boolean, dates or categories (text or dictionary), nulls allowed; label a number, or several
 * (`labelCols`).
 * Output: `prediction` float64, or a vector of one number a label. Cost: O(numTrees · depth · rows · features looked at); trees are dealt to the threads. Determinism: same data, params and seed give the same model, bit for bit, on
 * any number of threads and partitions.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `LABEL_INVALID`, `WEIGHT_INVALID`,
 *   `DATA_EMPTY`, `ABORTED`, `MEMORY_LIMIT`
 * @example
 * ```ts
 * import { createTable, RandomForestRegressor } from 'coppice';
 * const table = createTable({ x: [1, 2, 3, 4], label: [1, 4, 9, 16] });
 * const model = await new RandomForestRegressor({ featuresCols: ['x'] }).fit(table);
 * console.log(model.numTrees); // 100
 * ```
 * @see L. Breiman, "Random forests", 2001
 */
export class RandomForestRegressor extends ForestEstimator<
  RandomForestRegressionModel,
  typeof randomForestRegressorParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = randomForestRegressorParams;
  /** @internal */
  protected override readonly kind = { labelKind: 'numeric' } as const;

  constructor(options: RandomForestRegressorOptions = {}) {
    super(randomForestRegressorParams, options);
  }

  protected override modelOf(data: TreeModelData): RandomForestRegressionModel {
    return new RandomForestRegressionModel(this.givenOptions, data);
  }
}

registerStage(RandomForestRegressor);
registerStage(RandomForestRegressionModel);
