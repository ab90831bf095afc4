/**
 * Decides which node is split next. Leaf-wise: the open leaf with the highest gain, ties to the lower path,
 * until maxLeaves; forced splits come before all others, level by level. Level-wise: every open leaf of a level, in batches. Oblivious: the same, but a level has one split,
 * and nodes that may not be split by it wait for that of the next level. What a split is, where rows are and
 * how ranks meet is the backend's affair; numbers are given in the order of commits, so that the tree is the
 * same on every rank and any topology.
 *
 * A meeting of the ranks costs the same for one pair of children as for several. So leaf-wise growth has the
 * leaves that will probably be split soon split ahead, in one batch with the one whose turn it is, and commits
 * them strictly by gain. What was split ahead in vain stays a leaf: work is lost, no number changes.
 */
import { type Awaitable, isPromise } from '../base/awaitable.ts';
import { mix32 } from '../base/rng.ts';
import type { BinnedLayout } from '../binning/binned-layout.ts';
import type { OpenNode, SiblingPair, Split, TreeBackend } from './backend/backend.ts';
import { type GrownNode, type GrownTree, newLeaf, nodeFlag } from './tree.ts';

/** How much lower the last gain of a tree is than that of the tree before: a guess that costs work only. */
const usualDecline = 0.97;

/** When to stop. */
export interface GrowthLimits {
  /** Most splits between root and leaf. */
  readonly maxDepth: number;
  /** Most leaves; Infinity grows level by level. */
  readonly maxLeaves: number;
  /** All nodes of a level have the same split. */
  readonly isOblivious?: boolean | undefined;
  /** The gain that the last split will probably have, from the tree before; leaves above it are split ahead. */
  readonly expectedGain?: number;
}

/** A grown tree. */
export interface GrowthResult {
  readonly tree: GrownTree;
  /** In the order of their numbers in the tree, with how many rows of all ranks are in each. */
  readonly leaves: readonly Pick<OpenNode, 'index' | 'rows'>[];
  /** Those of the leaves whose rows are only this rank's so far, here and in the tree; none where it is left out. */
  readonly uncounted?: readonly { readonly index: number; rows: number }[];
  /** The nodes that were split. */
  readonly inner: readonly { readonly index: number; readonly split: DecidedSplit | null }[];
  /** The least gain of a split that was made. */
  readonly leastGain: number;
}

/** What sends rows to a side. */
export type DecidedSplit = Pick<
  Split,
  'place' | 'bin' | 'leftBins' | 'missingGoesLeft' | 'heavierIsLeft'
>;

/** A grown tree and its leaves with the backend's state of each. */
export interface StatefulGrowth extends GrowthResult {
  readonly leaves: readonly OpenNode[];
  readonly inner: readonly OpenNode[];
}

/** Grows one tree. @param key random draws of the tree hang on it */
export async function growTree(
  backend: TreeBackend,
  layout: BinnedLayout,
  limits: GrowthLimits,
  key: number,
): Promise<StatefulGrowth> {
  const grower = new TreeGrower(backend, layout, limits);
  return await grower.grow(key);
}

class TreeGrower {
  readonly #backend: TreeBackend;
  readonly #layout: BinnedLayout;
  readonly #limits: GrowthLimits;
  readonly #nodes: GrownNode[] = [];
  readonly #leaves: OpenNode[] = [];
  readonly #inner: OpenNode[] = [];
  /** Children of open leaves that were split ahead of their turn. */
  readonly #ahead = new Map<OpenNode, SiblingPair>();
  #leastGain = Number.POSITIVE_INFINITY;

  constructor(backend: TreeBackend, layout: BinnedLayout, limits: GrowthLimits) {
    this.#backend = backend;
    this.#layout = layout;
    this.#limits = limits;
  }

