import {
  DataType,
  Decimal,
  Float16,
  makeBuilder,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { StringIndexer } from '../../../src/feature/categories/string-indexer.ts';
import { StringIndexerModel } from '../../../src/feature/categories/string-indexer-model.ts';
import { TargetEncoder } from '../../../src/feature/categories/target-encoder.ts';
import { VectorAssembler } from '../../../src/feature/vectors/vector-assembler.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import { contentOf, inlineTable, valuesOf } from '../../tools/inline-table.ts';
import { folderContent, temporaryFolder } from '../../tools/temporary-folder.ts';

const root = temporaryFolder('indexer');
const carriers = ['UA', 'AA', null, 'UA', 'B6', 'AA', 'UA'];
const pair = { inputCol: 'carrier', outputCol: 'idx' };

describe('StringIndexer', () => {
  it.each([
    ['frequencyDesc', ['UA', 'AA', 'B6']],
    ['frequencyAsc', ['B6', 'AA', 'UA']],
    ['alphabetAsc', ['AA', 'B6', 'UA']],
    ['alphabetDesc', ['UA', 'B6', 'AA']],
  ] as const)('orders values by %s', async (stringOrderType, expected) => {
    const model = await new StringIndexer({ ...pair, stringOrderType }).fit(
      inlineTable({ carrier: carriers }, 3),
    );
    expect(model.labels).toEqual([expected]);
  });

  it('adds several columns to a table of many, and the next stage finds all of them', async () => {
    const others = Array.from({ length: 40 }, (_, i) => [`x${i}`, [1, 2, 3, 4]] as const);
    const names = ['a', 'b', 'c', 'd'];
    const texts = names.map((name, i) => [name, ['p', 'q', 'r', 's'].slice(0, i + 1)] as const);
    const full = texts.map(([name, cells]) => [name, [0, 1, 2, 3].map((i) => cells[i] ?? 'p')]);
    const table = inlineTable(Object.fromEntries([...others, ...full]));
    const outputs = names.map((name) => `${name}Idx`);
    const indexer = new StringIndexer({ inputCols: names, outputCols: outputs });
    const assembler = new VectorAssembler({ inputCols: outputs, outputCol: 'features' });
    const scored = await (await indexer.fit(table)).transform(table);
    expect(scored.select(...outputs).columns).toEqual(outputs);
    const model = await new Pipeline({ stages: [indexer, assembler] }).fit(table);
    expect(await valuesOf((await model.transform(table)).select(...outputs), 'dIdx')).toEqual(
      await valuesOf(scored, 'dIdx'),
    );
    const again = new StringIndexer({ inputCols: ['a', 'b'], outputCols: ['aIdx', 'cIdx'] });
    await expect(again.fit(scored)).rejects.toMatchObject({ code: 'COLUMN_EXISTS' });
  });

  it('breaks ties of frequency by the alphabet, in both directions', async () => {
    const table = inlineTable({ carrier: ['c', 'a', 'b', 'é', '\u{1f600}', '\uffff'] }, 2);
    const expected = [['a', 'b', 'c', 'é', '\uffff', '\u{1f600}']];
    const down = await new StringIndexer(pair).fit(table);
    const up = await new StringIndexer({ ...pair, stringOrderType: 'frequencyAsc' }).fit(table);
    expect(down.labels).toEqual(expected);
    expect(up.labels).toEqual(expected);
  });

  it('gives a dictionary column with the fitted values, and keeps nulls', async () => {
    const table = inlineTable({ carrier: carriers }, 3);
    const model = await new StringIndexer(pair).fit(table);
    const indexed = await model.transform(table);
    expect(await valuesOf(indexed, 'idx')).toEqual(carriers);
    const vector = (await indexed.collect()).getChild('idx');
    expect(DataType.isDictionary(vector?.type)).toBe(true);
    expect([...(vector?.data[0]?.dictionary ?? [])]).toEqual(['UA', 'AA', 'B6']);
    expect(Array.from(vector?.data[0]?.values as Int32Array).slice(0, 2)).toEqual([0, 1]);
  });

  it.each([
    [
      'half',
      () => vectorFromArray([0.5, null, 20.25, 0.5, -1], new Float16()),
      ['0.5', '-1', '20.25'],
    ],
    ['decimal', () => decimals([50n, null, 2025n, 50n, -100n], 128), ['0.5', '-1', '20.25']],
    ['wide decimal', () => decimals([50n, null, 2025n, 50n, 1n], 256), ['0.5', '0.01', '20.25']],
  ])('takes a column of type %s', async (_, make, labels) => {
    const table = inlineTable({ carrier: make(), label: [1, 2, 3, 4, 5] }, 2);
    const model = await new StringIndexer(pair).fit(table);
    expect(model.labels).toEqual([labels]);
    const learner = new GBTRegressor({ featuresCols: ['idx'], maxIter: 1, minInstancesPerNode: 1 });
    const whole = await new Pipeline({ stages: [new StringIndexer(pair), learner] }).fit(table);
    const score = await whole.scorer();
    const rows = [0.5, null, Number(labels[2]), 0.5, Number(labels[1])].map(
      (carrier) => score({ carrier }).prediction,
    );
    expect(rows).toEqual(await valuesOf(await whole.transform(table), 'prediction'));
  });

  it('refuses decimals that float64 cannot tell apart', async () => {
    const table = inlineTable({ carrier: decimals([10n ** 30n + 1n, 10n ** 30n], 128) });
    await expect(new StringIndexer(pair).fit(table)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('cast it to string') as unknown,
    });
  });

  it.each([
    ['StringIndexer', new StringIndexer({ ...pair, handleInvalid: 'keep' })],
    ['TargetEncoder', new TargetEncoder({ ...pair, handleInvalid: 'keep' })],
  ])('refuses numbers where true and false were fitted: %s', async (_, stage) => {
    const label = [1, 2, 3];
    const flags = inlineTable({ carrier: [true, false, null], label });
    const numbers = inlineTable({ carrier: [1, 0, null], label });
    const model = await stage.fit(flags);
    const isRefused = { code: 'SCHEMA_MISMATCH' };
    // their texts differ, so every one would be unknown
    await expect(model.transform(numbers)).rejects.toMatchObject(isRefused);
    await expect((await stage.fit(numbers)).transform(flags)).rejects.toMatchObject(isRefused);
    expect((await valuesOf(await model.transform(flags), 'idx')).length).toBe(3);
  });

  it('indexes several columns, numbers and booleans too', async () => {
    const table = inlineTable({
      a: ['x', 'y', 'y'],
      b: Int32Array.from([7, 7, 5]),
      c: [true, false, true],
    });
    const indexer = new StringIndexer({
      inputCols: ['a', 'b', 'c'],
      outputCols: ['ai', 'bi', 'ci'],
    });
    const model = await indexer.fit(table);
    expect(model.labels).toEqual([
      ['y', 'x'],
      ['7', '5'],
      ['true', 'false'],
    ]);
    expect(await contentOf(await model.transform(table))).toMatchObject({
      ai: ['x', 'y', 'y'],
      bi: ['7', '7', '5'],
      ci: ['true', 'false', 'true'],
    });
  });

  it('treats values not seen at fit as handleInvalid says', async () => {
    const model = await new StringIndexer(pair).fit(inlineTable({ carrier: carriers }));
    const later = inlineTable({ carrier: ['AA', 'ZZ', null, 'UA'], n: [1, 2, 3, 4] }, 2);
    await expect((await model.transform(later)).collect()).rejects.toThrow(
      'column carrier given to StringIndexerModel must hold values seen at fit; got "ZZ" in row 1 of partition 0',
    );
    await expect((await model.transform(later)).collect()).rejects.toMatchObject({
      code: 'CATEGORY_UNSEEN',
    });
    const skipped = await model.copy({ handleInvalid: 'skip' }).transform(later);
    expect(await contentOf(skipped)).toMatchObject({ idx: ['AA', null, 'UA'], n: [1, 3, 4] });
    const kept = await model.copy({ handleInvalid: 'keep' }).transform(later);
    expect(await valuesOf(kept, 'idx')).toEqual(['AA', '__unknown', null, 'UA']);
  });

  it('names the unknown category so that no fitted one has its name', async () => {
    const table = inlineTable({ carrier: ['__unknown', 'a'] });
    const model = await new StringIndexer({ ...pair, handleInvalid: 'keep' }).fit(table);
    const scored = await model.transform(inlineTable({ carrier: ['b', '__unknown'] }));
    expect(await valuesOf(scored, 'idx')).toEqual(['__unknown_', '__unknown']);
  });

  it('learns nothing from a column of nulls', async () => {
    const table = inlineTable({ carrier: [null, null] as (string | null)[] });
    const model = await new StringIndexer(pair).fit(table);
    expect(model.labels).toEqual([[]]);
    expect(await valuesOf(await model.transform(table), 'idx')).toEqual([null, null]);
  });

  it('names the default output after the estimator, in the model too', async () => {
    const table = inlineTable({ carrier: carriers });
    const indexer = new StringIndexer({ inputCol: 'carrier' });
    const [, field] = indexer.transformSchema(table.schema).fields;
    expect(field?.name).toMatch(/^StringIndexer_[0-9a-f]{12}__output$/);
    const model = await indexer.fit(table);
    expect((await model.transform(table)).columns).toEqual(['carrier', field?.name]);
  });

  it('refuses missing, present and wrongly typed columns', async () => {
    const table = inlineTable({
      carrier: carriers,
      idx: carriers,
      when: carriers.map(() => new Date(0)),
    });
    const attempt = (options: object): Promise<unknown> =>
      new StringIndexer({ ...pair, ...options } as never).fit(table);
    await expect(attempt({ inputCol: 'carier' })).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
    });
    await expect(attempt({ inputCol: 'carier' })).rejects.toThrow(
      'got "carier"; did you mean carrier?',
    );
    await expect(attempt({})).rejects.toMatchObject({ code: 'COLUMN_EXISTS' });
    await expect(attempt({ inputCol: 'when', outputCol: 'x' })).rejects.toMatchObject({
      code: 'COLUMN_TYPE',
      message: expect.stringContaining('table.cast({ "when": \'string\' })'),
    });
    const cast = table.cast({ when: 'string' });
    const { labels } = await new StringIndexer({ inputCol: 'when' }).fit(cast);
    expect(labels).toEqual([[expect.stringContaining('1970-01-01')]]);
  });

  it('refuses unclear column names', () => {
    expect(() => new StringIndexer({})).toThrow(
      'inputCol of StringIndexer must be given, or inputCols',
    );
    expect(() => new StringIndexer({ inputCols: ['a', 'b'], outputCols: ['c'] })).toThrow(
      'outputCols of StringIndexer must be a list of 2 names, one for each of inputCols; got ["c"]',
    );
    expect(() => new StringIndexer({ inputCol: 'a', inputCols: ['b'], outputCols: ['c'] })).toThrow(
      'inputCol of StringIndexer must not be given together with inputCols; got "a"',
    );
  });
});

