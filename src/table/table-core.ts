/**
 * What every table can do whatever its columns mean: know its schema, become a plan that threads carry
 * out, and hand out its batches. The verbs are in partitioned-table.ts.
 */
import { type RecordBatch, type Schema, Table } from 'apache-arrow';
import { type Inspect, inspected } from '../base/inspected.ts';
import type { Progress } from '../base/progress.ts';
import { type TaskRunner, wasHandedOver } from '../cluster/task-runner.ts';
import { closedError } from '../cluster/threads/admission-queue.ts';
import { freeBuffers } from '../cluster/threads/free-buffers.ts';
import { columnNames } from './columns/find-column.ts';
import { typeName } from './columns/type-name.ts';
import { GatheredRows } from './gather-rows.ts';
import { isBriefPartition } from './plan/brief-partition.ts';
import { mapInOrder } from './plan/map-in-order.ts';
import type { ColumnRequest, TablePlan } from './plan/partition-spec.ts';
import {
  allRows,
  checkAborted,
  countRows,
  type LazyPartition,
  lowerForKeeps,
  type PlanContext,
  type PlanNode,
  resolve,
} from './plan/plan-node.ts';
import { reporting } from './plan/report-progress.ts';
import { batchFromShared, buffersOfRows, type SharedBatch } from './plan/shared-batch.ts';
import { schemaToRecord } from './schema-record.ts';
import type { TableOptions } from './table-options.ts';
import './plan/worker-tasks.ts';

/** The part of a table that runs. */
export class TableCore {
  /** Where the work runs. */
  readonly runner: TaskRunner;
  /** How many partitions the rows are divided into. */
  readonly numPartitions: number;
  /** @internal How the table is made. */
  protected readonly node: PlanNode;

  /** @internal Tables are made by `read` and `createTable`. */
  constructor(runner: TaskRunner, node: PlanNode) {
    this.runner = runner;
    this.numPartitions = node.numPartitions;
    this.node = node;
  }

  /** The columns, after every step. */
  get schema(): Schema {
    return this.node.schema;
  }

  /**
   * @internal The columns for who only asks for their names and kinds (`DataType.is…`, typeName, numericKind): plain
   * data of columns of numbers and text, for making Arrow's objects means loading 60 of its files. Never to be handed out.
   */
  get plainSchema(): Schema {
    return (this.node.record as unknown as Schema | undefined) ?? this.node.schema;
  }

  /** @internal The same table, whose work another runner does. */
  withRunner(runner: TaskRunner): this {
    const like = this.constructor as new (runner: TaskRunner, node: PlanNode) => this;
    return new like(runner, this.node);
  }

  /** The names of the columns, in order. */
  get columns(): string[] {
    return columnNames(this.plainSchema);
  }

  /** @internal What console.log shows: the columns with their types. */
  [inspected](_depth: number, options: object, inspect: Inspect): string {
    const types = this.plainSchema.fields.map(({ name, type }) => [name, typeName(type)]);
    return `PartitionedTable(${this.numPartitions}) ${inspect(Object.fromEntries(types), options)}`;
  }

  /** @internal What the rows are known by where no column names them. */
  get rowIdentity(): 'position' | 'content' {
    return this.node.remote?.identity ?? 'position';
  }

  /** @internal The table as plain data that any thread of this process can carry out. */
  async plan(options: TableOptions = {}): Promise<TablePlan> {
    const partitions = await lowerForKeeps(this.node, this.#context(options));
    const numbered = partitions.map((partition, index) => ({ ...partition, index }));
    return { partitions: numbered, schema: this.node.record ?? schemaToRecord(this.schema) };
  }

  /** The number of rows of every partition: from metadata where possible, else counted in the pool. */
  async rowCounts(options: TableOptions = {}): Promise<number[]> {
    // where the counts are known no work is left that would be refused
    if (this.runner.isClosed === true) throw closedError();
    const plan = await this.plan(options);
    return await countRows(plan.partitions, this.#context(options));
  }

  /** The number of rows. */
  async count(options: TableOptions = {}): Promise<number> {
    const counts = await this.rowCounts(options);
    return counts.reduce((sum, rows) => sum + rows, 0);
  }

  /** @internal The batches of the partitions, in order, a few at a time; read in the pool. */
  async *batches(
    options: TableOptions & { readonly columns?: readonly ColumnRequest[] } = {},
  ): AsyncGenerator<RecordBatch, void, undefined> {
    const { columns, ...rest } = options;
    const shared = this.runPartitions<SharedBatch>('table.readPartition', { columns }, rest);
    for await (const batch of shared) yield batchFromShared(batch);
  }

  /**
   * @internal What a task returns for every partition, in order; a few run at once, in the pool. The task
   * is given `{ partition, ...payload }`.
   */
  async *runPartitions<T>(
    task: string,
    payload: Readonly<Record<string, unknown>>,
    options: TableOptions & {
      readonly phase?: Progress['phase'];
      /** Is told the partitions before the first one is read; not of tables that lie elsewhere. */
      readonly onPlanned?: (partitions: readonly LazyPartition[]) => void;
    } = {},
  ): AsyncGenerator<T, void, undefined> {
    if (this.node.remote !== undefined) {
      yield* this.node.remote.runPartitions<T>(task, payload, options);
      return;
    }
    const context = this.#context(options);
    const { signal, onProgress, phase = 'read' } = options;
    const partitions = await this.node.lower(context);
    options.onPlanned?.(partitions);
    const run = async (lazy: LazyPartition, index: number): Promise<T> => {
      checkAborted(context);
      const partition = { ...(await resolve(lazy)), index };
      const isBrief = task === 'table.readPartition' && isBriefPartition(partition);
      const how = { signal, isBrief, isLarge: true };
      return await this.runner.run<T>(task, { ...payload, partition }, how);
    };
    const results = mapInOrder(partitions, this.runner.numThreads + 1, run);
    if (onProgress === undefined) yield* results;
    else yield* reporting(results, partitions, { phase, onProgress });
  }

  /** All rows, as an Arrow table on the calling thread. */
  async collect(options: TableOptions = {}): Promise<Table> {
    const rows = new GatheredRows();
    const onPlanned = (partitions: readonly LazyPartition[]): void => {
      if (partitions.length > 1) rows.expect(allRows(partitions));
    };
    const planned = { ...options, onPlanned };
    const batches = this.runPartitions<SharedBatch>('table.readPartition', {}, planned);
    for await (const batch of batches) {
      const isCopied = rows.add(batchFromShared(batch));
      if (isCopied && wasHandedOver(batch)) freeBuffers(buffersOfRows(batch));
    }
    return new Table([rows.finish()]);
  }

  #context(options: TableOptions): PlanContext {
    return { runner: this.runner, signal: options.signal };
  }
}
