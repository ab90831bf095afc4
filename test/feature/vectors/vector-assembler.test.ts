import { DataType, type Struct } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { StringIndexer } from '../../../src/feature/categories/string-indexer.ts';
import { StandardScaler } from '../../../src/feature/numbers/standard-scaler.ts';
import { VectorAssembler } from '../../../src/feature/vectors/vector-assembler.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import { readPartition } from '../../../src/table/plan/read-partition.ts';
import { inlineTable, valuesOf } from '../../tools/inline-table.ts';

const columns = {
  a: [1, null, 3, Number.NaN],
  b: Int32Array.from([5, 6, 7, 8]),
  c: ['x', 'y', null, 'x'],
  d: [true, false, true, true],
};
const table = inlineTable(columns, 2);

describe('VectorAssembler', () => {
  it('makes a struct of the columns with their names and types', async () => {
    const assembled = await new VectorAssembler({ inputCols: ['b', 'a', 'd'] }).transform(table);
    expect(assembled.columns).toEqual(['a', 'b', 'c', 'd', 'features']);
    const type = assembled.schema.fields[4]?.type as Struct;
    expect(type.children.map((child) => `${child.name}: ${child.type}`)).toEqual([
      'b: Int32',
      'a: Float64',
      'd: Bool',
    ]);
    expect(await valuesOf(assembled, 'features')).toEqual([
      { b: 5, a: 1, d: true },
      { b: 6, a: null, d: false },
      { b: 7, a: 3, d: true },
      { b: 8, a: Number.NaN, d: true },
    ]);
  });

  it('copies nothing', async () => {
    const single = inlineTable({ x: Float64Array.from([1, 2, 3]) });
    const assembled = await new VectorAssembler({ inputCols: ['x'] }).transform(single);
    const [partition] = (await assembled.plan()).partitions;
    const batch = await readPartition(partition as never);
    const [plain, struct] = batch.data.children;
    expect(struct?.children[0]?.values.buffer).toBe(plain?.values.buffer);
  });

  it('reads only the columns of the children that are wanted', async () => {
    const assembled = await new VectorAssembler({ inputCols: ['a', 'b', 'd'] }).transform(table);
    const [partition] = (await assembled.plan()).partitions;
    const batch = await readPartition(partition as never, { columns: [['features', 'b']] });
    const type = batch.schema.fields[0]?.type as Struct;
    expect(type.children.map((child) => child.name)).toEqual(['b']);
  });

  it('keeps rows with missing values, refuses or skips them when asked to', async () => {
    const assemble = (handleInvalid: 'keep' | 'error' | 'skip') =>
      new VectorAssembler({ inputCols: ['a', 'b', 'c'], handleInvalid }).transform(table);
    expect(await (await assemble('keep')).count()).toBe(4);
    expect(await valuesOf(await assemble('skip'), 'b')).toEqual([5]);
    await expect((await assemble('error')).collect()).rejects.toThrow(
      /column [ac] given to VectorAssembler must have no missing values, as handleInvalid is 'error'; got one in row \d of partition \d/,
    );
  });

  it('keeps a dictionary a dictionary', async () => {
    const indexed = await (
      await new StringIndexer({ inputCol: 'c', outputCol: 'ci' }).fit(table)
    ).transform(table);
    const assembled = await new VectorAssembler({ inputCols: ['ci', 'a'] }).transform(indexed);
    const type = assembled.schema.fields.at(-1)?.type as Struct;
    expect(DataType.isDictionary(type.children[0]?.type)).toBe(true);
    expect(
      (await valuesOf(assembled, 'features')).map((row) => (row as { ci: unknown }).ci),
    ).toEqual(columns.c);
  });

  it('gives the parts of structs and vectors', async () => {
    const first = await new VectorAssembler({ inputCols: ['a', 'b'], outputCol: 'p' }).transform(
      table,
    );
    const again = await new VectorAssembler({ inputCols: ['p', 'd'], outputCol: 'q' }).transform(
      first,
    );
    expect((await valuesOf(again, 'q'))[0]).toEqual({ 'p.a': 1, 'p.b': 5, d: true });
    const scaled = await new StandardScaler({ inputCol: 'p', outputCol: 'z', withStd: false }).fit(
      first,
    );
    const wide = await new VectorAssembler({ inputCols: ['z'], outputCol: 'q' }).transform(
      await scaled.transform(first),
    );
    expect((await valuesOf(wide, 'q'))[0]).toEqual({ 'z.a': 1, 'z.b': 5 });
  });

  it('refuses what it cannot assemble', async () => {
    const attempt = (options: object): Promise<unknown> =>
      new VectorAssembler({ inputCols: ['a'], ...options } as never).transform(table);
    await expect(attempt({ inputCols: ['A1'] })).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
    });
    await expect(attempt({ outputCol: 'b' })).rejects.toMatchObject({ code: 'COLUMN_EXISTS' });
    expect(() => new VectorAssembler({ inputCols: [] })).toThrow(
      'inputCols of VectorAssembler must be a list',
    );
  });
});

describe('a pipeline of feature stages', () => {
  const pipeline = new Pipeline({
    stages: [
      new StringIndexer({ inputCol: 'c', outputCol: 'ci' }),
      new StandardScaler({ inputCol: 'a', outputCol: 'az', withMean: true }),
      new VectorAssembler({ inputCols: ['ci', 'az', 'b'] }),
    ],
  });

  it('fits its estimators in order and keeps the transformer after the last', async () => {
    const model = await pipeline.fit(table);
    expect(model.stages.map((stage) => stage.className)).toEqual([
      'StringIndexerModel',
      'StandardScalerModel',
      'VectorAssembler',
    ]);
    const rows = await valuesOf(await model.transform(table), 'features');
    expect(rows[0]).toEqual({ ci: 'x', az: expect.closeTo(-Math.SQRT1_2, 12), b: 5 });
  });

  it('checks every column before any data is read', async () => {
    const broken = new Pipeline({
      stages: [
        new StringIndexer({ inputCol: 'c', outputCol: 'ci' }),
        new VectorAssembler({ inputCols: ['cI'] }),
      ],
    });
    await expect(broken.fit(table)).rejects.toThrow(
      'inputCols of VectorAssembler must be a column of the table; got "cI"; did you mean ci?',
    );
  });

  it('can be aborted', async () => {
    const signal = AbortSignal.abort();
    await expect(pipeline.fit(table, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
