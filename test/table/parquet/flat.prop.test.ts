import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as arrow from 'apache-arrow';
import { type RecordBatch, type Schema, Table, tableFromIPC, vectorFromArray } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCoppiceError } from '../../../src/base/errors.ts';
import { hash32 } from '../../../src/base/rng.ts';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { encodeParquet } from '../../../src/table/parquet/encode-parquet.ts';
import type { FlatColumn } from '../../../src/table/parquet/flat/flat-schema.ts';
import {
  flatColumnsOf,
  flatlyRead,
  readFlatColumn,
} from '../../../src/table/parquet/flat/read-flat.ts';
import { unsnappy } from '../../../src/table/parquet/flat/snappy.ts';
import {
  type ColumnChunk,
  columnChunks,
  parseFooter,
  tailBytes,
} from '../../../src/table/parquet/footer.ts';
import { startDecoder } from '../../../src/table/parquet/parquet-source.ts';
import {
  callParquetWasm,
  dropInstance,
  parquetWasmBytes,
} from '../../../src/table/parquet/parquet-wasm.ts';
import { readParquet } from '../../../src/table/parquet/read-parquet.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const folder = temporaryFolder('flat-parquet');
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const path = join(folder, 'file.parquet');

/** What the decoder says of a file. */
function decoded(bytes: Uint8Array): Table {
  const options = { batchSize: 1 << 20 };
  return tableFromIPC(callParquetWasm((m) => m.readParquet(bytes, options).intoIPCStream()));
}

/** Cells of every column of the first row group that can be read without the decoder. */
function flatCells(
  file: string,
  asDictionary: boolean,
  limit?: number,
): { schema: string[]; cells: Map<string, unknown[]> } | null {
  const bytes = Uint8Array.from(readFileSync(file));
  const end = bytes.length - tailBytes;
  const footer = parseFooter(
    bytes.slice(end - new DataView(bytes.buffer).getUint32(end, true), end),
  );
  const columns = flatColumnsOf(footer);
  if (columns === null) return null;
  const numRows = footer.rowGroups[0]?.numRows ?? 0;
  const cells = new Map<string, unknown[]>();
  for (const chunk of columnChunks(footer, 0, bytes.length)) {
    const column = columns.get(chunk.path[0] as string);
    if (column === undefined) continue;
    const wanted = { numRows, limit: limit ?? numRows, asDictionary };
    const own = bytes.slice(chunk.start, chunk.start + chunk.length);
    const found = readFlatColumn(own, chunk, column, wanted);
    if (found !== null) cells.set(found[0].name, [...new arrow.Vector([found[1]])]);
  }
  return { schema: [...columns.values()].map(({ field }) => described(field)), cells };
}

function described(field: arrow.Field): string {
  const metadata = [...field.metadata].filter(([key]) => key !== 'PARQUET:field_id');
  return `${field.name}: ${field.type} ${field.nullable} ${JSON.stringify(metadata)}`;
}

function schemaOf(schema: Schema): string[] {
  return schema.fields.map(described);
}

