import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as arrow from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash32 } from '../../../src/base/rng.ts';
import { fillRounded, type NumericArray } from '../../../src/table/columns/column-values.ts';
import { mostOthers, readSparse } from '../../../src/table/columns/sparse-numbers.ts';
import { forms } from '../../../src/table/files/sources.ts';
import { encodeParquet } from '../../../src/table/parquet/encode-parquet.ts';
import { type FlatTarget, fillFlatColumn } from '../../../src/table/parquet/flat/fill-flat.ts';
import { flatColumnsOf, readFlatColumn } from '../../../src/table/parquet/flat/read-flat.ts';
import { columnChunks, parseFooter, tailBytes } from '../../../src/table/parquet/footer.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));

const columnTypes = {
  int8: [new arrow.Int8(), (k: number) => (k % 250) - 125],
  int16: [new arrow.Int16(), (k: number) => k - 300],
  int32: [new arrow.Int32(), (k: number) => k * 1_000_003],
  int64: [new arrow.Int64(), (k: number) => BigInt(k) * 12_345_678_901_234_567n],
  uint16: [new arrow.Uint16(), (k: number) => k],
  float32: [new arrow.Float32(), (k: number) => [-0, Number.NaN, 1 / 3, -Infinity, k / 7][k % 5]],
  float64: [new arrow.Float64(), (k: number) => [-0, Number.NaN, 1 / 3, 1e-310, k / 7][k % 5]],
} as const;

/** Columns of which a share of the rows is not the usual value: 0, a null, or 3. */
const recipes = fc.record({
  numRows: fc.constantFrom(1, 63, 64, 65, 300, 1000),
  share: fc.constantFrom(0, 0.01, 0.05, 0.11, 0.14, 0.6),
  usual: fc.constantFrom(0, null, 3),
  // runs of others as well as single ones
  run: fc.constantFrom(1, 5, 40),
  hasNulls: fc.boolean(),
  seed: fc.nat(),
});

function batchOf({ numRows, share, usual, run, hasNulls, seed }: RecipeOf): arrow.RecordBatch {
  const columns = Object.entries(columnTypes).map(([name, [type, makeValue]], c) => {
    const cells = Array.from({ length: numRows }, (_, i) => {
      const drawn = hash32(seed, c, Math.floor(i / run)) / 2 ** 32;
      if (drawn >= share) return usual === null ? null : name === 'int64' ? BigInt(usual) : usual;
      if (hasNulls && i % 7 === 0) return null;
      return makeValue(hash32(seed, c, i) % 600);
    });
    return [name, arrow.vectorFromArray(cells as never, type as never)] as const;
  });
  const isNullable = hasNulls || usual === null;
  const fields = columns.map(([name, { type }]) => new arrow.Field(name, type, isNullable));
  return new arrow.Table(new arrow.Schema(fields), Object.fromEntries(columns))
    .batches[0] as arrow.RecordBatch;
}
type RecipeOf = typeof recipes extends fc.Arbitrary<infer R> ? R : never;

interface Filled {
  readonly name: string;
  readonly form: number;
  /** Some of the integers have more digits than a number. */
  readonly isRounded: boolean;
  readonly expected: NumericArray;
  readonly out: NumericArray;
}

/** Every column of numbers of a file's first row group, filled in and read. */
function fillAll(bytes: Uint8Array, may: Omit<FlatTarget, 'out'>): Filled[] {
  const end = bytes.length - tailBytes;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true);
  const footer = parseFooter(bytes.slice(end - length, end));
  const flat = flatColumnsOf(footer);
  const numRows = footer.rowGroups[0]?.numRows ?? 0;
  if (flat === null || numRows === 0) return [];
  return columnChunks(footer, 0, bytes.length).flatMap((chunk): Filled[] => {
    const column = flat.get(chunk.path[0] as string);
    if (column === undefined || column.isText) return [];
    const own = bytes.slice(chunk.start, chunk.start + chunk.length);
    const wanted = { numRows, limit: numRows, asDictionary: false };
    const found = readFlatColumn(own, chunk, column, wanted);
    const isNarrow = arrow.DataType.isFloat(column.field.type) && column.width === 1;
    const ArrayType = isNarrow ? Float32Array : Float64Array;
    // memory as a fit has it: shared, and used before
    const memory = new SharedArrayBuffer(numRows * ArrayType.BYTES_PER_ELEMENT);
    const out = (isNarrow ? new Float32Array(memory) : new Float64Array(memory)).fill(7);
    const form = fillFlatColumn(own, chunk, column, { ...may, out });
    const expected = new ArrayType(numRows);
    const { name } = column.field;
    const isRounded =
      found !== null && fillRounded(new arrow.Vector([found[1]]), expected, 0, name);
    if (found === null || isRounded) expect(form, name).toBe(forms.none);
    return [{ name, form, isRounded, expected, out }];
  });
}

