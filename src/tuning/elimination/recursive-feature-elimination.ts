/** Chooses features by fitting an estimator again and again without those that mattered least. */
import type { Schema } from 'apache-arrow';
import { describeValue } from '../../base/describe-value.ts';
import { Evaluator } from '../../evaluation/evaluators/evaluator.ts';
import { checkFoldColumns } from '../../feature/folds/check-fold-columns.ts';
import { foldComplaint } from '../../feature/folds/fold-params.ts';
import { selectorColumn } from '../../feature/selection/selector-model.ts';
import { slicedSchema, vectorParts } from '../../feature/vectors/vector-parts.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { object } from '../../params/object-kinds.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { columnNameOf, wrappedBy } from '../../pipeline/column-name-of.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { logicalSchema } from '../../pipeline/logical-schema.ts';
import { Pipeline } from '../../pipeline/pipeline.ts';
import type { PipelineStage } from '../../pipeline/pipeline-stage.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { refuseInitialModel } from '../search/refuse-initial-model.ts';
import { fitElimination } from './fit-elimination.ts';
import {
  eliminationSpecs,
  RecursiveFeatureEliminationModel,
} from './recursive-feature-elimination-model.ts';

/** Parameters of {@link RecursiveFeatureElimination}. */
export const recursiveFeatureEliminationParams = defineParams(
  'RecursiveFeatureElimination',
  {
    /** Its model says how important each feature is: trees, their ensembles, linear models, a pipeline that ends in one. */
    estimator: object({
      required: true,
      rule: 'an estimator',
      accepts: (value) => (value instanceof Estimator ? (value as Estimator) : undefined),
    }),
    /** Measures each number of features out of fold, and so chooses it; without it `numFeatures` are left. */
    evaluator: object({
      rule: 'an evaluator',
      accepts: (value) => (value instanceof Evaluator ? (value as Evaluator) : undefined),
    }),
    ...eliminationSpecs,
  },
  (params) => {
    if (params.step > 1 && !Number.isInteger(params.step))
      return 'step must be a whole number, or a share below 1';
    if (params.evaluator === undefined)
      return params.minFeatures === undefined
        ? foldComplaint(params)
        : 'minFeatures must be left out without an evaluator';
    return params.numFeatures === undefined
      ? foldComplaint(params)
      : 'numFeatures must be left out with an evaluator, which chooses it';
  },
);

/** Options of {@link RecursiveFeatureElimination}. @interface */
export type RecursiveFeatureEliminationOptions = Options<
  typeof recursiveFeatureEliminationParams.schema
>;

/**
 * Recursive feature elimination: fits an estimator, takes the least important features away, and again, until
 * `numFeatures` are left. With an evaluator the number is chosen: all of it is done on folds too, each step measured on
 * the rows left out, and the number of the best mean is left (of equal means the smallest).
 *
 * Input: a struct or a vector column, which is the estimator's `featuresCol` too, and what the estimator reads besides.
 * Output: the column with the features that are left. Importances are `featureImportances`, or the squares of a linear
 * model's coefficients, for which features must be of one scale. Of equally unimportant features the first goes first.
 *
 * Cost: a fit for each step, and with an evaluator for each step of each fold. Determinism: as the estimator; folds hang
 * on the seed and the rows' ids.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `UNSUPPORTED` for an estimator
 *   whose model has no importances, `DATA_INVALID` where no step has a metric, and what the estimator throws
 * @example
 * ```ts
 * import { createTable, LinearRegression, RecursiveFeatureElimination, VectorAssembler } from 'coppice';
 * const rows = Array.from({ length: 60 }, (_, row) => row);
 * const table = createTable({ x: rows.map((row) => row % 7), z: rows.map((row) => row % 5), label: rows.map((row) => row % 7) });
 * const features = await new VectorAssembler({ inputCols: ['x', 'z'] }).transform(table);
 * const estimator = new LinearRegression();
 * const model = await new RecursiveFeatureElimination({ estimator, outputCol: 'kept' }).fit(features);
 * console.log(model.selectedFeatures, model.ranking); // [ 0 ] [ 1, 2 ]
 * ```
 * @see docs/guides/features.md
 */
