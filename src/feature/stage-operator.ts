/** Hangs a feature stage's operator onto a table: which columns it reads and adds, and what it is told. */
import type { Schema } from 'apache-arrow';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import type { ColumnPair } from './column-pairs.ts';
import type { HandleInvalid } from './handle-invalid.ts';
// A runner without threads carries the operators out right here.
import './worker-operators.ts';

/** A stage's operator. */
export interface StageOperator {
  /** The name under which worker-operators.ts registers it. */
  readonly kind: string;
  readonly pairs: readonly ColumnPair[];
  /** `skip` leaves out rows. */
  readonly handleInvalid?: HandleInvalid;
  /** What the operator is told; structured clone carries it. */
  readonly spec: object;
}

/** The table with the operator applied, lazily. */
export function withStageOperator(
  table: PartitionedTable,
  schema: Schema,
  operator: StageOperator,
): PartitionedTable {
  const { kind, pairs, handleInvalid, spec } = operator;
  const reads = [...new Set(pairs.map((pair) => pair.input))];
  const writes = pairs.map((pair) => pair.output);
  const changesRows = handleInvalid === 'skip';
  return table.withOperator({ kind, reads, writes, changesRows, isQuick: true, spec }, schema);
}
