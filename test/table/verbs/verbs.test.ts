import type { RecordBatch } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { fromModule } from '../../../src/base/user-function.ts';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { missingColumn } from '../../../src/table/columns/find-column.ts';
import { typeName } from '../../../src/table/columns/type-name.ts';
import { tableFromColumns } from '../../../src/table/create-table.ts';
import { col } from '../../../src/table/expressions/expression.ts';
import { cellsOfTable, runner } from '../topologies.ts';

function requireColumnOf(batch: RecordBatch): never {
  throw missingColumn(batch.schema, 'z', 'a function');
}

function sample() {
  return tableFromColumns(
    runner,
    {
      x: [1, 2, null],
      s: ['one', 'two\nlines', null],
      d: [new Date(0), new Date(86_400_123), null],
    },
    { numPartitions: 2 },
  );
}

describe('show and printSchema', () => {
  it('print a grid with numbers to the right and nulls by name', async () => {
    expect(await sample().preview()).toBe(
      [
        '+------+------------+-------------------------+',
        '|    x | s          | d                       |',
        '+------+------------+-------------------------+',
        '|    1 | one        | 1970-01-01 00:00:00     |',
        '|    2 | two\\nlines | 1970-01-02 00:00:00.123 |',
        '| null | null       | null                    |',
        '+------+------------+-------------------------+',
      ].join('\n'),
    );
    expect(await sample().select('s').preview(2, { truncate: 5 })).toContain('| two\\… |');
  });

  it('print the columns as a tree', () => {
    expect(sample().schemaText()).toBe(
      [
        'root',
        ' |-- x: double (nullable = true)',
        ' |-- s: string (nullable = true)',
        ' |-- d: timestamp(ms) (nullable = true)',
      ].join('\n'),
    );
  });
});

describe('functions of users', () => {
  const module = new URL('../functions-for-tests.mjs', import.meta.url);

  it.each([
    ['at once', 'twice', 'aboveOne'],
    ['later', 'twiceLater', 'aboveOneLater'],
  ])('come from a module by name, and answer %s', async (_, twice, aboveOne) => {
    const table = sample()
      .na.drop()
      .withColumn('y', fromModule(module, twice), { type: 'float' })
      .filter(fromModule(module, aboveOne));
    expect(await table.take(5)).toMatchObject([{ x: 2, y: 4 }]);
    expect(typeName(table.schema.fields[3]?.type)).toBe('float');
  });

  it('are refused when they return the wrong number of values or kind', async () => {
    const short = sample().withColumn('y', () => [1], { type: 'double' });
    await expect(short.collect()).rejects.toThrow(
      /column y must return 2 values, one a row; got 1/,
    );
    await expect(
      sample()
        .filter(() => [true])
        .collect(),
    ).rejects.toThrow(/must return 2 booleans, one a row; got 1 values/);
    await expect(
      sample()
        .filter((() => 'all') as never)
        .collect(),
    ).rejects.toThrow(/got "all"/);
    expect(() => sample().withColumn('y', () => [1])).toThrow(/type of withColumn must be given/);
    const missing = sample().withColumn('y', fromModule(module, 'thrice'), { type: 'double' });
    await expect(missing.collect()).rejects.toThrow(/must export a function thrice/);
  });

  it('have a code, a name and a cause for what they throw, at once or later', async () => {
    const boom = new RangeError('no such thing');
    const throws = (): never => {
      throw boom;
    };
    const rejects = async (): Promise<never> => throws();
    const type = { type: 'double' };
    const own = fromModule(module, 'fails');
    const later = fromModule(module, 'failsLater');
    const column = (run: unknown) => sample().withColumn('y', run as never, type);
    const filter = (run: unknown) => sample().filter(run as never);
    const tables = [
      [column(throws), 'the function of column y failed: no such thing'],
      [column(rejects), 'the function of column y failed: no such thing'],
      [column(own), 'the function fails of column y failed: no such thing'],
      [column(later), 'the function failsLater of column y failed: no such thing'],
      [filter(throws), 'the function of filter failed: no such thing'],
      [filter(rejects), 'the function of filter failed: no such thing'],
      [filter(own), 'the function fails of filter failed: no such thing'],
      [filter(later), 'the function failsLater of filter failed: no such thing'],
    ] as const;
    for (const [table, message] of tables) {
      const expected = { code: 'FUNCTION_FAILED', message, cause: boom };
      await expect(table.collect()).rejects.toMatchObject(expected);
    }
    const unspeakable = {
      toString: () => {
        throw new Error('never asked');
      },
    };
    for (const thrown of [Object.create(null), undefined, unspeakable]) {
      const odd = filter(() => {
        throw thrown;
      });
      await expect(odd.collect()).rejects.toMatchObject({ code: 'FUNCTION_FAILED' });
    }
    expect(() => sample().withColumn('y', throws, 'double' as never)).toThrow('type of withColumn');
    const coded = sample().withColumn('y', (batch) => requireColumnOf(batch), type);
    await expect(coded.collect()).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND' });
  });

  it('run on the calling thread as often as their rows are asked for, once when cached', async () => {
    let calls = 0;
    const table = sample().withColumn(
      'y',
      (batch) => {
        calls++;
        return new Float64Array(batch.numRows);
      },
      {
        type: 'double',
      },
    );
    await table.count();
    await table.collect();
    expect(calls).toBe(4);
    const cached = table.cache();
    await cached.collect();
    await cached.filter(col('x').gt(1)).count();
    expect(calls).toBe(6);
    await cached.unpersist().count();
    expect(calls).toBe(8);
  });
});

