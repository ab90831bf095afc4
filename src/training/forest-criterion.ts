/** The criterion of a forest job: variance for numbers, gini or entropy for classes. */
import { ClassCriterion } from '../tree/backend/cpu/class-criterion.ts';
import type { ForestCriterion } from '../tree/backend/cpu/forest-criterion.ts';
import { VarianceCriterion } from '../tree/backend/cpu/variance-criterion.ts';
import type { ForestMemory } from './forest-memory.ts';
import type { ForestStart } from './forest-start.ts';
import type { IngestedRows } from './ingest/ingest.ts';
import type { ForestJob } from './messages.ts';
import type { RankEnvironment } from './rank-environment.ts';

/** What a criterion is made of. */
export interface CriterionParts {
  readonly environment: RankEnvironment;
  readonly job: ForestJob;
  readonly rows: IngestedRows;
  readonly start: ForestStart;
  readonly memory: ForestMemory;
}

/** Makes it. */
export function forestCriterion({
  environment,
  job,
  rows,
  start,
  memory,
}: CriterionParts): ForestCriterion {
  const { kernels, memory: shared } = environment;
  const { layout } = rows;
  const minWeight = job.split.minSumHessian * start.totalWeight;
  if (job.task === 'regression') {
    return new VarianceCriterion({
      kernels,
      memory: shared,
      layout,
      params: { ...job.split, lambda: 0, minSumHessian: minWeight },
      quantisation: start.quantisation,
      scratch: memory.criterionScratch,
    });
  }
  return new ClassCriterion({
    kernels,
    memory: shared,
    layout,
    numClasses: rows.classes.length,
    impurity: job.impurity === 'entropy' ? 'entropy' : 'gini',
    minInstancesPerNode: job.split.minInstancesPerNode,
    minWeight: minWeight / start.weightUnit,
    minInfoGain: job.split.minInfoGain,
    maxCategoriesPerSplit: job.split.maxCategoriesPerSplit,
    weightUnit: start.weightUnit,
    featureTable: memory.featureTable,
    scratch: memory.criterionScratch,
  });
}
