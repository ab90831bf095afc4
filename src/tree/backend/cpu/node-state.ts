/** What the backend of this machine's cores keeps of a node that is open, and what it is about to build for a pair. */
import type { OpenNode, SiblingPair } from '../backend.ts';
import type { NodeTotals } from './candidate.ts';
import type { Segment } from './row-store.ts';

/** The backend's state of a node. */
export interface NodeState {
  readonly segment: Segment;
  readonly totals: NodeTotals;
  /** Its children, where it was split, if only ahead of its turn. */
  children?: readonly [OpenNode, OpenNode];
  /** Its rows in each other process, where they are known: histograms that come from there must fit them. */
  rowsElsewhere?: readonly number[] | undefined;
  /** How many of its rows have not met each feature that costs something by row. */
  unmet?: Float64Array | undefined;
}

/** What is built for a pair: one child, or both where the parent's histogram is gone. */
export interface BuildPlan {
  readonly pair: SiblingPair;
  readonly built: readonly OpenNode[];
  readonly isPacked: boolean;
  /** The first of its buffers in the exchange. */
  readonly first: number;
}

/** A node's rows on this rank. */
export function segmentOf(node: OpenNode): Segment {
  return (node.state as NodeState).segment;
}

/** The child with the smaller sum of hessians, the same on every rank. @param weigh takes it from a word that holds it */
export function lighterOf({ left, right }: SiblingPair, weigh: (word: bigint) => bigint): OpenNode {
  const [a, b] = [left, right].map((node) => weigh((node.state as NodeState).totals.hess));
  return (a as bigint) <= (b as bigint) ? left : right;
}
