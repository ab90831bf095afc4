import type { RecordBatch } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VectorAssembler } from '../../../src/feature/vectors/vector-assembler.ts';
import { typeName } from '../../../src/table/columns/type-name.ts';
import { tableFromColumns } from '../../../src/table/create-table.ts';
import {
  coalesce,
  col,
  type Expression,
  lit,
  when,
} from '../../../src/table/expressions/expression.ts';
import { runner } from '../topologies.ts';

interface Row {
  readonly x: number | null;
  readonly y: number | null;
  readonly s: string | null;
  readonly t: string | null;
  readonly b: boolean | null;
  readonly c: boolean | null;
}

const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double(), fc.constant(Number.NaN));
const text = fc.constantFrom('', 'a', 'ab', ' B ', 'é', '🙂', '\uffee');
const row: fc.Arbitrary<Row> = fc.record({
  x: fc.option(number, { freq: 5 }),
  y: fc.option(number, { freq: 5 }),
  s: fc.option(text, { freq: 5 }),
  t: fc.option(text, { freq: 5 }),
  b: fc.option(fc.boolean(), { freq: 5 }),
  c: fc.option(fc.boolean(), { freq: 5 }),
});
const present: Row = { x: 1, y: 2, s: 'a', t: 'b', b: true, c: false };

type Cell = number | string | boolean | null;

async function cells(rows: readonly Row[], expression: Expression): Promise<Cell[]> {
  const names = ['x', 'y', 's', 't', 'b', 'c'] as const;
  const columns = Object.fromEntries(names.map((name) => [name, rows.map((cell) => cell[name])]));
  const table = tableFromColumns(runner, columns as never, { numPartitions: 2 }).withColumn(
    'out',
    expression,
  );
  const batch = (await table.select('out').collect()).batches[0] as RecordBatch;
  return [...(batch.getChildAt(0) ?? [])] as Cell[];
}

/** x and y known, or null. */
function both<T extends Cell>(
  a: number | null,
  b: number | null,
  of: (a: number, b: number) => T,
): T | null {
  return a === null || b === null ? null : of(a, b);
}

