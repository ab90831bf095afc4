import { copyFileSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isCoppiceError } from '../../../src/base/errors.ts';
import { hash32 } from '../../../src/base/rng.ts';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { encodeFooter, footerTail } from '../../../src/table/parquet/encode-footer.ts';
import {
  chunkFields,
  columnChunks,
  columnFields,
  groupFields,
  groupStruct,
  parseFooter,
} from '../../../src/table/parquet/footer.ts';
import { parquetWasmBytes } from '../../../src/table/parquet/parquet-wasm.ts';
import { readParquet } from '../../../src/table/parquet/read-parquet.ts';
import { encodeGroup, movedCopy } from '../../../src/table/parquet/slice-file.ts';
import { type ThriftStruct, thriftTypes } from '../../../src/table/parquet/thrift.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const runner = new InlineRunner();
const good = readFileSync(join(fixtures, 'pyarrow-types.parquet'));

async function outcome(path: string): Promise<string> {
  try {
    return String((await (await readParquet(runner, path)).collect()).numRows);
  } catch (error) {
    if (!isCoppiceError(error)) throw error;
    return error.code;
  }
}

describe('a Parquet file that cannot be read', () => {
  const folder = temporaryFolder('bad-parquet');
  const file = (bytes: Uint8Array): string => {
    const path = join(folder, 'bad.parquet');
    writeFileSync(path, bytes);
    return path;
  };

  it.each([
    ['no bytes', new Uint8Array(0)],
    ['nothing but the mark', Buffer.from('PAR1')],
    ['text', Buffer.from('a,b\n1,2\n')],
    ['a footer longer than the file', Buffer.from('PAR1....\xff\xff\xff\x7fPAR1', 'latin1')],
    ['an encrypted footer', Buffer.concat([good.subarray(0, -4), Buffer.from('PARE')])],
    ['no end', good.subarray(0, good.length - 100)],
    ['no middle', Buffer.concat([good.subarray(0, 1000), good.subarray(good.length - 9000)])],
  ])('is refused by name when it has %s', async (_, bytes) => {
    const path = file(bytes);
    const failure = readParquet(runner, path).then((table) => table.collect());
    await expect(failure).rejects.toMatchObject({ code: 'FILE_FORMAT' });
    await expect(failure).rejects.toThrow(/bad\.parquet must be a readable Parquet file/);
  });

  it('is refused by name when it has a type that no table has', async () => {
    const failure = readParquet(runner, join(fixtures, 'pyarrow-list-view.parquet'));
    await expect(failure).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await expect(failure).rejects.toThrow(
      /pyarrow-list-view\.parquet .*types of columns that tables can hold/,
    );
  });

  it('is answered with another way to write it when its deltas are not understood', async () => {
    const table = await readParquet(runner, join(fixtures, 'duckdb-far.parquet'));
    await expect(table.collect()).rejects.toMatchObject({ code: 'FILE_FORMAT' });
    await expect(table.collect()).rejects.toThrow(/duckdb-far\.parquet .*PARQUET_VERSION v1/);
  });

  it('is refused with its row group when a page is cut away', async () => {
    const bytes = Buffer.from(good);
    bytes.fill(0xff, 4, 400);
    await expect(readParquet(runner, file(bytes)).then((table) => table.collect())).rejects.toThrow(
      /row group 0/,
    );
  });

  it.each([
    ['its columns have fewer values', 60_000_000, 0, /row group 0 .* 60000000 rows, and 25 values/],
    ['its pages have fewer values', 60_000_000, Infinity, /60000000 rows, and pages of 25 values/],
  ])('is refused before memory is planned when %s than it says', async (_, rows, columns, why) => {
    const path = file(sayingRows(good, rows, columns));
    const failure = readParquet(runner, path);
    await expect(failure).rejects.toMatchObject({ code: 'FILE_FORMAT' });
    await expect(failure).rejects.toThrow(why);
  });

  it('is refused when a later column has fewer values than the row group rows', async () => {
    const table = await readParquet(runner, file(sayingRows(good, 100, 1)));
    await expect(table.collect()).rejects.toThrow(/100 rows have 25 values in column/);
  });

  it('never hangs, crashes or leaves the reader unusable, whatever bytes are changed', async () => {
    const seen = new Set<string>();
    for (let run = 0; run < 600; run++) {
      const bytes = Buffer.from(good);
      for (let change = 0; change <= run % 4; change++) {
        const inFooter = hash32(run, 9, change, 1) % 2 === 0;
        const from = inFooter ? bytes.length - 9000 : 0;
        bytes[from + (hash32(run, 9, change, 2) % (bytes.length - from))] = hash32(
          run,
          9,
          change,
          3,
        );
      }
      seen.add(await outcome(file(bytes)));
    }
    expect([...seen]).toContain('FILE_FORMAT');
    expect(parquetWasmBytes()).toBeLessThan(200 << 20);
    expect(await outcome(join(fixtures, 'pyarrow-types.parquet'))).toBe('60');
  });

  it('is refused when it changed after the table was made', async () => {
    const path = join(folder, 'changing.parquet');
    copyFileSync(join(fixtures, 'duckdb.parquet'), path);
    const table = await readParquet(runner, path);
    utimesSync(path, 1, 1);
    await expect(table.collect()).rejects.toThrow(/it has changed/);
    truncateSync(path, 100);
    await expect(table.collect()).rejects.toMatchObject({ code: 'DATA_INVALID' });
  });
});

/** A file whose first row group says that it has so many rows, as do its first columns. */
function sayingRows(bytes: Uint8Array, numRows: number, numColumns: number): Uint8Array {
  const length = Buffer.from(bytes).readUInt32LE(bytes.length - 8);
  const footer = parseFooter(bytes.subarray(bytes.length - 8 - length, bytes.length - 8));
  const value = { type: thriftTypes.i64, value: numRows };
  const group = new Map(groupStruct(footer, 0)).set(groupFields.numRows, value);
  const columns = columnChunks(footer, 0, bytes.length).map((chunk, i) => {
    const copy = movedCopy(chunk, 0);
    const metadata = copy.get(chunkFields.metadata)?.value as ThriftStruct;
    if (i < numColumns) metadata.set(columnFields.numValues, value);
    return copy;
  });
  const change = { rowGroups: [encodeGroup(group, columns)], numRows };
  const tail = footerTail(encodeFooter(footer, change));
  return Buffer.concat([bytes.subarray(0, bytes.length - 8 - length), tail]);
}