  async grow(key: number): Promise<StatefulGrowth> {
    const root = openNode(null, mix32(key));
    const opened = this.#backend.openRoot(
      root,
      this.#limits.maxDepth > 0 && this.#limits.maxLeaves > 1,
    );
    if (isPromise(opened)) await opened;
    this.#nodes.push(newLeaf(root.cover, root.rows));
    if (this.#limits.isOblivious === true) await this.#growObliviously(root);
    else if (this.#limits.maxLeaves === Number.POSITIVE_INFINITY) await this.#growByLevel(root);
    else await this.#growByLeaf(root);
    this.#leaves.sort((a, b) => a.index - b.index);
    const uncounted = new Set(this.#backend.uncountedLeaves?.());
    return {
      uncounted: this.#leaves.filter((leaf) => uncounted.has(leaf)),
      tree: { nodes: this.#nodes },
      leaves: this.#leaves,
      inner: this.#inner,
      leastGain: this.#leastGain,
    };
  }

  async #growByLeaf(root: OpenNode): Promise<void> {
    const open = new LeafQueue();
    let numLeaves = 1;
    this.#keepOrClose(root, open);
    while (open.size > 0 && numLeaves < this.#limits.maxLeaves) {
      if (this.#backend.isStale?.(open.first) === true) {
        // its gain is another one now, and so may be its turn
        const stale = open.pop();
        await this.#backend.findAgain?.(stale);
        this.#keepOrClose(stale, open);
        continue;
      }
      const done = this.#splitAhead(open, this.#limits.maxLeaves - numLeaves);
      if (isPromise(done)) await done;
      const node = open.pop();
      const pair = this.#ahead.get(node) as SiblingPair;
      this.#ahead.delete(node);
      numLeaves += 1;
      this.#commit(pair);
      this.#record(pair);
      this.#keepOrClose(pair.left, open);
      this.#keepOrClose(pair.right, open);
    }
    for (const pair of this.#ahead.values()) {
      this.#backend.close(pair.left);
      this.#backend.close(pair.right);
    }
    for (const node of open.drain()) this.#close(node);
  }

  /** Has the first open leaf split, if it is not yet, and with it those that will probably follow. */
  #splitAhead(open: LeafQueue, numLeft: number): Awaitable<void> {
    if (this.#ahead.has(open.first)) return undefined;
    const { maxAhead, aheadShare = 0 } = this.#backend;
    const pairs =
      aheadShare === 0
        ? this.#likelyPairs(open, Math.min(maxAhead, numLeft), numLeft)
        : this.#farPairs(open, Math.min(maxAhead, numLeft), numLeft);
    for (const pair of pairs) this.#ahead.set(pair.parent, pair);
    return this.#backend.split(pairs);
  }

  #likelyPairs(open: LeafQueue, most: number, numLeft: number): SiblingPair[] {
    const seen: OpenNode[] = [];
    const pairs: SiblingPair[] = [];
    const { expectedGain } = this.#limits;
    // even the best is below what was expected: a few splits are left, and the next of many leaves will be among them
    const isPast = expectedGain !== undefined && (open.first.split as Split).gain < expectedGain;
    const numNext = isPast ? Math.min(numLeft >> 1, open.size >> 2) : 0;
    while (open.size > 0 && seen.length < numLeft && pairs.length < most) {
      const node = open.first;
      const place = seen.length;
      if (place > numNext && !this.#isLikely(node, place, numLeft)) break;
      seen.push(open.pop());
      // the children of the last split can only be leaves
      if (!this.#ahead.has(node)) pairs.push(this.#makePair(node, numLeft > 1));
    }
    for (const node of seen) open.push(node);
    return pairs;
  }

  /** The same, but children of what was split ahead count too: every branch grows by a split in one batch. */
  #farPairs(open: LeafQueue, most: number, numLeft: number): SiblingPair[] {
    const { aheadShare = 0 } = this.#backend;
    const least = aheadShare * this.#limits.maxLeaves;
    const nodes = [...open.nodes];
    for (const node of nodes) {
      const pair = this.#ahead.get(node);
      for (const child of pair === undefined ? [] : [pair.left, pair.right]) {
        if (child.split !== null) nodes.push(child);
      }
    }
    nodes.sort((a, b) => (comesBefore(a, b) ? -1 : 1));
    const pairs = [this.#makePair(open.first, numLeft > 1)];
    for (let i = 0; i < Math.min(nodes.length, numLeft) && pairs.length < most; i++) {
      const node = nodes[i] as OpenNode;
      if (node === open.first || this.#ahead.has(node)) continue;
      if (!this.#isLikely(node, i, numLeft, usualDecline) && i >= least) break;
      // no more than the kernel that grows whole trees has room for
      if (this.#ahead.size + pairs.length >= this.#limits.maxLeaves) break;
      pairs.push(this.#makePair(node, true));
    }
    return pairs;
  }

  #isLikely(node: OpenNode, place: number, numLeft: number, decline = 1): boolean {
    const { expectedGain } = this.#limits;
    if (node.split?.isForced === true) return true;
    if (expectedGain === undefined) return place <= numLeft >> 3;
    return (node.split as Split).gain >= decline * expectedGain;
  }

  async #growByLevel(root: OpenNode): Promise<void> {
    let level = [root];
    while (level.length > 0) {
      const pairs: SiblingPair[] = [];
      for (const node of level) {
        if (node.split === null) this.#close(node);
        else {
          const pair = this.#makePair(node, true);
          this.#commit(pair);
          pairs.push(pair);
        }
      }
      await this.#splitAll(pairs);
      level = pairs.flatMap((pair) => [pair.left, pair.right]);
    }
  }

  async #growObliviously(root: OpenNode): Promise<void> {
    const { maxDepth } = this.#limits;
    let level: readonly OpenNode[] = [root];
    for (let depth = 0; depth < maxDepth; depth++) {
      const decided = this.#backend.decideLevel?.(level);
      if (isPromise(decided)) await decided;
      // only now are the rows of the level known
      for (const node of level) (this.#nodes[node.index] as GrownNode).rows = node.rows;
      const next = level.map((node) => {
        if (node.split === null) return node;
        const pair = this.#makePair(node, depth + 1 < maxDepth);
        this.#commit(pair);
        return pair;
      });
      const pairs = next.filter((each) => 'left' in each);
      if (pairs.length === 0) break;
      await this.#splitAll(pairs);
      level = next.flatMap((each) => ('left' in each ? [each.left, each.right] : [each]));
    }
    for (const node of level) this.#close(node);
  }

  async #splitAll(pairs: readonly SiblingPair[]): Promise<void> {
    // children that stay leaves need no histograms: there is room for any number of them
    const { maxPairs, aheadShare = 0 } = this.#backend;
    const most = aheadShare > 0 && pairs[0]?.wantsSplits === false ? pairs.length : maxPairs;
    for (let i = 0; i < pairs.length; i += most) {
      const done = this.#backend.split(pairs.slice(i, i + most));
      if (isPromise(done)) await done;
    }
    for (const pair of pairs) this.#record(pair);
  }

  #keepOrClose(node: OpenNode, open: LeafQueue): void {
    if (node.split === null) this.#close(node);
    else open.push(node);
  }

  #close(node: OpenNode): void {
    this.#backend.close(node);
    this.#leaves.push(node);
  }

  #makePair(node: OpenNode, mayGrow: boolean): SiblingPair {
    return {
      parent: node,
      left: openNode(node, mix32(node.key ^ 0x5bd1e995), '0'),
      right: openNode(node, mix32(node.key ^ 0x2545f491), '1'),
      wantsSplits: mayGrow && node.path.length + 1 < this.#limits.maxDepth,
    };
  }

  /** Writes the split into the tree and numbers its children. */
  #commit(pair: SiblingPair): void {
    const node = pair.parent;
    const split = node.split as Split;
    if (split.isForced !== true) this.#leastGain = Math.min(this.#leastGain, split.gain);
    this.#inner.push(node);
    const place = this.#layout.places[split.place];
    if (place === undefined) throw new RangeError('a split names a place outside the layout');
    const grown = this.#nodes[node.index] as GrownNode;
    const index = this.#nodes.length;
    grown.feature = place.feature.index;
    grown.leftChild = index;
    grown.gain = split.gain;
    grown.runnerUpGain = split.runnerUpGain;
    grown.runnerUpFeature =
      split.runnerUpPlace < 0
        ? -1
        : (this.#layout.places[split.runnerUpPlace]?.feature.index ?? -1);
    grown.flags = split.missingGoesLeft ? nodeFlag.missingGoesLeft : 0;
    if (split.heavierIsLeft) grown.flags |= nodeFlag.unseenGoesLeft;
    if (split.isForced === true) grown.flags |= nodeFlag.isForced;
    if (split.leftBins === null) {
      const edges = place.feature.edges;
      // a split behind the last edge keeps values apart from missing ones
      grown.threshold = edges[split.bin] ?? Number.POSITIVE_INFINITY;
    } else {
      grown.flags |= nodeFlag.isCategory;
      grown.categories = categoriesOf(split.leftBins, place.numValueBins);
    }
    this.#nodes.push(newLeaf(0, 0), newLeaf(0, 0));
    pair.left.index = index;
    pair.right.index = index + 1;
  }

  #record(pair: SiblingPair): void {
    for (const node of [pair.left, pair.right]) {
      const grown = this.#nodes[node.index] as GrownNode;
      grown.cover = node.cover;
      grown.rows = node.rows;
    }
  }
}

