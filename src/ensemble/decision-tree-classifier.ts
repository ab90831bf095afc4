/** Decision tree classification. */
import type { Schema } from 'apache-arrow';
import { defineParams } from '../params/define-params.ts';
import { Estimator, type FitOptions } from '../pipeline/estimator.ts';
import type { StageReader } from '../pipeline/stage-reader.ts';
import { registerStage } from '../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import {
  checkThresholds,
  classifierOutputs,
  plannedClassifierSchema,
} from './classifier-outputs.ts';
import { fitColumns } from './fit-columns.ts';
import { fitForest, singleTree } from './fit-forest.ts';
import {
  type DecisionTreeClassifierOptions,
  decisionTreeClassifierParams,
} from './forest-params.ts';
import type { ModelOutput } from './output-columns.ts';
import { TreeModel } from './tree-model.ts';
import { readTreeModel, type TreeModelData } from './tree-model-data.ts';

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
export class DecisionTreeClassificationModel extends TreeModel<
  typeof decisionTreeClassificationModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = decisionTreeClassificationModelParams;

  constructor(options: DecisionTreeClassifierOptions, data: TreeModelData) {
    super(decisionTreeClassificationModelParams, options, data, 'DecisionTreeClassifier');
    checkThresholds(this.className, this.params.thresholds, data.classes);
  }

  protected override get link(): 'share' {
    return 'share';
  }

  protected override get outputs(): ModelOutput {
    return classifierOutputs(this.params);
  }

  protected override get thresholds(): readonly number[] | null {
    return this.params.thresholds ?? null;
  }

  /** How many classes there are. */
  get numClasses(): number {
    return this.data.classes.length;
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
export class DecisionTreeClassifier extends Estimator<
  DecisionTreeClassificationModel,
  typeof decisionTreeClassifierParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = decisionTreeClassifierParams;

  constructor(options: DecisionTreeClassifierOptions = {}) {
    super(decisionTreeClassifierParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<DecisionTreeClassificationModel> {
    const fit = {
      owner: this.className,
      params: singleTree(this.params),
      labelKind: 'class',
    } as const;
    const data = await fitForest(fit, table, options);
    return new DecisionTreeClassificationModel(this.givenOptions, data);
  }

  override transformSchema(schema: Schema): Schema {
    const { labelType } = fitColumns(this.className, schema, this.params, 'class');
    return plannedClassifierSchema(schema, this.params, labelType);
  }
}

registerStage(DecisionTreeClassifier);
registerStage(DecisionTreeClassificationModel);
