/**
 * Long lists of texts on their way to the threads: packed into shared memory once, so that handing them to
 * a task costs nothing, and unpacked once in each thread, whatever the number of partitions.
 */
import { createHash } from 'node:crypto';
import type { Vector } from 'apache-arrow';
import { packStrings, unpackStrings } from '../../pipeline/packed-strings.ts';
import { utf8Column } from '../../table/columns/make-column.ts';
import { toShared } from '../../table/columns/shared-buffer.ts';

/** A list of texts that structured clone hands over without copying. */
export interface SharedStrings {
  /** The same for equal lists. */
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

/** A list as a thread uses it. */
export interface StringTable {
  readonly values: readonly string[];
  /** The position of each text. */
  readonly positions: ReadonlyMap<string, number>;
  /** The texts as a column, for dictionaries. */
  readonly column: Vector;
}

const maxTables = 64;
const tables = new Map<string, StringTable>();

/** Packs a list. */
export function shareStrings(values: readonly string[]): SharedStrings {
  const { bytes, ends } = packStrings(values);
  const hash = createHash('sha256').update(bytes).update(new Uint8Array(ends.buffer));
  return { id: hash.digest('hex'), bytes: toShared(bytes), ends: toShared(ends) };
}

/** Unpacks a list; a thread does so once. */
export function stringTable(shared: SharedStrings): StringTable {
  const known = tables.get(shared.id);
  if (known !== undefined) return known;
  // TextDecoder refuses shared memory.
  const values = unpackStrings({ bytes: shared.bytes.slice(), ends: shared.ends });
  const positions = new Map(values.map((value, index) => [value, index]));
  const made: StringTable = { values, positions, column: utf8Column(values) };
  if (tables.size >= maxTables) tables.delete(String(tables.keys().next().value));
  tables.set(shared.id, made);
  return made;
}
