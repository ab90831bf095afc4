/** A split as a table: one byte a bin, 1 when its rows go left. The row movers and walkers read it. */
import type { FeaturePlace } from '../../../binning/binned-layout.ts';
import type { Split } from '../backend.ts';

/** Bytes of the table of a place. */
export function sidesBytes(place: FeaturePlace): number {
  return place.width === 1 ? 256 : place.unseenEntry + 1;
}

/** Fills the table of a split. */
export function writeSides(
  split: Pick<Split, 'bin' | 'leftBins' | 'missingGoesLeft' | 'heavierIsLeft'>,
  place: FeaturePlace,
  sides: Uint8Array,
): void {
  if (split.leftBins === null) {
    for (let b = 0; b < place.numValueBins; b++) sides[b] = b <= split.bin ? 1 : 0;
  } else {
    const bits = split.leftBins;
    for (let b = 0; b < place.numValueBins; b++) {
      sides[b] = ((bits[b >> 5] as number) >>> (b & 31)) & 1;
    }
  }
  sides[place.unseenEntry] = split.heavierIsLeft ? 1 : 0;
  sides[place.missingEntry] = split.missingGoesLeft ? 1 : 0;
}
