/** Stacking for numbers: an estimator that learns from what other estimators say about rows they have not seen. */

import type { Schema } from 'apache-arrow';
import { foldComplaint } from '../../feature/folds/fold-params.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator } from '../../pipeline/estimator.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { estimatorsParam, labelColOf, membersOf } from '../members.ts';
import { defaultCombiner } from './default-combiner.ts';
import { fitStack, type StackFitOptions, type StackState } from './fit-stack.ts';
import { plannedStackSchema } from './planned-stack.ts';
import { readStackEstimators, saveStackEstimators, stackPlaces } from './saved-stack.ts';
import { checkStackColumns, finalOf, type StackFit } from './stack-columns.ts';
import { finalEstimatorParam, stackParams } from './stack-params.ts';
import { readStack, StackedModel } from './stacked-model.ts';

/** Parameters of {@link StackingRegressor}. */
export const stackingRegressorParams = defineParams(
  'StackingRegressor',
  {
    /** Estimators of any kind, pipelines too; a model among them is used as it is. */
    estimators: estimatorsParam,
    /** The estimator that learns from what the others say; by default a linear one without negative coefficients. */
    finalEstimator: finalEstimatorParam,
    ...stackParams,
  },
  foldComplaint,
);

/** Parameters of {@link StackingRegressionModel}. */
export const stackingRegressionModelParams = defineParams('StackingRegressionModel', stackParams);

/** Options of {@link StackingRegressor}. @interface */
export type StackingRegressorOptions = Options<typeof stackingRegressorParams.schema>;

/** Options of {@link StackingRegressionModel}. @interface */
export type StackingRegressionModelOptions = Options<typeof stackingRegressionModelParams.schema>;

/**
 * The result of `StackingRegressor.fit`.
 *
 * Input: what the members read. Output: the final model's predictions.
 */
export class StackingRegressionModel extends StackedModel<
  typeof stackingRegressionModelParams.schema,
  number
> {
  /** The declared parameters. */
  static readonly paramSchema = stackingRegressionModelParams;

  constructor(options: StackingRegressionModelOptions, state: StackState) {
    super(stackingRegressionModelParams, options, state, 'StackingRegressor');
  }

  static override async fromSaved(reader: StageReader): Promise<StackingRegressionModel> {
    return new StackingRegressionModel(reader.options, await readStack(reader));
  }
}

/**
 * Stacking for numbers. Rows are cut into folds; each fold is judged by members (any estimators, pipelines, other
 * stacks) fitted on the other folds; the final estimator learns from these out-of-fold predictions how far to trust
 * whom; the members that predict are fitted on all rows.
 *
 * Input: what the members read, and `label`. Output: the final estimator's `prediction`. Cost: (numFolds + 1) · members fits and one of the final estimator, on one pool. Determinism: folds
 * hang on seed and ids, level-one rows are in the table's order; the same model, bit for bit, on any topology.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `DATA_EMPTY`,
 *   `DATA_INVALID`, `ABORTED`, and what the estimators throw
 * @example
 * ```ts
 * import { createTable, GBTRegressor, RandomForestRegressor, StackingRegressor } from 'coppice';
 * const x = Array.from({ length: 200 }, (_, row) => (row * 37) % 50);
 * const table = createTable({ x, label: x.map((value, row) => value + (row % 9)) });
 * const stack = new StackingRegressor({
 *   estimators: [
 *     new GBTRegressor({ featuresCols: ['x'], maxIter: 5 }),
 *     new RandomForestRegressor({ featuresCols: ['x'], numTrees: 5 }),
 *   ],
 *   names: ['boosted', 'forest'],
 * });
 * const model = await stack.fit(table);
 * console.log(model.levelOneColumns); // [ 'boosted', 'forest' ]
 * ```
 * @see docs/guides/stacking.md; D. Wolpert, "Stacked generalization", 1992; L. Breiman, "Stacked regressions", 1996
 */
export class StackingRegressor extends Estimator<
  StackingRegressionModel,
  typeof stackingRegressorParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = stackingRegressorParams;

  constructor(options: StackingRegressorOptions) {
    super(stackingRegressorParams, options);
    membersOf(this.className, this.params);
  }

  override async fit(
    table: PartitionedTable,
    options: StackFitOptions = {},
  ): Promise<StackingRegressionModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const stack = this.#stack();
    const state = await fitStack(stack, table, options);
    const { estimators: _, finalEstimator: __, ...rest } = this.givenOptions;
    return new StackingRegressionModel(rest, state);
  }

  override transformSchema(schema: Schema): Schema {
    const stack = this.#stack();
    checkStackColumns(stack, schema);
    return plannedStackSchema(stack, schema, this.params);
  }

  #stack(): StackFit {
    const { className: owner, params } = this;
    const labelCol = labelColOf(params);
    const final = params.finalEstimator ?? defaultCombiner('numbers');
    const finalEstimator = finalOf(owner, final, params, labelCol);
    const members = membersOf(owner, params);
    const request = { baseOutput: 'auto', logit: false, classes: null } as const;
    return { owner, params, members, finalEstimator, labelCol, request };
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await saveStackEstimators(writer, this.params);
  }

  static override async fromSaved(reader: StageReader): Promise<StackingRegressor> {
    return new StackingRegressor({ ...reader.options, ...(await readStackEstimators(reader)) });
  }

  protected override nestedStages(): readonly (readonly [string | number, SavableStage])[] {
    return stackPlaces(this.params);
  }
}

registerStage(StackingRegressor);
registerStage(StackingRegressionModel);
