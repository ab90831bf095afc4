/** Bytes between the host's shared memory and the device, through buffers that are made once and grown when needed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenDevice } from './open-device.ts';
import { bufferUsage, type GpuBuffer, type GpuEncoder, mapRead } from './web-gpu.ts';

/**
 * What one write takes at a time: shared memory cannot be handed to the device, so it is copied first. Few enough that
 * the copy is still in the processor's cache when the driver takes it.
 */
const pieceBytes = 512 * 1024;

/** A buffer that is replaced by a larger one when it is too small; what it held is lost then. */
export class GrowingBuffer {
  readonly #open: OpenDevice;
  readonly #usage: number;
  #buffer: GpuBuffer | null = null;

  constructor(open: OpenDevice, usage: number) {
    this.#open = open;
    this.#usage = usage;
  }

  /** A buffer of at least so many bytes. */
  ofSize(bytes: number): GpuBuffer {
    const needed = Math.max(64, Math.ceil(bytes / 64) * 64);
    if (this.#buffer !== null && this.#buffer.size >= needed) return this.#buffer;
    const size = Math.max(needed, Math.min(2 * (this.#buffer?.size ?? 0), 2 ** 26));
    this.#buffer?.destroy();
    this.#buffer = this.#open.device.createBuffer({ size, usage: this.#usage });
    return this.#buffer;
  }

  /** Writes words to its front. */
  write(words: Uint32Array): GpuBuffer {
    const buffer = this.ofSize(words.byteLength);
    this.#open.device.queue.writeBuffer(buffer, 0, words);
    this.#open.traffic.bytesWritten += words.byteLength;
    return buffer;
  }

  destroy(): void {
    this.#buffer?.destroy();
    this.#buffer = null;
  }
}

/** After so many bytes the driver is told to begin: what is written waits in its memory until then. */
const startBytes = 64 * 1024 * 1024;

/** Copies bytes of any memory to a buffer; offsets and lengths are multiples of 4. */
export function upload(open: OpenDevice, to: GpuBuffer, offset: number, bytes: Uint8Array): void {
  const piece = new Uint8Array(Math.min(pieceBytes, bytes.length));
  for (let from = 0; from < bytes.length; from += piece.length) {
    const part = bytes.subarray(from, from + piece.length);
    piece.set(part);
    open.device.queue.writeBuffer(to, offset + from, piece, 0, part.length);
    if ((from + piece.length) % startBytes === 0) open.device.queue.submit([]);
  }
  open.traffic.bytesWritten += bytes.length;
}

/** Has the device carry out commands, after those before. */
export function submit(open: OpenDevice, encoder: GpuEncoder): void {
  open.check();
  open.device.queue.submit([encoder.finish()]);
  open.traffic.submits += 1;
}

/** A stretch of a buffer; offset and length are multiples of 4. */
export interface Stretch {
  readonly from: GpuBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/** Reads buffers back. */
export class Readback {
  readonly #open: OpenDevice;
  readonly #staging: GrowingBuffer;

  constructor(open: OpenDevice) {
    this.#open = open;
    this.#staging = new GrowingBuffer(open, bufferUsage.mapRead | bufferUsage.copyDst);
  }

  /** Submits the commands and hands over the first bytes of a buffer as they are afterwards. */
  async read<T>(
    encoder: GpuEncoder,
    from: GpuBuffer,
    bytes: number,
    take: (bytes: ArrayBuffer) => T,
  ): Promise<T> {
    return await this.readAll(encoder, [{ from, offset: 0, bytes }], take);
  }

  /** The same of several stretches, which are handed over side by side. */
  async readAll<T>(
    encoder: GpuEncoder,
    stretches: readonly Stretch[],
    take: (bytes: ArrayBuffer) => T,
  ): Promise<T> {
    const size = stretches.reduce((sum, { bytes }) => sum + Math.ceil(bytes / 4) * 4, 0);
    const staging = this.#staging.ofSize(size);
    let at = 0;
    for (const { from, offset, bytes } of stretches) {
      const length = Math.ceil(bytes / 4) * 4;
      encoder.copyBufferToBuffer(from, offset, staging, at, length);
      at += length;
    }
    submit(this.#open, encoder);
    await staging.mapAsync(mapRead, 0, size).catch((error) => this.#explain(error));
    this.#open.traffic.reads += 1;
    this.#open.traffic.bytesRead += size;
    this.#open.check();
    const taken = take(staging.getMappedRange(0, size));
    staging.unmap();
    return taken;
  }

  /** A lost device refuses to be read a moment before it says that it is lost. */
  async #explain(error: unknown): Promise<never> {
    await Promise.race([this.#open.device.lost, sleep(500, undefined, { ref: false })]);
    this.#open.check();
    throw error;
  }

  destroy(): void {
    this.#staging.destroy();
  }
}