export class RecursiveFeatureElimination extends Estimator<
  RecursiveFeatureEliminationModel,
  typeof recursiveFeatureEliminationParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = recursiveFeatureEliminationParams;

  constructor(options: RecursiveFeatureEliminationOptions) {
    super(recursiveFeatureEliminationParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<RecursiveFeatureEliminationModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { className: owner, params } = this;
    refuseInitialModel(owner, options);
    const numFeatures = vectorParts(selectorColumn(this), table.schema).length;
    const job = { owner, params, numFeatures, labelCol: this.#labelCol() };
    const found = await fitElimination(table, job, options);
    const { estimator: _estimator, evaluator: _evaluator, ...rest } = this.givenOptions;
    return new RecursiveFeatureEliminationModel(rest, {
      ...found,
      inputSchema: logicalSchema(table.schema, [params.featuresCol]),
    });
  }

  /** Before the fit it is not known which features stay, so the output has them all. */
  override transformSchema(schema: Schema): Schema {
    const { className: owner, params } = this;
    const { estimator, featuresCol, numFeatures, minFeatures } = params;
    const output = slicedSchema(selectorColumn(this), schema);
    // a pipeline reads it where it begins
    const own = estimator instanceof Pipeline ? undefined : columnNameOf(estimator, 'featuresCol');
    if (own !== undefined && own !== featuresCol)
      throw paramInvalid(owner, 'featuresCol', `that of its estimator, ${own}`, featuresCol);
    const named = namedFeatures(estimator);
    if (named !== undefined) {
      const rule = `one that reads ${featuresCol}, from which features are taken away: leave its featuresCols out`;
      throw paramInvalid(owner, 'estimator', rule, named);
    }
    estimator.transformSchema(schema);
    if (params.evaluator !== undefined)
      checkFoldColumns({ owner, params, labelCol: this.#labelCol() }, schema);
    const all = vectorParts(selectorColumn(this), schema).length;
    for (const [name, given] of Object.entries({ numFeatures, minFeatures })) {
      if (given !== undefined && all > 0 && given > all)
        throw paramInvalid(owner, name, `at most ${all}, the features of ${featuresCol}`, given);
    }
    return output;
  }

  #labelCol(): string {
    return columnNameOf(this.params.estimator, 'labelCol') ?? 'label';
  }

  override async saveData(writer: StageWriter): Promise<void> {
    const { estimator, evaluator } = this.params;
    await writer.stage('estimator', estimator);
    if (evaluator !== undefined) await writer.stage('evaluator', evaluator);
  }

  static override async fromSaved(reader: StageReader): Promise<RecursiveFeatureElimination> {
    const estimator = await reader.stage('estimator');
    const evaluator = reader.hasStage('evaluator') ? await reader.stage('evaluator') : undefined;
    const owner = 'RecursiveFeatureElimination';
    if (!(estimator instanceof Estimator))
      throw paramInvalid(owner, 'estimator', 'an estimator', describeValue(estimator));
    if (evaluator !== undefined && !(evaluator instanceof Evaluator))
      throw paramInvalid(owner, 'evaluator', 'an evaluator', describeValue(evaluator));
    return new RecursiveFeatureElimination({ ...reader.options, estimator, evaluator });
  }

  protected override nestedStages(): readonly (readonly [string, SavableStage])[] {
    const { estimator, evaluator } = this.params;
    const stages: (readonly [string, SavableStage])[] = [['estimator', estimator]];
    return evaluator === undefined ? stages : [...stages, ['evaluator', evaluator]];
  }
}

/** The columns that an estimator, or the one that it fits, is told to read by name. */
function namedFeatures(stage: PipelineStage | undefined): unknown {
  if (stage === undefined || stage instanceof Pipeline) return undefined;
  const { featuresCols } = stage.params as { readonly featuresCols?: readonly string[] };
  return featuresCols ?? namedFeatures(wrappedBy(stage));
}

registerStage(RecursiveFeatureElimination);
