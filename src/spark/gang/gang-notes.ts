/**
 * What the ranks of a member told the driver, kept until Spark carries it there with the answer; and whether it is
 * time for that: a long fit ends its Spark job after a while, so that its rounds are safe and its driver hears of it.
 * The next one reads the rows again; so a leg trains nine times as long as reading took, but no longer than ten
 * times what was asked for.
 */

/** How much longer a leg trains than it reads. */
const worthwhile = 9;

/** How much longer than asked for it may get by that. */
const mostStretch = 10;

/** See the header. */
export class GangNotes {
  readonly notes: unknown[] = [];
  readonly #legMs: number | null;
  readonly #clock: () => number;
  readonly #begin: number;
  #trainsSince: number | null = null;

  /** Made when all members have met. @param clock milliseconds since some moment */
  constructor(legMs: number | null, clock: () => number = () => performance.now()) {
    this.#legMs = legMs;
    this.#clock = clock;
    this.#begin = clock();
  }

  /** Keeps a note; true where the gang is to end now, its last rounds being told. */
  take(note: unknown): boolean {
    const phase = phaseOf(note);
    const now = this.#clock();
    if (phase === 'train' || phase === 'snapshot') this.#trainsSince ??= now;
    // of progress only the newest matters
    const last = this.notes.at(-1);
    if (phase !== 'snapshot' && last !== undefined && phaseOf(last) === phase) this.notes.pop();
    this.notes.push(note);
    if (phase !== 'snapshot' || this.#legMs === null || this.#trainsSince === null) return false;
    const readMs = this.#trainsSince - this.#begin;
    const wanted = Math.max(this.#legMs, worthwhile * readMs);
    return now - this.#trainsSince >= Math.min(wanted, mostStretch * this.#legMs);
  }
}

function phaseOf(note: unknown): unknown {
  return (note as { readonly phase?: unknown }).phase;
}
