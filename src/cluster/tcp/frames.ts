/**
 * What goes over a connection: frames, each with a head that says how long it is.
 *
 *   | bytes of payload u32 | kind u32 | sequence u32 | checksum u32 | payload …      little-endian
 *
 * The sequence counts the meetings of a gang, so that processes that went different ways are found out. The
 * checksum (CRC-32) covers kind, sequence and payload: what was garbled on the way is never added to a sum.
 */
import { crc32 } from 'node:zlib';
import { CoppiceError } from '../../base/errors.ts';

/** Kinds of frames; test/cluster/blows.ts says for each what happens when a process dies over it. */
export const frameKind = {
  hello: 1,
  welcome: 2,
  proof: 3,
  ready: 4,
  heartbeat: 5,
  barrier: 6,
  allgather: 7,
  exchange: 8,
  scatter: 9,
  reduce: 10,
  sums: 11,
  failed: 12,
  bye: 13,
} as const;

/** The name of a kind of frame. */
export type FrameName = keyof typeof frameKind;

/** The number of a kind. */
export type FrameKind = (typeof frameKind)[FrameName];

/** A frame as it was received; the payload in the pieces that the socket gave. */
export interface Frame {
  readonly kind: number;
  readonly sequence: number;
  readonly bytes: number;
  readonly payload: readonly Uint8Array[];
}

/** Bytes of a frame's head. */
export const headBytes = 16;

/** The longest payload of a member of the gang. */
export const maxPayloadBytes = 2 ** 31;

const highestKind = Math.max(...Object.values(frameKind));

/** The head of a frame with this payload. */
export function frameHead(
  kind: FrameKind,
  sequence: number,
  payload: readonly Uint8Array[] = [],
): Uint8Array {
  const head = new Uint8Array(headBytes);
  const view = new DataView(head.buffer);
  view.setUint32(
    0,
    payload.reduce((sum, piece) => sum + piece.length, 0),
    true,
  );
  view.setUint32(4, kind, true);
  view.setUint32(8, sequence, true);
  view.setUint32(12, checksumOf(head, payload), true);
  return head;
}

function checksumOf(head: Uint8Array, payload: readonly Uint8Array[]): number {
  let sum = crc32(head.subarray(4, 12));
  for (const piece of payload) sum = crc32(piece, sum);
  return sum;
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
  /** The checksum of what has come of the frame. */
  #sum = 0;

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
        this.#missing = this.#readHead();
        this.#sum = checksumOf(this.#head, []);
      } else {
        this.#payload.push(piece);
        // the rest may still be under way
        this.#sum = crc32(piece, this.#sum);
        this.#missing -= piece.length;
      }
      if (this.#missing === 0) onFrame(this.#take());
    }
  }

  #readHead(): number {
    const view = new DataView(this.#head.buffer);
    const bytes = view.getUint32(0, true);
    const kind = view.getUint32(4, true);
    if (kind < 1 || kind > highestKind) {
      throw new CoppiceError(
        'PROTOCOL',
        `a frame must be of kind 1 to ${highestKind}; got one of kind ${kind}`,
      );
    }
    if (bytes <= this.#maxBytes) return bytes;
    throw new CoppiceError(
      'PROTOCOL',
      `a frame must be at most ${this.#maxBytes} bytes long; got one of ${bytes}`,
    );
  }

  #take(): Frame {
    const view = new DataView(this.#head.buffer);
    const payload = this.#payload;
    this.#headLength = 0;
    this.#payload = [];
    const sent = view.getUint32(12, true);
    const found = this.#sum;
    if (sent !== found) {
      throw new CoppiceError(
        'PROTOCOL',
        `the checksum of a frame must be that of its bytes (${found}); got ${sent}: it was changed on the way`,
      );
    }
    return {
      bytes: view.getUint32(0, true),
      kind: view.getUint32(4, true),
      sequence: view.getUint32(8, true),
      payload,
    };
  }
}
