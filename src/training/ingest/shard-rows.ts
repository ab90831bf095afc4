/**
 * Deals the process's rows to its ranks in blocks, round robin, so that sorted data is spread too. Rows
 * that take no part are left out; what remains of a block is a run of neighbours.
 */
/** Rows of one block; a block is the smallest thing a rank reads in one go. */
export const blockRows = 1024;

/** Neighbouring rows of the process: [start, start + count). */
export interface RowRuns {
  readonly starts: Uint32Array;
  readonly counts: Uint32Array;
  readonly numRows: number;
}

/** Rows [start, start + count) of the process are this rank's; there are numProcess in the process, numAll in all. */
export interface RankRows {
  readonly start: number;
  readonly count: number;
  readonly numProcess: number;
  readonly numAll: number;
}

/** The runs of rows in a given state that one rank of the process holds; none where `localIndex` is below 0. */
export function runsOf(
  states: Uint8Array,
  state: number,
  localIndex: number,
  numLocal: number,
): RowRuns {
  const starts: number[] = [];
  const counts: number[] = [];
  let numRows = 0;
  const first = localIndex < 0 ? states.length : localIndex * blockRows;
  for (let block = first; block < states.length; block += numLocal * blockRows) {
    const end = Math.min(block + blockRows, states.length);
    let at = block;
    while (at < end) {
      while (at < end && states[at] !== state) at += 1;
      const start = at;
      while (at < end && states[at] === state) at += 1;
      if (at > start) {
        starts.push(start);
        counts.push(at - start);
        numRows += at - start;
      }
    }
  }
  return { starts: Uint32Array.from(starts), counts: Uint32Array.from(counts), numRows };
}

/** Runs behind one another. */
export function joinRuns(parts: readonly RowRuns[]): RowRuns {
  return {
    starts: Uint32Array.from(parts.flatMap(({ starts }) => [...starts])),
    counts: Uint32Array.from(parts.flatMap(({ counts }) => [...counts])),
    numRows: parts.reduce((sum, { numRows }) => sum + numRows, 0),
  };
}
