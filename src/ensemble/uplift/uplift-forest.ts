/** Forests that tell whom treatments change. */
import { DataType, type Field, type Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { defineParams } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { columnTypeError, requireClassLabel, requireColumn } from '../../pipeline/check-schema.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { findFeatures } from '../../pipeline/fit-columns.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { armNames, controlName } from '../../pipeline/treatment-arms.ts';
import { numericKind } from '../../table/columns/numeric-kind.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { TreeModel } from '../model/tree-model.ts';
import { readTreeModel, type TreeModelData } from '../model/tree-model-data.ts';
import { type UpliftForestOptions, upliftForestParams } from '../params/uplift-params.ts';
import { type ModelOutput, schemaWithOutputs } from '../prediction/output-columns.ts';
import { fitUpliftForest } from './fit-uplift-forest.ts';
import { upliftOutputs } from './uplift-outputs.ts';

/** Parameters of UpliftForestModel. */
export const upliftForestModelParams = defineParams('UpliftForestModel', upliftForestParams.schema);

/**
 * The result of `UpliftForest.fit`.
 *
 * Input: the fitted feature columns. Output: adds `prediction` float64, from −1 to 1: what treatment adds to the
 * probability of the outcome, the mean over the trees. Of several `treatments` a vector of one number each, whose names
 * stand in the field's metadata (`treatments`).
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class UpliftForestModel extends TreeModel<typeof upliftForestModelParams.schema, number> {
  /** The declared parameters. */
  static readonly paramSchema = upliftForestModelParams;

  constructor(options: UpliftForestOptions, data: TreeModelData) {
    super(upliftForestModelParams, options, data, 'UpliftForest');
  }

  protected override get link(): 'mean' {
    return 'mean';
  }

  protected override get outputs(): ModelOutput {
    return upliftOutputs(this.params);
  }

  /** The treatments that the numbers of a prediction are of; none where the one treatment has no name. */
  get treatments(): readonly string[] {
    return armNames(this.params.treatments) ?? [];
  }

  static override fromSaved(reader: StageReader): UpliftForestModel {
    const { treatments } = reader.options as UpliftForestOptions;
    const numScores = Array.isArray(treatments) ? treatments.length : 1;
    return new UpliftForestModel(reader.options, readTreeModel(reader, numScores));
  }
}

/**
 * An uplift forest: whom does a treatment (a letter, a discount, a drug) make more likely to buy, stay or recover, and whom
 * less? Splits part rows where the outcomes of treated rows and of the others diverge; a leaf tells the difference of their
 * rates. Of several `treatments` it tells what each changes, all against the same untreated rows.
 *
 * Input: features numeric, boolean, dates or categories (text or dictionary), nulls allowed; the outcome (`labelCol`) and
 * the treatment (`treatmentCol`), 0 and 1 or boolean, drawn at random for the rows; of `treatments` their values and
 * `controlValue`. Output: `prediction` float64, from −1 to 1, or a vector of one number a treatment.
 * Cost: as a random forest of two classes an arm. Determinism: same data, params and seed give the same model, bit for bit, on any
 * number of threads and partitions.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `LABEL_INVALID`, `WEIGHT_INVALID`,
 *   `DATA_EMPTY`, `ABORTED`, `MEMORY_LIMIT`
 * @example
 * ```ts
 * import { createTable, UpliftForest } from 'coppice';
 * const rows = Array.from({ length: 800 }, (_, i) => i);
 * const age = rows.map((i) => i % 40);
 * const treatment = rows.map((i) => Math.floor(i / 40) % 2);
 * // the letter makes the young buy, and nobody else
 * const label = age.map((years, i) => Number(years < 20 && treatment[i] === 1));
 * const model = await new UpliftForest({ featuresCols: ['age'] }).fit(createTable({ age, treatment, label }));
 * const score = await model.scorer();
 * console.log(score({ age: 5 }).prediction > 0.9, score({ age: 35 }).prediction < 0.1); // true true
 * ```
 * @see docs/guides/uplift.md; P. Rzepakowski, S. Jaroszewicz, "Decision trees for uplift modeling with single and multiple
 *   treatments", 2012
 */
export class UpliftForest extends Estimator<UpliftForestModel, typeof upliftForestParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = upliftForestParams;

  constructor(options: UpliftForestOptions = {}) {
    super(upliftForestParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<UpliftForestModel> {
    checkFit(this.className, table, options);
    const control = this.#checkColumns(table.schema);
    const fit = { owner: this.className, params: this.params, control };
    return new UpliftForestModel(this.givenOptions, await fitUpliftForest(fit, table, options));
  }

  override transformSchema(schema: Schema): Schema {
    this.#checkColumns(schema);
    const { numTrees } = this.params;
    const outputs = upliftOutputs(this.params);
    return schemaWithOutputs(schema, { outputs, classes: [], labelType: 'double', numTrees });
  }

  /** The value of untreated rows. */
  #checkColumns(schema: Schema): string {
    const { params, className: owner } = this;
    const features = findFeatures(owner, schema, params);
    for (const param of ['labelCol', 'treatmentCol'] as const) {
      const field = this.#columnOf(param, schema);
      if (!features.some(({ path }) => path.length === 1 && path[0] === field.name)) continue;
      throw new CoppiceError(
        'PARAM_INVALID',
        `featuresCols of ${owner} must not hold ${param}; got ${field.name}; leave it out`,
        { context: { owner, column: field.name } },
      );
    }
    const { type } = requireColumn(owner, 'treatmentCol', params.treatmentCol, schema);
    const control = controlName(type, params.controlValue);
    if (armNames(params.treatments)?.includes(control) !== true) return control;
    throw new CoppiceError(
      'PARAM_INVALID',
      `treatments of ${owner} must not hold the value of untreated rows; got ${control}; controlValue names another`,
      { context: { owner, param: 'treatments' } },
    );
  }

  #columnOf(param: 'labelCol' | 'treatmentCol', schema: Schema): Field {
    const { params, className: owner } = this;
    const isNamed = param === 'treatmentCol' && params.treatments !== undefined;
    if (isNamed) return requireClassLabel(owner, param, params[param], schema);
    const field = requireColumn(owner, param, params[param], schema);
    if (DataType.isBool(field.type) || numericKind(field.type) !== null) return field;
    const others = param === 'treatmentCol' ? '; treatments names other values' : '';
    throw columnTypeError(owner, param, field, `boolean, or a number 0 or 1${others}`);
  }
}

registerStage(UpliftForest);
registerStage(UpliftForestModel);
