/**
 * How ranks meet. A rank is one thread of one process; every rank runs the same program and makes the
 * same calls in the same order. A Collective moves bytes between ranks and knows nothing of trees.
 *
 * Addresses are byte offsets into the process's shared memory, the one the kernels work on. What other
 * ranks contributed is handed out as addresses too: in one process these point straight into the other
 * rank's buffer (nothing is copied), over a socket into a receive buffer.
 *
 * A call is answered at once where the rank may block its thread (worker threads), else by a promise.
 */
import type { Awaitable } from '../base/awaitable.ts';

/** Bytes, meetings and waiting time of one rank so far. */
export interface CollectiveCounters {
  meetings: number;
  bytesSent: number;
  waitMs: number;
}

/** One buffer of an exchange. */
export interface ExchangeBuffer {
  /** Where this rank's buffer begins, a multiple of 16. */
  readonly address: number;
  /** size + 1 byte offsets into the buffer, ascending, multiples of 16. */
  readonly bounds: Float64Array;
}

/** A message for a rank of another process; one rank of each process writes it. */
export interface OutgoingMessage {
  readonly to: number;
  readonly address: number;
  readonly bytes: number;
}

/** What a process sent to this rank. */
export interface IncomingMessage {
  readonly process: number;
  readonly address: number;
  readonly bytes: number;
}

/** Where a word lies that ranks wait for, and where those that sleep count themselves. */
export interface WordPlace {
  readonly word: number;
  readonly sleepers: number;
}

/** The meeting point of a gang of ranks. */
export interface Collective {
  /** This rank, from 0. */
  readonly rank: number;
  /** How many ranks there are in all. */
  readonly size: number;
  /** The ranks that share this process's memory, ascending (this rank among them). */
  readonly localRanks: readonly number[];
  readonly counters: CollectiveCounters;
  /** The first rank of every process, then the number of ranks. */
  readonly firstRanks: readonly number[];
  /** What to call a process in a message: where it runs, and its ranks. */
  nameOf(process: number): string;
  /** Returns when every rank of this process has called it. */
  meetLocally(): void;
  /**
   * Sleeps while a word of the process's memory is as given, unless the gang ends; whoever changes the word wakes those
   * that count themselves in another. Only ranks that are threads of one process have it.
   */
  sleepWhile?(words: Int32Array, place: WordPlace, value: number): void;
  /** The addresses that the ranks of this process give, when all of them have. */
  shareAddress(address: number): readonly number[];
  /**
   * Brings each rank one message of every other process. Each rank hands over messages for some ranks of other
   * processes; together the ranks of a process hand over one for each.
   * @returns the messages for this rank, by process; they stay readable until its next call. What was sent must not
   *   change before the next meeting of all ranks has ended.
   */
  scatter(messages: readonly OutgoingMessage[]): Awaitable<readonly IncomingMessage[]>;
  /** Returns when every rank has called it. */
  barrier(): Awaitable<void>;
  /**
   * All-to-all of slices: of each buffer, rank r receives bytes [bounds[r], bounds[r + 1]) of every rank's copy.
   * The buffers of one call lie at the same distances from each other on every rank, and have the same bounds.
   * @returns for each buffer one address for each rank: where that rank's bytes for this rank lie. They stay
   *   readable until this rank's next call; the sender must not change a buffer before its next call has returned.
   */
  exchange(buffers: readonly ExchangeBuffer[]): Awaitable<readonly (readonly number[])[]>;
  /**
   * Gives every rank a copy of every rank's bytes.
   * @returns one array for each rank, by rank; private copies
   */
  allgather(bytes: Uint8Array): Awaitable<Uint8Array[]>;
  /** Element-wise sum or maximum of int64 values over all ranks, in place; integers, so order cannot matter. */
  allreduce(values: BigInt64Array, operation: 'sum' | 'max'): Awaitable<void>;
  /**
   * Says that the program uses bytes [0, end) of the process's memory; what an exchange receives is put behind
   * them. Every rank of the process calls it with the same number, with a meeting before the next exchange.
   */
  claimMemory(end: number): void;
  /** Throws `ABORTED` or the gang's failure when another rank or the driver ended the gang. */
  checkAborted(): void;
}
