import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { typeName } from '../../../src/table/columns/type-name.ts';
import { type ReadCsvOptions, readCsv } from '../../../src/table/csv/read-csv.ts';
import type { PartitionedTable } from '../../../src/table/partitioned-table.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const runner = new InlineRunner();
const folder = temporaryFolder('csv-read');
let files = 0;

function csvFile(content: string | Uint8Array): string {
  const path = join(folder, `file-${files++}.csv`);
  writeFileSync(path, content);
  return path;
}

async function readText(content: string, options?: ReadCsvOptions): Promise<PartitionedTable> {
  return await readCsv(runner, csvFile(content), options);
}

function types(table: PartitionedTable): Record<string, string> {
  return Object.fromEntries(table.schema.fields.map(({ name, type }) => [name, typeName(type)]));
}

async function rows(table: PartitionedTable): Promise<unknown[][]> {
  const data = await table.collect();
  return data.toArray().map((row) => Object.values(row?.toJSON() ?? {}));
}

describe('a column of numbers with a missing value of its own', () => {
  const said: string[] = [];
  const listen = ({ message }: Error): number => said.push(message);
  beforeEach(() => {
    said.length = 0;
    process.on('warning', listen);
  });
  afterEach(() => process.off('warning', listen));
  const cells = Array.from({ length: 30 }, (_, i) => String(i / 2));
  const warningsOf = async (first: string, options?: ReadCsvOptions): Promise<string[]> => {
    await readText(
      `a,b\n${[first, ...cells].map((cell) => `${cell},${cell}x`).join('\n')}\n`,
      options,
    );
    await new Promise((resolve) => setImmediate(resolve));
    return said;
  };

  it('is told of, with what to do', async () => {
    const found = await warningsOf('?');
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(
      /file-\d+\.csv are read as text though nearly all of their values are numbers: "a" because of "\?"\. If these are missing values, read them as such, \{ nullValues: \['', 'NA', "\?"\] \} \(--null-values on the command line\)/,
    );
  });

  it('is told of where they have commas', async () => {
    const lines = Array.from({ length: 30 }, (_, i) => `${i},5;${i};1.${i + 100},5;${i}, ${i}\n`);
    const table = await readText(`a;b;c;d\n${lines.join('')}`);
    await new Promise((resolve) => setImmediate(resolve));
    expect(table.schema.fields.map((field) => typeName(field.type))).toEqual([
      ...['string', 'int', 'string', 'string'],
    ]);
    expect(said).toEqual([
      expect.stringMatching(
        /their values are numbers but for commas: "a" because of "0,5", "c" because of "1\.100,5"\. Write numbers with a point/,
      ),
    ]);
  });

  it.each<[string, string, ReadCsvOptions]>([
    ['a missing value that is known', 'NaN', {}],
    ['-nan, as C writes it', '-nan', {}],
    ['one that was named', '?', { nullValues: ['?'] }],
    ['a type that was given', '?', { schema: { a: 'string' } }],
    ['names made of digits', '007', {}],
  ])('is not where it is %s', async (_, first, options) => {
    expect(await warningsOf(first, options)).toEqual([]);
  });
});

