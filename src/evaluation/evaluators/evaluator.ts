/**
 * What every evaluator does: one number that says how good the predictions of a table are, in which
 * direction it is better, and all its metrics in one pass. An evaluator is a stage, so it has parameters,
 * copy, save and load like any other.
 */
import type { Schema } from 'apache-arrow';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { nameSuggestion } from '../../base/nearest-name.ts';
import type { OnProgress } from '../../base/progress.ts';
import type { ParamSpecs } from '../../params/param-spec.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { type LabelValue, labelKey } from '../../pipeline/label-values.ts';
import { PipelineStage } from '../../pipeline/pipeline-stage.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';

/** Options of evaluate. */
export interface EvaluateOptions {
  /** Ends the evaluation, which then rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Receives how many rows have been read. */
  readonly onProgress?: OnProgress | undefined;
}

/** Options of evaluateAll. */
export interface EvaluateAllOptions extends EvaluateOptions {
  /** Names of the metrics that are wanted; what only others need is not computed. All by default. */
  readonly metrics?: readonly string[] | undefined;
}

/** Metrics by name. */
export type Metrics = Readonly<Record<string, number>>;

/** The base of all evaluators. */
export abstract class Evaluator<S extends ParamSpecs = ParamSpecs> extends PipelineStage<S> {
  /**
   * The metric that `metricName` asks for.
   *
   * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `LABEL_INVALID`, `WEIGHT_INVALID`,
   *   `DATA_EMPTY`, `DATA_INVALID`, `ABORTED`
   */
  abstract evaluate(table: PartitionedTable, options?: EvaluateOptions): Promise<number>;

  /**
   * Every metric that the table has the columns for, in one pass over them.
   *
   * @throws CoppiceError as evaluate, and `PARAM_INVALID` for `metrics` that the evaluator does not have
   */
  abstract evaluateAll(table: PartitionedTable, options?: EvaluateAllOptions): Promise<Metrics>;

  /** True when a higher value of the metric is better. */
  abstract isLargerBetter(): boolean;
}

/** Refuses names that the evaluator has no metric of. @throws CoppiceError `PARAM_INVALID` */
export function checkMetrics(
  owner: string,
  metrics: readonly string[] | undefined,
  known: readonly string[],
): void {
  if (metrics === undefined) return;
  if (!Array.isArray(metrics)) throw paramInvalid(owner, 'metrics', 'a list of names', metrics);
  const other = metrics.find((name) => !known.includes(name));
  if (other === undefined) return;
  const hint = nameSuggestion(String(other), known);
  const message = `metrics of ${owner} must be names of its metrics; got ${describeValue(other)}: ${hint}`;
  throw new CoppiceError('PARAM_INVALID', message, { context: { owner, param: 'metrics' } });
}

/** Runs one task for each partition, in the pool. */
export async function gatherParts<T>(
  table: PartitionedTable,
  task: string,
  request: unknown,
  options: EvaluateOptions,
): Promise<T[]> {
  const parts: T[] = [];
  for await (const part of table.runPartitions<T>(task, { request }, options)) parts.push(part);
  return parts;
}

/** How rows that meet in one thread are measured. */
export interface MeetingRows<Part> {
  /** The columns that parameters name; they are there, and the request has null for those left out. */
  readonly columns: Readonly<Record<string, string | undefined>>;
  /** What else the request has. */
  readonly request?: object;
  /** The task that reads a partition, and the one that measures what it returned. */
  readonly read: string;
  readonly measure: string;
  readonly isEmpty: (part: Part) => boolean;
  /** What the second task is given. */
  readonly taskOf: (parts: readonly Part[]) => unknown;
}

/**
 * Reads the rows of all partitions and measures them in one task.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `DATA_EMPTY`, and what the tasks throw
 */
export async function measureTogether<Part, Found>(
  { className }: Pick<Evaluator, 'className'>,
  table: PartitionedTable,
  { columns, request, read, measure, isEmpty, taskOf }: MeetingRows<Part>,
  options: EvaluateOptions,
): Promise<Found> {
  requireColumns({ className }, columns, table.schema);
  const named = Object.entries(columns).map(([param, name]) => [param, name ?? null]);
  const asked = { ...Object.fromEntries(named), ...request };
  const parts = await gatherParts<Part>(table, read, asked, options);
  if (parts.every(isEmpty)) throw noRows(className);
  return await table.runner.run<Found>(measure, taskOf(parts), { signal: options.signal });
}

/**
 * Asks that the columns which parameters name are there; a parameter that is left out names none.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`
 */
export function requireColumns(
  { className }: Pick<Evaluator, 'className'>,
  columns: Readonly<Record<string, string | undefined>>,
  schema: Schema,
): void {
  for (const [param, name] of Object.entries(columns)) {
    if (name !== undefined) requireColumn(className, param, name, schema);
  }
}

/** The columns that an evaluator's parameters name. */
export function columnsNamed(evaluator: Evaluator): string[] {
  return Object.entries(evaluator.params).flatMap(([param, value]) => {
    const names = /Cols?$/.test(param) ? [value].flat() : [];
    return names.filter((name): name is string => typeof name === 'string');
  });
}

/** The column of groups whose rows an evaluator measures together; undefined where it measures row by row. */
export function groupColOf(evaluator: Evaluator | undefined): string | undefined {
  return (evaluator?.params as { readonly groupCol?: string } | undefined)?.groupCol;
}

/** The name when the schema has that column, else null. */
export function presentColumn(schema: Schema, name: string | undefined): string | null {
  return name !== undefined && schema.fields.some((field) => field.name === name) ? name : null;
}

/**
 * The classes that a column of probabilities names in its metadata, ascending; null where it names none.
 *
 * @throws CoppiceError `DATA_INVALID` when the metadata are no list of labels
 */
export function classesOf(schema: Schema, column: string | null): LabelValue[] | null {
  const field = schema.fields.find((candidate) => candidate.name === column);
  const text = field?.metadata.get('classes');
  if (text === undefined) return null;
  const classes = parseClasses(text);
  if (classes !== null) return classes;
  throw new CoppiceError(
    'DATA_INVALID',
    `the classes in the metadata of column "${column}" must be a JSON array of labels; got ${text.slice(0, 80)}`,
    { context: { column } },
  );
}

function parseClasses(text: string): LabelValue[] | null {
  try {
    const parsed: unknown = JSON.parse(text);
    const isLabel = (value: unknown): value is LabelValue =>
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return Array.isArray(parsed) && parsed.every(isLabel) ? parsed : null;
  } catch {
    return null;
  }
}

/** The error for a label that a model's classes do not hold. */
export function unknownLabel(
  column: string,
  value: LabelValue,
  classes: readonly LabelValue[],
): CoppiceError {
  const hint = nameSuggestion(String(value), classes.map(String));
  return new CoppiceError(
    'LABEL_INVALID',
    `label in column "${column}" must be one of the model's classes; got ${JSON.stringify(value)}: ${hint}`,
    { context: { column } },
  );
}

/** True when the list holds the label. */
export function hasLabel(classes: readonly LabelValue[], value: LabelValue): boolean {
  return classes.some((known) => labelKey(known) === labelKey(value));
}

/** The error for a table without a row that counts. */
export function noRows(owner: string): CoppiceError {
  return new CoppiceError(
    'DATA_EMPTY',
    `the table given to ${owner} must have a row of positive weight; got none`,
    { context: { owner } },
  );
}