function order(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

function bytesOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const [x, y, s, t, b, c] = ['x', 'y', 's', 't', 'b', 'c'].map(col) as [
  Expression,
  Expression,
  Expression,
  Expression,
  Expression,
  Expression,
];

const cases: readonly (readonly [string, Expression, (row: Row) => Cell])[] = [
  ['add', x.add(y), (r) => both(r.x, r.y, (p, q) => p + q)],
  ['sub', x.sub(1), (r) => both(r.x, 1, (p, q) => p - q)],
  ['mul', x.mul(y), (r) => both(r.x, r.y, (p, q) => p * q)],
  ['div', x.div(y), (r) => both(r.x, r.y, (p, q) => (q === 0 ? (null as never) : p / q))],
  ['mod', x.mod(y), (r) => both(r.x, r.y, (p, q) => (q === 0 ? (null as never) : p % q))],
  ['neg, abs', x.neg().abs(), (r) => both(r.x, 0, (p) => Math.abs(-p))],
  [
    'floor, ceil',
    x.floor().add(x.ceil()),
    (r) => both(r.x, 0, (p) => Math.floor(p) + Math.ceil(p)),
  ],
  ['round', x.round(), (r) => both(r.x, 0, (p) => Math.sign(p) * Math.round(Math.abs(p)))],
  ['sqrt', x.sqrt(), (r) => both(r.x, 0, Math.sqrt)],
  ['eq', x.eq(y), (r) => both(r.x, r.y, (p, q) => order(p, q) === 0)],
  ['ne', x.ne(y), (r) => both(r.x, r.y, (p, q) => order(p, q) !== 0)],
  ['lt', x.lt(y), (r) => both(r.x, r.y, (p, q) => order(p, q) < 0)],
  ['ge', x.ge(1), (r) => both(r.x, 1, (p, q) => order(p, q) >= 0)],
  ['between', x.between(-1, 1), (r) => both(r.x, 0, (p) => order(p, -1) >= 0 && order(p, 1) <= 0)],
  ['text lt', s.lt(t), (r) => (r.s === null || r.t === null ? null : bytesOrder(r.s, r.t) < 0)],
  ['text eq', s.eq('a'), (r) => (r.s === null ? null : r.s === 'a')],
  ['isIn', s.isIn(['a', 'é']), (r) => (r.s === null ? null : ['a', 'é'].includes(r.s))],
  [
    'and',
    b.and(c),
    (r) => (r.b === false || r.c === false ? false : r.b === null || r.c === null ? null : true),
  ],
  [
    'or',
    b.or(c),
    (r) => (r.b === true || r.c === true ? true : r.b === null || r.c === null ? null : false),
  ],
  ['not', b.not(), (r) => (r.b === null ? null : !r.b)],
  ['isNull', x.isNull(), (r) => r.x === null],
  ['isNotNull', s.isNotNull(), (r) => r.s !== null],
  ['isNaN', x.isNaN(), (r) => r.x !== null && Number.isNaN(r.x)],
  ['startsWith', s.startsWith('a'), (r) => (r.s === null ? null : r.s.startsWith('a'))],
  ['contains', s.contains('b'), (r) => (r.s === null ? null : r.s.includes('b'))],
  ['lower, trim', s.trim().lower(), (r) => (r.s === null ? null : r.s.trim().toLowerCase())],
  ['upper', s.upper(), (r) => (r.s === null ? null : r.s.toUpperCase())],
  ['length', s.length(), (r) => (r.s === null ? null : [...r.s].length)],
  ['concat', s.concat('-', t), (r) => (r.s === null || r.t === null ? null : `${r.s}-${r.t}`)],
  ['coalesce', coalesce(x, y, 0), (r) => r.x ?? r.y ?? 0],
  ['coalesce text', coalesce(s, t, 'none'), (r) => r.s ?? r.t ?? 'none'],
  [
    'when',
    when(b, s).when(c, t).otherwise('other'),
    (r) => (r.b === true ? r.s : r.c === true ? r.t : 'other'),
  ],
  [
    'when without otherwise',
    when(x.gt(y), x),
    (r) => (both(r.x, r.y, (p, q) => order(p, q) > 0) === true ? r.x : null),
  ],
  ['when of booleans', when(b, c).otherwise(false), (r) => (r.b === true ? r.c : false)],
  ['when with null', when(b, null).otherwise(x), (r) => (r.b === true ? null : r.x)],
  ['cast to string', b.cast('string'), (r) => (r.b === null ? null : String(r.b))],
  ['tryCast', s.tryCast('double'), () => null],
  ['bool as number', b.cast('int').add(1), (r) => (r.b === null ? null : Number(r.b) + 1)],
  ['literal', lit(3).sub(1.5), () => 1.5],
];

describe('an expression gives in every row what its words say', () => {
  it.each(cases)('%s', async (_, expression, meaning) => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (list) => {
        const rows = [...list, present];
        const found = await cells(rows, expression);
        expect(found).toEqual(rows.map(meaning));
      }),
      { numRuns: 40 },
    );
  });
});

