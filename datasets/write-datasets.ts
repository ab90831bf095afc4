/**
 * Writes the generated sets as Parquet: `npm run datasets -- [--only name,name] [--rows n] [--seed n]
 * [--out folder]`. Each set becomes <out>/<name>/train.parquet and test.parquet; the test rows follow the
 * training rows, so the two never overlap. `--rows` sets the training rows, the test part scales with it.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Table } from 'apache-arrow';
import { Session } from '../src/session/session.ts';
import { allGenerators } from './all-generators.ts';
import type { DatasetGenerator } from './generator.ts';
import { toBatch } from './to-batch.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rows: { type: 'string' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'datasets/out' },
  },
});

const names = values.only?.split(',') ?? allGenerators.map(({ card }) => card.name);
const seed = wholeNumber('--seed', values.seed);
const session = await Session.local();
for (const name of names) {
  const generator = allGenerators.find(({ card }) => card.name === name);
  if (generator === undefined) {
    const known = allGenerators.map(({ card }) => card.name).join(', ');
    throw new Error(`--only must be names of sets (${known}); got ${name}`);
  }
  const { card } = generator;
  const trainRows = values.rows === undefined ? card.trainRows : wholeNumber('--rows', values.rows);
  const testRows = Math.ceil((trainRows * card.testRows) / card.trainRows);
  const folder = join(values.out, name);
  await mkdir(folder, { recursive: true });
  await write(generator, join(folder, 'train.parquet'), 0, trainRows);
  await write(generator, join(folder, 'test.parquet'), trainRows, testRows);
}
await session.close();

async function write(
  generator: DatasetGenerator,
  path: string,
  firstRow: number,
  numRows: number,
): Promise<void> {
  const start = performance.now();
  const batch = toBatch(generator.generate({ seed, firstRow, numRows }));
  const table = session.createTable(new Table([batch]));
  await table.write.parquet(path, { overwrite: true });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${path}: ${numRows} rows in ${seconds} s`);
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${option} must be a whole number above 0; got ${text}`);
}
