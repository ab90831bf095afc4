/** Which features a rank owns: a run of places, so cut that every rank has about as many histogram entries. */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';

/** numRanks + 1 bounds: rank r owns places [bounds[r], bounds[r + 1]). */
export function placeBounds(layout: BinnedLayout, numRanks: number): number[] {
  const bounds = [0];
  let place = 0;
  for (let r = 1; r < numRanks; r++) {
    const target = (layout.numCompact * r) / numRanks;
    while (
      place < layout.places.length &&
      (layout.places[place]?.firstCompact ?? 0) + (layout.places[place]?.numValueBins ?? 0) / 2 <
        target
    ) {
      place += 1;
    }
    bounds.push(place);
  }
  bounds.push(layout.places.length);
  return bounds;
}
