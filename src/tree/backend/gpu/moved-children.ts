/**
 * The children of pairs whose rows a device moves. How many went left is known at once where histograms count rows.
 * Else only the device knows, and nothing waits for it: the child of less weight is built over as many rows as went to
 * its side, which the device looks up (row-chunks.ts), and the numbers come back with whatever is fetched next.
 */

import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Quantisation } from '../../split-params.ts';
import type { OpenNode, SiblingPair, Split } from '../backend.ts';
import type { NodeTotals, SplitDetail } from '../cpu/candidate.ts';
import { sidesBytes, writeSides } from '../cpu/sides.ts';
import { hessOf } from '../cpu/split-search.ts';
import type { NodeState } from './device-nodes.ts';
import { type Building, type Moving, otherBuffer } from './row-chunks.ts';

/** Where rows go and how many of them, where that is known. */
export function movingOf(
  { parent }: SiblingPair,
  layout: BinnedLayout,
  rowsOnTheLeft: (split: Split) => number | null,
): Moving {
  const split = parent.split as Split;
  const place = layout.places[split.place];
  if (place === undefined) throw new RangeError('a split names a place outside the layout');
  const sides = new Uint8Array(sidesBytes(place));
  writeSides(split, place, sides);
  const { segment } = parent.state as NodeState;
  return { segment, place, sides, numLeft: rowsOnTheLeft(split) };
}

/** Gives the children their sums, and rows as far as they are known. @param isHere this rank drives the device */
export function openChildren(
  { parent, left, right }: SiblingPair,
  numLeft: number | null,
  isHere: boolean,
): void {
  const { segment, totals } = parent.state as NodeState;
  const { left: leftTotals } = (parent.split as Split).detail as SplitDetail;
  const rightTotals: NodeTotals = {
    grad: totals.grad - leftTotals.grad,
    hess: totals.hess - leftTotals.hess,
  };
  left.state = { segment, totals: leftTotals } satisfies NodeState;
  right.state = { segment, totals: rightTotals } satisfies NodeState;
  (parent.state as NodeState).children = [left, right];
  settleRows({ parent, left, right }, isHere ? numLeft : 0, isHere);
}

/** Gives the children their rows, once they are known. */
export function settleRows(
  { parent, left, right }: Pick<SiblingPair, 'parent' | 'left' | 'right'>,
  numLeft: number | null,
  isHere: boolean,
): void {
  const { segment } = parent.state as NodeState;
  const buffer = otherBuffer(segment);
  const count = numLeft ?? 0;
  const start = segment.start;
  const rest = isHere && numLeft !== null ? segment.count - count : 0;
  (left.state as NodeState).segment = { buffer, start, count };
  (right.state as NodeState).segment = { buffer, start: start + count, count: rest };
}

/** Which child of a pair is built, and over which rows. */
export interface BuiltChild {
  readonly fewer: OpenNode;
  readonly more: OpenNode;
  rowsOf(node: OpenNode): Pick<Building, 'segment' | 'uncounted'>;
}

/** The child of fewer rows; of less weight where rows are not known. @param index of the pair among those moved */
export function builtChild(
  { parent, left, right }: SiblingPair,
  index: number,
  numLeft: number | null,
  quantisation: Quantisation,
): BuiltChild {
  const weightOf = (node: OpenNode): number => likelyRows(parent, node, quantisation);
  const sizeOf = (node: OpenNode): number =>
    numLeft === null ? weightOf(node) : (node.state as NodeState).segment.count;
  const isLeft = sizeOf(left) <= sizeOf(right);
  return {
    fewer: isLeft ? left : right,
    more: isLeft ? right : left,
    rowsOf: (node) => {
      const { segment } = node.state as NodeState;
      if (numLeft !== null) return { segment };
      const { segment: all } = parent.state as NodeState;
      const uncounted = {
        pair: index,
        side: node === left ? 0 : 1,
        likely: weightOf(node),
      } as const;
      return { segment: { ...all, buffer: otherBuffer(all) }, uncounted };
    },
  };
}

/** As many of the parent's rows as its share of the hessians says. */
export function likelyRows(
  parent: OpenNode,
  child: OpenNode,
  { countShift }: Pick<Quantisation, 'countShift'>,
): number {
  const { segment, totals } = parent.state as NodeState;
  const all = Number(hessOf(totals.hess, countShift));
  const own = Number(hessOf((child.state as NodeState).totals.hess, countShift));
  return all > 0 ? Math.max(1, Math.round((segment.count * own) / all)) : segment.count;
}
