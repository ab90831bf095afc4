/** Gradient-boosted regression trees. */

import type { Schema } from 'apache-arrow';
import { defineParams } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { fitColumns } from '../../pipeline/fit-columns.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { readTreeModel, type TreeModelData } from '../model/tree-model-data.ts';
import { type GBTRegressorOptions, gbtRegressorParams } from '../params/gbt-params.ts';
import { functionNames } from '../params/objective-params.ts';
import { type ModelOutput, schemaWithOutputs } from '../prediction/output-columns.ts';
import type { Link } from '../prediction/predict-operator.ts';
import { regressionOutputs } from '../prediction/regression-outputs.ts';
import { BoostedModel, withKnownFunctions } from './boosted-model.ts';
import type { BoostedFacts } from './fit-gbt.ts';
import { fitBoostedTrees } from './fit-gbt.ts';
import { fitOutputs, refitOutputs } from './fit-outputs.ts';
import { regressionObjective } from './gbt-objectives.ts';
import { alone, initialOfLabels } from './outputs-apart.ts';
import type { RefitOptions } from './refit-leaves.ts';

/** Parameters of GBTRegressionModel. */
export const gbtRegressionModelParams = defineParams('GBTRegressionModel', {
  ...gbtRegressorParams.schema,
  ...functionNames,
});

/**
 * The result of `GBTRegressor.fit`.
 *
 * Input: the fitted feature columns. Output: adds `prediction` float64, and `leafCol` where it is named. With
 * `quantileAlphas` the prediction is a vector of quantiles, ascending in each row; with `labelCols` a vector of one number
 * a label, whose names stand in the field's metadata (`labels`).
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class GBTRegressionModel extends BoostedModel<
  typeof gbtRegressionModelParams.schema,
  number
> {
  /** The declared parameters. */
  static readonly paramSchema = gbtRegressionModelParams;

  constructor(options: GBTRegressorOptions, data: TreeModelData) {
    super(gbtRegressionModelParams, options, data, 'GBTRegressor');
  }

  protected override get link(): Link {
    const { lossType, objectiveFunction, link, quantileAlphas } = this.params;
    if (objectiveFunction !== undefined) return links[link ?? 'identity'];
    if (lossType === 'crossEntropy') return 'logit';
    if (lossType === 'squaredLogError') return 'expLessOne';
    if (quantileAlphas !== undefined) return 'quantiles';
    return logLosses.includes(lossType) ? 'exp' : 'identity';
  }

  protected override get offsetCol(): string | undefined {
    return this.params.offsetCol;
  }

  protected override get outputs(): ModelOutput {
    return regressionOutputs(this.params);
  }

  protected override get boosted(): BoostedFacts {
    const params = withKnownFunctions(this.className, this.params);
    const objective = regressionObjective(params);
    return { owner: 'GBTRegressor', params, labelKind: 'numeric', objective };
  }

  override async refitLeaves(table: PartitionedTable, options: RefitOptions = {}): Promise<this> {
    const { labelCols } = this.params;
    if (labelCols === undefined) return await super.refitLeaves(table, options);
    const data = await refitOutputs(labelCols, (k) => this.ofLabel(k), table, options);
    return new GBTRegressionModel(this.givenOptions as GBTRegressorOptions, data) as this;
  }

  /** @internal The model that a fit of the k-th label alone gives. */
  ofLabel(k: number): GBTRegressionModel {
    const { labelCols = [] } = this.params;
    const { labelCols: _, ...given } = this.givenOptions;
    const options = { ...given, labelCol: labelCols[k] as string };
    return new GBTRegressionModel(options as GBTRegressorOptions, alone(this.data, labelCols, k));
  }

  static override fromSaved(reader: StageReader): GBTRegressionModel {
    const { quantileAlphas, labelCols } = reader.options as GBTRegressorOptions;
    const outputs = quantileAlphas ?? labelCols;
    const numScores = Array.isArray(outputs) ? outputs.length : 1;
    return new GBTRegressionModel(reader.options, readTreeModel(reader, numScores));
  }
}

/**
 * Gradient-boosted regression trees, grown on histograms by the best leaf.
 *
 * Input: features numeric, boolean, dates or categories (text or dictionary), nulls allowed; label a number, or several
 * (`labelCols`). Output: `prediction` float64, or a vector of them. Cost: O(maxIter · rows · features) binned reads, and at each split two
 * meetings of the ranks that exchange one integer sum a bin. Determinism: same data, params and seed give the
 * same model, bit for bit, on any number of threads and partitions.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `LABEL_INVALID`, `WEIGHT_INVALID`,
 *   `DATA_EMPTY`, `ABORTED`, `MEMORY_LIMIT`
 * @example
 * ```ts
 * import { createTable, GBTRegressor } from 'coppice';
 * const table = createTable({ x: [1, 2, 3, 4], y: [1, 4, 9, 16] });
 * const model = await new GBTRegressor({ featuresCols: ['x'], labelCol: 'y', minInstancesPerNode: 1 }).fit(table);
 * console.log((await model.transform(table)).columns); // [ 'x', 'y', 'prediction' ]
 * ```
 * @see docs/guides/first-model.md; T. Chen and C. Guestrin, "XGBoost", 2016; G. Ke et al., "LightGBM", 2017
 */
export class GBTRegressor extends Estimator<GBTRegressionModel, typeof gbtRegressorParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = gbtRegressorParams;

  constructor(options: GBTRegressorOptions = {}) {
    super(gbtRegressorParams, options);
  }

  override get continuesModels(): boolean {
    return true;
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<GBTRegressionModel> {
    checkFit(this.className, table, options);
    const fit = {
      owner: this.className,
      params: this.params,
      given: this.givenOptions,
      labelKind: 'numeric',
      objective: regressionObjective(this.params),
    } as const;
    const { labelCols } = this.params;
    const data =
      labelCols === undefined
        ? await fitBoostedTrees(fit, table, options)
        : await fitOutputs(fit, labelCols, table, {
            ...options,
            initialOf: this.#initialOf(options.initialModel, labelCols),
          });
    return new GBTRegressionModel(this.givenOptions, data);
  }

  /** What the fit of each of several labels goes on from. */
  #initialOf(
    initial: FitOptions['initialModel'],
    labelCols: readonly string[],
  ): (k: number) => FitOptions['initialModel'] {
    // what is no model of several labels is told of by the fit of the first
    if (!(initial instanceof GBTRegressionModel)) return () => initial;
    const known = initial.params.labelCols;
    return initialOfLabels(this.className, labelCols, known, (k) => initial.ofLabel(k));
  }

  override transformSchema(schema: Schema): Schema {
    const { labelType } = fitColumns(this.className, schema, this.params, 'numeric');
    const outputs = regressionOutputs(this.params);
    return schemaWithOutputs(schema, {
      outputs,
      classes: [],
      labelType,
      // without maxIter it is not known before the fit
      numTrees: (this.params.maxIter ?? 1) * (this.params.numParallelTrees ?? 1),
    });
  }
}

/** Losses whose scores are logarithms of what is predicted. */
const logLosses: readonly string[] = ['poisson', 'gamma', 'tweedie', 'aft', 'cox'];

/** What the links of a loss of the user's own are called inside. */
const links = { identity: 'identity', log: 'exp', logit: 'logit' } as const;

registerStage(GBTRegressor);
registerStage(GBTRegressionModel);
