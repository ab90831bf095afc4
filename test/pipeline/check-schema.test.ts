import {
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
  Int32,
  Int64,
  LargeUtf8,
  Schema,
  Struct,
  TimestampMicrosecond,
  TimestampMillisecond,
  Utf8,
} from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import {
  checkSchema,
  refuseExistingColumn,
  requireColumn,
} from '../../src/pipeline/check-schema.ts';
import {
  logicalSchema,
  logicalSchemaFromJson,
  logicalSchemaToJson,
} from '../../src/pipeline/logical-schema.ts';

function schemaOf(columns: Record<string, DataType>, nullable = true): Schema {
  return new Schema(Object.entries(columns).map(([name, type]) => new Field(name, type, nullable)));
}

const point = (types: Record<string, DataType>): DataType => new Struct(schemaOf(types).fields);

describe('logicalSchema', () => {
  it('names types, in column order', () => {
    const schema = schemaOf({
      a: new Float32(),
      b: new Int64(),
      c: new Utf8(),
      d: new Bool(),
      e: new DateDay(),
      f: new TimestampMicrosecond('UTC'),
      g: new Decimal(2, 10),
      h: new FixedSizeList(3, new Field('anything', new Float64())),
      i: point({ x: new Int8() }),
    });
    expect(logicalSchema(schema)).toEqual([
      { name: 'a', type: 'float' },
      { name: 'b', type: 'bigint' },
      { name: 'c', type: 'string' },
      { name: 'd', type: 'boolean' },
      { name: 'e', type: 'date' },
      { name: 'f', type: 'timestamp(us, UTC)' },
      { name: 'g', type: 'decimal(10,2)' },
      { name: 'h', type: 'vector[3]', children: [{ name: 'item', type: 'double' }] },
      { name: 'i', type: 'struct', children: [{ name: 'x', type: 'tinyint' }] },
    ]);
    expect(
      logicalSchemaFromJson(JSON.parse(JSON.stringify(logicalSchemaToJson(logicalSchema(schema))))),
    ).toEqual(logicalSchema(schema));
  });

  it('forgets nullability, dictionary index and offset width', () => {
    const text = logicalSchema(schemaOf({ a: new Utf8() }));
    expect(logicalSchema(schemaOf({ a: new LargeUtf8() }, false))).toEqual(text);
    expect(logicalSchema(schemaOf({ a: new Dictionary(new Utf8(), new Int32()) }))).toEqual(text);
    expect(logicalSchema(schemaOf({ a: new Dictionary(new Utf8(), new Int8()) }))).toEqual(text);
  });
});

describe('checkSchema', () => {
  const expected = logicalSchema(
    schemaOf({
      distance: new Float64(),
      origin: new Utf8(),
      when: new TimestampMicrosecond(),
      p: point({ x: new Float64() }),
    }),
  );
  const good = {
    origin: new Dictionary(new Utf8(), new Int32()),
    more: new Bool(),
    when: new TimestampMicrosecond('UTC'),
    distance: new Int32(),
    p: point({ y: new Float64(), x: new Float32() }),
  };

  it('matches by name, takes any number for a number, and more columns', () => {
    expect(() => checkSchema('GBTModel', expected, schemaOf(good))).not.toThrow();
  });

  it.each<[string, Record<string, DataType | undefined>, string, string]>([
    [
      'a missing column',
      { distance: undefined, distence: new Int32() },
      'COLUMN_NOT_FOUND',
      'the table given to GBTModel must have the column distance; did you mean distence?',
    ],
    [
      'text for a number',
      { distance: new Utf8() },
      'SCHEMA_MISMATCH',
      'column distance of the table given to GBTModel must be double, as at fit; got string',
    ],
    [
      'a number for text',
      { origin: new Int32() },
      'SCHEMA_MISMATCH',
      'must be string, as at fit; got int',
    ],
    [
      'a timestamp of another unit',
      { when: new TimestampMillisecond() },
      'SCHEMA_MISMATCH',
      'must be timestamp(us), as at fit; got timestamp(ms)',
    ],
    [
      'a missing part',
      { p: point({ X: new Float64() }) },
      'SCHEMA_MISMATCH',
      'must have the part x, as at fit; did you mean X?',
    ],
    [
      'a part of another type',
      { p: point({ x: new Utf8() }) },
      'SCHEMA_MISMATCH',
      'column p.x of the table given to GBTModel must be double, as at fit; got string: make column p with that part as double; a cast takes whole columns',
    ],
  ])('refuses %s', (_, change, code, sentence) => {
    const columns = Object.entries({ ...good, ...change }).filter(([, type]) => type !== undefined);
    const run = (): void =>
      checkSchema(
        'GBTModel',
        expected,
        schemaOf(Object.fromEntries(columns) as Record<string, DataType>),
      );
    expect(run).toThrow(expect.objectContaining({ code }));
    expect(run).toThrow(sentence);
  });
});

describe('requireColumn and refuseExistingColumn', () => {
  const schema = schemaOf({ distance: new Float64() });

  it('name the parameter and the nearest column', () => {
    expect(requireColumn('Imputer', 'inputCols', 'distance', schema).name).toBe('distance');
    expect(() => requireColumn('Imputer', 'inputCols', 'distnce', schema)).toThrow(
      'inputCols of Imputer must be a column of the table; got "distnce"; did you mean distance?',
    );
    const whole = schemaOf({ ship: new Struct([new Field('days', new Float64())]) });
    expect(() => requireColumn('Imputer', 'inputCols', 'ship.days', whole)).toThrow(
      'got "ship.days"; it may be a part of ship: name the whole column, take parts of it by VectorSlicer, or make a column of one: ' +
        "withColumn('days', col('ship.days'))",
    );
    expect(() => requireColumn('Imputer', 'inputCols', 'distance.x', schema)).toThrow(
      'got "distance.x"; did you mean distance?',
    );
    expect(() => refuseExistingColumn('Imputer', 'outputCols', 'distance', schema)).toThrow(
      expect.objectContaining({ code: 'COLUMN_EXISTS' }),
    );
    expect(() => refuseExistingColumn('Imputer', 'outputCols', 'other', schema)).not.toThrow();
  });
});
