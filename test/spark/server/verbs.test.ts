/**
 * Every verb of a table and every kind of expression on Spark: it gives the rows that it gives here, or it is refused by
 * name. A verb that a table gets and this file does not know makes it fail.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Float64, Int32, Int64, Table, Utf8, vectorFromArray } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  coalesce,
  col,
  type Expression,
  fromModule,
  lit,
  PartitionedTable,
  Session,
  when,
} from '../../../src/index.ts';
import { pushExpression } from '../../../src/spark/rows/push-expression.ts';
import { runsSpark, sparkSession } from './spark-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'coppice-spark-verbs-'));
const path = join(folder, 'odd');
const numRows = 90;

const doubles = [1.5, -2, null, Number.NaN, 0, -0, 1e300, Number.POSITIVE_INFINITY, 1 / 3];
const texts = ['Ünïcode 🌳', ' blank ', '', null, 'b', 'a', 'B'];
const longs = [2n ** 53n + 1n, -1n, null, 0n];

/** Numbers, texts and longs with all that is odd about them. */
function oddRows(): Table {
  const cycle = <T>(values: readonly T[]): T[] =>
    Array.from({ length: numRows }, (_, i) => values[i % values.length] as T);
  return new Table({
    id: vectorFromArray(cycle(Array.from({ length: numRows }, (_, i) => i)), new Int32()),
    x: vectorFromArray(cycle(doubles), new Float64()),
    text: vectorFromArray(cycle(texts), new Utf8()),
    long: vectorFromArray(cycle(longs), new Int64()),
  });
}

type Verb = (table: PartitionedTable) => PartitionedTable | Promise<PartitionedTable>;

/** What a verb gives, by its name; more than one way where they differ on Spark. */
const verbs: Readonly<Record<string, readonly Verb[]>> = {
  typed: [(table) => table.typed({ id: 'number' }) as unknown as PartitionedTable],
  select: [(table) => table.select('text', 'id')],
  drop: [(table) => table.drop('text')],
  rename: [(table) => table.rename({ x: 'y', id: 'x' })],
  filter: [
    (table) => table.filter(col('x').gt(0)),
    (table) => table.filter(col('text').upper().eq('B')),
    (table) => table.withColumn('low', col('text').lower()).filter(col('low').eq('b')),
    (table) => table.cast({ text: 'category' }).na.drop().filter(col('text').upper().eq('B')),
  ],
  withColumn: [
    (table) => table.withColumn('x', col('x').mul(2)),
    (table) => table.withColumn('low', col('text').lower()).withColumn('n', col('low').length()),
    (table) => table.withColumn('one', 1).withColumn('none', null),
  ],
  cast: [(table) => table.cast({ id: 'double', text: 'category' })],
  distinct: [(table) => table.distinct('x'), (table) => table.select('text', 'long').distinct()],
  sample: [(table) => table.sample(0.3, { seed: 5 })],
  randomSplit: [(table) => table.randomSplit([1, 2], { seed: 3 })[1] as PartitionedTable],
  union: [
    (table) => table.limit(3).union(table.filter(col('id').gt(80))),
    (table) => table.withColumn('low', col('text').lower()).union(table.withColumn('low', 'x')),
  ],
  repartition: [(table) => table.repartition(5)],
  orderBy: [
    (table) => table.orderBy('x', { column: 'text', descending: true }),
    (table) => table.orderBy({ column: 'long', nulls: 'last' }, 'text'),
    (table) => table.withColumn('low', col('text').lower()).orderBy('low'),
  ],
  limit: [(table) => table.limit(7), (table) => table.withColumn('one', 1).limit(0)],
  cache: [(table) => table.filter(col('x').gt(0)).cache()],
  unpersist: [(table) => table.cache().unpersist()],
  describe: [(table) => table.select('id', 'x', 'text').describe()],
  'na.drop': [(table) => table.na.drop(), (table) => table.na.drop({ how: 'all', columns: ['x'] })],
  'na.fill': [(table) => table.na.fill(7), (table) => table.na.fill({ text: 'none' })],
};

/** Methods that give no table of rows; what they are made of is tested above and below. */
const others = [
  ...[
    'constructor',
    'na',
    'write',
    'take',
    'preview',
    'show',
    'schemaText',
    'printSchema',
    'withOperator',
  ],
];

