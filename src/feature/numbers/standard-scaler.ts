/** Brings numeric columns to one scale. */

import type { Schema } from 'apache-arrow';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { logicalSchema } from '../../pipeline/logical-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { checkColumnPairs, columnPairs, schemaWithPairs } from '../column-pairs.ts';
import { columnMoments } from '../statistics/column-moments.ts';
import { numbersByColumn, scaledField, scaledPaths } from './scaled-columns.ts';
import { StandardScalerModel, standardScalerSpecs } from './standard-scaler-model.ts';

/** Parameters of {@link StandardScaler}. */
export const standardScalerParams = defineParams(
  'StandardScaler',
  standardScalerSpecs,
  checkColumnPairs,
);

/** Options of {@link StandardScaler}. @interface */
export type StandardScalerOptions = Options<typeof standardScalerParams.schema>;

/**
 * Divides columns by their deviation and, if asked, subtracts their mean first.
 *
 * Input: a column of numbers, a vector column, or a struct (its numeric children are scaled, text and
 * dictionaries pass). Output: the same shape in float64. Missing values take no part and stay missing; a
 * constant column becomes 0.
 * Cost: one read of the columns. Determinism: exact sums, rounded once.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `DATA_INVALID`
 *   for an infinity
 * @example
 * ```ts
 * import { createTable, StandardScaler } from 'coppice';
 * const table = await createTable({ x: [1, 2, 3] });
 * const scaler = new StandardScaler({ inputCol: 'x', outputCol: 'z', withMean: true });
 * console.log((await scaler.fit(table)).means[0]?.[0]); // 2
 * ```
 */
export class StandardScaler extends Estimator<
  StandardScalerModel,
  typeof standardScalerParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = standardScalerParams;

  constructor(options: StandardScalerOptions) {
    super(standardScalerParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<StandardScalerModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const paths = scaledPaths(this, table.schema);
    const sources = paths.flat().map((path) => ({ path }));
    const moments = await columnMoments(table, this.className, sources, options);
    const inputs = new Set(columnPairs(this).map((pair) => pair.input));
    return new StandardScalerModel(this.givenOptions, {
      means: numbersByColumn(
        paths,
        moments.map(({ mean }) => mean),
      ),
      deviations: numbersByColumn(
        paths,
        moments.map(({ deviation }) => deviation),
      ),
      inputSchema: logicalSchema(table.schema, [...inputs]),
    });
  }

  override transformSchema(schema: Schema): Schema {
    return schemaWithPairs(this, schema, (input, pair) => scaledField(this.className, input, pair));
  }
}

registerStage(StandardScaler);
