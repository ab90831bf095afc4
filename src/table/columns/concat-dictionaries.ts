/**
 * Puts chunks of a dictionary column end to end: where the chunks' dictionaries differ they are united,
 * values in order of first appearance, and the codes rewritten. Duplicate values get one code; a row
 * whose dictionary value is null becomes a null.
 */
import { type Data, DataType, Dictionary, Int32, Vector } from 'apache-arrow';
import { allValid, bitAt, validityOf } from './bitmap.ts';
import { columnData } from './column-data.ts';
import { columnArray } from './shared-buffer.ts';

/** The joined validity of chunks. */
export interface JoinedValidity {
  readonly nullCount: number;
  readonly nullBitmap?: Uint8Array;
}

/** What the join of a dictionary column is given by the join of columns. */
export interface DictionaryJoin {
  readonly length: number;
  readonly validity: JoinedValidity;
  /** Joins plain columns: the dictionaries' values. */
  readonly concat: (type: DataType, chunks: readonly Data[]) => Data;
}

/** One dictionary column of the rows of every chunk; its type has a fresh id when dictionaries were united. */
export function concatDictionaries(
  type: Dictionary,
  chunks: readonly Data[],
  join: DictionaryJoin,
): Data {
  const { length, validity } = join;
  const codes = columnArray(Int32Array, length);
  const united = uniteDictionaries(type, chunks, join.concat);
  let nullBitmap = validity.nullBitmap;
  let row = 0;
  for (const [index, chunk] of chunks.entries()) {
    const source = chunk.values as ArrayLike<number | bigint>;
    const map = united.maps[index] ?? null;
    const bits = validityOf(chunk);
    for (let i = 0; i < chunk.length; i++, row++) {
      if (bits !== null && bitAt(bits, chunk.offset + i) === 0) continue;
      const code = Number(source[i]);
      const mapped = map === null ? code : (map[code] as number);
      if (mapped >= 0) codes[row] = mapped;
      else {
        nullBitmap ??= allValid(length);
        nullBitmap[row >> 3] = (nullBitmap[row >> 3] as number) & ~(1 << (row & 7));
      }
    }
  }
  const changed = united.maps.some((map) => map !== null);
  const target = changed
    ? new Dictionary(type.dictionary as DataType, new Int32(), null, type.isOrdered)
    : type;
  const nullCount = nullBitmap === undefined ? 0 : -1;
  const { dictionary } = united;
  return columnData(target, length, { nullCount, values: codes, nullBitmap }, { dictionary });
}

interface UnitedDictionary {
  readonly dictionary: Vector;
  /** For each chunk the new code of each of its codes, −1 for null; null where codes stay. */
  readonly maps: readonly (Int32Array | null)[];
}

function uniteDictionaries(
  type: Dictionary,
  chunks: readonly Data[],
  concat: DictionaryJoin['concat'],
): UnitedDictionary {
  const dictionaries = chunks.map((chunk) => oneChunk(chunk.dictionary as Vector, concat));
  const first = dictionaries[0];
  if (first === undefined) {
    return { dictionary: new Vector([concat(type.dictionary as DataType, [])]), maps: [] };
  }
  const plain = first.nullCount === 0 && !hasDuplicates(first);
  if (plain && dictionaries.every((other) => other === first || sameBytes(first, other))) {
    return { dictionary: new Vector([concat(first.type, [first])]), maps: chunks.map(() => null) };
  }
  const codes = new Map<unknown, number>();
  const kept: Data[] = [];
  const maps = dictionaries.map((dictionary) => {
    const map = new Int32Array(dictionary.length).fill(-1);
    const values = new Vector([dictionary]);
    for (let i = 0; i < dictionary.length; i++) {
      const key = keyOf(values.get(i));
      if (key === null) continue;
      let code = codes.get(key);
      if (code === undefined) {
        code = codes.size;
        codes.set(key, code);
        kept.push(dictionary.slice(i, 1));
      }
      map[i] = code;
    }
    return map;
  });
  return { dictionary: new Vector([concat(first.type, kept)]), maps };
}

function keyOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? String(value) : (value ?? null);
}

function hasDuplicates(dictionary: Data): boolean {
  const values = new Vector([dictionary]);
  const seen = new Set<unknown>();
  for (let i = 0; i < dictionary.length; i++) seen.add(keyOf(values.get(i)));
  return seen.size !== dictionary.length;
}

function oneChunk(vector: Vector, concat: DictionaryJoin['concat']): Data {
  return vector.data.length === 1 ? (vector.data[0] as Data) : concat(vector.type, vector.data);
}

/** True when two dictionaries of text hold the same bytes in the same cells. */
function sameBytes(a: Data, b: Data): boolean {
  if (a.length !== b.length || a.typeId !== b.typeId || b.nullCount > 0) return false;
  if (!DataType.isUtf8(a.type)) return false;
  const left = a.valueOffsets as Int32Array;
  const right = b.valueOffsets as Int32Array;
  const leftStart = left[0] as number;
  const rightStart = right[0] as number;
  for (let i = 0; i <= a.length; i++) {
    if ((left[i] as number) - leftStart !== (right[i] as number) - rightStart) return false;
  }
  const leftBytes = (a.values as Uint8Array).subarray(leftStart, left[a.length]);
  const rightBytes = (b.values as Uint8Array).subarray(rightStart, right[b.length]);
  return Buffer.compare(leftBytes, rightBytes) === 0;
}
