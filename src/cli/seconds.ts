/** Times that are printed. */
import type { Clock } from './progress-line.ts';

/** Seconds since a moment of the clock, with two digits behind the point. */
export function secondsSince(start: number, clock: Clock): number {
  return Math.round((clock() - start) / 10) / 100;
}
