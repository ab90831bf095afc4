/**
 * One text for the content of a table: the same for any partitioning, another when a cell, a column's name or the
 * order of rows is another. Each cell is hashed with the position of its row and its column, and the hashes are
 * added up, two sums of 32 bits.
 *
 * Driver: counts rows and adds the partitions' sums. Executor: `tuning.fingerprint` reads one partition.
 */
import { createHash } from 'node:crypto';
import { type Data, DataType, type RecordBatch, Vector } from 'apache-arrow';
import { mix32, rowKey, rowKeyOfId } from '../../base/rng.ts';
import { gatherPartitions } from '../../pipeline/gather-partitions.ts';
import { logicalSchema } from '../../pipeline/logical-schema.ts';
import { encodeCategories, fillNumeric, numericKind } from '../../table/columns/column-values.ts';
import { concatData } from '../../table/concat-rows.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';

/** What a partition is asked: where each partition's rows begin. */
export interface FingerprintRequest {
  readonly firstRows: readonly number[];
}

/** Two sums modulo 2^32. */
export type FingerprintPart = readonly [number, number];

/** The text for a table's content; 32 hex digits. */
export async function tableFingerprint(
  table: PartitionedTable,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const counts = await table.rowCounts(options);
  let numRows = 0;
  const firstRows = counts.map((count) => {
    numRows += count;
    return numRows - count;
  });
  const sums: [number, number] = [0, 0];
  const request: FingerprintRequest = { firstRows };
  const parts = gatherPartitions<FingerprintPart>(table, 'tuning.fingerprint', request, options);
  for await (const [first, second] of parts) {
    sums[0] = (sums[0] + first) >>> 0;
    sums[1] = (sums[1] + second) >>> 0;
  }
  const content = { numRows, sums, schema: logicalSchema(table.schema) };
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
}

/** The sums of one partition whose first row has this position. */
export function fingerprintOf(batch: RecordBatch, firstRow: number): FingerprintPart {
  const sums = new Uint32Array(2);
  const rows = Uint32Array.from({ length: batch.numRows }, (_, row) => rowKey(firstRow + row));
  for (const [i, field] of batch.schema.fields.entries()) {
    const vector = batch.getChildAt(i) as Vector;
    const type = vector.type as DataType;
    addColumn(vector, { rows, sums, salt: rowKeyOfId(field.name), width: 1, type });
  }
  return [sums[0] as number, sums[1] as number];
}

interface Target {
  /** The key of each row. */
  readonly rows: Uint32Array;
  readonly sums: Uint32Array;
  /** Tells columns apart. */
  readonly salt: number;
  /** Values of one row. */
  readonly width: number;
  readonly type: DataType;
}

function addColumn(vector: Vector, target: Target): void {
  const { type, salt } = target;
  if (DataType.isStruct(type) || DataType.isFixedSizeList(type)) {
    const whole = concatData(type, vector.data);
    const width = DataType.isFixedSizeList(type) ? target.width * type.listSize : target.width;
    whole.children.forEach((child: Data, i) => {
      const inner = { ...target, salt: mix32(salt ^ (i + 1)), width, type: child.type as DataType };
      addColumn(new Vector([child]), inner);
    });
    return;
  }
  if (DataType.isInt(type) && type.bitWidth === 64) addWords(wideWords(vector), target);
  else if (numericKind(type) !== null) addWords(numberWords(vector), target);
  else addValues(vector, target);
}

/** Two words a value. */
function addWords(words: Uint32Array, { rows, sums, salt, width }: Target): void {
  for (let i = 0; i < words.length / 2; i++) {
    const key = (rows[Math.floor(i / width)] as number) ^ salt ^ mix32(i % width);
    addHash(sums, key, words[2 * i] as number, words[2 * i + 1] as number);
  }
}

function addHash(sums: Uint32Array, key: number, low: number, high: number): void {
  const hash = mix32(mix32(key ^ low) ^ high);
  sums[0] = (sums[0] as number) + hash;
  sums[1] = (sums[1] as number) + mix32(hash ^ 0x5bd1e995 ^ key);
}

function numberWords(vector: Vector): Uint32Array {
  const values = new Float64Array(vector.length);
  fillNumeric(vector, values, 0);
  // a missing value may come with any bits
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) values[i] = Number.NaN;
  return new Uint32Array(values.buffer);
}

function wideWords(vector: Vector): Uint32Array {
  const words = new Uint32Array(2 * vector.length);
  const value = new BigInt64Array(1);
  const halves = new Uint32Array(value.buffer);
  for (let row = 0; row < vector.length; row++) {
    const found = vector.get(row) as bigint | null;
    value[0] = found ?? 0n;
    words[2 * row] = halves[0] as number;
    words[2 * row + 1] = found === null ? mix32(1) : (halves[1] as number);
  }
  return words;
}

/** Texts and whatever else there is, by the text of each distinct value. */
function addValues(vector: Vector, { rows, sums, salt, width, type }: Target): void {
  const codes = new Int32Array(vector.length);
  const isCategory =
    DataType.isDictionary(type) ||
    DataType.isUtf8(type) ||
    DataType.isLargeUtf8(type) ||
    DataType.isUtf8View(type);
  const values = isCategory ? encodeCategories(vector, codes, 0) : printedValues(vector, codes);
  const hashes = values.map(rowKeyOfId);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    const key = (rows[Math.floor(i / width)] as number) ^ salt ^ mix32(i % width);
    addHash(sums, key, code < 0 ? 0 : (hashes[code] as number), code < 0 ? 1 : 2);
  }
}

function printedValues(vector: Vector, codes: Int32Array): string[] {
  return Array.from(codes, (_, row) => {
    codes[row] = row;
    const value = vector.get(row) as unknown;
    return JSON.stringify(value, (_key, item: unknown) =>
      typeof item === 'bigint' ? String(item) : item,
    );
  });
}
