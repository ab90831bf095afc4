/** Leaves out features that hardly vary. */

import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { logicalSchema } from '../../pipeline/logical-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { columnMoments } from '../statistics/column-moments.ts';
import { slicedSchema, vectorParts } from '../vectors/vector-parts.ts';
import { selectorColumn } from './selector-model.ts';
import {
  VarianceThresholdSelectorModel,
  varianceThresholdSelectorSpecs,
} from './variance-threshold-selector-model.ts';

/** Parameters of {@link VarianceThresholdSelector}. */
export const varianceThresholdSelectorParams = defineParams(
  'VarianceThresholdSelector',
  varianceThresholdSelectorSpecs,
);

/** Options of {@link VarianceThresholdSelector}. @interface */
export type VarianceThresholdSelectorOptions = Options<
  typeof varianceThresholdSelectorParams.schema
>;

/**
 * Keeps the features whose sample variance is larger than a threshold: by default all that vary at all.
 *
 * Input: a struct or a vector column. Output: the same with the kept features. Missing values take no part; text
 * and dictionaries have no variance and are kept.
 * Cost: one read of the column. Determinism: exact sums, so no order or partitioning matters.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`; `DATA_EMPTY` for no rows, `DATA_INVALID`
 *   for an infinite value or where no feature varies enough
 * @example
 * ```ts
 * import { createTable, VarianceThresholdSelector, VectorAssembler } from 'coppice';
 * const table = await createTable({ distance: [1, 2, 5], constant: [3, 3, 3] });
 * const features = await new VectorAssembler({ inputCols: ['distance', 'constant'] }).transform(table);
 * const model = await new VarianceThresholdSelector({ outputCol: 'kept' }).fit(features);
 * console.log(model.selectedFeatures); // [ 0 ]
 * ```
 */
export class VarianceThresholdSelector extends Estimator<
  VarianceThresholdSelectorModel,
  typeof varianceThresholdSelectorParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = varianceThresholdSelectorParams;

  constructor(options: VarianceThresholdSelectorOptions = {}) {
    super(varianceThresholdSelectorParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<VarianceThresholdSelectorModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { featuresCol, varianceThreshold } = this.params;
    const parts = vectorParts(selectorColumn(this), table.schema);
    const numeric = parts.filter(({ kind }) => kind !== 'category');
    const moments = await columnMoments(table, this.className, numeric, options);
    if (numeric.length > 0 && moments.every(({ count }) => count === 0)) throw this.#noRows();
    const varying = new Set(
      numeric.filter((_, i) => Number(moments[i]?.variance) > varianceThreshold),
    );
    const selectedFeatures = parts.flatMap((part, index) =>
      part.kind === 'category' || varying.has(part) ? [index] : [],
    );
    if (selectedFeatures.length === 0) throw this.#noneLeft();
    return new VarianceThresholdSelectorModel(this.givenOptions, {
      selectedFeatures,
      inputSchema: logicalSchema(table.schema, [featuresCol]),
    });
  }

  /** Before the fit it is not known which features stay, so the output has them all. */
  override transformSchema(schema: Schema): Schema {
    return slicedSchema(selectorColumn(this), schema);
  }

  #noRows(): CoppiceError {
    const { featuresCol } = this.params;
    const owner = this.className;
    const message = `column ${featuresCol} given to ${owner} must have values that are not missing; got none`;
    return new CoppiceError('DATA_EMPTY', message, { context: { owner, column: featuresCol } });
  }

  #noneLeft(): CoppiceError {
    const { featuresCol, varianceThreshold } = this.params;
    const owner = this.className;
    const message =
      `column ${featuresCol} given to ${owner} must have a feature of a variance above ${varianceThreshold}; ` +
      'got none: lower varianceThreshold';
    return new CoppiceError('DATA_INVALID', message, { context: { owner, column: featuresCol } });
  }
}

registerStage(VarianceThresholdSelector);
