/**
 * Where the threads of one process wait for each other: a barrier of two shared words. A waiting thread
 * blocks in Atomics.wait; it looks whether the gang was ended whenever it wakes, at least once a second.
 */
import { CoppiceError } from '../../base/errors.ts';
import type { WordPlace } from '../collective.ts';
import { endGang, type GangControl, gangState, gangWord, openGate } from './gang-control.ts';

/** Longest silence of another rank before the gang is given up. */
export const defaultTimeoutMs = 600_000;

/** Looks at the gate before a thread goes to sleep: some twenty microseconds, less than falling asleep and waking. */
const spins = 2000;

/** How long a thread sleeps before it looks whether the gang was ended. */
const looksEveryMs = {
  /** The end of a gang wakes those at its own gate. */
  atGate: 1000,
  elsewhere: 50,
};

/** One thread's side of the barrier. */
export class Gate {
  /** Milliseconds spent waiting. */
  waitMs = 0;
  readonly #control: GangControl;
  readonly #words: Int32Array;
  readonly #rank: number;
  readonly #timeoutMs: number;

  /** @param rank this thread's rank among all, for messages */
  constructor(control: GangControl, rank: number, timeoutMs: number = defaultTimeoutMs) {
    this.#control = control;
    this.#words = new Int32Array(control.words);
    this.#rank = rank;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Returns when every thread is here and the gate is open. The last to arrive opens it, or calls
   * `onAllHere`, which sees to it that somebody else does: then nobody spins, for that one needs the core.
   */
  pass(onAllHere: (() => void) | null = null): void {
    this.checkAborted();
    const words = this.#words;
    const generation = Atomics.load(words, gangWord.generation);
    const isLast = Atomics.add(words, gangWord.arrived, 1) === this.#control.size - 1;
    const began = performance.now();
    if (isLast && onAllHere === null) openGate(this.#control);
    else if (isLast) onAllHere?.();
    // the others are often only microseconds away
    for (let i = 0; i < spins && onAllHere === null; i++) {
      if (Atomics.load(words, gangWord.generation) !== generation) break;
    }
    const place = { word: gangWord.generation, sleepers: gangWord.sleepers };
    this.#sleep(words, place, generation, looksEveryMs.atGate);
    this.waitMs += performance.now() - began;
    this.checkAborted();
  }

  /** Sleeps while a word of a shared memory is `value`; nobody changes or wakes it when the gang ends. */
  sleepWhile(words: Int32Array, place: WordPlace, value: number): void {
    const began = performance.now();
    this.#sleep(words, place, value, looksEveryMs.elsewhere);
    this.waitMs += performance.now() - began;
  }

  #sleep(words: Int32Array, { word, sleepers }: WordPlace, value: number, everyMs: number): void {
    const began = performance.now();
    while (Atomics.load(words, word) === value) {
      Atomics.add(words, sleepers, 1);
      Atomics.wait(words, word, value, Math.min(everyMs, this.#timeoutMs));
      Atomics.sub(words, sleepers, 1);
      this.checkAborted();
      if (performance.now() - began <= this.#timeoutMs) continue;
      endGang(this.#control, gangState.failed);
      throw new CoppiceError(
        'COLLECTIVE_TIMEOUT',
        `rank ${this.#rank} waited ${this.#timeoutMs} ms for the other ranks of its gang`,
        { context: { rank: this.#rank } },
      );
    }
  }

  /** Throws when the gang was ended. */
  checkAborted(): void {
    const state = Atomics.load(this.#words, gangWord.state);
    if (state === gangState.running) return;
    throw state === gangState.aborted
      ? new CoppiceError('ABORTED', 'the job was aborted')
      : new CoppiceError('EXECUTOR_LOST', 'another rank of the gang failed', {
          context: { rank: this.#rank, secondary: true },
        });
  }
}
