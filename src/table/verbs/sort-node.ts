/**
 * Rows in the order of columns: ascending with nulls first or descending with nulls last, as in Spark;
 * NaN above all numbers, text by its UTF-8 bytes; equal rows keep their order. The table is held in
 * memory: the rows are gathered once in shared memory, and one task finds their order.
 */
import { type Data, type RecordBatch, Vector } from 'apache-arrow';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { registerTask } from '../../cluster/task-runner.ts';
import { maskOfValidity } from '../columns/bitmap.ts';
import { fillNumeric } from '../columns/column-values.ts';
import { compareUtf8 } from '../columns/compare-text.ts';
import { encodeCategories } from '../columns/encode-categories.ts';
import { columnOf } from '../columns/feature-columns.ts';
import { requireField } from '../columns/find-column.ts';
import { sharedArray } from '../columns/shared-buffer.ts';
import { typeName } from '../columns/type-name.ts';
import { concatBatches } from '../concat-rows.ts';
import { valueKind } from '../expressions/infer-type.ts';
import { mapInOrder } from '../plan/map-in-order.ts';
import { type LazyPartition, type PlanContext, type PlanNode, resolve } from '../plan/plan-node.ts';
import {
  batchFromShared,
  batchToShared,
  makeColumnSubset,
  type SharedBatch,
} from '../plan/shared-batch.ts';
import type { SortKey } from '../plan/sort-key.ts';
import { schemaToRecord } from '../schema-record.ts';
import { gatherPartition } from './gather-source.ts';

interface SortPayload {
  readonly batch: SharedBatch;
  readonly keys: readonly SortKey[];
}

registerTask('table.concat', (batches: readonly SharedBatch[]): SharedBatch => {
  const parts = batches.map(batchFromShared);
  const [first] = parts as [RecordBatch];
  return batchToShared(concatBatches(first.schema, parts));
});

registerTask('table.sortRows', ({ batch: shared, keys }: SortPayload): Uint32Array => {
  const batch = batchFromShared(shared);
  const ranks = keys.map((key) => rankColumn(columnOf(batch, [key.column]), key));
  const order = sharedArray(Uint32Array, batch.numRows);
  for (let i = 0; i < order.length; i++) order[i] = i;
  const [only] = ranks;
  if (ranks.length === 1 && only !== undefined)
    order.sort((a, b) => (only[a] as number) - (only[b] as number) || a - b);
  else {
    order.sort((a, b) => {
      for (const rank of ranks) {
        const difference = (rank[a] as number) - (rank[b] as number);
        if (difference !== 0) return difference;
      }
      return a - b;
    });
  }
  return order;
});

/** The node with its rows in order. @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `PARAM_INVALID` */
export function sortNode(input: PlanNode, keys: readonly SortKey[]): PlanNode {
  if (input.remote !== undefined) return input.remote.after({ verb: 'sort', keys });
  const { schema, numPartitions } = input;
  for (const key of keys) {
    const { type } = requireField(schema, key.column, 'orderBy');
    if (valueKind(type) === 'other') {
      const message = `column ${key.column} of orderBy must have values that can be ordered; got ${typeName(type)}`;
      throw new CoppiceError('COLUMN_TYPE', message, { context: { column: key.column } });
    }
  }
  if (keys.length === 0) {
    throw new CoppiceError(
      'PARAM_INVALID',
      `keys of orderBy must be one or more; got ${describeValue(keys)}`,
    );
  }
  const record = schemaToRecord(schema);
  const lower = async (context: PlanContext): Promise<readonly LazyPartition[]> => {
    const { runner, signal } = context;
    const partitions = await input.lower(context);
    const read = async (lazy: LazyPartition, index: number): Promise<SharedBatch> => {
      const partition = { ...(await resolve(lazy)), index };
      return await runner.run('table.readPartition', { partition, keep: true }, { signal });
    };
    const batches: SharedBatch[] = [];
    for await (const batch of mapInOrder(partitions, runner.numThreads + 1, read))
      batches.push(batch);
    const whole = await runner.run<SharedBatch>('table.concat', batches, { signal });
    const columns = keys.map((key) => key.column);
    const payload: SortPayload = { batch: makeColumnSubset(whole, columns), keys };
    const order = await runner.run<Uint32Array>('table.sortRows', payload, { signal });
    return Array.from({ length: numPartitions }, (_, i) => {
      const start = Math.floor((order.length * i) / numPartitions);
      const end = Math.floor((order.length * (i + 1)) / numPartitions);
      return gatherPartition(whole, order.subarray(start, end), record);
    });
  };
  return { schema, numPartitions, lower };
}

/** One number a row whose ascending order is the key's order; no NaN among them. */
function rankColumn(vector: Vector, key: SortKey): Float64Array {
  const isDescending = key.descending === true;
  const nullsFirst = (key.nulls ?? (isDescending ? 'last' : 'first')) === 'first';
  const data = vector.data[0] as Data;
  const { ranks, numRanks } = denseRanks(data, key.column);
  const valid = maskOfValidity(data);
  for (let i = 0; i < ranks.length; i++) {
    if (valid[i] === 0 || (ranks[i] as number) < 0) ranks[i] = nullsFirst ? -1 : numRanks;
    else if (isDescending) ranks[i] = numRanks - 1 - (ranks[i] as number);
  }
  return ranks;
}

/** The place of each value among the distinct values, ascending; −1 for missing text. */
function denseRanks(data: Data, name: string): { ranks: Float64Array; numRanks: number } {
  const ranks = new Float64Array(data.length);
  if (valueKind(data.type) === 'text') {
    const codes = new Int32Array(data.length);
    const texts = encodeCategories(new Vector([data]), codes, 0);
    const sorted = texts.map((_, code) => code);
    sorted.sort((a, b) => compareUtf8(texts[a] as string, texts[b] as string));
    const places = new Int32Array(texts.length);
    for (const [place, code] of sorted.entries()) places[code] = place;
    for (let i = 0; i < ranks.length; i++)
      ranks[i] = (codes[i] as number) < 0 ? -1 : (places[codes[i] as number] as number);
    return { ranks, numRanks: texts.length };
  }
  const values = exactValues(data, name);
  const sorted = distinctAscending(values);
  for (let i = 0; i < ranks.length; i++) ranks[i] = placeOf(values[i] as number, sorted);
  return { ranks, numRanks: sorted.length };
}

type Numbers = Float64Array | BigInt64Array | BigUint64Array;

/** The distinct values in order, NaN last. */
function distinctAscending(values: Numbers): ArrayLike<number> {
  // The platform sorts typed arrays by value, NaN last.
  const sorted = values.slice().sort() as unknown as number[];
  let kept = 0;
  for (let i = 0; i < sorted.length; i++) {
    const value = sorted[i] as number;
    const last = sorted[kept - 1];
    const isSame = kept > 0 && (value === last || (value !== value && last !== last));
    if (!isSame) sorted[kept++] = value;
  }
  return (sorted as unknown as Float64Array).subarray(0, kept);
}

function placeOf(value: number, sorted: ArrayLike<number>): number {
  if (value !== value) return sorted.length - 1;
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** 64-bit integers as they are, other values as float64. */
function exactValues(data: Data, name: string): Numbers {
  if (data.values instanceof BigInt64Array || data.values instanceof BigUint64Array)
    return data.values.subarray(0, data.length);
  const values = new Float64Array(data.length);
  fillNumeric(new Vector([data]), values, 0, name);
  return values;
}
