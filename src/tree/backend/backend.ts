/**
 * What the grower asks of whoever holds the rows. It names nodes in batches; where histograms live, how
 * ranks meet and which device adds the numbers is the backend's affair. Every rank's grower makes the same
 * calls in the same order, and gets the same answers.
 */
import type { Awaitable } from '../../base/awaitable.ts';

/** The best split that was found for a node. */
export interface Split {
  /** Place in the layout. */
  readonly place: number;
  /** Last bin that goes left (numeric), or −1. */
  readonly bin: number;
  /** Bins that go left as bits (category), or null; bit numValueBins is the missing bin. */
  readonly leftBins: Uint32Array | null;
  readonly missingGoesLeft: boolean;
  /** Where rows without a known category go, and missing ones where the node saw none: the heavier side. */
  readonly heavierIsLeft: boolean;
  /** How much the split lowers the loss. */
  readonly gain: number;
  readonly runnerUpGain: number;
  /** Place of the runner-up, −1 where there is none. */
  readonly runnerUpPlace: number;
  /** The job asked for it, whatever it gains. */
  readonly isForced?: true;
  /** What the backend needs to derive the children. */
  readonly detail: unknown;
}

/** A node that is open: a leaf that may still split. */
export interface OpenNode {
  /** Number in the tree, given when its parent's split is committed. */
  index: number;
  /** The node that was split into this one and its sibling; null at the root. */
  readonly parent: OpenNode | null;
  /** The way from the root, one '0' (left) or '1' (right) a step. */
  readonly path: string;
  /** Key for random draws that belong to this node. */
  readonly key: number;
  /** Sum of hessians or weights, and rows, over all ranks. */
  cover: number;
  rows: number;
  /** Its best split, or null where none is allowed. */
  split: Split | null;
  /** The backend's own state. */
  state: unknown;
}

/** Two children of a node that was split. */
export interface SiblingPair {
  readonly parent: OpenNode;
  readonly left: OpenNode;
  readonly right: OpenNode;
  /** False where the children may not split (depth reached): no histogram is needed. */
  readonly wantsSplits: boolean;
}

/** Builds histograms, finds splits and moves rows for batches of nodes. */
export interface TreeBackend {
  /** How many pairs one call of split takes at most. */
  readonly maxPairs: number;
  /** How many open leaves may be split in one call when only one's turn has come; 1: never ahead. */
  readonly maxAhead: number;
  /**
   * Above 0 where meetings are dear: the children of leaves that were split ahead are split ahead too, and always
   * this share of the most leaves; and pairs that want no splits come all in one call.
   */
  readonly aheadShare?: number;
  /** Makes the root's rows, its histogram and its best split. */
  openRoot(root: OpenNode, wantsSplit: boolean): Awaitable<void>;
  /** Moves the rows of each pair's parent to its children and, where wanted, finds the children's best splits. */
  split(pairs: readonly SiblingPair[]): Awaitable<void>;
  /** Gives all open nodes of a level the same split, null where limits forbid it; backends of oblivious trees have it. */
  decideLevel?(level: readonly OpenNode[]): Awaitable<void>;
  /** Leaves of this tree whose rows are only this rank's: {@link GrowthResult} hands them to whoever meets next. */
  uncountedLeaves?(): readonly OpenNode[];
  /** Has what bounds an open leaf changed since its best split was found? Backends without such bounds leave it out. */
  isStale?(node: OpenNode): boolean;
  /** Finds its best split again. */
  findAgain?(node: OpenNode): Awaitable<void>;
  /** Tells that a leaf will not be split: what is kept for it can go. */
  close(node: OpenNode): void;
}
