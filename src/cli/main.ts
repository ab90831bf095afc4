#!/usr/bin/env node
/** The command `coppice`: connects the process to {@link runCli}. Nothing is imported for `--version`. */
import { setTimeout } from 'node:timers/promises';
import { libraryVersion } from '../pipeline/format-version.ts';
import type { Surroundings } from './command.ts';

/** Two signals closer than this are one: a Ctrl-C comes twice at once where a parent such as npx passes it on. */
const passedOnMs = 200;

/** When the first signal came. */
let firstMs: number | undefined;

const surroundings: Surroundings = {
  stdout: process.stdout,
  stderr: process.stderr,
  clock: () => performance.now(),
  onInterrupt(listener) {
    const interrupt = (): void => {
      const nowMs = performance.now();
      if (firstMs !== undefined && nowMs - firstMs <= passedOnMs) return;
      // A second Ctrl-C does not wait for anything.
      if (firstMs !== undefined) process.exit(130);
      firstMs = nowMs;
      listener();
    };
    process.on('SIGINT', interrupt);
    process.on('SIGTERM', interrupt);
    return () => {
      // the same signal may come again while the process ends, and would kill it
      if (firstMs !== undefined) return;
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    };
  },
};

// A reader such as `head` may close the pipe early; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`error FILE_WRITE: stdout cannot be written: ${error.message}\n`);
  process.exit(1);
});
// Work does not end because nobody reads what is remarked about it.
process.stderr.on('error', () => {});

// Node would print its process and how to trace the warning: of no use to who runs a command.
const [print] = process.listeners('warning');
if (print !== undefined) {
  process.off('warning', print);
  process.on('warning', (warning) => {
    if (warning.name.startsWith('Coppice')) process.stderr.write(`warning: ${warning.message}\n`);
    else print(warning);
  });
}

const words = process.argv.slice(2);
if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  process.stdout.write(`${libraryVersion}\n`);
} else {
  const { runCli } = await import('./run-cli.ts');
  process.exitCode = await runCli(words, surroundings);
  if (firstMs !== undefined) await setTimeout(firstMs + passedOnMs - performance.now());
}
