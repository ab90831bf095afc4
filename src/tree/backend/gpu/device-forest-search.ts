/**
 * Splits the nodes of a forest's tree whose rows lie on the device. Of a batch of nodes the device builds the
 * histograms of the features that each looks at; the host scans them by the CPU's kernels, so that the split is the
 * CPU's: its draws of features and cuts, its classes, its categories. What a split says of its left side tells rows
 * and sums of both children, so that nothing else has to come back.
 *
 * A node of few rows would be a workgroup's start and a histogram's way for little work: its rows are brought home,
 * and the rest of its branch is grown by the CPU.
 */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { ForestNodes } from '../cpu/forest-nodes.ts';
import { entryWords, type ForestSetting } from '../cpu/forest-plan.ts';
import type { ForestBuffers, ForestRows } from '../cpu/forest-rows.ts';
import {
  AloneSearch,
  type ForestSearch,
  type SearchCounters,
  type SearchParts,
} from '../cpu/forest-search.ts';
import type { MemoryViews } from '../cpu/memory-views.ts';
import type { DeviceForest, NodeBuild, RowFetch, RowMove } from './device-forest.ts';
import { DeviceForestRows } from './device-forest-rows.ts';

/** What it is made of. */
export interface DeviceSearchParts extends SearchParts {
  readonly device: DeviceForest;
  readonly views: MemoryViews;
  readonly layout: BinnedLayout;
  readonly setting: ForestSetting;
  readonly buffers: ForestBuffers;
  /** Address of the records of all rows of the process, and how many there are. */
  readonly records: number;
  readonly numRows: number;
  /** Where kernels list the chosen features. */
  readonly chosen: number;
  /** Where the device's histograms go; the kernels' own one must stay clear. */
  readonly histograms: number;
  readonly histogramBytes: number;
  /** Nodes of fewer rows are brought home. */
  readonly homeRows: number;
}

/** Sums of a node, and of its left child once it is split. */
interface NodeWords {
  readonly total: BigInt64Array;
  left: BigInt64Array | null;
}

/** See the header. */
export class DeviceForestSearch implements ForestSearch {
  readonly isTogether = true;
  readonly #p: DeviceSearchParts;
  readonly #rows: ForestRows;
  readonly #alone: AloneSearch;
  readonly #words: number;
  readonly #onDevice: DeviceForestRows;
  readonly #away = new Map<number, NodeWords>();
  #moves: RowMove[] = [];
  #histogramRows = 0;
  #featuresDecided = 0;

  constructor(parts: DeviceSearchParts) {
    this.#p = parts;
    this.#rows = parts.rows;
    this.#alone = new AloneSearch(parts);
    this.#words = entryWords(parts.setting);
    this.#onDevice = new DeviceForestRows(parts);
  }

  get counters(): SearchCounters {
    const { histogramRows, featuresDecided } = this.#alone.counters;
    return {
      histogramRows: this.#histogramRows + histogramRows,
      featuresDecided: this.#featuresDecided + featuresDecided,
    };
  }

  /** Takes a tree's rows from the first buffer to the device. */
  beginTree(numDrawn: number): void {
    const { views, buffers, homeRows } = this.#p;
    views.refresh();
    this.#away.clear();
    this.#moves = [];
    if (numDrawn < homeRows) return;
    this.#onDevice.beginTree(numDrawn);
    const root = 0;
    this.#p.kernels.nodeTotals(this.#p.plan, buffers.rows[0], numDrawn, this.#p.best);
    this.#away.set(root, { total: this.#wordsAt(this.#p.best + 64), left: null });
  }

  /** Moves a node's rows to its children: at once at home, on the device with the next batch. */
  split(nodes: ForestNodes, node: number): void {
    const words = this.#away.get(node);
    if (words === undefined) {
      this.#rows.split(nodes, node);
      return;
    }
    const left = nodes.leftChild[node] as number;
    const leftWords = words.left as BigInt64Array;
    const numLeft = this.#rowsOf(leftWords);
    this.#moves.push(this.#onDevice.moveOf(node, numLeft));
    this.#onDevice.placeChildren(node, numLeft);
    const rest = words.total.map((word, i) => word - (leftWords[i] as bigint));
    this.#away.set(left, { total: leftWords, left: null });
    this.#away.set(left + 1, { total: rest, left: null });
    this.#away.delete(node);
  }