describe('verbs', () => {
  it('select, drop and rename columns, old names free for new columns', async () => {
    const table = sample().rename({ x: 's', s: 'x' }).withColumn('z', col('s').add(1)).drop('d');
    expect(table.columns).toEqual(['s', 'x', 'z']);
    expect(await cellsOfTable(table)).toEqual({
      s: ['1', '2', 'null'],
      x: ['"one"', '"two\\nlines"', 'null'],
      z: ['2', '3', 'null'],
    });
    const again = sample().drop('x').withColumn('x', 5);
    expect((await cellsOfTable(again))['x']).toEqual(['5', '5', '5']);
    const hidden = sample().drop('s').rename({ x: 's' });
    expect((await cellsOfTable(hidden))['s']).toEqual(['1', '2', 'null']);
  });

  it('cast columns there and back', async () => {
    const table = sample().cast({ x: 'int', s: 'category', d: 'date' });
    expect(table.schema.fields.map((field) => typeName(field.type))).toEqual([
      'int',
      'dictionary<string>',
      'date',
    ]);
    const back = table.cast({ x: 'string', s: 'string', d: 'string' });
    expect(await cellsOfTable(back)).toEqual({
      x: ['"1"', '"2"', 'null'],
      s: ['"one"', '"two\\nlines"', 'null'],
      d: ['"1970-01-01"', '"1970-01-02"', 'null'],
    });
    const parsed = back.cast({ d: 'timestamp(ms)', x: 'decimal(10,2)' });
    expect(await parsed.preview(1)).toContain('| 1.00 | one | 1970-01-01 00:00:00 |');
  });

  it('refuse what they cannot do, before any row is read', () => {
    const table = sample();
    expect(() => table.select('x', 'x')).toThrow(/distinct names; got "x" twice/);
    expect(() => table.select('y')).toThrow(/column of select must be one of the table; got "y"/);
    expect(() => table.drop('y')).toThrow(/column of drop/);
    expect(() => table.rename({ x: 's' })).toThrow(/got "s" twice/);
    expect(() => table.sample(2)).toThrow(/fraction of sample must be a number from 0 to 1; got 2/);
    expect(() => table.sample(0.5, { seed: 0.5 })).toThrow(/seed of sample must be an integer/);
    expect(() => table.randomSplit([0, 0])).toThrow(/weights of randomSplit/);
    expect(() => table.randomSplit([1, 1], 7 as never)).toThrow(
      /options of randomSplit must be an object; got 7/,
    );
    expect(() => table.sample(0.5, { sed: 7 } as never)).toThrow(/sed, .* did you mean seed\?/);
    expect(() => table.repartition(0)).toThrow(/numPartitions of repartition/);
    expect(() => table.limit(-1)).toThrow(/number of rows of limit/);
    expect(() => table.orderBy()).toThrow(/keys of orderBy/);
    expect(() => table.orderBy('q')).toThrow(/column of orderBy/);
    expect(() => table.na.fill({ x: 'no' })).toThrow(
      /column x of type double must be of its kind; got "no"/,
    );
    expect(() => table.na.drop({ how: 'some' as never })).toThrow(
      /how of na.drop must be any or all/,
    );
    expect(() => table.union(table.drop('s'))).toThrow(/"s" of the second table/);
    expect(() => table.union(table.cast({ x: 'string' }))).toThrow(
      /its type must be double, as in the first table; got string/,
    );
    expect(() => table.cast({ x: 'number' })).toThrow(/type of cast must be boolean, tinyint/);
  });

  it('unite tables whose text is stored differently, and all-null columns', async () => {
    const plain = tableFromColumns(runner, { s: ['a', null], n: [null, null] });
    const dictionary = tableFromColumns(runner, { n: [1.5], s: ['b'] }).cast({ s: 'category' });
    const both = plain.union(dictionary);
    expect(await cellsOfTable(both)).toEqual({
      s: ['"a"', 'null', '"b"'],
      n: ['null', 'null', '1.5'],
    });
    expect(await cellsOfTable(dictionary.union(plain))).toEqual({
      n: ['1.5', 'null', 'null'],
      s: ['"b"', '"a"', 'null'],
    });
  });

  it('find the position of rows after rows were dropped', async () => {
    const rows = tableFromColumns(
      runner,
      { i: Int32Array.from({ length: 100 }, (_, i) => i) },
      { numPartitions: 5 },
    );
    const [left, right] = rows.filter(col('i').ge(50)).randomSplit([1, 1], { seed: 1 });
    const whole = tableFromColumns(runner, {
      i: Int32Array.from({ length: 50 }, (_, i) => i + 50),
    });
    const [leftOfWhole] = whole.randomSplit([1, 1], { seed: 1 });
    expect(await cellsOfTable(left as never)).toEqual(await cellsOfTable(leftOfWhole as never));
    expect((await left?.count()) as number).toBeGreaterThan(10);
    expect(((await left?.count()) as number) + ((await right?.count()) as number)).toBe(50);
  });

  it('end with ABORTED when the caller gives up', async () => {
    const signal = AbortSignal.abort();
    for (const work of [
      () => sample().count({ signal }),
      () => sample().filter(col('x').gt(0)).count({ signal }),
      () => sample().orderBy('x').collect({ signal }),
      () => sample().distinct().collect({ signal }),
      () => sample().describe(undefined, { signal }),
      () => sample().cache().collect({ signal }),
    ]) {
      const result = work().catch((error: { code: string }) => error.code);
      expect((await result) === 3 ? 'ABORTED' : await result).toBe('ABORTED');
    }
  });

  it('describe numbers, booleans and text', async () => {
    const table = tableFromColumns(new InlineRunner(), {
      x: [1, 2, 4, null],
      s: ['b', 'a', null, 'é'],
      t: [true, true, false, null],
    });
    const cells = await cellsOfTable(await table.describe());
    expect(cells['summary']).toEqual(
      ['count', 'missing', 'mean', 'stddev', 'min', 'max'].map((name) => `"${name}"`),
    );
    expect(cells['x']).toEqual(['3', '1', String(7 / 3), '1.5275252316519468', '1', '4']);
    expect(cells['s']).toEqual(['"3"', '"1"', 'null', 'null', '"a"', '"é"']);
    expect(cells['t']?.[2]).toBe(String(2 / 3));
    await expect(table.describe(['q'])).rejects.toThrow(/column of describe/);
  });
});
