/**
 * Scores one row at a time with any model: the very steps that transform lays over a table, prepared once and run over a
 * batch of one row. So the bits are those of transform, whatever the model is made of (a pipeline, a stack, a vote).
 * A row costs some ten microseconds a step; tables are for many rows.
 */
import {
  DataType,
  DateMillisecond,
  Duration,
  Float32,
  type Int,
  Int64,
  type RecordBatch,
  Time,
  Uint64,
  type Vector,
} from 'apache-arrow';
import { describeValue } from '../base/describe-value.ts';
import { CoppiceError, isCoppiceError } from '../base/errors.ts';
import { InlineRunner } from '../cluster/task-runner.ts';
import {
  batchOfColumns,
  boolColumn,
  fixedSizeListColumn,
  fixedWidthColumn,
  float64Column,
  structColumn,
  utf8Column,
} from '../table/columns/make-column.ts';
import { typeFromName } from '../table/columns/type-name.ts';
import { tableFromColumns } from '../table/create-table.ts';
import type { PartitionSpec } from '../table/plan/partition-spec.ts';
import { preparePartition, sourceColumns } from '../table/plan/read-partition.ts';
import type { LogicalField, LogicalSchema } from './logical-schema.ts';
import type { Model } from './model.ts';
import type { PredictionColumns } from './prediction-columns.ts';
import {
  instantRule,
  isSingle,
  noRow,
  numberOf,
  type Prediction,
  type Score,
  type Scorer,
} from './row-reader.ts';
import { ticksOfType } from './time-ticks.ts';

/**
 * The scorer of a model that predicts.
 *
 * @throws CoppiceError `UNSUPPORTED` for a model without predictions or with a step that runs a closure
 */
export async function rowScorer<P extends Prediction>(model: Model): Promise<Scorer<Score<P>>> {
  const owner = model.className;
  const names = model.predictionColumns;
  if (names === null) throw unsupported(owner, 'a stage that predicts');
  const inputSchema = rowSchema(model);
  const planned = await plannedRow(model, inputSchema, (name) =>
    Object.values(names).includes(name),
  );
  if (planned === null) throw unsupported(owner, 'no step that runs a closure');
  const { partition, wanted } = planned;
  const read = new Set(sourceColumns(partition, wanted));
  const cells = inputSchema.filter(({ name }) => read.has(name));
  const inputs = cells.map(({ name }) => name);
  const run = await preparePartition(partition, wanted);
  return (row: unknown) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row) || ArrayBuffer.isView(row)) {
      const message = `row given to the scorer of ${owner} must be an object of values by column name; got ${describeValue(row)}`;
      throw new CoppiceError('DATA_INVALID', message, { context: { owner } });
    }
    if (inputs.length > 0 && !inputs.some((name) => name in row))
      throw noRow(row, 'columns', inputs);
    return scoreOf(owner, run(oneRow(cells, row as Cells)), names) as Score<P>;
  };
}

/**
 * The columns of its input from which a model makes some of its outputs; null where a closure hides them, or it makes none of these.
 *
 * @param isWanted says of a column that the model adds whether it counts
 */
export async function columnsBehind(
  model: Model,
  isWanted: (name: string) => boolean,
): Promise<ReadonlySet<string> | null> {
  const inputSchema = rowSchema(model);
  const given = new Set(inputSchema.map(({ name }) => name));
  const planned = await plannedRow(
    model,
    inputSchema,
    (name) => !given.has(name) && isWanted(name),
  );
  if (planned === null || planned.wanted.length === 0) return null;
  return new Set(sourceColumns(planned.partition, planned.wanted));
}

/** The columns that a row may have: those of the fit, and the margins of the models inside. */
function rowSchema(model: Model): LogicalSchema {
  const named = new Set(model.inputSchema.map(({ name }) => name));
  const margins = model.offsetColumns.filter(({ name }) => !named.has(name));
  // members may share a column of margins
  return [...model.inputSchema, ...new Map(margins.map((field) => [field.name, field])).values()];
}

