/**
 * The rows of a forest's tree that several processes grow together, each on a device of its own. One rank of a process
 * drives its device, which holds the rows of the whole process; the others bring none. The ranks meet as they do
 * without a device (forest-meeting.ts): the device only adds up, so that the Collective sees the same integers.
 *
 *   1 rows move to the nodes of the level; the device says how many went left     ─ one submit, one wait
 *   2 the histograms of a round come to the host's memory, and ranks exchange them ─ one submit, one wait
 *
 * Sums of both children follow from the split, so that no meeting is spent on them.
 */
import { isPromise } from '../../../base/awaitable.ts';
import type { Collective } from '../../../cluster/collective.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { MeetingRows } from '../cpu/forest-meeting.ts';
import type { ForestNodes } from '../cpu/forest-nodes.ts';
import { entryWords, type ForestSetting } from '../cpu/forest-plan.ts';
import type { MemoryViews } from '../cpu/memory-views.ts';
import type { DeviceForest, NodeBuild } from './device-forest.ts';
import type { DeviceForestRows } from './device-forest-rows.ts';
import type { DeviceMeeting } from './device-meeting.ts';

/** What it is made of. */
export interface DeviceMeetingParts {
  readonly kernels: Kernels;
  readonly collective: Collective;
  readonly meeting: DeviceMeeting;
  readonly nodes: ForestNodes;
  readonly views: MemoryViews;
  readonly setting: ForestSetting;
  readonly plan: number;
  /** Where a node's totals are written. */
  readonly best: number;
  /** Address of the rows that the tree drew. */
  readonly firstRows: number;
  readonly histogramBytes: number;
  /** Of the rank that drives the device of its process. */
  readonly driven: { readonly device: DeviceForest; readonly rows: DeviceForestRows } | null;
}

/** Sums of a node over all ranks, and of its left child once it is split. */
interface NodeWords {
  readonly total: BigInt64Array;
  left: BigInt64Array | null;
}

/** See the header. */
export class DeviceMeetingRows implements MeetingRows {
  readonly #p: DeviceMeetingParts;
  readonly #words: number;
  readonly #known = new Map<number, NodeWords>();
  #numDrawn = 0;
  /** Nodes whose rows are to move. */
  #moving: number[] = [];
  #builds: { readonly build: NodeBuild; readonly histogram: number }[] = [];

  constructor(parts: DeviceMeetingParts) {
    this.#p = parts;
    this.#words = entryWords(parts.setting);
  }

  /** Takes a tree's rows to the device; every rank calls it. @throws DeviceFailure, the same on every rank */
  async beginTree(numDrawn: number): Promise<void> {
    const { meeting, driven, views } = this.#p;
    views.refresh();
    this.#known.clear();
    this.#moving = [];
    this.#builds = [];
    this.#numDrawn = numDrawn;
    if (driven !== null) await meeting.attempt(() => driven.rows.beginTree(numDrawn));
    await meeting.agree();
  }

  /** Called by the grower: the rows move with the next batch, the sums of the children are known. */
  split(nodes: ForestNodes, node: number): void {
    const { total, left } = this.#known.get(node) as NodeWords;
    const leftChild = nodes.leftChild[node] as number;
    const leftWords = left as BigInt64Array;
    const rest = total.map((word, i) => word - (leftWords[i] as bigint));
    this.#known.set(leftChild, { total: leftWords, left: null });
    this.#known.set(leftChild + 1, { total: rest, left: null });
    this.#known.delete(node);
    nodes.start.fill(0, leftChild, leftChild + 2);
    nodes.count.fill(0, leftChild, leftChild + 2);
    if ((nodes.count[node] as number) > 0) this.#moving.push(node);
  }

  async totals(batch: readonly number[]): Promise<BigInt64Array> {
    const { meeting } = this.#p;
    const words = this.#words;
    const sums = new BigInt64Array(words * batch.length);
    const root = 0;
    if (batch[0] === root && !this.#known.has(root)) {
      this.#known.set(root, { total: await this.#rootTotals(), left: null });
    }
    await this.#moveRows();
    await meeting.agree();
    batch.forEach((node, i) => {
      sums.set((this.#known.get(node) as NodeWords).total, words * i);
    });
    return sums;
  }

  add(node: number, numChosen: number, histogram: number): void {
    const { driven, nodes } = this.#p;
    if (driven === null || nodes.count[node] === 0) return;
    this.#builds.push({ build: driven.rows.buildOf(node, numChosen), histogram });
  }

  async finish(): Promise<void> {
    const { meeting, driven, histogramBytes } = this.#p;
    const builds = this.#builds;
    this.#builds = [];
    if (driven !== null) {
      const { device } = driven;
      await meeting.attempt(async () => {
        // nodes without a row here leave gaps, so runs of neighbours come in one go
        for (let from = 0; from < builds.length; ) {
          const { histogram } = builds[from] as (typeof builds)[number];
          let to = from + 1;
          while (
            to < Math.min(builds.length, from + device.nodesAtOnce) &&
            builds[to]?.histogram === histogram + (to - from) * histogramBytes
          ) {
            to += 1;
          }
          const part = builds.slice(from, to).map(({ build }) => build);
          await device.carryOut({ moves: [], builds: part, fetches: [], histograms: histogram });
          from = to;
        }
      });
    }
    await meeting.agree();
  }

  tookSplit(node: number, best: number): void {
    const at = best / 8 + 8 + this.#words;
    (this.#known.get(node) as NodeWords).left = this.#p.views.i64.slice(at, at + this.#words);
  }

  /** Brings the row numbers of the process's leaves to where those of the CPU lie. */
  async bringLeaves(): Promise<void> {
    const { meeting, driven, nodes } = this.#p;
    await this.#moveRows();
    if (driven !== null) {
      await meeting.attempt(async () => {
        const leaves = [...nodes.leaves()].filter((leaf) => (nodes.count[leaf] as number) > 0);
        const fetches = leaves.map((leaf) => driven.rows.fetchOfLeaf(leaf));
        await driven.device.carryOut({ moves: [], builds: [], fetches, histograms: 0 });
      });
    }
    await meeting.agree();
  }

  async #rootTotals(): Promise<BigInt64Array> {
    const { kernels, collective, plan, firstRows, best, views } = this.#p;
    kernels.nodeTotals(plan, firstRows, this.#numDrawn, best);
    const total = views.i64.slice(best / 8 + 8, best / 8 + 8 + this.#words);
    const reduced = collective.allreduce(total, 'sum');
    if (isPromise(reduced)) await reduced;
    return total;
  }

  async #moveRows(): Promise<void> {
    const { meeting, driven } = this.#p;
    const moving = this.#moving;
    this.#moving = [];
    if (driven === null || moving.length === 0) return;
    await meeting.attempt(async () => {
      const moves = moving.map((node) => driven.rows.moveOf(node, null));
      const numLeft = await driven.device.carryOut({
        ...{ moves, builds: [], fetches: [] },
        histograms: 0,
      });
      moving.forEach((node, i) => {
        driven.rows.placeChildren(node, numLeft[i] as number);
      });
    });
  }
}
