/**
 * What has to be known of all rows before each can find its fold: how many rows the groups have, where the
 * classes' draws and the times are to be cut, which values a fold column has. Counts and exact quantiles, so
 * the plan is the same for any partitioning.
 */
import { Field, Float64, Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { hash32, purposes } from '../../base/rng.ts';
import { type GatherOptions, gatherPartitions } from '../../pipeline/gather-partitions.ts';
import { compareLabels, type LabelValue, labelKey } from '../../pipeline/label-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { selectQuantiles } from '../statistics/select-quantiles.ts';
import { checkFoldColumns, type FoldRequest } from './check-fold-columns.ts';
import { type ClassDraws, type DrawsSpec, drawColumn, type GroupSizes } from './fold-tasks.ts';
import type { FoldDraw, FoldRule } from './folds.ts';
import { foldSeed, type Nesting } from './nesting.ts';

/**
 * Looks at the table as far as the folds need it.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `DATA_INVALID`, `DATA_EMPTY`, `LABEL_INVALID`, `ABORTED`
 */
export async function planFolds(
  table: PartitionedTable,
  request: FoldRequest,
  options: GatherOptions & Nesting = {},
): Promise<FoldDraw> {
  checkFoldColumns(request, table.schema);
  const { params, labelCol } = request;
  const { signal } = options;
  const { numFolds, idCol, groupCol, timeCol, foldCol, stratified } = params;
  const seed = foldSeed(params.seed, options);
  const draw = { numFolds, seed, idCol: idCol ?? null };
  if (stratified) return { ...draw, rule: await strata(table, labelCol, draw, { signal }) };
  if (groupCol !== undefined)
    return { ...draw, rule: await groups(table, groupCol, draw, { signal }) };
  if (timeCol !== undefined) return { ...draw, rule: await times(request, table, { signal }) };
  if (foldCol === undefined) return draw;
  const values = await distinctValues(table, foldCol, { signal });
  if (values.length < 2) throw tooFew(request, 'foldCol', 'at least two values', values.length);
  return { ...draw, numFolds: values.length, rule: { kind: 'column', column: foldCol, values } };
}

/** The distinct values of a column, ascending. */
async function distinctValues(
  table: PartitionedTable,
  column: string,
  options: GatherOptions,
): Promise<LabelValue[]> {
  const found = new Map<number | string, LabelValue>();
  const parts = gatherPartitions<LabelValue[]>(table, 'feature.foldValues', { column }, options);
  for await (const part of parts) for (const value of part) found.set(labelKey(value), value);
  return [...found.values()].sort(compareLabels);
}

/** By time: the moments after which the next fold begins, so that all spans have as many rows. */
async function times(
  request: FoldRequest,
  table: PartitionedTable,
  options: GatherOptions,
): Promise<FoldRule> {
  const { timeCol: column = '', numFolds } = request.params;
  const source = { path: [column] };
  const queries = Array.from({ length: numFolds }, (_, i) => ({
    source,
    fraction: (i + 1) / (numFolds + 1),
  }));
  const cuts = await selectQuantiles(table, queries, options);
  if (cuts.every(Number.isFinite) && (cuts[0] as number) < (cuts.at(-1) as number))
    return { kind: 'time', column, cuts };
  throw tooFew(request, 'timeCol', 'enough different times to cut into folds', 0);
}

/** By group: the largest groups first, each to the fold that has the fewest rows. */
async function groups(
  table: PartitionedTable,
  column: string,
  { numFolds, seed }: FoldDraw,
  options: GatherOptions,
): Promise<FoldRule> {
  const sizes = new Map<number, number>();
  const parts = gatherPartitions<GroupSizes>(table, 'feature.groupSizes', { column }, options);
  for await (const { keys, counts } of parts)
    keys.forEach((key, i) => sizes.set(key, (sizes.get(key) ?? 0) + (counts[i] as number)));
  const place = (key: number): number => hash32(seed, purposes.fold, key);
  const ordered = [...sizes].sort(
    ([a, sizeA], [b, sizeB]) => sizeB - sizeA || place(a) - place(b) || a - b,
  );
  const filled = new Float64Array(numFolds);
  const foldOf = new Map<number, number>();
  for (const [key, size] of ordered) {
    const fold = filled.indexOf(Math.min(...filled));
    filled[fold] = (filled[fold] as number) + size;
    foldOf.set(key, fold);
  }
  const keys = Uint32Array.from(sizes.keys()).sort();
  return {
    kind: 'group',
    column,
    keys,
    folds: Uint16Array.from(keys, (key) => foldOf.get(key) ?? 0),
  };
}

/** Stratified: each class's rows in the order of their draws, cut into equal parts. */
async function strata(
  table: PartitionedTable,
  column: string,
  draw: FoldDraw,
  options: GatherOptions,
): Promise<FoldRule> {
  const { numFolds, seed, idCol } = draw;
  const spec: DrawsSpec = {
    kind: 'feature.draws',
    reads: idCol === null ? [] : [idCol],
    writes: [drawColumn],
    usesPosition: idCol === null,
    draw: { seed, idCol },
  };
  const fields = [...table.schema.fields, new Field(drawColumn, new Float64(), false)];
  const drawn = table.withOperator(spec, new Schema(fields, table.schema.metadata));
  const found = new Map<number | string, { value: LabelValue; draws: number[] }>();
  for await (const part of gatherPartitions<ClassDraws>(
    drawn,
    'feature.classDraws',
    { column },
    options,
  )) {
    for (const [i, value] of part.values.entries()) {
      const known = found.get(labelKey(value)) ?? { value, draws: [] };
      for (const one of part.draws[i] as Uint32Array) known.draws.push(one);
      found.set(labelKey(value), known);
    }
  }
  const classes = [...found.values()].sort((a, b) => compareLabels(a.value, b.value));
  const cuts = classes.map(({ draws }) => {
    const sorted = Uint32Array.from(draws).sort();
    return Array.from({ length: numFolds - 1 }, (_, i) => {
      const rank = Math.floor((sorted.length * (i + 1)) / numFolds);
      return sorted[rank] ?? 2 ** 32;
    });
  });
  return { kind: 'stratified', column, classes: classes.map(({ value }) => value), cuts };
}

function tooFew(
  { owner, params }: FoldRequest,
  param: 'foldCol' | 'timeCol',
  rule: string,
  got: number,
): CoppiceError {
  return new CoppiceError(
    'DATA_INVALID',
    `column ${params[param]}, ${param} of ${owner}, must have ${rule}; got ${got === 0 ? 'too few' : got}`,
    { context: { owner, param, column: params[param] ?? '' } },
  );
}
