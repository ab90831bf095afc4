/**
 * Brings the rows of some nodes to the ranks that own them, and lays them down side by side there. Everything lies where the
 * histograms of the tree lay, for no rank builds these meanwhile:
 *
 *   a node's histogram | rows of each node here | messages for owners | rows of own nodes, two buffers
 *
 * message of a process for an owner: uint32 rows of each of its nodes, then these, node by node. Records that are too long to
 * be moved come whole, and lie in front of the two buffers.
 */
import { Arena } from '../../base/arena.ts';
import { CoppiceError } from '../../base/errors.ts';
import type { BinnedLayout } from '../../binning/binned-layout.ts';
import type { Collective, IncomingMessage, OutgoingMessage } from '../../cluster/collective.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { ForestNodes } from '../../tree/backend/cpu/forest-nodes.ts';
import { ForestRows } from '../../tree/backend/cpu/forest-rows.ts';
import type { MemoryViews } from '../../tree/backend/cpu/memory-views.ts';
import type { ForestMemory } from './forest-memory.ts';

/** What it works with. */
export interface OwnedRowsParts {
  readonly kernels: Kernels;
  readonly views: MemoryViews;
  readonly collective: Collective;
  readonly layout: BinnedLayout;
  readonly memory: ForestMemory;
  /** Where the binned rows of this process lie. */
  readonly records: number;
  /** The tree that ranks share, and this rank's rows of it. */
  readonly nodes: ForestNodes;
  readonly moved: ForestRows;
}

/** The nodes of each rank, by rank. */
export type OwnedNodes = readonly (readonly number[])[];

/** Addresses in the memory of the histograms, and the most rows that a rank may own. */
interface Places {
  readonly mostRows: number;
  readonly counts: number;
  readonly outgoing: number;
  /** Whole records of own nodes; where these move, the first buffer. */
  readonly records: number;
  readonly buffers: readonly [number, number];
}

/** See the header. */
export class OwnedRows {
  /** Those of this rank, as roots of what it grows, and their rows. */
  readonly nodes: ForestNodes;
  readonly rows: ForestRows;
  /** Bytes of a row that travels. */
  readonly rowBytes: number;
  readonly #p: OwnedRowsParts;
  readonly #at: Places;
  readonly #local: number;

