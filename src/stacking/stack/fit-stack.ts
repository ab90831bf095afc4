/**
 * A stack's fit. Driver: cuts folds; fits every member on each fold's other rows and on all rows, side by side on
 * one pool; makes the level-one table of the former; fits the final estimator on it. The latter predict.
 */

import type { Schema } from 'apache-arrow';
import { throwIfAborted } from '../../base/abort.ts';
import { oneDeeper } from '../../feature/folds/nesting.ts';
import { planFolds } from '../../feature/folds/plan-folds.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import type { FitOptions } from '../../pipeline/estimator.ts';
import { type LogicalSchema, logicalSchema } from '../../pipeline/logical-schema.ts';
import type { Model } from '../../pipeline/model.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { type OutputNames, outputNames, withGroups } from '../column-names.ts';
import { type FitJob, fitSideBySide } from '../fit-side-by-side.ts';
import {
  fitJob,
  foldColumn,
  foldJobs,
  levelOneTable,
  markedFolds,
  planOf,
  positionColumn,
  withMembers,
} from '../level-one/cross-fit.ts';
import { levelOneColumns } from '../level-one/level-one.ts';
import type { LevelOnePlan } from '../level-one/level-one-plan.ts';
import { groupedMembers } from '../members.ts';
import { type CombinerInput, combinerTable } from './combiner-table.ts';
import { inputOf, keptColumns, type StackFit, type StackValues } from './stack-columns.ts';

/** Options of a stack's fit. */
export interface StackFitOptions extends FitOptions {
  /** Out-of-fold predictions of an earlier fit of the same members on the same rows; members are not fitted on folds again. */
  readonly outOfFold?: PartitionedTable | undefined;
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
