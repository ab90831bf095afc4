/**
 * The rows of a forest's tree on the device. Row numbers move between two stretches of a buffer as nodes are split
 * (even levels in the first), records and slots stay where they are:
 *
 *   records  the bins of all rows of the process, once a fit
 *   slots    target and weight of each row as often as the tree under way drew it, by row number
 *   rows     uint32[2][numRows]
 *   hist     the histograms of a batch of nodes, in the bytes that the host's kernels scan
 *
 * A batch of nodes is one submit and one wait: rows move to the nodes, their histograms are built, and these come to
 * the host together with the numbers of rows that are to go on there.
 */
import type { BinnedLayout, FeaturePlace } from '../../../binning/binned-layout.ts';
import { entryWords, type ForestSetting } from '../cpu/forest-plan.ts';
import { asFailure, DeviceFailure } from './device-failure.ts';
import { DeviceKernels } from './device-kernels.ts';
import type { DeviceRecords } from './device-records.ts';
import { allocateBuffers, makeRecords, mostBufferBytes, type RecordLimits } from './device-rows.ts';
import { direct, forestFields, forestHistogramShader, mostGroupsAcross } from './forest-wgsl.ts';
import type { OpenDevice } from './open-device.ts';
import { GrowingBuffer, Readback, type Stretch, submit, upload } from './readback.ts';
import { movedRows, moveRowsShader, pairWords } from './row-wgsl.ts';
import { mostChunkRows, workgroupSize } from './shader-facts.ts';
import { bufferUsage, type GpuBuffer, type GpuEncoder } from './web-gpu.ts';

/** What a fit brings. */
export interface DeviceForestOptions {
  readonly layout: BinnedLayout;
  readonly setting: ForestSetting;
  readonly memory: WebAssembly.Memory;
  /** Address of the records of all rows of the process, and how many there are. */
  readonly records: number;
  readonly numRows: number;
  /** Bytes of a node's histogram, and how many nodes the host has room for. */
  readonly histogramBytes: number;
  readonly maxNodes: number;
  /** Tests have the device lost after so many batches. */
  readonly loseAfter: number | null;
  /** Tests have records lie in small buffers, and in few. */
  readonly recordLimits: RecordLimits;
}

/** Rows [start, start + count) of the tree's rows, in one of the two stretches. */
export interface RowRun {
  readonly stretch: 0 | 1;
  readonly start: number;
  readonly count: number;
}

/** A node whose rows go to its children. */
export interface RowMove extends RowRun {
  readonly place: FeaturePlace;
  /** A byte a bin, 1 for left. */
  readonly sides: Uint8Array;
  /** Rows that must turn out to go left; null where only the device knows. */
  readonly numLeft: number | null;
}

/** A node whose histogram is wanted: its features, with their first entries in it. */
export interface NodeBuild extends RowRun {
  readonly features: readonly { readonly place: FeaturePlace; readonly firstEntry: number }[];
}

/** A node whose row numbers are wanted. */
export interface RowFetch extends RowRun {
  take(ids: Uint32Array): void;
}

/** What is done in one go; the i-th histogram goes to `histograms` + i · histogramBytes. */
export interface DeviceBatch {
  readonly moves: readonly RowMove[];
  readonly builds: readonly NodeBuild[];
  readonly fetches: readonly RowFetch[];
  readonly histograms: number;
}

type BufferName = 'slots' | 'rows' | 'hist';
type TableName = 'work' | 'features' | 'pairs' | 'sides' | 'chunks' | 'counts';
type Kernel = 'moveRows' | 'forestHistogram';

/** See the header. */
export class DeviceForest {
  /** Nodes of a batch. */
  readonly nodesAtOnce: number;
  readonly #open: OpenDevice;
  readonly #o: DeviceForestOptions;
  readonly #kernels: DeviceKernels<Kernel>;
  readonly #buffers: Readonly<Record<BufferName, GpuBuffer>>;
  readonly #tables: Readonly<Record<TableName, GrowingBuffer>>;
  readonly #records: DeviceRecords;
  readonly #readback: Readback;
  readonly #groupEntries: number;
  #encoder: GpuEncoder | null = null;
  #numBatches = 0;

