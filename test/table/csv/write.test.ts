import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DateDay,
  DateMillisecond,
  Decimal,
  Field,
  Float32,
  Int64,
  Schema,
  Table,
  TimeMicrosecond,
  TimeMillisecond,
  TimestampMicrosecond,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { fixedSizeListColumn, structColumn } from '../../../src/table/columns/make-column.ts';
import { tableFromArrow, tableFromColumns } from '../../../src/table/create-table.ts';
import { readCsv } from '../../../src/table/csv/read-csv.ts';
import { writeCsv } from '../../../src/table/csv/write-csv.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const runner = new InlineRunner();
const folder = temporaryFolder('csv-write');
let files = 0;

describe('writeCsv', () => {
  it('writes one file, partition after partition, under a header', async () => {
    const table = tableFromColumns(
      runner,
      {
        a: [1, null, 0.1, 1e21],
        'b,c': ['x', '', 'say "hi"\n', null],
        d: [true, false, null, true],
      },
      { numPartitions: 3 },
    );
    const path = join(folder, 'one.csv');
    await writeCsv(table, path);
    expect(readFileSync(path, 'utf8')).toBe(
      'a,"b,c",d\n1,x,true\n,"",false\n0.1,"say ""hi""\n",\n1e+21,,true\n',
    );
    await expect(writeCsv(table, path)).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    await writeCsv(table, path, { overwrite: true, header: false, delimiter: ';' });
    expect(readFileSync(path, 'utf8')).toMatch(/^1;x;true\n;"";false\n/);
    expect(readdirSync(folder)).toEqual(['one.csv']);
  });

  it('writes a folder with a file for each partition', async () => {
    const table = tableFromColumns(runner, { a: [1, 2, 3] }, { numPartitions: 3 });
    const path = join(folder, 'parts');
    await writeCsv(table, path);
    expect(readdirSync(path).sort()).toEqual([
      'part-00000.csv',
      'part-00001.csv',
      'part-00002.csv',
    ]);
    const back = await readCsv(runner, path);
    expect([...((await back.collect()).getChild('a') ?? [])]).toEqual([1, 2, 3]);
  });

  it('writes every type', async () => {
    const times = [1577836800500000n, -1n];
    const table = tableFromArrow(
      runner,
      new Table({
        day: vectorFromArray([new Date(0), new Date('2020-02-29')], new DateDay()),
        time: vectorFromArray(times.map(Number), new TimestampMicrosecond()),
        wide: vectorFromArray([2n ** 62n, -1n], new Int64()),
        single: vectorFromArray([0.1, 16777216], new Float32()),
        category: vectorFromArray(['x', 'y']),
        vector: fixedSizeListColumn(Float64Array.of(0.25, 0.75, 1, 0), 2),
        struct: structColumn([['p', vectorFromArray([1, 2], new Float32())]], 2),
      } as never),
    );
    const path = join(folder, 'types.csv');
    await writeCsv(table, path);
    const [, first, second] = readFileSync(path, 'utf8').split('\n');
    expect(first).toMatch(
      /^1970-01-01,.*,4611686018427387904,0\.1,x,"\[0\.25,0\.75\]","\{""p"":1\}"$/,
    );
    expect(second).toMatch(/^2020-02-29,.*,-1,16777216,y,"\[1,0\]","\{""p"":2\}"$/);
  });

  it('writes times of day and dates in milliseconds as people write them', async () => {
    const ms = 5 * 3_600_000 + 61_000;
    const table = tableFromArrow(
      runner,
      new Table({
        day: vectorFromArray([new Date(0), new Date(-1), null], new DateMillisecond()),
        ms: vectorFromArray([ms + 5, 0, null], new TimeMillisecond()),
        us: vectorFromArray([BigInt(ms) * 1000n, 1n, null], new TimeMicrosecond()),
      } as never),
    );
    const path = join(folder, 'times.csv');
    await writeCsv(table, path);
    const [, ...lines] = readFileSync(path, 'utf8').split('\n');
    expect(lines).toEqual([
      '1970-01-01,05:01:01.005,05:01:01',
      '1969-12-31 23:59:59.999,00:00:00,00:00:00.000001',
      ',,',
      '',
    ]);
    const [day] = (await readCsv(runner, path)).schema.fields;
    expect(String(day?.type)).toBe('Timestamp<MICROSECOND>');
  });

  it('writes decimals exactly', async () => {
    const source = join(folder, 'decimals.csv');
    writeFileSync(source, 'a\n-12345678901234567890.12\n0.05\n-0.5\n7\n');
    const schema = new Schema([new Field('a', new Decimal(2, 30, 128), true)]);
    const table = await readCsv(runner, source, { schema });
    const path = join(folder, 'decimals-out.csv');
    await writeCsv(table, path);
    expect(readFileSync(path, 'utf8')).toBe('a\n-12345678901234567890.12\n0.05\n-0.50\n7.00\n');
  });

  it('leaves nothing behind when it is aborted', async () => {
    const table = tableFromColumns(runner, { a: [1, 2, 3] }, { numPartitions: 3 });
    const path = join(folder, 'aborted.csv');
    const writing = writeCsv(table, path, { signal: AbortSignal.abort() });
    await expect(writing).rejects.toMatchObject({ code: 'ABORTED' });
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes('aborted'))).toEqual([]);
  });

  it('writes what reads back the same, whatever the cells hold', async () => {
    const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
    const cell = fc
      .string({
        unit: fc.constantFrom('a', 'é', '😀', '"', ',', ';', '\n', '\r', ' ', '\t'),
        minLength: 1,
      })
      .map((text) => `${text}.`);
    const table = fc.integer({ min: 1, max: 30 }).chain((length) =>
      fc.record({
        numbers: fc.array(nullable(fc.double({ noNaN: true })), {
          minLength: length,
          maxLength: length,
        }),
        texts: fc.array(nullable(cell), { minLength: length, maxLength: length }),
        flags: fc.array(nullable(fc.boolean()), { minLength: length, maxLength: length }),
        delimiter: fc.constantFrom(',', ';', '\t', '|', ' '),
        numPartitions: fc.integer({ min: 1, max: 4 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(table, async ({ numbers, texts, flags, delimiter, numPartitions }) => {
        const columns = { numbers, texts, flags };
        const path = join(folder, `round-${files++}.csv`);
        await writeCsv(tableFromColumns(runner, columns, { numPartitions }), path, { delimiter });
        const schema = { numbers: 'double', texts: 'string', flags: 'boolean' };
        const data = await (await readCsv(runner, path, { delimiter, schema })).collect();
        expect([...(data.getChild('numbers') ?? [])]).toEqual(numbers);
        expect([...(data.getChild('texts') ?? [])]).toEqual(texts);
        expect([...(data.getChild('flags') ?? [])]).toEqual(flags);
      }),
      { numRuns: 200 },
    );
  });
});
