/**
 * A tree's rows and histograms on the device, and the kernels that work on them. It knows segments and slots, not
 * nodes: which split is taken and which child is built, the backend says (gpu-backend.ts).
 *
 * Commands are submitted in the order of the calls, so that one kernel sees what the ones before it wrote; only
 * what the host has to know is waited for.
 */
import type { BinnedLayout, FeaturePlace } from '../../../binning/binned-layout.ts';
import { writeFeatureTable } from '../../../binning/binned-layout.ts';
import type { Quantisation, SplitParams } from '../../split-params.ts';
import type { Segment } from '../cpu/row-store.ts';
import { DeviceKernels, type ShaderName, treeShaders } from './device-kernels.ts';
import {
  type DeviceBuffers,
  type DevicePlan,
  featureGroups,
  groupEntriesOf,
  makeBuffers,
  mostBufferBytes,
  nodesOfPass,
} from './device-rows.ts';
import { type DeviceNode, nodeLimits, nodeWords, writeNode } from './node-limits.ts';
import type { OpenDevice } from './open-device.ts';
import { GrowingBuffer, Readback, submit, upload } from './readback.ts';
import { movedRows, pairWords } from './row-wgsl.ts';
import { cutsOfPart, mostChunkRows, workgroupSize } from './shader-facts.ts';
import { type Scores, SplitScores, scoreParts } from './split-scores.ts';
import { bufferUsage, type GpuBuffer, type GpuEncoder } from './web-gpu.ts';

/** What a fit brings. */
export interface DeviceTreeOptions extends DevicePlan {
  readonly memory: WebAssembly.Memory;
  /** Address of the records of all rows of the process. */
  readonly records: number;
  readonly params: SplitParams;
  readonly countShift: number;
}

/** A histogram to be built. */
export interface Building {
  readonly slot: number;
  readonly segment: Segment;
}

/** Entries that the host wants: those of the marked places, at an address of the compact histogram. */
export interface Fetching {
  readonly slot: number;
  /** Null for all places. */
  readonly mask: Uint8Array | null;
  readonly address: number;
}

/** A node's rows to be split. */
export interface Moving {
  readonly segment: Segment;
  readonly place: FeaturePlace;
  /** A byte a bin, 1 for left. */
  readonly sides: Uint8Array;
}

type TableName = 'chunks' | 'pairs' | 'nodes' | 'sides' | 'counts' | 'runs' | 'how';

/** See the header. */
export class DeviceTree {
  /** Nodes that one call of scores takes at most; 0: there are too many features for scores. */
  readonly nodesOfPass: number;
  readonly #open: OpenDevice;
  readonly #o: DeviceTreeOptions;
  readonly #kernels: DeviceKernels<ShaderName>;
  readonly #buffers: DeviceBuffers;
  readonly #tables: Readonly<Record<TableName, GrowingBuffer>>;
  readonly #readback: Readback;
  readonly #scores: SplitScores | null;
  readonly #handles = new Map<number, unknown>();
  readonly #numGroups: number;
  #quantisation: Quantisation | null = null;

