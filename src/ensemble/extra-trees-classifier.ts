/** Extremely randomised trees for classes. */
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
import { type ExtraTreesClassifierOptions, extraTreesClassifierParams } from './forest-params.ts';
import type { ModelOutput } from './output-columns.ts';
import { TreeModel } from './tree-model.ts';
import { readTreeModel, type TreeModelData } from './tree-model-data.ts';

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
export class ExtraTreesClassificationModel extends TreeModel<
  typeof extraTreesClassificationModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = extraTreesClassificationModelParams;

  constructor(options: ExtraTreesClassifierOptions, data: TreeModelData) {
    super(extraTreesClassificationModelParams, options, data, 'ExtraTreesClassifier');
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
export class ExtraTreesClassifier extends Estimator<
  ExtraTreesClassificationModel,
  typeof extraTreesClassifierParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = extraTreesClassifierParams;

  constructor(options: ExtraTreesClassifierOptions = {}) {
    super(extraTreesClassifierParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<ExtraTreesClassificationModel> {
    const fit = {
      ...{ owner: this.className, params: this.params, drawsCuts: true },
      labelKind: 'class',
    } as const;
    const data = await fitForest(fit, table, options);
    return new ExtraTreesClassificationModel(this.givenOptions, data);
  }

  override transformSchema(schema: Schema): Schema {
    const { labelType } = fitColumns(this.className, schema, this.params, 'class');
    return plannedClassifierSchema(schema, this.params, labelType);
  }
}

registerStage(ExtraTreesClassifier);
registerStage(ExtraTreesClassificationModel);
