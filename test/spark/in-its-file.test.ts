/** An error about a row of a batch that Spark handed over names the file that the row comes from. */
import { openSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Float64, Int64, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { expect, it } from 'vitest';
import { CoppiceError } from '../../src/base/errors.ts';
import { inItsFile } from '../../src/spark/gang/in-its-file.ts';
import { stagedRows } from '../../src/spark/gang/staged-source.ts';
import { ascending, originsOf, type SparkRows } from '../../src/spark/rows/spark-rows.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const path = join(temporaryFolder('in-its-file'), 'staged');
const rows = new Table({
  label: vectorFromArray([1, 2, null, 4], new Float64()),
  __coppice_0: vectorFromArray(
    ['s3a://b/1.parquet', ...Array(3).fill('s3a://b/$&.parquet')],
    new Utf8(),
  ),
  __coppice_1: vectorFromArray([99n, 0n, 1n, 2n], new Int64()),
});
writeFileSync(path, tableToIPC(rows, 'stream'));
const staged = stagedRows(openSync(path, 'r'), statSync(path).size);
const origin = { path: '__coppice_0', row: '__coppice_1' };

function payload(start: number, given: typeof origin | null): object {
  const parts = [{ place: staged?.places[0], start, end: 4 }];
  const source = { kind: 'staged', fd: staged?.fd, schema: staged?.schema, parts, origin: given };
  return {
    ingest: { partitions: [{ spec: { source: { kind: 'elsewhere' } } }, { spec: { source } }] },
  };
}

const context = { partition: 1, row: 1, rank: 0 };
const bad = new CoppiceError('LABEL_INVALID', 'got null in row 1 of partition 1; drop it', {
  context,
});

it.each([
  [0, 'got null in row 0 of s3a://b/$&.parquet; drop it', 0],
  [1, 'got null in row 1 of s3a://b/$&.parquet; drop it', 1],
])('where the rows begin at %i of the batch', (start, message, row) => {
  const error = inItsFile(bad, payload(start, origin)) as CoppiceError;
  expect([error.code, error.message]).toEqual(['LABEL_INVALID', message]);
  expect(error.context).toEqual({ rank: 0, row, file: 's3a://b/$&.parquet' });
});

it('leaves errors alone that are about no row, of a table that is of no files, or none of ours', () => {
  const other = new CoppiceError('DATA_EMPTY', 'no rows', { context: {} });
  const far = new CoppiceError('LABEL_INVALID', 'x', { context: { partition: 0, row: 1 } });
  for (const error of [other, far, new Error('y')]) {
    expect(inItsFile(error, payload(0, origin))).toBe(error);
  }
  expect(inItsFile(bad, payload(0, null))).toBe(bad);
});

it('knows the columns of each table in a union', () => {
  const one = (names: readonly string[], given?: typeof origin): SparkRows => ({
    relation: {} as never,
    fields: [],
    order: names.map((name) => ascending(name, 'long')),
    identity: 'position',
    origin: given,
  });
  const files = one(['__coppice_2', '__coppice_0', '__coppice_1'], origin);
  expect(originsOf([files])).toEqual([origin]);
  expect(originsOf([one(['__coppice_0']), files])).toEqual([
    null,
    { path: '__coppice_3', row: '__coppice_4' },
  ]);
});