/** Left bins as a tree keeps them: the missing bin's bit, behind the values', is a flag there. */
export function categoriesOf(
  leftBins: Uint32Array,
  count: number,
): NonNullable<GrownNode['categories']> {
  const bits = leftBins.slice(0, Math.ceil(count / 32));
  const spare = count % 32;
  if (spare !== 0) bits[bits.length - 1] = (bits[bits.length - 1] as number) & ((1 << spare) - 1);
  return { bits, count };
}

function openNode(parent: OpenNode | null, key: number, step = ''): OpenNode {
  const path = (parent?.path ?? '') + step;
  return { index: 0, parent, path, key, cover: 0, rows: 0, split: null, state: null };
}

/** Open leaves by gain, ties to the lower path, those with forced splits first: a binary heap. */
class LeafQueue {
  readonly #heap: OpenNode[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The one whose turn it is. */
  get first(): OpenNode {
    return this.#heap[0] as OpenNode;
  }

  /** All of them, in no order. */
  get nodes(): readonly OpenNode[] {
    return this.#heap;
  }

  push(node: OpenNode): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(node);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!comesBefore(node, heap[parent] as OpenNode)) break;
      heap[at] = heap[parent] as OpenNode;
      at = parent;
    }
    heap[at] = node;
  }

  pop(): OpenNode {
    const heap = this.#heap;
    const top = heap[0] as OpenNode;
    const last = heap.pop() as OpenNode;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (
        child + 1 < heap.length &&
        comesBefore(heap[child + 1] as OpenNode, heap[child] as OpenNode)
      ) {
        child += 1;
      }
      if (!comesBefore(heap[child] as OpenNode, last)) break;
      heap[at] = heap[child] as OpenNode;
      at = child;
    }
    heap[at] = last;
    return top;
  }

  drain(): OpenNode[] {
    return this.#heap.splice(0);
  }
}

function comesBefore(a: OpenNode, b: OpenNode): boolean {
  const aIsForced = a.split?.isForced === true;
  if (aIsForced !== (b.split?.isForced === true)) return aIsForced;
  if (aIsForced && a.path.length !== b.path.length) return a.path.length < b.path.length;
  if (aIsForced) return a.path < b.path;
  const aGain = (a.split as Split).gain;
  const bGain = (b.split as Split).gain;
  if (aGain !== bGain) return aGain > bGain;
  return a.path < b.path;
}