describe('readCsv', () => {
  it('reads the types of columns off their cells', async () => {
    const table = await readText(
      'i,l,d,b,day,time,s,zip,none\n' +
        '1,9999999999,1.5,true,2020-02-29,2020-02-29T12:00:00.5Z,x,007,\n' +
        '-2,3,1e-3,FALSE,1969-12-31,1969-12-31 23:59:59,y z,123,NA\n',
    );
    expect(types(table)).toEqual({
      i: 'int',
      l: 'bigint',
      d: 'double',
      b: 'boolean',
      day: 'date',
      time: 'timestamp(us)',
      s: 'string',
      zip: 'string',
      none: 'string',
    });
    const days = [Date.UTC(2020, 1, 29), Date.UTC(1969, 11, 31)];
    expect(await rows(table)).toEqual(
      [
        [
          1,
          9999999999n,
          1.5,
          true,
          new Date(days[0] ?? 0),
          days[0]! + 12 * 3600e3 + 500,
          'x',
          '007',
          null,
        ],
        [-2, 3n, 1e-3, false, new Date(days[1] ?? 0), -1000, 'y z', '123', null],
      ].map((row) => row.map((cell) => (cell instanceof Date ? cell.getTime() : cell))),
    );
  });

  it('reads quotes, line ends inside them, CRLF, a byte order mark and a last line without end', async () => {
    const table = await readText(
      '\ufeff"a, b",c\r\n"x\r\ny","say ""hi"""\r\n 5" pipe ,z\r\n\r\n"","é😀"',
    );
    expect(table.columns).toEqual(['a, b', 'c']);
    expect(await rows(table)).toEqual([
      ['x\r\ny', 'say "hi"'],
      [' 5" pipe ', 'z'],
      [null, 'é😀'],
    ]);
  });

  it('finds out the delimiter', async () => {
    for (const delimiter of [',', '\t', ';', '|']) {
      const table = await readText(
        `a${delimiter}"b,;"${delimiter}c\n1${delimiter}2${delimiter}3\n`,
      );
      expect(await rows(table)).toEqual([[1, 2, 3]]);
    }
    expect((await readText('a;b,c\n', { delimiter: ',' })).columns).toEqual(['a;b', 'c']);
  });

  it('takes names, types and missing values as told', async () => {
    const text = ' 39, State-gov, 77516\n 50, ?, 83311\n';
    const options = { header: false, columnNames: ['age', 'work', 'weight'], trim: true };
    const table = await readText(text, {
      ...options,
      nullValues: ['?'],
      schema: { weight: 'float', age: 'decimal(4,1)' },
    });
    expect(types(table)).toEqual({ age: 'decimal(4,1)', work: 'string', weight: 'float' });
    const data = await table.collect();
    expect([...(data.getChild('work') ?? [])]).toEqual(['State-gov', null]);
    expect([...(data.getChild('weight') ?? [])]).toEqual([77516, 83311]);
    expect(data.getChild('age')?.get(1)?.[0]).toBe(500);
    expect((await readText('1,2\n', { header: false })).columns).toEqual(['_c0', '_c1']);
    expect((await readText(',x\n1,2\n')).columns).toEqual(['_c0', 'x']);
  });

  it('reads every kind of type that a schema can name', async () => {
    const schema = {
      a: 'tinyint',
      b: 'ubigint',
      c: 'timestamp(s)',
      d: 'timestamp(ns)',
      e: 'bigint',
    };
    const table = await readText(
      'a,b,c,d,e\n-128,18446744073709551615,2020-01-01,2020-01-01 00:00:00.000001,-9223372036854775808\n,,,,\n',
      { schema },
    );
    const data = await table.collect();
    const raw = (name: string) => data.getChild(name)?.data[0]?.values[0];
    expect(raw('a')).toBe(-128);
    expect(raw('b')).toBe(18446744073709551615n);
    expect(raw('c')).toBe(1577836800n);
    expect(raw('d')).toBe(1577836800000001000n);
    expect(raw('e')).toBe(-(2n ** 63n));
    for (const name of Object.keys(schema)) expect(data.getChild(name)?.get(1)).toBe(null);
  });

  it('takes a key from the folder where the files have such a column too, and no key twice', async () => {
    const base = join(folder, 'keys');
    mkdirSync(join(base, 'k=1'), { recursive: true });
    writeFileSync(join(base, 'k=1', 'a.csv'), 'k,x\n7,1\n8,2\n');
    const table = await readCsv(runner, base);
    expect(table.columns).toEqual(['x', 'k']);
    expect(await rows(table)).toEqual([
      [1, 1],
      [2, 1],
    ]);
    mkdirSync(join(base, 'k=1', 'k=2'));
    renameSync(join(base, 'k=1', 'a.csv'), join(base, 'k=1', 'k=2', 'a.csv'));
    await expect(readCsv(runner, base)).rejects.toMatchObject({
      code: 'COLUMN_EXISTS',
      message: expect.stringContaining(
        'name each key once, for every key is a column; got k twice',
      ),
      context: { column: 'k', file: join(base, 'k=1', 'k=2', 'a.csv') },
    });
    const inner = await readCsv(runner, join(base, 'k=1', 'k=2'));
    expect(inner.columns).toEqual(['k', 'x']);
  });

  it('reads folders with key=value names, several files in any order of columns', async () => {
    const base = join(folder, 'hive');
    for (const [year, text] of [
      [2019, 'a,b\n1,x\n'],
      [2020, 'b,a\ny,2.5\n'],
    ] as const) {
      mkdirSync(join(base, `year=${year}`), { recursive: true });
      writeFileSync(join(base, `year=${year}`, 'part.csv'), text);
    }
    const table = await readCsv(runner, base);
    expect(types(table)).toEqual({ a: 'double', b: 'string', year: 'int' });
    expect(await rows(table)).toEqual([
      [1, 'x', 2019],
      [2.5, 'y', 2020],
    ]);
  });

  it('reads a file with a header alone as a table without rows', async () => {
    const table = await readText('a,b\n');
    expect(await table.count()).toBe(0);
    expect(types(table)).toEqual({ a: 'string', b: 'string' });
    expect(await rows(await readText('a,b'))).toEqual([]);
  });

  it('reads one column, whose blank lines are no rows but whose empty quotes are', async () => {
    expect(await rows(await readText('a\n1\n\n""\n2\n'))).toEqual([[1], [null], [2]]);
  });

  it('reads old files whose lines end with a carriage return', async () => {
    expect(await rows(await readText('a,b\r1,x\r2,"y\rz"\r'))).toEqual([
      [1, 'x'],
      [2, 'y\rz'],
    ]);
  });
});