const x = col('x');
const text = col('text');
const long = col('long');
const expressions: Readonly<Record<string, Expression>> = {
  ...{ add: x.add(1), sub: x.sub(col('id')), mul: x.mul(3), div: x.div(0), by: x.div(x) },
  ...{ neg: x.neg(), abs: x.abs(), sqrt: x.sqrt(), exp: x.exp(), log: x.log() },
  ...{ floor: x.floor(), ceil: x.ceil(), round: x.round() },
  ...{ eq: x.eq(0), ne: x.ne(x), lt: x.lt(0), le: x.le(-0), gt: x.gt(1e300), ge: x.ge(0) },
  ...{ texts: text.lt('b'), longs: long.ge(0n), both: x.eq(long), nothing: x.eq(lit(null)) },
  ...{ and: x.gt(0).and(text.eq('b')), or: x.gt(0).or(text.eq('b')), not: x.gt(0).not() },
  ...{ isIn: x.isIn([0, 1.5]), isInText: text.isIn(['b', '']), isNull: x.isNull() },
  ...{ isNotNull: text.isNotNull(), isNaN: x.isNaN(), starts: text.startsWith('Ü') },
  ...{
    ends: text.endsWith('🌳'),
    contains: text.contains(''),
    like: text.like('%c_de%'),
    escaped: text.like('%!%_', '!'),
    length: text.length(),
  },
  ...{
    lower: text.lower(),
    upper: text.upper(),
    trim: text.trim(),
    cast: col('id').cast('string'),
  },
  ...{ tryCast: text.tryCast('double'), when: when(x.gt(0), text).otherwise('none') },
  ...{ coalesce: coalesce(x, col('id')) },
};

const rowsOf = async (table: PartitionedTable): Promise<unknown[]> =>
  (await table.collect()).toArray().map((row) => row.toJSON());

describe.runIf(runsSpark)('a table on Spark', () => {
  let local: Session;
  let spark: Session;
  let here: PartitionedTable;
  let there: PartitionedTable;

  beforeAll(async () => {
    local = await Session.local({ threads: 1 });
    await local.createTable(oddRows(), { numPartitions: 3 }).write.parquet(path);
    spark = await sparkSession({ executors: 2 });
    here = await local.read.parquet(path);
    there = await spark.read.parquet(path);
  });

  afterAll(async () => {
    await spark?.close();
    await local?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has no verb that is not known here', () => {
    const names = Object.getOwnPropertyNames(PartitionedTable.prototype).sort();
    const known = Object.keys(verbs).filter((name) => !name.includes('.'));
    expect(names).toEqual([...known, ...others].sort());
  });

  it.concurrent.each(Object.entries(verbs))('gives the same rows after %s', async (_, ways) => {
    for (const verb of ways) {
      const [theirs, ours] = [await verb(there), await verb(here)];
      expect(theirs.schemaText()).toBe(ours.schemaText());
      expect(await rowsOf(theirs)).toEqual(await rowsOf(ours));
    }
  });

  it.concurrent('computes every kind of expression alike, bit for bit', async () => {
    // Spark computes what comes first, until something is for the members
    const isForMembers = (e: Expression): boolean => pushExpression(e.node, here.schema) === null;
    const entries = Object.entries(expressions);
    const sparks = entries.filter(([, e]) => !isForMembers(e));
    expect(sparks.length).toBeGreaterThan(20);
    const all = (table: PartitionedTable): PartitionedTable =>
      [...sparks, ...entries.filter(([, e]) => isForMembers(e))].reduce(
        (made, [name, e]) => made.withColumn(name, e),
        table,
      );
    const ours = await rowsOf(all(here));
    expect(await rowsOf(all(there))).toEqual(ours);
    // and as members compute all of them
    const low = there.withColumn('low', text.lower());
    expect(await rowsOf(all(low).drop('low'))).toEqual(ours);
  });

  it.concurrent('refuses by name what does not run there', async () => {
    const module = fromModule('file:///none.mjs', 'none');
    const closure = (): never => {
      throw new Error('must not be called');
    };
    expect(() => there.filter(closure)).toThrow(/a function of the calling program is not run/);
    expect(() => there.filter(module)).toThrow(/a function of a module is not run on Spark/);
    expect(() => there.withColumn('y', closure, { type: 'double' })).toThrow(/calling program/);
    expect(() => there.withColumn('y', module, { type: 'double' })).toThrow(/of a module/);
    expect(() => there.union(here)).toThrow(/union with a table of another session/);
    expect(() => here.union(there)).toThrow(/union with a table of another session/);
    const sampled = there.sample(0.5, { seed: 1 });
    expect(await sampled.limit(2).count()).toBe(2);
    const sorted = there.orderBy({ column: 'x', descending: true });
    expect(() => sorted.distinct('text')).toThrow(/sort after distinct/);
    expect(() => there.withColumn('low', text.lower()).distinct()).toThrow(
      /distinct after withColumn is not offered on Spark/,
    );
    await expect(spark.read.csv(path)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await expect(spark.read.arrow(path)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});
