/** Random forest classification. */
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
import { fitForest } from './fit-forest.ts';
import {
  type RandomForestClassifierOptions,
  randomForestClassifierParams,
} from './forest-params.ts';
import type { ModelOutput } from './output-columns.ts';
import { TreeModel } from './tree-model.ts';
import { readTreeModel, type TreeModelData } from './tree-model-data.ts';

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
export class RandomForestClassificationModel extends TreeModel<
  typeof randomForestClassificationModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = randomForestClassificationModelParams;

  constructor(options: RandomForestClassifierOptions, data: TreeModelData) {
    super(randomForestClassificationModelParams, options, data, 'RandomForestClassifier');
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
export class RandomForestClassifier extends Estimator<
  RandomForestClassificationModel,
  typeof randomForestClassifierParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = randomForestClassifierParams;

  constructor(options: RandomForestClassifierOptions = {}) {
    super(randomForestClassifierParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<RandomForestClassificationModel> {
    const fit = { owner: this.className, params: this.params, labelKind: 'class' } as const;
    const data = await fitForest(fit, table, options);
    return new RandomForestClassificationModel(this.givenOptions, data);
  }

  override transformSchema(schema: Schema): Schema {
    const { labelType } = fitColumns(this.className, schema, this.params, 'class');
    return plannedClassifierSchema(schema, this.params, labelType);
  }
}

registerStage(RandomForestClassifier);
registerStage(RandomForestClassificationModel);
