/**
 * Bytes of the host's memory on their way to the device, once a tree: copied straight to memory that the device reads
 * by itself, piece by piece, so that one piece travels while the next is copied. Pieces are kept, mapped anew when the
 * device has read them. (What `writeBuffer` takes is copied twice: it takes no shared memory.)
 */
import type { OpenDevice } from './open-device.ts';
import { submit } from './readback.ts';
import { bufferUsage, type GpuBuffer, mapWrite } from './web-gpu.ts';

/** Few enough that the first one is on its way soon, and that the last one does not take long. */
const pieceBytes = 4 * 1024 * 1024;
/** Then the first one is waited for. */
const mostPieces = 16;

/** A piece that the device reads. */
interface UnderWay {
  readonly piece: GpuBuffer;
  mapped: Promise<void>;
  isMapped: boolean;
  failure: unknown;
}

/** See the header. */
export class Uploader {
  readonly #open: OpenDevice;
  readonly #pieceBytes: number;
  /** All of them; those that the device reads, in their order, and when it has. */
  readonly #pieces: GpuBuffer[] = [];
  readonly #under: UnderWay[] = [];

  /** @param mostBytes of what is written at once */
  constructor(open: OpenDevice, mostBytes: number) {
    this.#open = open;
    this.#pieceBytes = Math.min(pieceBytes, 64 * Math.max(1, Math.ceil(mostBytes / 64)));
  }

  /** Writes bytes to a buffer, before all commands that are submitted later; offsets and lengths are multiples of 4. */
  async write(to: GpuBuffer, offset: number, bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; from += this.#pieceBytes) {
      const part = bytes.subarray(from, from + this.#pieceBytes);
      const piece = await this.#free();
      new Uint8Array(piece.getMappedRange(0, this.#pieceBytes)).set(part);
      piece.unmap();
      const encoder = this.#open.device.createCommandEncoder();
      encoder.copyBufferToBuffer(piece, 0, to, offset + from, part.length);
      submit(this.#open, encoder);
      this.#keep(piece);
    }
    this.#open.traffic.bytesWritten += bytes.length;
  }

  destroy(): void {
    for (const piece of this.#pieces) piece.destroy();
  }

  #keep(piece: GpuBuffer): void {
    const under: UnderWay = {
      piece,
      failure: undefined,
      isMapped: false,
      mapped: Promise.resolve(),
    };
    under.mapped = piece.mapAsync(mapWrite, 0, this.#pieceBytes).then(
      () => {
        under.isMapped = true;
      },
      (error: unknown) => {
        under.failure = error;
      },
    );
    this.#under.push(under);
  }

  async #free(): Promise<GpuBuffer> {
    if (this.#under[0]?.isMapped !== true && this.#pieces.length < mostPieces) {
      const piece = this.#open.device.createBuffer({
        size: this.#pieceBytes,
        usage: bufferUsage.mapWrite | bufferUsage.copySrc,
        mappedAtCreation: true,
      });
      this.#pieces.push(piece);
      return piece;
    }
    const under = this.#under.shift() as UnderWay;
    await under.mapped;
    this.#open.check();
    if (under.failure !== undefined) throw under.failure;
    return under.piece;
  }
}
