/**
 * What lies on the device during a fit beside the records (device-records.ts), and how large each part is: the
 * quantised gradients and the root's rows once a tree, row numbers and leaves, the histograms of open nodes. What does
 * not fit the device's buffers is refused with the numbers before anything is allocated.
 */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import { DeviceFailure } from './device-failure.ts';
import { DeviceRecords } from './device-records.ts';
import type { OpenDevice } from './open-device.ts';
import { picksOfNode, pickWords } from './pick-wgsl.ts';
import { movedRows } from './row-wgsl.ts';
import { cutsOfPart, entryFields, mostHistogramLanes } from './shader-facts.ts';
import { scoreParts } from './split-scores.ts';
import { bufferUsage, type GpuBuffer } from './web-gpu.ts';

/** Sizes that decide. */
export interface DevicePlan {
  readonly layout: BinnedLayout;
  readonly numRows: number;
  readonly poolSlots: number;
  /** Most nodes of a batch. */
  readonly maxNodes: number;
}

/** The large buffers. */
export interface DeviceBuffers {
  readonly slots: GpuBuffer;
  /** Three stretches of row numbers. */
  readonly rows: GpuBuffer;
  readonly leafOf: GpuBuffer;
  readonly hist: GpuBuffer;
  readonly sums: GpuBuffer;
  readonly gathered: GpuBuffer;
  /** Entries of the features that are picked by their scores, and which these are. */
  readonly picked: GpuBuffer;
  readonly picks: GpuBuffer;
  readonly places: GpuBuffer;
  readonly groups: GpuBuffer;
}

/** Nodes whose cuts are looked at in one go; 0 where not even one node's fit a buffer. */
export function nodesOfPass({ layout, maxNodes }: DevicePlan, mostBytes: number): number {
  const nodeBytes = sumsBytes(layout);
  const fit = Math.floor(mostBytes / nodeBytes);
  return layout.places.length > 65_535 ? 0 : Math.min(maxNodes, fit);
}

function sumsBytes(layout: BinnedLayout): number {
  return 16 * scoreParts * cutsOfPart(layout) * Math.max(1, layout.places.length);
}

/** Bytes of each buffer. */
export function bufferBytes(
  plan: DevicePlan,
  mostBytes: number,
): Readonly<Record<keyof DeviceBuffers, number>> {
  const { layout, numRows } = plan;
  return {
    slots: layout.slotBytes * numRows,
    rows: 12 * numRows,
    leafOf: 4 * numRows,
    hist: 16 * layout.numCompact * plan.poolSlots,
    sums: sumsBytes(layout) * nodesOfPass(plan, mostBytes),
    gathered: 16 * layout.numCompact * plan.maxNodes,
    picked: 4 * pickWords(layout) * picksOfNode * nodesOfPass(plan, mostBytes),
    picks: 4 * picksOfNode * nodesOfPass(plan, mostBytes),
    places: 32 * layout.places.length,
    groups: 16 * layout.places.length,
  };
}

const wordsFor: Readonly<Record<string, string>> = {
  slots: 'gradients',
  rows: 'numbers',
  leafOf: 'leaves',
  hist: 'histograms',
};

/** Rows beyond which a kernel that moves them would need more workgroups than WebGPU allows. */
const mostRows = 65_535 * movedRows;

/** Makes them. @throws DeviceFailure with what is needed and what there is */
export async function makeBuffers(open: OpenDevice, plan: DevicePlan): Promise<DeviceBuffers> {
  return await allocateBuffers(open, plan.numRows, bufferBytes(plan, mostBufferBytes(open)));
}

/** Makes buffers of so many bytes. @throws DeviceFailure with what is needed and what there is */
export async function allocateBuffers<Name extends string>(
  open: OpenDevice,
  numRows: number,
  bytesOf: Readonly<Record<Name, number>>,
): Promise<Record<Name, GpuBuffer>> {
  const { device } = open;
  const most = mostBufferBytes(open);
  const sizes = Object.entries<number>(bytesOf);
  if (numRows > mostRows) {
    throw new DeviceFailure(
      'GPU_UNAVAILABLE',
      `a device takes at most ${mostRows} rows of a process; got ${numRows}; use more executors with a GPU each`,
    );
  }
  for (const [name, bytes] of sizes) {
    if (bytes > most) {
      throw new DeviceFailure(
        'GPU_UNAVAILABLE',
        `the ${wordsFor[name] ?? name} of ${numRows} rows need a buffer of ${bytes} bytes, and this device has at most ${most}; ` +
          'use more executors with a GPU each, or fewer rows or columns',
      );
    }
  }
  device.pushErrorScope('out-of-memory');
  const usage = bufferUsage.storage | bufferUsage.copyDst | bufferUsage.copySrc;
  const made = Object.fromEntries(
    sizes.map(([name, bytes]) => [
      name,
      device.createBuffer({ size: Math.max(64, Math.ceil(bytes / 64) * 64), usage }),
    ]),
  );
  const error = await device.popErrorScope();
  if (error !== null) {
    for (const buffer of Object.values(made)) buffer.destroy();
    const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
    throw new DeviceFailure(
      'GPU_UNAVAILABLE',
      `the device did not give ${total} bytes for ${numRows} rows (${error.message})`,
    );
  }
  return made as Record<Name, GpuBuffer>;
}

/** What tests turn: bytes of a buffer of records, and how many buffers there may be. */
export interface RecordLimits {
  readonly bufferBytes?: number | undefined;
  readonly mostBuffers?: number | undefined;
}

/** Brings the records to the device. @throws DeviceFailure */
export async function makeRecords(
  open: OpenDevice,
  plan: {
    readonly layout: BinnedLayout;
    readonly memory: WebAssembly.Memory;
    readonly records: number;
    readonly numRows: number;
    readonly recordLimits: RecordLimits;
  },
): Promise<DeviceRecords> {
  const { layout, memory, records, numRows, recordLimits } = plan;
  const { bufferBytes = Number.POSITIVE_INFINITY, mostBuffers } = recordLimits;
  return await DeviceRecords.create(open, {
    ...{ memory, records, numRows, mostBuffers, stride: layout.stride },
    mostBufferBytes: Math.min(bufferBytes, mostBufferBytes(open)),
  });
}

/** The largest buffer that a kernel may see. */
export function mostBufferBytes({ device }: OpenDevice): number {
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  return Math.min(maxStorageBufferBindingSize as number, maxBufferSize as number);
}

/** Threads of a workgroup that builds histograms. */
export function histogramLanesOf({ device }: OpenDevice): number {
  const { maxComputeInvocationsPerWorkgroup: most, maxComputeWorkgroupSizeX: across } =
    device.limits;
  return Math.min(mostHistogramLanes, most as number, across as number);
}

/** Entries that fit a workgroup's memory. */
export function groupEntriesOf(
  { device }: OpenDevice,
  layout: BinnedLayout,
  shift: number,
): number {
  const bytes = (device.limits.maxComputeWorkgroupStorageSize as number) - 64;
  return Math.floor(bytes / (4 * entryFields(layout, shift)));
}
