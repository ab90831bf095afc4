/**
 * A permutation of rows that hangs on their ids alone: rows listed by id, each given the row that comes to its
 * place when they are listed by a random key of their id. Without an id column a row's id is its position.
 */
import { DataType, type Vector } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { hash32, purposes } from '../base/rng.ts';
import { isText } from '../pipeline/label-values.ts';
import { sharedArray } from '../table/shared-buffer.ts';
import { typeName } from '../table/type-name.ts';
import { sortedOrder } from './sort-scores.ts';

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

/**
 * A number for each id of a partition: integers of up to 53 bits stand for themselves, everything else is
 * hashed to 53 bits.
 *
 * @throws CoppiceError `COLUMN_TYPE`, `DATA_INVALID`
 */
export function idNumbers(ids: Vector, name: string): Float64Array {
  const type = ids.type as DataType;
  if (!DataType.isInt(type) && !isText(type)) {
    const message = `column ${name}, the id of rows, must be an integer or a text; got ${typeName(type)}`;
    throw new CoppiceError('COLUMN_TYPE', message, { context: { column: name } });
  }
  return Float64Array.from({ length: ids.length }, (_, row) => {
    const id = ids.get(row) as string | number | bigint | null;
    if (id !== null) return idNumber(id);
    const message = `column ${name}, the id of rows, must not be null; got null in row ${row} of a partition`;
    throw new CoppiceError('DATA_INVALID', message, { context: { column: name, row } });
  });
}

function idNumber(id: string | number | bigint): number {
  if (typeof id === 'number') return id + 0;
  if (typeof id === 'bigint' && BigInt.asIntN(54, id) === id) return Number(id);
  const text = String(id);
  let low = 0x811c9dc5;
  let high = 0x2545f491;
  for (let i = 0; i < text.length; i++) {
    low = hash32(low, purposes.shuffle, text.charCodeAt(i), i);
    high = hash32(high, purposes.shuffle, i, text.charCodeAt(i));
  }
  // below all the integers, so that it meets none of them
  return -(9007199254740992 + 2 * ((high >>> 12) * 4294967296 + low));
}
