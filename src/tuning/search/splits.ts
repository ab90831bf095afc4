/**
 * Which rows a trial is fitted on, which it watches to stop early and which measure it. Folds are those of
 * folds.ts; a share of a table is some of many small folds, so it follows the same rules (classes evenly, groups
 * together, the latest rows last). Each purpose draws with a seed of its own: with one seed for two of them a share
 * would be whole folds.
 */
import type { Schema } from 'apache-arrow';
import type { JsonObject } from '../../base/json.ts';
import { deriveSeed, purposes } from '../../base/rng.ts';
import { type Evaluator, groupColOf } from '../../evaluation/evaluators/evaluator.ts';
import { checkFoldColumns } from '../../feature/folds/check-fold-columns.ts';
import type { FoldParams } from '../../feature/folds/fold-params.ts';
import { foldsOf, withFoldNumbers } from '../../feature/folds/folds.ts';
import { planFolds } from '../../feature/folds/plan-folds.ts';
import { col } from '../../table/expressions/expression.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { Split } from './run-trials.ts';

/** What decides about splits. */
export interface SplitParams extends FoldParams {
  readonly evaluator: Evaluator;
  readonly earlyStoppingRatio: number | undefined;
}

/** Who splits, and how. */
export interface SplitRequest {
  /** The stage, for errors. */
  readonly owner: string;
  readonly params: SplitParams;
  /** Rows that the caller gave to be watched; then no share of the table is. */
  readonly validation: PartitionedTable | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A table in two parts. */
export interface Parts {
  readonly first: PartitionedTable;
  readonly rest: PartitionedTable;
}

const shareColumn = '__share';
const finest = 1 << 20;
const most = 100;

/** What is drawn; the folds of a search are not those of an estimator inside it that has the same seed. */
const draws = { folds: 0, stopping: 1, sample: 2 } as const;

/** Refuses columns that are not there; no data is read. @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE` */
export function checkSplitColumns(owner: string, params: SplitParams, schema: Schema): void {
  const fold = { owner, params: withGroups(params), labelCol: labelColOf(params.evaluator) };
  checkFoldColumns(fold, schema);
}

/** One split a fold: fitted on the others, measured on it. */
export async function foldSplits(
  table: PartitionedTable,
  request: SplitRequest,
): Promise<readonly Split[]> {
  const { owner, params, signal } = request;
  const seed = seedOf(params, 'folds');
  const ruled = { ...withGroups(params), seed };
  const fold = { owner, params: ruled, labelCol: labelColOf(params.evaluator) };
  const folds = foldsOf(table, await planFolds(table, fold, { signal }));
  const splits: Split[] = [];
  for (const { inside, outside } of folds) {
    splits.push({ ...(await withWatched(outside, request)), test: inside });
  }
  return splits;
}

/** The split of a table into a share to fit on, and the rest to measure on. */
export async function shareSplit(
  table: PartitionedTable,
  ratio: number,
  request: SplitRequest,
): Promise<Split> {
  const params = { ...request.params, seed: seedOf(request.params, 'folds') };
  const { first, rest } = await cut(table, ratio, { ...request, params });
  return { ...(await withWatched(first, request)), test: rest };
}

/** The rows to fit on, and those that the fit watches, where there are any. */
export async function withWatched(
  table: PartitionedTable,
  request: SplitRequest,
): Promise<Pick<Split, 'train' | 'watched'>> {
  const { params, validation } = request;
  const { earlyStoppingRatio: ratio } = params;
  if (ratio === undefined || validation !== undefined) return { train: table, watched: validation };
  const seed = seedOf(params, 'stopping');
  // the values of a fold column are no order; the share of a fold's rows is drawn
  const own = { ...params, seed, foldCol: undefined };
  const { first, rest } = await cut(table, 1 - ratio, { ...request, params: own });
  return { train: first, watched: rest };
}

/** A share of the rows, drawn one by one, of ranked ones query by query; a smaller share is part of a larger one. */
export function sampleOf(
  table: PartitionedTable,
  share: number,
  params: Pick<FoldParams, 'seed' | 'idCol'> & { readonly evaluator?: Evaluator | undefined },
): PartitionedTable {
  if (share >= 1) return table;
  const seed = seedOf(params, 'sample');
  const idCol = groupColOf(params.evaluator) ?? params.idCol ?? null;
  const draw = { numFolds: finest, seed, idCol };
  return below(withFoldNumbers(table, draw, shareColumn), Math.round(share * finest)).first;
}

/** Everything that decides about the rows of a trial, for a file of results. */
export function splitIdentity(params: SplitParams): JsonObject {
  const { numFolds, seed, idCol, stratified, groupCol, timeCol, foldCol } = withGroups(params);
  return {
    ...{ numFolds, seed, stratified, earlyStoppingRatio: params.earlyStoppingRatio ?? null },
    ...{ idCol: idCol ?? null, groupCol: groupCol ?? null },
    ...{ timeCol: timeCol ?? null, foldCol: foldCol ?? null },
  };
}

/** The first rows by the rule of the folds, and the others. */
async function cut(
  table: PartitionedTable,
  ratio: number,
  { owner, params: given, signal }: SplitRequest,
): Promise<Parts> {
  const params = withGroups(given);
  const isDrawn = !params.stratified && params.groupCol === undefined;
  const byTime = params.timeCol !== undefined;
  const [kept, all] =
    isDrawn && !byTime ? [Math.round(ratio * finest), finest] : nearestFraction(ratio);
  // by time there is one span before the first fold
  const numFolds = byTime ? all - 1 : all;
  const fold = { owner, params: { ...params, numFolds }, labelCol: labelColOf(params.evaluator) };
  const draw = await planFolds(table, fold, { signal });
  return below(withFoldNumbers(table, draw, shareColumn), byTime ? kept - 1 : kept);
}

function below(numbered: PartitionedTable, fold: number): Parts {
  const number = col(shareColumn);
  return {
    first: numbered.filter(number.lt(fold)).drop(shareColumn),
    rest: numbered.filter(number.ge(fold)).drop(shareColumn),
  };
}

/** The fraction of the smallest denominator that is a ratio, or as good as: whole groups cannot do better. */
export function nearestFraction(ratio: number): readonly [kept: number, all: number] {
  for (let all = 2; all <= most; all++) {
    const kept = Math.min(all - 1, Math.max(1, Math.round(ratio * all)));
    if (Math.abs(kept / all - ratio) <= 0.003) return [kept, all];
  }
  return ratio < 0.5 ? [1, most] : [most - 1, most];
}

function seedOf({ seed }: Pick<FoldParams, 'seed'>, draw: keyof typeof draws): number {
  return deriveSeed(seed, purposes.search, draws[draw]);
}

/** Rows that are ranked together stay together, unless a parameter says which rows do. */
export function withGroups<P extends FoldParams & { readonly evaluator?: Evaluator | undefined }>(
  params: P,
): P {
  const { evaluator, stratified, groupCol, timeCol, foldCol } = params;
  const ranked = groupColOf(evaluator);
  const isTold = stratified || [groupCol, timeCol, foldCol].some((name) => name !== undefined);
  return ranked === undefined || isTold ? params : { ...params, groupCol: ranked };
}

function labelColOf({ params }: Evaluator): string {
  return (params as { readonly labelCol?: string }).labelCol ?? 'label';
}
