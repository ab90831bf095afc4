import { join } from 'node:path';
import { Field, Schema } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { fixedSizeListColumn, withColumns } from '../../src/table/columns/make-column.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { registerOperator } from '../../src/table/plan/operators.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const width = 100;

registerOperator('test.wide', () => (batch) => {
  const vectors = fixedSizeListColumn(new Float64Array(batch.numRows * width).fill(1.5), width);
  return withColumns(batch, [[new Field('wide', vectors.type, true), vectors]]);
});

describe('memory', () => {
  it('does not grow with a table that streams by', async () => {
    const numPartitions = 80;
    const rows = tableFromColumns(
      new InlineRunner(),
      { id: new Int32Array(numPartitions * 10_000) },
      { numPartitions },
    );
    const vector = fixedSizeListColumn(new Float64Array(width), width);
    const schema = new Schema([...rows.schema.fields, new Field('wide', vector.type, true)]);
    const table = rows.withOperator({ kind: 'test.wide', reads: ['id'], writes: ['wide'] }, schema);
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 5);
    // 0.6 GB of columns pass by, twice, as batches and through a file.
    await table.write.parquet(join(temporaryFolder('memory'), 'wide.parquet'));
    for await (const batch of table.batches()) expect(batch.numRows).toBe(10_000);
    clearInterval(watch);
    expect((most - before) / 2 ** 20).toBeLessThan(350);
  });
});
