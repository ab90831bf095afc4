/**
 * Which values of a feature is a model asked about? All of them where they are few, else evenly spaced ones
 * between two quantiles (as scikit-learn spaces them), times too; of categories the most frequent ones. Counts and
 * quantiles are exact, so the grid is the same for any partitioning.
 */
import { DataType, type RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { compareUtf8 } from '../../binning/category-dictionary.ts';
import { selectQuantiles } from '../../feature/statistics/select-quantiles.ts';
import { gatherPartitions } from '../../pipeline/gather-partitions.ts';
import { isText } from '../../pipeline/label-values.ts';
import { ticksPerSecond } from '../../table/columns/cast-times.ts';
import { columnOf, encodeCategories, roundedValues } from '../../table/columns/column-values.ts';
import { typeName } from '../../table/columns/type-name.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { TablePart } from '../parts/table-parts.ts';

/** A value of the grid; of dates and timestamps a `Date`. */
export type GridValue = number | string | boolean | Date;

/** How a grid is made. */
export interface GridOptions {
  /** Most values. */
  readonly numPoints: number;
  /** Quantiles between which numbers are spaced. */
  readonly bounds: readonly [number, number];
  readonly signal: AbortSignal | undefined;
}

/** What a partition has of a part: distinct values and how often; null where there are too many. */
export interface DistinctPart {
  readonly values: readonly (number | string)[];
  readonly counts: readonly number[];
}

/** What a partition is asked. */
export interface DistinctRequest {
  readonly path: readonly string[];
  /** More distinct numbers than this are not listed. */
  readonly limit: number;
}

/** True for parts whose values are categories. */
export function isCategoryPart(type: DataType): boolean {
  return isText(type);
}

/** True for parts whose values are dates or timestamps. */
export function isTimePart(type: DataType): boolean {
  return DataType.isDate(type) || DataType.isTimestamp(type);
}

/**
 * The values, ascending; categories by their UTF-8 bytes.
 *
 * @throws CoppiceError `COLUMN_TYPE`, `DATA_EMPTY`
 */
export async function featureGrid(
  owner: string,
  table: PartitionedTable,
  part: TablePart,
  options: GridOptions,
): Promise<GridValue[]> {
  const { numPoints, bounds, signal } = options;
  const isCategory = isCategoryPart(part.type);
  if (!isCategory && !isNumber(part.type)) {
    const message = `column ${part.name} of ${owner} must be a number, a boolean, a text, a date or a timestamp; got ${typeName(part.type)}`;
    throw new CoppiceError('COLUMN_TYPE', message, { context: { column: part.name } });
  }
  const request: DistinctRequest = { path: part.path, limit: numPoints };
  const counts = new Map<number | string, number>();
  let tooMany = false;
  const parts = gatherPartitions<DistinctPart | null>(table, 'evaluation.distinct', request, {
    signal,
  });
  for await (const found of parts) {
    tooMany ||= found === null;
    found?.values.forEach((value, i) => {
      counts.set(value, (counts.get(value) ?? 0) + (found.counts[i] as number));
    });
  }
  if (counts.size === 0 && !tooMany) throw noValues(owner, part);
  if (isCategory) return mostFrequent(counts as Map<string, number>, numPoints);
  const distinct = [...(counts.keys() as Iterable<number>)].sort((a, b) => a - b);
  if (!tooMany && distinct.length <= numPoints) {
    if (isTimePart(part.type)) return distinct.map((tick) => dateOf(tick, part.type));
    return typeName(part.type) === 'boolean' ? distinct.map((value) => value === 1) : distinct;
  }
  const source = { path: part.path };
  const [low, high] = (await selectQuantiles(
    table,
    bounds.map((fraction) => ({ source, fraction })),
    { signal },
  )) as [number, number];
  const values = spaced(low, high, numPoints);
  return isTimePart(part.type) ? values.map((tick) => dateOf(tick, part.type)) : values;
}

/** Of days midnight, else the millisecond that a tick lies in. */
function dateOf(tick: number, type: DataType): Date {
  const perSecond = ticksPerSecond(type);
  if (perSecond === undefined) return new Date(Math.floor(tick) * 86_400_000);
  const whole = Math.floor(tick);
  return new Date(perSecond === 1 ? whole * 1000 : Math.floor(whole / (perSecond / 1000)));
}

/** Times of day and durations have no values of their own here. */
function isNumber(type: DataType): boolean {
  return (
    isTimePart(type) ||
    DataType.isInt(type) ||
    DataType.isFloat(type) ||
    DataType.isBool(type) ||
    DataType.isDecimal(type)
  );
}

function mostFrequent(counts: ReadonlyMap<string, number>, most: number): string[] {
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || compareUtf8(a, b))
    .slice(0, most)
    .map(([value]) => value)
    .sort(compareUtf8);
}

function spaced(low: number, high: number, numPoints: number): number[] {
  if (low === high || numPoints === 1) return [low];
  return Array.from({ length: numPoints }, (_, i) =>
    i === numPoints - 1 ? high : low + ((high - low) * i) / (numPoints - 1),
  );
}

/** What one partition has. */
export function distinctOf(
  batch: RecordBatch,
  { path, limit }: DistinctRequest,
): DistinctPart | null {
  const vector = columnOf(batch, path);
  const counts = new Map<number | string, number>();
  const add = (value: number | string): void => {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  };
  if (isCategoryPart(vector.type)) {
    const codes = new Int32Array(vector.length);
    const values = encodeCategories(vector, codes, 0);
    for (const code of codes) if (code >= 0) add(values[code] as string);
  } else {
    for (const value of roundedValues(vector, path.join('.'))) {
      // an infinity lies on no grid
      if (Number.isFinite(value)) add(value + 0);
      if (counts.size > limit) return null;
    }
  }
  return { values: [...counts.keys()], counts: [...counts.values()] };
}

function noValues(owner: string, part: TablePart): CoppiceError {
  return new CoppiceError(
    'DATA_EMPTY',
    `column ${part.name} of ${owner} must have a value in some row; got none`,
    { context: { column: part.name } },
  );
}
