/** What the backend on this machine's cores is made of: where its memory lies, and how trees are to grow. */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Collective } from '../../../cluster/collective.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { FeatureCosts } from '../../feature-costs.ts';
import type { ForcedPlace } from '../../forced-splits.ts';
import type { SplitParams } from '../../split-params.ts';
import type { SplitShaping } from '../../split-shaping.ts';
import type { EntryMemory } from './row-entries.ts';
import type { RowBuffers } from './row-store.ts';

/** Addresses and sizes that the memory plan gave to one rank's backend. */
export interface BackendMemory {
  readonly featureTable: number;
  /** This rank's own histograms: one of packed entries, then `maxPairs` · 2 of wide ones. */
  readonly ownHistograms: number;
  /** The pool that all ranks of the process write their slices of. */
  readonly pool: number;
  readonly poolSlots: number;
  /** Where this process writes what it sends to others; ranks that share one memory need none. */
  readonly outgoing: number;
  /** This rank's scratch: params, totals, part addresses, sides, candidates, category order. */
  readonly scratch: number;
  /** Where rows have entries, else null. */
  readonly entries: EntryMemory | null;
  /** Bytes from a rank's own histograms to those of the next one here. */
  readonly ownSpan: number;
  /** Where this rank grows whole trees (leaf-grower.ts), and the bytes to where the next one does; 0 where none does. */
  readonly growing: number;
  readonly growSpan: number;
  /** Leaves that there is room for. */
  readonly maxLeaves: number;
  /** Trees grow level by level. */
  readonly isByLevel: boolean;
  /** Rows of all ranks that a batch of neighbours may have, 0 where leaves are chosen by their gains alone. */
  readonly windowRows: number;
  readonly maxPairs: number;
}

/** What a backend is made of. */
export interface CpuBackendOptions {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly collective: Collective;
  readonly layout: BinnedLayout;
  readonly rows: RowBuffers;
  readonly addresses: BackendMemory;
  readonly params: SplitParams;
  readonly shaping: SplitShaping | null;
  readonly isOblivious: boolean;
  readonly gainFactors: readonly number[] | null;
  /** What it costs to look at features; null where they are free. */
  readonly featureCosts: FeatureCosts | null;
  /** What trees begin with; null where they grow freely. */
  readonly forced: ForcedPlace | null;
  /** Rows after which packed sums are moved to wide ones, at most 65,535; tests make it tiny. */
  readonly flushRows: number;
  /** All rows together are few enough for packed entries, in every histogram. */
  readonly isPacked: boolean;
}
