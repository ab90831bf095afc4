/**
 * How the best split of a node is found: each rank searches the features that it owns and writes a candidate;
 * every rank then picks the same winner from all candidates. Scratch of one rank:
 *
 *   | params 192 | totals 64 | shape 64 | candidate | mask, a byte a place | order of categories |
 */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Quantisation, SplitParams } from '../../split-params.ts';
import { writeSplitParams } from '../../split-params.ts';
import type { OpenNode, Split } from '../backend.ts';
import { candidateBytes, candidateHeadBytes, type NodeTotals, pickSplit } from './candidate.ts';

/** What a search is made of. */
export interface SplitSearchOptions {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly layout: BinnedLayout;
  readonly params: SplitParams;
  readonly featureTable: number;
  /** This rank owns places [begin, end). */
  readonly begin: number;
  readonly end: number;
  /** Scratch of {@link SplitSearch.scratchBytes}. */
  readonly scratch: number;
}

/** A node, what it adds up to and where this rank's part of its histogram lies. */
export interface SearchedNode {
  readonly node: OpenNode;
  readonly totals: NodeTotals;
  readonly hist: number;
  /** One byte a place: may it split? Or null for all. */
  readonly mask: Uint8Array | null;
}

/** See the header. */
export class SplitSearch {
  readonly #o: SplitSearchOptions;
  readonly #best: number;
  readonly #mask: number;
  readonly #order: number;
  readonly candidateBytes: number;
  #quantisation: Quantisation | null = null;

  constructor(options: SplitSearchOptions) {
    this.#o = options;
    this.candidateBytes = candidateBytes(options.layout);
    this.#best = options.scratch + 320;
    this.#mask = this.#best + Math.ceil(this.candidateBytes / 64) * 64;
    this.#order = this.#mask + Math.ceil(options.layout.places.length / 64) * 64;
  }

  /** Bytes of scratch. */
  static scratchBytes(layout: BinnedLayout): number {
    const lists = candidateBytes(layout) + layout.places.length + 12 * (layout.maxCategoryBins + 8);
    return 320 + lists + 192;
  }

  /** Called before each tree. */
  beginTree(quantisation: Quantisation): void {
    const { memory, scratch, params } = this.#o;
    this.#quantisation = quantisation;
    writeSplitParams(memory.buffer, scratch, params, quantisation);
  }

  /** Searches this rank's features and writes its candidate. */
  find({ totals, hist, mask }: SearchedNode, out: Uint8Array): void {
    const { kernels, memory, featureTable, begin, end, scratch } = this.#o;
    new BigInt64Array(memory.buffer, scratch + 192, 2).set([totals.grad, totals.hess]);
    if (mask !== null) new Uint8Array(memory.buffer, this.#mask, mask.length).set(mask);
    kernels.findSplit(
      hist,
      featureTable,
      begin,
      end,
      mask === null ? 0 : this.#mask,
      scratch,
      scratch + 192,
      this.#best,
      this.#best + candidateHeadBytes,
      this.#order,
    );
    out.set(new Uint8Array(memory.buffer, this.#best, this.candidateBytes));
  }

  /** The winner of all ranks' candidates, or null where no split is allowed. */
  choose(totals: NodeTotals, candidates: readonly DataView[]): Split | null {
    const { params, layout } = this.#o;
    const { gradUnit, hessUnit, countShift } = this.#quantisation as Quantisation;
    const hess = hessOf(totals.hess, countShift);
    const H = Number(hess) * hessUnit;
    const G = Number(totals.grad) * gradUnit;
    return pickSplit(candidates, layout, {
      parentScore: (G * G) / (H + params.lambda),
      minGain: params.minInfoGain * H,
      isHeavier: (left) => 2n * hessOf(left, countShift) >= hess,
    });
  }
}

/** The sum of hessians of a word that counts rows above countShift. */
export function hessOf(word: bigint, countShift: number): bigint {
  return countShift < 63 ? word & ((1n << BigInt(countShift)) - 1n) : word;
}
