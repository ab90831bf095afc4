/**
 * Carries a partition out: reads its source and applies its operators, in whatever thread calls it.
 *
 * Columns are pruned backwards: from the wanted columns through every operator that writes one of them
 * (or changes rows) to the columns that the source must read. Operators that nobody needs do not run.
 */
import { Field, type RecordBatch, Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { makeBatch } from '../columns/column-data.ts';
import { missingColumn } from '../columns/find-column.ts';
import {
  type CodedTexts,
  encodeFromSource,
  fillFromSource,
  forms,
  joinSources,
  type NumberForm,
  readSource,
  type WantedCodes,
  type WantedNumbers,
} from '../files/sources.ts';
import { schemaFromRecord } from '../schema-record.ts';
import { sliceRows } from '../take-rows.ts';
import { makeOperator, type Operator } from './operators.ts';
import type {
  ColumnRequest,
  OperatorSpec,
  PartitionSpec,
  PlacedOperator,
  RowRange,
} from './partition-spec.ts';
import { placedError } from './placed-error.ts';

/** What is wanted of a partition. */
export interface PartitionRequest {
  /** The columns, in the order wanted; all by default. A path asks for one child of a struct. */
  readonly columns?: readonly ColumnRequest[] | undefined;
  /** The rows of the result, all by default. */
  readonly rows?: RowRange | undefined;
  /** Text only stands for categories, so it may come as a dictionary; steps in between get text. */
  readonly textMayBeDictionary?: boolean | undefined;
}

type Wanted = Map<string, Set<string> | 'all'>;

interface Step {
  readonly placed: PlacedOperator;
  readonly wanted: Wanted;
}

/**
 * The rows of a partition as one batch.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, and whatever its source and operators throw
 */
export async function readPartition(
  partition: PartitionSpec,
  request: PartitionRequest = {},
): Promise<RecordBatch> {
  const wanted = wantedColumns(partition, request.columns);
  const names = [...wanted.keys()];
  const { steps, sourceColumns } = prune(partition, wanted);
  const pushesRows = request.rows !== undefined && !changesRows(partition);
  const rows = pushesRows ? request.rows : undefined;
  const mayStay = request.textMayBeDictionary === true;
  const textAsDictionary = mayStay ? passedOn(sourceColumns, steps) : undefined;
  const wish = { columns: sourceColumns, rows, textAsDictionary };
  let batch = await readSource(partition.source, wish);
  for (const step of steps) batch = await applyStep(step, batch, partition, rows?.start ?? 0);
  const projected = project(batch, partition, names);
  if (request.rows === undefined || pushesRows) return projected;
  return sliceRows(projected, request.rows.start, request.rows.end);
}

/**
 * What {@link readPartition} does to the rows of a partition, made ready once, for batches that come one at a time and
 * do not wait.
 *
 * @param columns the columns of the result
 * @throws CoppiceError `UNSUPPORTED` where a step has to wait
 */
export async function preparePartition(
  partition: PartitionSpec,
  columns: readonly string[],
): Promise<(batch: RecordBatch) => RecordBatch> {
  const { steps } = prune(partition, wantedColumns(partition, columns));
  const operators = await Promise.all(steps.map(({ placed }) => makeOperator(placed.spec)));
  return (source) => {
    let batch = source;
    for (const [i, { placed, wanted }] of steps.entries()) {
      const context = { partition: partition.index, firstRow: -1, wanted };
      const result = (operators[i] as Operator)(batch, context);
      if (result instanceof Promise) throw waits(placed.spec.kind);
      batch = result as RecordBatch;
    }
    return project(batch, partition, columns);
  };
}

function waits(kind: string): CoppiceError {
  const message = `a row that is scored must pass steps that do not wait; got ${kind}: transform a table instead`;
  return new CoppiceError('UNSUPPORTED', message);
}

/** The columns of a partition's source that the wanted ones are made of. @throws CoppiceError `COLUMN_NOT_FOUND` */
export function sourceColumns(
  partition: PartitionSpec,
  columns: readonly ColumnRequest[],
): readonly string[] {
  return prune(partition, wantedColumns(partition, columns)).sourceColumns;
}

/** True when a partition's operators may drop, add or move rows. */
export function changesRows(partition: PartitionSpec): boolean {
  return partition.operators.some(({ spec }) => spec.changesRows === true);
}

/**
 * Writes columns of numbers to where they are wanted, without Arrow objects, where its source can and no step makes them.
 * 64-bit integers are rounded.
 *
 * @returns how each lies there; what does not must be read with {@link readPartition}
 */
export async function fillPartition(
  partition: PartitionSpec,
  wanted: readonly WantedNumbers[],
  rows: RowRange,
): Promise<readonly NumberForm[]> {
  if (changesRows(partition)) return wanted.map(() => forms.none);
  const made = madeColumns(partition);
  return await askSource(
    wanted.map((each) => (made.has(each.name) ? null : each)),
    forms.none,
    (asked) => fillFromSource(partition.source, asked, rows),
  );
}

/**
 * Writes the codes of columns of categories to where they are wanted, without Arrow objects, where its source can and no
 * step makes them; a step that only names a column's values is passed over.
 *
 * @returns the text of each code; null for what must be read with {@link readPartition}
 */
export async function encodePartition(
  partition: PartitionSpec,
  wanted: readonly WantedCodes[],
  rows: RowRange,
): Promise<readonly CodedTexts[]> {
  if (changesRows(partition)) return wanted.map(() => null);
  const made = madeColumns(partition);
  return await askSource(
    wanted.map((each) => {
      const steps = made.get(each.name) ?? [];
      return steps.every(({ names }) => names?.includes(each.name)) ? each : null;
    }),
    null,
    (asked) => encodeFromSource(partition.source, asked, rows),
  );
}

/** The steps that make a column, by its name. */
function madeColumns({ operators }: PartitionSpec): ReadonlyMap<string, readonly OperatorSpec[]> {
  const made = new Map<string, OperatorSpec[]>();
  for (const { spec } of operators) {
    for (const name of spec.writes) made.set(name, [...(made.get(name) ?? []), spec]);
  }
  return made;
}

/** What a source does with what it is asked, each in its place; `nothing` where it is not asked. */
async function askSource<W, R>(
  wanted: readonly (W | null)[],
  nothing: R,
  ask: (asked: readonly W[]) => Promise<readonly R[]>,
): Promise<readonly R[]> {
  const asked = wanted.filter((each) => each !== null);
  if (asked.length === 0) return wanted.map(() => nothing);
  const found = await ask(asked);
  let next = 0;
  return wanted.map((each) => (each === null ? nothing : (found[next++] as R)));
}

/** Two partitions as one for {@link fillPartition}, where that reads them together; else null. */
export function joinPartitions(first: PartitionSpec, second: PartitionSpec): PartitionSpec | null {
  if (changesRows(first) || changesRows(second)) return null;
  const writes = [first, second].map(({ operators }) => operators.map(({ spec }) => spec.writes));
  if (JSON.stringify(writes[0]) !== JSON.stringify(writes[1])) return null;
  const source = joinSources(first.source, second.source);
  return source === null ? null : { ...first, source };
}

/** How many rows a partition has; read only as far as that needs. */
export async function countPartition(partition: PartitionSpec): Promise<number> {
  return knownRows(partition) ?? (await readPartition(partition, { columns: [] })).numRows;
}

/** How many rows a partition has, where that is known without reading it. */
export function knownRows(partition: PartitionSpec): number | undefined {
  return changesRows(partition) ? undefined : partition.source.numRows;
}

async function applyStep(
  step: Step,
  batch: RecordBatch,
  partition: PartitionSpec,
  skippedRows: number,
): Promise<RecordBatch> {
  const { spec, firstRow } = step.placed;
  const operator = await makeOperator(spec);
  let result: RecordBatch;
  try {
    result = await operator(batch, {
      partition: partition.index,
      firstRow: firstRow < 0 ? -1 : firstRow + skippedRows,
      wanted: step.wanted,
    });
  } catch (error) {
    throw placedError(error, partition, skippedRows);
  }
  if (spec.changesRows !== true && result.numRows !== batch.numRows) {
    const message = `the step ${spec.kind} must keep the number of rows, ${batch.numRows}; got ${result.numRows}`;
    throw new CoppiceError('DATA_INVALID', message, { context: { partition: partition.index } });
  }
  return result;
}

function wantedColumns(
  partition: PartitionSpec,
  columns: readonly ColumnRequest[] | undefined,
): Wanted {
  const known = new Set(partition.schema.fields.map((field) => field.name));
  const wanted: Wanted = new Map();
  for (const column of columns ?? known) {
    const [name = '', child] = typeof column === 'string' ? [column] : column;
    if (!known.has(name))
      throw missingColumn(schemaFromRecord(partition.schema), name, 'the request');
    const children = wanted.get(name);
    if (child === undefined) wanted.set(name, 'all');
    else if (children === undefined) wanted.set(name, new Set([child]));
    else if (children !== 'all') children.add(child);
  }
  return wanted;
}

function prune(
  partition: PartitionSpec,
  wanted: Wanted,
): { steps: Step[]; sourceColumns: string[] } {
  const required: Wanted = new Map(wanted);
  const steps: Step[] = [];
  for (const placed of [...partition.operators].reverse()) {
    const { spec } = placed;
    const written: Wanted = new Map();
    for (const name of spec.writes) {
      const children = required.get(name);
      if (children !== undefined) written.set(name, children);
    }
    if (written.size === 0 && spec.changesRows !== true) continue;
    for (const name of spec.writes) required.delete(name);
    for (const name of readsOf(placed, written)) required.set(name, 'all');
    steps.unshift({ placed, wanted: written });
  }
  return { steps, sourceColumns: [...required.keys()] };
}

/** Columns of the source that reach the result as they are. */
function passedOn(sourceColumns: readonly string[], steps: readonly Step[]): ReadonlySet<string> {
  if (steps.some(({ placed }) => placed.spec.changesRows === true)) return new Set();
  const taken = new Set(steps.flatMap(({ placed: { spec } }) => [...spec.reads, ...spec.writes]));
  return new Set(sourceColumns.filter((name) => !taken.has(name)));
}

function readsOf({ spec }: PlacedOperator, written: Wanted): Iterable<string> {
  const { parts } = spec;
  if (parts === undefined || spec.changesRows === true) return spec.reads;
  const reads = new Set<string>();
  for (const [name, children] of written) {
    const sources = parts[name];
    if (sources === undefined || children === 'all') return spec.reads;
    for (const child of children) for (const source of sources[child] ?? []) reads.add(source);
  }
  return reads;
}

function project(
  batch: RecordBatch,
  partition: PartitionSpec,
  names: readonly string[],
): RecordBatch {
  const positions = new Map(batch.schema.fields.map((field, index) => [field.name, index]));
  const records = new Map(partition.schema.fields.map((field) => [field.name, field]));
  const columns = names.map((name) => {
    const data = batch.data.children[positions.get(name) ?? -1];
    if (data === undefined) throw missingColumn(batch.schema, name, 'the partition');
    return data;
  });
  const fields = columns.map((data, index) => {
    const name = names[index] as string;
    const { nullable, metadata } = records.get(name) ?? fieldless;
    return new Field(name, data.type, nullable, new Map(metadata));
  });
  const metadata = new Map(partition.schema.metadata);
  return makeBatch(new Schema(fields, metadata), columns, batch.numRows);
}

const fieldless = { nullable: true, metadata: [] as const };
