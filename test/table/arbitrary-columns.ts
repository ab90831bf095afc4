/** Random columns of every type that tables hold, as arrow vectors, for the property tests. */
import {
  Binary,
  Bool,
  type DataType,
  DateDay,
  Decimal,
  Dictionary,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  Struct,
  TimestampMicrosecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';

/** One kind of column: its type and its cells, null among them. */
export interface ColumnKind {
  readonly name: string;
  readonly type: () => DataType;
  readonly cell: fc.Arbitrary<unknown>;
}

const words = fc.constantFrom(
  '',
  'a',
  'b',
  'é',
  'long text of more than twelve bytes',
  '🙂',
  'null',
);

/** Every kind. */
export const columnKinds: readonly ColumnKind[] = [
  { name: 'bool', type: () => new Bool(), cell: fc.boolean() },
  { name: 'int8', type: () => new Int8(), cell: fc.integer({ min: -128, max: 127 }) },
  { name: 'int16', type: () => new Int16(), cell: fc.integer({ min: -32768, max: 32767 }) },
  { name: 'int32', type: () => new Int32(), cell: fc.integer() },
  { name: 'int64', type: () => new Int64(), cell: fc.maxSafeInteger().map(BigInt) },
  { name: 'uint8', type: () => new Uint8(), cell: fc.integer({ min: 0, max: 255 }) },
  { name: 'uint16', type: () => new Uint16(), cell: fc.integer({ min: 0, max: 65535 }) },
  { name: 'uint32', type: () => new Uint32(), cell: fc.integer({ min: 0, max: 2 ** 32 - 1 }) },
  { name: 'uint64', type: () => new Uint64(), cell: fc.maxSafeNat().map(BigInt) },
  { name: 'float32', type: () => new Float32(), cell: fc.float({ noNaN: true }) },
  { name: 'float64', type: () => new Float64(), cell: fc.double({ noNaN: true }) },
  { name: 'utf8', type: () => new Utf8(), cell: words },
  { name: 'binary', type: () => new Binary(), cell: fc.uint8Array({ maxLength: 5 }) },
  { name: 'dictionary', type: () => new Dictionary(new Utf8(), new Int8()), cell: words },
  { name: 'date', type: () => new DateDay(), cell: fc.integer({ min: 0, max: 9000 }).map(days) },
  {
    name: 'timestamp',
    type: () => new TimestampMicrosecond(),
    cell: fc.integer({ min: 0, max: 2 ** 31 }),
  },
  {
    name: 'vector',
    type: () => new FixedSizeList(2, new Field('item', new Float64(), true)),
    cell: fc.tuple(fc.double({ noNaN: true }), fc.double({ noNaN: true })),
  },
  {
    name: 'struct',
    type: () => new Struct([new Field('x', new Float64(), true), new Field('y', new Utf8(), true)]),
    cell: fc.record({ x: fc.double({ noNaN: true }), y: words }),
  },
  {
    name: 'list',
    type: () => new List(new Field('item', new Int32(), true)),
    cell: fc.array(fc.integer(), { maxLength: 3 }),
  },
  {
    name: 'decimal',
    type: () => new Decimal(2, 20, 128),
    cell: fc.integer({ min: 0, max: 10 ** 6 }).map((x) => Uint32Array.of(x, 0, 0, 0)),
  },
];

/** The cells of a column, null among them. */
export function cellsOf(kind: ColumnKind, maxLength = 70): fc.Arbitrary<unknown[]> {
  return fc.array(fc.option(kind.cell, { freq: 4 }), { maxLength });
}

/** The arrow column of the cells. */
export function vectorOf(kind: ColumnKind, cells: readonly unknown[]): Vector {
  return vectorFromArray(cells as never, kind.type()) as Vector;
}

/** Cells as plain values that compare by value. */
export function plainCells(vector: Vector): string[] {
  return Array.from({ length: vector.length }, (_, i) => plain(vector.get(i)));
}

function plain(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === 'bigint') return `${item}n`;
    if (typeof item === 'number' && !Number.isFinite(item)) return String(item);
    return Object.is(item, -0) ? '-0' : item;
  });
}

function days(value: number): Date {
  return new Date(value * 86_400_000);
}
