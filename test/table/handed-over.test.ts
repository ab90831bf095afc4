/** Batches that a thread hands over instead of copying: whoever needs their memory still has it. */
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { fromModule } from '../../src/base/user-function.ts';
import { HandedOver, InlineRunner, registerTask, runTask } from '../../src/cluster/task-runner.ts';
import { freeBuffers } from '../../src/cluster/threads/free-buffers.ts';
import { Session } from '../../src/session/session.ts';
import { col } from '../../src/table/expressions/expression.ts';
import { readParquet } from '../../src/table/parquet/read-parquet.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const folder = temporaryFolder('handed-over');
const session = await Session.local({ threads: 2 });
afterAll(() => session.close());

const numRows = 30_000;
const columns = {
  id: Int32Array.from({ length: numRows }, (_, i) => i),
  value: Float64Array.from({ length: numRows }, (_, i) => i / 7),
  flag: Array.from({ length: numRows }, (_, i) => (i % 3 === 0 ? null : i % 2 === 0)),
  text: Array.from({ length: numRows }, (_, i) => `word ${i % 50}`),
};

describe('batches of threads', () => {
  it('are the same rows as in the calling thread, as often as they are read', async () => {
    const file = join(folder, 'a.parquet');
    await session.createTable(columns, { numPartitions: 3 }).write.parquet(file);
    const inline = await (await readParquet(new InlineRunner(), file)).collect();
    const table = await session.read.parquet(file);
    for (let turn = 0; turn < 2; turn++) {
      const found = await table.collect();
      for (const name of Object.keys(columns)) {
        const isSame = String(found.getChild(name)) === String(inline.getChild(name));
        expect(isSame, name).toBe(true);
      }
      const numbers = await table.select('value', 'id').collect();
      expect(numbers.getChild('value')?.toArray()).toEqual(columns.value);
      expect(numbers.getChild('id')?.toArray()).toEqual(columns.id);
    }
  });

  it('may have one column twice', async () => {
    const table = session.createTable(columns, { numPartitions: 3 });
    const sum = table.withColumn('half', col('value').div(2)).withColumn('same', col('half'));
    for (let turn = 0; turn < 2; turn++) {
      const found = await sum.select('half', 'same').collect();
      expect(found.getChild('same')?.toArray()).toEqual(columns.value.map((v) => v / 2));
      expect(found.getChild('half')?.toArray()).toEqual(columns.value.map((v) => v / 2));
    }
  });

  it('leave a user’s function what it keeps', async () => {
    const own = await Session.local({ threads: 1 });
    const url = pathToFileURL(resolve(import.meta.dirname, 'functions-for-tests.mjs'));
    const table = own.createTable({ x: columns.value }, { numPartitions: 2 });
    const kept = table.withColumn('k', fromModule(url, 'keptNumbers'), { type: 'double' });
    for (let turn = 0; turn < 2; turn++) {
      const found = await kept.select('k').collect();
      expect(found.getChild('k')?.toArray()).toEqual(new Float64Array(numRows).fill(7));
    }
    await own.close();
  });
});

describe('memory that is handed over', () => {
  it('stays where the calling thread does the work', async () => {
    const values = new Float64Array(10_000).fill(3);
    registerTask('test.handsOver', () => new HandedOver({ values }, [values.buffer]));
    expect(await runTask('test.handsOver', null)).toEqual({ values });
    expect(values).toHaveLength(10_000);
  });

  it('is gone once it is freed', () => {
    const values = new Float64Array(10);
    freeBuffers([values.buffer]);
    expect(values).toHaveLength(0);
    freeBuffers([]);
  });
});
