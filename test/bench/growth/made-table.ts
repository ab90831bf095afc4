/**
 * Generated tables of any size for measurements of growth: float32 columns between 0 and 1, a label that hangs on eight
 * of them and on chance. Row i depends on i only, so rows are made and written a part at a time, a file a part.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Table } from 'apache-arrow';
import type { GeneratedColumn } from '../../../datasets/generator.ts';
import { toBatch } from '../../../datasets/to-batch.ts';
import { mix32 } from '../../../src/base/rng.ts';
import { Session } from '../../../src/index.ts';
import { benchHome } from '../bench-home.ts';

/** How large a table is. */
export interface TableSize {
  readonly rows: number;
  readonly features: number;
  readonly classes: number;
}

/** Values in a file at most. */
const valuesInFile = 29_000_000;
const numUsed = 8;

/** Writes a table as Parquet files unless it is there; returns its folder. */
export async function makeTable(size: TableSize): Promise<string> {
  const { rows, features, classes } = size;
  const folder = join(benchHome, 'growth', `${rows}x${features}-${classes}`);
  const done = join(folder, '_made');
  if (existsSync(done)) return folder;
  mkdirSync(folder, { recursive: true });
  const session = await Session.local({ threads: 1 });
  const inFile = Math.min(1_000_000, Math.max(1000, Math.floor(valuesInFile / (features + 1))));
  for (let first = 0, file = 0; first < rows; first += inFile, file++) {
    const count = Math.min(inFile, rows - first);
    const path = join(folder, `part-${String(file).padStart(4, '0')}.parquet`);
    // a file is written beside its place and renamed, so it is whole; what an ended run left goes on
    if (existsSync(path)) continue;
    const batch = toBatch(makeRows(first, count, size));
    await session.createTable(new Table([batch])).write.parquet(path);
  }
  await session.close();
  writeFileSync(done, '');
  return folder;
}

function makeRows(
  first: number,
  count: number,
  { features, classes }: TableSize,
): Record<string, GeneratedColumn> {
  const columns: Record<string, GeneratedColumn> = {};
  const score = new Float64Array(count);
  for (let f = 0; f < features; f++) {
    const values = new Float32Array(count);
    const salt = Math.imul(f + 1, 0x9e3779b1);
    for (let i = 0; i < count; i++) values[i] = uniform(mix32(first + i + 1) ^ salt);
    if (f < numUsed) addTerms(score, values, f);
    columns[`x${f}`] = { type: 'float32', values };
  }
  const label = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const noise = uniform((first + i) ^ 0x2545f491) - 0.5;
    // about half of the rows of two classes are below a half
    const place = 0.5 + 0.4 * ((score[i] as number) + noise - 0.17);
    label[i] = Math.max(0, Math.min(classes - 1, Math.floor(place * classes)));
  }
  columns.label = { type: 'int32', values: label };
  return columns;
}

function addTerms(score: Float64Array, values: Float32Array, f: number): void {
  const sign = f % 3 === 0 ? 1 : -1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    score[i] = (score[i] as number) + sign * (f % 2 === 0 ? value : value * value);
  }
}

function uniform(word: number): number {
  return (mix32(word) >>> 8) / 16_777_216;
}
