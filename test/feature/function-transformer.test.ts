import { afterAll, describe, expect, it } from 'vitest';
import { fromModule } from '../../src/base/user-function.ts';
import { FunctionTransformer } from '../../src/feature/function-transformer.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { PipelineModel } from '../../src/pipeline/pipeline-model.ts';
import { Session } from '../../src/session/session.ts';
import type { ColumnFunction } from '../../src/table/partitioned-table.ts';
import { inlineTable, valuesOf } from '../tools/inline-table.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const root = temporaryFolder('function');
const table = inlineTable({ x: [1, 2, 3], y: [10, 20, 30] }, 2);
const addBoth: ColumnFunction = (batch) => {
  const y = batch.getChild('y');
  return Float64Array.from(batch.getChild('x') ?? [], (value, row) => value + y?.get(row));
};
const options = { func: addBoth, inputCols: ['x', 'y'], outputCol: 'sum' };
const session = await Session.local({ threads: 2 });
afterAll(() => session.close());

describe('FunctionTransformer', () => {
  it('runs a closure batch by batch', async () => {
    const summed = await new FunctionTransformer(options).transform(table);
    expect(await valuesOf(summed, 'sum')).toEqual([11, 22, 33]);
    const text = new FunctionTransformer({
      func: (batch) => Array.from({ length: batch.numRows }, () => 'a'),
      outputCol: 's',
      outputType: 'string',
    });
    expect(await valuesOf(await text.transform(table), 's')).toEqual(['a', 'a', 'a']);
  });

  it('runs a function of a module in the worker threads', async () => {
    const twice = fromModule(new URL('./module-functions.mjs', import.meta.url), 'twice');
    const doubled = await new FunctionTransformer({
      func: twice,
      inputCols: ['x'],
      outputCol: 'z',
    }).transform(session.createTable({ x: [1, 2, 3], y: [1, 1, 1] }, { numPartitions: 2 }));
    expect(await valuesOf(doubled, 'z')).toEqual([2, 4, 6]);
  });

  it('is saved by the name of its function inside a pipeline, and wants it back at load', async () => {
    const model = await new Pipeline({ stages: [new FunctionTransformer(options)] }).fit(table);
    await model.save(`${root}/model`);
    await expect(PipelineModel.load(`${root}/model`)).rejects.toThrow(
      'func of FunctionTransformer was saved as the function addBoth, whose code is not in the saved files; ' +
        'give it to load as { functions: { addBoth } }',
    );
    const loaded = await PipelineModel.load(`${root}/model`, { functions: { addBoth } });
    expect(await valuesOf(await loaded.transform(table), 'sum')).toEqual([11, 22, 33]);
  });

  it('refuses missing columns before it runs, and wrong lengths after', async () => {
    const attempt = (changed: object): Promise<unknown> =>
      new FunctionTransformer({ ...options, ...changed })
        .transform(table)
        .then((made) => made.collect());
    await expect(attempt({ inputCols: ['xx'] })).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
    });
    await expect(attempt({ outputCol: 'x' })).rejects.toMatchObject({ code: 'COLUMN_EXISTS' });
    await expect(attempt({ outputType: 'dubble' })).rejects.toMatchObject({
      code: 'PARAM_INVALID',
    });
    await expect(attempt({ func: () => [1] })).rejects.toMatchObject({ code: 'DATA_INVALID' });
    await expect(
      attempt({
        func: () => {
          throw new Error('boom');
        },
      }),
    ).rejects.toThrow('boom');
  });
});
