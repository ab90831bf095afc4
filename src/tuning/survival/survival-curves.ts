/** Turns predicted hazards or times into chances of survival. */
import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { columnTypeError, requireColumn } from '../../pipeline/check-schema.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { logicalSchema } from '../../pipeline/logical-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { isTimeType, numericKind } from '../../table/columns/numeric-kind.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { gatherBaseline } from './gather-baseline.ts';
import {
  SurvivalCurvesModel,
  schemaWithSurvival,
  survivalCurvesSpecs,
} from './survival-curves-model.ts';
import type { SurvivalFunction } from './survival-function.ts';

/** Parameters of {@link SurvivalCurves}. */
export const survivalCurvesParams = defineParams(
  'SurvivalCurves',
  survivalCurvesSpecs,
  ({ survivalCol, medianCol, predictionKind, aftDistribution, aftScale }) => {
    if (survivalCol === medianCol) return 'medianCol must differ from survivalCol';
    if (aftScale !== undefined && aftDistribution === undefined)
      return 'aftDistribution must be given with aftScale';
    return predictionKind === 'hazard' && aftDistribution !== undefined
      ? 'aftDistribution must be left out with predictionKind hazard'
      : null;
  },
);

/** Options of {@link SurvivalCurves}. @interface */
export type SurvivalCurvesOptions = Options<typeof survivalCurvesParams.schema>;

/**
 * Learns from scored rows how hazards become chances of survival: by Breslow's estimate of the cumulative hazard that rows
 * have in common. Predicted times need nothing to be learned, only what the model says of their distribution. Fit it on rows
 * that the model was not fitted on, whose hazards are not too far apart; behind the model in a `Pipeline` it is fitted on the
 * same ones, as is usual for small models.
 *
 * Input: `prediction` (hazards of `lossType: 'cox'`, times of `lossType: 'aft'`); of hazards also the times and the marks of
 * events. Output: adds `survival`, one chance for each of `survivalTimes`, and `medianTime`.
 * Cost: one read and sort of the rows, 24 bytes a row. Determinism: rows are brought into one order, so the baseline is the
 * same, bit for bit, for any partitioning, order of rows and number of threads.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `LABEL_INVALID`,
 *   `WEIGHT_INVALID`, `DATA_INVALID`, `DATA_EMPTY`, `ABORTED`
 * @example
 * ```ts
 * import { createTable, GBTRegressor, Pipeline, SurvivalCurves } from 'coppice';
 * const hours = Array.from({ length: 60 }, (_, i) => (i * 7) % 20);
 * const table = createTable({ hours, months: hours.map((h, i) => 30 - h + (i % 5)), left: hours.map((_, i) => i % 3 > 0) });
 * const columns = { labelCol: 'months', censorCol: 'left' };
 * const hazards = new GBTRegressor({ ...columns, featuresCols: ['hours'], lossType: 'cox', maxIter: 20 });
 * const curves = new SurvivalCurves({ ...columns, survivalTimes: [12, 24] });
 * const model = await new Pipeline({ stages: [hazards, curves] }).fit(table);
 * console.log((await model.transform(table)).columns.slice(-3).join(' ')); // prediction survival medianTime
 * ```
 * @see docs/guides/survival.md; N. Breslow, "Covariance analysis of censored survival data", 1974
 */
export class SurvivalCurves extends Estimator<
  SurvivalCurvesModel,
  typeof survivalCurvesParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = survivalCurvesParams;

  constructor(options: SurvivalCurvesOptions) {
    super(survivalCurvesParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<SurvivalCurvesModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { className: owner, params } = this;
    const inputSchema = logicalSchema(table.schema, [params.predictionCol]);
    const told = this.#told(table.schema);
    const found: SurvivalFunction =
      told.kind === 'time'
        ? told
        : { ...told, ...(await gatherBaseline({ owner, params }, table, options)) };
    return new SurvivalCurvesModel(this.givenOptions, { function: found, inputSchema });
  }

  override transformSchema(schema: Schema): Schema {
    const { className: owner, params } = this;
    const field = requireColumn(owner, 'predictionCol', params.predictionCol, schema);
    if (numericKind(field.type) === null || isTimeType(field.type))
      throw columnTypeError(owner, 'predictionCol', field, 'numbers: hazards or times');
    if (this.#told(schema).kind === 'hazard') {
      const { labelCol, censorCol, weightCol } = params;
      for (const [param, name] of Object.entries({ labelCol, censorCol, weightCol }))
        if (name !== undefined) requireColumn(owner, param, name, schema);
    }
    return schemaWithSurvival(owner, schema, params);
  }

  /** What predictions are, as parameters or the model before say. @throws CoppiceError `PARAM_INVALID` */
  #told(schema: Schema): { readonly kind: 'hazard' } | (SurvivalFunction & { kind: 'time' }) {
    const { className: owner, params } = this;
    const { predictionCol, predictionKind } = params;
    const beside = requireColumn(owner, 'predictionCol', predictionCol, schema).metadata;
    const usual = params.aftDistribution === undefined ? 'hazard' : 'time';
    const kind = predictionKind ?? beside.get('predictionKind') ?? usual;
    if (kind !== 'time') return { kind: 'hazard' };
    const distribution = params.aftDistribution ?? beside.get('aftDistribution');
    const known = (['normal', 'logistic', 'extreme'] as const).find((one) => one === distribution);
    const scale = params.aftScale ?? Number(beside.get('aftScale') ?? 1);
    if (known !== undefined && scale > 0) return { kind, distribution: known, scale };
    throw new CoppiceError(
      'PARAM_INVALID',
      `aftDistribution of ${owner} must be given, and aftScale, where the table does not say how the times in column ${predictionCol} are distributed; it does not`,
      { context: { owner, param: 'aftDistribution' } },
    );
  }
}

registerStage(SurvivalCurves);
