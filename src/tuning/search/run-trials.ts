/**
 * Which of some candidates predicts best on rows that it was not fitted on? A trial is one fit of one candidate
 * on the training rows of one split, evaluated on the split's other rows. Trials run side by side; what they give
 * is put in order by candidate and split, so neither their number at once nor their speed can show.
 *
 * Driver: begins trials, a few at a time, and records each metric when it is there. Executor: as for any fit,
 * transform and evaluation. Cost: candidates · splits fits.
 */
import { allowListeners } from '../../base/abort.ts';
import { CoppiceError } from '../../base/errors.ts';
import type { Evaluator } from '../../evaluation/evaluators/evaluator.ts';
import type { Estimator } from '../../pipeline/estimator.ts';
import type { Model } from '../../pipeline/model.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { mapInOrder } from '../../table/plan/map-in-order.ts';
import { type ParamMap, withParams } from './param-map.ts';
import type { TrialResults } from './trial-results.ts';

/** Rows to fit on and rows to evaluate on. */
export interface Split {
  readonly train: PartitionedTable;
  /** Rows that the fits watch to stop early. */
  readonly watched: PartitionedTable | undefined;
  readonly test: PartitionedTable;
}

/** The trials of a search. */
export interface TrialSet {
  /** The class that searches, for errors. */
  readonly owner: string;
  readonly estimator: Estimator;
  readonly candidates: readonly ParamMap[];
  readonly evaluator: Evaluator;
  readonly splits: readonly Split[];
  /** Tells the trials of one round of a search from those of another. */
  readonly round: number;
  /** Most trials at once. */
  readonly parallelism: number;
  /** How deep the fits are inside folds. */
  readonly nesting: number;
  /** Keep every fitted model. */
  readonly keepModels: boolean;
  /** What is known from a search that was cut short, and where new metrics are recorded. */
  readonly results: TrialResults | null;
  /** Hears of each trial. */
  readonly onTrial: ((metric: number) => Promise<void>) | undefined;
}

/** What the trials gave. */
export interface TrialOutcomes {
  /** Metrics by candidate, then by split. */
  readonly metrics: readonly (readonly number[])[];
  /** Models by split, then by candidate; null where they are not kept. */
  readonly models: readonly (readonly Model[])[] | null;
}

interface Trial {
  readonly candidate: number;
  readonly split: number;
}

/**
 * Runs all trials; when one fails the others are ended.
 *
 * @throws CoppiceError what the estimator and the evaluator throw, `ABORTED`
 */
export async function runTrials(set: TrialSet, outer?: AbortSignal): Promise<TrialOutcomes> {
  const { candidates, splits, results } = set;
  const trials = splits.flatMap((_, split) =>
    candidates.map((_candidate, candidate): Trial => ({ candidate, split })),
  );
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, ...(outer === undefined ? [] : [outer])]);
  // every task of every trial listens to it
  allowListeners(signal);
  const metrics = candidates.map(() => new Array<number>(splits.length).fill(Number.NaN));
  const models = splits.map(() => new Array<Model>(candidates.length));
  const failures: unknown[] = [];
  const work = async (trial: Trial): Promise<void> => {
    try {
      const params = candidates[trial.candidate] as ParamMap;
      const known = results?.metricOf(params, set.round, trial.split);
      const found = known === undefined ? await runTrial(set, trial, signal) : null;
      const metric = found?.metric ?? (known as number);
      (metrics[trial.candidate] as number[])[trial.split] = metric;
      if (found !== null) {
        await results?.record({ params, round: set.round, split: trial.split, metric });
        if (set.keepModels) (models[trial.split] as Model[])[trial.candidate] = found.model;
      }
      await set.onTrial?.(metric);
    } catch (error) {
      failures.push(error);
      ending.abort();
      throw error;
    }
  };
  try {
    for await (const _ of mapInOrder(trials, set.parallelism, work));
  } catch (error) {
    // the first to fail ended the others, which then failed too
    throw failures[0] ?? error;
  }
  return { metrics, models: set.keepModels ? models : null };
}

async function runTrial(
  set: TrialSet,
  { candidate, split: index }: Trial,
  signal: AbortSignal,
): Promise<{ metric: number; model: Model }> {
  const split = set.splits[index] as Split;
  if ((await split.test.count({ signal })) === 0) throw emptySplit(set.owner, index);
  const estimator = withParams(set.estimator, set.candidates[candidate] as ParamMap);
  const model = await estimator.fit(split.train, {
    signal,
    validation: split.watched,
    nesting: set.nesting,
  });
  const scored = await model.transform(split.test, { signal });
  return { metric: await set.evaluator.evaluate(scored, { signal }), model };
}

function emptySplit(owner: string, split: number): CoppiceError {
  return new CoppiceError(
    'DATA_EMPTY',
    `every split of the table given to ${owner} must have rows to evaluate on; split ${split} has none: ` +
      'give more rows, fewer folds or another seed',
    { context: { owner, split } },
  );
}
