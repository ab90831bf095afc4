/** A fit of recursive feature elimination: on folds where the number of features is chosen, then on all rows. */
import { deriveSeed, purposes } from '../../base/rng.ts';
import type { Evaluator } from '../../evaluation/evaluators/evaluator.ts';
import type { FoldParams } from '../../feature/folds/fold-params.ts';
import { type Fold, foldsOf } from '../../feature/folds/folds.ts';
import { planFolds } from '../../feature/folds/plan-folds.ts';
import type { Estimator, FitOptions } from '../../pipeline/estimator.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { bestOf, rankCandidates } from '../search/choose-best.ts';
import { withGroups } from '../search/splits.ts';
import { eliminateFeatures } from './eliminate-features.ts';
import type { EliminationState, EliminationStep } from './recursive-feature-elimination-model.ts';

/** What is fitted. */
export interface EliminationJob {
  readonly owner: string;
  readonly params: FoldParams & {
    readonly estimator: Estimator;
    readonly evaluator: Evaluator | undefined;
    readonly featuresCol: string;
    readonly numFeatures: number | undefined;
    readonly minFeatures: number | undefined;
    readonly step: number;
  };
  /** Features in the column. */
  readonly numFeatures: number;
  readonly labelCol: string;
}

/**
 * Eliminates features.
 *
 * @throws CoppiceError as {@link eliminateFeatures}, `DATA_INVALID` where no step has a metric
 */
export async function fitElimination(
  table: PartitionedTable,
  job: EliminationJob,
  options: FitOptions,
): Promise<Omit<EliminationState, 'inputSchema'>> {
  const { owner, params, numFeatures } = job;
  const { estimator, evaluator, featuresCol, minFeatures = 1 } = params;
  const step = params.step < 1 ? Math.max(1, Math.floor(params.step * numFeatures)) : params.step;
  const half = Math.max(1, numFeatures >> 1);
  const fewest = evaluator === undefined ? (params.numFeatures ?? half) : minFeatures;
  const folds = evaluator === undefined ? [] : await foldsOfJob(table, job, options);
  const total = (folds.length + 1) * (Math.ceil((numFeatures - fewest) / step) + 1);
  let done = 0;
  const report = (fits: number): void => {
    done = fits;
    options.onProgress?.({ phase: 'train', done, total, message: `fits of ${owner}` });
  };
  const onFit = (): void => report(done + 1);
  const request = { owner, estimator, featuresCol, numFeatures, least: fewest, step, onFit };
  const byFold: (readonly number[])[] = [];
  for (const { inside, outside } of folds) {
    const measured = { table: inside, evaluator: evaluator as Evaluator };
    byFold.push((await eliminateFeatures(outside, { ...request, measured }, options)).metrics);
  }
  const steps = stepsOf(byFold, request);
  const best = (): EliminationStep => {
    const metrics = steps.map(({ metric }) => [metric]);
    const isLargerBetter = evaluator?.isLargerBetter() ?? true;
    return steps[bestOf(owner, rankCandidates(metrics, isLargerBetter))] as EliminationStep;
  };
  const least = steps.length === 0 ? fewest : best().numFeatures;
  const { kept, ranking } = await eliminateFeatures(table, { ...request, least }, options);
  report(total);
  return { selectedFeatures: kept, ranking, steps };
}

async function foldsOfJob(
  table: PartitionedTable,
  { owner, params, labelCol }: EliminationJob,
  { signal, nesting }: FitOptions,
): Promise<Fold[]> {
  // the folds are not those of an estimator inside that has the same seed
  const seed = deriveSeed(params.seed, purposes.search, 4);
  const request = { owner, params: { ...withGroups(params), seed }, labelCol };
  return foldsOf(table, await planFolds(table, request, { signal, nesting }));
}

/** The mean metric of each number of features, fewest first. */
function stepsOf(
  byFold: readonly (readonly number[])[],
  { numFeatures, least, step }: { numFeatures: number; least: number; step: number },
): EliminationStep[] {
  const metrics = (byFold[0] ?? []).map((_, i) => byFold.map((own) => own[i] as number));
  return rankCandidates(metrics, true)
    .averages.map((metric, i) => {
      return { numFeatures: Math.max(least, numFeatures - i * step), metric };
    })
    .reverse();
}
