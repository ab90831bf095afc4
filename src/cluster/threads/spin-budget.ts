/**
 * How often a thread looks at the gate before it goes to sleep. Falling asleep and being woken take 50 to 1,000 µs on a
 * virtual machine, as long as most waits: who sleeps comes late, and the others fall asleep in turn. So short waits
 * raise the budget to some hundreds of microseconds, and long ones lower it to some twenty: on cores that others use too
 * waits are long, and to look is to take their time. A gang with more threads than cores never looks for long.
 */
import { availableParallelism } from 'node:os';

/** Looks of one wait: some 20 and some 500 µs. */
const fewest = 2000;
const most = 50_000;
/** A wait that is over so soon was worth looking for. */
const shortMs = 0.5;

/** What one thread has learnt. */
export class SpinBudget {
  /** Looks at the gate before sleeping. */
  looks = fewest;
  readonly #most: number;

  /** @param numThreads of this process that wait for each other */
  constructor(numThreads: number, numCores: number = availableParallelism()) {
    this.#most = numThreads > numCores ? fewest : most;
  }

  /** Told how long a wait took, whether it was slept through or not. */
  learn(waitedMs: number): void {
    this.looks =
      waitedMs < shortMs ? Math.min(this.#most, this.looks * 2) : Math.max(fewest, this.looks / 2);
  }
}
