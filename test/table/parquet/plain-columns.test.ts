/** Flat Parquet files are known and read without Arrow's objects; they must be what they are with them. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Schema, type Vector } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { col, createTable, GBTClassifier, GBTRegressor, Session } from '../../../src/index.ts';
import { encodeCategories } from '../../../src/table/columns/column-values.ts';
import { forms } from '../../../src/table/files/sources.ts';
import { readParquet } from '../../../src/table/parquet/read-parquet.ts';
import type { PartitionSpec } from '../../../src/table/plan/partition-spec.ts';
import {
  encodePartition,
  fillPartition,
  readPartition,
} from '../../../src/table/plan/read-partition.ts';
import { schemaToRecord } from '../../../src/table/schema-record.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const runner = new InlineRunner();
const numRows = 600;
const rows = Array.from({ length: numRows }, (_, i) => i);
const words = ['b', 'a', 'été', '', 'c'];
const columns = {
  text: rows.map((i) => (i % 7 === 3 ? null : (words[i % 5] as string))),
  whole: BigInt64Array.from(rows, (i) => BigInt((i * 37) % 90)),
  small: Int16Array.from(rows, (i) => (i % 11) - 5),
  number: rows.map((i) => (i % 9 === 4 ? null : Math.sin(i))),
  single: Float32Array.from(rows, (i) => Math.cos(i * i)),
};
const labels = {
  text: rows.map((i) => words[(i * i) % 3] as string),
  whole: BigInt64Array.from(rows, (i) => BigInt((i * i) % 3)),
  number: Float64Array.from(rows, (i) => Math.sin(i) + (i % 3)),
  single: Float32Array.from(rows, (i) => (i * i) % 3),
};

async function written(given: Record<string, unknown>): Promise<string> {
  const path = join(temporaryFolder('plain-columns'), 'rows.parquet');
  await createTable(given as typeof columns).write.parquet(path);
  return path;
}

describe('a table of a flat Parquet file', () => {
  it.each([
    ['pyarrow-flat.parquet', true],
    ['pyarrow-flat-plain.parquet', true],
    ['pyarrow-flat-v2.parquet', true],
    ['pandas-index.parquet', null],
    ['pyarrow-no-rows.parquet', null],
    ['pyarrow-types.parquet', false],
    ['pyarrow-page-index.parquet', null],
    ['duckdb.parquet', null],
    ['spark-like', null],
  ])('says of its columns without a schema what their schema says: %s', async (path, isPlain) => {
    const table = await readParquet(runner, join(fixtures, path));
    if (isPlain !== null) expect(table.plainSchema instanceof Schema).toBe(!isPlain);
    const { plainSchema } = table;
    const record = plainSchema instanceof Schema ? schemaToRecord(plainSchema) : plainSchema;
    expect(table.schema).toBeInstanceOf(Schema);
    expect(record).toEqual(schemaToRecord(table.schema));
    expect(table.columns).toEqual(table.schema.fields.map(({ name }) => name));
    expect((await table.collect()).schema.fields.map(String)).toEqual(
      table.schema.fields.map(String),
    );
  });

  it('has verbs, typed columns and errors that name columns', async () => {
    const table = await readParquet(runner, await written(columns));
    expect(table.plainSchema).not.toBeInstanceOf(Schema);
    const chosen = table.select('text', 'whole').filter(col('whole').lt(10));
    expect(chosen.columns).toEqual(['text', 'whole']);
    expect(await chosen.count()).toBe(columns.whole.filter((value) => value < 10n).length);
    expect(() => table.select('txt' as 'text')).toThrow(/text/);
    expect(() => table.typed({ text: 'number' })).toThrow(/text/);
    const options = { featuresCols: ['text', 'nmber'], labelCol: 'number' };
    await expect(new GBTRegressor(options).fit(table)).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
    });
    const ofText = { featuresCols: ['whole'], labelCol: 'text' };
    await expect(new GBTRegressor(ofText).fit(table)).rejects.toMatchObject({
      code: 'COLUMN_TYPE',
    });
  });
});

describe('codes of text', () => {
  it.each([
    'pyarrow-flat.parquet',
    'pyarrow-flat-v2.parquet',
    'pyarrow-types.parquet',
    'duckdb.parquet',
    'spark-like',
    null,
  ])('are those of the column that is read as a dictionary: %s', async (name) => {
    const path = name === null ? await written(columns) : join(fixtures, name);
    const table = await readParquet(runner, path);
    const { partitions, schema } = await table.plan();
    const texts = schema.fields.filter(({ type }) => type.typeId === 5);
    expect(texts.length).toBeGreaterThan(0);
    let numCoded = 0;
    for (const spec of partitions) {
      const end = spec.source.numRows as number;
      for (const { name } of texts) {
        const out = new Int32Array(end);
        const [values] = await encodePartition(spec, [{ name, out }], { start: 0, end });
        if (values == null) continue;
        numCoded += 1;
        const request = { columns: [name], textMayBeDictionary: true };
        const vector = (await readPartition(spec, request)).getChildAt(0);
        const expected = new Int32Array(end);
        expect(values).toEqual(vector && encodeCategories(vector, expected, 0));
        expect(out).toEqual(expected);
      }
    }
    if (name === null || name === 'pyarrow-flat.parquet') expect(numCoded).toBeGreaterThan(0);
  });
});

describe('codes of numbers that a cast only names', () => {
  const named = (values: readonly string[], codes: Int32Array) =>
    Array.from(codes, (code) => (code < 0 ? null : values[code]));

  it.each([
    'pyarrow-flat.parquet',
    'pyarrow-flat-plain.parquet',
    'pyarrow-flat-v2.parquet',
    'pyarrow-types.parquet',
    'duckdb.parquet',
    null,
  ])('stand for the names that the cast gives: %s', async (name) => {
    const odd = { zero: rows.map((i) => [0, -0, Number.NaN, null, 2.5][i % 5] as number | null) };
    const path = name === null ? await written({ ...columns, ...odd }) : join(fixtures, name);
    const read = await readParquet(runner, path);
    const numbers = read.schema.fields.filter(({ type: { typeId } }) => [2, 3].includes(typeId));
    expect(numbers.length).toBeGreaterThan(0);
    const types = numbers.map((field, i) => [field.name, i % 2 === 0 ? 'category' : 'string']);
    const { partitions } = await read.cast(Object.fromEntries(types)).plan();
    let numCoded = 0;
    for (const spec of partitions) {
      const end = spec.source.numRows as number;
      const wanted = numbers.map(({ name }) => ({ name, out: new Int32Array(end) }));
      const found = await encodePartition(spec, wanted, { start: 0, end });
      for (const [i, { name, out }] of wanted.entries()) {
        const values = found[i];
        if (values == null) continue;
        numCoded += 1;
        const vector = (await readPartition(spec, { columns: [name] })).getChildAt(0) as Vector;
        const expected = new Int32Array(end);
        expect(named(values, out)).toEqual(named(encodeCategories(vector, expected, 0), expected));
      }
    }
    if (name === null || /flat/.test(name)) expect(numCoded).toBeGreaterThan(0);
  });

  it('are read beside columns that steps make, and not of these', async () => {
    const table = await readParquet(runner, await written(columns));
    const made = table.withColumn('single', col('single').add(1)).cast({ single: 'category' });
    const [spec] = (await made.cast({ small: 'category' }).plan()).partitions;
    const wanted = ['small', 'single', 'text'].map((name) => ({
      name,
      out: new Int32Array(numRows),
    }));
    const found = await encodePartition(spec as PartitionSpec, wanted, { start: 0, end: numRows });
    expect(found.map((values) => values !== null)).toEqual([true, false, true]);
    const numbers = ['whole', 'single'].map((name) => ({
      name,
      out: name === 'single' ? new Float32Array(numRows) : new Float64Array(numRows),
      mayBeSparse: false,
    }));
    const filled = await fillPartition(spec as PartitionSpec, numbers, { start: 0, end: numRows });
    expect(filled).toEqual([forms.dense, forms.none]);
    expect(numbers[0]?.out).toEqual(Float64Array.from(columns.whole, Number));
  });
});

describe('a fit of a flat Parquet file', () => {
  it('is that of batches where numbers are cast to categories', async () => {
    await using session = await Session.local({ threads: 2 });
    const path = await written({ ...columns, label: labels.text });
    const table = (await session.read.parquet(path)).cast({ whole: 'category', small: 'string' });
    const options = { featuresCols: Object.keys(columns), maxIter: 5, maxLeaves: 7 };
    const [plain, batched] = await Promise.all(
      [table, table.filter(col('single').isNotNull())].map(async (each) =>
        savedBytes(await new GBTClassifier(options).fit(each)),
      ),
    );
    expect(plain).toEqual(batched);
  });

  it.each(Object.entries(labels))('is that of batches: label %s', async (kind, label) => {
    await using session = await Session.local({ threads: 1 });
    const table = await session.read.parquet(await written({ ...columns, label }));
    // a step that may drop rows has them read as a batch
    const batched = table.filter(col('small').isNotNull());
    const options = { featuresCols: Object.keys(columns), maxIter: 5, maxLeaves: 7 };
    for (const Estimator of [GBTRegressor, GBTClassifier]) {
      if (kind === (Estimator === GBTClassifier ? 'number' : 'text')) continue;
      const plain = await new Estimator(options).fit(table);
      expect(await savedBytes(plain)).toEqual(
        await savedBytes(await new Estimator(options).fit(batched)),
      );
    }
  });

  it('refuses classes that are integers too large to be told apart, and missing labels', async () => {
    const large = { ...columns, label: labels.whole.map((value) => 2n ** 60n * value) };
    const options = { featuresCols: ['small'], maxIter: 2 };
    const fit = async (given: Record<string, unknown>) =>
      new GBTClassifier(options).fit(await readParquet(runner, await written(given)));
    await expect(fit(large)).rejects.toMatchObject({ code: 'DATA_INVALID' });
    const holed = { ...columns, label: labels.text.map((text, i) => (i === 17 ? null : text)) };
    await expect(fit(holed)).rejects.toThrow(/got null or NaN in row 17 of partition 0/);
  });
});
