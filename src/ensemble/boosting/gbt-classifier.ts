/** Gradient-boosted classification trees. */

import type { Schema } from 'apache-arrow';
import { defineParams } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { fitColumns } from '../../pipeline/fit-columns.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { readTreeModel, type TreeModelData } from '../model/tree-model-data.ts';
import { type GBTClassifierOptions, gbtClassifierParams } from '../params/gbt-params.ts';
import { functionNames } from '../params/objective-params.ts';
import {
  checkThresholds,
  classifierOutputs,
  plannedClassifierSchema,
} from '../prediction/classifier-outputs.ts';
import type { ModelOutput } from '../prediction/output-columns.ts';
import type { Link } from '../prediction/predict-operator.ts';
import { type BoostedFacts, BoostedModel, withKnownFunctions } from './boosted-model.ts';
import { fitBoostedTrees } from './fit-gbt.ts';
import { classificationObjective } from './gbt-objectives.ts';

/** Parameters of GBTClassificationModel. */
export const gbtClassificationModelParams = defineParams('GBTClassificationModel', {
  ...gbtClassifierParams.schema,
  ...functionNames,
});

/**
 * The result of `GBTClassifier.fit`.
 *
 * Input: the fitted feature columns. Output: adds `rawPrediction` and `probability` (one float64 a class) and
 * `prediction` of the label's type. Two classes: rawPrediction [−F, F], probability 1 / (1 + e^−F); more:
 * one margin a class and their softmax; with `oneVsAll` each class's own probability, scaled to add up to 1.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class GBTClassificationModel extends BoostedModel<
  typeof gbtClassificationModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = gbtClassificationModelParams;

  constructor(options: GBTClassifierOptions, data: TreeModelData) {
    super(gbtClassificationModelParams, options, data, 'GBTClassifier');
    checkThresholds(this.className, this.params.thresholds, data.classes);
  }

  protected override get link(): Link {
    if (this.data.classes.length === 2) return 'logistic';
    const isOneVsAll = this.params.lossType === 'oneVsAll' && this.data.classes.length > 2;
    return isOneVsAll ? 'oneVsAll' : 'softmax';
  }

  protected override get offsetCol(): string | undefined {
    return this.params.offsetCol;
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

  protected override get boosted(): BoostedFacts {
    const params = withKnownFunctions(this.className, this.params);
    const objective = classificationObjective(params);
    return { owner: 'GBTClassifier', params, labelKind: 'class', objective };
  }

  static override fromSaved(reader: StageReader): GBTClassificationModel {
    return new GBTClassificationModel(reader.options, readTreeModel(reader));
  }
}

/**
 * Gradient-boosted classification trees: logistic loss for two classes, softmax for more.
 *
 * Input: features numeric, boolean, dates or categories (text or dictionary), nulls allowed; label a number,
 * boolean or text. Output: `rawPrediction`, `probability`, `prediction`. Cost and determinism as
 * {@link GBTRegressor}; K classes grow K trees a round.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `LABEL_INVALID`, `WEIGHT_INVALID`,
 *   `DATA_EMPTY`, `ABORTED`, `MEMORY_LIMIT`
 * @example
 * ```ts
 * import { createTable, GBTClassifier } from 'coppice';
 * const table = createTable({ x: [1, 2, 3, 4], label: ['a', 'a', 'b', 'b'] });
 * const model = await new GBTClassifier({ featuresCols: ['x'], minInstancesPerNode: 1 }).fit(table);
 * console.log(model.classes); // [ 'a', 'b' ]
 * ```
 * @see docs/guides/first-model.md; J. H. Friedman, "Greedy function approximation", 2001
 */
export class GBTClassifier extends Estimator<
  GBTClassificationModel,
  typeof gbtClassifierParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = gbtClassifierParams;

  constructor(options: GBTClassifierOptions = {}) {
    super(gbtClassifierParams, options);
  }

  override get continuesModels(): boolean {
    return true;
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<GBTClassificationModel> {
    checkFit(this.className, table, options);
    const fit = {
      owner: this.className,
      params: this.params,
      given: this.givenOptions,
      labelKind: 'class',
      objective: classificationObjective(this.params),
    } as const;
    const data = await fitBoostedTrees(fit, table, options);
    return new GBTClassificationModel(this.givenOptions, data);
  }

  override transformSchema(schema: Schema): Schema {
    const { labelType } = fitColumns(this.className, schema, this.params, 'class');
    return plannedClassifierSchema(schema, this.params, labelType);
  }
}

registerStage(GBTClassifier);
registerStage(GBTClassificationModel);
