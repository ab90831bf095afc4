/** Finds a replacement for the missing values of numeric columns. */

import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { logicalSchema } from '../../pipeline/logical-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { checkColumnPairs, columnPairs, schemaWithPairs } from '../column-pairs.ts';
import { columnMoments, type NumericSource } from '../statistics/column-moments.ts';
import { mostFrequentNumbers } from '../statistics/count-numbers.ts';
import { selectQuantiles } from '../statistics/select-quantiles.ts';
import { ImputerModel, imputedField, imputerSpecs } from './imputer-model.ts';

/** Parameters of {@link Imputer}. */
export const imputerParams = defineParams('Imputer', imputerSpecs, checkColumnPairs);

/** Options of {@link Imputer}. @interface */
export type ImputerOptions = Options<typeof imputerParams.schema>;

/**
 * Replaces missing values by the mean, the median or the most frequent value of their column.
 *
 * Input: columns of numbers. Output: float32 for float32 inputs, else float64. Of an even number of values
 * the median is the lower middle one; of values that are equally frequent the smallest is taken.
 * Cost: one read of the columns, for medians six. Determinism: exact sums, exact ranks, exact counts.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `DATA_INVALID`
 *   for a column without values, or with an infinity where a mean is wanted
 * @example
 * ```ts
 * import { createTable, Imputer } from 'coppice';
 * const table = await createTable({ age: [20, null, 40] });
 * const model = await new Imputer({ inputCol: 'age', outputCol: 'ageFilled' }).fit(table);
 * console.log(model.surrogates); // [ 30 ]
 * ```
 */
export class Imputer extends Estimator<ImputerModel, typeof imputerParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = imputerParams;

  constructor(options: ImputerOptions) {
    super(imputerParams, options);
  }

  override async fit(table: PartitionedTable, options: FitOptions = {}): Promise<ImputerModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const inputs = columnPairs(this).map((pair) => pair.input);
    const surrogates = await this.#surrogates(table, inputs, options);
    for (const [index, surrogate] of surrogates.entries()) {
      if (Number.isNaN(surrogate)) throw noValues(this.className, String(inputs[index]));
    }
    const inputSchema = logicalSchema(table.schema, [...new Set(inputs)]);
    return new ImputerModel(this.givenOptions, { surrogates, inputSchema });
  }

  override transformSchema(schema: Schema): Schema {
    return schemaWithPairs(this, schema, (input, pair) =>
      imputedField(this.className, input, pair),
    );
  }

  async #surrogates(
    table: PartitionedTable,
    inputs: readonly string[],
    options: FitOptions,
  ): Promise<number[]> {
    const { strategy, missingValue } = this.params;
    const sources: NumericSource[] = inputs.map((name) => ({ path: [name], missingValue }));
    if (strategy === 'mode') return await mostFrequentNumbers(table, sources, options);
    if (strategy === 'median') {
      const queries = sources.map((source) => ({ source, fraction: 0.5 }));
      return await selectQuantiles(table, queries, options);
    }
    const moments = await columnMoments(table, this.className, sources, {
      ...options,
      meansOnly: true,
    });
    return moments.map(({ mean }) => mean);
  }
}

function noValues(owner: string, column: string): CoppiceError {
  const message = `column ${column} given to ${owner} must have a value that is not missing; got none: leave it out`;
  return new CoppiceError('DATA_INVALID', message, { context: { owner, column } });
}

registerStage(Imputer);
