/** Finds the best of many candidates by giving little to all and more and more to the better ones. */

import type { Schema } from 'apache-arrow';
import { throwIfAborted } from '../../base/abort.ts';
import { type CoppiceError, isCoppiceError } from '../../base/errors.ts';
import { foldSeed } from '../../feature/folds/nesting.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { bestOf, rankCandidates } from './choose-best.ts';
import { type HalvingRound, halvingRounds } from './halving-rounds.ts';
import { type ParamMap, paramValue, withParams } from './param-map.ts';
import { fitBest, runSearch } from './run-search.ts';
import type { Split } from './run-trials.ts';
import {
  checkCandidates,
  checkSearch,
  readSearched,
  saveSearched,
  searchedSpecs,
} from './search-params.ts';
import {
  checkSplitColumns,
  foldSplits,
  type SplitRequest,
  sampleOf,
  splitIdentity,
} from './splits.ts';
import { halvingSpecs, SuccessiveHalvingModel } from './successive-halving-model.ts';
import type { TrialRound } from './tuned-model.ts';

/** Parameters of {@link SuccessiveHalving}. */
export const successiveHalvingParams = defineParams(
  'SuccessiveHalving',
  { ...searchedSpecs, ...halvingSpecs },
  (params) => {
    const { resource, minResource, maxResource } = params;
    if (minResource !== undefined && maxResource !== undefined && minResource > maxResource)
      return 'minResource must be at most maxResource';
    if (resource === 'rows' && maxResource !== undefined && maxResource > 1)
      return 'maxResource must be a share of the rows, at most 1';
    return checkSearch({ ...params, collectSubModels: false });
  },
);

/** Options of {@link SuccessiveHalving}. @interface */
export type SuccessiveHalvingOptions = Options<typeof successiveHalvingParams.schema>;

/**
 * Tries many candidates cheaply: in the first round all of them get a small share of the rows (or few trees), after
 * each round one in `factor` goes on with `factor` times as much, and the last round has it all. The best of the last
 * round is fitted on all rows.
 *
 * Candidates of a round are measured by the mean over the folds, as in {@link CrossValidator}; where rows are the
 * resource only the rows to fit on are fewer, whole queries of them with a `RankingEvaluator`, and a smaller share is part of
 * the larger one. Input and output: those
 * of the estimator. Cost: for n candidates about log n rounds that each cost as much as n / factor^(rounds − 1) full
 * ones. Determinism: the same rounds and the same model, bit for bit, for any number of threads, partitions and
 * trials at once.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `DATA_EMPTY`, `DATA_INVALID`, `ABORTED`, and what the
 *   estimator and the evaluator throw
 * @example
 * ```ts
 * import { createTable, GBTRegressor, ParamRandomBuilder, RegressionEvaluator, SuccessiveHalving } from 'coppice';
 * const x = Array.from({ length: 300 }, (_, row) => row % 30);
 * const table = createTable({ x, label: x.map((value) => Math.sin(value / 5)) });
 * const model = await new SuccessiveHalving({
 *   estimator: new GBTRegressor({ featuresCols: ['x'], maxIter: 18 }),
 *   evaluator: new RegressionEvaluator(),
 *   estimatorParamMaps: new ParamRandomBuilder().addLogUniform('stepSize', 0.01, 1).build(9),
 *   resource: 'maxIter',
 * }).fit(table);
 * console.log(model.rounds.map(({ candidates }) => candidates.length)); // [ 9, 3, 1 ]
 * ```
 * @see docs/guides/tuning.md; K. Jamieson and A. Talwalkar, "Non-stochastic best arm identification and
 *   hyperparameter optimization", 2016
 */
