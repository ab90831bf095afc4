/**
 * Columns that are known at compile time. Most of this file is checked by the compiler: each `@ts-expect-error` is an
 * error of its own where the line below compiles.
 */
import { describe, expect, expectTypeOf, it } from 'vitest';
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import { StringIndexer } from '../../src/feature/categories/string-indexer.ts';
import { VectorAssembler } from '../../src/feature/vectors/vector-assembler.ts';
import type { Pipeline } from '../../src/pipeline/pipeline.ts';
import { pipelineOver } from '../../src/pipeline/typed-pipeline.ts';
import { col, when } from '../../src/table/expressions/expression.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { contentOf, inlineTable } from '../tools/inline-table.ts';

const table = inlineTable({
  carrier: ['UA', 'AA', null, 'UA'],
  distance: [500, 90, 700, 300],
  isLate: [true, false, true, false],
  when: [new Date(0), new Date(1), new Date(2), new Date(3)],
});
const flights = table.typed({ carrier: 'string', distance: 'number', isLate: 'boolean' });
const missing = { code: 'COLUMN_NOT_FOUND' };

describe('a table of known columns', () => {
  it('is split into as many tables as there are weights', () => {
    const [few, many] = flights.randomSplit([0.2, 0.8], { seed: 1 });
    expectTypeOf(few).toEqualTypeOf<typeof flights>();
    expectTypeOf(many).toEqualTypeOf<typeof flights>();
    const weights: number[] = [1, 2, 3];
    expectTypeOf(flights.randomSplit(weights)).toEqualTypeOf<(typeof flights)[]>();
    // @ts-expect-error a third weight was not given
    const [, , third] = flights.randomSplit([0.2, 0.8]);
    expect([few.columns, many.columns, third]).toEqual([
      flights.columns,
      flights.columns,
      undefined,
    ]);
  });

  it('takes them by name, and no others', async () => {
    expectTypeOf(flights.select('carrier')).toEqualTypeOf<
      PartitionedTable<{ readonly carrier: 'string' }>
    >();
    expect(flights.select('carrier', 'isLate').columns).toEqual(['carrier', 'isLate']);
    expect(flights.drop('carrier').columns).toEqual(['distance', 'isLate', 'when']);
    // @ts-expect-error no such column
    expect(() => flights.select('carier')).toThrow(expect.objectContaining(missing));
    // @ts-expect-error no such column
    expect(() => flights.drop('carier')).toThrow(expect.objectContaining(missing));
    // @ts-expect-error gone after select
    expect(() => flights.select('carrier').select('distance')).toThrow(
      expect.objectContaining(missing),
    );
    // @ts-expect-error gone after drop
    expect(() => flights.drop('carrier').orderBy('carrier')).toThrow(
      expect.objectContaining(missing),
    );
    // @ts-expect-error no such column
    expect(() => flights.distinct('carier')).toThrow(expect.objectContaining(missing));
    // @ts-expect-error no such column
    expect(() => flights.na.drop({ columns: ['carier'] })).toThrow(
      expect.objectContaining(missing),
    );
    const far = flights.filter(col('distance').gt(100).and(col('isLate').eq(true)));
    expect((await contentOf(far.select('distance')))['distance']).toEqual([500, 700]);
  });

  it('reads them in expressions, however deep', () => {
    const bad = col('distance').add(1).gt(col('distanse'));
    // @ts-expect-error no such column
    expect(() => flights.filter(bad)).toThrow(expect.objectContaining(missing));
    // @ts-expect-error no such column
    expect(() => flights.filter(col('isLate').or(col('is_late')))).toThrow();
    // @ts-expect-error no such column
    expect(() => flights.filter(col('distance').between(1, col('far')))).toThrow();
    // @ts-expect-error no such column
    expect(() => flights.withColumn('x', when(col('late'), 1).otherwise(2))).toThrow();
    // @ts-expect-error no such column
    expect(() => flights.withColumn('x', when(col('isLate'), 1).otherwise(col('two')))).toThrow();
    const wide = flights.withColumn('double', col('distance').mul(2));
    expect(wide.filter(col('double').gt(col('distance'))).select('double').columns).toEqual([
      'double',
    ]);
    expect(flights.rename({ carrier: 'airline' }).select('airline').columns).toEqual(['airline']);
    // @ts-expect-error has another name now
    expect(() => flights.rename({ carrier: 'airline' }).select('carrier')).toThrow();
    expect(flights.limit(2).cache().repartition(2).sample(1).select('carrier').columns.length).toBe(
      1,
    );
  });

  it('is checked where it is declared', () => {
    expect(() => table.typed({ carier: 'string' })).toThrow(expect.objectContaining(missing));
    expect(() => table.typed({ carrier: 'number' })).toThrow(
      'column carrier of typed must be of kind number; got string',
    );
    expect(() => table.typed({ isLate: 'number' })).toThrow('got boolean');
    expect(table.typed({ when: 'timestamp', carrier: 'any' }).columns).toEqual(table.columns);
  });

  it('passes where any table does, and other tables work as before', async () => {
    const anyTable: PartitionedTable = flights;
    expect(anyTable.select('carrier').withColumn('x', 1).drop('carrier').columns).toEqual(['x']);
    expect(() => table.select('nope')).toThrow(expect.objectContaining(missing));
    const name: string = 'distance';
    expect(table.filter(col(name).gt(1)).select(name).columns).toEqual(['distance']);
    expectTypeOf(table.select('carrier')).toEqualTypeOf<PartitionedTable>();
    const tree = new DecisionTreeClassifier({ featuresCols: ['distance'], labelCol: 'isLate' });
    expect((await tree.fit(flights)).numFeatures).toBe(1);
  });
});

