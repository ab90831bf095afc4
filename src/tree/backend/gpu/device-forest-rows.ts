/**
 * The rows of a forest's tree, between the table of nodes and the device: which rows the tree drew, with what weight,
 * where a split sends them, and where their numbers go in the host's memory once the tree has grown.
 */
import type { BinnedLayout, FeaturePlace } from '../../../binning/binned-layout.ts';
import type { ForestNodes } from '../cpu/forest-nodes.ts';
import type { ForestBuffers, ForestRows } from '../cpu/forest-rows.ts';
import type { MemoryViews } from '../cpu/memory-views.ts';
import { sidesBytes, writeSides } from '../cpu/sides.ts';
import type { DeviceForest, NodeBuild, RowFetch, RowMove, RowRun } from './device-forest.ts';

/** What it is made of. */
export interface DeviceForestRowsParts {
  readonly device: DeviceForest;
  readonly layout: BinnedLayout;
  readonly nodes: ForestNodes;
  readonly rows: ForestRows;
  readonly buffers: ForestBuffers;
  readonly views: MemoryViews;
  /** Rows of the process. */
  readonly numRows: number;
  /** Where kernels list the chosen features. */
  readonly chosen: number;
}

/** See the header. */
export class DeviceForestRows {
  /** By row number: the row's slot, times how often the tree drew it. */
  readonly slots: Uint32Array;
  readonly #p: DeviceForestRowsParts;

  constructor(parts: DeviceForestRowsParts) {
    this.#p = parts;
    this.slots = new Uint32Array((parts.layout.slotBytes / 4) * parts.numRows);
  }

  /** Takes a tree's rows from the first buffer to the device. */
  beginTree(numDrawn: number): void {
    const { device, views, buffers, layout, rows } = this.#p;
    const { stride, slotOffset, idOffset, isWhole } = rows.moved;
    const slotWords = layout.slotBytes / 4;
    const { u32 } = views;
    const first = buffers.rows[0] / 4;
    const ids = new Uint32Array(numDrawn);
    if (isWhole) ids.set(u32.subarray(buffers.ids[0] / 4, buffers.ids[0] / 4 + numDrawn));
    for (let r = 0; r < numDrawn; r++) {
      const row = first + (r * stride) / 4;
      if (!isWhole) ids[r] = u32[row + idOffset / 4] as number;
      const to = slotWords * (ids[r] as number);
      const from = row + slotOffset / 4;
      for (let w = 0; w < slotWords; w++) this.slots[to + w] = u32[from + w] as number;
    }
    device.beginTree(this.slots, ids);
  }

  /** Where a node's rows lie on the device. */
  runOf(node: number): RowRun {
    const { nodes } = this.#p;
    return {
      stretch: ((nodes.depth[node] as number) & 1) as 0 | 1,
      start: nodes.start[node] as number,
      count: nodes.count[node] as number,
    };
  }

  /** The move of a node's rows to its children. @param numLeft rows that go left; null where only the device knows */
  moveOf(node: number, numLeft: number | null): RowMove {
    const { nodes, layout } = this.#p;
    const place = layout.places[nodes.place[node] as number] as FeaturePlace;
    const cut = nodes.cut[node] as number;
    const sides = new Uint8Array(sidesBytes(place));
    const leftBins = cut < 0 ? (nodes.leftBins.get(node) as Uint32Array) : null;
    const missingGoesLeft = ((nodes.flags[node] as number) & 1) === 1;
    writeSides({ bin: cut, leftBins, missingGoesLeft, heavierIsLeft: false }, place, sides);
    return { ...this.runOf(node), place, sides, numLeft };
  }

  /** Gives the children of a split node their rows. */
  placeChildren(node: number, numLeft: number): void {
    const { nodes } = this.#p;
    const left = nodes.leftChild[node] as number;
    const { start, count } = this.runOf(node);
    nodes.start[left] = start;
    nodes.count[left] = numLeft;
    nodes.start[left + 1] = start + numLeft;
    nodes.count[left + 1] = count - numLeft;
  }

  /** The histogram of a node, of the features that the kernels have just drawn. */
  buildOf(node: number, numChosen: number): NodeBuild {
    const { layout, views, chosen } = this.#p;
    const features = Array.from({ length: numChosen }, (_, c) => {
      const at = chosen / 4 + 8 * c;
      const place = layout.places[views.u32[at] as number] as FeaturePlace;
      return { place, firstEntry: views.u32[at + 3] as number };
    });
    return { ...this.runOf(node), features };
  }

  /** Brings the row numbers of leaves to where those of the CPU lie. */
  fetchOfLeaf(leaf: number): RowFetch {
    const { nodes, views, rows } = this.#p;
    const { address, step } = rows.ids(nodes, leaf);
    const take = (ids: Uint32Array): void => {
      for (let r = 0; r < ids.length; r++) views.u32[(address + r * step) / 4] = ids[r] as number;
    };
    return { ...this.runOf(leaf), take };
  }
}
