/** Runs the command line inside the test's process and keeps what it printed. */
import type { Surroundings } from '../../src/cli/command.ts';
import type { ExitCode } from '../../src/cli/exit-codes.ts';
import { runCli } from '../../src/cli/run-cli.ts';

/** What a run left behind. */
export interface CliRun {
  readonly exitCode: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
  /** The one JSON object of `--json`. */
  readonly json: Record<string, unknown>;
}

/** Runs `coppice` with some words; `interruptAfterMs` presses Ctrl-C. */
export async function runForTest(
  words: readonly string[],
  options: { readonly interruptAfterMs?: number; readonly isTTY?: boolean } = {},
): Promise<CliRun> {
  let stdout = '';
  let stderr = '';
  const surroundings: Surroundings = {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text), isTTY: options.isTTY, columns: 80 },
    clock: () => performance.now(),
    onInterrupt(listener) {
      if (options.interruptAfterMs === undefined) return () => {};
      const timer = setTimeout(listener, options.interruptAfterMs);
      return () => clearTimeout(timer);
    },
  };
  const exitCode = await runCli(words, surroundings);
  return {
    exitCode,
    stdout,
    stderr,
    get json() {
      return JSON.parse(stdout) as Record<string, unknown>;
    },
  };
}
