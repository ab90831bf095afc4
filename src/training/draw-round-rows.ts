/**
 * Which rows a round's trees are grown on: all of them, in place, or those whose hash falls under the rate,
 * copied to buffer A. A draw hangs on seed, round and the row's key, never on the rank that holds it.
 */
import { hash32, purposes } from '../base/rng.ts';
import type { RowStore, Segment } from '../tree/backend/cpu/row-store.ts';
import type { BoostingState } from './boosting-state.ts';

/** True where a tree leaves some training rows out: these are sent down it once it is grown. */
export function leavesRowsOut({ job }: BoostingState): boolean {
  return job.rows.rate < 1;
}

/** The rows at the root of a round's trees. */
export function drawRoundRows(state: BoostingState, store: RowStore, round: number): Segment {
  const { environment, job, memory } = state;
  const { train, layout, records, keys } = state.rows;
  if (!leavesRowsOut(state)) return { buffer: 0, start: 0, count: train.count };
  const thresholds = memory.ownStats + 32;
  environment.u32(thresholds, 1)[0] = Math.ceil(4294967296 * (1 - job.rows.rate));
  const own = memory.rows;
  const count = environment.kernels.drawRows(
    records + train.start * layout.stride,
    train.start,
    train.count,
    layout.stride,
    keys + 4 * train.start,
    hash32(job.seed, purposes.rowSample, round),
    thresholds,
    1,
    store.isIndexed ? 0 : own.records[0],
    own.ids[0],
    layout.slotOffset,
    0,
    0,
  );
  return { buffer: 1, start: 0, count };
}
