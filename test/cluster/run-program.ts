/** Runs one of the tests' programs as a gang. */
import { expect, vi } from 'vitest';
import { type GangRequest, type GangRunner, gangRunnerOf } from '../../src/cluster/gang-runner.ts';
import { registerProgram } from '../../src/cluster/rank-program.ts';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { programs } from './programs.mjs';

for (const [name, run] of Object.entries(programs)) registerProgram(name, run);

/** The worker threads' entry in these tests, and one that knows the training programs too. */
export const entryUrl = new URL('./worker-entry.mjs', import.meta.url);
export const fittingEntryUrl = new URL('./fitting-entry.mjs', import.meta.url);

/** A gang of one in the calling thread. */
export const inline: GangRunner = gangRunnerOf(new InlineRunner());

/** A gang of one of the tests' programs. */
export interface ProgramGang extends Pick<GangRequest, 'signal' | 'onMessage'> {
  readonly program: keyof typeof programs;
  readonly width: number;
  readonly payload?: unknown;
}

/** Runs a program; every rank gets the same payload. */
export async function runProgramOn<T>(runner: GangRunner, gang: ProgramGang): Promise<T[]> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const { payload = {}, ...rest } = gang;
  return (await runner.runGang({ ...rest, memory, payload: () => payload })) as T[];
}

/** What a promise rejects with; undefined where it does not. */
export async function errorOf(promise: Promise<unknown>): Promise<Error | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** Resolves when none of these processes is there any more, however slow the machine is. */
export async function untilGone(ids: readonly number[]): Promise<void> {
  const wait = { timeout: 60_000, interval: 50 };
  await vi.waitFor(() => expect(ids.filter(isRunning)).toEqual([]), wait);
}

/** Whether a process is there. */
export function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}
