/**
 * `tsx test/bench/wide-columns.ts <columns> <trainRows> <testRows> <folder>`: a wide table that is mostly zeros, as words,
 * flags and measures that few rows have make it. One value in a hundred is not zero: of every three columns one holds
 * flags, one small counts, one normal numbers. The label follows two hundred of them.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Table } from 'apache-arrow';
import { inverseNormal, worldNormal } from '../../datasets/draws.ts';
import type { GeneratedColumn } from '../../datasets/generator.ts';
import { toBatch } from '../../datasets/to-batch.ts';
import { logistic } from '../../src/base/portable-math.ts';
import { hash32, mix32, purposes } from '../../src/base/rng.ts';
import { Session } from '../../src/session/session.ts';

const [numColumns, trainRows, testRows] = process.argv.slice(2, 5).map(Number) as [
  number,
  number,
  number,
];
const folder = process.argv[5] as string;
const fill = 0.01;
const numTelling = 200;
const seed = 5;

/** Rows [first, first + count): each row's values hang on the row's number alone. */
function columnsOf(first: number, count: number): Record<string, GeneratedColumn> {
  const columns = Array.from({ length: numColumns }, () => new Float32Array(count));
  const label = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    let odds = 0;
    for (let f = 0; f < numColumns; f++) {
      const draw = hash32(seed, purposes.data, first + i, f) / 2 ** 32;
      if (draw >= fill) continue;
      const value = drawnValue(f, draw / fill);
      (columns[f] as Float32Array)[i] = value;
      const place = (f * numTelling) % numColumns;
      if (place < numTelling) odds += 2 * value * worldNormal(9, f, 0);
    }
    label[i] = (mix32(first + i) + 0.5) / 2 ** 32 < logistic(odds) ? 1 : 0;
  }
  const made: Record<string, GeneratedColumn> = {};
  for (const [f, values] of columns.entries()) made[`x${f}`] = { type: 'float32', values };
  made.label = { type: 'int32', values: label };
  return made;
}

/** @param uniform of [0, 1) */
function drawnValue(column: number, uniform: number): number {
  if (column % 3 === 0) return 1;
  if (column % 3 === 1) return 1 + Math.floor(6 * uniform * uniform);
  return inverseNormal((uniform * 65_536 + 0.5) / 65_537);
}

mkdirSync(folder, { recursive: true });
const session = await Session.local({ threads: 1 });
for (const [name, first, count] of [
  ['train', 0, trainRows],
  ['test', trainRows, testRows],
] as const) {
  const table = session.createTable(new Table([toBatch(columnsOf(first, count))]));
  await table.write.parquet(join(folder, `${name}.parquet`), { overwrite: true });
}
await session.close();