/** The steps that make the wanted columns of one row; null where one of them is a closure. */
async function plannedRow(
  model: Model,
  inputSchema: LogicalSchema,
  isWanted: (name: string) => boolean,
): Promise<{ readonly partition: PartitionSpec; readonly wanted: readonly string[] } | null> {
  const columns = inputSchema.map((field) => [field.name, cellOf(field, null)] as const);
  const table = tableFromColumns(new InlineRunner(), Object.fromEntries(columns), {
    numPartitions: 1,
  });
  const [given] = (await table.plan()).partitions;
  const scored = await model.transform(table);
  const wanted = scored.columns.filter(isWanted);
  try {
    const [partition] = (await scored.select(...wanted).plan()).partitions;
    // a closure runs when the table is planned, and leaves other rows behind
    return partition?.source === given?.source
      ? { partition: partition as PartitionSpec, wanted }
      : null;
  } catch (error) {
    // and what it cannot read is a row of missing values
    if (isCoppiceError(error, 'FUNCTION_FAILED')) return null;
    throw error;
  }
}

type Cells = Readonly<Record<string, unknown>>;

function oneRow(schema: LogicalSchema, row: Cells): RecordBatch {
  return batchOfColumns(schema.map((field) => [field.name, cellOf(field, row[field.name])]));
}

/** A column of one value, in the type of the fit. */
function cellOf(field: LogicalField, value: unknown): Vector {
  const { name, type, children } = field;
  const isMissing = value === null || value === undefined;
  const valid = isMissing ? Uint8Array.of(0) : undefined;
  if (type === 'string' || type.startsWith('dictionary'))
    return utf8Column([isMissing || Number.isNaN(value) ? null : String(value)]);
  if (type === 'boolean')
    return boolColumn(Uint8Array.of(isMissing ? 0 : flagOf(name, value)), valid);
  if (type === 'struct') {
    const cells = isMissing ? {} : partsOf(name, value);
    const parts = (children ?? []).map((child) => [child.name, cellOf(child, cells[child.name])]);
    return structColumn(parts as [string, Vector][], 1);
  }
  const width = Number(/^vector\[(\d+)\]$/.exec(type)?.[1]);
  if (width >= 0) return vectorCell(field, width, value);
  if (ticksOfType(type) !== null) return timeCell(field, value);
  const span = spanType(type);
  if (span !== null) return spanCell(field, span, value);
  const isWhole = /^u?(tinyint|smallint|int|bigint)$/.test(type);
  const wide = isWhole && typeof value === 'bigint' ? wideCell(type, value) : null;
  if (wide !== null) return wide;
  const number = isMissing ? 0 : numberOf(name, value);
  const whole = isWhole ? wholeCell(type, number, valid) : null;
  if (whole !== null) return whole;
  // a float32 column has rounded its values before anybody reads them, and stages look at its type: of a missing value too
  return isSingle(type)
    ? fixedWidthColumn(new Float32(), Float32Array.of(number), valid)
    : float64Column(Float64Array.of(number), valid);
}

/** An integer that float64 may not tell from others, which may be a name; null for one of more than 64 bits. */
function wideCell(type: string, value: bigint): Vector | null {
  const isSigned = BigInt.asIntN(64, value) === value;
  if (BigInt.asUintN(64, value) === value && (type === 'ubigint' || !isSigned))
    return fixedWidthColumn(new Uint64(), BigUint64Array.of(value));
  return isSigned ? fixedWidthColumn(new Int64(), BigInt64Array.of(value)) : null;
}

/** A whole number in the type of the fit, by which a stage may tell what it is; null for one that the type has not, as −0. */
function wholeCell(type: string, number: number, valid: Uint8Array | undefined): Vector | null {
  if (!Number.isSafeInteger(number)) return null;
  const made = typeFromName(type, 'a row') as Int;
  const cells =
    made.bitWidth === 64
      ? (made.ArrayType as BigInt64ArrayConstructor).of(BigInt(number))
      : (made.ArrayType as Int32ArrayConstructor).of(number);
  return Object.is(Number(cells[0]), number) ? fixedWidthColumn(made, cells, valid) : null;
}

/** @throws CoppiceError `DATA_INVALID` for what has no parts by name */
function partsOf(column: string, value: unknown): Cells {
  if (typeof value === 'object' && !Array.isArray(value) && !ArrayBuffer.isView(value))
    return value as Cells;
  const message = `column ${column} of a row must be an object of its parts; got ${describeValue(value)}`;
  throw new CoppiceError('DATA_INVALID', message, { context: { column } });
}

/** @throws CoppiceError `DATA_INVALID` for what is neither true nor false, nor 1 or 0 */
function flagOf(column: string, value: unknown): number {
  const number = numberOf(column, value);
  if (number === 0 || number === 1) return number;
  const message = `column ${column} of a row given to a scorer must be true or false; got ${describeValue(value)}`;
  throw new CoppiceError('DATA_INVALID', message, { context: { column } });
}

