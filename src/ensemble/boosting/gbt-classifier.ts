/** Gradient-boosted classification trees. */

import type { Schema } from 'apache-arrow';
import { defineParams } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { fitColumns } from '../../pipeline/fit-columns.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { ClassValue } from '../../training/messages.ts';
import { readTreeModel, type TreeModelData } from '../model/tree-model-data.ts';
import { type GBTClassifierOptions, gbtClassifierParams } from '../params/gbt-params.ts';
import { functionNames } from '../params/objective-params.ts';
import {
  checkThresholds,
  classifierOutputs,
  plannedClassifierSchema,
} from '../prediction/classifier-outputs.ts';
import { type ModelOutput, schemaWithOutputs } from '../prediction/output-columns.ts';
import type { Link } from '../prediction/predict-operator.ts';
import { BoostedModel, withKnownFunctions } from './boosted-model.ts';
import type { BoostedFacts } from './fit-gbt.ts';
import { fitBoostedTrees } from './fit-gbt.ts';
import { fitOutputs, refitOutputs } from './fit-outputs.ts';
import { classificationObjective } from './gbt-objectives.ts';
import { alone, initialOfLabels, thresholdOf } from './outputs-apart.ts';
import type { RefitOptions } from './refit-leaves.ts';

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
 * one margin a class and their softmax; with `oneVsAll` each class's own probability, scaled to add up to 1. With
 * `labelCols` all three are vectors of one number a label, whose names stand in the fields' metadata (`labels`).
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class GBTClassificationModel extends BoostedModel<
  typeof gbtClassificationModelParams.schema,
  ClassValue
> {
  /** The declared parameters. */
  static readonly paramSchema = gbtClassificationModelParams;
  /** It is one of several labels' models, as its fit alone gave it. */
  #isOfOneFit = false;

  constructor(options: GBTClassifierOptions, data: TreeModelData) {
    super(gbtClassificationModelParams, options, data, 'GBTClassifier');
    if (this.params.labelCols !== undefined) return;
    checkThresholds(this.className, this.params.thresholds, data.classes);
  }

  protected override get link(): Link {
    if (this.params.labelCols !== undefined) return 'flags';
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

  /** How many classes there are; 0 with several labels. */
  get numClasses(): number {
    return this.data.classes.length;
  }

  protected override get boosted(): BoostedFacts {
    const known = withKnownFunctions(this.className, this.params);
    // of several labels each is learned anew alone
    const [labelCol = known.labelCol] = known.labelCols ?? [];
    const params = { ...known, labelCol };
    const objective = classificationObjective(params);
    return { owner: 'GBTClassifier', params, labelKind: labelKindOf(params), objective };
  }

  override async refitLeaves(table: PartitionedTable, options: RefitOptions = {}): Promise<this> {
    const { labelCols } = this.params;
    if (labelCols === undefined || this.#isOfOneFit) return await super.refitLeaves(table, options);
    const data = await refitOutputs(labelCols, (k) => this.ofLabel(k), table, options);
    return new GBTClassificationModel(this.givenOptions as GBTClassifierOptions, data) as this;
  }

  /** @internal The model that a fit of the k-th label alone gives: of one label of several. */
  ofLabel(k: number): GBTClassificationModel {
    const { labelCols = [] } = this.params;
    const own = [labelCols[k] as string];
    const given = this.givenOptions as GBTClassifierOptions;
    const options = { ...given, ...thresholdOf(given, k), labelCols: own };
    const model = new GBTClassificationModel(options, alone(this.data, labelCols, k));
    model.#isOfOneFit = true;
    return model;
  }

  static override fromSaved(reader: StageReader): GBTClassificationModel {
    const { labelCols } = reader.options as GBTClassifierOptions;
    return new GBTClassificationModel(
      reader.options,
      readTreeModel(reader, labelCols?.length ?? 1),
    );
  }
}

/**
 * Gradient-boosted classification trees: logistic loss for two classes, softmax for more.
 *
 * Input: features numeric, boolean, dates or categories (text or dictionary), nulls allowed; label a number,
 * boolean or text, or several of 0 and 1 (`labelCols`). Output: `rawPrediction`, `probability`, `prediction`. Cost and determinism as
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
      labelKind: labelKindOf(this.params),
      objective: classificationObjective(this.params),
    } as const;
    const { labelCols } = this.params;
    const data =
      labelCols === undefined
        ? await fitBoostedTrees(fit, table, options)
        : await fitOutputs(fit, labelCols, table, {
            ...options,
            initialOf: this.#initialOf(options.initialModel, labelCols),
          });
    return new GBTClassificationModel(this.givenOptions, data);
  }

  /** What the fit of each of several labels goes on from. */
  #initialOf(
    initial: FitOptions['initialModel'],
    labelCols: readonly string[],
  ): (k: number) => FitOptions['initialModel'] {
    if (!(initial instanceof GBTClassificationModel)) return () => initial;
    const known = initial.params.labelCols;
    return initialOfLabels(this.className, labelCols, known, (k) => initial.ofLabel(k));
  }

  override transformSchema(schema: Schema): Schema {
    const { labelCols, maxIter = 1, numParallelTrees = 1 } = this.params;
    const { labelType } = fitColumns(this.className, schema, this.params, labelKindOf(this.params));
    if (labelCols !== undefined) {
      const outputs = classifierOutputs(this.params);
      const numTrees = maxIter * numParallelTrees * labelCols.length;
      return schemaWithOutputs(schema, { outputs, classes: [], labelType, numTrees });
    }
    return plannedClassifierSchema(schema, this.params, labelType);
  }
}

/** Several labels are numbers, 0 and 1; the classes of one are found. */
function labelKindOf({ labelCols }: { readonly labelCols: readonly string[] | undefined }) {
  return labelCols === undefined ? 'class' : 'numeric';
}

registerStage(GBTClassifier);
registerStage(GBTClassificationModel);
