import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  DateMillisecond,
  Decimal,
  Field,
  Float64,
  Schema,
  Table,
  TimeSecond,
  TimestampSecond,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Progress } from '../../../src/base/progress.ts';
import { InlineRunner, registerTask } from '../../../src/cluster/task-runner.ts';
import { numericValues } from '../../../src/table/columns/column-values.ts';
import {
  batchOfColumns,
  dictionaryColumn,
  fixedSizeListColumn,
  structColumn,
  withColumns,
} from '../../../src/table/columns/make-column.ts';
import { typeName } from '../../../src/table/columns/type-name.ts';
import {
  tableFromArrow,
  tableFromBatch,
  tableFromColumns,
} from '../../../src/table/create-table.ts';
import { col } from '../../../src/table/expressions/expression.ts';
import { encodeParquet } from '../../../src/table/parquet/encode-parquet.ts';
import { headBytes } from '../../../src/table/parquet/footer.ts';
import { parquetFormat } from '../../../src/table/parquet/parquet-file-writer.ts';
import { readParquet } from '../../../src/table/parquet/read-parquet.ts';
import { writeParquet } from '../../../src/table/parquet/write-parquet.ts';
import { registerOperator } from '../../../src/table/plan/operators.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { cellsOf, columnKinds, plainCells, vectorOf } from '../arbitrary-columns.ts';

const runner = new InlineRunner();
const folder = temporaryFolder('write-parquet');
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
let names = 0;

function fresh(extension = '.parquet'): string {
  return join(folder, `file-${names++}${extension}`);
}

const moments = [new Date(1234), null, new Date(-86_400_000)];

function numbers(numPartitions = 3) {
  const x = Float64Array.from({ length: 10 }, (_, i) => i / 2);
  return tableFromColumns(
    runner,
    { x, s: ['a', 'b', null, 'd', 'e', 'f', 'g', 'h', 'i', 'j'] },
    { numPartitions },
  );
}

