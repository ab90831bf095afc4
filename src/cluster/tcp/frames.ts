/**
 * What goes over a connection: frames, each with a head that says how long it is.
 *
 *   | bytes of payload u32 | kind u32 | sequence u32 | checksum u32 | payload …      little-endian
 *
 * The sequence counts the meetings of a gang, so that processes that went different ways are found out. The
 * checksum (CRC-32) covers kind, sequence and payload: what was garbled on the way is never added to a sum. Over TLS
 * it covers kind and sequence alone, for TLS lets nothing through that was garbled.
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

/** The head of a frame with this payload. @param isSealed true where the frame goes over TLS */
export function frameHead(
  kind: FrameKind,
  sequence: number,
  payload: readonly Uint8Array[] = [],
  isSealed = false,
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
  view.setUint32(12, checksumOf(head, isSealed ? [] : payload), true);
  return head;
}

function checksumOf(head: Uint8Array, payload: readonly Uint8Array[]): number {
  let sum = crc32(head.subarray(4, 12));
  // of no bytes at no address zlib gives a sum of its own
  for (const piece of payload) if (piece.length > 0) sum = crc32(piece, sum);
  return sum;
}

/** What the head of a frame says of it. */
export interface FrameHead {
  readonly bytes: number;
  readonly kind: number;
  readonly sequence: number;
  /** What the checksum must be. */
  readonly checksum: number;
  /** The checksum of the head alone; the payload's bytes go on from it. */
  readonly headSum: number;
}

/** Reads a head. @throws CoppiceError `PROTOCOL` where it is none, or its payload too long */
export function readFrameHead(head: Uint8Array, maxBytes: number): FrameHead {
  const view = new DataView(head.buffer, head.byteOffset);
  const bytes = view.getUint32(0, true);
  const kind = view.getUint32(4, true);
  if (kind < 1 || kind > highestKind) {
    throw new CoppiceError(
      'PROTOCOL',
      `a frame must be of kind 1 to ${highestKind}; got one of kind ${kind}`,
    );
  }
  if (bytes > maxBytes) {
    throw new CoppiceError(
      'PROTOCOL',
      `a frame must be at most ${maxBytes} bytes long; got one of ${bytes}`,
    );
  }
  const sequence = view.getUint32(8, true);
  const checksum = view.getUint32(12, true);
  return { bytes, kind, sequence, checksum, headSum: checksumOf(head, []) };
}

/** @throws CoppiceError `PROTOCOL` where a frame was changed on the way */
export function checkSum(sent: number, found: number): void {
  if (sent === found) return;
  throw new CoppiceError(
    'PROTOCOL',
    `the checksum of a frame must be that of its bytes (${found}); got ${sent}: it was changed on the way`,
  );
}

/** The payload as one array. */
export function joinPayload(frame: Frame): Uint8Array<ArrayBuffer> {
  // of a buffer of its own, every byte of which is written
  const joined = new Uint8Array(Buffer.allocUnsafeSlow(frame.bytes).buffer);
  copyPayload(frame, joined);
  return joined;
}

/** The payload as int64 words lie: in one piece that begins at a multiple of 8. */
export function wordsOf(frame: Frame): Uint8Array {
  const [only] = frame.payload;
  const isWhole = frame.payload.length === 1 && only !== undefined && only.byteOffset % 8 === 0;
  return isWhole ? only : joinPayload(frame);
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
  readonly #isSealed: boolean;
  readonly #bytes = new Uint8Array(headBytes);
  #length = 0;
  /** Null while its bytes are under way. */
  #head: FrameHead | null = null;
  #payload: Uint8Array[] = [];
  #missing = 0;
  /** The checksum of what has come of the frame. */
  #sum = 0;

  /**
   * @param maxBytes the longest payload that is accepted
   * @param isSealed true where the frames come over TLS
   */
  constructor(maxBytes: number, isSealed = false) {
    this.#maxBytes = maxBytes;
    this.#isSealed = isSealed;
  }

  /** Accepts longer payloads from now on. */
  raiseLimit(maxBytes: number): void {
    this.#maxBytes = maxBytes;
  }

  /** Takes the next bytes; calls back for each frame that they complete. @throws CoppiceError `PROTOCOL` */
  push(chunk: Uint8Array, onFrame: (frame: Frame) => void): void {
    let at = 0;
    while (at < chunk.length) {
      const wanted = this.#head === null ? headBytes - this.#length : this.#missing;
      const piece = chunk.subarray(at, at + wanted);
      at += piece.length;
      if (this.#head === null) {
        this.#bytes.set(piece, this.#length);
        this.#length += piece.length;
        if (this.#length < headBytes) return;
        this.#head = readFrameHead(this.#bytes, this.#maxBytes);
        this.#missing = this.#head.bytes;
        this.#sum = this.#head.headSum;
      } else {
        this.#payload.push(piece);
        // the rest may still be under way
        if (!this.#isSealed) this.#sum = crc32(piece, this.#sum);
        this.#missing -= piece.length;
      }
      if (this.#missing === 0) onFrame(this.#take(this.#head));
    }
  }

  #take({ bytes, kind, sequence, checksum }: FrameHead): Frame {
    const payload = this.#payload;
    this.#head = null;
    this.#length = 0;
    this.#payload = [];
    checkSum(checksum, this.#sum);
    return { bytes, kind, sequence, payload };
  }
}
