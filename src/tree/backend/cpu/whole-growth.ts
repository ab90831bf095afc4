/**
 * A tree that one kernel has grown, while it still lies in the plan: other rows are sent down it and its leaves get
 * their values there. Before the next tree begins it is taken out (`tree`).
 */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Collective } from '../../../cluster/collective.ts';
import type { LeafKernels } from '../../../kernels/leaf-kernels.ts';
import type { GrowthResult } from '../../grow-tree.ts';
import { ColumnTree } from './column-tree.ts';
import { type GrowAddresses, nodeBytes } from './grow-plan.ts';

/** What a WholeGrowth is made of. */
export interface WholeGrowthParts {
  readonly kernels: LeafKernels;
  readonly collective: Collective;
  readonly memory: WebAssembly.Memory;
  readonly layout: BinnedLayout;
  readonly at: GrowAddresses;
  /** Float64 that settleLeaves reads, and an address for each rank of the process. */
  readonly settling: Float64Array;
  readonly parts: Uint32Array;
  readonly numNodes: number;
  readonly leastGain: number;
}

/** How sums become leaf values: see leafSums, and training/leaves/leaf-values.ts. */
export interface SettlingNumbers {
  readonly gradScale: number;
  readonly hessScale: number;
  readonly lambda: number;
  readonly stepSize: number;
  readonly scoreUnit: number;
}

/** See the header. */
export class WholeGrowth implements GrowthResult {
  readonly numLeaves: number;
  readonly leastGain: number;
  readonly #p: WholeGrowthParts;
  #tree: ColumnTree | null = null;

  constructor(parts: WholeGrowthParts) {
    this.#p = parts;
    this.leastGain = parts.leastGain;
    this.numLeaves = (parts.numNodes + 1) / 2;
  }

  /** Taken out when it is first asked for, or settled. */
  get tree(): ColumnTree {
    this.#tree ??= this.#takeOut(false);
    return this.#tree;
  }

  get leaves(): GrowthResult['leaves'] {
    return this.tree.leaves;
  }

  get uncounted(): NonNullable<GrowthResult['uncounted']> {
    return this.tree.uncounted;
  }

  get inner(): GrowthResult['inner'] {
    return this.tree.inner;
  }

  /** Writes the table that findLeaves walks. */
  writeRoutes(address: number): void {
    this.#p.kernels.writeRoutes(this.#p.at.plan, address);
  }

  /** What settling takes, for so many leaves: sums and counts that other ranks may still read, and values. */
  static settlingBytes(numLeaves: number): number {
    return 48 * numLeaves;
  }

  /** All ranks share this process's memory, so that leaves can be settled here. */
  get maySettle(): boolean {
    const { localRanks, size } = this.#p.collective;
    return localRanks.length === size;
  }

  /** Gives the leaves their values; sums of this rank's rows are at `sums`. @returns the address of the values */
  settle(sums: number, numbers: SettlingNumbers): number {
    const { kernels, collective, at, settling, parts } = this.#p;
    const counts = sums + 32 * this.numLeaves;
    const values = sums + 40 * this.numLeaves;
    kernels.countLeaves(at.plan, counts);
    settling[0] = numbers.gradScale;
    settling[1] = numbers.hessScale;
    settling[2] = numbers.lambda;
    settling[3] = numbers.stepSize;
    settling[4] = numbers.scoreUnit;
    parts.set(collective.shareAddress(sums));
    kernels.settleLeaves(at.plan, at.parts, parts.length, at.settling, values);
    this.#tree = this.#takeOut(true);
    return values;
  }

  #takeOut(isSettled: boolean): ColumnTree {
    const { memory, layout, at, numNodes } = this.#p;
    const words = new Int32Array(memory.buffer, at.nodes, (nodeBytes / 4) * numNodes).slice();
    const hasCategories = layout.maxCategoryBins > 0;
    const bits = hasCategories
      ? new Uint32Array(memory.buffer, at.bits, (at.bitsBytes / 4) * numNodes)
      : null;
    return new ColumnTree(layout, words, bits, isSettled);
  }
}