export class SuccessiveHalving extends Estimator<
  SuccessiveHalvingModel,
  typeof successiveHalvingParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = successiveHalvingParams;

  constructor(options: SuccessiveHalvingOptions) {
    super(successiveHalvingParams, options);
    checkCandidates(this.className, this.params);
    this.#rounds();
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<SuccessiveHalvingModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { params, className: owner } = this;
    const { estimator, evaluator, estimatorParamMaps, factor, resource } = params;
    const { signal, validation } = options;
    throwIfAborted(signal, `${owner}.fit`);
    const seed = foldSeed(params.seed, options);
    const request: SplitRequest = { owner, params: { ...params, seed }, validation, signal };
    const splits = await foldSplits(table, request);
    const rounds = this.#rounds();
    const limits = rounds.map((round) => round.resource);
    const identity = {
      ...splitIdentity(params),
      ...{ factor, resource, limits, candidates: estimatorParamMaps },
    };
    const numTrials = rounds.reduce((sum, round) => sum + round.numCandidates, 0) * splits.length;
    const job = {
      ...{ owner, table, identity, numTrials },
      params: { ...params, collectSubModels: false },
    };
    const done: TrialRound[] = [];
    await runSearch(job, options, async (run) => {
      let left = estimatorParamMaps.map((_, i) => i);
      for (const round of rounds) {
        left = left.slice(0, round.numCandidates);
        const maps = left.map((i) => this.#candidate(i, round));
        const { metrics } = await run(maps, this.#splits(splits, round));
        done.push({ resource: round.resource, candidates: left, metrics });
        const { order } = rankCandidates(metrics, evaluator.isLargerBetter());
        const candidates = left;
        left = order.map((place) => candidates[place] as number);
      }
    });
    const last = done.at(-1) as TrialRound;
    const best = bestOf(owner, rankCandidates(last.metrics, evaluator.isLargerBetter()));
    const map = this.#candidate(last.candidates[best] as number, rounds.at(-1) as HalvingRound);
    const bestModel = await fitBest(table, map, { estimator, request, options });
    const { estimator: _estimator, evaluator: _evaluator, ...rest } = this.givenOptions;
    return new SuccessiveHalvingModel(rest, {
      ...{ bestModel, estimator, evaluator, subModels: null, rounds: done },
    });
  }

  override transformSchema(schema: Schema): Schema {
    checkSplitColumns(this.className, this.params, schema);
    return this.params.estimator.transformSchema(schema);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await saveSearched(writer, this.params);
  }

  static override async fromSaved(reader: StageReader): Promise<SuccessiveHalving> {
    return new SuccessiveHalving({ ...reader.options, ...(await readSearched(reader)) });
  }

  protected override nestedStages(): readonly (readonly [string, SavableStage])[] {
    const { estimator, evaluator } = this.params;
    return [
      ['estimator', estimator],
      ['evaluator', evaluator],
    ];
  }

  /** A candidate's parameters in a round. */
  #candidate(place: number, round: HalvingRound): ParamMap {
    const { estimatorParamMaps, resource } = this.params;
    const map = estimatorParamMaps[place] ?? {};
    return resource === 'rows' ? map : { ...map, [resource]: round.resource };
  }

  #splits(splits: readonly Split[], { resource: share }: HalvingRound): readonly Split[] {
    const { params } = this;
    if (params.resource !== 'rows') return splits;
    return splits.map((split) => ({ ...split, train: sampleOf(split.train, share, params) }));
  }

  #rounds(): readonly HalvingRound[] {
    const { estimator, estimatorParamMaps, factor, resource, minResource } = this.params;
    const isRows = resource === 'rows';
    const largest = this.params.maxResource ?? (isRows ? 1 : this.#valueOfResource());
    if (!isRows) {
      const clash = estimatorParamMaps.some((map) => Object.hasOwn(map, resource));
      if (clash) throw this.#resourceInvalid('a parameter that no candidate names');
      this.#checked(() => withParams(estimator, { [resource]: Math.round(largest) }));
    }
    const numCandidates = estimatorParamMaps.length;
    const smallest = minResource ?? (isRows ? 0 : 1);
    return halvingRounds({ numCandidates, factor, smallest, largest, isWhole: !isRows });
  }

  #valueOfResource(): number {
    const { estimator, resource } = this.params;
    const value = this.#checked(() => paramValue(estimator, resource));
    if (Number.isSafeInteger(value)) return value as number;
    throw this.#resourceInvalid("'rows', or a whole number of the estimator; or give maxResource");
  }

  #checked<T>(look: () => T): T {
    try {
      return look();
    } catch (cause) {
      if (!isCoppiceError(cause)) throw cause;
      throw this.#resourceInvalid(`'rows', or a parameter of the estimator (${cause.message})`);
    }
  }

  #resourceInvalid(rule: string): CoppiceError {
    return paramInvalid(this.className, 'resource', rule, this.params.resource);
  }
}

registerStage(SuccessiveHalving);
