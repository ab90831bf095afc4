/** A tree as the kernel that grew it left it, read into what the rest of training works with. */
import type { BinnedLayout, FeaturePlace } from '../../../binning/binned-layout.ts';
import { categoriesOf, type DecidedSplit, type GrowthResult } from '../../grow-tree.ts';
import { type GrownNode, type GrownTree, newLeaf, nodeFlag } from '../../tree.ts';
import { nodeBytes, nodeFloat, nodeWord } from './grow-plan.ts';

/** Words and float64 of a node. */
const numWords = nodeBytes / 4;
const numFloats = nodeBytes / 8;

/** See the header. */
export class WholeGrowth implements GrowthResult {
  readonly tree: GrownTree;
  readonly leaves: GrowthResult['leaves'];
  readonly leastGain: number;
  readonly #layout: BinnedLayout;
  readonly #words: Int32Array;
  readonly #bits: Uint32Array;
  readonly #bitsWords: number;

  /** @param copies of the kernel's nodes and bits */
  constructor(
    layout: BinnedLayout,
    copies: { readonly nodes: Int32Array; readonly bits: Uint32Array },
    told: { readonly leastGain: number; readonly bitsWords: number },
  ) {
    this.#layout = layout;
    this.#words = copies.nodes;
    this.#bits = copies.bits;
    this.#bitsWords = told.bitsWords;
    this.leastGain = told.leastGain;
    const floats = new Float64Array(copies.nodes.buffer);
    const nodes: GrownNode[] = [];
    const leaves: { index: number; rows: number }[] = [];
    for (let index = 0; index < copies.nodes.length / numWords; index++) {
      const rows = this.#word(index, nodeWord.count);
      const node = newLeaf(floats[index * numFloats + nodeFloat.cover] as number, rows);
      nodes.push(node);
      if (this.#word(index, nodeWord.leftChild) === 0) leaves.push({ index, rows });
      else this.#writeSplit(node, index, floats);
    }
    this.tree = { nodes };
    this.leaves = leaves;
  }

  get inner(): GrowthResult['inner'] {
    const inner: { index: number; split: DecidedSplit }[] = [];
    this.tree.nodes.forEach(({ leftChild }, index) => {
      if (leftChild !== 0) inner.push({ index, split: this.#splitOf(index) });
    });
    return inner;
  }

  #word(node: number, word: number): number {
    return this.#words[node * numWords + word] as number;
  }

  #placeOf(node: number): FeaturePlace {
    const place = this.#layout.places[this.#word(node, nodeWord.place)];
    if (place === undefined) throw new RangeError('a split names a place outside the layout');
    return place;
  }

  #bitsOf(node: number): Uint32Array {
    return this.#bits.subarray(node * this.#bitsWords, (node + 1) * this.#bitsWords);
  }

  #splitOf(node: number): DecidedSplit {
    const flags = this.#word(node, nodeWord.flags);
    const isCategory = this.#placeOf(node).feature.kind === 'category';
    return {
      place: this.#word(node, nodeWord.place),
      bin: this.#word(node, nodeWord.bin),
      leftBins: isCategory ? this.#bitsOf(node) : null,
      missingGoesLeft: (flags & 1) !== 0,
      heavierIsLeft: (flags & 2) !== 0,
    };
  }

  #writeSplit(node: GrownNode, index: number, floats: Float64Array): void {
    const { feature, numValueBins } = this.#placeOf(index);
    const runnerUp = this.#word(index, nodeWord.runnerUp);
    node.feature = feature.index;
    node.leftChild = this.#word(index, nodeWord.leftChild);
    node.gain = floats[index * numFloats + nodeFloat.gain] as number;
    node.runnerUpGain = floats[index * numFloats + nodeFloat.runnerUpGain] as number;
    node.runnerUpFeature = this.#layout.places[runnerUp]?.feature.index ?? -1;
    // the kernel's flags of the two sides are the tree's
    node.flags = this.#word(index, nodeWord.flags);
    if (feature.kind === 'category') {
      node.flags |= nodeFlag.isCategory;
      node.categories = categoriesOf(this.#bitsOf(index), numValueBins);
    } else {
      // a split behind the last edge keeps values apart from missing ones
      const bin = this.#word(index, nodeWord.bin);
      node.threshold = feature.edges[bin] ?? Number.POSITIVE_INFINITY;
    }
  }
}
