/** The bins on the left of a split by categories, as bits, and the order in which categories are tried. */
import type { Views } from './views.ts';

/**
 * Writes the bits; categories that the node has not seen follow the heavier side.
 *
 * @param present the node's categories, those on the left first; numValues stands for missing
 */
export function writeLeftBins(
  m: Views,
  leftBins: number,
  numValues: number,
  side: {
    readonly present: readonly number[];
    readonly numLeft: number;
    readonly heavier: boolean;
  },
): void {
  const numWords = ((numValues + 64) >> 6) * 2;
  for (let w = 0; w < numWords; w++) m.setU32(leftBins + w * 4, side.heavier ? 0xffffffff : 0);
  side.present.forEach((bin, i) => {
    const word = leftBins + (bin >> 5) * 4;
    const bit = 1 << (bin & 31);
    m.setU32(word, i < side.numLeft ? m.u32(word) | bit : m.u32(word) & ~bit);
  });
}

/** Whether a bin is on the left. */
export function hasBin(m: Views, leftBins: number, bin: number): boolean {
  return ((m.u32(leftBins + (bin >> 5) * 4) >>> (bin & 31)) & 1) === 1;
}

/** Positions ascending by (ratio, position). */
export function orderByRatio(ratios: readonly number[]): number[] {
  const order = ratios.map((_, i) => i);
  return order.sort((a, b) => (ratios[a] as number) - (ratios[b] as number) || a - b);
}
