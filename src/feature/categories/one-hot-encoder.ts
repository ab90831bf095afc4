/** Makes a column of zeros and ones for each category. */
import { Field, type Schema, Struct } from 'apache-arrow';
import { compareUtf8 } from '../../binning/category-dictionary.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { logicalSchema } from '../../pipeline/logical-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { numericKind } from '../../table/columns/column-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { columnPairs, schemaWithPairs } from '../column-pairs.ts';
import { countValues } from '../statistics/count-values.ts';
import { checkOneHot, OneHotEncoderModel, oneHotEncoderSpecs } from './one-hot-encoder-model.ts';
import { indexedField } from './string-indexer-model.ts';

/** Parameters of {@link OneHotEncoder}. */
export const oneHotEncoderParams = defineParams('OneHotEncoder', oneHotEncoderSpecs, checkOneHot);

/** Options of {@link OneHotEncoder}. @interface */
export type OneHotEncoderOptions = Options<typeof oneHotEncoderParams.schema>;

/**
 * Turns categories into one column each, for learners that know only numbers (trees need no such thing).
 *
 * Input: text, dictionaries, booleans or numbers. Output: a struct with a uint8 child for each category,
 * numbers in their order, text by its UTF-8 bytes; the last one is left out unless `dropLast` is false. A
 * null stays null in every child; a linear model takes no nulls, so give `handleInvalid: 'keep'` and
 * `missingAsUnknown` before one.
 * Cost: one read of the columns. Determinism: the categories do not depend on order or partitions.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`; at transform
 *   `CATEGORY_UNSEEN`
 * @example
 * ```ts
 * import { createTable, OneHotEncoder } from 'coppice';
 * const table = await createTable({ color: ['red', 'green', 'red'] });
 * const encoder = new OneHotEncoder({ inputCol: 'color', outputCol: 'hot', dropLast: false });
 * console.log((await encoder.fit(table)).categories); // [ [ 'green', 'red' ] ]
 * ```
 */
export class OneHotEncoder extends Estimator<
  OneHotEncoderModel,
  typeof oneHotEncoderParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = oneHotEncoderParams;

  constructor(options: OneHotEncoderOptions) {
    super(oneHotEncoderParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<OneHotEncoderModel> {
    this.transformSchema(table.schema);
    const inputs = columnPairs(this).map((pair) => pair.input);
    const counts = await countValues(table, inputs, options);
    const categories = counts.map((count, index) => {
      const { type } = requireColumn(
        this.className,
        'inputCol',
        String(inputs[index]),
        table.schema,
      );
      const isNumber = numericKind(type) !== null;
      return [...count.keys()].sort((a, b) =>
        isNumber ? Number(a) - Number(b) || compareUtf8(a, b) : compareUtf8(a, b),
      );
    });
    return new OneHotEncoderModel(this.givenOptions, {
      categories,
      inputSchema: logicalSchema(table.schema, [...new Set(inputs)]),
    });
  }

  /** Before the fit the categories are not known, so the struct has no children yet. */
  override transformSchema(schema: Schema): Schema {
    return schemaWithPairs(this, schema, (input, pair) => {
      indexedField(this.className, input, pair);
      return new Field(pair.output, new Struct([]), true);
    });
  }
}

registerStage(OneHotEncoder);