const columnTypes = {
  int8: [new arrow.Int8(), fc.integer({ min: -128, max: 127 })],
  int16: [new arrow.Int16(), fc.integer({ min: -32768, max: 32767 })],
  int32: [new arrow.Int32(), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })],
  int64: [new arrow.Int64(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  uint8: [new arrow.Uint8(), fc.nat(255)],
  uint16: [new arrow.Uint16(), fc.nat(65535)],
  float32: [new arrow.Float32(), fc.float()],
  float64: [new arrow.Float64(), fc.double()],
  text: [new arrow.Utf8(), fc.constantFrom('', 'a', 'bc', 'straße', '日本語', 'z'.repeat(70))],
} as const;

/** A batch with one column a type, of few different values or many, with nulls or without. */
const batches = fc
  .record({
    numRows: fc.integer({ min: 1, max: 400 }),
    numDistinct: fc.constantFrom(1, 2, 3, 9, 40, 400),
    seed: fc.nat(),
    nullable: fc.boolean(),
    values: fc.record(
      Object.fromEntries(
        Object.entries(columnTypes).map(([name, [, value]]) => [
          name,
          fc.array(value as fc.Arbitrary<unknown>, { minLength: 1, maxLength: 400 }),
        ]),
      ),
    ),
  })
  .map(({ numRows, numDistinct, seed, nullable, values }): RecordBatch => {
    const columns = Object.entries(columnTypes).map(([name, [type]], c) => {
      const pool = (values[name] as unknown[]).slice(0, numDistinct);
      const cells = Array.from({ length: numRows }, (_, i) => {
        // long runs now and then, which are stored as such
        const drawn = hash32(seed, c, i % 3 === 0 ? i : i >> 6);
        return nullable && drawn % 5 === 0 ? null : pool[drawn % pool.length];
      });
      return [name, vectorFromArray(cells as never, type as never)] as const;
    });
    const fields = columns.map(([name, { type }]) => new arrow.Field(name, type, nullable));
    const table = new Table(new arrow.Schema(fields), Object.fromEntries(columns));
    return table.batches[0] as RecordBatch;
  });

describe('columns that are read without the decoder', () => {
  it('have the values that the decoder finds, with nulls, runs and prefixes', () => {
    fc.assert(
      fc.property(
        batches,
        fc.constantFrom('none' as const, 'snappy' as const),
        fc.boolean(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (batch, compression, asDictionary, share) => {
          const options = { compression, rowGroupRows: 1 << 20 };
          const bytes = encodeParquet(batch, batch.schema, options)[0]?.bytes as Uint8Array;
          writeFileSync(path, bytes);
          const table = decoded(bytes);
          const limit = Math.floor(share * batch.numRows);
          const found = flatCells(path, asDictionary, limit);
          expect(found?.schema).toEqual(schemaOf(table.schema));
          expect(found?.cells.size).toBe(batch.schema.fields.length);
          for (const [name, cells] of found?.cells ?? []) {
            const expected = [...(table.getChild(name) as Iterable<unknown>)].slice(0, limit);
            expect(cells, name).toEqual(expected);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are those of every file that other programs wrote, or left to the decoder', () => {
    const read: string[] = [];
    for (const name of readdirSync(fixtures).filter((each) => each.endsWith('.parquet'))) {
      const found = flatCells(join(fixtures, name), false);
      // the decoder refuses some of those that are left to it
      if (found === null || found.cells.size === 0) continue;
      const table = decoded(readFileSync(join(fixtures, name)));
      expect(found.schema, name).toEqual(schemaOf(table.schema));
      for (const [column, cells] of found.cells) {
        const expected = [...(table.getChild(column) as Iterable<unknown>)].slice(0, cells.length);
        expect(cells, `${name}: ${column}`).toEqual(expected);
        read.push(name);
      }
    }
    for (const name of ['pyarrow-flat', 'pyarrow-flat-v2', 'pyarrow-flat-plain']) {
      const columns = read.filter((each) => each === `${name}.parquet`);
      expect(columns.length, name).toBe(5);
    }
  });

  it('of a large row group are read here where they are numbers stored as they are', () => {
    const chunk = (name: string, length: number, uncompressedBytes: number): ColumnChunk => ({
      path: [name],
      struct: new Map(),
      metadata: new Map(),
      start: 4,
      length,
      uncompressedBytes,
    });
    const numRows = 1_500_000;
    const measured = chunk('measured', 4 * numRows + 100, 4 * numRows + 100);
    const coded = chunk('coded', numRows, numRows + 500);
    const packed = chunk('packed', 2 * numRows, 4 * numRows + 100);
    const said = chunk('said', 9 * numRows, 9 * numRows);
    const number = { field: new arrow.Field('x', new arrow.Float32()), isText: false, width: 1 };
    const columns = new Map<string, FlatColumn>();
    for (const name of ['measured', 'coded', 'packed']) columns.set(name, number as FlatColumn);
    columns.set('said', { ...(number as FlatColumn), isText: true });
    const all = [measured, coded, packed, said];
    expect([...flatlyRead(all, numRows, columns)]).toEqual([measured]);
    // what else there is may be little
    expect([...flatlyRead([measured, coded], numRows, columns)]).toEqual([measured, coded]);
    expect([...flatlyRead(all, 1000, columns)]).toEqual(all);
    expect(flatlyRead(all, 1000, null).size).toBe(0);
  });

  it('are what a thread that starts ahead loads no decoder for', async () => {
    const columns = { x: Float64Array.of(1, 2, 3) };
    const batch = arrow.tableFromArrays(columns).batches[0] as RecordBatch;
    const loads = async (compression: 'snappy' | 'gzip'): Promise<boolean> => {
      const options = { compression, rowGroupRows: 1 << 20 };
      const [file] = encodeParquet(batch, batch.schema, options);
      const other = join(folder, `ahead-${compression}.parquet`);
      writeFileSync(other, file?.bytes as Uint8Array);
      dropInstance();
      await startDecoder(other);
      return parquetWasmBytes() > 0;
    };
    expect(await loads('snappy')).toBe(false);
    expect(await loads('gzip')).toBe(true);
    dropInstance();
    await startDecoder(join(fixtures, 'pyarrow-flat.parquet'));
    expect(parquetWasmBytes()).toBe(0);
  });

  it('are refused by the decoder where they are broken, and never hang or crash', async () => {
    const [batch] = fc.sample(batches, { numRuns: 1, seed: 7 }) as [RecordBatch];
    const options = { compression: 'snappy' as const, rowGroupRows: 1 << 20 };
    const good = encodeParquet(batch, batch.schema, options)[0]?.bytes as Uint8Array;
    const seen = new Set<string>();
    for (let run = 0; run < 100; run++) {
      const bytes = Uint8Array.from(good);
      for (let change = 0; change <= run % 3; change++) {
        bytes[hash32(run, change, 1) % bytes.length] = hash32(run, change, 2);
      }
      writeFileSync(path, bytes);
      try {
        await (await readParquet(new InlineRunner(), path)).collect();
        seen.add('read');
      } catch (error) {
        if (!isCoppiceError(error)) throw error;
        seen.add(error.code);
      }
    }
    expect(seen).toContain('read');
    expect(seen).toContain('FILE_FORMAT');
    expect([...seen].every((each) => /read|FILE_FORMAT|DATA_INVALID|UNSUPPORTED/.test(each))).toBe(
      true,
    );
    expect(parquetWasmBytes()).toBeLessThan(1 << 29);
  });

  it('come of blocks that are as long as they say, or of none', () => {
    // "abcd", then a copy of four bytes from four before
    const block = Uint8Array.of(8, 12, 97, 98, 99, 100, 1, 4);
    expect(Buffer.from(unsnappy(block, 8) as Uint8Array).toString()).toBe('abcdabcd');
    expect(unsnappy(block, 9)).toBeNull();
    expect(unsnappy(block.subarray(0, 6), 8)).toBeNull();
    expect(unsnappy(Uint8Array.of(8, 12, 97, 98, 99, 100, 1, 5), 8)).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(100), (bytes, length) => {
        const found = unsnappy(bytes, length);
        expect(found === null || found.length === length).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
