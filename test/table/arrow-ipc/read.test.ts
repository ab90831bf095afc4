import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as zlib from 'node:zlib';
import {
  Field,
  Float64,
  Schema,
  Table,
  tableToIPC,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { isCoppiceError } from '../../../src/base/errors.ts';
import { hash32 } from '../../../src/base/rng.ts';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { readArrow } from '../../../src/table/arrow-ipc/read-arrow.ts';
import { typeName } from '../../../src/table/columns/type-name.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const runner = new InlineRunner();
const fixtures = fileURLToPath(new URL('./', import.meta.url));
const folder = temporaryFolder('arrow-read');
const rows = Array.from({ length: 60 }, (_, i) => i);
const hasZstd = 'zstdDecompressSync' in zlib;

async function column(path: string, name: string): Promise<unknown[]> {
  const data = await (await readArrow(runner, path)).collect();
  return [...(data.getChild(name) ?? [])];
}

describe('readArrow', () => {
  it('keeps what is said of columns over several batches, of which one has no nulls', async () => {
    const [first, second] = [
      [1, null, 3],
      [4, 5],
    ].map((values) => {
      const [x, y] = [0, 1].map(() => vectorFromArray(values, new Float64())) as [Vector, Vector];
      const fields = [
        new Field('x', x.type, true, new Map([['unit', 'm']])),
        new Field('y', x.type, true),
      ];
      return new Table(new Schema(fields, new Map([['made', 'here']])), { x, y }).batches[0];
    });
    const path = join(folder, 'said.arrow');
    writeFileSync(path, tableToIPC(new Table([first, second] as never), 'file'));
    const table = await readArrow(runner, path);
    expect([...table.schema.metadata]).toEqual([['made', 'here']]);
    expect(table.schema.fields.map(({ metadata }) => [...metadata])).toEqual([[['unit', 'm']], []]);
    expect(await column(path, 'x')).toEqual([1, null, 3, 4, 5]);
    expect(await column(path, 'y')).toEqual([1, null, 3, 4, 5]);
  });

  it('refuses a batch whose count of rows is not that of its columns before room is made for them', async () => {
    const bytes = tableToIPC(new Table({ x: vectorFromArray(rows, new Float64()) }), 'file');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const places = rows.map((_, i) => 8 * i).filter((at) => view.getBigInt64(at, true) === 60n);
    expect(places.length).toBeGreaterThan(0);
    for (const at of places) {
      view.setBigInt64(at, 400_000_000n, true);
      const path = join(folder, 'counts.arrow');
      writeFileSync(path, bytes);
      view.setBigInt64(at, 60n, true);
      await expect(readArrow(runner, path)).rejects.toMatchObject({
        code: 'FILE_FORMAT',
        message: expect.stringMatching(/a batch has \d+ rows, but its columns have others/),
      });
    }
  });

  it('says of a type that the decoder does not know that the file need not be corrupt', async () => {
    const reading = column(join(fixtures, 'int128.arrow'), 'x');
    await expect(reading).rejects.toMatchObject({
      code: 'FILE_FORMAT',
      message: expect.stringContaining('or of a type that it does not know'),
    });
  });

  it('reads a compressed category of which no row has a value', async () => {
    const path = join(fixtures, 'no-values.feather');
    expect(await column(path, 'none')).toEqual([null, null]);
    expect(await column(path, 'x')).toEqual([1.5, 2.5]);
  });

  it.each([
    'uncompressed.feather',
    'lz4.feather',
    'zstd.feather',
    'stream.arrows',
    'legacy.arrows',
  ])('reads every cell of %s', async (file) => {
    const path = join(fixtures, file);
    if (file.startsWith('zstd') && !hasZstd) {
      const reading = readArrow(runner, path).then((table) => table.collect());
      await expect(reading).rejects.toThrow(/zstd, which needs Node 22\.15 or later/);
      return;
    }
    const table = await readArrow(runner, path);
    const data = await table.collect();
    const values = (name: string) => [...(data.getChild(name) ?? [])];
    const text = rows.map((i) => (i % 7 === 1 ? null : `text ${i}${' and more'.repeat(i % 3)}`));
    const words = rows.map((i) => ['red', 'green', 'blue'][i % 3]);
    expect(values('x')).toEqual(rows.map((i) => (i % 5 === 3 ? null : i / 2)));
    for (const name of ['s', 'large', 'view']) expect(values(name)).toEqual(text);
    for (const name of ['d', 'd8']) expect(values(name)).toEqual(words);
    expect(values('i')).toEqual(rows.map((i) => BigInt(i) << 40n));
    expect(values('u8')).toEqual(rows);
    expect(values('b')).toEqual(rows.map((i) => i % 2 === 0));
    expect(values('day').map(Number)).toEqual(rows.map((i) => Date.UTC(2020, 0, 1 + i)));
    expect(values('time')).toEqual(rows.map((i) => Date.UTC(2020, 0, 1, 0, 0, i)));
    expect(values('vector').map((v) => [...(v as Float64Array)])).toEqual(
      rows.map((i) => [i, 0.5]),
    );
    expect(values('list').map((v) => [...(v as BigInt64Array)])).toEqual(
      rows.map((i) => Array.from({ length: i % 3 }, () => BigInt(i))),
    );
    expect(values('struct').map((v) => JSON.stringify((v as { q: string }).q))).toEqual(
      words.map((word) => JSON.stringify(word)),
    );
    expect(table.schema.metadata.get('made')).toBe('by pyarrow');
    expect(await table.count()).toBe(60);
    const names = table.schema.fields.map(({ type }) => typeName(type));
    expect(names.slice(1, 6)).toEqual([
      'string',
      'string',
      'string',
      ...Array(2).fill('dictionary<string>'),
    ]);
    for await (const batch of table.batches({ columns: ['x'] })) {
      expect(batch.schema.fields.length).toBe(1);
    }
  });

  it('reads dictionaries that grow or are replaced', async () => {
    expect(await column(join(fixtures, 'replaced.arrows'), 'd')).toEqual([
      'a',
      'b',
      'c',
      'a',
      null,
    ]);
    expect(await column(join(fixtures, 'delta.arrows'), 'd')).toEqual(['a', 'b', 'a', 'z']);
    expect(await column(join(fixtures, 'delta.arrow'), 'd')).toEqual(['a', 'b', 'a', 'z']);
  });

  it('reads what arrow-js writes, also without rows', async () => {
    const table = new Table({
      x: vectorFromArray([1, null], new Float64()),
      s: vectorFromArray(['a', 'b']),
    });
    for (const kind of ['file', 'stream'] as const) {
      const path = join(folder, `js-${kind}.arrow`);
      writeFileSync(path, tableToIPC(table, kind));
      expect(await column(path, 'x')).toEqual([1, null]);
      expect(await column(path, 's')).toEqual(['a', 'b']);
      writeFileSync(path, tableToIPC(new Table(table.schema), kind));
      const empty = await readArrow(runner, path);
      expect(empty.columns).toEqual(['x', 's']);
      expect(await empty.count()).toBe(0);
    }
  });
});

describe('an Arrow file that cannot be read', () => {
  const good = readFileSync(join(fixtures, 'lz4.feather'));
  const plain = readFileSync(join(fixtures, 'uncompressed.feather'));
  const stream = readFileSync(join(fixtures, 'stream.arrows'));
  const file = (bytes: Uint8Array): string => {
    const path = join(folder, 'bad.arrow');
    writeFileSync(path, bytes);
    return path;
  };

  it.each([
    ['no bytes', Buffer.alloc(0)],
    ['text', Buffer.from('a,b\n1,2\n')],
    ['no end', good.subarray(0, good.length - 100)],
    ['half of a stream', stream.subarray(0, stream.length >> 1)],
    ['the old Feather format', Buffer.from('FEA1aaaaaaaaaaaaaaaaaaaaaaaaaaFEA1')],
  ])('is refused by name when it has %s', async (_, bytes) => {
    const reading = readArrow(runner, file(bytes)).then((table) => table.collect());
    await expect(reading).rejects.toMatchObject({ code: 'FILE_FORMAT' });
    await expect(reading).rejects.toThrow(/bad\.arrow must be readable Arrow IPC/);
  });

  it('is refused when it has a type that tables lack', async () => {
    const reading = readArrow(runner, join(fixtures, 'run-ends.feather'));
    await expect(reading).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('never hangs, crashes or leaves the reader unusable, whatever bytes are changed', async () => {
    const seen = new Set<string>();
    for (let run = 0; run < 400; run++) {
      const bytes = Buffer.from([plain, good, stream][run % 3] as Buffer);
      for (let change = 0; change <= run % 4; change++) {
        const at = hash32(run, 9, change, 1) % bytes.length;
        bytes[at] = hash32(run, 9, change, 2);
      }
      const start = performance.now();
      try {
        const data = await (await readArrow(runner, file(bytes))).collect();
        for (const batch of data.batches) for (const row of batch) String(row);
        seen.add('read');
      } catch (error) {
        if (!isCoppiceError(error)) throw error;
        seen.add(error.code);
      }
      expect(performance.now() - start).toBeLessThan(4000);
    }
    expect([...seen]).toEqual(expect.arrayContaining(['read', 'FILE_FORMAT']));
    expect(await column(join(fixtures, 'lz4.feather'), 'u8')).toEqual(rows);
  });
});
