/**
 * The rows of a forest's tree on this rank: two buffers, between which a node's rows move when it is split, so
 * that they stay side by side. What moves is the whole record, or of a long record only its slot and number.
 * Row numbers beside whole records move only where leaves are settled from the rows themselves.
 */
import type { BinnedLayout, FeaturePlace } from '../../../binning/binned-layout.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { ForestNodes } from './forest-nodes.ts';
import { type MovedRows, movedRows } from './forest-plan.ts';
import type { MemoryViews } from './memory-views.ts';

/** Addresses of the two buffers. */
export interface ForestBuffers {
  readonly rows: readonly [number, number];
  /** Row numbers, 0 where nobody asks for them. */
  readonly ids: readonly [number, number];
  /** A byte for each bin of a feature. */
  readonly sides: number;
}

/** See the header. */
export class ForestRows {
  readonly moved: MovedRows;
  readonly #kernels: Kernels;
  readonly #views: MemoryViews;
  readonly #layout: BinnedLayout;
  readonly #plan: number;
  readonly #buffers: ForestBuffers;

  constructor(parts: {
    readonly kernels: Kernels;
    readonly views: MemoryViews;
    readonly layout: BinnedLayout;
    readonly plan: number;
    readonly buffers: ForestBuffers;
  }) {
    this.moved = movedRows(parts.layout);
    this.#kernels = parts.kernels;
    this.#views = parts.views;
    this.#layout = parts.layout;
    this.#plan = parts.plan;
    this.#buffers = parts.buffers;
  }

  /** Bytes of the table of sides. */
  static sidesBytes(layout: BinnedLayout): number {
    return layout.places.reduce((most, place) => Math.max(most, place.missingEntry + 2), 256);
  }

  /** Where a node's rows lie; those of a tree's even levels are in the first buffer. */
  address(nodes: ForestNodes, node: number): number {
    const buffer = this.#buffers.rows[(nodes.depth[node] as number) & 1] as number;
    return buffer + (nodes.start[node] as number) * this.moved.stride;
  }

  /** Where a node's row numbers lie, and how far apart. */
  ids(nodes: ForestNodes, node: number): { readonly address: number; readonly step: number } {
    if (!this.moved.isWhole) {
      return { address: this.address(nodes, node) + this.moved.idOffset, step: this.moved.stride };
    }
    const ids = this.#buffers.ids[(nodes.depth[node] as number) & 1] as number;
    return { address: ids + 4 * (nodes.start[node] as number), step: 4 };
  }

  /** Moves a node's rows to its children, which the table has already. */
  split(nodes: ForestNodes, node: number): void {
    const place = nodes.place[node] as number;
    const from = (nodes.depth[node] as number) & 1;
    const start = nodes.start[node] as number;
    const count = nodes.count[node] as number;
    const { rows, ids, sides } = this.#buffers;
    const cut = nodes.cut[node] as number;
    const missingGoesLeft = (nodes.flags[node] as number) & 1;
    if (cut < 0) this.#writeSides(nodes.leftBins.get(node) as Uint32Array, place, missingGoesLeft);
    const hasIds = ids[0] !== 0;
    const numLeft = this.#kernels.splitForestRows(
      this.#plan,
      (rows[from] as number) + start * this.moved.stride,
      hasIds ? (ids[from] as number) + 4 * start : 0,
      count,
      (rows[1 - from] as number) + start * this.moved.stride,
      hasIds ? (ids[1 - from] as number) + 4 * start : 0,
      place,
      cut,
      missingGoesLeft,
      sides,
    );
    const left = nodes.leftChild[node] as number;
    nodes.start[left] = start;
    nodes.count[left] = numLeft;
    nodes.start[left + 1] = start + numLeft;
    nodes.count[left + 1] = count - numLeft;
  }

  #writeSides(bits: Uint32Array, index: number, missingGoesLeft: number): void {
    const { numValueBins, missingEntry } = this.#layout.places[index] as FeaturePlace;
    const { u8 } = this.#views;
    const { sides } = this.#buffers;
    for (let b = 0; b < numValueBins; b++) {
      u8[sides + b] = ((bits[b >> 5] as number) >>> (b & 31)) & 1;
    }
    u8[sides + missingEntry] = missingGoesLeft;
  }
}
