/**
 * Grows whole trees by one kernel, leaf by leaf, on a rank that meets nobody (wasm/assembly/grow-leaves.ts): between
 * two splits no JavaScript runs. What it does not do is left to tree/grow-tree.ts and CpuBackend, whose trees are the
 * same: draws of columns for each node, bent leaf values, forced splits, rows with entries, ranks that meet.
 */
import type { LeafKernels } from '../../../kernels/leaf-kernels.ts';
import type { GrowthLimits } from '../../grow-tree.ts';
import { type Quantisation, writeSplitParams } from '../../split-params.ts';
import type { CpuBackendOptions } from './cpu-backend-options.ts';
import { type GrowAddresses, placeGrowing, planFloat, planWord } from './grow-plan.ts';
import { compactBytes } from './histogram-pool.ts';
import { indexedStride, type Segment } from './row-store.ts';
import { WholeGrowth } from './whole-growth.ts';

/** Additions of one call of the kernel, so that an abort is seen within some tens of milliseconds. */
const mostWork = 16_777_216;

/** What a LeafGrower is made of. */
export interface LeafGrowerOptions extends CpuBackendOptions {
  readonly leafKernels: LeafKernels;
  /** Where OwnHistogram's list of two-byte features lies, and its histograms of packed entries. */
  readonly extras: number;
  readonly narrow: number;
}

/** What changes from tree to tree. */
export interface WholeTree {
  readonly quantisation: Quantisation;
  readonly rootSegment: Segment;
  /** One byte a place: may it split? Or null for all. */
  readonly mask: Uint8Array | null;
  readonly limits: GrowthLimits;
}

/** See the header. */
export class LeafGrower {
  /** What tests read, as CpuBackend has it. */
  readonly counters = { histogramRows: 0, featuresDecided: 0 };
  readonly #o: LeafGrowerOptions;
  readonly #at: GrowAddresses;

  constructor(options: LeafGrowerOptions) {
    this.#o = options;
    const { layout, addresses } = options;
    this.#at = placeGrowing(addresses.growing, layout, addresses);
    this.#writePlan();
  }

  /** Grows a tree and writes for each of its rows the number of its leaf. */
  grow(tree: WholeTree, leafOf: number): WholeGrowth {
    const { leafKernels, collective, memory, layout } = this.#o;
    this.#writeTree(tree);
    const { plan } = this.#at;
    leafKernels.beginLeaves(plan);
    while (leafKernels.growLeaves(plan) !== 0) collective.checkAborted();
    leafKernels.markLeaves(plan, leafOf);
    const words = new Int32Array(memory.buffer, plan, 64);
    const floats = new Float64Array(memory.buffer, plan, 32);
    this.counters.histogramRows += floats[planFloat.histogramRows] as number;
    this.counters.featuresDecided += floats[planFloat.featuresDecided] as number;
    return new WholeGrowth({
      kernels: leafKernels,
      memory,
      layout,
      at: this.#at,
      numNodes: words[planWord.numNodes] as number,
      leastGain: floats[planFloat.leastGain] as number,
    });
  }

  #writePlan(): void {
    const { layout, rows, addresses, memory, isPacked, params } = this.#o;
    const at = this.#at;
    const numWide = layout.places.length - layout.numNarrow;
    const words = new Uint32Array(memory.buffer, at.plan, 64);
    words.fill(0);
    words.set([rows.master, rows.firstRow, ...rows.records, ...rows.ids], planWord.master);
    words.set([layout.stride, layout.stride > indexedStride ? 1 : 0], planWord.stride);
    words.set([layout.slotOffset, layout.slotBytes, layout.numNarrow], planWord.slotOffset);
    words.set([numWide, this.#o.extras, layout.numEntries, this.#o.narrow], planWord.numExtras);
    words[planWord.wide] = this.#o.narrow + (isPacked ? 0 : 8 * layout.numEntries);
    words.set([isPacked ? 1 : 0, this.#o.flushRows], planWord.isPacked);
    words.set([addresses.featureTable, layout.places.length], planWord.features);
    const histogramBytes = compactBytes(layout, isPacked);
    words.set([addresses.pool, addresses.poolSlots, histogramBytes], planWord.pool);
    words.set([at.params, at.totals, at.best, at.order, at.wideFeature], planWord.params);
    words.set([at.numbers, at.sides, at.parts], planWord.numbers);
    words.set([at.nodes, at.bits, at.bitsBytes, at.heap, at.free], planWord.nodes);
    words[planWord.mostWork] = mostWork;
    new Float64Array(memory.buffer, at.plan, 32)[planFloat.minInfoGain] = params.minInfoGain;
  }

  #writeTree({ quantisation, rootSegment, mask, limits }: WholeTree): void {
    const { memory, params, addresses, layout } = this.#o;
    const at = this.#at;
    writeSplitParams(memory.buffer, at.params, params, quantisation);
    const words = new Int32Array(memory.buffer, at.plan, 64);
    if (mask !== null) new Uint8Array(memory.buffer, at.mask, layout.places.length).set(mask);
    words[planWord.mask] = mask === null ? 0 : at.mask;
    // a tree of as many leaves as rows has none that could be split
    words[planWord.maxLeaves] = Math.min(limits.maxLeaves, addresses.maxLeaves);
    words[planWord.maxDepth] = Math.min(limits.maxDepth, 0x7fffffff);
    const { buffer, start, count } = rootSegment;
    words.set([buffer, start, count], planWord.rootSegment);
  }
}
