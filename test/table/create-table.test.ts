/** Tables of typed arrays need no batch of Arrow's; they must be those that Arrow's columns make. */
import { Float16, Schema, vectorFromArray } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { col, createTable, GBTClassifier, GBTRegressor, Session } from '../../src/index.ts';
import { schemaToRecord } from '../../src/table/schema-record.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';

const numRows = 300;
const rows = Array.from({ length: numRows }, (_, i) => i);
const columns = {
  a: Float64Array.from(rows, (i) => (i % 7 === 3 ? Number.NaN : Math.sin(i))),
  b: Float32Array.from(rows, (i) => Math.cos(i * i)),
  c: Int8Array.from(rows, (i) => (i % 11) - 5),
  d: Uint16Array.from(rows, (i) => (i * 37) % 1000),
  e: Int32Array.from(rows, (i) => i * i - 5000),
  wide: BigInt64Array.from(rows, (i) => BigInt(i % 13)),
};
const featuresCols = Object.keys(columns);
const labels = {
  numbers: Float64Array.from(rows, (i) => Math.sin(i) + (i % 3)),
  small: Float32Array.from(rows, (i) => (i % 9) / 7 + (i % 3)),
  grades: Uint8Array.from(rows, (i) => 3 * (i % 3)),
  wide: BigInt64Array.from(rows, (i) => BigInt(i % 2)),
};

/** The same rows, not as plain arrays: a step that may drop rows has them read as a batch. */
const batched = (given: Record<string, unknown>) =>
  createTable(given as typeof columns).filter(col('e').isNotNull());

describe('a table of typed arrays', () => {
  it('has their values, in partitions as asked', async () => {
    await using session = await Session.local({ threads: 2 });
    const table = session.createTable(columns, { numPartitions: 4 });
    expect(table.numPartitions).toBe(4);
    const collected = await table.collect();
    for (const [name, values] of Object.entries(columns)) {
      expect([...(collected.getChild(name)?.toArray() ?? [])]).toEqual([...values]);
    }
    expect(collected.schema.fields.map(({ type }) => String(type))).toEqual([
      ...['Float64', 'Float32', 'Int8', 'Uint16', 'Int32', 'Int64'],
    ]);
  });

  it('says of its columns without a schema what their schema says', () => {
    const arrays = [
      ...[Float64Array, Float32Array, Int8Array, Int16Array, Int32Array, BigInt64Array],
      ...[Uint8Array, Uint16Array, Uint32Array, BigUint64Array],
    ];
    const given = Object.fromEntries(arrays.map((Kind) => [Kind.name, new Kind(3)]));
    const table = createTable(given);
    expect(table.plainSchema).not.toBe(table.schema);
    expect(table.plainSchema).toEqual(schemaToRecord(table.schema));
    expect(table.select('Int8Array').plainSchema).toBeInstanceOf(Schema);
  });

  it('keeps its values when the arrays change', async () => {
    const x = Float64Array.of(1, 2, 3);
    const table = createTable({ x, y: x });
    x.fill(9);
    const collected = await table.collect();
    expect([...(collected.getChild('y')?.toArray() ?? [])]).toEqual([1, 2, 3]);
  });

  it('is refused where they are of different lengths, and may be without rows', async () => {
    const odd = { x: new Float64Array(3), y: new Float32Array(2) };
    expect(() => createTable(odd)).toThrow(/must have one length, 3; got 2 in column y/);
    expect(await createTable({ x: new Float64Array(0) }).count()).toBe(0);
  });
});

describe('a fit of typed arrays', () => {
  it.each(Object.entries(labels))('is that of batches: label %s', async (_, label) => {
    const given = { ...columns, label };
    const options = { featuresCols, labelCol: 'label', maxIter: 5, maxLeaves: 7 };
    for (const Estimator of [GBTRegressor, GBTClassifier]) {
      if (Estimator === GBTClassifier && label instanceof Float64Array) continue;
      const [plain, read] = await Promise.all([
        new Estimator(options).fit(createTable(given)),
        new Estimator(options).fit(batched(given)),
      ]);
      expect(await savedBytes(plain)).toEqual(await savedBytes(read));
    }
  });

  it('takes half floats and nulls for what they are', async () => {
    const cells = rows.map((i) => (i % 5 === 0 ? null : i % 5));
    const label = Float64Array.from(rows, (i) => (i % 5 === 0 ? 10 : i % 5));
    const kinds = { halves: vectorFromArray(cells, new Float16()), wholes: vectorFromArray(cells) };
    for (const x of Object.values(kinds)) {
      const given = { e: label, x, label };
      const options = { featuresCols: ['x'], maxIter: 3, maxLeaves: 7 };
      const plain = await new GBTRegressor(options).fit(createTable(given));
      const read = await new GBTRegressor(options).fit(batched(given));
      expect(await savedBytes(plain)).toEqual(await savedBytes(read));
    }
  });
});
