/**
 * The nodes of a forest's tree while it grows, as columns: thousands of small objects would cost more than the
 * histograms of the nodes they stand for. Nodes are numbered as they are made; `packNodes` gives them the
 * numbers of the model: level by level, or in the order of their making.
 */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import { emptyEnsemble, nodeFlag, withVariances } from '../../tree.ts';
import type { TreeEnsemble } from '../../tree-ensemble.ts';
import type { ForestBounds } from './forest-bounds.ts';

/** Columns of nodes; `size` of them are in use. */
export class ForestNodes {
  size = 0;
  /** Rows of this rank: where they begin, how many, and in which of the two buffers. */
  start = new Uint32Array(0);
  count = new Uint32Array(0);
  depth = new Uint16Array(0);
  /** Key of the node's draws. */
  key = new Uint32Array(0);
  parent = new Int32Array(0);
  leftChild = new Uint32Array(0);
  /** The split, place −1 where there is none; a cut of −1 is a split by categories. */
  place = new Int32Array(0);
  cut = new Int32Array(0);
  flags = new Uint8Array(0);
  gain = new Float64Array(0);
  runnerUpGain = new Float64Array(0);
  runnerUpPlace = new Int32Array(0);
  /** Weight and rows over all ranks. */
  cover = new Float64Array(0);
  rows = new Float64Array(0);
  /** numOutputs values a node. */
  value = new Float64Array(0);
  /** Bins on the left of splits by categories. */
  readonly leftBins = new Map<number, Uint32Array>();
  /** Variance of the labels of each node's rows, where it is wanted. */
  variance = new Float64Array(0);
  readonly numOutputs: number;
  readonly hasVariances: boolean;
  /** Null where all features are free. */
  readonly bounds: ForestBounds | null;

  constructor(numOutputs: number, hasVariances = false, bounds: ForestBounds | null = null) {
    this.numOutputs = numOutputs;
    this.hasVariances = hasVariances;
    this.bounds = bounds;
  }

  /** Forgets all nodes. */
  clear(): void {
    this.size = 0;
    this.leftBins.clear();
  }

  /** Makes a leaf. */
  add(parent: number, key: number, depth: number): number {
    const node = this.size++;
    if (node === this.start.length) this.#grow(Math.max(256, 2 * node));
    this.parent[node] = parent;
    this.key[node] = key;
    this.depth[node] = depth;
    this.leftChild[node] = 0;
    this.place[node] = -1;
    this.flags[node] = 0;
    this.gain[node] = 0;
    this.runnerUpGain[node] = 0;
    this.runnerUpPlace[node] = -1;
    return node;
  }

  /** The leaves, in the order of their making. */
  leaves(): Uint32Array {
    const leaves = new Uint32Array(this.size);
    let count = 0;
    for (let node = 0; node < this.size; node++) {
      if (this.leftChild[node] === 0) leaves[count++] = node;
    }
    return leaves.subarray(0, count);
  }

  /** Nodes level by level, each before its children. */
  byLevel(): Uint32Array {
    const order = new Uint32Array(this.size);
    let end = 1;
    for (let at = 0; at < end; at++) {
      const left = this.leftChild[order[at] as number] as number;
      if (left === 0) continue;
      order[end++] = left;
      order[end++] = left + 1;
    }
    return order;
  }

  #grow(capacity: number): void {
    this.start = copied(new Uint32Array(capacity), this.start);
    this.count = copied(new Uint32Array(capacity), this.count);
    this.depth = copied(new Uint16Array(capacity), this.depth);
    this.key = copied(new Uint32Array(capacity), this.key);
    this.parent = copied(new Int32Array(capacity), this.parent);
    this.leftChild = copied(new Uint32Array(capacity), this.leftChild);
    this.place = copied(new Int32Array(capacity), this.place);
    this.cut = copied(new Int32Array(capacity), this.cut);
    this.flags = copied(new Uint8Array(capacity), this.flags);
    this.gain = copied(new Float64Array(capacity), this.gain);
    this.runnerUpGain = copied(new Float64Array(capacity), this.runnerUpGain);
    this.runnerUpPlace = copied(new Int32Array(capacity), this.runnerUpPlace);
    this.cover = copied(new Float64Array(capacity), this.cover);
    this.rows = copied(new Float64Array(capacity), this.rows);
    this.value = copied(new Float64Array(capacity * this.numOutputs), this.value);
    if (this.hasVariances) this.variance = copied(new Float64Array(capacity), this.variance);
  }
}

