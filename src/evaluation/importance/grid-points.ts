/** Which points is a model asked about, and which of its columns answers? What curves of a model share. */
import { type Data, type Schema, Vector } from 'apache-arrow';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import type { OnProgress } from '../../base/progress.ts';
import { column, columns, int, numbers } from '../../params/kinds.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { Model } from '../../pipeline/model.ts';
import type { Transformer } from '../../pipeline/transformer.ts';
import { castData } from '../../table/columns/cast-column.ts';
import { type ColumnInput, columnOfInput } from '../../table/columns/column-input.ts';
import { findField } from '../../table/columns/find-column.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { classesOf } from '../evaluators/evaluator.ts';
import type { TablePart } from '../parts/table-parts.ts';
import { labelNamesOf } from '../place-of-label.ts';
import { featureGrid, type GridValue, isTimePart } from './feature-grid.ts';

/** Parameters of every curve. */
export const gridSpecs = {
  columns: columns({ required: true }),
  numPoints: int({ default: 20, min: 2, max: 1000 }),
  bounds: numbers({ default: [0.05, 0.95], min: 0, max: 1 }),
  responseCol: column({}),
};

/** Options of every curve. */
export interface GridOptions {
  /** Most values of each feature (20): evenly spaced numbers or times, or the most frequent categories. */
  readonly numPoints?: number | undefined;
  /** The quantiles between which numbers are spaced ([0.05, 0.95]). */
  readonly bounds?: readonly number[] | undefined;
  /** The values to ask about, one list a feature, in place of a grid. */
  readonly grid?: readonly (readonly GridValue[])[] | undefined;
  /** The column that is looked at; by default `probability` where the model adds it, else `prediction`. */
  readonly responseCol?: string | undefined;
  /** Ends the work, which then rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Hears how many points are done. */
  readonly onProgress?: OnProgress | undefined;
}

/** What is wrong with the bounds of a grid; null for nothing. */
export function boundsFault(bounds: readonly number[]): string | null {
  const [low = 0, high = 0] = bounds;
  return bounds.length === 2 && low < high
    ? null
    : 'bounds must be two numbers, the first below the second';
}

/** The grid of each part. @throws CoppiceError `COLUMN_TYPE`, `DATA_EMPTY` */
export async function gridsOf(
  owner: string,
  table: PartitionedTable,
  parts: readonly TablePart[],
  options: {
    readonly numPoints: number;
    readonly bounds: readonly number[];
    readonly signal: AbortSignal | undefined;
  },
): Promise<GridValue[][]> {
  const bounds = options.bounds as readonly [number, number];
  const grids: GridValue[][] = [];
  for (const part of parts) {
    grids.push(await featureGrid(owner, table, part, { ...options, bounds }));
  }
  return grids;
}

/** @throws CoppiceError `PARAM_INVALID` */
export function checkGrid(
  owner: string,
  grid: readonly (readonly GridValue[])[],
  parts: readonly TablePart[],
): void {
  const isSound =
    grid.length === parts.length &&
    grid.every(
      (values) => values.length > 0 && values.every((value) => typeof value === typeof values[0]),
    );
  const odd = parts.find(
    ({ type }, i) => isTimePart(type) && !grid[i]?.every((value) => value instanceof Date),
  );
  if (isSound && odd !== undefined) {
    const message = `grid of ${owner} must have values of Date for column ${odd.name}, such as new Date('2026-11-21'); got ${describeValue(grid)}`;
    throw new CoppiceError('PARAM_INVALID', message, { context: { owner, param: 'grid' } });
  }
  if (isSound) return;
  throw new CoppiceError(
    'PARAM_INVALID',
    `grid of ${owner} must be ${parts.length} lists of values of one kind, one a column; got ${describeValue(grid)}`,
    { context: { owner, param: 'grid' } },
  );
}

/** Values of a grid as a column, of times in the type of the part. */
export function gridColumn({ name, type }: TablePart, values: readonly GridValue[]): Vector {
  const column = columnOfInput(name, values as ColumnInput);
  if (!isTimePart(type)) return column;
  return new Vector([castData(column.data[0] as Data, type, { name, strict: true })]);
}

/** Every combination, the last feature fastest. */
export function pointsOf(grids: readonly (readonly GridValue[])[]): GridValue[][] {
  return grids.reduce<GridValue[][]>(
    (points, values) => points.flatMap((point) => values.map((value) => [...point, value])),
    [[]],
  );
}

/** The column that is looked at. @throws CoppiceError `COLUMN_NOT_FOUND` */
export function responseColumn(
  owner: string,
  model: Transformer,
  table: PartitionedTable,
  named: string | undefined,
): string {
  const schema = model.transformSchema(table.schema);
  if (named !== undefined) {
    requireColumn(owner, 'responseCol', named, schema);
    return named;
  }
  // a column of that name may be another model's
  const { probabilityCol, predictionCol } = (model instanceof Model && model.predictionColumns) || {
    probabilityCol: 'probability',
    predictionCol: 'prediction',
  };
  const found = [probabilityCol, predictionCol].find(
    (name) => name !== null && findField(schema, name) !== undefined,
  );
  if (found) return found;
  throw new CoppiceError(
    'COLUMN_NOT_FOUND',
    `responseCol of ${owner} must be given for a model that adds neither probability nor prediction`,
    { context: { owner, param: 'responseCol' } },
  );
}

/** What the elements of a response are: classes, labels, treatments or quantiles; null where nobody says. */
export function elementNames(schema: Schema, column: string): readonly unknown[] | null {
  const metadata = findField(schema, column)?.metadata;
  const named = (key: string) => labelNamesOf(metadata?.get(key));
  return classesOf(schema, column) ?? named('labels') ?? named('treatments') ?? named('quantiles');
}

/** The name of a column that is added, with `_` behind it where a feature has that name. */
export function freeName(name: string, taken: Readonly<Record<string, unknown>>): string {
  return name in taken ? freeName(`${name}_`, taken) : name;
}
