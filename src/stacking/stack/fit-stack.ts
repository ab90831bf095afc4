/**
 * A stack's fit. Driver: cuts folds; fits every member on each fold's other rows and on all rows, side by side on
 * one pool; makes the level-one table of the former; fits the final estimator on it. The latter predict.
 */

import type { Schema } from 'apache-arrow';
import { throwIfAborted } from '../../base/abort.ts';
import type { FoldParams } from '../../feature/folds/fold-params.ts';
import { oneDeeper } from '../../feature/folds/nesting.ts';
import { checkFoldColumns, planFolds } from '../../feature/folds/plan-folds.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { columnNameOf } from '../../pipeline/column-name-of.ts';
import type { Estimator, FitOptions } from '../../pipeline/estimator.ts';
import { type LogicalSchema, logicalSchema } from '../../pipeline/logical-schema.ts';
import type { Model } from '../../pipeline/model.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { type OutputNames, outputNames, withGroups, withInputColumns } from '../column-names.ts';
import { type FitJob, fitSideBySide } from '../fit-side-by-side.ts';
import {
  fitJob,
  foldColumn,
  foldJobs,
  levelOneTable,
  type Member,
  markedFolds,
  planOf,
  positionColumn,
  withMembers,
} from '../level-one/cross-fit.ts';
import { levelOneColumns } from '../level-one/level-one.ts';
import type { LevelOnePlan, LevelOneRequest } from '../level-one/level-one-plan.ts';
import { groupedMembers, type MemberValues } from '../members.ts';
import { type CombinerInput, combinerTable, featuresColOf } from './combiner-table.ts';

/** Options of a stack's fit. */
export interface StackFitOptions extends FitOptions {
  /** Out-of-fold predictions of an earlier fit of the same members on the same rows; members are not fitted on folds again. */
  readonly outOfFold?: PartitionedTable | undefined;
}

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

/** What a stack has learned. */
export interface StackState {
  readonly models: readonly Model[];
  readonly finalModel: Model;
  readonly plan: LevelOnePlan;
  readonly input: CombinerInput;
  /** What the final model calls its outputs. */
  readonly outputs: OutputNames;
  readonly inputSchema: LogicalSchema;
  /** The level-one table that the final estimator learned from, where it is kept. */
  readonly outOfFold: PartitionedTable | null;
}

/** Refuses columns that are not there; no data is read. */
export function checkStackColumns({ owner, params, labelCol }: StackFit, schema: Schema): void {
  for (const name of params.passthroughCols ?? [])
    requireColumn(owner, 'passthroughCols', name, schema);
  if (params.weightCol !== undefined) requireColumn(owner, 'weightCol', params.weightCol, schema);
  requireColumn(owner, 'labelCol', labelCol, schema);
  checkFoldColumns({ owner, params, labelCol }, schema);
}

/** Fits a stack. */
export async function fitStack(
  stack: StackFit,
  table: PartitionedTable,
  options: StackFitOptions,
): Promise<StackState> {
  const { owner, params, labelCol } = stack;
  const { signal, validation, onProgress } = options;
  const groups = { groupCol: params.groupCol, schema: table.schema };
  const members = groupedMembers(owner, stack.members, groups);
  throwIfAborted(signal, `${owner}.fit`);
  const parallelism = params.parallelism ?? table.runner.numThreads;
  const run = async (jobs: readonly FitJob[]): Promise<Model[]> =>
    await fitSideBySide(jobs, { owner, parallelism, signal, onProgress });
  const final = withGroups(owner, stack.finalEstimator, groups);
  const combine = inputOf(final, params);
  const wholeJobs = members.map(({ stage }) => fitJob(stage, table, options));
  let models: readonly Model[];
  let level: { readonly table: PartitionedTable; readonly plan: LevelOnePlan };
  if (options.outOfFold !== undefined) {
    models = await run(wholeJobs);
    const plan = planOf(owner, table.schema, { members, models, request: stack.request });
    for (const name of levelOneColumns(plan))
      requireColumn(owner, 'outOfFold', name, options.outOfFold.schema);
    level = { table: options.outOfFold, plan };
  } else {
    const { nesting } = options;
    const draw = await planFolds(table, { owner, params, labelCol }, { signal, nesting });
    const isHeldOut = params.method === 'holdOut';
    const folds = markedFolds(owner, table, draw, isHeldOut);
    const jobs = foldJobs(folds, members, options);
    const all = await run(isHeldOut ? jobs : [...jobs, ...wholeJobs]);
    const byFold = folds.map((_, fold) =>
      all.slice(fold * members.length, (fold + 1) * members.length),
    );
    models = all.slice(-members.length);
    const keeps = keptColumns(stack, table);
    const cross = { owner, members, request: stack.request, folds, models: byFold, keeps };
    level = await levelOneTable(cross, options);
  }
  const input = combine(level.plan);
  const watched =
    validation === undefined
      ? undefined
      : await combinerTable(await withMembers(validation, models, level.plan, options), input);
  const marks = [positionColumn, foldColumn].filter((name) => level.table.columns.includes(name));
  const finalModel = await final.fit(await combinerTable(level.table.drop(...marks), input), {
    signal,
    validation: watched,
    ...oneDeeper(options),
  });
  if (!params.keepOutOfFold && options.outOfFold === undefined) level.table.unpersist();
  return {
    models,
    finalModel,
    plan: level.plan,
    input,
    outputs: outputNames(final),
    inputSchema: inputsOf(models, params, table.schema),
    outOfFold: params.keepOutOfFold ? level.table : null,
  };
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

/** The stack's weights, else the first that an estimator names. */
function weightColOf({ weightCol, estimators }: MemberValues): string | undefined {
  const named = estimators.map((stage) => columnNameOf(stage, 'weightCol'));
  return weightCol ?? named.find((name) => name !== undefined);
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

/** Every column that a member or the final model reads. */
function inputsOf(
  models: readonly Model[],
  { passthroughCols = [] }: Pick<StackValues, 'passthroughCols'>,
  schema: Schema,
): LogicalSchema {
  const passed = logicalSchema(schema, [...(passthroughCols ?? [])]);
  const all = [...models.flatMap((model) => model.inputSchema), ...passed];
  return all.filter((field, i) => all.findIndex(({ name }) => name === field.name) === i);
}
