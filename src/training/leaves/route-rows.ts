/**
 * Sends binned rows down a tree that was just grown: rows that were not drawn for it, validation rows, rows
 * that were left out of a bootstrap. The tree is written as a table that the kernel walks.
 */
import { align } from '../../base/arena.ts';
import type { BinnedLayout, FeaturePlace } from '../../binning/binned-layout.ts';
import { sidesBytes, writeSides } from '../../tree/backend/cpu/sides.ts';
import type { DecidedSplit } from '../../tree/grow-tree.ts';
import type { GrownTree } from '../../tree/tree.ts';
import type { RankEnvironment } from '../rank-environment.ts';

const leafMark = 0xffffffff;

/** A tree whose splits are known by bins. */
export interface RoutedTree {
  readonly tree: GrownTree;
  readonly leaves: readonly { readonly index: number }[];
  /** The nodes that were split. */
  readonly inner: readonly { readonly index: number; readonly split: DecidedSplit | null }[];
}

/** Bytes of the table of a tree. */
export function routeBytes(grown: RoutedTree, layout: BinnedLayout): number {
  const sides = grown.inner.reduce(
    (sum, node) => sum + align(sidesBytes(placeOf(node.split, layout))),
    0,
  );
  return align(grown.tree.nodes.length * 16) + sides;
}

/** Bytes of the sides of whichever feature has most bins. */
export function widestSides(layout: BinnedLayout): number {
  return align(layout.places.reduce((most, place) => Math.max(most, sidesBytes(place)), 0));
}

/** No tree of so many leaves needs a larger table. */
export function routeBytesBound(numLeaves: number, widest: number): number {
  return align(2 * numLeaves * 16) + numLeaves * widest;
}

/** Writes the table; leaves are numbered in the order of grown.leaves. */
export function writeRoutes(
  environment: RankEnvironment,
  grown: RoutedTree,
  layout: BinnedLayout,
  address: number,
): void {
  const nodes = environment.u32(address, grown.tree.nodes.length * 4);
  let sides = address + align(grown.tree.nodes.length * 16);
  grown.leaves.forEach((leaf, number) => {
    nodes.set([leafMark, number, 0, 0], leaf.index * 4);
  });
  for (const node of grown.inner) {
    const place = placeOf(node.split, layout);
    const left = grown.tree.nodes[node.index]?.leftChild ?? 0;
    writeSides(node.split as DecidedSplit, place, environment.u8(sides, sidesBytes(place)));
    nodes.set([place.offset + place.width * 0x1000000, sides, left, left + 1], node.index * 4);
    sides += align(sidesBytes(place));
  }
}

function placeOf(split: DecidedSplit | null, layout: BinnedLayout): FeaturePlace {
  const place = layout.places[split?.place ?? -1];
  if (place === undefined) throw new RangeError('a split names a place outside the layout');
  return place;
}
