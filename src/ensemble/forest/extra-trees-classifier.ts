/** Extremely randomised trees for classes. */
import { defineParams } from '../../params/define-params.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { readTreeModel, type TreeModelData } from '../model/tree-model-data.ts';
import {
  type ExtraTreesClassifierOptions,
  extraTreesClassifierParams,
} from '../params/forest-params.ts';
import { ForestEstimator } from './forest-estimator.ts';
import { ForestClassificationModel } from './forest-models.ts';

/** Parameters of ExtraTreesClassificationModel. */
export const extraTreesClassificationModelParams = defineParams(
  'ExtraTreesClassificationModel',
  extraTreesClassifierParams.schema,
);

/**
 * The result of `ExtraTreesClassifier.fit`.
 *
 * Input: the fitted feature columns. Output: adds `rawPrediction` (class shares summed over trees), `probability` and
 * `prediction` of the label's type.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class ExtraTreesClassificationModel extends ForestClassificationModel<
  typeof extraTreesClassificationModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = extraTreesClassificationModelParams;

  constructor(options: ExtraTreesClassifierOptions, data: TreeModelData) {
    super(extraTreesClassificationModelParams, options, data, 'ExtraTreesClassifier');
  }

  static override fromSaved(reader: StageReader): ExtraTreesClassificationModel {
    return new ExtraTreesClassificationModel(reader.options, readTreeModel(reader));
  }
}

/**
 * Extremely randomised trees for classes: each split takes the best of a few features, each cut at one random place
 * between the node's lowest and highest bin; a category goes to a side of its own. Every tree sees every row.
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
 * import { createTable, ExtraTreesClassifier } from 'coppice';
 * const table = createTable({ x: [1, 2, 3, 4], label: ['a', 'a', 'b', 'b'] });
 * const model = await new ExtraTreesClassifier({ featuresCols: ['x'] }).fit(table);
 * console.log(model.numTrees); // 100
 * ```
 * @see P. Geurts, D. Ernst, L. Wehenkel, "Extremely randomized trees", 2006
 */
export class ExtraTreesClassifier extends ForestEstimator<
  ExtraTreesClassificationModel,
  typeof extraTreesClassifierParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = extraTreesClassifierParams;
  /** @internal */
  protected override readonly kind = { labelKind: 'class', drawsCuts: true } as const;

  constructor(options: ExtraTreesClassifierOptions = {}) {
    super(extraTreesClassifierParams, options);
  }

  protected override modelOf(data: TreeModelData): ExtraTreesClassificationModel {
    return new ExtraTreesClassificationModel(this.givenOptions, data);
  }
}

registerStage(ExtraTreesClassifier);
registerStage(ExtraTreesClassificationModel);
