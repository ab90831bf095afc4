/**
 * A tree as the words that the kernel left of it. It goes into an ensemble as it is; nodes, an object each, are made
 * only for those who ask for them, and from then on they are the tree.
 */
import type { BinnedLayout, FeaturePlace } from '../../../binning/binned-layout.ts';
import { categoriesOf, type DecidedSplit, type GrowthResult } from '../../grow-tree.ts';
import { type GrownNode, type GrownTree, newLeaf, nodeFlag, type TreeColumns } from '../../tree.ts';
import type { TreeEnsemble } from '../../tree-ensemble.ts';
import { nodeBytes, nodeFloat, nodeWord } from './grow-plan.ts';

/** Words and float64 of a node. */
const wordsOfNode = nodeBytes / 4;
const floatsOfNode = nodeBytes / 8;

/** See the header. */
export class ColumnTree implements GrownTree, TreeColumns {
  readonly numNodes: number;
  readonly numWords: number;
  unit?: number | undefined;
  readonly #layout: BinnedLayout;
  readonly #words: Int32Array;
  readonly #floats: Float64Array;
  /** Left bins of the splits by category. */
  readonly #bits: Map<number, Uint32Array> | null;
  readonly #isSettled: boolean;
  #nodes: GrownNode[] | null = null;
  #leaves: { index: number; rows: number }[] | null = null;

  /** @param bits of all nodes, null without categories; they are copied @param isSettled the leaves have values */
  constructor(
    layout: BinnedLayout,
    words: Int32Array,
    bits: Uint32Array | null,
    isSettled: boolean,
  ) {
    this.#layout = layout;
    this.#words = words;
    this.#floats = new Float64Array(words.buffer);
    this.#isSettled = isSettled;
    this.numNodes = words.length / wordsOfNode;
    this.#bits = bits === null ? null : new Map();
    this.numWords = bits === null ? 0 : this.#keepBits(bits);
  }

  /** Returns how many words the categories take in an ensemble. */
  #keepBits(bits: Uint32Array): number {
    let numWords = 0;
    const bitsWords = bits.length / this.numNodes;
    for (let node = 0; node < this.numNodes; node++) {
      if (this.#word(node, nodeWord.leftChild) === 0) continue;
      const { feature, numValueBins } = this.#placeOf(node);
      if (feature.kind !== 'category') continue;
      this.#bits?.set(node, bits.slice(node * bitsWords, (node + 1) * bitsWords));
      numWords += Math.ceil(numValueBins / 32);
    }
    return numWords;
  }

  get columns(): TreeColumns | null {
    return this.#nodes === null && this.#isSettled ? this : null;
  }

  get nodes(): readonly GrownNode[] {
    this.#nodes ??= Array.from({ length: this.numNodes }, (_, node) => this.#nodeOf(node));
    return this.#nodes;
  }