  constructor(parts: OwnedRowsParts) {
    this.#p = parts;
    const { kernels, views, collective, layout, memory, moved } = parts;
    this.#local = collective.localRanks.indexOf(collective.rank);
    this.rowBytes = moved.moved.isWhole ? moved.moved.stride : layout.stride;
    this.#at = placesOf(parts, this.rowBytes);
    const bounds = parts.nodes.bounds?.another() ?? null;
    this.nodes = new ForestNodes(parts.nodes.numOutputs, false, bounds);
    const { sides } = memory.buffers;
    const buffers = { rows: this.#at.buffers, ids: [0, 0] as const, sides };
    this.rows = new ForestRows({ kernels, views, layout, plan: memory.scratch.plan, buffers });
  }

  /** The most rows that a rank may own at a time. */
  get mostRows(): number {
    return this.#at.mostRows;
  }

  /** Where whole records of own rows lie. */
  get records(): number {
    return this.#at.records;
  }

  /** Brings all rows to their owners. */
  async bring(owned: OwnedNodes): Promise<void> {
    const { collective, views } = this.#p;
    const { localRanks, rank, size, firstRanks } = collective;
    const here = this.#shareCounts(owned);
    const outgoing: OutgoingMessage[] = [];
    const ends = here.addresses.map(() => 0);
    let own: IncomingMessage | null = null;
    let first = 0;
    owned.forEach((list, to) => {
      // the ranks of a process share out the messages that it sends
      const writer = to % localRanks.length;
      const start =
        (here.addresses[writer] as number) -
        this.#at.counts +
        this.#at.outgoing +
        (ends[writer] as number);
      const counts = list.map((_, i) => here.tables.map((table) => table[first + i] as number));
      const bytes = this.#writeMessage(list, counts, start, writer === this.#local);
      const message = { to, address: start, bytes };
      if (to === rank) own = { process: -1, address: start, bytes };
      else if (writer === this.#local && !localRanks.includes(to)) outgoing.push(message);
      ends[writer] = (ends[writer] as number) + Math.ceil(bytes / 16) * 16;
      first += list.length;
    });
    collective.meetLocally();
    const hasOthers = localRanks.length < size && firstRanks.length > 2;
    const others = hasOthers ? await collective.scatter(outgoing) : [];
    views.refresh();
    const messages = own === null ? others : [own, ...others];
    this.#layDown(owned[rank] as readonly number[], messages);
  }

  /** The ranks of this process tell each other how many rows of each node they have. */
  #shareCounts(owned: OwnedNodes): {
    readonly addresses: readonly number[];
    readonly tables: readonly Uint32Array[];
  } {
    const { collective, nodes, views } = this.#p;
    const all = owned.flat();
    const own = views.u32.subarray(this.#at.counts / 4, this.#at.counts / 4 + all.length);
    all.forEach((node, i) => {
      own[i] = nodes.count[node] as number;
    });
    const addresses = collective.shareAddress(this.#at.counts);
    const tables = addresses.map((at) => views.u32.subarray(at / 4, at / 4 + all.length));
    return { addresses, tables };
  }

  /** Writes this rank's rows into its process's message: uint32 rows of each node, then these, node by node; returns its bytes. */
  #writeMessage(
    list: readonly number[],
    counts: readonly (readonly number[])[],
    start: number,
    isWriter: boolean,
  ): number {
    const { views } = this.#p;
    let at = start + 4 * list.length;
    list.forEach((node, i) => {
      const ofRanks = counts[i] as readonly number[];
      let numRows = 0;
      ofRanks.forEach((count, local) => {
        if (local === this.#local) this.#copyRows(node, at + numRows * this.rowBytes);
        numRows += count;
      });
      if (isWriter) views.u32[start / 4 + i] = numRows;
      at += numRows * this.rowBytes;
    });
    return at - start;
  }

  #copyRows(node: number, to: number): void {
    const { views, nodes, moved, layout, records } = this.#p;
    const { u8, u32 } = views;
    const count = nodes.count[node] as number;
    const { stride, isWhole, slotOffset } = moved.moved;
    const from = moved.address(nodes, node);
    if (isWhole) {
      u8.copyWithin(to, from, from + count * stride);
      return;
    }
    const ids = moved.ids(nodes, node);
    for (let i = 0; i < count; i++) {
      const record = records + (u32[(ids.address + i * ids.step) / 4] as number) * layout.stride;
      const target = to + i * layout.stride;
      u8.copyWithin(target, record, record + layout.stride);
      const slot = from + i * stride + slotOffset;
      u8.copyWithin(target + layout.slotOffset, slot, slot + layout.slotBytes);
    }
  }

  /** Lays all processes' rows of each own node side by side, as roots of what is grown. */
  #layDown(list: readonly number[], messages: readonly IncomingMessage[]): void {
    const { nodes } = this.#p;
    const heads = messages.map((message) => this.#headOf(message, list.length));
    const ends = messages.map(({ address }) => address + 4 * list.length);
    this.nodes.clear();
    let start = 0;
    list.forEach((node, i) => {
      const root = this.nodes.add(-1, nodes.key[node] as number, nodes.depth[node] as number);
      this.nodes.start[root] = start;
      messages.forEach((_, m) => {
        const numRows = heads[m]?.[i] as number;
        const from = ends[m] as number;
        const bytes = numRows * this.rowBytes;
        if (start + numRows <= this.#at.mostRows) this.#layRows(root, start, { from, numRows });
        start += numRows;
        ends[m] = from + bytes;
      });
      this.nodes.count[root] = start - (this.nodes.start[root] as number);
    });
    messages.forEach((message, m) => {
      if (ends[m] !== message.address + message.bytes || start > this.#at.mostRows)
        throw refusalOf(
          this.#p.collective,
          message.process,
          `be the rows of ${list.length} nodes`,
          message.bytes,
        );
    });
  }

  /** The rows of each node that a message says it has. */
  #headOf({ process, address, bytes }: IncomingMessage, numNodes: number): Uint32Array {
    if (bytes < 4 * numNodes)
      throw refusalOf(this.#p.collective, process, `be the rows of ${numNodes} nodes`, bytes);
    // what came may lie anywhere
    const head = this.#p.views.u8.slice(address, address + 4 * numNodes);
    const counts = new Uint32Array(head.buffer);
    const numRows = counts.reduce((sum, count) => sum + count, 0);
    if (4 * numNodes + numRows * this.rowBytes !== bytes)
      throw refusalOf(this.#p.collective, process, `be the rows of ${numNodes} nodes`, bytes);
    return counts;
  }

  #layRows(
    root: number,
    start: number,
    { from, numRows }: { readonly from: number; readonly numRows: number },
  ): void {
    const { views, moved, layout } = this.#p;
    const { u8, u32 } = views;
    const { stride, isWhole, slotOffset, idOffset } = moved.moved;
    const target =
      (this.#at.buffers[(this.nodes.depth[root] as number) & 1] as number) + start * stride;
    if (isWhole) {
      u8.copyWithin(target, from, from + numRows * stride);
      return;
    }
    u8.copyWithin(this.#at.records + start * layout.stride, from, from + numRows * layout.stride);
    for (let i = 0; i < numRows; i++) {
      const slot = from + i * layout.stride + layout.slotOffset;
      const row = target + i * stride;
      u8.copyWithin(row + slotOffset, slot, slot + layout.slotBytes);
      u32[(row + idOffset) / 4] = start + i;
    }
  }
}

/** What another process sent of small nodes is refused. */
export function refusalOf(
  collective: Collective,
  process: number,
  what: string,
  bytes: number,
): CoppiceError {
  const name = process < 0 ? 'this process' : collective.nameOf(process);
  return new CoppiceError(
    'PROTOCOL',
    `what ${name} sends of small nodes must ${what}; got ${bytes} bytes that are not; its memory or the connection is at fault`,
    { context: { process } },
  );
}

function placesOf({ collective, layout, memory, moved }: OwnedRowsParts, rowBytes: number): Places {
  const { size, firstRanks } = collective;
  const { stride, isWhole } = moved.moved;
  let fewest = size;
  firstRanks.slice(1).forEach((end, process) => {
    fewest = Math.min(fewest, end - (firstRanks[process] as number));
  });
  // messages that a rank writes, each with a count of every node and room to begin at a multiple of 16
  const messages = Math.ceil(size / fewest);
  const ownBytes = (isWhole ? 0 : layout.stride) + 2 * stride;
  const perRow = 4 * size + messages * (rowBytes + 4) + ownBytes;
  const fixed = memory.histogramBytes + 16 * messages + 6 * 64;
  const bytes = memory.maxNodes * memory.histogramBytes - fixed;
  const mostRows = Math.max(0, Math.floor(bytes / perRow));
  const arena = new Arena(memory.scratch.histogram + memory.histogramBytes);
  const counts = arena.allocate(4 * size * mostRows);
  const outgoing = arena.allocate(messages * (mostRows * (rowBytes + 4) + 16));
  const records = arena.allocate(isWhole ? 0 : mostRows * layout.stride);
  const buffers = [arena.allocate(mostRows * stride), arena.allocate(mostRows * stride)] as const;
  return { mostRows, counts, outgoing, records, buffers };
}
