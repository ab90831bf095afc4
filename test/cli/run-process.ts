/** Runs the built command line as a process of its own, as a shell does. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../scripts/source-stamp.mjs';

/** The script that the package installs as `coppice`. */
export const command = join(root, 'dist', 'bundle', 'node', 'cli.js');

/** What a process left behind. */
export interface ProcessRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** How a process is run. */
export interface ProcessOptions {
  readonly cwd?: string;
  /** After so long it gets SIGINT, twice, as from a terminal and npx. */
  readonly interruptAfterMs?: number;
  /** The most KiB of addresses that it may reserve, as `ulimit -v` says it. */
  readonly virtualKiB?: string;
}

/** Runs `coppice`. */
export async function runProcess(
  words: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessRun> {
  const start = performance.now();
  const whole = [process.execPath, command, ...words];
  const limit = options.virtualKiB === undefined ? '' : `ulimit -v ${options.virtualKiB}; `;
  const [program, ...rest] =
    limit === '' ? whole : ['/bin/sh', '-c', `${limit}exec "$@"`, 'sh', ...whole];
  const child = spawn(program as string, rest, {
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const interrupt = (): void => {
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGINT'), 40);
  };
  const timer =
    options.interruptAfterMs === undefined
      ? undefined
      : setTimeout(interrupt, options.interruptAfterMs);
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  return { exitCode, stdout, stderr, seconds: (performance.now() - start) / 1000 };
}

/** Runs `coppice … --json`, which must succeed, and reads its object. */
export async function runJson(words: readonly string[]): Promise<Record<string, unknown>> {
  const run = await runProcess([...words, '--json']);
  if (run.exitCode === 0) return JSON.parse(run.stdout) as Record<string, unknown>;
  throw new Error(`coppice ${words.join(' ')} ended with ${run.exitCode}\n${run.stderr}`);
}
