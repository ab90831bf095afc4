/**
 * Subtrees as one rank tells them the others: what lies below nodes that all know, with their splits. Nodes are listed level by
 * level, the known ones first, then the children of those that are split, and so on; so nobody has to say who a node's parent is.
 *
 *   uint32   known nodes | other nodes | splits of these | words of categories
 *   float64  splits: gain, runner-up's gain     nodes, where leaves are not settled by their rows: cover, values
 *   uint32   nodes: rows
 *   int32    splits: place, cut, runner-up
 *   uint32   splits by categories: the split's place among the splits, the left bins as bits
 *   uint8    splits: flags                      nodes: 1 where it is split
 */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { ForestNodes } from './forest-nodes.ts';

const headBytes = 16;

/** Columns of a message; nodes and splits are those below the known nodes. */
interface SubtreeColumns {
  readonly gain: Float64Array;
  readonly runnerUpGain: Float64Array;
  readonly cover: Float64Array;
  readonly value: Float64Array;
  readonly rows: Uint32Array;
  readonly place: Int32Array;
  readonly cut: Int32Array;
  readonly runnerUpPlace: Int32Array;
  readonly categories: Uint32Array;
  readonly flags: Uint8Array;
  readonly isSplit: Uint8Array;
}

interface Counts {
  readonly numNodes: number;
  readonly numSplits: number;
  readonly categoryWords: number;
  /** Of a node; 0 where leaves are settled by their rows. */
  readonly numValues: number;
}

/** What is told, and of which shape. */
export interface SubtreeTelling {
  readonly layout: BinnedLayout;
  /** Whether cover and values are told; else they are settled by the leaves' rows. */
  readonly tellsValues: boolean;
}

function columnsOf(
  buffer: ArrayBuffer,
  { numNodes, numSplits, categoryWords, numValues }: Counts,
): SubtreeColumns {
  let at = headBytes;
  const next = (bytes: number): number => {
    const from = at;
    at += bytes;
    return from;
  };
  const f64 = (length: number) => new Float64Array(buffer, next(8 * length), length);
  const i32 = (length: number) => new Int32Array(buffer, next(4 * length), length);
  const u32 = (length: number) => new Uint32Array(buffer, next(4 * length), length);
  const u8 = (length: number) => new Uint8Array(buffer, next(length), length);
  return {
    ...{ gain: f64(numSplits), runnerUpGain: f64(numSplits) },
    ...{ cover: f64(numValues > 0 ? numNodes : 0), value: f64(numValues * numNodes) },
    rows: u32(numNodes),
    ...{ place: i32(numSplits), cut: i32(numSplits), runnerUpPlace: i32(numSplits) },
    categories: u32(categoryWords),
    ...{ flags: u8(numSplits), isSplit: u8(numNodes) },
  };
}

function bytesOf({ numNodes, numSplits, categoryWords, numValues }: Counts): number {
  const perNode = 5 + (numValues > 0 ? 8 + 8 * numValues : 0);
  return headBytes + 29 * numSplits + perNode * numNodes + 4 * categoryWords;
}

/** All that lies below some nodes of a table, which are split. */
export function packSubtrees(
  nodes: ForestNodes,
  known: readonly number[],
  { tellsValues }: SubtreeTelling,
): Uint8Array {
  const list = [...known];
  const splits: number[] = [];
  let categoryWords = 0;
  for (let i = 0; i < list.length; i++) {
    const node = list[i] as number;
    const left = nodes.leftChild[node] as number;
    if (left === 0) continue;
    list.push(left, left + 1);
    if (i < known.length) continue;
    splits.push(node);
    categoryWords += categoryWordsOf(nodes, node);
  }
  const below = list.slice(known.length);
  const numValues = tellsValues ? nodes.numOutputs : 0;
  const [numNodes, numSplits] = [below.length, splits.length];
  const counts = { numNodes, numSplits, categoryWords, numValues };
  const out = new Uint8Array(bytesOf(counts));
  new Uint32Array(out.buffer, 0, 4).set([known.length, numNodes, numSplits, categoryWords]);
  const columns = columnsOf(out.buffer, counts);
  below.forEach((node, i) => {
    columns.rows[i] = nodes.rows[node] as number;
    columns.isSplit[i] = nodes.leftChild[node] === 0 ? 0 : 1;
    if (!tellsValues) return;
    columns.cover[i] = nodes.cover[node] as number;
    const from = node * numValues;
    columns.value.set(nodes.value.subarray(from, from + numValues), i * numValues);
  });
  packSplits(nodes, splits, columns);
  return out;
}