describe('a large CSV file', () => {
  const numRows = 200_000;
  let path = '';
  const text = (row: number) => (row % 7 === 0 ? `line one ${row}\nline "two"` : `text ${row}`);

  beforeAll(() => {
    const lines = ['id,value,text\n'];
    for (let row = 0; row < numRows; row++) {
      lines.push(`${row},${row / 8},"${text(row).replaceAll('"', '""')} ${'pad '.repeat(20)}"\n`);
    }
    path = csvFile(lines.join(''));
  });

  it('is divided into partitions between records, and every row is read once', async () => {
    const table = await readCsv(runner, path);
    expect(table.numPartitions).toBeGreaterThan(1);
    expect(await table.count()).toBe(numRows);
    let row = 0;
    for await (const batch of table.batches()) {
      const id = batch.getChild('id')?.toArray() as Int32Array;
      const value = batch.getChild('value')?.toArray() as Float64Array;
      const isRight = id.every((x, i) => x === row + i && value[i] === x / 8);
      expect(isRight).toBe(true);
      expect(batch.getChild('text')?.get(3)?.trim()).toBe(
        `${text(row + 3)} ${'pad '.repeat(20)}`.trim(),
      );
      row += batch.numRows;
    }
    expect(row).toBe(numRows);
  });

  it('is refused with line and column when a cell far down does not fit', async () => {
    const lines = ['a,b\n'];
    for (let row = 0; row < 1_200_000; row++) lines.push(`${row},"${row}\n"\n`);
    lines.push('oops,1\n');
    const table = await readCsv(runner, csvFile(lines.join('')));
    await expect(table.collect()).rejects.toMatchObject({
      code: 'DATA_INVALID',
      context: { line: 2_400_002, column: 'a' },
    });
  });
});

describe('a CSV file that cannot be read', () => {
  it.each([
    ['nothing', '', /at least a first line; it has none/],
    ['blank lines', '\n\r\n\n', /at least a first line/],
    ['a name twice', 'a,b,a\n1,2,3\n', /got "a" for columns 1 and 3/],
    ['a row too short', 'a,b\n1,2\n\n3\n', /line 4; it must have 2 cells; got 1/],
    ['a row too long', 'a,b\n"1\n",2\n3,4,5\n', /line 4; it must have 2 cells; got 3/],
    ['an open quote', 'a,b\n1,2\n3,"4\n5,6\n', /line 3; a quoted cell must be closed/],
    ['text after a quote', 'a,b\n1,2\n"x"y,3\n', /line 3; a quoted cell must/],
  ])('is refused with its place when it has %s', async (_, content, message) => {
    const reading = readText(content).then((table) => table.collect());
    await expect(reading).rejects.toMatchObject({ code: 'FILE_FORMAT' });
    await expect(reading).rejects.toThrow(message);
  });

  it.each([
    ['UTF-16', Buffer.from('\ufeffa,b\n', 'utf16le'), /UTF-16/],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), /gzip/],
    ['Parquet', Buffer.from('PAR1....PAR1'), /read\.parquet/],
    ['Latin-1', Buffer.from('a,b\n1,\xe9\n', 'latin1'), /UTF-8/],
  ])('is refused when it is %s', async (_, bytes, message) => {
    const reading = readCsv(runner, csvFile(bytes));
    await expect(reading).rejects.toMatchObject({ code: 'FILE_FORMAT' });
    await expect(reading).rejects.toThrow(message);
  });

  it('names the line of bytes that are not UTF-8', async () => {
    const good = `${'x'.repeat(99)}\n`.repeat(60_000);
    const path = csvFile(
      Buffer.concat([Buffer.from(`a\n${good}`), Buffer.from('\xe9\n', 'latin1')]),
    );
    const table = await readCsv(runner, path);
    await expect(table.collect()).rejects.toThrow(/line 60002; its text must be UTF-8/);
    const short = csvFile(Buffer.from('a,b\n1,2\n3,\xe9\n', 'latin1'));
    await expect(readCsv(runner, short)).rejects.toThrow(/line 3; its text must be UTF-8/);
  });

  it('says how to read a cell that does not fit', async () => {
    const table = await readText('a\n1\nx\n', { schema: { a: 'int' } });
    await expect(table.collect()).rejects.toThrow(
      /values of column "a" of .* must be of type int; got "x" in line 3\. Name another type/,
    );
  });

  it('refuses options that make no sense', async () => {
    const reading = (options: ReadCsvOptions) => readText('a,b\n1,2\n', options);
    await expect(reading({ delimiter: '::' })).rejects.toMatchObject({ code: 'PARAM_INVALID' });
    await expect(reading({ columnNames: ['a'] })).rejects.toMatchObject({ code: 'PARAM_INVALID' });
    await expect(reading({ schema: { aa: 'int' } })).rejects.toThrow(/did you mean/);
    await expect(reading({ schema: { a: 'integr' } })).rejects.toMatchObject({
      code: 'PARAM_INVALID',
    });
    await expect(readCsv(runner, [csvFile('a,b\n'), csvFile('a,c\n')])).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
    });
  });
});
