/**
 * Bytes of the host's memory on their way to the device: copied straight to memory that the device reads by itself,
 * piece by piece, so that one piece travels while the next is copied. Pieces are kept, mapped anew when the device has
 * read them. (What `writeBuffer` takes is copied twice: it takes no shared memory.)
 */
import type { OpenDevice } from './open-device.ts';
import { submit } from './readback.ts';
import { bufferUsage, type GpuBuffer, type GpuEncoder, mapWrite } from './web-gpu.ts';

/** Few enough that the first one is on its way soon, and that the last one does not take long. */
const mostPieceBytes = 4 * 1024 * 1024;
/** Then the first one is waited for. */
const mostPieces = 16;

/** A piece that is being filled. */
interface OpenPiece {
  readonly buffer: GpuBuffer;
  readonly bytes: Uint8Array;
  readonly encoder: GpuEncoder;
  used: number;
}

/** A piece that the device reads. */
interface PieceUnderWay {
  readonly buffer: GpuBuffer;
  mapped: Promise<void>;
  isMapped: boolean;
  failure: unknown;
}

/** See the header. */
export class Uploader {
  readonly #open: OpenDevice;
  readonly #pieceBytes: number;
  readonly #all: GpuBuffer[] = [];
  readonly #underWay: PieceUnderWay[] = [];
  #filled: OpenPiece | null = null;

  /** @param mostBytes of what is written at once */
  constructor(open: OpenDevice, mostBytes: number) {
    this.#open = open;
    this.#pieceBytes = Math.min(mostPieceBytes, 64 * Math.max(1, Math.ceil(mostBytes / 64)));
  }

  /** Writes bytes to a buffer by the next {@link flush} at the latest; offsets and lengths are multiples of 4. */
  async write(to: GpuBuffer, offset: number, bytes: Uint8Array): Promise<void> {
    let from = 0;
    while (from < bytes.length) {
      this.#filled ??= await this.#openPiece();
      const piece = this.#filled;
      const part = bytes.subarray(from, from + this.#pieceBytes - piece.used);
      piece.bytes.set(part, piece.used);
      piece.encoder.copyBufferToBuffer(piece.buffer, piece.used, to, offset + from, part.length);
      piece.used += part.length;
      from += part.length;
      if (piece.used === this.#pieceBytes) this.flush();
    }
    this.#open.traffic.bytesWritten += bytes.length;
  }

  /** Sends what was written, before all commands that are submitted later. */
  flush(): void {
    const piece = this.#filled;
    this.#filled = null;
    if (piece === null) return;
    const { buffer, encoder } = piece;
    buffer.unmap();
    submit(this.#open, encoder);
    const under: PieceUnderWay = {
      ...{ buffer, isMapped: false, failure: undefined },
      mapped: Promise.resolve(),
    };
    under.mapped = buffer.mapAsync(mapWrite, 0, this.#pieceBytes).then(
      () => {
        under.isMapped = true;
      },
      (error: unknown) => {
        under.failure = error;
      },
    );
    this.#underWay.push(under);
  }

  destroy(): void {
    for (const buffer of this.#all) buffer.destroy();
  }

  async #openPiece(): Promise<OpenPiece> {
    const buffer = await this.#mapped();
    const bytes = new Uint8Array(buffer.getMappedRange(0, this.#pieceBytes));
    return { buffer, bytes, used: 0, encoder: this.#open.device.createCommandEncoder() };
  }

  async #mapped(): Promise<GpuBuffer> {
    if (this.#underWay[0]?.isMapped !== true && this.#all.length < mostPieces) {
      const buffer = this.#open.device.createBuffer({
        size: this.#pieceBytes,
        usage: bufferUsage.mapWrite | bufferUsage.copySrc,
        mappedAtCreation: true,
      });
      this.#all.push(buffer);
      return buffer;
    }
    const under = this.#underWay.shift() as PieceUnderWay;
    await under.mapped;
    this.#open.check();
    if (under.failure !== undefined) throw under.failure;
    return under.buffer;
  }
}
