/**
 * The pauses in which this thread collected garbage. A thread that rehearses many ranks collects for all of them, and the
 * pause falls on whichever computes: a round would wait for it as often as there are ranks.
 */

import type { PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';

/** Not every runtime has one, and not every one hears of collections. */
const Observer = (globalThis as { PerformanceObserver?: unknown }).PerformanceObserver as
  | (typeof PerformanceObserver & { readonly supportedEntryTypes?: readonly string[] })
  | undefined;

/** Begin and end by `performance.now()`, in milliseconds. */
interface Pause {
  readonly start: number;
  readonly end: number;
}

/** Listens until it is closed; where the runtime tells nothing of collections there are none. */
export class PauseListener {
  readonly #pauses: Pause[] = [];
  readonly #observer: PerformanceObserver | null = null;

  constructor() {
    if (Observer?.supportedEntryTypes?.includes('gc') !== true) return;
    this.#observer = new Observer((list) => this.#add(list.getEntries()));
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  #add(entries: readonly PerformanceEntry[]): void {
    for (const { startTime, duration } of entries) {
      this.#pauses.push({ start: startTime, end: startTime + duration });
    }
  }

  /** All pauses in their order. They are told a turn or two of the event loop after they were. */
  async close(): Promise<Pauses> {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    this.#add(this.#observer?.takeRecords() ?? []);
    this.#observer?.disconnect();
    return new Pauses(this.#pauses.sort((a, b) => a.start - b.start));
  }
}

/** How much of a stretch of time was spent in pauses. */
export class Pauses {
  readonly #pauses: readonly Pause[];

  /** @param pauses by their begin; none overlaps another */
  constructor(pauses: readonly Pause[]) {
    this.#pauses = pauses;
  }

  /** Milliseconds of pauses between two moments. */
  within(start: number, end: number): number {
    let sum = 0;
    for (let i = this.#firstAfter(start); i < this.#pauses.length; i++) {
      const pause = this.#pauses[i] as Pause;
      if (pause.start >= end) break;
      sum += Math.max(0, Math.min(end, pause.end) - Math.max(start, pause.start));
    }
    return sum;
  }

  /** The first pause that ends after a moment. */
  #firstAfter(moment: number): number {
    let low = 0;
    let high = this.#pauses.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#pauses[middle] as Pause).end > moment) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
