/** A row that a feature stage refuses is named by its place in its file, however the file was read. */
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { CoppiceError } from '../../../src/base/errors.ts';
import {
  createTable,
  LinearRegression,
  Session,
  StringIndexer,
  VectorAssembler,
} from '../../../src/index.ts';
import { placedError } from '../../../src/table/plan/placed-error.ts';
import { startExecutors, token } from '../../cluster/executors/start-executor.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const folder = temporaryFolder('placed-error');
const path = join(folder, 'rows.parquet');
// enough for two ranks, in one row group
const numRows = 200_000;
const badRow = 190_000;
const columns = {
  x: Float64Array.from({ length: numRows }, (_, i) => (i === badRow ? Number.NaN : i % 7)),
  label: Float64Array.from({ length: numRows }, (_, i) => i % 5),
  text: Array.from({ length: numRows }, (_, i) => (i === badRow ? 'rare' : 'usual')),
};
await createTable(columns, { numPartitions: 1 }).write.parquet(path);
const place = `in row ${badRow} of partition 0 (${path}): set handleInvalid`;

it('where a whole partition is read', async () => {
  const session = await Session.local({ threads: 1 });
  afterAll(() => session.close());
  const table = await session.read.parquet(path);
  const usual = createTable({ text: ['usual'] });
  const model = await new StringIndexer({ inputCol: 'text', outputCol: 'index' }).fit(usual);
  const failed = (await model.transform(table)).collect();
  await expect(failed).rejects.toThrow(place);
});

it('where executors read parts of one', async () => {
  const executors = await startExecutors([1, 1], '--data-root', folder);
  const addresses = executors.map(({ address }) => address);
  const session = await Session.connect(addresses, { token, threads: 1 });
  afterAll(() => session.close());
  const table = await session.read.parquet(path);
  const assembler = new VectorAssembler({
    inputCols: ['x'],
    outputCol: 'features',
    handleInvalid: 'error',
  });
  const failed = new LinearRegression().fit(await assembler.transform(table));
  await expect(failed).rejects.toThrow(place);
  await expect(failed).rejects.toMatchObject({ context: { row: badRow, partition: 0 } });
});

it('leaves errors alone that are about another partition, or none of ours', () => {
  const spec = { index: 3, source: { kind: 'memory' }, operators: [] } as never;
  const other = new CoppiceError('DATA_INVALID', 'x', { context: { row: 1, partition: 2 } });
  for (const error of [other, new Error('y')]) expect(placedError(error, spec, 5)).toBe(error);
});
