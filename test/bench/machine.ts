/** What the measurements were made on and with, in words. */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { repository } from './bench-home.ts';

/** Cores and memory. */
export function machineText(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} cores (${model}), ${gib} GiB, ${process.platform}`;
}

/** The commit, with a + where tracked files differ from it. */
export function revisionText(): string {
  // of a packed benchmark
  const named = process.env['COPPICE_REVISION'];
  if (named !== undefined) return named;
  const git = (...args: string[]): string =>
    spawnSync('git', args, { cwd: repository, encoding: 'utf8' }).stdout.trim();
  const changed = git('status', '--porcelain', '--untracked-files=no', 'src', 'wasm');
  return git('rev-parse', '--short', 'HEAD') + (changed === '' ? '' : '+');
}