  async search(
    found: readonly number[],
    wantsSplits: boolean,
    onSplit: (node: number, best: number) => void,
  ): Promise<void> {
    const { kernels, findings, nodes, plan, best, homeRows } = this.#p;
    const open: number[] = [];
    const small: number[] = [];
    const home: number[] = [];
    for (const node of found) {
      const words = this.#away.get(node);
      if (words === undefined) {
        home.push(node);
        continue;
      }
      this.#writeTotals(words.total);
      kernels.weighNode(plan, best);
      findings.takeTotals(node, best);
      if (!wantsSplits || kernels.maySplit(plan, best) === 0) continue;
      ((nodes.count[node] as number) < homeRows ? small : open).push(node);
    }
    this.#alone.search(home, wantsSplits, onSplit);
    let fetches = small.map((node) => this.#fetchOf(node));
    let pending = open;
    for (let attempt = 0; pending.length + fetches.length > 0; attempt++) {
      pending = await this.#goRound(pending, { attempt, fetches }, onSplit);
      fetches = [];
    }
    for (const node of small) this.#away.delete(node);
    this.#alone.search(small, wantsSplits, onSplit);
  }

  /** Brings the row numbers of the leaves that stayed on the device to where those of the CPU lie. */
  async bringLeaves(): Promise<void> {
    const { device, nodes } = this.#p;
    const fetches = [...nodes.leaves()]
      .filter((leaf) => this.#away.has(leaf))
      .map((leaf) => this.#onDevice.fetchOfLeaf(leaf));
    await device.carryOut({ moves: this.#takeMoves(), builds: [], fetches, histograms: 0 });
  }

  /** Builds and scans; returns the nodes that have found no split and have features left. */
  async #goRound(
    pending: readonly number[],
    { attempt, fetches }: { attempt: number; fetches: readonly RowFetch[] },
    onSplit: (node: number, best: number) => void,
  ): Promise<number[]> {
    const { device, collective, histograms } = this.#p;
    const open: number[] = [];
    let from = 0;
    do {
      collective.checkAborted();
      const batch = pending.slice(from, from + device.nodesAtOnce);
      const builds = batch.flatMap((node) => this.#buildOf(node, attempt));
      await device.carryOut({
        moves: this.#takeMoves(),
        builds: builds.map(({ build }) => build),
        fetches: from === 0 ? fetches : [],
        histograms,
      });
      builds.forEach(({ node }, i) => {
        if (!this.#scan(node, i, attempt)) open.push(node);
        else this.#keepSplit(node, onSplit);
      });
      from += batch.length;
    } while (from < pending.length);
    return open;
  }

  #buildOf(node: number, attempt: number): { node: number; build: NodeBuild }[] {
    const { kernels, plan, nodes } = this.#p;
    const numChosen = kernels.drawFeatures(plan, nodes.key[node] as number, attempt);
    if (numChosen === 0) return [];
    this.#histogramRows += nodes.count[node] as number;
    this.#featuresDecided += numChosen;
    return [{ node, build: this.#onDevice.buildOf(node, numChosen) }];
  }

  #scan(node: number, index: number, attempt: number): boolean {
    const { kernels, plan, nodes, best, histograms, histogramBytes } = this.#p;
    const key = nodes.key[node] as number;
    const numChosen = kernels.drawFeatures(plan, key, attempt);
    this.#writeTotals((this.#away.get(node) as NodeWords).total);
    const at = histograms + index * histogramBytes;
    return kernels.scanNode(plan, key, 0, numChosen, at, 0, best) === 1;
  }

  #keepSplit(node: number, onSplit: (node: number, best: number) => void): void {
    const { findings, best } = this.#p;
    findings.takeSplit(node, best);
    (this.#away.get(node) as NodeWords).left = this.#wordsAt(best + 64 + 8 * this.#words);
    onSplit(node, best);
  }

  /** Row numbers of a node, and with them all that the CPU needs to go on. */
  #fetchOf(node: number): RowFetch {
    const { nodes, views, buffers, layout, records } = this.#p;
    const { stride, slotOffset, idOffset, isWhole } = this.#rows.moved;
    const slotWords = layout.slotBytes / 4;
    const side = (nodes.depth[node] as number) & 1;
    const { slots } = this.#onDevice;
    const run = this.#onDevice.runOf(node);
    const take = (ids: Uint32Array): void => {
      const { u32 } = views;
      const numbers = ((buffers.ids[side] as number) + 4 * run.start) / 4;
      if (isWhole) u32.set(ids, numbers);
      let to = this.#rows.address(nodes, node) / 4;
      for (const id of ids) {
        const from = (records + id * layout.stride) / 4;
        if (isWhole) for (let w = 0; w < stride / 4; w++) u32[to + w] = u32[from + w] as number;
        else u32[to + idOffset / 4] = id;
        for (let w = 0; w < slotWords; w++) {
          u32[to + slotOffset / 4 + w] = slots[slotWords * id + w] as number;
        }
        to += stride / 4;
      }
    };
    return { ...run, take };
  }

  #takeMoves(): RowMove[] {
    const moves = this.#moves;
    this.#moves = [];
    return moves;
  }

  #wordsAt(address: number): BigInt64Array {
    return this.#p.views.i64.slice(address / 8, address / 8 + this.#words);
  }

  #writeTotals(words: BigInt64Array): void {
    this.#p.views.i64.set(words, this.#p.best / 8 + 8);
  }

  #rowsOf(words: BigInt64Array): number {
    const { kind, countShift } = this.#p.setting;
    const shift = BigInt(countShift);
    if (kind !== 'classes') return Number((words[1] as bigint) >> shift);
    return words.reduce((sum, word) => sum + Number(word >> shift), 0);
  }
}
