/** What grows the trees of a fit: the backend, and what goes to it and comes back once a tree. */

import type { Awaitable } from '../../base/awaitable.ts';
import type { OpenNode, TreeBackend } from '../../tree/backend/backend.ts';
import type { CpuBackend } from '../../tree/backend/cpu/cpu-backend.ts';
import type { GrowthLimits, GrowthResult } from '../../tree/grow-tree.ts';
import type { Quantisation } from '../../tree/split-params.ts';
import type { SlotStream } from './slot-stream.ts';

/** Marks a row of the tree's own rank that the tree was not grown on. */
export const leftOut = 0x80000000;

/** A tree that is about to be grown. */
export interface TreeStart {
  readonly quantisation: Quantisation;
  readonly round: number;
  /** What all its nodes may split on, where that does not hang on the node. */
  readonly treeMask: Uint8Array | null;
  /** The rows' integers were sent by the rig's stream. */
  readonly isSent?: boolean;
  maskOf(node: OpenNode): Uint8Array | null;
}

/** See the header. */
export interface TreeRig {
  readonly backend: TreeBackend;
  readonly counters: CpuBackend['counters'];
  /** Where this rank's first row's quantised gradients go, and the bytes from one row's to the next's. */
  readonly slots: { readonly address: number; readonly stride: number };
  /** Where gradients go to a device while they are made; left out where they do not. */
  readonly stream?: SlotStream | null;
  /** The driver sends the integers of so many rows of the process. */
  sendSlots?(first: number, count: number): Promise<void>;
  /** Draws the tree's rows. */
  beginTree(start: TreeStart): Awaitable<void>;
  /** Grows the tree that was begun and marks its leaves; null where this is left to the backend. */
  growWhole?(start: TreeStart, limits: GrowthLimits): Awaitable<GrowthResult> | null;
  /** Writes the number of its leaf for each row of this rank; rows that were not drawn get {@link leftOut}. */
  markLeaves(leaves: readonly OpenNode[]): Promise<void>;
  /** Frees what is not memory of the process. */
  close(): Promise<void>;
}