describe('a pipeline over a table of known columns', () => {
  it('knows the columns of the table and of the stages before', async () => {
    const built = pipelineOver(flights)
      .stage(StringIndexer, { inputCol: 'carrier', outputCol: 'index' })
      .stage(VectorAssembler, { inputCols: ['index', 'distance'] })
      .stage(DecisionTreeClassifier, { labelCol: 'isLate', maxDepth: 1 });
    const model = await built.fit();
    const { prediction = [] } = await contentOf(await model.transform(table));
    expect(prediction.length).toBe(4);
    expectTypeOf(built.pipeline()).toEqualTypeOf<Pipeline>();
    expect(built.pipeline().stages.length).toBe(3);
  });

  it('does not compile with a misspelt column or parameter', async () => {
    const start = pipelineOver(flights);
    // @ts-expect-error no such column
    const one = start.stage(StringIndexer, { inputCol: 'carier', outputCol: 'index' });
    await expect(one.fit()).rejects.toMatchObject(missing);
    const indexed = start.stage(StringIndexer, { inputCol: 'carrier', outputCol: 'index' });
    const many = indexed.stage(VectorAssembler, {
      // @ts-expect-error no such column
      inputCols: ['idx', 'distance'],
    });
    await expect(many.fit()).rejects.toMatchObject(missing);
    // the error stands at the misspelt name, not at its neighbours
    const named = indexed.stage(DecisionTreeClassifier, {
      maxDepth: 3,
      featuresCols: ['index', 'distance'],
      // @ts-expect-error no such column
      labelCol: 'islate',
      predictionCol: 'said',
    });
    await expect(named.fit()).rejects.toMatchObject(missing);
    const second = indexed.stage(VectorAssembler, {
      inputCols: [
        'index',
        // @ts-expect-error no such column
        'distanse',
        'isLate',
      ],
      outputCol: 'all',
    });
    await expect(second.fit()).rejects.toMatchObject(missing);
    const wrong = { featuresCols: ['index'], labelCol: 'islate' } as const;
    // @ts-expect-error no such column
    const label = indexed.stage(DecisionTreeClassifier, wrong);
    await expect(label.fit()).rejects.toMatchObject(missing);
    expect(() =>
      indexed.stage(DecisionTreeClassifier, {
        labelCol: 'isLate',
        // @ts-expect-error no such parameter
        maxDept: 3,
      }),
    ).toThrow('did you mean maxDepth?');
    expect(() =>
      indexed.stage(DecisionTreeClassifier, {
        labelCol: 'isLate',
        // @ts-expect-error of another type
        maxDepth: 'deep',
      }),
    ).toThrow('maxDepth of DecisionTreeClassifier must be');
  });
});

describe('a scorer', () => {
  interface Flight {
    readonly carrier: string | null;
    distance?: number;
    when: Date;
  }

  it('takes rows of a type that declares its columns, and no others', async () => {
    const trees = { featuresCols: ['carrier', 'distance', 'when'], labelCol: 'isLate' };
    const score = await (await new DecisionTreeClassifier(trees).fit(table)).scorer();
    const flight: Flight = { carrier: 'UA', when: new Date(0) };
    expect(score(flight)).toEqual(score({ carrier: 'UA', when: new Date(0) }));
    expect([flight].map((row) => score(row).prediction)).toHaveLength(1);
    // @ts-expect-error a set is no value
    expect(() => score({ distance: new Set([1]) })).toThrow('distance');
    // @ts-expect-error a text is no row
    expect(() => score('UA')).toThrow('row');
  });
});
