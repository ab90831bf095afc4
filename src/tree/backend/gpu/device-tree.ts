/**
 * A tree's rows and histograms on the device, and the kernels that work on them. It knows segments and slots, not
 * nodes: which split is taken and which child is built, the backend says (gpu-backend.ts).
 *
 * Commands are carried out in the order of the calls, so that one kernel sees what the ones before it wrote. They are
 * collected until the host has to know something, or gpu.js has to see what they wrote: each submit and each wait
 * costs a latency.
 */
import { writeFeatureTable } from '../../../binning/binned-layout.ts';
import type { Quantisation, SplitParams } from '../../split-params.ts';
import type { Segment } from '../cpu/row-store.ts';
import { DeviceKernels, type ShaderName, treeShaders } from './device-kernels.ts';
import type { DeviceRecords } from './device-records.ts';
import {
  type DeviceBuffers,
  type DevicePlan,
  groupEntriesOf,
  histogramLanesOf,
  makeBuffers,
  makeRecords,
  mostBufferBytes,
  nodesOfPass,
  type RecordLimits,
} from './device-rows.ts';
import { DeviceSearch, type Scoring, type Searched } from './device-search.ts';
import { type GroupPlan, planGroups } from './feature-groups.ts';
import type { LimitedNode } from './node-limits.ts';
import type { OpenDevice } from './open-device.ts';
import type { LeafBytes } from './packed-leaves.ts';
import { GrowingBuffer, Readback, type Stretch, submit } from './readback.ts';
import {
  type Building,
  buildChunks,
  chunkRowsOf,
  chunkTable,
  entryRuns,
  groupsOf,
  type Moving,
  moveTables,
  type NumberedSegment,
} from './row-chunks.ts';
import { movedRows } from './row-wgsl.ts';
import { cutsOfPart, workgroupSize } from './shader-facts.ts';
import type { Scores } from './split-scores.ts';
import { Uploader } from './uploader.ts';
import { bufferUsage, type GpuBuffer, type GpuEncoder } from './web-gpu.ts';

/** What a fit brings. */
export interface DeviceTreeOptions extends DevicePlan {
  readonly memory: WebAssembly.Memory;
  /** Address of the records of all rows of the process. */
  readonly records: number;
  readonly params: SplitParams;
  readonly countShift: number;
  readonly recordLimits: RecordLimits;
}

/** Entries that the host wants: those of the marked places, at an address of the compact histogram. */
export interface Fetching {
  readonly slot: number;
  /** Null for all places. */
  readonly mask: Uint8Array | null;
  readonly address: number;
}

/** Each is written once between two submits at most. */
const tableNames = [
  ...['chunks', 'siblings', 'runs', 'how', 'packing'],
  ...['moves', 'moveChunks', 'sides', 'counts'],
] as const;
type TableName =
  | ('chunks' | 'siblings' | 'runs' | 'how' | 'packing')
  | ('moves' | 'moveChunks' | 'sides' | 'counts');

/** See the header. */
export class DeviceTree {
  /** Nodes that one call of scores takes at most; 0: there are too many features for scores. */
  readonly nodesOfPass: number;
  readonly #open: OpenDevice;
  readonly #o: DeviceTreeOptions;
  readonly #kernels: DeviceKernels<ShaderName>;
  readonly #buffers: DeviceBuffers;
  readonly #records: DeviceRecords;
  readonly #tables: Readonly<Record<TableName, GrowingBuffer>>;
  readonly #readback: Readback;
  readonly #uploader: Uploader;
  readonly #search: DeviceSearch;
  readonly #numGroups: number;
  #encoder: GpuEncoder | null = null;
  /** Moves whose counts have not come back yet, and how many rows of the last ones went left. */
  #moves: readonly Moving[] = [];
  #numLeft: readonly number[] = [];

