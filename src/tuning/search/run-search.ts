/** What every search does around its trials: opens the file of results, counts, ends it whatever happens. */

import { throwIfAborted } from '../../base/abort.ts';
import type { JsonObject } from '../../base/json.ts';
import { oneDeeper } from '../../feature/folds/nesting.ts';
import type { Estimator, FitOptions } from '../../pipeline/estimator.ts';
import type { Model } from '../../pipeline/model.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { type ParamMap, withParams } from './param-map.ts';
import { refuseInitialModel } from './refuse-initial-model.ts';
import { runTrials, type Split, type TrialOutcomes } from './run-trials.ts';
import type { SearchParams } from './search-params.ts';
import { type SplitRequest, withWatched } from './splits.ts';
import { TrialResults } from './trial-results.ts';

/** A search and its parameters. */
export interface SearchJob {
  /** The class that searches, for errors. */
  readonly owner: string;
  readonly params: SearchParams & {
    readonly parallelism: number | undefined;
    readonly resultsFile: string | undefined;
    readonly collectSubModels: boolean;
  };
  readonly table: PartitionedTable;
  /** Everything that decides how rows are split and trials run. */
  readonly identity: JsonObject;
  /** How many trials there will be. */
  readonly numTrials: number;
}

/** Runs the trials of one round. */
export type RunRound = (
  candidates: readonly ParamMap[],
  splits: readonly Split[],
) => Promise<TrialOutcomes>;

/** Calls `search` with what runs its rounds. */
export async function runSearch<T>(
  job: SearchJob,
  options: FitOptions,
  search: (run: RunRound) => Promise<T>,
): Promise<T> {
  const { owner, params, table, numTrials } = job;
  const { estimator, evaluator, resultsFile } = params;
  const { signal, onProgress, validation } = options;
  throwIfAborted(signal, `${owner}.fit`);
  refuseInitialModel(owner, options);
  const tables = validation === undefined ? [table] : [table, validation];
  const results =
    resultsFile === undefined
      ? null
      : await TrialResults.open(resultsFile, {
          ...{ owner, estimator, evaluator, tables, signal },
          splits: job.identity,
        });
  let done = 0;
  const onTrial = async (metric: number): Promise<void> => {
    done += 1;
    await onProgress?.({ phase: 'train', done, total: numTrials, metric, message: 'trials' });
  };
  let round = 0;
  try {
    return await search(
      async (candidates, splits) =>
        await runTrials(
          {
            ...{ owner, estimator, evaluator, candidates, splits, results, onTrial },
            round: round++,
            parallelism: params.parallelism ?? table.runner.numThreads,
            keepModels: params.collectSubModels,
            ...oneDeeper(options),
          },
          signal,
        ),
    );
  } finally {
    await results?.close();
  }
}

/** The best candidate, fitted on all rows; the share that is watched, where one is, is not learned from. */
export async function fitBest(
  table: PartitionedTable,
  params: ParamMap,
  how: {
    readonly estimator: Estimator;
    readonly request: SplitRequest;
    readonly options: FitOptions;
  },
): Promise<Model> {
  const best = withParams(how.estimator, params);
  const { train, watched } = await withWatched(table, how.request);
  return await best.fit(train, {
    ...how.options,
    ...oneDeeper(how.options),
    validation: watched,
  });
}
