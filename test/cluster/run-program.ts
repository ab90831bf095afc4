/** Runs one of the tests' programs as a gang. */
import { type GangRequest, type GangRunner, gangRunnerOf } from '../../src/cluster/gang-runner.ts';
import { registerProgram } from '../../src/cluster/rank-program.ts';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { programs } from './programs.mjs';

for (const [name, run] of Object.entries(programs)) registerProgram(name, run);

/** The worker threads' entry in these tests. */
export const entryUrl = new URL('./worker-entry.mjs', import.meta.url);

/** A gang of one in the calling thread. */
export const inline: GangRunner = gangRunnerOf(new InlineRunner());

/** What a test may ask besides program, width and payload. */
export type ProgramOptions = Pick<GangRequest, 'signal' | 'onMessage'>;

/** Runs a program; every rank gets the same payload. */
export async function runProgramOn<T>(
  runner: GangRunner,
  program: keyof typeof programs,
  width: number,
  payload: unknown,
  options: ProgramOptions = {},
): Promise<T[]> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const request = { program, width, memory, payload: () => payload, ...options };
  return (await runner.runGang(request)) as T[];
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

/** Whether a process is there. */
export function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}
