/**
 * A table whose rows are looked after by another engine: it is told each step that a verb adds, and carries out
 * tasks over its partitions where the rows are. A plan node that has such a side hands its verbs to it.
 */
import type { Schema } from 'apache-arrow';
import type { OperatorSpec } from './plan/partition-spec.ts';
import type { PlanNode } from './plan/plan-node.ts';
import type { TableOptions } from './table-core.ts';
import type { SortKey } from './verbs/sort-node.ts';

/** What a verb asks for. */
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

/** The engine's side of a table. */
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
