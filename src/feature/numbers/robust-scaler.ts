/** Brings numeric columns to one scale by quantiles, which a few wild values cannot move. */
import type { Schema } from 'apache-arrow';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { logicalSchema } from '../../pipeline/logical-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { columnPairs, schemaWithPairs } from '../column-pairs.ts';
import { selectQuantiles } from '../statistics/select-quantiles.ts';
import { checkQuantiles, RobustScalerModel, robustScalerSpecs } from './robust-scaler-model.ts';
import {
  numbersByColumn,
  refuseInfinite,
  refuseWidth,
  scaledField,
  scaledPaths,
} from './scaled-columns.ts';

/** Parameters of {@link RobustScaler}. */
export const robustScalerParams = defineParams('RobustScaler', robustScalerSpecs, checkQuantiles);

/** Options of {@link RobustScaler}. @interface */
export type RobustScalerOptions = Options<typeof robustScalerParams.schema>;

/**
 * Divides columns by the distance between two quantiles and, if asked, subtracts their median first.
 *
 * Input: a column of numbers, a vector column, or a struct (its numeric children are scaled, text and
 * dictionaries pass). Output: the same shape in float64. Missing values take no part and stay missing.
 * Quantiles are exact, the lower value where the rank falls between two.
 * Cost: six reads of the columns. Determinism: ranks are counted, never sketched.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `DATA_INVALID`
 * @example
 * ```ts
 * import { createTable, RobustScaler } from 'coppice';
 * const table = await createTable({ x: [1, 2, 3, 4, 1000] });
 * const scaler = new RobustScaler({ inputCol: 'x', outputCol: 'z', withCentering: true });
 * console.log((await scaler.fit(table)).medians[0]?.[0]); // 3
 * ```
 */
export class RobustScaler extends Estimator<RobustScalerModel, typeof robustScalerParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = robustScalerParams;

  constructor(options: RobustScalerOptions) {
    super(robustScalerParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<RobustScalerModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { lower, upper } = this.params;
    const paths = scaledPaths(this, table.schema);
    const fractions = [0.5, lower, upper];
    const queries = paths
      .flat()
      .flatMap((path) => fractions.map((fraction) => ({ source: { path }, fraction })));
    const found = await selectQuantiles(table, queries, options);
    const quantile = (which: number): number[] =>
      found.filter((_, index) => index % fractions.length === which);
    const [medians, lowers, uppers] = [quantile(0), quantile(1), quantile(2)];
    for (const [index, value] of found.entries())
      refuseInfinite(this.className, queries[index]?.source.path, value);
    for (const [index, value] of this.params.withScaling ? uppers.entries() : [])
      refuseWidth(this.className, paths.flat()[index], lowers[index] as number, value);
    const ranges = uppers.map((value, index) => value - (lowers[index] as number));
    const inputs = new Set(columnPairs(this).map((pair) => pair.input));
    return new RobustScalerModel(this.givenOptions, {
      medians: numbersByColumn(paths, medians),
      ranges: numbersByColumn(paths, ranges),
      inputSchema: logicalSchema(table.schema, [...inputs]),
    });
  }

  override transformSchema(schema: Schema): Schema {
    return schemaWithPairs(this, schema, (input, pair) => scaledField(this.className, input, pair));
  }
}

registerStage(RobustScaler);