function vectorCell(field: LogicalField, width: number, value: unknown): Vector {
  const values =
    ArrayBuffer.isView(value) || Array.isArray(value) ? (value as ArrayLike<number>) : [];
  if (value !== null && value !== undefined && values.length !== width) {
    const message = `column ${field.name} of a row must be ${width} numbers; got ${describeValue(value)}`;
    throw new CoppiceError('DATA_INVALID', message, { context: { column: field.name } });
  }
  const isFloat32 = field.children?.[0]?.type === 'float';
  const numbers = isFloat32 ? new Float32Array(width) : new Float64Array(width);
  numbers.set(values);
  return fixedSizeListColumn(
    numbers,
    width,
    values.length === width ? undefined : Uint8Array.of(0),
  );
}

/** Dates are given as Date, as milliseconds since 1970, or as an integer of the column's own unit (bigint). */
function timeCell({ name, type }: LogicalField, value: unknown): Vector {
  const made = type === 'date_ms' ? new DateMillisecond() : typeFromName(zoneless(type), 'a row');
  const given = value instanceof Date ? value.getTime() : value;
  const isMissing = given === null || given === undefined || Number.isNaN(given);
  const ticks =
    typeof given === 'bigint' || isMissing ? given : ticksOfType(type)?.(instantOf(name, given));
  const count = BigInt(isMissing ? 0 : (ticks as bigint | number));
  const valid = isMissing ? Uint8Array.of(0) : undefined;
  if (type === 'date') return fixedWidthColumn(made, Int32Array.of(Number(count)), valid);
  return fixedWidthColumn(made, BigInt64Array.of(count), valid);
}

/** The Arrow type of a time of day or a duration; null for another. */
function spanType(type: string): Time | Duration | null {
  const [, kind, unit = ''] = /^(time|duration)\((\w+)\)$/.exec(type) ?? [];
  if (kind === undefined) return null;
  const place = ['s', 'ms', 'us', 'ns'].indexOf(unit);
  return kind === 'duration' ? new Duration(place) : new Time(place, place < 2 ? 32 : 64);
}

/** Times of day and durations are counted in the unit of their column. */
function spanCell({ name }: LogicalField, type: Time | Duration, value: unknown): Vector {
  const isMissing = value === null || value === undefined || Number.isNaN(value);
  const valid = isMissing ? Uint8Array.of(0) : undefined;
  const count = isMissing ? 0n : BigInt(Math.floor(numberOf(name, value)));
  if (DataType.isTime(type) && type.bitWidth === 32)
    return fixedWidthColumn(type, Int32Array.of(Number(count)), valid);
  return fixedWidthColumn(type, BigInt64Array.of(count), valid);
}

function zoneless(type: string): string {
  return type.replace(/^(timestamp\(\w+), .*\)$/, '$1)');
}

/** @throws CoppiceError `DATA_INVALID` for a text, or a number that is no instant */
function instantOf(column: string, value: unknown): number {
  const milliseconds = numberOf(column, value, instantRule);
  // the last instant that a Date holds
  if (Math.abs(milliseconds) <= 8.64e15) return milliseconds;
  const message = `column ${column} of a row must be a Date or milliseconds since 1970 (at most 8.64e15); got ${milliseconds}`;
  throw new CoppiceError('DATA_INVALID', message, { context: { column } });
}

function scoreOf(owner: string, batch: RecordBatch, names: PredictionColumns): Score {
  if (batch.numRows !== 1) {
    const message = `row given to the scorer of ${owner} must pass every stage; got one that a stage leaves out (handleInvalid)`;
    throw new CoppiceError('DATA_INVALID', message, { context: { owner } });
  }
  const numbers = (name: string | null): Float64Array => {
    const value =
      name === null ? null : (batch.getChild(name)?.get(0) as Vector | null | undefined);
    return Float64Array.from((value?.toArray() ?? []) as ArrayLike<number>);
  };
  const said: unknown = batch.getChild(names.predictionCol)?.get(0);
  const isVector = typeof said === 'object' && said !== null;
  return {
    prediction: isVector
      ? numbers(names.predictionCol)
      : typeof said === 'bigint'
        ? Number(said)
        : ((said ?? Number.NaN) as Score['prediction']),
    rawPrediction: numbers(names.rawPredictionCol),
    probability: numbers(names.probabilityCol),
  };
}

function unsupported(owner: string, rule: string): CoppiceError {
  const message = `scorer of ${owner} must have ${rule}; got another: transform a table instead`;
  return new CoppiceError('UNSUPPORTED', message, { context: { owner } });
}
