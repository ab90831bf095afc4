/** Keeps the features that, each alone, tell something of the label. */

import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { columnTypeError, requireColumn } from '../../pipeline/check-schema.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { isText } from '../../pipeline/label-values.ts';
import { logicalSchema, logicalType } from '../../pipeline/logical-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { numericKind } from '../../table/columns/column-values.ts';
import type { FeatureColumn } from '../../table/columns/feature-columns.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { labelTests } from '../statistics/label-tests.ts';
import { slicedSchema, vectorParts } from '../vectors/vector-parts.ts';
import { selectorColumn } from './selector-model.ts';
import type { FeatureTest } from './test-features.ts';
import {
  checkSelector,
  thresholdOf,
  UnivariateFeatureSelectorModel,
  univariateFeatureSelectorSpecs,
} from './univariate-feature-selector-model.ts';

/** Parameters of {@link UnivariateFeatureSelector}. */
export const univariateFeatureSelectorParams = defineParams(
  'UnivariateFeatureSelector',
  univariateFeatureSelectorSpecs,
  checkSelector,
);

/** Options of {@link UnivariateFeatureSelector}. @interface */
export type UnivariateFeatureSelectorOptions = Options<
  typeof univariateFeatureSelectorParams.schema
>;

/**
 * Tests every feature alone against the label and keeps the most telling.
 *
 * Two categories are tested by χ², numbers against classes and categories against numbers by the F test of an analysis
 * of variance, two numbers by the F test of their correlation. Features of both kinds may stand in one struct.
 *
 * Input: a struct or a vector column, and a label. Output: the same column with the kept features. Rows in which a
 * feature is missing take no part in its test. Equal p-values go to the larger statistic, then to the first feature.
 * Cost: one read of the columns. Determinism: sums of whole numbers and portable tails of distributions.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `LABEL_INVALID`;
 *   `DATA_EMPTY` for no rows, `DATA_INVALID` for an infinite value or where no feature is kept
 * @example
 * ```ts
 * import { createTable, UnivariateFeatureSelector, VectorAssembler } from 'coppice';
 * const table = await createTable({ x: [1, 2, 3, 4, 5], noise: [2, 1, 2, 1, 2], label: [1, 2, 3, 4, 6] });
 * const features = await new VectorAssembler({ inputCols: ['x', 'noise'] }).transform(table);
 * const selector = new UnivariateFeatureSelector({ outputCol: 'telling', selectionMode: 'fpr' });
 * console.log((await selector.fit(features)).selectedFeatures); // [ 0 ]
 * ```
 */
export class UnivariateFeatureSelector extends Estimator<
  UnivariateFeatureSelectorModel,
  typeof univariateFeatureSelectorParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = univariateFeatureSelectorParams;

  constructor(options: UnivariateFeatureSelectorOptions = {}) {
    super(univariateFeatureSelectorParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<UnivariateFeatureSelectorModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { featuresCol, labelCol } = this.params;
    const owner = this.className;
    const parts = vectorParts(selectorColumn(this), table.schema);
    const features = parts.map((part) => ({ path: part.path, isCategory: this.#isCategory(part) }));
    const labelIsClass = this.#labelIsClass(table.schema);
    const request = { owner, features, labelCol, labelIsClass };
    const tests = await labelTests(table, request, options);
    if (tests.every(({ degreesOfFreedom }) => degreesOfFreedom === 0)) throw this.#noRows();
    const { selectionMode } = this.params;
    const selectedFeatures = selectFeatures(tests, selectionMode, thresholdOf(this.params));
    if (selectedFeatures.length === 0) throw this.#noneLeft();
    return new UnivariateFeatureSelectorModel(this.givenOptions, {
      selectedFeatures,
      tests,
      inputSchema: logicalSchema(table.schema, [featuresCol]),
    });
  }

  /** Before the fit it is not known which features stay, so the output has them all. */
  override transformSchema(schema: Schema): Schema {
    for (const part of vectorParts(selectorColumn(this), schema)) this.#isCategory(part);
    this.#labelIsClass(schema);
    return slicedSchema(selectorColumn(this), schema);
  }

  #isCategory({ name, kind, type }: FeatureColumn): boolean {
    const { featureType, featuresCol } = this.params;
    if (featureType !== 'continuous' || kind !== 'category')
      return featureType === 'categorical' || kind === 'category';
    const owner = this.className;
    const message = `feature ${name} of column ${featuresCol} given to ${owner} must be a number, as featureType is 'continuous'; got ${logicalType(type)}`;
    throw new CoppiceError('COLUMN_TYPE', message, { context: { owner, column: name } });
  }

  #labelIsClass(schema: Schema): boolean {
    const { labelCol, labelType } = this.params;
    const field = requireColumn(this.className, 'labelCol', labelCol, schema);
    const isName = isText(field.type) || logicalType(field.type) === 'boolean';
    if (!isName && numericKind(field.type) === null)
      throw columnTypeError(this.className, 'labelCol', field, 'a number, a boolean or a text');
    if (labelType === 'continuous' && isText(field.type))
      throw columnTypeError(this.className, 'labelCol', field, 'a number');
    return labelType === 'auto' ? isName : labelType === 'categorical';
  }

  #noRows(): CoppiceError {
    const owner = this.className;
    const message = `the table that ${owner} is fitted on must have rows and a feature that varies; got neither`;
    return new CoppiceError('DATA_EMPTY', message, { context: { owner } });
  }

  #noneLeft(): CoppiceError {
    const owner = this.className;
    const { selectionMode, featuresCol } = this.params;
    const message =
      `column ${featuresCol} given to ${owner} must have a feature that passes ${selectionMode} of ` +
      `${thresholdOf(this.params)}; got none: raise selectionThreshold`;
    return new CoppiceError('DATA_INVALID', message, { context: { owner, column: featuresCol } });
  }
}

/** Positions of the chosen features, ascending. */
function selectFeatures(
  tests: readonly FeatureTest[],
  mode: 'numTopFeatures' | 'percentile' | 'fpr' | 'fdr' | 'fwe',
  threshold: number,
): number[] {
  const n = tests.length;
  const testOf = (index: number): FeatureTest => tests[index] as FeatureTest;
  const order = tests
    .map((_, index) => index)
    .sort(
      (a, b) =>
        testOf(a).pValue - testOf(b).pValue ||
        // the difference of two infinities is NaN
        Number(testOf(b).statistic > testOf(a).statistic) -
          Number(testOf(a).statistic > testOf(b).statistic) ||
        a - b,
    );
  const passed = order.filter((index) => {
    const { pValue } = testOf(index);
    return pValue < (mode === 'fwe' ? threshold / n : threshold);
  });
  const last = order.findLastIndex(
    (index, rank) => testOf(index).pValue <= (threshold * (rank + 1)) / n,
  );
  const numTop = {
    numTopFeatures: threshold,
    percentile: Math.floor(n * threshold),
    fpr: passed.length,
    fwe: passed.length,
    fdr: last + 1,
  }[mode];
  return order.slice(0, numTop).sort((a, b) => a - b);
}

registerStage(UnivariateFeatureSelector);
