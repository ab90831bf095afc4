/**
 * What all commands share: the output, the signal that Ctrl-C fires, progress, and the way from an error
 * to an exit code. A command is a function of its options and a context; its module is imported only when
 * the command runs, so that `coppice --version` loads next to nothing.
 */
import { CoppiceError, toErrorRecord } from '../base/errors.ts';
import type { OnProgress } from '../base/progress.ts';
import { type ExitCode, exitCodeOf } from './exit-codes.ts';
import { type Clock, ProgressLine } from './progress-line.ts';
import { type OutputStream, type Printable, Terminal } from './terminal.ts';

/** What a command works with. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  /** Milliseconds since some moment, for times that are printed. */
  readonly clock: Clock;
}

/** What a command gives: the same as JSON and as text. */
export interface CommandResult {
  readonly value: Printable;
  readonly text: string;
  /** 0 when absent. */
  readonly exitCode?: ExitCode;
}

/** A command. */
export type Command<O> = (options: O, context: CommandContext) => Promise<CommandResult>;

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** The outside world, as the command line sees it. */
export interface Surroundings {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly clock: Clock;
  /** Calls back on Ctrl-C; returns how to stop listening. */
  onInterrupt(listener: () => void): () => void;
}

/** Loads and runs a command; never throws. */
export async function runCommand<O extends CommonOptions>(
  load: () => Promise<Command<O>>,
  options: O,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const terminal = new Terminal({
    stdout: surroundings.stdout,
    stderr: surroundings.stderr,
    isJson: options.json === true,
    isQuiet: options.quiet === true,
  });
  const abort = new AbortController();
  const line = new ProgressLine(surroundings.stderr, surroundings.clock);
  const stopListening = surroundings.onInterrupt(() => {
    line.clear();
    terminal.note('interrupted: ending what runs');
    abort.abort();
  });
  const onProgress: OnProgress = (progress) => {
    if (terminal.showsProgress) line.show(progress);
  };
  try {
    const command = await load();
    const context = { terminal, signal: abort.signal, onProgress, clock: surroundings.clock };
    const { value, text, exitCode = 0 } = await command(options, context);
    line.clear();
    terminal.result(value, text);
    return exitCode;
  } catch (error) {
    line.clear();
    const record = toErrorRecord(abort.signal.aborted ? interrupted(error) : error);
    terminal.fail(record);
    if (record.code === 'INTERNAL' && record.stack !== undefined) terminal.note(record.stack);
    return exitCodeOf(record.code);
  } finally {
    stopListening();
  }
}

/** Whatever broke after Ctrl-C broke because of it. */
function interrupted(cause: unknown): CoppiceError {
  return new CoppiceError('ABORTED', 'the command was interrupted; nothing half-written was kept', {
    cause,
  });
}
