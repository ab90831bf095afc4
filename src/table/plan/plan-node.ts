/**
 * How a table remembers what it is made of: a tree of nodes, each of which can be lowered to partitions.
 * Lowering is lazy: a partition that needs work on the calling thread (a closure) is a function that
 * does it when the partition's turn comes, so that a long table streams through.
 */
import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import type { TaskRunner } from '../../cluster/task-runner.ts';
import { emptyBatch } from '../columns/conform-column.ts';
import { columnNames } from '../columns/find-column.ts';
import { memoryPartition } from '../files/sources.ts';
import { type SchemaRecord, schemaToRecord } from '../schema-record.ts';
import type { TableOptions } from '../table-options.ts';
import { mapInOrder } from './map-in-order.ts';
import type { OperatorSpec, PartitionSpec, PlacedOperator } from './partition-spec.ts';
import { knownRows } from './read-partition.ts';
import type { SortKey } from './sort-key.ts';

/** What lowering may use. */
export interface PlanContext {
  readonly runner: TaskRunner;
  readonly signal?: AbortSignal | undefined;
  /** The partitions will be used more than once: those in memory go into shared memory. */
  readonly keep?: boolean | undefined;
}

/** A partition, or what makes it when its turn comes. */
export type LazyPartition = PartitionSpec | (() => Promise<PartitionSpec>);

/** One step of a table. */
export interface PlanNode {
  /** The columns after the step. */
  readonly schema: Schema;
  /** The same as plain data, where the schema is made when somebody asks for it: columns of numbers and text only. */
  readonly record?: SchemaRecord;
  readonly numPartitions: number;
  /** The partitions after the step, in order. */
  lower(context: PlanContext): Promise<readonly LazyPartition[]>;
  /** Set where another engine looks after the rows. */
  readonly remote?: RemoteTable;
}

/** What a verb asks another engine for. */
export type TableStep =
  | { readonly verb: 'operator'; readonly spec: OperatorSpec; readonly schema: Schema }
  | { readonly verb: 'project'; readonly schema: Schema }
  | { readonly verb: 'limit'; readonly numRows: number }
  | { readonly verb: 'repartition'; readonly numPartitions: number }
  | { readonly verb: 'union'; readonly other: PlanNode; readonly schema: Schema }
  | { readonly verb: 'sort'; readonly keys: readonly SortKey[] }
  | { readonly verb: 'distinct'; readonly columns: readonly string[] }
  | { readonly verb: 'cache' }
  | { readonly verb: 'closure' };

/**
 * A table whose rows are looked after by another engine: it is told each step that a verb adds, and carries out
 * tasks over its partitions where the rows are. A plan node that has such a side hands its verbs to it.
 */
export interface RemoteTable {
  /** What the order of the rows, and so their ids, comes from. */
  readonly identity: 'position' | 'content';
  /** The table after one more step. @throws CoppiceError `UNSUPPORTED` for a step that it does not offer */
  after(step: TableStep): PlanNode;
  /** What a task returns for every partition, in the order of the rows; see TableCore.runPartitions. */
  runPartitions<T>(
    task: string,
    payload: Readonly<Record<string, unknown>>,
    options: TableOptions,
  ): AsyncGenerator<T, void, undefined>;
}

/** Partitions that are known already; where there are none, one without rows keeps the columns. */
export function sourceNode(schema: Schema, given: readonly PartitionSpec[]): PlanNode {
  const partitions = given.length > 0 ? given : [memoryPartition(emptyBatch(schema))];
  return { schema, numPartitions: partitions.length, lower: async () => partitions };
}

/** The same of columns of numbers and text whose schema is made when somebody asks for it. */
export function describedNode(
  record: SchemaRecord,
  makeSchema: () => Schema,
  partitions: readonly PartitionSpec[],
): PlanNode {
  let made: Schema | undefined;
  return {
    get schema() {
      made ??= makeSchema();
      return made;
    },
    record,
    numPartitions: partitions.length,
    lower: async () => partitions,
  };
}

