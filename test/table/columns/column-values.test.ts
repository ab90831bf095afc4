import {
  Binary,
  Bool,
  DateDay,
  Decimal,
  Dictionary,
  Field,
  FixedSizeList,
  Float16,
  Float32,
  Float64,
  Int8,
  Int32,
  Int64,
  List,
  Null,
  Schema,
  Struct,
  TimestampNanosecond,
  Uint64,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnData } from '../../../src/table/columns/column-data.ts';
import {
  encodeCategories,
  fillNumeric,
  numericKind,
  roundedValues,
} from '../../../src/table/columns/column-values.ts';
import { columnOf, featureColumns } from '../../../src/table/columns/feature-columns.ts';
import {
  batchOfColumns,
  dictionaryColumn,
  fixedSizeListColumn,
  float64Column,
  structColumn,
  utf8Column,
} from '../../../src/table/columns/make-column.ts';

function numbers(vector: Vector): number[] {
  const out = new Float64Array(vector.length + 1).fill(7);
  fillNumeric(vector, out, 1, 'x');
  expect(out[0]).toBe(7);
  return [...out.subarray(1)];
}

describe('fillNumeric', () => {
  it('reads every numeric type, nulls as NaN', () => {
    const of = (cells: unknown[], type: unknown) =>
      vectorFromArray(cells as never, type as never) as Vector;
    expect(numbers(of([1, null, -3], new Int8()))).toEqual([1, Number.NaN, -3]);
    expect(numbers(of([1n, null, -(2n ** 53n)], new Int64()))).toEqual([1, Number.NaN, -(2 ** 53)]);
    expect(numbers(of([2n ** 53n, 0n], new Uint64()))).toEqual([2 ** 53, 0]);
    expect(numbers(of([true, false, null], new Bool()))).toEqual([1, 0, Number.NaN]);
    expect(numbers(of([0.5, null], new Float32()))).toEqual([0.5, Number.NaN]);
    expect(numbers(of([0.1, Infinity], new Float64()))).toEqual([0.1, Infinity]);
    expect(numbers(of([new Date(86_400_000), null], new DateDay()))).toEqual([1, Number.NaN]);
    const halves = columnData(new Float16(), 4, {
      values: Uint16Array.of(0x3c00, 0xc000, 1, 0x7c00),
    });
    expect(numbers(new Vector([halves]))).toEqual([1, -2, 2 ** -24, Infinity]);
    expect(numbers(new Vector([columnData(new Null(), 2, { nullCount: 2 })]))).toEqual([
      Number.NaN,
      Number.NaN,
    ]);
  });

  it('reads slices of chunks from their own first row', () => {
    const bools = vectorFromArray([true, false, null, true, true], new Bool()) as Vector;
    expect(numbers(bools.slice(2, 5))).toEqual([Number.NaN, 1, 1]);
  });

  it('refuses 64-bit integers beyond 2^53, naming column and row', () => {
    const wide = vectorFromArray([1n, 2n ** 53n + 1n], new Int64()) as Vector;
    expect(() => numbers(wide)).toThrow(/column x must lie within ±2\^53.*row 1/);
  });

  it('rounds them to the nearest float64 where they are only measured', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const signed = vectorFromArray([value], new Int64()) as Vector;
        const unsigned = vectorFromArray([BigInt.asUintN(64, value)], new Uint64()) as Vector;
        expect([...roundedValues(signed)]).toEqual([Number(value)]);
        expect([...roundedValues(unsigned)]).toEqual([Number(BigInt.asUintN(64, value))]);
      }),
    );
  });

  it('rounds timestamps in nanoseconds to the nearest float64', () => {
    const times = columnData(new TimestampNanosecond(), 1, {
      values: BigInt64Array.of(1_700_000_000_123_456_789n),
    });
    expect(numbers(new Vector([times]))).toEqual([Number(1_700_000_000_123_456_789n)]);
  });

  it('reads decimals as the nearest float64', () => {
    const unscaled = fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n });
    fc.assert(
      fc.property(unscaled, fc.nat(30), (value, scale) => {
        const bits = BigInt.asUintN(128, value);
        const words = Uint32Array.from([0n, 32n, 64n, 96n], (shift) =>
          Number((bits >> shift) & 0xffffffffn),
        );
        const column = columnData(new Decimal(scale, 38, 128), 1, { values: words });
        expect(numbers(new Vector([column]))).toEqual([Number(`${value}e-${scale}`)]);
      }),
    );
  });

  it('says which kind of number a column is', () => {
    expect(numericKind(new Float32())).toBe('f32');
    expect(numericKind(new Int32())).toBe('f64');
    expect(numericKind(new Utf8())).toBe(null);
  });
});

