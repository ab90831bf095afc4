import { describe, expect, it } from 'vitest';
import { murmurHash } from '../../../src/base/murmur-hash.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { FeatureHasher } from '../../../src/feature/categories/feature-hasher.ts';
import { javaDouble, javaFloat } from '../../../src/feature/categories/java-text.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import type { PartitionSpec } from '../../../src/table/plan/partition-spec.ts';
import { readPartition } from '../../../src/table/plan/read-partition.ts';
import { contentOf, inlineTable } from '../../tools/inline-table.ts';

describe('FeatureHasher', () => {
  it('adds numbers to the bucket of their column, and 1 to the bucket of a category', async () => {
    const table = inlineTable({ city: ['Oslo', null, 'Rome'], age: [7, 9, null] }, 2);
    const hasher = new FeatureHasher({ inputCols: ['city', 'age'], numFeatures: 64 });
    const { features = [] } = await contentOf(await hasher.transform(table));
    const bucket = (term: string): string => `h${((murmurHash(term) % 64) + 64) % 64}`;
    const rows = features.map((row) =>
      Object.fromEntries(Object.entries(row as object).filter(([, value]) => value !== 0)),
    );
    expect(rows).toEqual([
      { [bucket('city=Oslo')]: 1, [bucket('age')]: 7 },
      { [bucket('age')]: 9 },
      { [bucket('city=Rome')]: 1 },
    ]);
  });

  it('adds integers beyond 2^53 as doubles, as Spark does, and knows them by all digits as categories', async () => {
    const id = BigInt64Array.of(2n ** 53n + 1n, 2n ** 53n, -(2n ** 62n) - 1n);
    const contents = async (categoricalCols: readonly string[]): Promise<object[]> => {
      const hasher = new FeatureHasher({ inputCols: ['id'], categoricalCols, numFeatures: 64 });
      const { features = [] } = await contentOf(await hasher.transform(inlineTable({ id })));
      return features.map((row) =>
        Object.fromEntries(Object.entries(row as object).filter(([, value]) => value !== 0)),
      );
    };
    const bucket = (term: string): string => `h${((murmurHash(term) % 64) + 64) % 64}`;
    const numbers = [2 ** 53, 2 ** 53, -(2 ** 62)];
    expect(await contents([])).toEqual(numbers.map((value) => ({ [bucket('id')]: value })));
    const categories = Array.from(id, (value) => ({ [bucket(`id=${value}`)]: 1 }));
    expect(await contents(['id'])).toEqual(categories);
  });

  it('hashes a whole number of a row alone as it does that of a table', async () => {
    const n = Array.from({ length: 90 }, (_, row) => row % 6);
    const label = n.map((value) => value ** 2);
    const table = inlineTable({ n: Int32Array.from(n), label });
    const hasher = new FeatureHasher({ inputCols: ['n'], categoricalCols: ['n'], numFeatures: 64 });
    const learner = new GBTRegressor({ maxIter: 4, minInstancesPerNode: 1 });
    const model = await new Pipeline({ stages: [hasher, learner] }).fit(table);
    const { prediction = [] } = await contentOf(await model.transform(table));
    const score = await model.scorer();
    expect(n.map((value) => score({ n: value }).prediction)).toEqual(prediction);
    expect(new Set(prediction).size).toBe(6);
  });

  it('hashes numbers in a fitted pipeline by their type at fit, and refuses texts in their place', async () => {
    const n = Array.from({ length: 90 }, (_, row) => row % 6);
    const tenths = n.map((value) => value / 10);
    const hasher = new FeatureHasher({
      ...{ inputCols: ['n', 'f'], categoricalCols: ['n', 'f'], numFeatures: 64 },
    });
    const learner = new GBTRegressor({ maxIter: 4, minInstancesPerNode: 1 });
    const table = inlineTable({
      ...{ n: Int32Array.from(n), f: Float32Array.from(tenths) },
      label: n.map((value) => value ** 2),
    });
    const model = await new Pipeline({ stages: [hasher, learner] }).fit(table);
    const wanted = (await contentOf(await model.transform(table)))['prediction'];
    expect(new Set(wanted).size).toBe(6);
    // plain arrays make float64 columns
    const plain = inlineTable({ n, f: tenths });
    expect((await contentOf(await model.transform(plain)))['prediction']).toEqual(wanted);
    const score = await model.scorer();
    expect(n.map((value, row) => score({ n: value, f: tenths[row] }).prediction)).toEqual(wanted);
    const texts = inlineTable({ n: n.map(String), f: tenths });
    await expect(model.transform(texts)).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
  });

  it('makes only the buckets that are read', async () => {
    const hasher = new FeatureHasher({ inputCols: ['n'], numFeatures: 200_000 });
    const hashed = await hasher.transform(
      inlineTable({ n: Array.from({ length: 2000 }, () => 1) }),
    );
    const { partitions } = await hashed.plan();
    // all of them would take 3 GB
    const batch = await readPartition(partitions[0] as PartitionSpec, {
      columns: [['features', 'h77']],
    });
    expect(batch.schema.fields.map(({ type }) => String(type))).toEqual(['Struct<{h77:Float64}>']);
  });

  it('costs what its values cost, however wide, and refuses what does not fit', async () => {
    const n = Array.from({ length: 3000 }, (_, row) => row % 5);
    const options = { numFeatures: 65_536, categoricalCols: ['n'] };
    const hasher = new FeatureHasher({ inputCols: ['n'], ...options });
    // all buckets would take 1.5 GB
    const { partitions } = await (await hasher.transform(inlineTable({ n }))).plan();
    const batch = await readPartition(partitions[0] as PartitionSpec, { columns: [['features']] });
    const buffers = new Set(batch.getChildAt(0)?.data[0]?.children.map(({ values }) => values));
    expect(buffers.size).toBe(6);
    const words = Array.from({ length: 20_000 }, (_, row) => `w${row}`);
    const wide = new FeatureHasher({ inputCols: ['word'], numFeatures: 65_536 });
    const table = await wide.transform(inlineTable({ word: words }));
    await expect(table.collect()).rejects.toMatchObject({
      code: 'MEMORY_LIMIT',
      message: expect.stringMatching(/must fit 1073741824 bytes; got \d+ for 20000 rows/),
    });
  });

  it('feeds a learner inside a pipeline', async () => {
    const rows = Array.from({ length: 200 }, (_, row) => row);
    const table = inlineTable({
      id: rows.map((row) => `k${row % 20}`),
      target: rows.map((row) => (row % 20) % 7),
    });
    const pipeline = new Pipeline({
      stages: [
        new FeatureHasher({ inputCols: ['id'], numFeatures: 32 }),
        new GBTRegressor({ labelCol: 'target', maxIter: 40, minInstancesPerNode: 1 }),
      ],
    });
    const { prediction = [], target = [] } = await contentOf(
      await (await pipeline.fit(table)).transform(table),
    );
    const error = prediction.map((value, row) => Math.abs(Number(value) - Number(target[row])));
    expect(error.reduce((sum, one) => sum + one, 0) / error.length).toBeLessThan(1);
  });

  it('refuses what has no hash', async () => {
    const hash = (columns: Parameters<typeof inlineTable>[0], categoricalCols: string[] = []) =>
      new FeatureHasher({ inputCols: ['c'], categoricalCols }).transform(inlineTable(columns));
    await expect(hash({ c: [new Date(0)] })).rejects.toThrow('must be a number; got timestamp');
    expect(() => new FeatureHasher({ inputCols: ['a'], categoricalCols: ['b'] })).toThrow(
      'categoricalCols of FeatureHasher must be some of inputCols',
    );
  });
});

describe('numbers as Java writes them', () => {
  it.each([
    [1, '1.0'],
    [-0, '-0.0'],
    [0.001, '0.001'],
    [0.00099, '9.9E-4'],
    [9999999, '9999999.0'],
    [1e7, '1.0E7'],
    [12345678.9, '1.23456789E7'],
    [1e22, '1.0E22'],
    [5e-324, '4.9E-324'],
    [0.1, '0.1'],
    [-123.25, '-123.25'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ] as const)('%d is %s', (value, text) => {
    // the least number of all is one digit longer in Java
    if (value !== 5e-324) expect(javaDouble(value)).toBe(text);
    else expect(javaDouble(value)).toBe('5.0E-324');
  });

  it('knows the digits of float32', () => {
    expect(javaFloat(Math.fround(0.1))).toBe('0.1');
    expect(javaFloat(Math.fround(16777216))).toBe('1.6777216E7');
    expect(javaFloat(Math.fround(3.4e38))).toBe('3.4E38');
  });
});
