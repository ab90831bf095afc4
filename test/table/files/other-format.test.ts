/** Files whose names promise another format than their bytes have. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { createTable } from '../../../src/index.ts';
import { readArrow } from '../../../src/table/arrow-ipc/read-arrow.ts';
import { readCsv } from '../../../src/table/csv/read-csv.ts';
import { readParquet } from '../../../src/table/parquet/read-parquet.ts';
import { errorOf } from '../../contract/error-of.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const folder = temporaryFolder('other-format');
const path = (name: string): string => join(folder, name);
const runner = new InlineRunner();

describe('a file of another format', () => {
  it('is told what it is, and where to read it', async () => {
    const table = createTable({ x: Float64Array.from({ length: 50 }, (_, i) => i) });
    await table.write.parquet(path('a.parquet'));
    await table.write.csv(path('a.csv'));
    await table.write.arrow(path('a.arrow'));
    await table.write.arrow(path('a.arrows'));
    writeFileSync(path('a.gz'), Buffer.from('1f8b0800000000000003000000000000000000', 'hex'));
    const asParquet = async (name: string) => await errorOf(() => readParquet(runner, path(name)));
    const asArrow = async (name: string) => await errorOf(() => readArrow(runner, path(name)));
    const asCsv = async (name: string) => await errorOf(() => readCsv(runner, path(name)));
    const isParquet = 'it is a Parquet file: read it with read.parquet, or give it a name';
    const isArrow = 'it is an Arrow file: read it with read.arrow, or give it a name';
    const isText = 'it seems to be text: read CSV with read.csv, or give it a name';
    const isGzip = 'it is compressed by gzip: unpack it first';
    for (const [found, message] of [
      [await asParquet('a.csv'), isText],
      [await asParquet('a.arrow'), isArrow],
      [await asParquet('a.gz'), isGzip],
      [await asArrow('a.parquet'), isParquet],
      [await asArrow('a.csv'), isText],
      [await asArrow('a.gz'), isGzip],
      [await asCsv('a.parquet'), isParquet],
      [await asCsv('a.arrow'), isArrow],
      [await asCsv('a.gz'), isGzip],
    ] as const) {
      expect(found.code).toBe('FILE_FORMAT');
      expect(found.message).toContain(message);
    }
    expect(await (await readArrow(runner, path('a.arrows'))).count()).toBe(50);
  });

  it('is not one that was cut off', async () => {
    await createTable({ x: [1, 2, 3] }).write.parquet(path('whole.parquet'));
    const bytes = readFileSync(path('whole.parquet'));
    for (const end of [20, bytes.length - 1]) {
      writeFileSync(path('cut.parquet'), bytes.subarray(0, end));
      const { message } = await errorOf(() => readParquet(runner, path('cut.parquet')));
      expect(message).toContain('it does not end with PAR1 (was it cut off?)');
    }
    writeFileSync(path('zeros.parquet'), Buffer.alloc(50));
    const { message } = await errorOf(() => readParquet(runner, path('zeros.parquet')));
    expect(message).toContain('it does not end with PAR1 (was it cut off?)');
  });
});
