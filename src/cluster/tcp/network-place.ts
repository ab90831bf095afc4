/**
 * Where a process stands in a gang that spans several, and what its rank threads ask of its main thread.
 * Ranks are numbered process by process.
 */

/** Plain data that every rank of the process is given. */
export interface NetworkPlace {
  /** This process, from 0. */
  readonly process: number;
  /** The first rank of every process, then the number of ranks. */
  readonly firstRanks: readonly number[];
  /** What to call each process in a message, once the gang stands. */
  readonly names?: readonly string[];
}

/** The ranks [first, end) of a process. */
export function ranksOf(place: NetworkPlace, process: number = place.process): [number, number] {
  return [place.firstRanks[process] as number, place.firstRanks[process + 1] as number];
}

/** How many ranks there are in all. */
export function numRanksOf(place: NetworkPlace): number {
  return place.firstRanks.at(-1) as number;
}

/** One buffer of an exchange: how far it lies behind each rank's first one, and how it is divided. */
export interface MeetingBuffer {
  readonly distance: number;
  readonly bounds: Float64Array;
}

/** How integers of several ranks become one. */
export type ReduceOperation = 'sum' | 'max';

/** What the last rank of a process to arrive asks its main thread to do. */
export type MeetingRequest =
  | { readonly kind: 'barrier' }
  | { readonly kind: 'allgather' }
  | { readonly kind: 'scatter' }
  /** The first `bytes` of the mailbox hold what the ranks here have added up. */
  | { readonly kind: 'reduce'; readonly bytes: number; readonly operation: ReduceOperation }
  | {
      readonly kind: 'exchange';
      /** The word at which the ranks' first addresses begin. */
      readonly addresses: number;
      readonly buffers: readonly MeetingBuffer[];
    };

/** Bytes of each buffer's slices for the ranks [first, end). */
export function sliceBytes(buffers: readonly MeetingBuffer[], ranks: [number, number]): number {
  return buffers.reduce(
    (sum, { bounds }) => sum + (bounds[ranks[1]] as number) - (bounds[ranks[0]] as number),
    0,
  );
}

/** Where messages of these lengths begin in the mailbox, and where the last one ends. */
export function messageStarts(lengths: Int32Array): { starts: number[]; end: number } {
  const starts: number[] = [];
  let end = 0;
  for (const length of lengths) {
    starts.push(end);
    end += Math.ceil(length / 8) * 8;
  }
  return { starts, end };
}
