/** What ranks are told to let the rows of a table walk the trees of a boosted model. */
import { fitColumns } from '../../pipeline/fit-columns.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { UnplannedJob } from '../../training/fit-width.ts';
import { modelColumns } from '../../training/leaves/model-bins.ts';
import type { BoostingJob } from '../../training/messages.ts';
import type { UserClosures } from '../../training/user-calls.ts';
import type { TreeModel } from '../model/tree-model.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import { ingestOf } from '../tree-fit.ts';
import type { BoostedFacts } from './fit-gbt.ts';
import { boostingJob, mostGrade } from './fit-gbt.ts';
import { initialData, initialRounds, knownClasses } from './initial-model.ts';
import { userFunctions } from './user-functions.ts';

/** A job that grows no trees. */
export interface PlannedWalk {
  readonly job: UnplannedJob<BoostingJob>;
  /** Which of the model's features each column is cut for. */
  readonly columns: readonly number[];
  readonly closures: UserClosures;
}

/**
 * Plans it; null where there are no trees.
 *
 * @param data the model's, with values on a grid
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`
 */
export function planWalk(
  model: TreeModel,
  data: TreeModelData,
  { owner, params: given, labelKind, objective }: BoostedFacts,
  table: PartitionedTable,
): PlannedWalk | null {
  // marked rows were watched while the rounds were counted; now there is nothing to stop
  const params = { ...given, validationIndicatorCol: undefined };
  const columns = fitColumns(owner, table.plainSchema, params, labelKind);
  initialData({ owner, params: { ...params }, columns, table }, model);
  if (data.trees.numTrees === 0) return null;
  const cut = modelColumns(data.trees, data.features, columns.features);
  const functions = userFunctions(params);
  const job = {
    ...boostingJob({ owner, params, objective }, columns),
    ...functions.references,
    // draws belong to the growing of trees
    rows: { rate: 1, byClass: null, byGroup: false, goss: null },
    initial: initialRounds(data),
    ingest: {
      ...ingestOf(owner, params, columns, labelKind),
      features: cut.sources,
      givenBins: cut.bins,
      mostGrade: mostGrade(objective),
      knownClasses: knownClasses(data),
    },
  };
  return { job, columns: cut.columns, closures: functions.closures };
}
