/**
 * What the user sees of long work: on a terminal one line that rewrites itself, elsewhere one log line
 * every ten seconds. The clock is handed in, so that tests can turn it.
 */
import type { Progress } from '../base/progress.ts';
import type { OutputStream } from './terminal.ts';

/** Milliseconds since some moment. */
export type Clock = () => number;

const phaseNames: Readonly<Record<Progress['phase'], string>> = {
  read: 'reading',
  bin: 'binning',
  train: 'training',
  predict: 'predicting',
  write: 'writing',
};

const terminalInterval = 100;
const logInterval = 10_000;

/** Prints reports of progress. */
export class ProgressLine {
  readonly #stream: OutputStream;
  readonly #clock: Clock;
  readonly #isTerminal: boolean;
  #phase: Progress['phase'] | null = null;
  #phaseStart = 0;
  #firstDone = 0;
  #lastPrint: number;
  #isShown = false;

  constructor(stream: OutputStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    // a dumb one shows what would rewrite the line
    this.#isTerminal = stream.isTTY === true && process.env['TERM'] !== 'dumb';
    this.#lastPrint = this.#isTerminal ? Number.NEGATIVE_INFINITY : clock();
  }

  /** Shows a report, if enough time has passed since the last one. */
  show(progress: Progress): void {
    const now = this.#clock();
    if (progress.phase !== this.#phase) {
      this.#phase = progress.phase;
      this.#phaseStart = now;
      this.#firstDone = progress.done;
    }
    if (now - this.#lastPrint < (this.#isTerminal ? terminalInterval : logInterval)) return;
    this.#lastPrint = now;
    const text = progressText(progress, this.#secondsLeft(progress, now));
    if (!this.#isTerminal) {
      this.#stream.write(`${text}\n`);
      return;
    }
    // Some terminals claim to have no columns at all.
    const width = Math.max(20, (this.#stream.columns || 80) - 1);
    this.#stream.write(`\r\u001b[2K${text.length > width ? `${text.slice(0, width - 1)}…` : text}`);
    this.#isShown = true;
  }

  /** Takes the line away, before anything else is printed. */
  clear(): void {
    if (this.#isShown) this.#stream.write('\r\u001b[2K');
    this.#isShown = false;
  }

  #secondsLeft(progress: Progress, now: number): number | null {
    const done = progress.done - this.#firstDone;
    const elapsed = (now - this.#phaseStart) / 1000;
    if (done <= 0 || progress.total <= progress.done || elapsed < 1) return null;
    return (elapsed / done) * (progress.total - progress.done);
  }
}

/** One report in words. */
export function progressText(progress: Progress, secondsLeft: number | null): string {
  const parts = [phaseNames[progress.phase]];
  const what = progress.message === undefined ? '' : ` ${progress.message}`;
  if (progress.total > 0) {
    parts.push(`${grouped(progress.done)} of ${grouped(progress.total)}${what}`);
  } else if (progress.done > 0 || what !== '') {
    parts.push(`${grouped(progress.done)}${what}`);
  }
  if (progress.metric !== undefined)
    parts.push(`validation ${Number(progress.metric.toPrecision(6))}`);
  if (secondsLeft !== null) parts.push(`${timeText(secondsLeft)} left`);
  return parts.join(' · ');
}

/** 1234567 → 1,234,567. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Seconds in words: `12 s`, `3 min 5 s`, `2 h 4 min`. */
export function timeText(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
