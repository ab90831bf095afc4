/**
 * The programs that ranks run. A program is one function, the same on every rank (SPMD); it meets the
 * others through `context.collective` and works on `context.memory`, which the ranks of a process share.
 */
import { CoppiceError } from '../base/errors.ts';
import type { KernelMemory } from '../base/kernel-memory.ts';
import { knownAs } from '../base/late-modules.ts';
import type { Collective } from './collective.ts';

/** What a program is given besides its payload. */
export interface RankContext {
  readonly collective: Collective;
  /** Shared by the ranks of this process; may grow, so views are taken afresh after each meeting that grows it. */
  readonly memory: KernelMemory;
  /** Tells the driver something (progress); only what structured clone carries. */
  notify(message: unknown): void;
  /** Lets others of this thread have their turn; left out where the thread is the rank's alone. */
  readonly breathe?: (() => Promise<void>) | undefined;
}

type Program = (context: RankContext, payload: never) => Promise<unknown>;

const programs = new Map<string, Program>();

/** Makes a program known under a name in this thread. */
export function registerProgram<P>(
  name: string,
  run: (context: RankContext, payload: P) => Promise<unknown>,
): void {
  programs.set(name, run as Program);
}

/** Runs a registered program as one rank. */
export async function runProgram(
  name: string,
  context: RankContext,
  payload: unknown,
): Promise<unknown> {
  const program = await knownAs(programs, name);
  if (program === undefined) {
    throw new CoppiceError('INTERNAL', `no program is registered under the name ${name}`);
  }
  return await program(context, payload as never);
}
