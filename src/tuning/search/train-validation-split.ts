/** Finds the best parameters of an estimator by trying candidates on one split of the rows. */

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
import { fitBest, runSearch } from './run-search.ts';
import {
  checkCandidates,
  checkSearch,
  readSearched,
  saveSearched,
  searchedSpecs,
} from './search-params.ts';
import { checkSplitColumns, type SplitRequest, shareSplit, splitIdentity } from './splits.ts';
import { shareSpecs, TrainValidationSplitModel } from './train-validation-split-model.ts';

/** Without folds there is no number of them and no column that names them. */
const noFolds = { numFolds: 2, foldCol: undefined } as const;

/** Parameters of {@link TrainValidationSplit}. */
export const trainValidationSplitParams = defineParams(
  'TrainValidationSplit',
  { ...searchedSpecs, ...shareSpecs },
  (params) => checkSearch({ ...params, ...noFolds }),
);

/** Options of {@link TrainValidationSplit}. @interface */
export type TrainValidationSplitOptions = Options<typeof trainValidationSplitParams.schema>;

/**
 * Tries candidates on one split of the rows and fits the best one on all of them: quicker than
 * {@link CrossValidator}, and less sure. With `timeCol` the latest rows are held out, with `groupCol` whole groups.
 *
 * Input and output: those of the estimator. Cost: one fit a candidate and one more. Determinism: the split hangs on
 * the seed and the rows' ids; the same metrics and model, bit for bit, for any number of threads, partitions and
 * trials at once.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `DATA_EMPTY`, `DATA_INVALID`, `ABORTED`, and what the
 *   estimator and the evaluator throw
 * @example
 * ```ts
 * import { createTable, DecisionTreeRegressor, RegressionEvaluator, TrainValidationSplit } from 'coppice';
 * const x = Array.from({ length: 300 }, (_, row) => row % 30);
 * const table = createTable({ x, label: x.map((value) => Math.sin(value / 5)) });
 * const model = await new TrainValidationSplit({
 *   estimator: new DecisionTreeRegressor({ featuresCols: ['x'] }),
 *   evaluator: new RegressionEvaluator(),
 *   estimatorParamMaps: [{ maxDepth: 1 }, { maxDepth: 6 }],
 * }).fit(table);
 * console.log(model.bestParams); // { maxDepth: 6 }
 * ```
 * @see docs/guides/tuning.md
 */
export class TrainValidationSplit extends Estimator<
  TrainValidationSplitModel,
  typeof trainValidationSplitParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = trainValidationSplitParams;

  constructor(options: TrainValidationSplitOptions) {
    super(trainValidationSplitParams, options);
    checkCandidates(this.className, this.params);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<TrainValidationSplitModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { params, className: owner } = this;
    const { estimator, evaluator, estimatorParamMaps, trainRatio } = params;
    const { signal, validation } = options;
    throwIfAborted(signal, `${owner}.fit`);
    const seed = foldSeed(params.seed, options);
    const drawn = { ...params, ...noFolds, seed };
    const request: SplitRequest = { owner, params: drawn, validation, signal };
    const splits = [await shareSplit(table, trainRatio, request)];
    const identity = { ...splitIdentity(request.params), trainRatio };
    const job = { owner, params, table, identity, numTrials: estimatorParamMaps.length };
    const { metrics, models } = await runSearch(job, options, (run) =>
      run(estimatorParamMaps, splits),
    );
    const best = bestOf(owner, rankCandidates(metrics, evaluator.isLargerBetter()));
    const how = { estimator, request, options };
    const bestModel = await fitBest(table, estimatorParamMaps[best] ?? {}, how);
    const candidates = estimatorParamMaps.map((_, i) => i);
    const { estimator: _estimator, evaluator: _evaluator, ...rest } = this.givenOptions;
    return new TrainValidationSplitModel(rest, {
      ...{ bestModel, estimator, evaluator, subModels: models },
      rounds: [{ resource: 1, candidates, metrics }],
    });
  }

  override transformSchema(schema: Schema): Schema {
    checkSplitColumns(this.className, { ...this.params, ...noFolds }, schema);
    return this.params.estimator.transformSchema(schema);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await saveSearched(writer, this.params);
  }

  static override async fromSaved(reader: StageReader): Promise<TrainValidationSplit> {
    return new TrainValidationSplit({ ...reader.options, ...(await readSearched(reader)) });
  }

  protected override nestedStages(): readonly (readonly [string, SavableStage])[] {
    const { estimator, evaluator } = this.params;
    return [
      ['estimator', estimator],
      ['evaluator', evaluator],
    ];
  }
}

registerStage(TrainValidationSplit);
