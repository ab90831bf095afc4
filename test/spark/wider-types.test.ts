/** Do columns of types that Spark has not keep their values in the next wider one? */
import {
  DateMillisecond,
  Float16,
  Table,
  TimestampMillisecond,
  TimestampSecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { expect, it } from 'vitest';
import { checkHeldBySpark } from '../../src/spark/rows/spark-types.ts';
import { widened } from '../../src/spark/rows/wider-types.ts';
import { batchFromArrow } from '../../src/table/create-table.ts';

const day = Date.UTC(2024, 1, 29, 12, 30, 1, 5);

it('values and nulls stay, types widen', () => {
  const batch = batchFromArrow(
    new Table({
      small: vectorFromArray([0, null, 255], new Uint8()),
      middle: vectorFromArray([65_535, 1, null], new Uint16()),
      large: vectorFromArray([4_294_967_295, null, 0], new Uint32()),
      half: vectorFromArray([0.5, null, -65_504], new Float16()),
      date: vectorFromArray([new Date(day), null, new Date(-1)], new DateMillisecond()),
      time: vectorFromArray([day, 0, null], new TimestampMillisecond('Europe/Bern')),
      second: vectorFromArray([1000, null, -1000], new TimestampSecond()),
      text: vectorFromArray(['a', null, 'b'], new Utf8()),
    }),
  );
  const wide = widened(batch);
  expect(wide.schema.fields.map(({ type }) => String(type))).toEqual([
    'Int16',
    'Int32',
    'Int64',
    'Float32',
    'Timestamp<MICROSECOND>',
    'Timestamp<MICROSECOND, Europe/Bern>',
    'Timestamp<MICROSECOND>',
    'Utf8',
  ]);
  expect(() => checkHeldBySpark(wide.schema.fields, 'createTable')).not.toThrow();
  const valuesOf = (name: string): unknown[] => {
    const data = wide.data.children[wide.schema.fields.findIndex((field) => field.name === name)];
    const column = wide.getChild(name);
    return Array.from({ length: 3 }, (_, i) =>
      column?.isValid(i) === true ? data?.values[i] : null,
    );
  };
  expect(valuesOf('small')).toEqual([0, null, 255]);
  expect(valuesOf('middle')).toEqual([65_535, 1, null]);
  expect(valuesOf('large')).toEqual([4_294_967_295n, null, 0n]);
  expect(valuesOf('half')).toEqual([0.5, null, -65_504]);
  expect(valuesOf('date')).toEqual([BigInt(day) * 1000n, null, -1000n]);
  expect(valuesOf('time')).toEqual([BigInt(day) * 1000n, 0n, null]);
  expect(valuesOf('second')).toEqual([1_000_000n, null, -1_000_000n]);
  expect(wide.getChild('text')?.get(2)).toBe('b');
});

it('what has no wider type stays, and is refused by name', () => {
  const batch = batchFromArrow(new Table({ huge: vectorFromArray([1n], new Uint64()) }));
  expect(widened(batch)).toBe(batch);
  expect(() => checkHeldBySpark(batch.schema.fields, 'createTable')).toThrow(/huge/);
});
