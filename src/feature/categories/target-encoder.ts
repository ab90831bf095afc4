/** Replaces categories by the mean of their labels, without telling any training row its own label. */

import { Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { compareUtf8 } from '../../binning/category-dictionary.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { columnTypeError, requireColumn } from '../../pipeline/check-schema.ts';
import { Estimator, type FitOptions, type Fitted } from '../../pipeline/estimator.ts';
import { isText, type LabelValue } from '../../pipeline/label-values.ts';
import { logicalSchema } from '../../pipeline/logical-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { numericKind } from '../../table/columns/column-values.ts';
import { plannedField } from '../../table/columns/planned-field.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { columnPairs } from '../column-pairs.ts';
import { checkFoldColumns } from '../folds/check-fold-columns.ts';
import { type FoldDraw, withFoldNumbers } from '../folds/folds.ts';
import { planFolds } from '../folds/plan-folds.ts';
import type { EncodeTargetSpec } from '../operators/encode-target.ts';
import { withStageOperator } from '../stage-operator.ts';
import { distinctLabels } from '../statistics/distinct-labels.ts';
import type { CategoryCells } from '../statistics/target-cells.ts';
import { targetSums } from '../statistics/target-sums.ts';
import { shareStrings } from './shared-strings.ts';
import {
  checkTargetEncoder,
  encodedSchema,
  TargetEncoderModel,
  targetEncoderSpecs,
} from './target-encoder-model.ts';
import { encodingsOf, type FoldFilter, type TargetKind } from './target-encodings.ts';

/** Parameters of {@link TargetEncoder}. */
export const targetEncoderParams = defineParams(
  'TargetEncoder',
  targetEncoderSpecs,
  checkTargetEncoder,
);

/** Options of {@link TargetEncoder}. @interface */
export type TargetEncoderOptions = Options<typeof targetEncoderParams.schema>;

/** The sums of a fit, from which the model and the training rows' encodings follow. */
interface Learned {
  readonly table: PartitionedTable;
  readonly draw: FoldDraw;
  readonly kind: TargetKind;
  readonly classes: readonly string[] | null;
  readonly cells: readonly CategoryCells[];
  readonly categories: readonly (readonly string[])[];
}

const foldColumn = '__targetFold';

/**
 * Gives every category a number: the mean of its labels, smoothed towards the mean of all.
 *
 * A row whose own label is in its encoding tells the learner that label. So the rows that later stages of a
 * pipeline are trained on get encodings made without their own fold ({@link TargetEncoder.fitTransform});
 * the model, for rows to come, uses all rows. Folds are cut by id, class, group, time or a column, as for stacking;
 * by time a row is encoded from the folds before its own, and the oldest rows get a missing value (NaN).
 *
 * Input: columns of text, dictionary, boolean or number; a missing value is a category too. Output: a float64 column
 * for each, or for several classes a struct of one child a class.
 * Cost: one or two reads of the columns. Determinism: sums of whole numbers, so neither order nor partitioning matters.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `LABEL_INVALID`; at
 *   transform `CATEGORY_UNSEEN`
 * @see D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes", SIGKDD 2001
 * @example
 * ```ts
 * import { createTable, TargetEncoder } from 'coppice';
 * const table = await createTable({ city: ['Oslo', 'Rome', 'Oslo', 'Rome'], label: [1, 5, 3, 7] });
 * const encoder = new TargetEncoder({ inputCol: 'city', outputCol: 'code', smoothing: 0 });
 * const model = await encoder.fit(table);
 * console.log(Array.from(model.encodings[0]?.values ?? [])); // [ 2, 6, 4, 4 ]
 * ```
 */
export class TargetEncoder extends Estimator<
  TargetEncoderModel,
  typeof targetEncoderParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = targetEncoderParams;

  constructor(options: TargetEncoderOptions) {
    super(targetEncoderParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<TargetEncoderModel> {
    checkFit(this.className, table, options);
    return this.#model(await this.#learn(table, options));
  }

  /** The model, and the training rows with encodings that know nothing of the labels of their own fold. */
  override async fitTransform(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<Fitted<TargetEncoderModel>> {
    const learned = await this.#learn(table, options);
    const model = this.#model(learned);
    const byTime = learned.draw.rule?.kind === 'time';
    const folds = Array.from({ length: learned.draw.numFolds }, (_, fold) =>
      this.#encodings(learned, (other) => (byTime ? other < fold : other !== fold)),
    );
    const pairs = columnPairs(this);
    const spec: EncodeTargetSpec = {
      owner: this.className,
      pairs,
      handleInvalid: 'keep',
      categories: learned.categories.map(shareStrings),
      encodings: pairs.map((_, index) => folds.map((columns) => columns[index] as Float64Array)),
      classes: learned.classes,
      foldCol: foldColumn,
    };
    const schema = encodedSchema(this, learned.table.schema, learned.classes);
    const reads = [...pairs, { input: foldColumn, output: String(pairs[0]?.output) }];
    const operator = { kind: 'feature.encodeTarget', pairs: reads, spec };
    const transformed = withStageOperator(learned.table, schema, operator).drop(foldColumn);
    return { model, transformed };
  }

  override transformSchema(schema: Schema): Schema {
    const label = requireColumn(this.className, 'labelCol', this.params.labelCol, schema);
    const isClass = isText(label.type);
    const { targetType } = this.params;
    if (numericKind(label.type) === null && (!isClass || targetType === 'continuous')) {
      const rule = targetType === 'continuous' ? 'a number' : 'a number, a boolean or a text';
      throw columnTypeError(this.className, 'labelCol', label, rule);
    }
    checkFoldColumns(this.#folds(), schema);
    // Before the fit the classes are not known, so the struct has no children yet.
    const planned = encodedSchema(this, schema, targetType === 'multiclass' ? [] : null);
    if (targetType !== 'auto' || !isClass) return planned;
    // two classes give a number, more of them a struct
    const fields = planned.fields.map((field) =>
      schema.fields.includes(field) ? field : plannedField(field),
    );
    return new Schema(fields, planned.metadata);
  }

  #folds() {
    const { className: owner, params } = this;
    return { owner, params, labelCol: params.labelCol };
  }

  async #learn(table: PartitionedTable, options: FitOptions): Promise<Learned> {
    this.transformSchema(table.schema);
    const { labelCol } = this.params;
    const labels = this.#hasClasses(table.schema)
      ? await distinctLabels(table, labelCol, options)
      : null;
    const kind = this.#kind(labels);
    const draw = await planFolds(table, this.#folds(), options);
    const numbered = withFoldNumbers(table, draw, foldColumn);
    const columns = columnPairs(this).map((pair) => pair.input);
    const request = { columns, labelCol, classes: labels, foldCol: foldColumn };
    const cells = await targetSums(numbered, { ...request, numFolds: draw.numFolds }, options);
    if (cells.every((column) => column.size === 0)) throw this.#noRows();
    const categories = cells.map((column) =>
      [...column.keys()].filter((key) => key !== null).sort(compareUtf8),
    );
    const classes = labels === null || kind.first === 1 ? null : labels.map(String);
    return { table: numbered, draw, kind, classes, cells, categories };
  }

  #model(learned: Learned): TargetEncoderModel {
    const encodings = this.#encodings(learned, () => true);
    const fields = learned.table.schema.fields.filter(({ name }) => name !== foldColumn);
    const inputs = [...new Set(columnPairs(this).map((pair) => pair.input))];
    return new TargetEncoderModel(this.givenOptions, {
      encodings: encodings.map((values, index) => ({
        categories: learned.categories[index] ?? [],
        values,
      })),
      classes: learned.classes,
      inputSchema: logicalSchema(new Schema(fields), inputs),
    });
  }

  /** Of each column, from the rows of some folds. */
  #encodings({ cells, categories, kind }: Learned, folds: FoldFilter): Float64Array[] {
    const learn = { kind, smoothing: this.params.smoothing, folds };
    return cells.map((column, index) => encodingsOf(column, categories[index] ?? [], learn));
  }

  #hasClasses(schema: Schema): boolean {
    const { targetType, labelCol } = this.params;
    if (targetType !== 'auto') return targetType !== 'continuous';
    const { type } = requireColumn(this.className, 'labelCol', labelCol, schema);
    return isText(type);
  }

  /** Which targets the labels give. */
  #kind(classes: readonly LabelValue[] | null): TargetKind {
    if (classes === null) return { numTargets: 1, first: 0, isNumber: true };
    const { targetType, labelCol } = this.params;
    const numTargets = classes.length;
    if (numTargets === 0) throw this.#noRows();
    if (numTargets === 2 && targetType !== 'multiclass')
      return { numTargets, first: 1, isNumber: false };
    if (numTargets > 2 && targetType !== 'binary') return { numTargets, first: 0, isNumber: false };
    if (numTargets === 2) return { numTargets, first: 0, isNumber: false };
    const rule = targetType === 'binary' ? 'two classes' : 'at least two classes';
    const message = `labels in column ${labelCol} given to ${this.className} must be ${rule}; got ${numTargets}`;
    throw new CoppiceError('LABEL_INVALID', message, { context: { column: labelCol } });
  }

  #noRows(): CoppiceError {
    const message = `the table that ${this.className} is fitted on must have rows; got none`;
    return new CoppiceError('DATA_EMPTY', message, { context: { owner: this.className } });
  }
}

registerStage(TargetEncoder);
