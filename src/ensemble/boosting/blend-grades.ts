/**
 * Beside the trees that learn pairs a ranking has trees that learn the grades themselves. Each errs in its own way, so their
 * sum orders unseen groups better than either (docs/accuracy-ranking.md).
 */
import type { OnProgress } from '../../base/progress.ts';
import { columnMoments } from '../../feature/statistics/column-moments.ts';
import type { FitOptions } from '../../pipeline/estimator.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { mergeData } from '../model/merge-models.ts';
import { mergedParts } from '../model/merged-parts.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import type { GBTParams } from '../params/gbt-params.ts';
import { gradesObjective } from '../params/ranker-params.ts';
import { fitBoostedTrees, type GBTFit } from './fit-gbt.ts';
import { scoredTables } from './initial-model.ts';

/** What a regressor does where nothing is given; steps of a ranking are smaller. */
const usualStepSize = 0.1;

/**
 * Fits trees on the grades as {@link GBTRegressor} does and puts them behind the trees of a ranking. Over the training rows the
 * scores of both have the same deviation, times the weight.
 *
 * @param weight how much the grades count beside the pairs, positive
 */
export async function withGrades(
  { pairs, weight }: { readonly pairs: TreeModelData; readonly weight: number },
  fit: GBTFit,
  table: PartitionedTable,
  options: FitOptions,
): Promise<TreeModelData> {
  const params = gradeParams(fit);
  const { maxIter: _, ...given } = fit.given;
  const grades = await fitBoostedTrees(
    { ...fit, params, given, objective: gradesObjective },
    table,
    { ...options, onProgress: progressOfGrades(options.onProgress) },
  );
  const [ofPairs, ofGrades] = await deviations([pairs, grades], fit.owner, table, options);
  // where all scores are alike there is nothing to weigh
  if (ofPairs === 0 || ofGrades === 0) return pairs;
  const scale = weight * (ofPairs / ofGrades);
  const shares = [1 / (1 + scale), scale / (1 + scale)] as const;
  return {
    ...mergeData([pairs, grades], shares),
    numRows: pairs.numRows,
    merged: [
      ...mergedParts(pairs, fit.params, shares[0]),
      ...mergedParts(grades, params, shares[1]).map((part) => ({
        ...part,
        learns: 'grades' as const,
      })),
    ],
  };
}

/** Rows were read and binned before; rounds are said to be those of grades. */
function progressOfGrades(onProgress: OnProgress | undefined): OnProgress | undefined {
  if (onProgress === undefined) return undefined;
  return (progress) => {
    if (progress.phase !== 'train') return undefined;
    return onProgress({ ...progress, message: `${progress.message} of grades` });
  };
}

/** Rows of a group are held out one by one: what whole groups lose is mostly their level, which orders nothing. */
function gradeParams({ params, given }: GBTFit): GBTParams {
  const own: GBTParams & { readonly ndcgAt: undefined } = {
    ...params,
    groupCol: params.subsampleByGroup === true ? params.groupCol : undefined,
    maxIter: undefined,
    stepSize: given.stepSize === undefined ? usualStepSize : params.stepSize,
    validationMetrics: undefined,
    trainingHistory: undefined,
    ndcgAt: undefined,
  };
  return own;
}

/** The deviation of each model's scores. */
async function deviations(
  models: readonly [TreeModelData, TreeModelData],
  owner: string,
  table: PartitionedTable,
  { signal }: FitOptions,
): Promise<[number, number]> {
  if (models.some(({ trees }) => trees.numTrees === 0)) return [0, 0];
  const first = scoredTables(models[0], [table.schema]);
  const once = first.score(table);
  const second = scoredTables(models[1], [once.schema]);
  const sources = [first, second].map(({ paths }) => ({ path: paths[0] as readonly string[] }));
  const moments = await columnMoments(second.score(once), owner, sources, { signal });
  return moments.map(({ deviation }) => deviation) as [number, number];
}
