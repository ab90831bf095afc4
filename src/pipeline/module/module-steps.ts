/** What the stages of a module do, one after another, and which of it an answer needs. */
import type { ModuleOp } from './module-code.ts';

/** What one stage does, as data of its code. */
export interface ModuleStep {
  readonly from: number | readonly number[];
  readonly to: number | readonly number[];
  /** It refuses rows, and so runs though nobody reads what it makes. */
  readonly always?: boolean;
  readonly [name: string]: unknown;
}

/** A step and the code that runs it. */
export interface WrittenStep {
  readonly code: ModuleOp;
  readonly step: ModuleStep;
}

/** The steps whose cells somebody reads, and those that refuse rows. */
export function neededSteps(
  steps: readonly WrittenStep[],
  reads: readonly number[],
): { steps: WrittenStep[]; needed: ReadonlySet<number> } {
  const needed = new Set(reads);
  const kept: WrittenStep[] = [];
  for (const written of [...steps].reverse()) {
    const { always, from, to } = written.step;
    const isNeeded = always === true || [to].flat().some((slot) => needed.has(slot));
    if (!isNeeded) continue;
    kept.push(written);
    for (const slot of [from].flat()) needed.add(slot);
  }
  return { steps: kept.reverse(), needed };
}