/** The numbers one by one. */
function spread({ form, out }: Filled): NumericArray {
  if (form !== forms.sparse) return out;
  const { usual, rows, values } = readSparse(out);
  const dense = out.slice().fill(usual);
  rows.forEach((row, i) => {
    expect(i === 0 || row > (rows[i - 1] as number)).toBe(true);
    dense[row] = values[i] as number;
  });
  return dense;
}

/** −0 and 0 are the same where 0 is the usual value. */
function same(numbers: NumericArray): number[] {
  return Array.from(numbers, (value) => value + 0);
}

describe('numbers that are filled in', () => {
  it('are those that a column has, one by one or only those that differ', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        recipes,
        fc.constantFrom('none' as const, 'snappy' as const),
        fc.boolean(),
        (recipe, compression, mayBeDense) => {
          const batch = batchOf(recipe);
          const options = { compression, rowGroupRows: 1 << 20 };
          const bytes = encodeParquet(batch, batch.schema, options)[0]?.bytes as Uint8Array;
          const filled = fillAll(bytes, { mayBeDense, mayBeSparse: true });
          expect(filled.length).toBe(batch.schema.fields.length);
          for (const column of filled) {
            seen.add(`${recipe.usual} ${column.form} ${column.name}`);
            if (!mayBeDense) expect(column.form).not.toBe(forms.dense);
            if (column.form === forms.none) {
              expect(mayBeDense && !column.isRounded, column.name).toBe(false);
            } else {
              // what was written, not what is read: both readers take the same pages
              const written = column.expected.slice();
              fillRounded(batch.getChild(column.name) as arrow.Vector, written, 0);
              expect(same(column.expected), column.name).toEqual(same(written));
              expect(same(spread(column)), column.name).toEqual(same(written));
            }
            const isSparse = recipe.share === 0 && recipe.usual !== 3;
            if (!isSparse || mostOthers(recipe.numRows) === 0) continue;
            expect(column.form, column.name).toBe(forms.sparse);
          }
        },
      ),
      { numRuns: 200 },
    );
    for (const name of Object.keys(columnTypes)) {
      expect(seen).toContain(`0 ${forms.sparse} ${name}`);
      expect(seen).toContain(`null ${forms.sparse} ${name}`);
      expect(seen).toContain(`3 ${forms.dense} ${name}`);
    }
  });

  it('are those of every file that other programs wrote, or left to the decoder', () => {
    let numDense = 0;
    for (const name of readdirSync(fixtures).filter((each) => each.endsWith('.parquet'))) {
      const bytes = Uint8Array.from(readFileSync(join(fixtures, name)));
      for (const column of fillAll(bytes, { mayBeDense: true, mayBeSparse: true })) {
        if (column.form === forms.none) continue;
        numDense += 1;
        expect(same(spread(column)), name).toEqual(same(column.expected));
      }
    }
    expect(numDense).toBeGreaterThan(5);
  });

  it('of broken chunks are left to the decoder, or are numbers; nothing hangs or crashes', () => {
    const batch = batchOf({
      ...{ numRows: 300, share: 0.05, usual: 0, run: 5, hasNulls: false, seed: 3 },
    });
    const options = { compression: 'snappy' as const, rowGroupRows: 1 << 20 };
    const good = encodeParquet(batch, batch.schema, options)[0]?.bytes as Uint8Array;
    const end = good.length - tailBytes;
    const length = new DataView(good.buffer, good.byteOffset).getUint32(end, true);
    const seen = new Set<number>();
    for (let run = 0; run < 400; run++) {
      const bytes = Uint8Array.from(good);
      for (let change = 0; change <= run % 3; change++) {
        bytes[4 + (hash32(run, change, 1) % (end - length - 4))] = hash32(run, change, 2);
      }
      for (const { form } of fillAll(bytes, { mayBeDense: false, mayBeSparse: true })) {
        seen.add(form);
      }
    }
    expect([...seen].sort()).toEqual([forms.none, forms.sparse]);
  });
});
