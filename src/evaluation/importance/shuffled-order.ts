/**
 * A permutation of rows that hangs on their ids alone: rows listed by id, each given the row that comes to its
 * place when they are listed by a random key of their id. Without an id column a row's id is its position.
 */
import { hash32, purposes } from '../../base/rng.ts';
import { sortedOrder } from '../../base/sorted-order.ts';
import { sharedArray } from '../../table/columns/shared-buffer.ts';

/** What the task is told. */
export interface ShuffleTask {
  readonly numRows: number;
  /** A number for each row's id; null where ids are positions. */
  readonly ids: Float64Array | null;
  readonly seed: number;
}

/** For each row the position of the row whose value it gets. */
export function shuffledOrder({ numRows, ids, seed }: ShuffleTask): Uint32Array {
  const byId = ids === null ? null : sortedOrder(ids);
  const rowAt = (place: number): number => (byId === null ? place : (byId[place] as number));
  const keys = new Float64Array(numRows);
  const words = new Uint32Array(2);
  const id = new Float64Array(words.buffer);
  for (let place = 0; place < numRows; place++) {
    id[0] = ids === null ? place : (ids[rowAt(place)] as number);
    keys[place] = randomKey(seed, words);
  }
  const byKey = sortedOrder(keys);
  const order = sharedArray(Uint32Array, numRows);
  for (let place = 0; place < numRows; place++) {
    order[rowAt(place)] = rowAt(byKey[place] as number);
  }
  return order;
}

/** 53 random bits of a key of 64. */
function randomKey(seed: number, words: Uint32Array): number {
  const [low = 0, high = 0] = words;
  const top = hash32(seed, purposes.shuffle, low, high);
  const rest = hash32(seed ^ 0x5eed, purposes.shuffle, high, low);
  return top * 2097152 + (rest >>> 11);
}
