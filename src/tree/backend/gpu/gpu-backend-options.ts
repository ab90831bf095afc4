/** What a rank's backend on a GPU is made of, and what it is told of each tree. */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Collective } from '../../../cluster/collective.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Quantisation, SplitParams } from '../../split-params.ts';
import type { SplitShaping } from '../../split-shaping.ts';
import type { OpenNode } from '../backend.ts';
import type { RecordLimits } from './device-rows.ts';
import type { OpenDevice } from './open-device.ts';

/** Addresses and sizes that the memory plan gave to one rank. */
export interface GpuMemory {
  readonly featureTable: number;
  /** Compact histograms of the nodes of a batch, which the process's device fills. */
  readonly histograms: number;
  /** This rank's own of what the processes exchange; 0 where there is one process. */
  readonly exchanged: number;
  readonly exchangedBytes: number;
  /** This rank's scratch. */
  readonly scratch: number;
  /** Quantised gradients of all rows of the process, and the rows that trees are grown on, as drawn. */
  readonly slots: number;
  readonly ids: number;
  /** What ranks tell of while gradients are made (training/rigs/slot-stream.ts). */
  readonly stream: number;
  readonly maxPairs: number;
  readonly poolSlots: number;
}

/** What a backend is made of. */
export interface GpuBackendOptions {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly collective: Collective;
  readonly layout: BinnedLayout;
  readonly addresses: GpuMemory;
  readonly params: SplitParams;
  readonly shaping: SplitShaping | null;
  readonly countShift: number;
  /** Address of the records of all rows of the process, and how many there are. */
  readonly records: number;
  readonly numRows: number;
  /** This rank's own among them. */
  readonly ownRows: { readonly start: number; readonly count: number };
  /** Opens this thread's device; called by the rank that drives it. */
  readonly acquire: () => Promise<OpenDevice>;
  /** Tests have the device lost after so many batches. */
  readonly loseAfter: number | null;
  /** Tests have records lie in small buffers, and in few. */
  readonly recordLimits: RecordLimits;
}

/** What changes from tree to tree. */
export interface GpuTreeSetup {
  readonly quantisation: Quantisation;
  /** The quantised gradients are on the device already. */
  readonly isSent: boolean;
  /** This rank's rows of the tree, [first, first + count) of the drawn ones, or null for all rows. */
  readonly drawn: { readonly first: number; readonly count: number } | null;
  maskOf(node: OpenNode): Uint8Array | null;
}
