import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataType, type Table, type Vector } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { DatePartExtractor } from '../../../src/feature/date-part-extractor.ts';
import {
  encodeCategories,
  fillNumeric,
  numericKind,
} from '../../../src/table/columns/column-values.ts';
import { columnOf } from '../../../src/table/columns/feature-columns.ts';
import { logicalTypeName, typeName } from '../../../src/table/columns/type-name.ts';
import { readParquet } from '../../../src/table/parquet/read-parquet.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const realData = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const runner = new InlineRunner();

const expected = new Map<string, unknown[]>();
for (const line of readFileSync(join(fixtures, 'expected.ndjson'), 'utf8').trim().split('\n')) {
  const { name, values } = JSON.parse(line) as { name?: string; values?: unknown[] };
  if (name !== undefined && values !== undefined) expected.set(name, values);
}

function fixture(name: string): string {
  return join(fixtures, name);
}

/** The cells of a column as they stand in expected.ndjson. */
function cells(table: Table, name: string): unknown[] {
  const column = table.getChild(name) as Vector;
  const { type } = column;
  if (numericKind(type) !== null) {
    const values = new Float64Array(column.length);
    fillNumeric(column, values, 0, name);
    if (DataType.isBool(type)) return Array.from(values, (x) => (Number.isNaN(x) ? null : x === 1));
    const units = typeName(type).match(/^timestamp\((s|ms|us|ns)/)?.[1];
    const perMs = units === undefined ? 1 : { s: 1e-3, ms: 1, us: 1e3, ns: 1e6 }[units];
    // Timestamps in nanoseconds are rounded: compare them by the millisecond.
    const inMs = (x: number) => (perMs === 1e6 ? Math.round(x / 1e6) : x / (perMs as number));
    return Array.from(values, (x) => (Number.isNaN(x) ? null : inMs(x)));
  }
  if (logicalTypeName(type) === 'string') {
    const codes = new Int32Array(column.length);
    const values = encodeCategories(column, codes, 0);
    return Array.from(codes, (code) => (code < 0 ? null : values[code]));
  }
  return (JSON.parse(JSON.stringify(column.toArray())) as unknown[]) ?? [];
}

async function expectColumns(path: string, rows = 60): Promise<Table> {
  const table = await readParquet(runner, fixture(path));
  const data = await table.collect();
  expect(data.numRows).toBe(rows);
  for (const field of data.schema.fields) {
    const want = expected.get(field.name)?.slice(0, rows);
    if (DataType.isList(field.type) || DataType.isStruct(field.type)) continue;
    if (DataType.isFixedSizeList(field.type)) continue;
    expect(cells(data, field.name), `${path}: ${field.name}`).toEqual(want);
  }
  return data;
}

describe('readParquet', () => {
  it.each([
    'pyarrow-types.parquet',
    'pyarrow-plain.parquet',
    'pyarrow-zstd-v2.parquet',
    'pyarrow-gzip.parquet',
    'pyarrow-brotli.parquet',
    'pyarrow-lz4.parquet',
    'pyarrow-delta.parquet',
    'pyarrow-page-index.parquet',
    'pyarrow-no-arrow-schema.parquet',
    'duckdb.parquet',
    'duckdb-zstd.parquet',
    'spark-like',
  ])('reads every cell of %s', async (path) => {
    await expectColumns(path);
  });

  it('reads vectors, structs and lists', async () => {
    const table = await readParquet(runner, fixture('pyarrow-types.parquet'));
    expect(table.numPartitions).toBe(3);
    const data = await table.collect();
    const batch = data.batches[0] as never;
    expect([...columnOf(batch, ['vector', '1'])]).toEqual(
      Array.from({ length: 60 }, (_, i) => i + 0.25),
    );
    expect([...columnOf(batch, ['struct', 'x'])]).toEqual(
      Array.from({ length: 60 }, (_, i) => i / 2),
    );
    expect(columnOf(batch, ['struct', 'y']).get(3)).toBe(null);
    const lists = [...(data.getChild('list') as Vector)].map((list) =>
      list === null ? null : [...(list as Vector)],
    );
    expect(lists).toEqual(expected.get('list'));
    expect(typeName(table.schema.fields.find((field) => field.name === 'category')?.type)).toBe(
      'dictionary<string>',
    );
    expect(typeName(table.schema.fields.find((field) => field.name === 'large_text')?.type)).toBe(
      'string',
    );
  });

  it('reads instants of any zone, and the zone where the file stores the unit', async () => {
    const table = await readParquet(runner, fixture('pyarrow-zones.parquet'));
    expect(table.schema.fields.map(({ type }) => typeName(type))).toEqual([
      'timestamp(ms, UTC)',
      'timestamp(ms, Europe/Berlin)',
      'timestamp(us, Europe/Berlin)',
      'timestamp(ns, Europe/Berlin)',
    ]);
    const moments = [0, 1_720_000_000_000, null, -1000];
    expect(await table.take(4)).toEqual(moments.map((ms) => ({ s: ms, ms, us: ms, ns: ms })));
    const extractor = new DatePartExtractor({ inputCol: 's', outputCol: 'at', parts: ['hour'] });
    const parts = await (await extractor.transform(table)).select('at').take(2);
    expect(parts).toEqual([{ at: { hour: 0 } }, { at: { hour: 9 } }]);
    const path = join(temporaryFolder('zones'), 'written.parquet');
    await table.write.parquet(path);
    const written = await readParquet(runner, path);
    expect(written.schema.fields.map(({ type }) => typeName(type))).toEqual(
      table.schema.fields.map(({ type }) => typeName(type)),
    );
    expect(await written.take(4)).toEqual(await table.take(4));
  });

  it('keeps the schema of a file without rows', async () => {
    const table = await readParquet(runner, fixture('pyarrow-no-rows.parquet'));
    expect(await table.count()).toBe(0);
    expect((await table.collect()).numRows).toBe(0);
    expect(table.columns).toContain('decimal');
    expect(table.schema.fields.find((field) => field.name === 'solid')?.nullable).toBe(false);
  });

  it('reads lists, structs and maps of a file without rows, and writes them', async () => {
    const table = await readParquet(runner, fixture('pyarrow-no-rows-nested.parquet'));
    expect((await table.collect()).numRows).toBe(0);
    const to = join(temporaryFolder('no-rows'), 'written');
    await table.write.arrow(`${to}.arrow`);
    await table.write.parquet(`${to}.parquet`);
    const written = await readParquet(runner, `${to}.parquet`);
    expect(written.schema.fields.map(({ type }) => typeName(type))).toEqual(
      table.schema.fields.map(({ type }) => typeName(type)),
    );
  });

  it('reads a row group in pieces whose deltas the decoder cannot skip', async () => {
    const table = await readParquet(runner, fixture('duckdb-v2.parquet'));
    expect(table.numPartitions).toBe(2);
    const data = await table.collect();
    const column = (name: string): Vector => data.getChild(name) as Vector;
    const [half, text, pair] = [column('half'), column('text'), column('pair')];
    let numWrong = Number(data.numRows !== 262_200);
    for (let i = 0; i < data.numRows; i++) {
      const isRight =
        half.get(i) === BigInt(i >> 1) && text.get(i) === (i % 1000 > 0 ? `t${i % 7}` : null);
      const { a, b } = pair.get(i) as { a: bigint; b: boolean };
      if (!isRight || a !== BigInt(Math.floor(i / 3)) || b !== (i % 2 === 0)) numWrong += 1;
    }
    expect(numWrong).toBe(0);
  });

  it('makes columns of key=value folders', async () => {
    const table = await readParquet(runner, fixture('hive'));
    const data = await table.collect();
    expect(table.columns).toEqual(['int32', 'text', 'year', 'zone']);
    expect(cells(data, 'year')).toEqual([...Array(10).fill(2019), ...Array(10).fill(2020)]);
    expect(cells(data, 'zone').slice(0, 10)).toEqual([
      ...Array(5).fill(null),
      ...Array(5).fill('a b'),
    ]);
    expect(cells(data, 'int32').slice(0, 5)).toEqual(expected.get('int32')?.slice(0, 5));
  });

  it('takes lists and globs, sorted by path', async () => {
    const list = [
      fixture('spark-like/part-00002-c000.snappy.parquet'),
      fixture('spark-like/part-00000-c000.snappy.parquet'),
    ];
    const first = cells(await (await readParquet(runner, list)).collect(), 'int32');
    const whole = expected.get('int32') as unknown[];
    expect(first).toEqual([...whole.slice(0, 20), ...whole.slice(40)]);
    const glob = await readParquet(runner, fixture('spark-like/part-0000[01]*.{parquet,pq}'));
    expect(cells(await glob.collect(), 'int32')).toEqual(whole.slice(0, 40));
    const deep = await readParquet(runner, fixture('hive/**/data.parquet'));
    expect(await deep.count()).toBe(20);
    expect(deep.columns).toContain('year');
  });

  it('refuses files whose columns differ, naming file and column', async () => {
    const files = [fixture('duckdb.parquet'), fixture('spark-like/part-00000-c000.snappy.parquet')];
    await expect(readParquet(runner, files)).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
      context: { column: 'int16' },
    });
  });

  it('names the nearest file when one is missing', async () => {
    await expect(readParquet(runner, fixture('duckbd.parquet'))).rejects.toThrow(
      /did you mean .*duckdb\.parquet\?/,
    );
    await expect(readParquet(runner, fixture('no-*.parquet'))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });
});

const files = existsSync(realData)
  ? readdirSync(realData).filter((name) => name.endsWith('.parquet'))
  : [];

describe.skipIf(files.length === 0)('real files (skipped where ../shared/data is absent)', () => {
  it('are read whole', async () => {
    for (const name of files) {
      const table = await readParquet(runner, join(realData, name));
      const count = await table.count();
      const column = table.columns[0] as string;
      let rows = 0;
      for await (const batch of table.batches({ columns: [column] })) rows += batch.numRows;
      expect(rows, name).toBe(count);
    }
  });
});
