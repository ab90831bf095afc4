/**
 * Which features does one workgroup add up? As many as have room in its memory, and in every group about as many, so
 * that no workgroup takes longer than another and none asks for memory that it leaves empty.
 *
 *   groups   uint32[4] a group: first place, end, first entry, entries
 */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';

/** Groups of a fit, and for how many entries a workgroup needs room. */
export interface GroupPlan {
  readonly groups: Uint32Array<ArrayBuffer>;
  readonly groupEntries: number;
}

/** Plans them. A feature of more than `mostEntries` has a group of its own, for which there is no room. */
export function planGroups(layout: BinnedLayout, mostEntries: number): GroupPlan {
  const full = featureGroups(layout, mostEntries);
  const even = featureGroups(
    layout,
    Math.min(mostEntries, Math.ceil(layout.numCompact / Math.max(1, full.length / 4))),
    mostEntries,
  );
  const groups = even.length === full.length ? even : full;
  const sizes = [...groups].filter((entries, i) => i % 4 === 3 && entries <= mostEntries);
  return { groups, groupEntries: Math.max(1, ...sizes) };
}

/** A group is closed with the feature that makes it as large as it should be, or before it would be too large. */
function featureGroups(
  layout: BinnedLayout,
  wanted: number,
  most = wanted,
): Uint32Array<ArrayBuffer> {
  const groups: number[] = [];
  let first = 0;
  while (first < layout.places.length) {
    const from = entriesBefore(layout, first);
    let end = first + 1;
    while (
      end < layout.places.length &&
      entriesBefore(layout, end) - from < wanted &&
      entriesBefore(layout, end + 1) - from <= most
    ) {
      end += 1;
    }
    groups.push(first, end, from, entriesBefore(layout, end) - from);
    first = end;
  }
  return Uint32Array.from(groups);
}

function entriesBefore(layout: BinnedLayout, place: number): number {
  return layout.places[place]?.firstCompact ?? layout.numCompact;
}
