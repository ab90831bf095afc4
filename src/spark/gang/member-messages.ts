/**
 * What a driver sends a member, and what members answer, as plain data. Messages travel as encodeValue writes
 * them; a long one in several frames, each beginning with a byte that says whether it is the last.
 */
import type { ErrorRecord } from '../../base/errors.ts';
import type { PlacedOperator } from '../../table/plan/partition-spec.ts';
import type { FieldRecord, SchemaRecord } from '../../table/schema-record.ts';
import type { RowOrigin } from '../rows/spark-rows.ts';

/** How rows that Spark hands over become a partition. */
export interface StagedTable {
  /** The columns that Spark hands over. */
  readonly fields: readonly FieldRecord[];
  readonly operators: readonly PlacedOperator[];
  /** The columns after the operators. */
  readonly schema: SchemaRecord;
}

/** A task over the rows of each of Spark's partitions. */
export interface TaskWork {
  readonly kind: 'task';
  readonly task: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly table: StagedTable;
  /** The hidden column that has each row's position; null where nothing asks for positions. */
  readonly positionColumn: string | null;
}

/** Operators whose rows go back to Spark as columns. */
export interface ColumnsWork {
  readonly kind: 'columns';
  readonly table: StagedTable;
  readonly positionColumn: string | null;
  /** The columns that go back, hidden ones too. */
  readonly columns: readonly string[];
}

/** A member's share of a gang. */
export interface GangWork {
  readonly kind: 'gang';
  readonly program: string;
  /** The job; its partitions and its range of rows are filled in by each member. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** The tables of the job, by the hidden column that names them (all rows are of the first where it is null). */
  readonly tables: readonly StagedTable[];
  /** The hidden columns with the file of each row of a table; null for tables that are of no files. */
  readonly origins: readonly (RowOrigin | null)[];
  readonly tableColumn: string | null;
  /** The first rank of every member, then the number of ranks. */
  readonly firstRanks: readonly number[];
  readonly timeoutMs: number;
  /** When the gang is to end after a snapshot, having trained so long; null: when it is done. */
  readonly legMs: number | null;
}

/** What a member is to do. */
export type MemberWork = TaskWork | ColumnsWork | GangWork;

/** What a member of a gang answers, with what its ranks told the driver meanwhile. */
export type GangAnswer = { readonly notes: readonly unknown[] } & (
  | { readonly values: readonly unknown[] }
  | { readonly failed: ErrorRecord }
  | { readonly isPaused: true }
);

/** The longest frame: a row of Spark's holds one. */
export const frameBytes = 8 << 20;

/** Cuts a message into frames. */
export function* framesOf(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  const whole = Buffer.concat(pieces);
  const room = frameBytes - 1;
  for (let at = 0; at === 0 || at < whole.length; at += room) {
    const isLast = at + room >= whole.length;
    yield Buffer.concat([Uint8Array.of(isLast ? 1 : 0), whole.subarray(at, at + room)]);
  }
}

/** Puts the frames of one sender together again. */
export class FrameJoiner {
  #pieces: Uint8Array[] = [];

  /** The message, once its last frame is here. */
  push(frame: Uint8Array): Uint8Array | null {
    this.#pieces.push(frame.subarray(1));
    if (frame[0] !== 1) return null;
    const message = Buffer.concat(this.#pieces);
    this.#pieces = [];
    return message;
  }
}