  get leaves(): { readonly index: number; rows: number }[] {
    if (this.#leaves !== null) return this.#leaves;
    const leaves: { index: number; rows: number }[] = [];
    for (let index = 0; index < this.numNodes; index++) {
      if (this.#word(index, nodeWord.leftChild) !== 0) continue;
      leaves.push({ index, rows: this.#rowsOf(index) });
    }
    this.#leaves = leaves;
    return leaves;
  }

  /** Leaves that were never looked at: of their rows only those of this rank are counted. */
  get uncounted(): NonNullable<GrowthResult['uncounted']> {
    return this.leaves.filter(({ index }) => this.#word(index, nodeWord.rows) < 0);
  }

  get inner(): GrowthResult['inner'] {
    const inner: { index: number; split: DecidedSplit }[] = [];
    for (let index = 0; index < this.numNodes; index++) {
      if (this.#word(index, nodeWord.leftChild) === 0) continue;
      inner.push({ index, split: this.#splitOf(index) });
    }
    return inner;
  }

  divideValues(divisor: number): void {
    for (let at = nodeFloat.value; at < this.#floats.length; at += floatsOfNode) {
      this.#floats[at] = (this.#floats[at] as number) / divisor;
    }
  }

  writeTo(packed: TreeEnsemble, at: number, word: number): void {
    let nextWord = word;
    for (let node = 0; node < this.numNodes; node++) {
      const to = at + node;
      packed.cover[to] = this.#float(node, nodeFloat.cover);
      packed.rows[to] = this.#rowsOf(node);
      packed.value[to] = this.#float(node, nodeFloat.value);
      packed.runnerUpFeature[to] = -1;
      packed.feature[to] = -1;
      const leftChild = this.#word(node, nodeWord.leftChild);
      if (leftChild === 0) continue;
      const place = this.#placeOf(node);
      packed.feature[to] = place.feature.index;
      packed.leftChild[to] = leftChild;
      packed.gain[to] = this.#float(node, nodeFloat.gain);
      packed.runnerUpGain[to] = this.#float(node, nodeFloat.runnerUpGain);
      packed.runnerUpFeature[to] = this.#runnerUpOf(node);
      packed.flags[to] = this.#flagsOf(node, place);
      const own = this.#bits?.get(node);
      if (own === undefined) packed.threshold[to] = this.#thresholdOf(node, place);
      else {
        const { bits, count } = categoriesOf(own, place.numValueBins);
        packed.categoryStart[to] = nextWord;
        packed.categoryCount[to] = count;
        packed.categoryBits.set(bits, nextWord);
        nextWord += bits.length;
      }
    }
  }

  #word(node: number, word: number): number {
    return this.#words[node * wordsOfNode + word] as number;
  }

  #float(node: number, float: number): number {
    return this.#floats[node * floatsOfNode + float] as number;
  }

  #rowsOf(node: number): number {
    const rows = this.#word(node, nodeWord.rows);
    return rows < 0 ? this.#word(node, nodeWord.count) : rows;
  }

  #placeOf(node: number): FeaturePlace {
    const place = this.#layout.places[this.#word(node, nodeWord.place)];
    if (place === undefined) throw new RangeError('a split names a place outside the layout');
    return place;
  }

  #runnerUpOf(node: number): number {
    return this.#layout.places[this.#word(node, nodeWord.runnerUp)]?.feature.index ?? -1;
  }

  // the kernel's flags of the two sides are the tree's
  #flagsOf(node: number, { feature }: FeaturePlace): number {
    const isCategory = feature.kind === 'category' ? nodeFlag.isCategory : 0;
    return this.#word(node, nodeWord.flags) | isCategory;
  }

  // a split behind the last edge keeps values apart from missing ones
  #thresholdOf(node: number, { feature }: FeaturePlace): number {
    return feature.edges[this.#word(node, nodeWord.bin)] ?? Number.POSITIVE_INFINITY;
  }

  #splitOf(node: number): DecidedSplit {
    const flags = this.#word(node, nodeWord.flags);
    return {
      place: this.#word(node, nodeWord.place),
      bin: this.#word(node, nodeWord.bin),
      leftBins: this.#bits?.get(node) ?? null,
      missingGoesLeft: (flags & nodeFlag.missingGoesLeft) !== 0,
      heavierIsLeft: (flags & nodeFlag.unseenGoesLeft) !== 0,
    };
  }

  #nodeOf(index: number): GrownNode {
    const node = newLeaf(this.#float(index, nodeFloat.cover), this.#rowsOf(index));
    if (this.#isSettled) node.value = [this.#float(index, nodeFloat.value)];
    const leftChild = this.#word(index, nodeWord.leftChild);
    if (leftChild === 0) return node;
    const place = this.#placeOf(index);
    node.feature = place.feature.index;
    node.leftChild = leftChild;
    node.gain = this.#float(index, nodeFloat.gain);
    node.runnerUpGain = this.#float(index, nodeFloat.runnerUpGain);
    node.runnerUpFeature = this.#runnerUpOf(index);
    node.flags = this.#flagsOf(index, place);
    const bits = this.#bits?.get(index);
    if (bits === undefined) node.threshold = this.#thresholdOf(index, place);
    else node.categories = categoriesOf(bits, place.numValueBins);
    return node;
  }
}
