/** Finds the best parameters of an estimator by trying candidates on folds. */

import type { Schema } from 'apache-arrow';
import { throwIfAborted } from '../../base/abort.ts';
import { foldSeed } from '../../feature/folds/nesting.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { bestOf, rankCandidates } from './choose-best.ts';
import { CrossValidatorModel } from './cross-validator-model.ts';
import { fitBest, runSearch } from './run-search.ts';
import {
  checkCandidates,
  checkSearch,
  readSearched,
  saveSearched,
  searchedSpecs,
  searchSpecs,
} from './search-params.ts';
import { checkSplitColumns, foldSplits, splitIdentity } from './splits.ts';

/** Parameters of {@link CrossValidator}. */
export const crossValidatorParams = defineParams(
  'CrossValidator',
  { ...searchedSpecs, ...searchSpecs },
  checkSearch,
);

/** Options of {@link CrossValidator}. @interface */
export type CrossValidatorOptions = Options<typeof crossValidatorParams.schema>;

/**
 * Tries candidates on folds and fits the best one on all rows: the rows are cut into folds, each candidate is
 * fitted on all folds but one and measured on that one, and the mean over the folds decides. Equal means go to
 * the earlier candidate; a candidate whose metric is NaN in some fold comes last.
 *
 * Input and output: those of the estimator. Cost: numFolds · candidates fits and one more; `parallelism` of them
 * at once. Determinism: folds hang on the seed and the rows' ids, metrics are exact; the same metrics and the same
 * model, bit for bit, for any number of threads, partitions and trials at once.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `DATA_EMPTY`, `DATA_INVALID`, `ABORTED`, and what the
 *   estimator and the evaluator throw
 * @example
 * ```ts
 * import { createTable, CrossValidator, GBTRegressor, ParamGridBuilder, RegressionEvaluator } from 'coppice';
 * const x = Array.from({ length: 300 }, (_, row) => row % 30);
 * const table = createTable({ x, label: x.map((value) => Math.sin(value / 5)) });
 * const model = await new CrossValidator({
 *   estimator: new GBTRegressor({ featuresCols: ['x'], maxIter: 10 }),
 *   evaluator: new RegressionEvaluator(),
 *   estimatorParamMaps: new ParamGridBuilder().addGrid('stepSize', [0.01, 0.5]).build(),
 * }).fit(table);
 * console.log(model.bestParams); // { stepSize: 0.5 }
 * ```
 * @see docs/guides/tuning.md
 */
export class CrossValidator extends Estimator<
  CrossValidatorModel,
  typeof crossValidatorParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = crossValidatorParams;

  constructor(options: CrossValidatorOptions) {
    super(crossValidatorParams, options);
    checkCandidates(this.className, this.params);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<CrossValidatorModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { params, className: owner } = this;
    const { estimator, evaluator, estimatorParamMaps } = params;
    const { signal, validation } = options;
    throwIfAborted(signal, `${owner}.fit`);
    const seed = foldSeed(params.seed, options);
    const request = { owner, params: { ...params, seed }, validation, signal };
    const splits = await foldSplits(table, request);
    const identity = splitIdentity(params);
    const numTrials = splits.length * estimatorParamMaps.length;
    const job = { owner, params, table, identity, numTrials };
    const { metrics, models } = await runSearch(job, options, (run) =>
      run(estimatorParamMaps, splits),
    );
    const best = bestOf(owner, rankCandidates(metrics, evaluator.isLargerBetter()));
    const how = { estimator, request, options };
    const bestModel = await fitBest(table, estimatorParamMaps[best] ?? {}, how);
    const candidates = estimatorParamMaps.map((_, i) => i);
    const { estimator: _estimator, evaluator: _evaluator, ...rest } = this.givenOptions;
    return new CrossValidatorModel(rest, {
      ...{ bestModel, estimator, evaluator, subModels: models },
      rounds: [{ resource: 1, candidates, metrics }],
    });
  }

  override transformSchema(schema: Schema): Schema {
    checkSplitColumns(this.className, this.params, schema);
    return this.params.estimator.transformSchema(schema);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await saveSearched(writer, this.params);
  }

  static override async fromSaved(reader: StageReader): Promise<CrossValidator> {
    return new CrossValidator({ ...reader.options, ...(await readSearched(reader)) });
  }

  protected override nestedStages(): readonly (readonly [string, SavableStage])[] {
    const { estimator, evaluator } = this.params;
    return [
      ['estimator', estimator],
      ['evaluator', evaluator],
    ];
  }
}

registerStage(CrossValidator);
