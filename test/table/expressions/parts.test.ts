import { Field, Float64, Int32, Struct, Table, Utf8, vectorFromArray } from 'apache-arrow';
import { afterAll, describe, expect, it } from 'vitest';
import { col, Session, VectorAssembler } from '../../../src/index.ts';
import type { PartitionedTable } from '../../../src/table/partitioned-table.ts';
import { valuesOf } from '../../tools/inline-table.ts';

const session = await Session.local({ threads: 2 });
afterAll(() => session.close());

const address = new Struct([
  new Field('city', new Utf8(), true),
  new Field('zip', new Int32(), true),
  new Field('at', new Struct([new Field('lat', new Float64(), true)]), true),
]);
const rows = [
  { city: 'Rome', zip: 1, at: { lat: 41.9 } },
  null,
  { city: null, zip: 3, at: null },
  { city: 'Oslo', zip: null, at: { lat: 59.9 } },
];
const table = session.createTable(
  new Table({
    id: vectorFromArray([0, 1, 2, 3], new Int32()),
    address: vectorFromArray(rows, address),
    'a.b': vectorFromArray([5, 6, 7, 8], new Int32()),
  }),
  { numPartitions: 2 },
);

describe('a part of a column in an expression', () => {
  it('is a child of a struct; null where the struct or the child is', async () => {
    const made = table
      .withColumn('city', col('address.city'))
      .withColumn('zip', col('address.zip').add(1))
      .withColumn('known', col('address.zip').isNotNull());
    expect(await valuesOf(made, 'city')).toEqual(['Rome', null, null, 'Oslo']);
    expect(await valuesOf(made, 'zip')).toEqual([2, null, 4, null]);
    expect(await valuesOf(made, 'known')).toEqual([true, false, true, false]);
    expect(await valuesOf(table.filter(col('address.city').eq('Oslo')), 'id')).toEqual([3]);
    expect(made.schema.fields.at(-1)?.nullable).toBe(true);
  });

  it('of a part is taken step by step', async () => {
    const at = table.withColumn('at', col('address.at'));
    expect(await valuesOf(at.withColumn('lat', col('at.lat')), 'lat')).toEqual([
      ...[41.9, null, null, 59.9],
    ]);
  });

  it('of a part of a part is named at once, or by getItem', async () => {
    for (const lat of [
      col('address.at.lat'),
      col('address').getItem('at').getItem('lat'),
      col('address.at').getItem('lat'),
    ]) {
      expect(await valuesOf(table.withColumn('lat', lat), 'lat')).toEqual([41.9, null, null, 59.9]);
    }
    const some = table.filter(col('address.at.lat').gt(50).or(col('address.at').isNull()));
    expect(await valuesOf(some, 'id')).toEqual([1, 2, 3]);
    const part = some.withColumn('lat', col('address.at.lat'));
    expect(await valuesOf(part, 'lat')).toEqual([null, null, 59.9]);
    expect(() => table.filter(col('address.at.lon').isNull())).toThrow('"address.at.lon"');
  });

  it('may have dots in its name, as its column may', async () => {
    const inner = new Struct([
      new Field('d.e', new Int32(), true),
      new Field('d', new Int32(), true),
    ]);
    const dotted = session.createTable(
      new Table({
        'a.b': vectorFromArray(
          [{ c: { 'd.e': 1, d: 2 } }],
          new Struct([new Field('c', inner, true)]),
        ),
        a: vectorFromArray([7], new Int32()),
      }),
    );
    expect(await valuesOf(dotted.withColumn('z', col('a.b.c.d.e')), 'z')).toEqual([1]);
    expect(await valuesOf(dotted.withColumn('z', col('a.b.c.d')), 'z')).toEqual([2]);
    expect(await valuesOf(dotted.withColumn('z', col('a')), 'z')).toEqual([7]);
  });

  it('is an element of a vector', async () => {
    const numbers = session.createTable({ x: [1, 2, 3], y: [4, 5, 6] }, { numPartitions: 2 });
    const cast = numbers.withColumn('v', col('x'));
    const struct = await new VectorAssembler({ inputCols: ['x', 'y'] }).transform(cast);
    expect(await valuesOf(struct.withColumn('z', col('features.y')), 'z')).toEqual([4, 5, 6]);
    const vectors: PartitionedTable = session.createTable({
      v: [
        [1, 2],
        [3, 4],
      ],
    } as never);
    expect(
      await valuesOf(vectors.cast({ v: 'vector(2)' }).withColumn('z', col('v.1')), 'z'),
    ).toEqual([2, 4]);
    expect(() => vectors.cast({ v: 'vector(2)' }).withColumn('z', col('v.2'))).toThrow('"v.2"');
  });

  it('gives way to a column of the whole name', async () => {
    const parts = await new VectorAssembler({ inputCols: ['a.b', 'id'], outputCol: 'a' }).transform(
      table,
    );
    const named = parts.rename({ 'a.b': 'a.id' });
    expect(await valuesOf(named.withColumn('z', col('a.id')), 'z')).toEqual([5, 6, 7, 8]);
  });

  it('is named as a remedy where whole columns are wanted', () => {
    expect(() => table.select('address.city')).toThrow(
      expect.objectContaining({
        code: 'COLUMN_NOT_FOUND',
        message: expect.stringContaining("withColumn('city', col('address.city'))"),
      }),
    );
    expect(() => table.filter(col('address.town').isNull())).toThrow('"address.town"');
    const vectors = session.createTable({ v: [[1, 2]] } as never).cast({ v: 'vector(2)' } as never);
    expect(() => vectors.select('v.1')).toThrow("withColumn('v_1', col('v.1'))");
    expect(() => vectors.select('v.x')).toThrow('there are: v');
  });
});
