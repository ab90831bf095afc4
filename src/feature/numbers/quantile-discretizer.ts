/** Puts numbers into buckets that hold about as many rows each. */

import { Field, Float64, type Schema } from 'apache-arrow';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { logicalSchema } from '../../pipeline/logical-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { checkColumnPairs, columnPairs, schemaWithPairs } from '../column-pairs.ts';
import { requireNumber } from '../numeric-field.ts';
import { selectQuantiles } from '../statistics/select-quantiles.ts';
import {
  QuantileDiscretizerModel,
  quantileDiscretizerSpecs,
} from './quantile-discretizer-model.ts';

/** Parameters of {@link QuantileDiscretizer}. */
export const quantileDiscretizerParams = defineParams(
  'QuantileDiscretizer',
  quantileDiscretizerSpecs,
  checkColumnPairs,
);

/** Options of {@link QuantileDiscretizer}. @interface */
export type QuantileDiscretizerOptions = Options<typeof quantileDiscretizerParams.schema>;

/**
 * Replaces numbers by the number of their bucket, with edges at the quantiles.
 *
 * Input: columns of numbers. Output: float64; a missing value stays missing. A value that is an edge
 * belongs to the bucket above it; edges that fall together are one, so there may be fewer buckets.
 * Cost: six reads of the columns. Determinism: exact quantiles, no sketch.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`
 * @example
 * ```ts
 * import { createTable, QuantileDiscretizer } from 'coppice';
 * const table = await createTable({ hour: [1, 2, 3, 4] });
 * const model = await new QuantileDiscretizer({ inputCol: 'hour', outputCol: 'half' }).fit(table);
 * console.log(model.splits); // [ [ -Infinity, 2, Infinity ] ]
 * ```
 */
export class QuantileDiscretizer extends Estimator<
  QuantileDiscretizerModel,
  typeof quantileDiscretizerParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = quantileDiscretizerParams;

  constructor(options: QuantileDiscretizerOptions) {
    super(quantileDiscretizerParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<QuantileDiscretizerModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { numBuckets } = this.params;
    const inputs = columnPairs(this).map((pair) => pair.input);
    const fractions = Array.from(
      { length: numBuckets - 1 },
      (_, index) => (index + 1) / numBuckets,
    );
    const queries = inputs.flatMap((name) =>
      fractions.map((fraction) => ({ source: { path: [name] }, fraction })),
    );
    const found = await selectQuantiles(table, queries, options);
    const splits = inputs.map((_, column) => {
      const edges = found.slice(column * fractions.length, (column + 1) * fractions.length);
      const inner = new Set(edges.filter((edge) => Number.isFinite(edge)));
      return [Number.NEGATIVE_INFINITY, ...inner, Number.POSITIVE_INFINITY];
    });
    return new QuantileDiscretizerModel(this.givenOptions, {
      splits,
      inputSchema: logicalSchema(table.schema, [...new Set(inputs)]),
    });
  }

  override transformSchema(schema: Schema): Schema {
    return schemaWithPairs(this, schema, (input, pair) => {
      requireNumber(this.className, input);
      return new Field(pair.output, new Float64(), true);
    });
  }
}

registerStage(QuantileDiscretizer);
