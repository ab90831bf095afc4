/** How many ranks a small fit gets: more than one only where a first look shows classes whose trees can be shared out. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type GangRunner, gangRunnerOf } from '../../src/cluster/gang-runner.ts';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { col } from '../../src/table/expressions/expression.ts';
import { readParquet } from '../../src/table/parquet/read-parquet.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { type AnyJob, fitWidth } from '../../src/training/fit-width.ts';
import { planPartitions } from '../../src/training/run-job.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

async function widthOf(
  table: PartitionedTable,
  labelCol = 'label',
  inline = new InlineRunner(),
): Promise<number> {
  const runner = { ...gangRunnerOf(inline), numThreads: 4 } as GangRunner;
  runner.run = (name, payload) => inline.run(name, payload);
  const job = {
    ingest: { features: [{}, {}], labelCol, maxBins: 255 },
    limits: { maxLeaves: 31, maxDepth: 10 },
    objective: 'classes',
    numRounds: 200,
    selfStopping: null,
    quantileLevels: [],
  };
  const partitions = await planPartitions(table, false, undefined);
  return await fitWidth({ program: 'boosting', job: job as unknown as AnyJob, partitions, runner });
}

it('looks at the labels first: numbers and texts, in memory and in files', async () => {
  const folder = temporaryFolder('fit-width');
  const rows = Array.from({ length: 9000 }, (_, i) => i);
  for (const numClasses of [2, 3, 7]) {
    const number = rows.map((i) => i % numClasses);
    const text = number.map((value) => `class ${value}`);
    const table = tableFromColumns(new InlineRunner(), { number, text });
    const path = join(folder, `${numClasses}.parquet`);
    await table.write.parquet(path);
    const stored = await readParquet(new InlineRunner(), path);
    for (const each of [table, stored]) {
      const expected = numClasses === 2 ? 1 : numClasses;
      expect(await widthOf(each, 'number')).toBe(expected);
      expect(await widthOf(each, 'text')).toBe(expected);
    }
    expect(await widthOf(stored, 'no such column')).toBe(1);
  }
});

it('asks nobody where the dictionary of the file has two values, and starts threads ahead where it has more', async () => {
  const folder = temporaryFolder('fit-width-asks');
  const asked: string[] = [];
  class Listening extends InlineRunner {
    override run<T>(name: string, payload: unknown): Promise<T> {
      asked.push(name);
      return super.run<T>(name, payload);
    }
  }
  for (const [numClasses, expected] of [
    [2, []],
    [3, ['table.startDecoder', 'table.startDecoder', 'table.countValues']],
  ] as const) {
    const label = Array.from({ length: 9000 }, (_, i) => `class ${i % numClasses}`);
    const path = join(folder, `${numClasses}.parquet`);
    await tableFromColumns(new InlineRunner(), { label }).write.parquet(path);
    const stored = await readParquet(new InlineRunner(), path);
    asked.length = 0;
    await widthOf(stored, 'label', new Listening());
    expect(asked).toEqual(expected);
    // a step in between may make other labels
    asked.length = 0;
    await widthOf(stored.filter(col('label').ne('class 0')), 'label', new Listening());
    expect(asked).toEqual(['table.countValues']);
  }
});
