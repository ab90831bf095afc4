/** Gives every value of a text column a number, by how often it occurs or by its place in the alphabet. */

import type { Schema } from 'apache-arrow';
import { compareUtf8 } from '../../binning/category-dictionary.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { logicalSchema } from '../../pipeline/logical-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { columnPairs, schemaWithPairs } from '../column-pairs.ts';
import { countValues } from '../statistics/count-values.ts';
import {
  checkStringIndexer,
  indexedField,
  StringIndexerModel,
  stringIndexerSpecs,
} from './string-indexer-model.ts';

/** Parameters of {@link StringIndexer}. */
export const stringIndexerParams = defineParams(
  'StringIndexer',
  stringIndexerSpecs,
  checkStringIndexer,
);

/** Options of {@link StringIndexer}. @interface */
export type StringIndexerOptions = Options<typeof stringIndexerParams.schema>;

/**
 * Turns text (or whole numbers, booleans, dictionaries) into categories.
 *
 * Input: columns of text, dictionary, boolean or number. Output: dictionary columns whose dictionary is
 * the list of fitted values, which estimators take as categorical features. A null stays null, a missing
 * value, in fit and transform (unless `missingAsUnknown`). A value not seen at fit is an error by default; `handleInvalid: 'skip'`
 * leaves its row out, `'keep'` makes it the category `__unknown`.
 * Cost: one read of the columns. Determinism: exact counts, so the order never depends on partitions.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`; at transform
 *   `CATEGORY_UNSEEN`
 * @example
 * ```ts
 * import { createTable, StringIndexer } from 'coppice';
 * const table = await createTable({ carrier: ['UA', 'AA', 'UA', null] });
 * const indexer = new StringIndexer({ inputCol: 'carrier', outputCol: 'carrierIdx' });
 * const model = await indexer.fit(table);
 * console.log(model.labels); // [ [ 'UA', 'AA' ] ]
 * ```
 */
export class StringIndexer extends Estimator<
  StringIndexerModel,
  typeof stringIndexerParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = stringIndexerParams;

  constructor(options: StringIndexerOptions) {
    super(stringIndexerParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<StringIndexerModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const inputs = columnPairs(this).map((pair) => pair.input);
    const counts = await countValues(table, inputs, options);
    const labels = counts.map((count) => orderedValues(count, this.params.stringOrderType));
    return new StringIndexerModel(this.givenOptions, {
      labels,
      inputSchema: logicalSchema(table.schema, [...new Set(inputs)]),
    });
  }

  override transformSchema(schema: Schema): Schema {
    return schemaWithPairs(this, schema, (input, pair) =>
      indexedField(this.className, input, pair),
    );
  }
}

type Order = 'frequencyDesc' | 'frequencyAsc' | 'alphabetDesc' | 'alphabetAsc';

function orderedValues(counts: ReadonlyMap<string, number>, order: Order): string[] {
  const values = [...counts].sort(([a], [b]) => compareUtf8(a, b));
  if (order === 'alphabetDesc') values.reverse();
  if (order === 'frequencyDesc') values.sort(([, a], [, b]) => b - a);
  if (order === 'frequencyAsc') values.sort(([, a], [, b]) => a - b);
  return values.map(([value]) => value);
}

registerStage(StringIndexer);