  private constructor(
    open: OpenDevice,
    options: DeviceTreeOptions,
    kernels: DeviceKernels<ShaderName>,
    buffers: DeviceBuffers,
  ) {
    this.#open = open;
    this.#o = options;
    this.#kernels = kernels;
    this.#buffers = buffers;
    const usage = bufferUsage.storage | bufferUsage.copyDst | bufferUsage.copySrc;
    const table = (): GrowingBuffer => new GrowingBuffer(open, usage);
    this.#tables = {
      chunks: table(),
      pairs: table(),
      nodes: table(),
      sides: table(),
      counts: table(),
      runs: table(),
      how: table(),
    };
    this.#readback = new Readback(open);
    const { layout, countShift } = options;
    const groups = featureGroups(layout, groupEntriesOf(open, layout, countShift));
    this.#numGroups = groups.length / 4;
    open.device.queue.writeBuffer(buffers.groups, 0, groups);
    const places = new Uint32Array(8 * layout.places.length);
    writeFeatureTable(layout, places);
    open.device.queue.writeBuffer(buffers.places, 0, places);
    this.nodesOfPass = nodesOfPass(options, mostBufferBytes(open));
    const shape = { numFeatures: layout.places.length, cutsOfPart: cutsOfPart(layout) };
    this.#scores = this.nodesOfPass === 0 ? null : new SplitScores(open.gpuJs, 'webgpu', shape);
    const bytes = layout.stride * options.numRows;
    upload(open, buffers.records, 0, new Uint8Array(options.memory.buffer, options.records, bytes));
  }

  /** Compiles the kernels and brings the records to the device. @throws DeviceFailure */
  static async create(open: OpenDevice, options: DeviceTreeOptions): Promise<DeviceTree> {
    const { layout, countShift, params } = options;
    const buffers = await makeBuffers(open, options);
    try {
      const facts = {
        layout,
        countShift,
        minRows: params.minInstancesPerNode,
        groupEntries: groupEntriesOf(open, layout, countShift),
        cutsOfPart: cutsOfPart(layout),
      };
      const kernels = await DeviceKernels.compile(open, treeShaders(facts));
      return new DeviceTree(open, options, kernels, buffers);
    } catch (error) {
      for (const buffer of Object.values(buffers)) buffer.destroy();
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
    this.#quantisation = quantisation;
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
    const { records, slots, rows, places, groups, hist } = this.#buffers;
    const slotBytes = 16 * layout.numCompact;
    const chunks = this.#chunks(buildings, (b) => b.slot, chunkRowsOf(buildings));
    const encoder = this.#open.device.createCommandEncoder();
    for (const { slot } of buildings) encoder.clearBuffer(hist, slot * slotBytes, slotBytes);
    if (chunks.length > 0) {
      const table = this.#tables.chunks.write(chunks);
      const buffers = [records, slots, rows, places, groups, table, hist];
      this.#kernels.run(encoder, 'histogram', buffers, [chunks.length / 4, this.#numGroups]);
    }
    if (siblings.length > 0) {
      const pairs = Uint32Array.from(siblings.flatMap(({ parent, built }) => [parent, built]));
      const steps = Math.ceil((2 * layout.numCompact) / workgroupSize);
      const table = this.#tables.pairs.write(pairs);
      this.#kernels.run(encoder, 'subtract', [hist, table], [steps, siblings.length]);
    }
    this.#submit(encoder);
  }

  /** The best float32 score of every feature of so many nodes; at most {@link nodesOfPass}. */
  async scores(nodes: readonly DeviceNode[]): Promise<Scores> {
    const { layout, params } = this.#o;
    const { hist, places, sums } = this.#buffers;
    const words = new Uint32Array(nodeWords * nodes.length);
    const lambda = new Float32Array(nodes.length);
    nodes.forEach((node, i) => {
      const limits = nodeLimits(node, params, this.#quantisation as Quantisation);
      writeNode(words, i, node, limits);
      lambda[i] = limits.lambda;
    });
    const encoder = this.#open.device.createCommandEncoder();
    const table = this.#tables.nodes.write(words);
    const numPlaces = layout.places.length;
    this.#kernels.run(encoder, 'cumulate', [hist, places, table, sums], [numPlaces, nodes.length]);
    this.#submit(encoder);
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
    const encoder = this.#open.device.createCommandEncoder();
    const table = this.#tables.runs.write(Uint32Array.from(runs));
    this.#kernels.run(encoder, 'gather', [hist, table, gathered], [runs.length / 4]);
    await this.#readback.read(encoder, gathered, 4 * at, (bytes) => {
      for (const { address, word, words } of targets) {
        new Uint32Array(memory.buffer, address, words).set(new Uint32Array(bytes, 4 * word, words));
      }
    });
  }

  /** Moves rows; returns how many of each went left. */
  async partition(movings: readonly Moving[]): Promise<number[]> {
    const { numRows } = this.#o;
    const pairs = new Uint32Array(pairWords * movings.length);
    let sideBytes = 0;
    movings.forEach(({ segment, place, sides }, i) => {
      const to = otherBuffer(segment) * numRows + segment.start;
      pairs.set([place.offset, place.width, sideBytes, to, segment.count], pairWords * i);
      sideBytes += 4 * Math.ceil(sides.length / 4);
    });
    const sidesOfAll = new Uint8Array(sideBytes);
    movings.forEach(({ sides }, i) => {
      sidesOfAll.set(sides, pairs[pairWords * i + 2]);
    });
    const chunks = this.#chunks(movings, (_, i) => i, movedRows);
    if (chunks.length === 0) return movings.map(() => 0);
    const counts = this.#tables.counts.write(new Uint32Array(2 * movings.length));
    const encoder = this.#open.device.createCommandEncoder();
    const tables = [
      this.#tables.pairs.write(pairs),
      this.#tables.sides.write(new Uint32Array(sidesOfAll.buffer)),
      this.#tables.chunks.write(chunks),
      counts,
    ];
    const { records, rows } = this.#buffers;
    this.#kernels.run(encoder, 'moveRows', [records, rows, ...tables], [chunks.length / 4]);
    const bytes = 8 * movings.length;
    const moved = await this.#readback.read(
      encoder,
      counts,
      bytes,
      (range) => new Uint32Array(range.slice(0, bytes)),
    );
    return movings.map(({ segment }, i) => {
      const left = moved[2 * i] as number;
      if (left + (moved[2 * i + 1] as number) !== segment.count) {
        throw new RangeError('a split on the device lost rows');
      }
      return left;
    });
  }

  /** Writes each row's leaf to the host's memory; rows of no leaf get `others`. */
  async markLeaves(leaves: readonly Segment[], others: number, address: number): Promise<void> {
    const { memory, numRows } = this.#o;
    const { rows, leafOf } = this.#buffers;
    this.#fill(leafOf, [numRows, others, 0]);
    const list = leaves.map((segment) => ({ segment }));
    const chunks = this.#chunks(list, (_, i) => i, mostChunkRows);
    const encoder = this.#open.device.createCommandEncoder();
    if (chunks.length > 0) {
      const table = this.#tables.chunks.write(chunks);
      this.#kernels.run(encoder, 'mark', [rows, table, leafOf], [chunks.length / 4]);
    }
    await this.#readback.read(encoder, leafOf, 4 * numRows, (bytes) => {
      new Uint32Array(memory.buffer, address, numRows).set(new Uint32Array(bytes, 0, numRows));
    });
  }

  /** Frees everything on the device. */
  async destroy(): Promise<void> {
    await this.#scores?.close();
    for (const buffer of Object.values(this.#buffers) as GpuBuffer[]) buffer.destroy();
    for (const table of Object.values(this.#tables)) table.destroy();
    this.#readback.destroy();
  }

  #fill(buffer: GpuBuffer, how: readonly [words: number, base: number, step: number]): void {
    const encoder = this.#open.device.createCommandEncoder();
    const table = this.#tables.how.write(Uint32Array.from(how));
    const groups = Math.min(4096, Math.ceil(how[0] / workgroupSize));
    this.#kernels.run(encoder, 'fill', [table, buffer], [groups]);
    this.#submit(encoder);
  }

  #submit(encoder: GpuEncoder): void {
    submit(this.#open, encoder);
  }

  /** A table of chunks of rows: a number, and where the chunk begins and ends among all three stretches. */
  #chunks<T extends { readonly segment: Segment }>(
    list: readonly T[],
    numberOf: (item: T, index: number) => number,
    chunkRows: number,
  ): Uint32Array<ArrayBuffer> {
    const { numRows } = this.#o;
    const words: number[] = [];
    list.forEach((item, i) => {
      const { buffer, start, count } = item.segment;
      const first = buffer * numRows + start;
      for (let from = 0; from < count; from += chunkRows) {
        const end = first + Math.min(count, from + chunkRows);
        words.push(numberOf(item, i), first + from, end, 0);
      }
    });
    return Uint32Array.from(words);
  }
}

/** Where a segment's rows go when it is split. */
export function otherBuffer({ buffer }: Segment): 1 | 2 {
  return buffer === 1 ? 2 : 1;
}

/** Few rows are cut into small chunks, so that many workgroups have some; each must flush its sums. */
function chunkRowsOf(buildings: readonly Building[]): number {
  const total = buildings.reduce((sum, { segment }) => sum + segment.count, 0);
  const even = workgroupSize * Math.ceil(total / 512 / workgroupSize);
  return Math.max(2048, Math.min(mostChunkRows, even));
}

/** Entries of marked places, neighbours together. */
function entryRuns(layout: BinnedLayout, mask: Uint8Array | null): [number, number][] {
  if (mask === null) return [[0, layout.numCompact]];
  const runs: [number, number][] = [];
  layout.places.forEach(({ firstCompact, numValueBins }, p) => {
    if (mask[p] === 0) return;
    const end = firstCompact + numValueBins + 1;
    const last = runs.at(-1);
    if (last !== undefined && last[1] === firstCompact) last[1] = end;
    else runs.push([firstCompact, end]);
  });
  return runs;
}