function copied<T extends { set(from: T): void }>(to: T, from: T): T {
  to.set(from);
  return to;
}

/** The tree alone, as a model has it. @param order nodes in the order of their numbers in the model */
export function packNodes(
  nodes: ForestNodes,
  order: Uint32Array,
  layout: BinnedLayout,
): TreeEnsemble {
  const { numOutputs } = nodes;
  const numberOf = new Uint32Array(nodes.size);
  order.forEach((node, i) => {
    numberOf[node] = i;
  });
  let numWords = 0;
  for (const node of nodes.leftBins.keys()) numWords += wordsOf(nodes, node, layout);
  const packed = withVariances(
    emptyEnsemble(1, order.length, numWords, numOutputs),
    nodes.hasVariances,
  );
  packed.treeStart[1] = order.length;
  let word = 0;
  for (let i = 0; i < order.length; i++) {
    const node = order[i] as number;
    packed.cover[i] = nodes.cover[node] as number;
    packed.rows[i] = nodes.rows[node] as number;
    if (packed.variance !== undefined) packed.variance[i] = nodes.variance[node] as number;
    for (let k = 0; k < numOutputs; k++) {
      packed.value[i * numOutputs + k] = nodes.value[node * numOutputs + k] as number;
    }
    const left = nodes.leftChild[node] as number;
    if (left === 0) {
      packed.feature[i] = -1;
      packed.runnerUpFeature[i] = -1;
      continue;
    }
    const place = layout.places[nodes.place[node] as number];
    if (place === undefined) throw new RangeError('a split names a place outside the layout');
    packed.feature[i] = place.feature.index;
    packed.leftChild[i] = numberOf[left] as number;
    packed.flags[i] = nodes.flags[node] as number;
    packed.gain[i] = nodes.gain[node] as number;
    packed.runnerUpGain[i] = nodes.runnerUpGain[node] as number;
    const runnerUp = nodes.runnerUpPlace[node] as number;
    packed.runnerUpFeature[i] = layout.places[runnerUp]?.feature.index ?? -1;
    if (place.feature.kind === 'numeric') {
      // a split behind the last edge keeps values apart from missing ones
      packed.threshold[i] = place.feature.edges[nodes.cut[node] as number] ?? Infinity;
      continue;
    }
    const size = wordsOf(nodes, node, layout);
    packed.categoryStart[i] = word;
    packed.categoryCount[i] = place.numValueBins;
    packed.categoryBits.set((nodes.leftBins.get(node) as Uint32Array).subarray(0, size), word);
    word += size;
    // the missing bin's bit stands behind the values'; the tree keeps it as a flag
    const spare = place.numValueBins % 32;
    if (spare !== 0) {
      packed.categoryBits[word - 1] =
        (packed.categoryBits[word - 1] as number) & ((1 << spare) - 1);
    }
  }
  return packed;
}

function wordsOf(nodes: ForestNodes, node: number, layout: BinnedLayout): number {
  return Math.ceil((layout.places[nodes.place[node] as number]?.numValueBins ?? 0) / 32);
}

/** Flags of a split. */
export function flagsOf(split: {
  readonly isCategory: boolean;
  readonly missingGoesLeft: boolean;
  readonly heavierIsLeft: boolean;
}): number {
  return (
    (split.isCategory ? nodeFlag.isCategory : 0) |
    (split.missingGoesLeft ? nodeFlag.missingGoesLeft : 0) |
    (split.heavierIsLeft ? nodeFlag.unseenGoesLeft : 0)
  );
}