  private constructor(
    open: OpenDevice,
    options: DeviceForestOptions,
    kernels: DeviceKernels<Kernel>,
    buffers: Readonly<Record<BufferName, GpuBuffer>>,
    records: DeviceRecords,
  ) {
    this.#open = open;
    this.#o = options;
    this.#kernels = kernels;
    this.#buffers = buffers;
    this.#records = records;
    this.nodesAtOnce = nodesAtOnce(open, options);
    this.#groupEntries = groupEntriesOf(open, options.setting);
    const usage = bufferUsage.storage | bufferUsage.copyDst | bufferUsage.copySrc;
    const table = (): GrowingBuffer => new GrowingBuffer(open, usage);
    this.#tables = {
      work: table(),
      features: table(),
      pairs: table(),
      sides: table(),
      chunks: table(),
      counts: table(),
    };
    this.#readback = new Readback(open);
  }

  /** Stretches that the records lie in, and how many of them are sent each time. */
  get numStretches(): DeviceRecords['numStretches'] {
    return this.#records.numStretches;
  }

  /** Compiles the kernels and brings the records to the device. @throws DeviceFailure */
  static async create(open: OpenDevice, options: DeviceForestOptions): Promise<DeviceForest> {
    const { layout, setting, numRows, histogramBytes } = options;
    const buffers = await allocateBuffers<BufferName>(open, numRows, {
      slots: layout.slotBytes * numRows,
      rows: 8 * numRows,
      hist: nodesAtOnce(open, options) * histogramBytes,
    });
    let records: DeviceRecords | null = null;
    try {
      records = await makeRecords(open, options);
      const kernels = await DeviceKernels.compile<Kernel>(open, {
        moveRows: moveRowsShader({
          layout,
          countShift: setting.countShift,
          minRows: 0,
          ...{ groups: new Uint32Array(0), groupEntries: 0, histogramLanes: 0 },
          cutsOfPart: 0,
        }),
        forestHistogram: forestHistogramShader({
          kind: setting.kind,
          numClasses: setting.numClasses,
          countShift: setting.countShift,
          stride: layout.stride,
          groupEntries: groupEntriesOf(open, setting),
        }),
      });
      return new DeviceForest(open, options, kernels, buffers, records);
    } catch (error) {
      for (const buffer of Object.values(buffers)) buffer.destroy();
      records?.destroy();
      throw error;
    }
  }

  /** Brings a tree's slots, by row number, and the rows that it drew. */
  beginTree(slots: Uint32Array, rows: Uint32Array): void {
    try {
      this.#open.check();
      upload(this.#open, this.#buffers.slots, 0, bytesOf(slots));
      upload(this.#open, this.#buffers.rows, 0, bytesOf(rows));
    } catch (error) {
      throw asFailure(error);
    }
  }

  /**
   * One submit and one wait; more where a level has more nodes than one dispatch has workgroups.
   * @returns rows that each move sent to the left
   */
  async carryOut(batch: DeviceBatch): Promise<readonly number[]> {
    try {
      return await this.#carryOutParts(batch);
    } catch (error) {
      throw asFailure(error);
    }
  }

  async #carryOutParts(batch: DeviceBatch): Promise<readonly number[]> {
    let chunks = 0;
    let from = 0;
    batch.moves.forEach(({ count }, i) => {
      chunks += Math.ceil(count / movedRows);
      if (chunks <= mostGroupsAcross) return;
      from = i;
      chunks = 0;
    });
    if (from === 0) return await this.#carryOut(batch);
    const none = { builds: [], fetches: [], histograms: 0 };
    const first = await this.#carryOutParts({ ...none, moves: batch.moves.slice(0, from) });
    return [...first, ...(await this.#carryOut({ ...batch, moves: batch.moves.slice(from) }))];
  }

  async #carryOut({ moves, builds, fetches, histograms }: DeviceBatch): Promise<number[]> {
    const { histogramBytes, memory } = this.#o;
    const { hist, rows } = this.#buffers;
    const stretches: Stretch[] = [];
    if (moves.length > 0) stretches.push(this.#move(moves));
    const builtBytes = builds.length * histogramBytes;
    if (builds.length > 0) {
      this.#build(builds);
      stretches.push({ from: hist, offset: 0, bytes: builtBytes });
    }
    for (const fetch of fetches) {
      stretches.push({ from: rows, offset: 4 * this.#first(fetch), bytes: 4 * fetch.count });
    }
    if (stretches.length === 0) return [];
    this.#numBatches += 1;
    if (this.#numBatches === this.#o.loseAfter) this.#open.lose();
    const encoder = this.#commands;
    this.#encoder = null;
    return await this.#readback.readAll(encoder, stretches, (bytes) => {
      const numLeft = checkedMoves(moves, new Uint32Array(bytes, 0, 2 * moves.length));
      let at = 8 * moves.length;
      const built = new Uint32Array(bytes, at, builtBytes / 4);
      new Uint32Array(memory.buffer, histograms, built.length).set(built);
      at += builtBytes;
      for (const { count, take } of fetches) {
        take(new Uint32Array(bytes, at, count));
        at += 4 * count;
      }
      return numLeft;
    });
  }

  /** Frees everything on the device. */
  destroy(): void {
    for (const buffer of Object.values(this.#buffers)) buffer.destroy();
    this.#records.destroy();
    for (const table of Object.values(this.#tables)) table.destroy();
    this.#readback.destroy();
  }

  #first({ stretch, start }: RowRun): number {
    return stretch * this.#o.numRows + start;
  }

  /** Commands that are not submitted yet. */
  get #commands(): GpuEncoder {
    this.#encoder ??= this.#open.device.createCommandEncoder();
    return this.#encoder;
  }

  readonly #submit = (): void => {
    if (this.#encoder !== null) submit(this.#open, this.#encoder);
    this.#encoder = null;
  };

  #move(moves: readonly RowMove[]): Stretch {
    const pairs = new Uint32Array(pairWords * moves.length);
    const chunks: number[] = [];
    let sideBytes = 0;
    moves.forEach((move, i) => {
      const { place, count, sides } = move;
      const other = { ...move, stretch: move.stretch === 0 ? 1 : 0 } as const;
      pairs.set([place.offset, place.width, sideBytes, this.#first(other), count], pairWords * i);
      sideBytes += 4 * Math.ceil(sides.length / 4);
      const first = this.#first(move);
      for (let from = 0; from < count; from += movedRows) {
        chunks.push(i, first + from, first + Math.min(count, from + movedRows), 0);
      }
    });
    const sidesOfAll = new Uint8Array(sideBytes);
    moves.forEach(({ sides }, i) => {
      sidesOfAll.set(sides, pairs[pairWords * i + 2]);
    });
    const counts = this.#tables.counts.write(new Uint32Array(2 * moves.length));
    const tables = [
      this.#tables.pairs.write(pairs),
      this.#tables.sides.write(new Uint32Array(sidesOfAll.buffer)),
      this.#tables.chunks.write(Uint32Array.from(chunks)),
      counts,
    ];
    const { rows } = this.#buffers;
    this.#records.forEach(this.#submit, (records, range) => {
      const buffers = [records, rows, ...tables, range];
      this.#kernels.run(this.#commands, 'moveRows', buffers, [chunks.length / 4]);
    });
    return { from: counts, offset: 0, bytes: 8 * moves.length };
  }

  #build(builds: readonly NodeBuild[]): void {
    const { histogramBytes, setting } = this.#o;
    const { slots, rows, hist } = this.#buffers;
    const entryU32s = 2 * entryWords(setting);
    const features: number[] = [];
    const work: number[] = [];
    const chunkRows = chunkRowsOf(builds);
    builds.forEach((build, i) => {
      const runs: [number, number][] = [];
      let taken = Number.POSITIVE_INFINITY;
      for (const { place, firstEntry } of build.features) {
        const numEntries = place.missingEntry + 1;
        const fits = numEntries <= this.#groupEntries;
        const at = features.length / 4;
        if (!fits || taken + numEntries > this.#groupEntries) {
          runs.push([at, at + 1]);
          taken = 0;
        } else (runs.at(-1) as [number, number])[1] = at + 1;
        const first = (i * histogramBytes) / 4 + firstEntry * entryU32s;
        features.push(2 * place.offset + place.width - 1, first, fits ? taken : direct, numEntries);
        taken = fits ? taken + numEntries : Number.POSITIVE_INFINITY;
      }
      const first = this.#first(build);
      for (let from = 0; from < build.count; from += chunkRows) {
        const end = first + Math.min(build.count, from + chunkRows);
        for (const [begin, behind] of runs) work.push(first + from, end, begin, behind);
      }
    });
    const lines = work.length / 4;
    const across = Math.min(lines, mostGroupsAcross);
    const down = Math.ceil(lines / across);
    const padded = new Uint32Array(4 * across * down);
    padded.set(work);
    this.#commands.clearBuffer(hist, 0, builds.length * histogramBytes);
    const tables = [
      this.#tables.work.write(padded),
      this.#tables.features.write(Uint32Array.from(features)),
    ];
    this.#records.forEach(this.#submit, (records, range) => {
      const buffers = [records, slots, rows, ...tables, hist, range];
      this.#kernels.run(this.#commands, 'forestHistogram', buffers, [across, down]);
    });
  }
}

function checkedMoves(moves: readonly RowMove[], counts: Uint32Array): number[] {
  return moves.map(({ numLeft, count }, i) => {
    const left = counts[2 * i] as number;
    if (left !== (numLeft ?? left) || left + (counts[2 * i + 1] as number) !== count) {
      throw new RangeError('a split on the device lost rows');
    }
    return left;
  });
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

function nodesAtOnce(open: OpenDevice, { maxNodes, histogramBytes }: DeviceForestOptions): number {
  const most = mostBufferBytes(open);
  const fit = Math.min(maxNodes, Math.floor(most / histogramBytes));
  if (fit > 0) return fit;
  throw new DeviceFailure(
    'GPU_UNAVAILABLE',
    `a node's histogram needs ${histogramBytes} bytes, and a buffer of this device has at most ${most}`,
  );
}

function groupEntriesOf({ device }: OpenDevice, setting: ForestSetting): number {
  const bytes = device.limits.maxComputeWorkgroupStorageSize as number;
  return Math.floor(bytes / (4 * forestFields(setting)));
}

/** Few rows are cut into small chunks, so that many workgroups have some; each must flush its sums. */
function chunkRowsOf(builds: readonly NodeBuild[]): number {
  const total = builds.reduce((sum, { count }) => sum + count, 0);
  const even = workgroupSize * Math.ceil(total / 512 / workgroupSize);
  return Math.max(2048, Math.min(mostChunkRows, even));
}
