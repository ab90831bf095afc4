import { describe, expect, it } from 'vitest';
import { IndexToString } from '../../../src/feature/categories/index-to-string.ts';
import { OneHotEncoder } from '../../../src/feature/categories/one-hot-encoder.ts';
import { StringIndexer } from '../../../src/feature/categories/string-indexer.ts';
import { VectorAssembler } from '../../../src/feature/vectors/vector-assembler.ts';
import { inlineTable, valuesOf } from '../../tools/inline-table.ts';

const table = inlineTable({ color: ['red', 'green', null, 'red', 'blue'] }, 2);
const pair = { inputCol: 'color', outputCol: 'hot' };

describe('OneHotEncoder', () => {
  it('makes a named child for each category, the last left out', async () => {
    const model = await new OneHotEncoder(pair).fit(table);
    expect(model.categories).toEqual([['blue', 'green', 'red']]);
    expect(await valuesOf(await model.transform(table), 'hot')).toEqual([
      { blue: 0, green: 0 },
      { blue: 0, green: 1 },
      { blue: null, green: null },
      { blue: 0, green: 0 },
      { blue: 1, green: 0 },
    ]);
    const all = await model.copy({ dropLast: false }).transform(table);
    expect((await valuesOf(all, 'hot'))[0]).toEqual({ blue: 0, green: 0, red: 1 });
  });

  it('orders numbers by size', async () => {
    const numbers = inlineTable({ color: Int32Array.from([10, 9, 10, 2]) }, 2);
    expect((await new OneHotEncoder(pair).fit(numbers)).categories).toEqual([['2', '9', '10']]);
  });

  it('refuses an unseen category, or keeps it as the last', async () => {
    const model = await new OneHotEncoder({ ...pair, dropLast: false }).fit(table);
    const later = inlineTable({ color: ['pink'] });
    await expect((await model.transform(later)).collect()).rejects.toMatchObject({
      code: 'CATEGORY_UNSEEN',
    });
    const kept = await model.copy({ handleInvalid: 'keep' }).transform(later);
    expect(await valuesOf(kept, 'hot')).toEqual([{ blue: 0, green: 0, red: 0, __unknown: 1 }]);
    const dropped = await model.copy({ handleInvalid: 'keep', dropLast: true }).transform(later);
    expect(await valuesOf(dropped, 'hot')).toEqual([{ blue: 0, green: 0, red: 0 }]);
  });

  it('takes a missing value for unknown where that is asked for', async () => {
    const model = await new OneHotEncoder({
      ...pair,
      handleInvalid: 'keep',
      missingAsUnknown: true,
    }).fit(table);
    const rows = await valuesOf(await model.transform(table), 'hot');
    expect(rows[2]).toEqual({ blue: 0, green: 0, red: 0 });
    const all = await model.copy({ dropLast: false }).transform(table);
    expect((await valuesOf(all, 'hot'))[2]).toEqual({ blue: 0, green: 0, red: 0, __unknown: 1 });
    expect(() => new OneHotEncoder({ ...pair, missingAsUnknown: true })).toThrow(
      'missingAsUnknown of OneHotEncoder must be left out',
    );
  });

  it('gives named features when assembled', async () => {
    const encoded = await (await new OneHotEncoder(pair).fit(table)).transform(table);
    const assembled = await new VectorAssembler({ inputCols: ['hot'] }).transform(encoded);
    expect((await valuesOf(assembled, 'features'))[1]).toEqual({ 'hot.blue': 0, 'hot.green': 1 });
  });
});

describe('StringIndexer', () => {
  it('takes a missing value for unknown where that is asked for', async () => {
    const columns = { inputCol: 'color', outputCol: 'i', handleInvalid: 'keep' } as const;
    const model = await new StringIndexer({ ...columns, missingAsUnknown: true }).fit(table);
    expect(model.labels).toEqual([['red', 'blue', 'green']]);
    expect(await valuesOf(await model.transform(table), 'i')).toEqual([
      'red',
      'green',
      '__unknown',
      'red',
      'blue',
    ]);
    const other = await model.copy({ missingAsUnknown: undefined }).transform(table);
    expect((await valuesOf(other, 'i'))[2]).toBe(null);
    expect(
      () => new StringIndexer({ ...columns, handleInvalid: 'skip', missingAsUnknown: true }),
    ).toThrow('missingAsUnknown of StringIndexer must be left out');
  });
});

describe('IndexToString', () => {
  it('undoes StringIndexer', async () => {
    const indexed = await (
      await new StringIndexer({ inputCol: 'color', outputCol: 'i' }).fit(table)
    ).transform(table);
    const decoded = await new IndexToString({ inputCol: 'i', outputCol: 'text' }).transform(
      indexed,
    );
    expect(await valuesOf(decoded, 'text')).toEqual(['red', 'green', null, 'red', 'blue']);
  });

  it('takes labels for numbers and refuses numbers without one', async () => {
    const decoder = new IndexToString({ inputCol: 'p', outputCol: 'text', labels: ['no', 'yes'] });
    expect(
      await valuesOf(await decoder.transform(inlineTable({ p: [1, 0, null] })), 'text'),
    ).toEqual(['yes', 'no', null]);
    await expect((await decoder.transform(inlineTable({ p: [2] }))).collect()).rejects.toThrow(
      'must hold whole numbers from 0 to 1, one for each label; got 2 in row 0',
    );
    await expect(
      new IndexToString({ inputCol: 'p' }).transform(inlineTable({ p: [1] })),
    ).rejects.toMatchObject({ code: 'COLUMN_TYPE' });
  });
});