  private constructor(
    open: OpenDevice,
    options: DeviceTreeOptions,
    kernels: DeviceKernels<ShaderName>,
    buffers: DeviceBuffers,
    records: DeviceRecords,
    { groups }: GroupPlan,
  ) {
    this.#open = open;
    this.#o = options;
    this.#kernels = kernels;
    this.#buffers = buffers;
    this.#records = records;
    const usage = bufferUsage.storage | bufferUsage.copyDst | bufferUsage.copySrc;
    this.#tables = Object.fromEntries(
      tableNames.map((name) => [name, new GrowingBuffer(open, usage)]),
    ) as Record<TableName, GrowingBuffer>;
    this.#readback = new Readback(open);
    this.#uploader = new Uploader(open, options.layout.slotBytes * options.numRows);
    const { layout } = options;
    this.#numGroups = groups.length / 4;
    open.device.queue.writeBuffer(buffers.groups, 0, groups);
    const places = new Uint32Array(8 * layout.places.length);
    writeFeatureTable(layout, places);
    open.device.queue.writeBuffer(buffers.places, 0, places);
    this.nodesOfPass = nodesOfPass(options, mostBufferBytes(open));
    this.#search = new DeviceSearch(open, {
      ...options,
      kernels,
      buffers,
      hasScores: this.nodesOfPass > 0,
    });
  }

  /** Stretches that the records lie in, and how many of them are sent each time. */
  get numStretches(): DeviceRecords['numStretches'] {
    return this.#records.numStretches;
  }

  /** Compiles the kernels and brings the records to the device. @throws DeviceFailure */
  static async create(open: OpenDevice, options: DeviceTreeOptions): Promise<DeviceTree> {
    const { layout, countShift, params } = options;
    const buffers = await makeBuffers(open, options);
    let records: DeviceRecords | null = null;
    try {
      records = await makeRecords(open, options);
      const plan = planGroups(layout, groupEntriesOf(open, layout, countShift));
      const facts = {
        ...{ layout, countShift, ...plan },
        minRows: params.minInstancesPerNode,
        histogramLanes: histogramLanesOf(open),
        cutsOfPart: cutsOfPart(layout),
      };
      const kernels = await DeviceKernels.compile(open, treeShaders(facts));
      return new DeviceTree(open, options, kernels, buffers, records, plan);
    } catch (error) {
      for (const buffer of Object.values(buffers)) buffer.destroy();
      records?.destroy();
      throw error;
    }
  }

  /** Brings a tree's gradients, unless they were sent, and, where not all rows are drawn, its rows. */
  async beginTree(
    quantisation: Quantisation,
    slots: number | null,
    drawn: readonly { readonly ids: number; readonly count: number }[] | null,
  ): Promise<void> {
    const { memory, layout, numRows, countShift } = this.#o;
    if (quantisation.countShift !== countShift || quantisation.slotBytes !== layout.slotBytes) {
      throw new RangeError('the widths of sums must stay as they were when kernels were compiled');
    }
    this.#moves = [];
    this.#open.check();
    if (slots !== null) await this.sendSlots(slots, 0, numRows);
    if (drawn === null) {
      this.#uploader.flush();
      this.#fill(this.#buffers.rows, [numRows, 0, 1]);
      return;
    }
    let at = 0;
    for (const { ids, count } of drawn) {
      const numbers = new Uint8Array(memory.buffer, ids, 4 * count);
      await this.#uploader.write(this.#buffers.rows, at, numbers);
      at += 4 * count;
    }
    this.#uploader.flush();
  }

  /** Sends the gradients of so many rows; all that were sent are there once the tree is begun. */
  async sendSlots(slots: number, first: number, count: number): Promise<void> {
    const { memory, layout } = this.#o;
    const offset = layout.slotBytes * first;
    const bytes = new Uint8Array(memory.buffer, slots + offset, layout.slotBytes * count);
    await this.#uploader.write(this.#buffers.slots, offset, bytes);
  }

  /** Builds histograms, then makes parents into the children that were not built. */
  build(
    buildings: readonly Building[],
    siblings: readonly { readonly parent: number; readonly built: number }[],
  ): void {
    const { layout } = this.#o;
    const { slots, rows, places, groups, hist } = this.#buffers;
    const slotBytes = 16 * layout.numCompact;
    const chunks = buildChunks(buildings, chunkRowsOf(buildings), this.#o.numRows);
    for (const { slot } of buildings) this.#commands.clearBuffer(hist, slot * slotBytes, slotBytes);
    if (chunks.length > 0) {
      const table = this.#tables.chunks.write(chunks);
      const size = [chunks.length / 4, this.#numGroups] as const;
      if (buildings.some(({ uncounted }) => uncounted !== undefined)) {
        const { moves, counts } = this.#tables;
        const read = [table, moves.ofSize(0), counts.ofSize(0)];
        this.#kernels.run(this.#commands, 'cutChunks', read, [Math.ceil(size[0] / workgroupSize)]);
      }
      this.#records.forEach(this.#submit, (records, range) => {
        const buffers = [records, slots, rows, places, groups, table, hist, range];
        this.#kernels.run(this.#commands, 'histogram', buffers, size);
      });
    }
    if (siblings.length > 0) {
      const pairs = Uint32Array.from(siblings.flatMap(({ parent, built }) => [parent, built]));
      const steps = Math.ceil((2 * layout.numCompact) / workgroupSize);
      const table = this.#tables.siblings.write(pairs);
      this.#kernels.run(this.#commands, 'subtract', [hist, table], [steps, siblings.length]);
    }
  }

  /** The best float32 score of every feature of so many nodes; at most {@link nodesOfPass}. */
  async scores(nodes: readonly LimitedNode[], address: number): Promise<Scores> {
    const { scores } = await this.search(
      nodes.map((node) => ({ node, mask: null, address })),
      [],
    );
    return scores;
  }

  /**
   * Scores nodes, at most {@link nodesOfPass}, and brings in one go the scores, the entries of each node's best two
   * features, and entries that are wanted whatever the scores are.
   */
  async search(nodes: readonly Scoring[], fetchings: readonly Fetching[]): Promise<Searched> {
    return await this.#search.search(nodes, {
      commands: () => this.#commands,
      submit: this.#submit,
      fetch: (others, take) => this.#fetchWith(fetchings, others, take),
    });
  }

  /** Brings entries of histograms to the host's memory. */
  async fetch(fetchings: readonly Fetching[]): Promise<void> {
    if (fetchings.every(({ mask }) => mask?.every((mark) => mark === 0) === true)) return;
    await this.#fetchWith(fetchings, [], () => undefined);
  }

  /** The same with other stretches; `take` is told where they begin. */
  async #fetchWith<T>(
    fetchings: readonly Fetching[],
    others: readonly Stretch[],
    take: (bytes: ArrayBuffer, starts: readonly number[]) => T,
  ): Promise<T> {
    const { layout, memory } = this.#o;
    const runs: number[] = [];
    const targets: { address: number; word: number; words: number }[] = [];
    let at = 0;
    for (const { slot, mask, address } of fetchings) {
      for (const [first, end] of entryRuns(layout, mask)) {
        const words = 4 * (end - first);
        runs.push(4 * (slot * layout.numCompact + first), words, at, 0);
        targets.push({ address: address + 16 * first, word: at, words });
        at += words;
      }
    }
    const { hist, gathered } = this.#buffers;
    if (at > 0) {
      const table = this.#tables.runs.write(Uint32Array.from(runs));
      this.#kernels.run(this.#commands, 'gather', [hist, table, gathered], [runs.length / 4]);
    }
    const moves = this.#moves;
    const counts = { from: this.#tables.counts.ofSize(0), offset: 0, bytes: 8 * moves.length };
    const own = [{ from: gathered, offset: 0, bytes: 4 * at }, counts];
    return await this.#readback.readAll(this.#takeCommands(), [...own, ...others], (bytes) => {
      this.#takeCounts(new Uint32Array(bytes, 4 * at, 2 * moves.length));
      for (const { address, word, words } of targets) {
        const entries = new Uint32Array(bytes, 4 * word, words);
        new Uint32Array(memory.buffer, address, words).set(entries);
      }
      let start = 4 * at + counts.bytes;
      const starts = others.map((stretch) => {
        start += stretch.bytes;
        return start - stretch.bytes;
      });
      return take(bytes, starts);
    });
  }

  /** Moves rows. How many went left is known with what is fetched next; {@link movedLeft} tells it. */
  move(movings: readonly Moving[]): void {
    // moves before these that nobody waited for: their tables are about to be written again
    if (this.#moves.length > 0) this.#submit();
    this.#moves = [];
    this.#numLeft = movings.map(() => 0);
    if (this.#move(movings) !== null) this.#moves = movings;
  }

  /** How many rows of each pair that was moved last went left. */
  async movedLeft(): Promise<readonly number[]> {
    if (this.#moves.length > 0) await this.#fetchWith([], [], () => undefined);
    return this.#numLeft;
  }

  #move(movings: readonly Moving[]): GpuBuffer | null {
    const { pairs, sides } = moveTables(movings, this.#o.numRows);
    const chunks = this.#chunks(
      movings.map(({ segment }, number) => ({ number, segment })),
      movedRows,
    );
    if (chunks.length === 0) return null;
    const counts = this.#tables.counts.write(new Uint32Array(2 * movings.length));
    const tables = [
      this.#tables.moves.write(pairs),
      this.#tables.sides.write(sides),
      this.#tables.moveChunks.write(chunks),
      counts,
    ];
    const { rows } = this.#buffers;
    this.#records.forEach(this.#submit, (records, range) => {
      const buffers = [records, rows, ...tables, range];
      this.#kernels.run(this.#commands, 'moveRows', buffers, [chunks.length / 4]);
    });
    return counts;
  }

  #takeCounts(counts: Uint32Array): void {
    const moves = this.#moves;
    if (moves.length === 0) return;
    this.#moves = [];
    this.#numLeft = moves.map(({ segment, numLeft }, i) => {
      const left = counts[2 * i] as number;
      if (left + (counts[2 * i + 1] as number) !== segment.count) throw lostRows();
      if (numLeft !== null && numLeft !== left) throw lostRows();
      return left;
    });
  }

  /** Writes each row's leaf to the host's memory, in so many bytes each; rows of no leaf get `others`. */
  async markLeaves(
    leaves: readonly (readonly Segment[])[],
    { bytes, others, address }: { bytes: LeafBytes; others: number; address: number },
  ): Promise<void> {
    const { memory, numRows } = this.#o;
    const { rows, leafOf } = this.#buffers;
    this.#fill(leafOf, [numRows, others, 0]);
    const list = leaves.flatMap((segments, number) =>
      segments.map((segment) => ({ number, segment })),
    );
    const chunks = this.#chunks(list, movedRows);
    if (chunks.length > 0) {
      const table = this.#tables.chunks.write(chunks);
      this.#kernels.run(this.#commands, 'mark', [rows, table, leafOf], [chunks.length / 4]);
    }
    // row numbers are not needed any more
    const from = bytes === 4 ? leafOf : rows;
    if (bytes < 4) {
      const how = this.#tables.packing.write(Uint32Array.of(numRows, 4 / bytes));
      const groups = groupsOf((numRows * bytes) / 4);
      this.#kernels.run(this.#commands, 'pack', [how, leafOf, rows], [groups]);
    }
    await this.#readback.read(this.#takeCommands(), from, bytes * numRows, (range) => {
      const all = new Uint8Array(memory.buffer, address, bytes * numRows);
      all.set(new Uint8Array(range, 0, bytes * numRows));
    });
  }

  /** Frees everything on the device. */
  async destroy(): Promise<void> {
    await this.#search.close();
    for (const buffer of Object.values(this.#buffers) as GpuBuffer[]) buffer.destroy();
    this.#records.destroy();
    for (const table of Object.values(this.#tables)) table.destroy();
    this.#readback.destroy();
    this.#uploader.destroy();
  }

  #fill(buffer: GpuBuffer, how: readonly [words: number, base: number, step: number]): void {
    this.#submit();
    const table = this.#tables.how.write(Uint32Array.from(how));
    this.#kernels.run(this.#commands, 'fill', [table, buffer], [groupsOf(how[0])]);
  }

  #chunks(list: readonly NumberedSegment[], chunkRows: number): Uint32Array<ArrayBuffer> {
    return chunkTable(list, chunkRows, this.#o.numRows);
  }

  /** Commands that are not submitted yet. */
  get #commands(): GpuEncoder {
    this.#encoder ??= this.#open.device.createCommandEncoder();
    return this.#encoder;
  }

  #takeCommands(): GpuEncoder {
    const encoder = this.#commands;
    this.#encoder = null;
    return encoder;
  }

  readonly #submit = (): void => {
    if (this.#encoder !== null) submit(this.#open, this.#takeCommands());
  };
}

function lostRows(): RangeError {
  return new RangeError('a split on the device lost rows');
}
