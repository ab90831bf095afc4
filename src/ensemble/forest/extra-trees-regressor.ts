/** Extremely randomised trees for numbers. */
import { defineParams } from '../../params/define-params.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import {
  type ExtraTreesRegressorOptions,
  extraTreesRegressorParams,
} from '../params/forest-params.ts';
import { ForestEstimator } from './forest-estimator.ts';
import { ForestRegressionModel, readRegressionForest } from './forest-models.ts';

/** Parameters of ExtraTreesRegressionModel. */
export const extraTreesRegressionModelParams = defineParams(
  'ExtraTreesRegressionModel',
  extraTreesRegressorParams.schema,
);

/**
 * The result of `ExtraTreesRegressor.fit`.
 *
 * Input: the fitted feature columns. Output: adds `prediction` float64, the mean of the trees; with `labelCols` a vector of
 * one number a label, whose names stand in the field's metadata (`labels`).
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class ExtraTreesRegressionModel extends ForestRegressionModel<
  typeof extraTreesRegressionModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = extraTreesRegressionModelParams;

  constructor(options: ExtraTreesRegressorOptions, data: TreeModelData) {
    super(extraTreesRegressionModelParams, options, data, 'ExtraTreesRegressor');
  }

  static override fromSaved(reader: StageReader): ExtraTreesRegressionModel {
    return new ExtraTreesRegressionModel(reader.options, readRegressionForest(reader));
  }
}

/**
 * Extremely randomised trees for numbers: each split takes the best of the features, each cut at one random place
 * between the node's lowest and highest bin; a category goes to a side of its own. Every tree sees every row.
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
 * import { createTable, ExtraTreesRegressor } from 'coppice';
 * const table = createTable({ x: [1, 2, 3, 4], label: [1, 4, 9, 16] });
 * const model = await new ExtraTreesRegressor({ featuresCols: ['x'] }).fit(table);
 * console.log(model.numTrees); // 100
 * ```
 * @see P. Geurts, D. Ernst, L. Wehenkel, "Extremely randomized trees", 2006
 */
export class ExtraTreesRegressor extends ForestEstimator<
  ExtraTreesRegressionModel,
  typeof extraTreesRegressorParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = extraTreesRegressorParams;
  /** @internal */
  protected override readonly kind = { labelKind: 'numeric', drawsCuts: true } as const;

  constructor(options: ExtraTreesRegressorOptions = {}) {
    super(extraTreesRegressorParams, options);
  }

  protected override modelOf(data: TreeModelData): ExtraTreesRegressionModel {
    return new ExtraTreesRegressionModel(this.givenOptions, data);
  }
}

registerStage(ExtraTreesRegressor);
registerStage(ExtraTreesRegressionModel);