function categoryWordsOf(nodes: ForestNodes, node: number): number {
  const bits = nodes.leftBins.get(node);
  return bits === undefined ? 0 : 1 + bits.length;
}

function packSplits(nodes: ForestNodes, splits: readonly number[], columns: SubtreeColumns): void {
  let word = 0;
  splits.forEach((node, i) => {
    columns.gain[i] = nodes.gain[node] as number;
    columns.runnerUpGain[i] = nodes.runnerUpGain[node] as number;
    columns.place[i] = nodes.place[node] as number;
    columns.cut[i] = nodes.cut[node] as number;
    columns.runnerUpPlace[i] = nodes.runnerUpPlace[node] as number;
    columns.flags[i] = nodes.flags[node] as number;
    const bits = nodes.leftBins.get(node);
    if (bits === undefined) return;
    columns.categories[word] = i;
    columns.categories.set(bits, word + 1);
    word += 1 + bits.length;
  });
}

/** What is done with a table that subtrees are added to. */
export interface SubtreeTable {
  readonly nodes: ForestNodes;
  /** Makes a node's children; returns the left one. */
  addChildren(parent: number): number;
  /** Called when a split is there, and its children. */
  onSplit(node: number): void;
}

/** Adds subtrees below nodes of a table. Returns false, with the table in any state, where the bytes are no such subtrees. */
export function addSubtrees(
  bytes: Uint8Array,
  known: readonly number[],
  { layout, tellsValues }: SubtreeTelling,
  { nodes, addChildren, onSplit }: SubtreeTable,
): boolean {
  const { buffer } = bytes.slice();
  if (buffer.byteLength < headBytes) return false;
  const [numKnown, numNodes, numSplits, categoryWords] = new Uint32Array(
    buffer,
    0,
    4,
  ) as unknown as [number, number, number, number];
  const numValues = tellsValues ? nodes.numOutputs : 0;
  const counts = { numNodes, numSplits, categoryWords, numValues };
  if (numKnown !== known.length || numNodes !== 2 * (numKnown + numSplits)) return false;
  if (bytesOf(counts) !== buffer.byteLength) return false;
  const columns = columnsOf(buffer, counts);
  const list = [...known];
  let split = 0;
  let word = 0;
  for (let i = 0; i < numKnown + numNodes; i++) {
    const node = list[i];
    if (node === undefined) return false;
    const own = i - numKnown;
    if (own >= 0) {
      nodes.rows[node] = columns.rows[own] as number;
      if (tellsValues) {
        nodes.cover[node] = columns.cover[own] as number;
        const from = own * numValues;
        nodes.value.set(columns.value.subarray(from, from + numValues), node * numValues);
      }
      if (columns.isSplit[own] !== 1) continue;
      const words = takeSplit(columns, { nodes, node, layout, split, word });
      if (words < 0) return false;
      split++;
      word += words;
    }
    const left = addChildren(node);
    list.push(left, left + 1);
    onSplit(node);
  }
  return split === numSplits && word === categoryWords;
}

/** Returns how many words of categories the split has; −1 where it is none. */
function takeSplit(
  columns: SubtreeColumns,
  at: {
    readonly nodes: ForestNodes;
    readonly node: number;
    readonly layout: BinnedLayout;
    readonly split: number;
    readonly word: number;
  },
): number {
  const { nodes, node, layout, split, word } = at;
  const place = columns.place[split];
  const found = place === undefined ? undefined : layout.places[place];
  if (place === undefined || found === undefined) return -1;
  nodes.place[node] = place;
  nodes.cut[node] = columns.cut[split] as number;
  nodes.gain[node] = columns.gain[split] as number;
  nodes.runnerUpGain[node] = columns.runnerUpGain[split] as number;
  nodes.runnerUpPlace[node] = columns.runnerUpPlace[split] as number;
  nodes.flags[node] = columns.flags[split] as number;
  if ((columns.cut[split] as number) >= 0) return 0;
  const size = Math.floor((found.numValueBins + 64) / 64) * 2;
  if (columns.categories[word] !== split || word + 1 + size > columns.categories.length) return -1;
  nodes.leftBins.set(node, columns.categories.slice(word + 1, word + 1 + size));
  return 1 + size;
}
