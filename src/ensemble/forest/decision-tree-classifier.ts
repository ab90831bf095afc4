/** Decision tree classification. */
import { defineParams } from '../../params/define-params.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { readTreeModel, type TreeModelData } from '../model/tree-model-data.ts';
import {
  type DecisionTreeClassifierOptions,
  decisionTreeClassifierParams,
} from '../params/forest-params.ts';
import { ForestEstimator } from './forest-estimator.ts';
import { ForestClassificationModel } from './forest-models.ts';

/** Parameters of DecisionTreeClassificationModel. */
export const decisionTreeClassificationModelParams = defineParams(
  'DecisionTreeClassificationModel',
  decisionTreeClassifierParams.schema,
);

/**
 * The result of `DecisionTreeClassifier.fit`.
 *
 * Input: the fitted feature columns. Output: adds `rawPrediction` (class shares summed over trees), `probability` and
 * `prediction` of the label's type.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class DecisionTreeClassificationModel extends ForestClassificationModel<
  typeof decisionTreeClassificationModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = decisionTreeClassificationModelParams;

  constructor(options: DecisionTreeClassifierOptions, data: TreeModelData) {
    super(decisionTreeClassificationModelParams, options, data, 'DecisionTreeClassifier');
  }

  static override fromSaved(reader: StageReader): DecisionTreeClassificationModel {
    return new DecisionTreeClassificationModel(reader.options, readTreeModel(reader));
  }
}

/**
 * A single decision tree for classes.
 *
 * Input: features numeric, boolean, dates or categories (text or dictionary), nulls allowed; label a number,
 * boolean or text.
 * Output: `rawPrediction`, `probability`, `prediction`. Cost: O(depth · rows · features). Determinism: same data, params and seed give the same model, bit for bit, on
 * any number of threads and partitions.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `LABEL_INVALID`, `WEIGHT_INVALID`,
 *   `DATA_EMPTY`, `ABORTED`, `MEMORY_LIMIT`
 * @example
 * ```ts
 * import { createTable, DecisionTreeClassifier } from 'coppice';
 * const table = createTable({ x: [1, 2, 3, 4], label: ['a', 'a', 'b', 'b'] });
 * const model = await new DecisionTreeClassifier({ featuresCols: ['x'] }).fit(table);
 * console.log(model.numTrees); // 1
 * ```
 * @see L. Breiman et al., "Classification and regression trees", 1984
 */
export class DecisionTreeClassifier extends ForestEstimator<
  DecisionTreeClassificationModel,
  typeof decisionTreeClassifierParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = decisionTreeClassifierParams;
  /** @internal */
  protected override readonly kind = { labelKind: 'class', isSingle: true } as const;

  constructor(options: DecisionTreeClassifierOptions = {}) {
    super(decisionTreeClassifierParams, options);
  }

  protected override modelOf(data: TreeModelData): DecisionTreeClassificationModel {
    return new DecisionTreeClassificationModel(this.givenOptions, data);
  }
}

registerStage(DecisionTreeClassifier);
registerStage(DecisionTreeClassificationModel);
