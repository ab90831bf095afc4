/**
 * Level-one data without a leak: each row is judged by models that have not seen it. Driver: every member is
 * fitted on each fold's other rows; each fold's rows are scored by its own models; the folds are put in the rows'
 * order again. Cost: folds · members fits, and one sort of the level-one table, which is kept in memory.
 */

import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { type Fold, type FoldDraw, foldsOf, withFoldNumbers } from '../../feature/folds/folds.ts';
import { oneDeeper } from '../../feature/folds/nesting.ts';
import { refuseExistingColumn } from '../../pipeline/check-schema.ts';
import type { Estimator, FitOptions } from '../../pipeline/estimator.ts';
import { Model } from '../../pipeline/model.ts';
import { findField } from '../../table/columns/find-column.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { asksMembers, type OutputNames, outputNames } from '../column-names.ts';
import type { FitJob } from '../fit-side-by-side.ts';
import { withNumberFields } from '../number-fields.ts';
import { levelOneColumns, memberColumns, withMember } from './level-one.ts';
import type { LevelOnePlan, LevelOneRequest } from './level-one-plan.ts';
import { positionSpec } from './row-position.ts';

/** A part of an ensemble: an estimator, or a model that was fitted before. */
export interface Member {
  readonly name: string;
  readonly stage: Estimator | Model;
}

/** The rows whose level-one values are asked for, and those that their models may learn from. */
export interface CrossFit {
  /** The ensemble, for errors. */
  readonly owner: string;
  readonly members: readonly Member[];
  readonly request: LevelOneRequest;
  readonly folds: readonly Fold[];
  /** The models of each fold, member by member. */
  readonly models: readonly (readonly Model[])[];
  /** Columns of the table that are kept beside the level-one columns. */
  readonly keeps: readonly string[];
}

/** Columns that say where a level-one row is from. */
export const positionColumn = 'rowPosition';
/** The number of the row's fold. */
export const foldColumn = 'foldNumber';

/** The folds of a table; only the last of them where rows are held out once. */
export function markedFolds(
  owner: string,
  table: PartitionedTable,
  draw: FoldDraw,
  onlyLast: boolean,
): Fold[] {
  for (const name of [positionColumn, foldColumn])
    refuseExistingColumn(owner, 'the level-one table', name, table.schema);
  const schema = withNumberFields(table.schema, [positionColumn]);
  const placed = table.withOperator(positionSpec(positionColumn), schema);
  const marked = foldsOf(withFoldNumbers(placed, draw, foldColumn), draw);
  // models are fitted on the table's own columns
  const folds = foldsOf(table, draw).map(({ outside }, fold) => ({
    outside,
    inside: (marked[fold] as Fold).inside,
  }));
  return onlyLast ? folds.slice(-1) : folds;
}

/** The fits of every fold and member, fold by fold; a model that was fitted before is not fitted again. */
export function foldJobs(
  folds: readonly Fold[],
  members: readonly Member[],
  options: FitOptions,
): FitJob[] {
  return folds.flatMap(({ outside }) =>
    members.map(({ stage }) => fitJob(stage, outside, options)),
  );
}

/** One fit. */
export function fitJob(
  stage: Estimator | Model,
  table: PartitionedTable,
  options: FitOptions,
): FitJob {
  const inside = { validation: options.validation, ...oneDeeper(options) };
  return async (signal) =>
    stage instanceof Model ? stage : await stage.fit(table, { signal, ...inside });
}

/**
 * The level-one table: position, fold, the kept columns and what each member says, in the order of the rows.
 *
 * @throws CoppiceError `DATA_EMPTY`, and what the models throw
 */
export async function levelOneTable(
  cross: CrossFit,
  options: FitOptions,
): Promise<{ readonly table: PartitionedTable; readonly plan: LevelOnePlan }> {
  const { owner, members, request, folds, models, keeps } = cross;
  const parts: PartitionedTable[] = [];
  let plan: LevelOnePlan | null = null;
  for (const [fold, { inside }] of folds.entries()) {
    if ((await inside.count({ signal: options.signal })) === 0) continue;
    const own = models[fold] as readonly Model[];
    plan ??= planOf(owner, inside.schema, { members, models: own, request });
    const scored = await withMembers(inside, own, plan, options);
    parts.push(scored.select(positionColumn, foldColumn, ...keeps, ...levelOneColumns(plan)));
  }
  const [first, ...others] = parts;
  if (first === undefined || plan === null) throw noRows(owner);
  const together = others.reduce((all, part) => all.union(part), first);
  return { table: together.orderBy(positionColumn).cache(), plan };
}

/** What to take of each member. */
export function planOf(
  owner: string,
  schema: Schema,
  from: {
    readonly members: readonly Member[];
    /** The members, fitted; or estimators, before any fit. */
    readonly models: readonly (Model | Estimator)[];
    readonly request: LevelOneRequest;
  },
): LevelOnePlan {
  const { members, models, request } = from;
  const { logit, classes } = request;
  const planned = members.map(({ name, stage }, i) => {
    const outputs: OutputNames = outputNames(stage);
    const scored = (models[i] as Model | Estimator).transformSchema(schema);
    return memberColumns(owner, { name, outputs }, scored, request);
  });
  const columns = levelOneColumns({ members: planned });
  const twice = columns.find(
    (name, i) => columns.indexOf(name) !== i || findField(schema, name) !== undefined,
  );
  if (twice === undefined) return { members: planned, logit, classes };
  throw new CoppiceError(
    'COLUMN_EXISTS',
    `names of ${owner} must give level-one columns of different names, none of which the table has; got "${twice}" twice`,
    { context: { owner, column: twice } },
  );
}

/** The table with every member's level-one columns. */
export async function withMembers(
  table: PartitionedTable,
  models: readonly Model[],
  plan: LevelOnePlan,
  options: FitOptions,
): Promise<PartitionedTable> {
  const { signal } = options;
  // an ensemble among the members adds columns of its own, perhaps of the same names, and takes them away again
  const prefix = models.slice(1).some(asksMembers) ? freePrefix(table.columns) : '';
  let current = table;
  for (const [i, member] of plan.members.entries()) {
    const columns = member.columns.map((name) => prefix + name);
    const of = { member: { ...member, columns }, plan };
    current = await withMember(current, models[i] as Model, of, { signal });
  }
  if (prefix === '') return current;
  return current.rename(
    Object.fromEntries(levelOneColumns(plan).map((name) => [prefix + name, name])),
  );
}

/** What no column begins with, at any depth. */
function freePrefix(columns: readonly string[]): string {
  let depth = 0;
  while (columns.some((name) => name.startsWith(`__${depth}:`))) depth += 1;
  return `__${depth}:`;
}

function noRows(owner: string): CoppiceError {
  return new CoppiceError(
    'DATA_EMPTY',
    `the table that ${owner} is fitted on must have rows in its folds; got none`,
    { context: { owner } },
  );
}
