import { copyFileSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isCoppiceError } from '../../../src/base/errors.ts';
import { hash32 } from '../../../src/base/rng.ts';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { parquetWasmBytes } from '../../../src/table/parquet/parquet-wasm.ts';
import { readParquet } from '../../../src/table/parquet/read-parquet.ts';
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

  it('is refused with its row group when a page is cut away', async () => {
    const bytes = Buffer.from(good);
    bytes.fill(0xff, 4, 400);
    await expect(readParquet(runner, file(bytes)).then((table) => table.collect())).rejects.toThrow(
      /row group 0/,
    );
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