/** An operator over every partition of a node. */
export function operatorNode(input: PlanNode, spec: OperatorSpec, schema: Schema): PlanNode {
  if (input.remote !== undefined) return input.remote.after({ verb: 'operator', spec, schema });
  const reads = spec.reads === 'all' ? columnNames(input.schema) : spec.reads;
  const placed: PlacedOperator['spec'] = { ...spec, reads };
  const record = schemaToRecord(schema);
  const add = (partition: PartitionSpec, firstRow: number): PartitionSpec => ({
    ...partition,
    operators: [...partition.operators, { spec: placed, firstRow }],
    schema: record,
  });
  const lower = async (context: PlanContext): Promise<readonly LazyPartition[]> => {
    if (spec.usesPosition !== true) {
      const partitions = await input.lower(context);
      return partitions.map((lazy) => onceMade(lazy, (made) => add(made, -1)));
    }
    const ready = await lowerForKeeps(input, context);
    const firstRows = firstRowsOf(await countRows(ready, context));
    return ready.map((partition, index) => add(partition, firstRows[index] as number));
  };
  return { schema, numPartitions: input.numPartitions, lower };
}

/** The same partitions with fewer or other columns of the same rows; only the schema changes. */
export function projectNode(input: PlanNode, schema: Schema): PlanNode {
  if (input.remote !== undefined) return input.remote.after({ verb: 'project', schema });
  const record = schemaToRecord(schema);
  const lower = async (context: PlanContext): Promise<readonly LazyPartition[]> => {
    const partitions = await input.lower(context);
    return partitions.map((lazy) => onceMade(lazy, (made) => ({ ...made, schema: record })));
  };
  return { schema, numPartitions: input.numPartitions, lower };
}

/** The partition itself. */
export async function resolve(lazy: LazyPartition): Promise<PartitionSpec> {
  return typeof lazy === 'function' ? await lazy() : lazy;
}

async function resolveAll(partitions: readonly LazyPartition[]): Promise<PartitionSpec[]> {
  const ready: PartitionSpec[] = [];
  for (const lazy of partitions) ready.push(await resolve(lazy));
  return ready;
}

/** Every partition after a node, each made once and to be used more than once. */
export async function lowerForKeeps(
  node: PlanNode,
  context: PlanContext,
): Promise<PartitionSpec[]> {
  return await resolveAll(await node.lower({ ...context, keep: true }));
}

/** The partition changed by `change`, as lazy as it was. */
export function onceMade(
  lazy: LazyPartition,
  change: (partition: PartitionSpec) => PartitionSpec,
): LazyPartition {
  return typeof lazy === 'function' ? async () => change(await lazy()) : change(lazy);
}

/** The number of rows of every partition: from metadata where possible, else counted in the pool. */
export async function countRows(
  partitions: readonly PartitionSpec[],
  context: PlanContext,
): Promise<number[]> {
  const { runner, signal } = context;
  const counts: number[] = [];
  const count = async (partition: PartitionSpec): Promise<number> =>
    knownRows(partition) ?? (await runner.run<number>('table.countRows', partition, { signal }));
  for await (const rows of mapInOrder(partitions, runner.numThreads + 1, count)) counts.push(rows);
  return counts;
}

/** The number of rows of all partitions, where that is known without reading them; else null. */
export function allRows(partitions: readonly LazyPartition[]): number | null {
  let numRows = 0;
  for (const lazy of partitions) {
    const rows = typeof lazy === 'function' ? undefined : knownRows(lazy);
    if (rows === undefined) return null;
    numRows += rows;
  }
  return numRows;
}

/** The position of the first row of every partition, and the number of all rows at the end. */
export function firstRowsOf(counts: readonly number[]): number[] {
  const firstRows = [0];
  for (const rows of counts) firstRows.push((firstRows.at(-1) as number) + rows);
  return firstRows;
}

/** Ends planning when the caller has given up. */
export function checkAborted(context: PlanContext): void {
  if (context.signal?.aborted !== true) return;
  throw new CoppiceError('ABORTED', 'the work was aborted by its caller', {
    cause: context.signal.reason,
  });
}
