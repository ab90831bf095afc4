#!/usr/bin/env node
/** The command `coppice`: connects the process to {@link runCli}. Nothing is imported for `--version`. */
import { libraryVersion } from '../pipeline/format-version.ts';
import type { Surroundings } from './command.ts';

const surroundings: Surroundings = {
  stdout: process.stdout,
  stderr: process.stderr,
  clock: () => performance.now(),
  onInterrupt(listener) {
    let isFirst = true;
    const interrupt = (): void => {
      // A second Ctrl-C does not wait for anything.
      if (!isFirst) process.exit(130);
      isFirst = false;
      listener();
    };
    process.on('SIGINT', interrupt);
    process.on('SIGTERM', interrupt);
    return () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    };
  },
};

// A reader such as `head` may close the pipe early; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const words = process.argv.slice(2);
if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  process.stdout.write(`${libraryVersion}\n`);
} else {
  const { runCli } = await import('./run-cli.ts');
  process.exitCode = await runCli(words, surroundings);
}
