/** Which columns does a stack read, and what is its final estimator given? */
import type { Schema } from 'apache-arrow';
import { checkFoldColumns } from '../../feature/folds/check-fold-columns.ts';
import type { FoldParams } from '../../feature/folds/fold-params.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { columnNameOf } from '../../pipeline/column-name-of.ts';
import type { Estimator } from '../../pipeline/estimator.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { withInputColumns } from '../column-names.ts';
import type { Member } from '../level-one/cross-fit.ts';
import { levelOneColumns } from '../level-one/level-one.ts';
import type { LevelOnePlan, LevelOneRequest } from '../level-one/level-one-plan.ts';
import type { MemberValues } from '../members.ts';
import { type CombinerInput, featuresColOf } from './combiner-table.ts';

/** The parameters that both kinds of stacks have. */
export interface StackValues extends MemberValues, FoldParams {
  readonly method: 'crossFit' | 'holdOut';
  readonly passthroughCols: readonly string[] | undefined;
  readonly keepOutOfFold: boolean;
  readonly parallelism: number | undefined;
}

/** Who fits what. */
export interface StackFit {
  readonly owner: string;
  readonly params: StackValues;
  readonly members: readonly Member[];
  readonly finalEstimator: Estimator;
  readonly labelCol: string;
  readonly request: LevelOneRequest;
}

/** Refuses columns that are not there; no data is read. */
export function checkStackColumns({ owner, params, labelCol }: StackFit, schema: Schema): void {
  for (const name of params.passthroughCols ?? [])
    requireColumn(owner, 'passthroughCols', name, schema);
  if (params.weightCol !== undefined) requireColumn(owner, 'weightCol', params.weightCol, schema);
  requireColumn(owner, 'labelCol', labelCol, schema);
  checkFoldColumns({ owner, params, labelCol }, schema);
}

/** The final estimator with the stack's columns. */
export function finalOf(
  owner: string,
  estimator: Estimator,
  params: MemberValues,
  labelCol: string,
) {
  return withInputColumns(owner, estimator, { labelCol, weightCol: weightColOf(params) });
}

/** What the final estimator is given, once it is known what the members give. */
export function inputOf(
  final: Estimator,
  { passthroughCols }: Pick<StackValues, 'passthroughCols'>,
): (plan: LevelOnePlan) => CombinerInput {
  return (plan) => ({
    levelOneCols: levelOneColumns(plan),
    passthroughCols: passthroughCols ?? [],
    featuresCol: featuresColOf(final),
  });
}

/** Columns of the table that the level-one table has too: what identifies, weighs and groups rows. */
export function keptColumns(
  { params, finalEstimator, labelCol }: StackFit,
  table: Pick<PartitionedTable, 'columns'>,
): string[] {
  const { idCol, groupCol, timeCol, foldCol, passthroughCols } = params;
  const asked = ['weightCol', 'idCol', 'groupCol', 'offsetCol', 'validationIndicatorCol'].map(
    (param) => columnNameOf(finalEstimator, param),
  );
  const own = [labelCol, params.weightCol, idCol, groupCol, timeCol, foldCol];
  const wanted = new Set([...own, ...asked, ...(passthroughCols ?? [])]);
  return table.columns.filter((name) => wanted.has(name));
}

/** The stack's weights, else the first that an estimator names. */
function weightColOf({ weightCol, estimators }: MemberValues): string | undefined {
  const named = estimators.map((stage) => columnNameOf(stage, 'weightCol'));
  return weightCol ?? named.find((name) => name !== undefined);
}
