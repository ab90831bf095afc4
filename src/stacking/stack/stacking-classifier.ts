/** Stacking for classes: an estimator that learns from what other estimators say about rows they have not seen. */

import type { DataType, Schema } from 'apache-arrow';
import { foldComplaint } from '../../feature/folds/fold-params.ts';
import { distinctLabels } from '../../feature/statistics/distinct-labels.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { plannedClasses } from '../../pipeline/class-columns.ts';
import { Estimator } from '../../pipeline/estimator.ts';
import { logicalType } from '../../pipeline/logical-schema.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { ClassValue } from '../../training/messages.ts';
import { estimatorsParam, labelColOf, membersOf } from '../members.ts';
import { defaultCombiner } from './default-combiner.ts';
import { fitStack, type StackFitOptions, type StackState } from './fit-stack.ts';
import { plannedStackSchema } from './planned-stack.ts';
import { readStackEstimators, saveStackEstimators, stackPlaces } from './saved-stack.ts';
import { checkStackColumns, finalOf, type StackFit } from './stack-columns.ts';
import { classStackParams, finalEstimatorParam } from './stack-params.ts';
import { readStack, StackedModel } from './stacked-model.ts';

/** Parameters of {@link StackingClassifier}. */
export const stackingClassifierParams = defineParams(
  'StackingClassifier',
  {
    /** Estimators of any kind, pipelines too; a model among them is used as it is. */
    estimators: estimatorsParam,
    /** The estimator that learns from what the others say; by default a linear one without negative coefficients. */
    finalEstimator: finalEstimatorParam,
    ...classStackParams,
  },
  foldComplaint,
);

/** Parameters of {@link StackingClassificationModel}. */
export const stackingClassificationModelParams = defineParams(
  'StackingClassificationModel',
  classStackParams,
);

/** Options of {@link StackingClassifier}. @interface */
export type StackingClassifierOptions = Options<typeof stackingClassifierParams.schema>;

/** Options of {@link StackingClassificationModel}. @interface */
export type StackingClassificationModelOptions = Options<
  typeof stackingClassificationModelParams.schema
>;

/**
 * The result of `StackingClassifier.fit`.
 *
 * Input: what the members read. Output: the final model's scores, probabilities and predictions.
 */
export class StackingClassificationModel extends StackedModel<
  typeof stackingClassificationModelParams.schema,
  ClassValue
> {
  /** The declared parameters. */
  static readonly paramSchema = stackingClassificationModelParams;

  constructor(options: StackingClassificationModelOptions, state: StackState) {
    super(stackingClassificationModelParams, options, state, 'StackingClassifier');
  }

  static override async fromSaved(reader: StageReader): Promise<StackingClassificationModel> {
    return new StackingClassificationModel(reader.options, await readStack(reader));
  }
}

/**
 * Stacking for classes. Rows are cut into folds; each fold is judged by members (any estimators, pipelines, other
 * stacks) fitted on the other folds; the final estimator learns from these out-of-fold probabilities how far to trust
 * whom; the members that predict are fitted on all rows.
 *
 * Input: what the members read, and `label`. Output: the final estimator's `rawPrediction`, `probability` and
 * `prediction`. Cost: (numFolds + 1) · members fits and one of the final estimator, on one pool. Determinism: folds
 * hang on seed and ids, level-one rows are in the table's order; the same model, bit for bit, on any topology.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `DATA_EMPTY`,
 *   `DATA_INVALID`, `LABEL_INVALID`, `ABORTED`, and what the estimators throw
 * @example
 * ```ts
 * import { createTable, GBTClassifier, RandomForestClassifier, StackingClassifier } from 'coppice';
 * const x = Array.from({ length: 200 }, (_, row) => (row * 37) % 50);
 * const table = createTable({ x, label: x.map((value, row) => value + (row % 9) > 30) });
 * const stack = new StackingClassifier({
 *   estimators: [
 *     new GBTClassifier({ featuresCols: ['x'], maxIter: 5 }),
 *     new RandomForestClassifier({ featuresCols: ['x'], numTrees: 5 }),
 *   ],
 *   names: ['boosted', 'forest'],
 * });
 * const model = await stack.fit(table);
 * console.log(model.levelOneColumns); // [ 'boosted', 'forest' ]
 * ```
 * @see docs/guides/stacking.md; D. Wolpert, "Stacked generalization", 1992; L. Breiman, "Stacked regressions", 1996
 */
export class StackingClassifier extends Estimator<
  StackingClassificationModel,
  typeof stackingClassifierParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = stackingClassifierParams;

  constructor(options: StackingClassifierOptions) {
    super(stackingClassifierParams, options);
    membersOf(this.className, this.params);
  }

  override async fit(
    table: PartitionedTable,
    options: StackFitOptions = {},
  ): Promise<StackingClassificationModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const stack = this.#stack();
    const classes = await distinctLabels(table, stack.labelCol, { signal: options.signal });
    // forests say 0 of most of many classes, which a logit would make much of
    const logit = this.params.logit ?? classes.length === 2;
    const request = { ...stack.request, logit, classes };
    const state = await fitStack({ ...stack, request }, table, options);
    const { estimators: _, finalEstimator: __, ...rest } = this.givenOptions;
    return new StackingClassificationModel(rest, state);
  }

  override transformSchema(schema: Schema): Schema {
    const stack = this.#stack();
    checkStackColumns(stack, schema);
    const label = requireColumn(this.className, 'labelCol', stack.labelCol, schema);
    const classes = plannedClasses(logicalType(label.type as DataType), 2);
    const request = { ...stack.request, classes };
    return plannedStackSchema({ ...stack, request }, schema, this.params);
  }

  #stack(): StackFit {
    const { className: owner, params } = this;
    const { baseOutput, logit = false } = params;
    const labelCol = labelColOf(params);
    const final = params.finalEstimator ?? defaultCombiner('classes');
    const finalEstimator = finalOf(owner, final, params, labelCol);
    const members = membersOf(owner, params);
    const request = { baseOutput, logit, classes: null };
    return { owner, params, members, finalEstimator, labelCol, request };
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await saveStackEstimators(writer, this.params);
  }

  static override async fromSaved(reader: StageReader): Promise<StackingClassifier> {
    return new StackingClassifier({ ...reader.options, ...(await readStackEstimators(reader)) });
  }

  protected override nestedStages(): readonly (readonly [string | number, SavableStage])[] {
    return stackPlaces(this.params);
  }
}

registerStage(StackingClassifier);
registerStage(StackingClassificationModel);
