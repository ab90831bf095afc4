/**
 * The bins of all rows of the process on the device. They lie in as many buffers as the limits of a buffer ask for;
 * what the device's memory does not hold is sent through one more buffer each time it is looked at, stretch by
 * stretch. A kernel that reads bins runs once for each stretch and passes over rows of the others: sums of integers
 * and the sides of rows do not ask for an order, so nothing changes.
 */
import { DeviceFailure } from './device-failure.ts';
import type { OpenDevice } from './open-device.ts';
import { upload } from './readback.ts';
import { bufferUsage, type GpuBuffer } from './web-gpu.ts';

/** Where the records are, and what bounds a buffer. */
export interface RecordsPlan {
  readonly memory: WebAssembly.Memory;
  /** Address of the first record, bytes of each, how many. */
  readonly records: number;
  readonly stride: number;
  readonly numRows: number;
  readonly mostBufferBytes: number;
  /** Tests allow so many buffers. */
  readonly mostBuffers?: number | undefined;
}

interface Stretch {
  readonly first: number;
  readonly numRows: number;
  /** uniform uint32[2]: first row, number of rows. */
  readonly range: GpuBuffer;
  /** Null where it is sent each time. */
  buffer: GpuBuffer | null;
}

/** See the header. */
export class DeviceRecords {
  readonly #open: OpenDevice;
  readonly #plan: RecordsPlan;
  readonly #stretches: readonly Stretch[];
  /** The buffer that stretches without one of their own take turns in, and whose turn it was last. */
  #shared: GpuBuffer | null = null;
  #held: Stretch | null = null;

  private constructor(open: OpenDevice, plan: RecordsPlan, stretches: readonly Stretch[]) {
    this.#open = open;
    this.#plan = plan;
    this.#stretches = stretches;
  }

  /** Makes the buffers and fills them. @throws DeviceFailure where not even one can be had */
  static async create(open: OpenDevice, plan: RecordsPlan): Promise<DeviceRecords> {
    const { stride, numRows, mostBufferBytes, mostBuffers = Number.POSITIVE_INFINITY } = plan;
    const rowsOfBuffer = Math.floor(mostBufferBytes / stride);
    if (rowsOfBuffer === 0) {
      throw new DeviceFailure(
        'GPU_UNAVAILABLE',
        `a row's record has ${stride} bytes, and a buffer of this device at most ${mostBufferBytes}`,
      );
    }
    const stretches: Stretch[] = [];
    for (let first = 0; first < Math.max(1, numRows); first += rowsOfBuffer) {
      const count = Math.min(rowsOfBuffer, numRows - first);
      const usage = bufferUsage.uniform | bufferUsage.copyDst;
      const range = open.device.createBuffer({ size: 16, usage });
      open.device.queue.writeBuffer(range, 0, Uint32Array.of(first, count));
      stretches.push({ first, numRows: count, range, buffer: null });
    }
    const records = new DeviceRecords(open, plan, stretches);
    try {
      await records.#makeBuffers(Math.min(mostBuffers, stretches.length));
    } catch (error) {
      records.destroy();
      throw error;
    }
    return records;
  }

  /** Stretches, and those that are sent each time they are looked at. */
  get numStretches(): { readonly numStretches: number; readonly numSent: number } {
    const numSent = this.#stretches.filter(({ buffer }) => buffer === null).length;
    return { numStretches: this.#stretches.length, numSent };
  }

  /**
   * Runs a kernel once for each stretch of rows.
   * @param submit has all commands before carried out before the shared buffer changes
   */
  forEach(submit: () => void, run: (records: GpuBuffer, range: GpuBuffer) => void): void {
    const held = this.#held;
    const order =
      held === null ? this.#stretches : [held, ...this.#stretches.filter((s) => s !== held)];
    for (const stretch of order) {
      if (stretch.buffer === null && stretch !== this.#held) {
        submit();
        this.#fill(this.#shared as GpuBuffer, stretch);
        this.#held = stretch;
      }
      run(stretch.buffer ?? (this.#shared as GpuBuffer), stretch.range);
    }
  }

  /** Frees them. */
  destroy(): void {
    for (const { range, buffer } of this.#stretches) {
      range.destroy();
      buffer?.destroy();
    }
    this.#shared?.destroy();
  }

  async #makeBuffers(most: number): Promise<void> {
    const { numRows, stride } = this.#plan;
    let made = 0;
    let refusal = '';
    while (made < most && refusal === '') {
      const stretch = this.#stretches[made] as Stretch;
      const { device } = this.#open;
      device.pushErrorScope('out-of-memory');
      const size = Math.max(64, Math.ceil((stretch.numRows * stride) / 64) * 64);
      const buffer = device.createBuffer({
        size,
        usage: bufferUsage.storage | bufferUsage.copyDst,
      });
      const error = await device.popErrorScope();
      if (error === null) {
        stretch.buffer = buffer;
        made += 1;
      } else {
        refusal = error.message;
        buffer.destroy();
      }
    }
    if (made === 0) {
      throw new DeviceFailure(
        'GPU_UNAVAILABLE',
        `the device did not give a buffer for ${numRows} rows of ${stride} bytes (${refusal})`,
      );
    }
    if (made < this.#stretches.length) {
      // the first is as large as any
      const first = this.#stretches[0] as Stretch;
      this.#shared = first.buffer;
      first.buffer = null;
    }
    for (const stretch of this.#stretches) {
      if (stretch.buffer !== null) this.#fill(stretch.buffer, stretch);
    }
  }

  #fill(buffer: GpuBuffer, { first, numRows }: Stretch): void {
    const { memory, records, stride } = this.#plan;
    const bytes = new Uint8Array(memory.buffer, records + first * stride, numRows * stride);
    upload(this.#open, buffer, 0, bytes);
  }
}
