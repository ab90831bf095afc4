/**
 * Makes what a benchmark needs and what is not there yet: the peers' Python environment with pinned
 * versions, and the generated data as Parquet. `npx tsx test/bench/setup.ts` does it ahead of time.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchFolder, benchHome, python, repository } from './bench-home.ts';

const requirements = join(benchFolder, 'peers', 'requirements.txt');
const sparkRequirements = join(benchFolder, 'peers', 'requirements-spark.txt');

/** Makes the environment unless one of these very versions is there. */
export function setUpPeers(): void {
  const stamp = join(benchHome, 'venv.stamp');
  const wanted = createHash('sha256')
    .update(readFileSync(requirements))
    .update(readFileSync(sparkRequirements))
    .digest('hex');
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  mkdirSync(benchHome, { recursive: true });
  run('python3', ['-m', 'venv', join(benchHome, 'venv')]);
  run(python, ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
  const spark = spawnSync(python, ['-m', 'pip', 'install', '--quiet', '-r', sparkRequirements], {
    stdio: 'inherit',
  });
  if (spark.status !== 0) console.error('bench: Spark was not installed; rows run without it');
  writeFileSync(stamp, wanted);
}

/** Writes a generated set unless it is there; returns the folder of train.parquet and test.parquet. */
export function setUpDataset(name: string, rows?: number): string {
  const out = join(benchHome, rows === undefined ? 'data' : `data-${rows}`);
  const folder = join(out, name);
  const isThere = ['train.parquet', 'test.parquet'].every((file) => existsSync(join(folder, file)));
  if (isThere) return folder;
  mkdirSync(out, { recursive: true });
  const size = rows === undefined ? [] : ['--rows', String(rows)];
  const tsx = join(repository, 'node_modules', 'tsx', 'dist', 'cli.mjs');
  run(process.execPath, [tsx, 'datasets/write-datasets.ts', '--only', name, '--out', out, ...size]);
  return folder;
}

/** Writes the first rows of some columns as float64 unless the file is there. */
export function setUpRawColumns(of: {
  readonly from: string;
  readonly rows: number;
  readonly columns: number;
  readonly to: string;
}): void {
  if (existsSync(of.to)) return;
  const tsx = join(repository, 'node_modules', 'tsx', 'dist', 'cli.mjs');
  const script = 'test/bench/raw-columns.ts';
  run(process.execPath, [tsx, script, of.from, String(of.rows), String(of.columns), of.to]);
}

/** Writes a wide table that is mostly zeros, unless it is there. */
export function setUpWideColumns(of: {
  readonly columns: number;
  readonly trainRows: number;
  readonly testRows: number;
  readonly folder: string;
}): void {
  if (existsSync(join(of.folder, 'test.parquet'))) return;
  const tsx = join(repository, 'node_modules', 'tsx', 'dist', 'cli.mjs');
  const sizes = [of.columns, of.trainRows, of.testRows].map(String);
  run(process.execPath, [tsx, 'test/bench/wide-columns.ts', ...sizes, of.folder]);
}

function run(program: string, args: readonly string[]): void {
  console.error(`bench: ${program} ${args.join(' ')}`);
  const { status, error } = spawnSync(program, args, { cwd: repository, stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with status ${status}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setUpPeers();
  setUpDataset('numeric-28');
}
