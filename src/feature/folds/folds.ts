/**
 * Cuts a table into folds for out-of-fold predictions. Which fold a row is in follows from the row alone and
 * from a small plan (plan-folds.ts): its id, its group, its class, its time or a column that says it. So folds
 * are the same for any partitioning and have no row in common.
 *
 * By time, fold f is tested on what came after all that it is trained on; the oldest rows (fold −1) are only
 * trained on.
 */
import { Field, Int32, type RecordBatch, Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { hash32, purposes, rowKey, rowKeyOfId, unitInterval } from '../../base/rng.ts';
import { type LabelValue, labelKey, readLabels } from '../../pipeline/label-values.ts';

import { columnOf } from '../../table/columns/column-values.ts';
import { int32Column, withColumns } from '../../table/columns/make-column.ts';
import { columnArray } from '../../table/columns/shared-buffer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { OperatorContext } from '../../table/plan/operators.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';
import { filterRows } from '../../table/take-rows.ts';
import { groupKeys, timesOf } from './fold-keys.ts';

/** How folds are drawn. */
export interface FoldDraw {
  readonly numFolds: number;
  readonly seed: number;
  readonly idCol: string | null;
  /** What decides besides the draw; nothing by default. */
  readonly rule?: FoldRule;
}

/** What decides about a row's fold where it is not the draw alone. */
export type FoldRule =
  | {
      /** Each class's rows are dealt out evenly, in the order of their draws. */
      readonly kind: 'stratified';
      readonly column: string;
      readonly classes: readonly LabelValue[];
      /** Of each class, the draws at which its next folds begin. */
      readonly cuts: readonly (readonly number[])[];
    }
  | {
      /** Groups stay together. */
      readonly kind: 'group';
      readonly column: string;
      /** Ascending. */
      readonly keys: Uint32Array;
      readonly folds: Uint16Array;
    }
  | {
      /** Fold f holds what lies behind cut f, and not behind the next. */
      readonly kind: 'time';
      readonly column: string;
      readonly cuts: readonly number[];
    }
  | {
      /** A column says it: its distinct values, ascending. */
      readonly kind: 'column';
      readonly column: string;
      readonly values: readonly LabelValue[];
    };

/** What the operators are told. */
interface DrawSpec extends OperatorSpec {
  readonly draw: FoldDraw;
}

/** Keeps the rows of a fold, or those that it is trained on. */
export interface FoldSpec extends DrawSpec {
  readonly kind: 'feature.fold';
  readonly fold: number;
  readonly keepsFold: boolean;
}

/** Adds the number of each row's fold. */
export interface FoldNumberSpec extends DrawSpec {
  readonly kind: 'feature.foldNumber';
}

/** The rows of one fold, and those that may be learned from to predict them. */
export interface Fold {
  readonly inside: PartitionedTable;
  readonly outside: PartitionedTable;
}

/** Every fold of a table, lazily. */
export function foldsOf(table: PartitionedTable, draw: FoldDraw): Fold[] {
  const part = (fold: number, keepsFold: boolean): PartitionedTable => {
    const common = { ...drawFacts(draw), writes: [], changesRows: true };
    const spec: FoldSpec = { kind: 'feature.fold', ...common, fold, keepsFold };
    return table.withOperator(spec, table.schema);
  };
  return Array.from({ length: draw.numFolds }, (_, fold) => ({
    inside: part(fold, true),
    outside: part(fold, false),
  }));
}

/** The table with the number of each row's fold; −1 for rows that are only trained on. */
export function withFoldNumbers(
  table: PartitionedTable,
  draw: FoldDraw,
  column: string,
): PartitionedTable {
  const spec: FoldNumberSpec = {
    kind: 'feature.foldNumber',
    ...drawFacts(draw),
    writes: [column],
  };
  const field = new Field(column, new Int32(), false);
  return table.withOperator(
    spec,
    new Schema([...table.schema.fields, field], table.schema.metadata),
  );
}

function drawFacts(draw: FoldDraw) {
  const { idCol, rule } = draw;
  const reads = [...(idCol === null ? [] : [idCol]), ...(rule === undefined ? [] : [rule.column])];
  const usesDraw = rule === undefined || rule.kind === 'stratified';
  return { reads, usesPosition: idCol === null && usesDraw, draw };
}

/** The rows of a batch that are kept. */
export function foldOfBatch(
  spec: FoldSpec,
  batch: RecordBatch,
  context: OperatorContext,
): RecordBatch {
  const { draw, fold, keepsFold } = spec;
  const folds = foldNumbers(draw, batch, context);
  const onlyBefore = draw.rule?.kind === 'time';
  const mask = new Uint8Array(batch.numRows);
  for (let row = 0; row < mask.length; row++) {
    const own = folds[row] as number;
    const isKept = keepsFold ? own === fold : onlyBefore ? own < fold : own !== fold;
    mask[row] = isKept ? 1 : 0;
  }
  return filterRows(batch, mask);
}

/** The batch with the number of each row's fold. */
export function numberFolds(
  spec: FoldNumberSpec,
  batch: RecordBatch,
  context: OperatorContext,
): RecordBatch {
  const field = new Field(spec.writes[0] as string, new Int32(), false);
  return withColumns(batch, [[field, int32Column(foldNumbers(spec.draw, batch, context))]]);
}

/** The fold of each row. */
function foldNumbers(draw: FoldDraw, batch: RecordBatch, context: OperatorContext): Int32Array {
  const { numFolds, rule } = draw;
  const folds = columnArray(Int32Array, batch.numRows);
  switch (rule?.kind) {
    case undefined: {
      const draws = drawsOfRows(draw, batch, context.firstRow);
      for (let row = 0; row < folds.length; row++)
        folds[row] = Math.floor(unitInterval(draws[row] as number) * numFolds);
      return folds;
    }
    case 'stratified': {
      const draws = drawsOfRows(draw, batch, context.firstRow);
      const { codes, toPlan } = planned(batch, 'label', rule.column, rule.classes);
      for (let row = 0; row < folds.length; row++) {
        const place = toPlan[codes[row] as number] as number;
        const cuts = rule.cuts[place] as readonly number[];
        // classes begin at different folds, so that rare ones do not all miss the same fold
        folds[row] = (countBelow(cuts, (draws[row] as number) + 1) + place) % numFolds;
      }
      return folds;
    }
    case 'group': {
      const keys = groupKeys(batch, rule.column);
      for (let row = 0; row < folds.length; row++)
        folds[row] = rule.folds[countBelow(rule.keys, keys[row] as number)] as number;
      return folds;
    }
    case 'time': {
      const times = timesOf(batch, rule.column);
      for (let row = 0; row < folds.length; row++)
        folds[row] = countBelow(rule.cuts, times[row] as number) - 1;
      return folds;
    }
    case 'column': {
      const { codes, toPlan } = planned(batch, 'fold', rule.column, rule.values);
      for (let row = 0; row < folds.length; row++)
        folds[row] = toPlan[codes[row] as number] as number;
      return folds;
    }
  }
}

/** 32 random bits of each row. */
export function drawsOfRows(
  draw: Pick<FoldDraw, 'seed' | 'idCol'>,
  batch: RecordBatch,
  firstRow: number,
): Uint32Array {
  const keyOf = draw.idCol === null ? keyOfPosition(firstRow) : keyOfId(batch, draw.idCol);
  const draws = new Uint32Array(batch.numRows);
  for (let row = 0; row < draws.length; row++)
    draws[row] = hash32(draw.seed, purposes.fold, keyOf(row));
  return draws;
}

/** Each row's value as a code, and the place of each code's value in the plan. */
function planned(
  batch: RecordBatch,
  what: string,
  column: string,
  known: readonly LabelValue[],
): { codes: Int32Array; toPlan: readonly number[] } {
  const { codes, values } = readLabels(columnOf(batch, [column]), what, column);
  const places = new Map(known.map((value, place) => [labelKey(value), place]));
  const toPlan = values.map((value) => {
    const place = places.get(labelKey(value));
    if (place !== undefined) return place;
    throw new CoppiceError(
      'DATA_INVALID',
      `${what} in column ${column} must be one that was there when folds were planned; got ${String(value)}`,
      { context: { column } },
    );
  });
  return { codes, toPlan };
}

/** How many of the ascending values are below one. */
function countBelow(ascending: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function keyOfPosition(firstRow: number): (row: number) => number {
  if (firstRow >= 0) return (row) => rowKey(firstRow + row);
  throw new CoppiceError('INTERNAL', 'a fold must know the position of its rows');
}

function keyOfId(batch: RecordBatch, idCol: string): (row: number) => number {
  const ids = columnOf(batch, [idCol]);
  return (row) => {
    const id = ids.get(row) as bigint | number | string | null;
    if (id !== null) return rowKeyOfId(id);
    const message = `column ${idCol}, the id of rows, must not be null; got null in row ${row} of a partition`;
    throw new CoppiceError('DATA_INVALID', message, { context: { column: idCol, row } });
  };
}
