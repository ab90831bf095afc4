/** Brings numeric columns into one range. */
import type { Schema } from 'apache-arrow';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { logicalSchema } from '../../pipeline/logical-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { columnPairs, schemaWithPairs } from '../column-pairs.ts';
import { columnRanges } from '../statistics/column-ranges.ts';
import { checkMinMax, MinMaxScalerModel, minMaxScalerSpecs } from './min-max-scaler-model.ts';
import {
  numbersByColumn,
  refuseInfinite,
  refuseWidth,
  scaledField,
  scaledPaths,
} from './scaled-columns.ts';

/** Parameters of {@link MinMaxScaler}. */
export const minMaxScalerParams = defineParams('MinMaxScaler', minMaxScalerSpecs, checkMinMax);

/** Options of {@link MinMaxScaler}. @interface */
export type MinMaxScalerOptions = Options<typeof minMaxScalerParams.schema>;

/**
 * Moves columns into the range from `min` to `max`.
 *
 * Input: a column of numbers, a vector column, or a struct (its numeric children are scaled, text and
 * dictionaries pass). Output: the same shape in float64. Missing values take no part and stay missing; a
 * constant column becomes the middle of the range. Values beyond those at fit leave the range.
 * Cost: one read of the columns.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `DATA_INVALID`
 * @example
 * ```ts
 * import { createTable, MinMaxScaler } from 'coppice';
 * const table = await createTable({ x: [10, 15, 20] });
 * const model = await new MinMaxScaler({ inputCol: 'x', outputCol: 'scaled' }).fit(table);
 * const scaled = await (await model.transform(table)).collect();
 * console.log(scaled.getChild('scaled')?.get(1)); // 0.5
 * ```
 */
export class MinMaxScaler extends Estimator<MinMaxScalerModel, typeof minMaxScalerParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = minMaxScalerParams;

  constructor(options: MinMaxScalerOptions) {
    super(minMaxScalerParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<MinMaxScalerModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const paths = scaledPaths(this, table.schema);
    const sources = paths.flat().map((path) => ({ path }));
    const ranges = await columnRanges(table, sources, options);
    for (const [index, { min, max }] of ranges.entries()) {
      // of no values these are Infinity and −Infinity
      const end = max === Number.POSITIVE_INFINITY ? max : min;
      if (min <= max) refuseInfinite(this.className, paths.flat()[index], end);
      refuseWidth(this.className, paths.flat()[index], min, max);
    }
    const inputs = new Set(columnPairs(this).map((pair) => pair.input));
    return new MinMaxScalerModel(this.givenOptions, {
      minima: numbersByColumn(
        paths,
        ranges.map(({ min }) => min),
      ),
      maxima: numbersByColumn(
        paths,
        ranges.map(({ max }) => max),
      ),
      inputSchema: logicalSchema(table.schema, [...inputs]),
    });
  }

  override transformSchema(schema: Schema): Schema {
    return schemaWithPairs(this, schema, (input, pair) => scaledField(this.className, input, pair));
  }
}

registerStage(MinMaxScaler);
