/** Decision tree regression. */
import { defineParams } from '../../params/define-params.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import {
  type DecisionTreeRegressorOptions,
  decisionTreeRegressorParams,
} from '../params/forest-params.ts';
import { ForestEstimator } from './forest-estimator.ts';
import { ForestRegressionModel, readRegressionForest } from './forest-models.ts';

/** Parameters of DecisionTreeRegressionModel. */
export const decisionTreeRegressionModelParams = defineParams(
  'DecisionTreeRegressionModel',
  decisionTreeRegressorParams.schema,
);

/**
 * The result of `DecisionTreeRegressor.fit`.
 *
 * Input: the fitted feature columns. Output: adds `prediction` float64, the mean of the trees; with `labelCols` a vector of
 * one number a label, whose names stand in the field's metadata (`labels`).
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class DecisionTreeRegressionModel extends ForestRegressionModel<
  typeof decisionTreeRegressionModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = decisionTreeRegressionModelParams;

  constructor(options: DecisionTreeRegressorOptions, data: TreeModelData) {
    super(decisionTreeRegressionModelParams, options, data, 'DecisionTreeRegressor');
  }

  static override fromSaved(reader: StageReader): DecisionTreeRegressionModel {
    return new DecisionTreeRegressionModel(reader.options, readRegressionForest(reader));
  }
}

/**
 * A single decision tree for numbers.
 *
 * Input: features numeric, boolean, dates or categories (text or dictionary), nulls allowed; label a number, or several
 * (`labelCols`).
 * Output: `prediction` float64, or a vector of one number a label. Cost: O(depth · rows · features). Determinism: same data, params and seed give the same model, bit for bit, on
 * any number of threads and partitions.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `LABEL_INVALID`, `WEIGHT_INVALID`,
 *   `DATA_EMPTY`, `ABORTED`, `MEMORY_LIMIT`
 * @example
 * ```ts
 * import { createTable, DecisionTreeRegressor } from 'coppice';
 * const table = createTable({ x: [1, 2, 3, 4], label: [1, 4, 9, 16] });
 * const model = await new DecisionTreeRegressor({ featuresCols: ['x'] }).fit(table);
 * console.log(model.numTrees); // 1
 * ```
 * @see L. Breiman et al., "Classification and regression trees", 1984
 */
export class DecisionTreeRegressor extends ForestEstimator<
  DecisionTreeRegressionModel,
  typeof decisionTreeRegressorParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = decisionTreeRegressorParams;
  /** @internal */
  protected override readonly kind = { labelKind: 'numeric', isSingle: true } as const;

  constructor(options: DecisionTreeRegressorOptions = {}) {
    super(decisionTreeRegressorParams, options);
  }

  protected override modelOf(data: TreeModelData): DecisionTreeRegressionModel {
    return new DecisionTreeRegressionModel(this.givenOptions, data);
  }
}

registerStage(DecisionTreeRegressor);
registerStage(DecisionTreeRegressionModel);
