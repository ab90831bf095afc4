import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Dictionary, Field, Int8, Int32, Schema, Utf8 } from 'apache-arrow';
import { expect, it } from 'vitest';
import { parseFooter } from '../../../src/table/parquet/footer.ts';
import { tableColumns } from '../../../src/table/parquet/opened-file.ts';

it('tells dictionaries of several widths of codes, whatever ids the file gives them', () => {
  const path = fileURLToPath(new URL('../fixtures/pyarrow-plain.parquet', import.meta.url));
  const bytes = readFileSync(path);
  const length = bytes.readUInt32LE(bytes.length - 8);
  const footer = parseFooter(bytes.subarray(bytes.length - 8 - length, bytes.length - 8));
  // the file counts from where this thread's next ids are
  const { id } = new Dictionary(new Utf8(), new Int32());
  const wide = [1, 2, 3, 4].map(
    (i) => new Field(`d${i}`, new Dictionary(new Utf8(), new Int32(), id + i), true),
  );
  const narrow = new Field('narrow', new Dictionary(new Utf8(), new Int8(), id + 5), true);
  const schema = new Schema([...wide, narrow]);
  const file = { path, size: bytes.length, mtimeMs: 0 };
  const { fields } = tableColumns({
    file,
    footer,
    schema,
    storesSchema: true,
    flat: null,
    contents: 0,
  });
  expect(fields.map(({ name }) => name)).toEqual(['d1', 'd2', 'd3', 'd4', 'narrow']);
  expect(new Set(fields.map(({ type }) => JSON.stringify(type))).size).toBe(1);
});