describe('encodeCategories', () => {
  it('gives codes in order of first appearance, −1 for null', () => {
    const out = new Int32Array(6);
    const column = vectorFromArray(['b', 'a', null, 'b', 'é'], new Utf8()) as Vector;
    expect(encodeCategories(column, out, 1)).toEqual(['b', 'a', 'é']);
    expect([...out]).toEqual([0, 0, 1, -1, 0, 2]);
  });

  it('decodes to the cells it encoded, for thousands of values', () => {
    const cells = fc.array(fc.option(fc.string({ unit: 'grapheme', maxLength: 8 })), {
      maxLength: 3000,
    });
    fc.assert(
      fc.property(cells, (values) => {
        const known = values;
        const out = new Int32Array(known.length);
        const names = encodeCategories(utf8Column(known), out, 0);
        expect(Array.from(out, (code) => (code < 0 ? null : names[code]))).toEqual(known);
        expect(new Set(names).size).toBe(names.length);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps the order of a dictionary and merges its duplicates', () => {
    const out = new Int32Array(3);
    const column = dictionaryColumn(Int32Array.of(2, -1, 0), ['x', 'y', 'z']);
    expect(encodeCategories(column, out, 0)).toEqual(['x', 'y', 'z']);
    expect([...out]).toEqual([2, -1, 0]);
    const twice = dictionaryColumn(Int32Array.of(2, 1, 0), ['x', 'y', 'x']);
    expect(encodeCategories(twice, out, 0)).toEqual(['x', 'y']);
    expect([...out]).toEqual([0, 1, 0]);
  });

  it('gives whole numbers of any size codes in order of first appearance', () => {
    const whole = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.integer({ min: 1000, max: 1050 }),
      fc.integer(),
    );
    fc.assert(
      fc.property(fc.array(whole, { maxLength: 300 }), (cells) => {
        const out = new Int32Array(cells.length + 1);
        const names = encodeCategories(vectorFromArray(cells, new Int32()) as Vector, out, 1);
        expect(names).toEqual([...new Set(cells)].map(String));
        expect(Array.from(out.subarray(1), (code) => Number(names[code]))).toEqual(cells);
      }),
    );
    const out = new Int32Array(4);
    const column = vectorFromArray([5, null, 0, 5], new Int32()) as Vector;
    expect(encodeCategories(column, out, 0)).toEqual(['5', '0']);
    expect([...out]).toEqual([0, -1, 1, 0]);
  });

  it('names numbers and booleans', () => {
    const out = new Int32Array(3);
    expect(encodeCategories(vectorFromArray([7, 3, 7], new Int32()) as Vector, out, 0)).toEqual([
      '7',
      '3',
    ]);
    expect(
      encodeCategories(vectorFromArray([true, false, null], new Bool()) as Vector, out, 0),
    ).toEqual(['true', 'false']);
    expect([...out]).toEqual([0, 1, -1]);
  });
});

describe('featureColumns', () => {
  const struct = new Struct([
    new Field('x', new Float32(), true),
    new Field('c', new Dictionary(new Utf8(), new Int32()), true),
  ]);
  const schema = new Schema([
    new Field('features', struct, true),
    new Field('v', new FixedSizeList(2, new Field('item', new Float32(), true)), true),
    new Field('name', new Utf8(), true),
  ]);

  it('names all columns that are none at once, in the words that leave them out', () => {
    const complaint = (...fields: Field[]): string => {
      try {
        const featuresCols = fields.map(({ name }) => name);
        featureColumns(new Schema(fields), { featuresCols });
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    const x = new Field('x', new Float64(), true);
    const bytes = new Field('bytes', new Binary(), true);
    const inner = new Struct([new Field('c', new Float64(), true)]);
    const nested = new Field('nested', new Struct([new Field('a', inner, true), x]), true);
    const texts = new Field('a,b', new List(new Field('item', new Utf8(), true)), true);
    expect(complaint(x, bytes)).toBe(
      "type of feature bytes must be numeric, boolean, date, timestamp, string or dictionary; got binary. Leave it out (featuresCols; --ignore 'bytes' on the command line)",
    );
    expect(complaint(nested, x, bytes)).toContain(
      "type of feature nested.a must be numeric, boolean, date, timestamp, string or dictionary; got struct<c: double>. Leave it and 1 other column out (featuresCols; --ignore 'nested,bytes' on the command line)",
    );
    expect(complaint(texts, bytes, nested)).toContain(
      `got list<string>. Leave it and 2 other columns out (featuresCols; --ignore '["a,b","bytes","nested"]' on the command line)`,
    );
    expect(complaint(x)).toBe('');
  });

  it('takes the children of a struct, the elements of a vector, or columns by name', () => {
    const shape = (source: Parameters<typeof featureColumns>[1]) =>
      featureColumns(schema, source).map(({ name, path, kind }) => [name, path.join('/'), kind]);
    expect(shape({})).toEqual([
      ['x', 'features/x', 'f32'],
      ['c', 'features/c', 'category'],
    ]);
    expect(shape({ featuresCol: 'v' })).toEqual([
      ['f0', 'v/0', 'f32'],
      ['f1', 'v/1', 'f32'],
    ]);
    expect(shape({ featuresCols: ['name'] })).toEqual([['name', 'name', 'category']]);
  });

  it('names the nearest column when one is missing', () => {
    expect(() => featureColumns(schema, { featuresCols: ['nmae'] })).toThrow(/did you mean name/);
  });

  it('finds columns by path', () => {
    const x = float64Column(Float64Array.of(1, 2, 3));
    const pairs = fixedSizeListColumn(Float64Array.of(1, 2, 3, 4, 5, 6), 2);
    const batch = batchOfColumns([
      ['s', structColumn([['x', x]], 3)],
      ['v', pairs],
    ]);
    expect([...columnOf(batch, ['s', 'x'])]).toEqual([1, 2, 3]);
    expect([...columnOf(batch, ['v', '1'])]).toEqual([2, 4, 6]);
    expect(() => columnOf(batch, ['s', 'y'])).toThrow(/s\.y/);
  });

  it('reads a child of a null struct as null', () => {
    const type = new Struct([new Field('x', new Float64(), true)]);
    const cells = [{ x: 1 }, null, { x: null }, { x: 4 }];
    const vector = vectorFromArray(cells as never, type) as Vector;
    const batch = batchOfColumns([['s', vector.slice(1, 4)]]);
    expect([...columnOf(batch, ['s', 'x'])]).toEqual([null, null, 4]);
  });
});