describe('writeParquet', () => {
  it('stores dates in milliseconds as times that other programs know, inside structs too', async () => {
    const when = vectorFromArray(moments, new DateMillisecond()) as Vector;
    const inner = structColumn([['when', when]], 3);
    const path = fresh();
    await writeParquet(tableFromArrow(runner, new Table({ when, inner } as never)), path);
    const back = await readParquet(runner, path);
    expect(back.schema.fields.map(({ type }) => typeName(type))).toEqual([
      'timestamp(ms)',
      'struct<when: timestamp(ms)>',
    ]);
    const cells = numericValues((await back.collect()).getChild('when') as Vector);
    expect([...cells]).toEqual([1234, Number.NaN, -86_400_000]);
  });

  it('stores timestamps and times of day in seconds as times that other programs know', async () => {
    const at = vectorFromArray([1000, null, -86_400_000], new TimestampSecond());
    const late = vectorFromArray([1000, 2000, 3000], new TimestampSecond('UTC'));
    const time = vectorFromArray([1, null, 86_399], new TimeSecond());
    const inner = structColumn([['at', at]], 3);
    const table = new Table({ at, late, time, inner } as never);
    const path = fresh();
    // two partitions: slices that begin inside the buffers
    await writeParquet(tableFromArrow(runner, table).repartition(2), path);
    const back = await readParquet(runner, path);
    expect(back.schema.fields.map(({ type }) => typeName(type))).toEqual([
      'timestamp(ms)',
      'timestamp(ms, UTC)',
      'time(ms)',
      'struct<at: timestamp(ms)>',
    ]);
    const cells = await back.collect();
    const numbers = (name: string) => [...numericValues(cells.getChild(name) as Vector)];
    expect(numbers('at')).toEqual([1000, Number.NaN, -86_400_000]);
    expect(numbers('late')).toEqual([1000, 2000, 3000]);
    expect(numbers('time')).toEqual([1000, Number.NaN, 86_399_000]);
  });

  it('refuses, by the name of the column, what no Parquet file can hold, and leaves no file', async () => {
    const far = new Table({
      far: vectorFromArray([1000, 2000], new TimestampSecond()),
    } as never);
    (far.getChild('far')?.data[0]?.values as BigInt64Array)[1] = 2n ** 62n;
    const folded = new Table({
      rate: vectorFromArray([null, null], new Decimal(-2, 5, 128)),
    } as never);
    const names = readdirSync(folder).length;
    await expect(writeParquet(tableFromArrow(runner, far), fresh())).rejects.toMatchObject({
      code: 'DATA_INVALID',
      context: { column: 'far' },
    });
    await expect(writeParquet(tableFromArrow(runner, folded), fresh())).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      context: { column: 'rate' },
    });
    expect(readdirSync(folder).length).toBe(names);
  });

  it('removes what a killed writer of the same file left, and nothing of one that may live', async () => {
    const path = fresh();
    const here = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
    // no process has a number above 2^22
    const [dead, elsewhere, other] = [
      `${path}.tmp-${here}-4194305-0123abcd`,
      `${path}.tmp-00000000-4194305-0123abcd`,
      `${path}x.tmp-${here}-4194305-0123abcd`,
    ];
    for (const file of [dead, elsewhere, other]) writeFileSync(file, 'half');
    await writeParquet(numbers(), path);
    expect([dead, elsewhere, other].map((file) => existsSync(file))).toEqual([false, true, true]);
    rmSync(elsewhere);
    rmSync(other);
  });

  it('gives back every cell of every kind of column, in order, from any number of partitions', async () => {
    const columns = fc.tuple(...columnKinds.map((kind) => cellsOf(kind, 15)));
    await fc.assert(
      fc.asyncProperty(columns, fc.integer({ min: 1, max: 7 }), async (cells, numPartitions) => {
        const length = Math.min(...cells.map((column) => column.length));
        const vectors = columnKinds.map(
          (kind, i) => [kind.name, vectorOf(kind, (cells[i] ?? []).slice(0, length))] as const,
        );
        const table = tableFromBatch(runner, batchOfColumns(vectors), { numPartitions });
        const path = fresh();
        await writeParquet(table, path);
        const back = await (await readParquet(runner, path)).collect();
        expect(back.numRows).toBe(length);
        for (const [name, vector] of vectors) {
          expect(plainCells(back.getChild(name) as Vector), name).toEqual(plainCells(vector));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('gives back hundreds of columns, which are read in portions, and any of them alone', async () => {
    const names = Array.from({ length: 600 }, (_, c) => `x${(c * 7) % 600}`);
    const columns = Object.fromEntries(
      names.map((name, c) => [name, Float64Array.from({ length: 6 }, (_, i) => 10 * c + i)]),
    );
    const path = fresh();
    await writeParquet(tableFromColumns(runner, columns, { numPartitions: 2 }), path);
    const table = await readParquet(runner, path);
    expect(table.columns).toEqual(names);
    const back = await table.collect();
    for (const name of names) expect(back.getChild(name)?.toArray()).toEqual(columns[name]);
    const three = await table.select('x599', 'x0', 'x300').collect();
    for (const name of ['x599', 'x0', 'x300']) {
      expect(three.getChild(name)?.toArray()).toEqual(columns[name]);
    }
  });

  it.each([1, 3])('writes columns that share memory, in %d partitions', async (numPartitions) => {
    const x = Float64Array.from({ length: 40 }, (_, i) => i / 3);
    const [head, tail] = [x.subarray(0, 30), x.subarray(10, 40)];
    const shared = { a: head, b: head, c: tail };
    const path = fresh();
    const table = tableFromColumns(runner, shared, { numPartitions });
    await writeParquet(table.withColumn('d', col('c')), path);
    const back = await (await readParquet(runner, path)).collect();
    const found = ['a', 'b', 'c', 'd'].map((name) => back.getChild(name)?.toArray());
    expect(found).toEqual([head, head, tail, tail]);
  });

  it('keeps the metadata of fields, types and nullability', async () => {
    const probability = fixedSizeListColumn(Float64Array.of(0.1, 0.9, 0.4, 0.6), 2);
    const kind = dictionaryColumn(Int32Array.of(1, -1), ['u', 'v']);
    const plain = batchOfColumns([['kind', kind]]);
    const metadata = new Map([['classes', '["no","yes"]']]);
    const field = new Field('probability', probability.type, false, metadata);
    const batch = withColumns(plain, [[field, probability]]);
    const path = fresh();
    await writeParquet(tableFromBatch(runner, batch, { numPartitions: 2 }), path);
    const back = await readParquet(runner, path);
    const read = back.schema.fields[1] as Field;
    expect(read.metadata.get('classes')).toBe('["no","yes"]');
    expect(read.nullable).toBe(false);
    expect(String(read.type)).toBe('FixedSizeList[2]<Float64>');
    expect(String(back.schema.fields[0]?.type)).toBe('Dictionary<Int32, Utf8>');
  });

  it('writes a folder of parts where the path is no .parquet', async () => {
    const path = fresh('');
    await writeParquet(numbers(), path);
    expect(readdirSync(path).sort()).toEqual([
      'part-00000.parquet',
      'part-00001.parquet',
      'part-00002.parquet',
    ]);
    const back = await (await readParquet(runner, path)).collect();
    expect(plainCells(back.getChild('x') as Vector)).toEqual(
      plainCells((await numbers().collect()).getChild('x') as Vector),
    );
  });

  it('rewrites what other writers wrote', async () => {
    const table = await readParquet(runner, join(fixtures, 'pyarrow-types.parquet'));
    const path = fresh();
    await writeParquet(table, path, { compression: 'zstd' });
    const before = await table.collect();
    const after = await (await readParquet(runner, path)).collect();
    for (const name of table.columns) {
      expect(plainCells(after.getChild(name) as Vector), name).toEqual(
        plainCells(before.getChild(name) as Vector),
      );
    }
  });

  it('writes tables without rows', async () => {
    const none = tableFromColumns(runner, { x: new Float64Array(0), s: [] as string[] });
    const path = fresh();
    await writeParquet(none, path);
    const back = await readParquet(runner, path);
    expect(back.columns).toEqual(['x', 's']);
    expect(await back.count()).toBe(0);
    const again = fresh();
    await writeParquet(back, again);
    expect((await readParquet(runner, again)).columns).toEqual(['x', 's']);
  });

  it('refuses an existing path unless told to overwrite it', async () => {
    const path = fresh();
    await writeParquet(numbers(), path);
    await expect(writeParquet(numbers(), path)).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    await writeParquet(numbers(1), path, { overwrite: true });
    expect((await readParquet(runner, path)).numPartitions).toBe(1);
    const parts = fresh('');
    await writeParquet(numbers(), parts);
    await expect(writeParquet(numbers(), parts)).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    await writeParquet(numbers(1), parts, { overwrite: true });
    expect(readdirSync(parts)).toEqual(['part-00000.parquet']);
    writeFileSync(join(parts, 'thesis.txt'), 'years of work');
    await expect(writeParquet(numbers(), parts, { overwrite: true })).rejects.toMatchObject({
      code: 'FILE_EXISTS',
    });
    expect(existsSync(join(parts, 'thesis.txt'))).toBe(true);
    const dir = fresh();
    mkdirSync(dir);
    await expect(writeParquet(numbers(), dir, { overwrite: true })).rejects.toMatchObject({
      code: 'FILE_EXISTS',
    });
  });

  it('leaves nothing behind when a partition fails or the caller gives up', async () => {
    registerOperator('test.failing', () => (batch, context) => {
      if (context.partition === 2) throw new Error('the third partition fails');
      return batch;
    });
    const table = numbers().withOperator(
      { kind: 'test.failing', reads: [], writes: ['x'] },
      numbers().schema,
    );
    const before = readdirSync(folder).length;
    await expect(writeParquet(table, fresh())).rejects.toThrow(/third partition/);
    await expect(writeParquet(table, fresh(''))).rejects.toThrow(/third partition/);
    const signal = AbortSignal.abort();
    await expect(writeParquet(numbers(), fresh(), { signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(readdirSync(folder).length).toBe(before);
  });

  it('leaves the old file where the new one cannot be written', async () => {
    const path = fresh();
    await writeParquet(numbers(), path);
    const table = numbers().withOperator(
      { kind: 'test.failing', reads: [], writes: ['x'] },
      numbers().schema,
    );
    await expect(writeParquet(table, path, { overwrite: true })).rejects.toThrow(/third partition/);
    expect(await (await readParquet(runner, path)).count()).toBe(10);
  });

  it('refuses nulls in a column whose schema has none, and unknown compressions', async () => {
    const schema = new Schema([
      new Field('x', new Float64(), false),
      new Field('s', numbers().schema.fields[1]?.type, false),
    ]);
    const table = numbers().withOperator({ kind: 'test.failing', reads: [], writes: [] }, schema);
    await expect(writeParquet(table, fresh())).rejects.toThrow(/column s must have no nulls/);
    await expect(writeParquet(numbers(), fresh(), { compression: 'lzo' as never })).rejects.toThrow(
      /one of none, snappy/,
    );
  });

  it('tells how many rows are written', async () => {
    const reports: string[] = [];
    const onProgress = ({ phase, done, total, message }: Progress) =>
      reports.push(`${phase} ${done}/${total} ${message}`);
    await writeParquet(numbers(), fresh(), { onProgress });
    expect(reports).toEqual(['write 3/10 rows', 'write 6/10 rows', 'write 10/10 rows']);
    reports.length = 0;
    await writeParquet(numbers(2).na.drop(), fresh(), { onProgress });
    expect(reports).toEqual(['write 1/2 partitions', 'write 2/2 partitions']);
  });

  it('runs a bounded number of partitions at once', async () => {
    let running = 0;
    let most = 0;
    registerTask('test.slow', async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      return null;
    });
    for await (const result of numbers(9).runPartitions('test.slow', {})) expect(result).toBe(null);
    expect(most).toBeLessThanOrEqual(2);
  });
});

describe('a Parquet file of more than 4 GiB', () => {
  it('is read right, row groups beyond 2^32 too', async () => {
    const path = fresh();
    const fd = openSync(path, 'w');
    writeSync(fd, headBytes, 0, 4, 0);
    const sink = {
      position: 5_000_000_000,
      async write(bytes: Uint8Array) {
        writeSync(fd, bytes, 0, bytes.length, sink.position);
        sink.position += bytes.length;
      },
    };
    const batch = batchOfColumns([['x', vectorOf(columnKinds[10] as never, [1.5, null, 3])]]);
    const encoded = encodeParquet(batch, batch.schema, { compression: 'snappy', rowGroupRows: 2 });
    const real = await parquetFormat.begin(sink as never);
    await real.part(encoded);
    await real.end();
    ftruncateSync(fd, sink.position);
    closeSync(fd);
    const table = await readParquet(runner, path);
    expect(table.numPartitions).toBe(2);
    expect(plainCells((await table.collect()).getChild('x') as Vector)).toEqual([
      '1.5',
      'null',
      '3',
    ]);
  });
});