describe('the same data in other partitions', () => {
  const words = fc.array(fc.option(fc.string({ maxLength: 3 })), { minLength: 1, maxLength: 40 });

  it('gives the same saved bytes and the same columns', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(words, fc.integer({ min: 2, max: 7 }), async (carrier, numPartitions) => {
        run++;
        const indexer = new StringIndexer(pair);
        const one = await indexer.fit(inlineTable({ carrier }));
        const many = await indexer.fit(inlineTable({ carrier }, numPartitions));
        await one.save(`${root}/one${run}`);
        await many.save(`${root}/many${run}`);
        expect(folderContent(`${root}/many${run}`)).toEqual(folderContent(`${root}/one${run}`));
        const loaded = await StringIndexerModel.load(`${root}/one${run}`);
        expect(loaded.labels).toEqual(one.labels);
        const scored = await loaded.transform(inlineTable({ carrier }, numPartitions));
        expect(await valuesOf(scored, 'idx')).toEqual(carrier);
      }),
      { seed: 7, numRuns: 20 },
    );
  });
});

/** Decimals of two places. */
function decimals(values: readonly (bigint | null)[], bitWidth: 128 | 256): Vector {
  const words = bitWidth / 32;
  const builder = makeBuilder({ type: new Decimal(2, 38, bitWidth), nullValues: [null] });
  for (const value of values) {
    const cells = Uint32Array.from({ length: words }, (_, i) =>
      Number(BigInt.asUintN(32, (value ?? 0n) >> BigInt(32 * i))),
    );
    builder.append(value === null ? null : cells);
  }
  return builder.finish().toVector();
}
