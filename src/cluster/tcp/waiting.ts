/**
 * How a rank waits at a lane: it looks without a pause for a moment, for most frames are nearly there, and then naps for a
 * part of the time that it has waited, so that it is late by a small part of that.
 */

/** How long it looks without a pause. */
export const lookMs = 0.15;

/** Which part of the time that it has waited it naps, and the longest nap. */
const napShare = 0.125;
const longestNapMs = 1;

/** How long it naps now. */
export function napMs(waitedMs: number): number {
  return Math.min(longestNapMs, napShare * waitedMs);
}

/** How long after a frame came it is seen, on average, where it was waited for so long: half a nap. */
export function latenessMs(waitedMs: number): number {
  return waitedMs <= lookMs ? 0 : napMs(waitedMs) / 2;
}
