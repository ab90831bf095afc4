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
import { type GroupPlan, planGroups } from './feature-groups.ts';
import { type LimitedNode, nodeWords, writeNode } from './node-limits.ts';
import type { OpenDevice } from './open-device.ts';
import type { LeafBytes } from './packed-leaves.ts';
import { GrowingBuffer, Readback, submit, upload } from './readback.ts';
import {
  type Building,
  chunkRowsOf,
  chunkTable,
  entryRuns,
  type Moving,
  moveTables,
  type NumberedSegment,
} from './row-chunks.ts';
import { movedRows } from './row-wgsl.ts';
import { cutsOfPart, workgroupSize } from './shader-facts.ts';
import { type Scores, SplitScores, scoreParts } from './split-scores.ts';
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
  ...['chunks', 'siblings', 'nodes', 'runs', 'how', 'packing'],
  ...['moves', 'moveChunks', 'sides', 'counts'],
] as const;
type TableName =
  | ('chunks' | 'siblings' | 'nodes' | 'runs' | 'how' | 'packing')
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
  readonly #scores: SplitScores | null;
  readonly #handles = new Map<number, unknown>();
  readonly #numGroups: number;
  #encoder: GpuEncoder | null = null;
  /** What the counts of moves that are under way must be. */
  #expected: readonly number[] = [];

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
    const { layout } = options;
    this.#numGroups = groups.length / 4;
    open.device.queue.writeBuffer(buffers.groups, 0, groups);
    const places = new Uint32Array(8 * layout.places.length);
    writeFeatureTable(layout, places);
    open.device.queue.writeBuffer(buffers.places, 0, places);
    this.nodesOfPass = nodesOfPass(options, mostBufferBytes(open));
    const shape = { numFeatures: layout.places.length, cutsOfPart: cutsOfPart(layout) };
    this.#scores = this.nodesOfPass === 0 ? null : new SplitScores(open.gpuJs, 'webgpu', shape);
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

  /** Brings a tree's gradients and, where not all rows are drawn, its rows. */
  beginTree(
    quantisation: Quantisation,
    slots: number,
    drawn: readonly { readonly ids: number; readonly count: number }[] | null,
  ): void {
    const { memory, layout, numRows, countShift } = this.#o;
    if (quantisation.countShift !== countShift || quantisation.slotBytes !== layout.slotBytes) {
      throw new RangeError('the widths of sums must stay as they were when kernels were compiled');
    }
    this.#expected = [];
    this.#open.check();
    const bytes = new Uint8Array(memory.buffer, slots, layout.slotBytes * numRows);
    upload(this.#open, this.#buffers.slots, 0, bytes);
    if (drawn === null) {
      this.#fill(this.#buffers.rows, [numRows, 0, 1]);
      return;
    }
    let at = 0;
    for (const { ids, count } of drawn) {
      upload(this.#open, this.#buffers.rows, at, new Uint8Array(memory.buffer, ids, 4 * count));
      at += 4 * count;
    }
  }

  /** Builds histograms, then makes parents into the children that were not built. */
  build(
    buildings: readonly Building[],
    siblings: readonly { readonly parent: number; readonly built: number }[],
  ): void {
    const { layout } = this.#o;
    const { slots, rows, places, groups, hist } = this.#buffers;
    const slotBytes = 16 * layout.numCompact;
    const chunks = this.#chunks(
      buildings.map(({ slot, segment }) => ({ number: slot, segment })),
      chunkRowsOf(buildings),
    );
    for (const { slot } of buildings) this.#commands.clearBuffer(hist, slot * slotBytes, slotBytes);
    if (chunks.length > 0) {
      const table = this.#tables.chunks.write(chunks);
      const size = [chunks.length / 4, this.#numGroups] as const;
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
  async scores(nodes: readonly LimitedNode[]): Promise<Scores> {
    const { layout } = this.#o;
    const { hist, places, sums } = this.#buffers;
    const words = new Uint32Array(nodeWords * nodes.length);
    const lambda = new Float32Array(nodes.length);
    nodes.forEach((node, i) => {
      writeNode(words, i, node);
      lambda[i] = node.limits.lambda;
    });
    const table = this.#tables.nodes.write(words);
    const numPlaces = layout.places.length;
    const buffers = [hist, places, table, sums];
    this.#kernels.run(this.#commands, 'cumulate', buffers, [numPlaces, nodes.length]);
    this.#submit();
    let handle = this.#handles.get(nodes.length);
    if (handle === undefined) {
      const cuts = 4 * scoreParts * cutsOfPart(layout);
      handle = this.#open.wrap(sums, [numPlaces, cuts, nodes.length]);
      this.#handles.set(nodes.length, handle);
    }
    const scores = await (this.#scores as SplitScores).find(handle, lambda);
    // gpu.js submits once and reads once
    this.#open.traffic.submits += 1;
    this.#open.traffic.reads += 1;
    this.#open.traffic.bytesRead += 4 * numPlaces * scoreParts * nodes.length;
    this.#open.check();
    return scores;
  }

  /** Brings entries of histograms to the host's memory. */
  async fetch(fetchings: readonly Fetching[]): Promise<void> {
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
    if (at === 0) return;
    const { hist, gathered } = this.#buffers;
    const table = this.#tables.runs.write(Uint32Array.from(runs));
    this.#kernels.run(this.#commands, 'gather', [hist, table, gathered], [runs.length / 4]);
    const moved = { from: this.#tables.counts.ofSize(0), bytes: 4 * this.#expected.length };
    await this.#readback.readAll(
      this.#takeCommands(),
      [
        { from: gathered, offset: 0, bytes: 4 * at },
        { ...moved, offset: 0 },
      ],
      (bytes) => {
        this.#checkMoves(new Uint32Array(bytes, 4 * at, this.#expected.length));
        for (const { address, word, words } of targets) {
          const entries = new Uint32Array(bytes, 4 * word, words);
          new Uint32Array(memory.buffer, address, words).set(entries);
        }
      },
    );
  }

  /** Moves rows; returns how many of each went left. */
  async partition(movings: readonly Moving[]): Promise<readonly number[]> {
    // moves before these that nobody waited for: their tables are about to be written again
    if (this.#expected.length > 0) this.#submit();
    this.#expected = [];
    const counts = this.#move(movings);
    if (counts === null) return movings.map(() => 0);
    const known = movings.flatMap(({ numLeft }) => (numLeft === null ? [] : [numLeft]));
    if (known.length === movings.length) {
      this.#expected = movings.flatMap(({ segment }, i) => {
        const left = known[i] as number;
        return [left, segment.count - left];
      });
      return known;
    }
    const bytes = 8 * movings.length;
    const moved = await this.#readback.read(
      this.#takeCommands(),
      counts,
      bytes,
      (range) => new Uint32Array(range.slice(0, bytes)),
    );
    return movings.map(({ segment }, i) => {
      const left = moved[2 * i] as number;
      if (left + (moved[2 * i + 1] as number) !== segment.count) throw lostRows();
      return left;
    });
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

  #checkMoves(counts: Uint32Array): void {
    const expected = this.#expected;
    this.#expected = [];
    if (expected.some((count, i) => counts[i] !== count)) throw lostRows();
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
    await this.#scores?.close();
    for (const buffer of Object.values(this.#buffers) as GpuBuffer[]) buffer.destroy();
    this.#records.destroy();
    for (const table of Object.values(this.#tables)) table.destroy();
    this.#readback.destroy();
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

/** Workgroups for so many words. */
function groupsOf(words: number): number {
  return Math.max(1, Math.min(4096, Math.ceil(words / workgroupSize)));
}

function lostRows(): RangeError {
  return new RangeError('a split on the device lost rows');
}
