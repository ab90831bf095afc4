/**
 * What goes over a connection: frames, each with a head that says how long it is.
 *
 *   | bytes of payload u32 | kind u32 | sequence u32 | payload …      little-endian
 *
 * The sequence counts the meetings of a gang, so that processes that went different ways are found out.
 */
import { CoppiceError } from '../../base/errors.ts';

/** Kinds of frames. */
export const frameKind = {
  hello: 1,
  barrier: 2,
  allgather: 3,
  exchange: 4,
  failed: 5,
  bye: 6,
} as const;

/** The number of a kind. */
export type FrameKind = (typeof frameKind)[keyof typeof frameKind];

/** A frame as it was received; the payload in the pieces that the socket gave. */
export interface Frame {
  readonly kind: number;
  readonly sequence: number;
  readonly bytes: number;
  readonly payload: readonly Uint8Array[];
}

/** Bytes of a frame's head. */
export const headBytes = 12;

/** The longest payload of a member of the gang. */
export const maxPayloadBytes = 2 ** 31;

/** The head of a frame. */
export function frameHead(kind: FrameKind, sequence: number, bytes: number): Uint8Array {
  const head = new Uint8Array(headBytes);
  const view = new DataView(head.buffer);
  view.setUint32(0, bytes, true);
  view.setUint32(4, kind, true);
  view.setUint32(8, sequence, true);
  return head;
}

/** The payload as one array. */
export function joinPayload(frame: Frame): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(frame.bytes);
  copyPayload(frame, joined);
  return joined;
}

/** Copies the payload to the front of an array. */
export function copyPayload(frame: Frame, target: Uint8Array): void {
  let at = 0;
  for (const piece of frame.payload) {
    target.set(piece, at);
    at += piece.length;
  }
}

/** Cuts a stream of bytes into frames; holds no more than what has arrived. */
export class FrameReader {
  #maxBytes: number;
  #head = new Uint8Array(headBytes);
  #headLength = 0;
  #payload: Uint8Array[] = [];
  #missing = 0;

  /** @param maxBytes the longest payload that is accepted */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Accepts longer payloads from now on. */
  raiseLimit(maxBytes: number): void {
    this.#maxBytes = maxBytes;
  }

  /** Takes the next bytes; calls back for each frame that they complete. @throws CoppiceError `PROTOCOL` */
  push(chunk: Uint8Array, onFrame: (frame: Frame) => void): void {
    let at = 0;
    while (at < chunk.length) {
      const isHead = this.#headLength < headBytes;
      const wanted = isHead ? headBytes - this.#headLength : this.#missing;
      const piece = chunk.subarray(at, at + wanted);
      at += piece.length;
      if (isHead) {
        this.#head.set(piece, this.#headLength);
        this.#headLength += piece.length;
        if (this.#headLength < headBytes) return;
        this.#missing = this.#readLength();
      } else {
        this.#payload.push(piece);
        this.#missing -= piece.length;
      }
      if (this.#missing === 0) onFrame(this.#take());
    }
  }

  #readLength(): number {
    const bytes = new DataView(this.#head.buffer).getUint32(0, true);
    if (bytes <= this.#maxBytes) return bytes;
    throw new CoppiceError(
      'PROTOCOL',
      `a frame must be at most ${this.#maxBytes} bytes long; got one of ${bytes}`,
    );
  }

  #take(): Frame {
    const view = new DataView(this.#head.buffer);
    const frame = {
      bytes: view.getUint32(0, true),
      kind: view.getUint32(4, true),
      sequence: view.getUint32(8, true),
      payload: this.#payload,
    };
    this.#headLength = 0;
    this.#payload = [];
    return frame;
  }
}