describe('expressions', () => {
  const table = tableFromColumns(runner, {
    n: [1, 2],
    s: ['a', 'b'],
    big: [2n ** 60n, 3n],
    d: [new Date(0), new Date(1)],
  });
  const typeOf = (expression: Expression) => {
    const [field] = table.withColumn('out', expression).select('out').schema.fields;
    return typeName(field?.type);
  };

  it('have a type before any row is read', () => {
    expect(typeOf(col('n').add(1))).toBe('double');
    expect(typeOf(lit(1))).toBe('int');
    expect(typeOf(col('s').eq('a'))).toBe('boolean');
    expect(typeOf(when(col('n').gt(1), 1).otherwise(2.5))).toBe('double');
    expect(typeOf(col('s').cast('category'))).toBe('dictionary<string>');
    expect(typeOf(col('d'))).toBe('timestamp(ms)');
  });

  it('compare dates of every unit', async () => {
    const dates = table
      .withColumn('day', col('d').cast('date'))
      .withColumn('us', col('d').cast('timestamp'));
    expect(await dates.filter(col('us').eq(new Date(1))).count()).toBe(1);
    expect(await dates.filter(col('day').eq(col('d'))).count()).toBe(1);
    expect(await dates.filter(col('d').eq(col('us'))).count()).toBe(2);
  });

  it('compare integers beyond 2^53 exactly and refuse to calculate with them', async () => {
    expect(await table.filter(col('big').eq(2n ** 60n)).count()).toBe(1);
    expect(await table.filter(col('big').eq(2n ** 60n + 1n)).count()).toBe(0);
    await expect(table.withColumn('z', col('big').add(1)).collect()).rejects.toThrow(
      /add\(big, 1\).*2\^53/,
    );
  });

  it('refuse unknown columns and operands of the wrong kind, naming the part that is wrong', () => {
    expect(() => table.filter(col('nn').gt(1))).toThrow(/did you mean n\?/);
    expect(() => table.filter(col('s').gt(1))).toThrow(
      /gt\(s, 1\) must compare values of one kind; got string and int/,
    );
    expect(() => table.withColumn('z', col('s').add(1))).toThrow(
      /expression s must be number or boolean; got string/,
    );
    expect(() => table.filter(col('n').add(1))).toThrow(
      /condition of filter must be boolean; got double/,
    );
    expect(() => table.withColumn('z', when(col('n').gt(1), 'a').otherwise(1))).toThrow(
      /values of one kind/,
    );
    expect(() => col('n').otherwise(1)).toThrow(/must follow when/);
    expect(() => table.withColumn('z', col('n').cast('flaot'))).toThrow(/type of cast must be/);
  });

  it('take an element of a vector or a child of a struct, null where either is missing', async () => {
    const parts = await new VectorAssembler({
      inputCols: ['n', 's'],
      outputCol: 'both',
    }).transform(tableFromColumns(runner, { n: [1, null, 3, 4], s: ['a', 'b', null, 'd'] }));
    const pairs = parts
      .withColumn('pair', () => [[1.5, 2], null, [7, 4], [0, Number.NaN]], { type: 'vector(2)' })
      .repartition(2);
    const taken = pairs
      .withColumn('second', col('pair').getItem(1))
      .withColumn('sum', col('pair').getItem(0).add(col('both').getItem('n')))
      .withColumn('text', col('both').getItem('s'))
      .withColumn('none', col('pair').getItem(0).isNull());
    const rows = await taken.select('second', 'sum', 'text', 'none').take(4);
    const column = (name: string) => rows.map((row) => row[name]);
    expect(column('second')).toEqual([2, null, 4, Number.NaN]);
    expect(column('sum')).toEqual([2.5, null, 10, 4]);
    expect(column('text')).toEqual(['a', 'b', null, 'd']);
    expect(column('none')).toEqual([false, true, false, false]);
    expect(await pairs.filter(col('pair').getItem(0).ge(1)).count()).toBe(2);
    expect(typeName(taken.select('second').schema.fields[0]?.type)).toBe('double');
  });

  it('refuse an item that is none, naming the column', () => {
    const pairs = table.withColumn('pair', () => [], { type: 'vector(2)' });
    const take = (key: number | string) => () => pairs.withColumn('z', col('pair').getItem(key));
    expect(take(2)).toThrow(
      /column pair must be a position from 0 to 1 of vector<double>\[2\]; got 2/,
    );
    expect(take('yes')).toThrow(/got "yes"/);
    expect(take(-1)).toThrow(/integer ≥ 0 or a name; got -1/);
    expect(() => table.filter(col('n').getItem(0).gt(1))).toThrow(
      /column n must be a vector of numbers or a struct for getItem; got double/,
    );
    expect(() => col('n').add(1).getItem(0)).toThrow(/must follow col/);
  });

  it('refuse values that a cast cannot hold, or make them null', async () => {
    await expect(table.withColumn('z', col('s').cast('int')).collect()).rejects.toThrow(
      /values of column s must fit int to be cast; got "a"/,
    );
    const tried = await table.withColumn('z', col('s').tryCast('int')).take(1);
    expect(tried[0]?.['z']).toBe(null);
    await expect(table.cast({ big: 'int' }).collect()).rejects.toMatchObject({
      code: 'DATA_INVALID',
    });
  });
});
