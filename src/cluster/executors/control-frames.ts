/**
 * What goes over the connection between a driver and an executor: messages, cut into frames of at most 1 MiB, so
 * that whoever passes them on (executor-daemon.ts) never holds a whole one.
 *
 *   | bytes of payload u32 | kind u8 | 1 in a message's last frame u8 | mark u16 | id u32 | checksum u32 | payload …   little-endian
 *
 * The id says which request a message belongs to. The checksum (CRC-32) covers the payload; half of one of the rest of
 * the head is in the mark, so that what was garbled is neither taken for a value nor waited for. Both sides send a ping
 * every so often; a side from which nothing came for long is given up, however its connection looks.
 */
import type { Duplex } from 'node:stream';
import { crc32 } from 'node:zlib';
import { CoppiceError } from '../../base/errors.ts';

/** Kinds of messages; control-messages.ts says what each holds. */
export const controlKind = {
  hello: 1,
  challenge: 2,
  proof: 3,
  welcome: 4,
  refused: 5,
  ping: 6,
  bye: 7,
  task: 8,
  cancel: 9,
  listen: 10,
  start: 11,
  attach: 12,
  detach: 13,
  reset: 14,
  answer: 15,
  failed: 16,
  note: 17,
  log: 18,
  lost: 19,
} as const;

/** The name of a kind. */
export type ControlKind = keyof typeof controlKind;

const nameOfKind = new Map(Object.entries(controlKind).map(([name, kind]) => [kind, name]));

/** The longest payload of a frame. */
export const maxFrameBytes = 1 << 20;

const headBytes = 16;
const mark = 0x4370;
const markPlace = 6;

/** A frame as it came. */
export interface ControlFrame {
  readonly kind: ControlKind;
  readonly isLast: boolean;
  readonly id: number;
  readonly payload: Uint8Array;
}

/** How often a sign of life goes out, and after which silence the other side is given up. */
export interface Heartbeat {
  readonly heartbeatMs: number;
  readonly silenceMs: number;
}

/** What is waited where nothing else is said; signs of life suit a side that is given up after a second, too. */
export const defaultHeartbeat: Heartbeat = { heartbeatMs: 250, silenceMs: 15_000 };

/** Who is told what comes. */
export interface FrameListener {
  onFrame(frame: ControlFrame): void;
  /** The connection is over: closed, broken, silent, or it sent what is no frame. */
  onLost(cause: Error): void;
}

/** A stream of bytes that speaks in frames. */
export class FrameStream {
  readonly stream: Duplex;
  #maxBytes: number;
  #listener: FrameListener | null = null;
  #early: ControlFrame[] = [];
  #lost: Error | null = null;
  #hasEnded = false;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #lastHeard = performance.now();
  #pulse: NodeJS.Timeout | undefined;

  /** @param maxBytes the longest payload of a frame that is accepted at first */
  constructor(stream: Duplex, maxBytes: number = maxFrameBytes) {
    this.stream = stream;
    this.#maxBytes = maxBytes;
    stream.on('data', (chunk: Uint8Array) => this.#receive(chunk));
    stream.on('error', (cause) => this.#lose(cause));
    stream.on('close', () => this.#lose(new Error('the connection was closed')));
    stream.on('end', () => this.#lose(new Error('the connection was closed')));
  }

  /** False once the connection is over. */
  get isOpen(): boolean {
    return this.#lost === null && !this.#hasEnded;
  }

  /** Milliseconds since anything came. */
  get silentMs(): number {
    return performance.now() - this.#lastHeard;
  }

  /** Names who is told from now on; what came before is told at once. */
  listen(listener: FrameListener): void {
    this.#listener = listener;
    for (const frame of this.#early.splice(0)) listener.onFrame(frame);
    if (this.#lost !== null) listener.onLost(this.#lost);
  }

  /** Keeps what comes from now on for the next listener. */
  rest(): void {
    this.#listener = null;
  }

  /** Accepts frames of full length from now on. */
  raiseLimit(): void {
    this.#maxBytes = maxFrameBytes;
  }

  /** Sends signs of life from now on, and expects them. */
  keepAlive({ heartbeatMs, silenceMs }: Heartbeat): void {
    clearInterval(this.#pulse);
    this.#lastHeard = performance.now();
    let lastLook = this.#lastHeard;
    this.#pulse = setInterval(() => {
      const now = performance.now();
      // a thread that was busy has not read what came meanwhile
      const isLate = now - lastLook > 2 * heartbeatMs;
      lastLook = now;
      if (isLate) this.#lastHeard = Math.max(this.#lastHeard, now - silenceMs / 2);
      if (this.silentMs > silenceMs) {
        this.#lose(new Error(`it was silent for ${Math.round(this.silentMs)} ms`));
        this.stream.destroy();
      } else this.send({ kind: 'ping', isLast: true, id: 0, payload: new Uint8Array(0) });
    }, heartbeatMs);
    this.#pulse.unref();
  }

  /** Sends a frame; false where the other side does not keep up (see `drain` of streams). */
  send({ kind, isLast, id, payload }: ControlFrame): boolean {
    if (!this.stream.writable) return true;
    const head = new Uint8Array(headBytes);
    const view = new DataView(head.buffer);
    view.setUint32(0, payload.length, true);
    view.setUint8(4, controlKind[kind]);
    view.setUint8(5, isLast ? 1 : 0);
    view.setUint32(8, id, true);
    view.setUint32(12, crc32(payload), true);
    view.setUint16(markPlace, markOf(head), true);
    this.stream.cork();
    this.stream.write(head);
    const keepsUp = payload.length === 0 || this.stream.write(payload);
    this.stream.uncork();
    return keepsUp;
  }

  /** Sends a message of these pieces. */
  sendMessage(kind: ControlKind, id: number, pieces: readonly Uint8Array[] = []): void {
    const frames = pieces.flatMap(cut);
    frames.forEach((payload, i) => {
      this.send({ kind, isLast: i === frames.length - 1, id, payload });
    });
    if (frames.length === 0) this.send({ kind, isLast: true, id, payload: new Uint8Array(0) });
  }

  /** Says no more; what was sent still arrives. */
  end(): void {
    this.#hasEnded = true;
    clearInterval(this.#pulse);
    this.stream.end();
    setTimeout(() => this.stream.destroy(), 2000).unref();
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#hasEnded = true;
    clearInterval(this.#pulse);
    this.stream.destroy();
  }

  #receive(chunk: Uint8Array): void {
    this.#lastHeard = performance.now();
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    try {
      for (let frame = this.#next(); frame !== null; frame = this.#next()) {
        if (frame.kind === 'ping') continue;
        if (this.#listener === null) this.#early.push(frame);
        else this.#listener.onFrame(frame);
      }
    } catch (cause) {
      this.#lose(cause as Error);
      this.stream.destroy();
    }
  }

  #next(): ControlFrame | null {
    if (this.#length < headBytes) return null;
    const head = this.#peek(headBytes).subarray(0, headBytes);
    const view = new DataView(head.buffer, head.byteOffset, headBytes);
    const bytes = view.getUint32(0, true);
    const kind = nameOfKind.get(view.getUint8(4) as 1);
    const isMarked = view.getUint16(markPlace, true) === markOf(head);
    if (!isMarked || kind === undefined || view.getUint8(5) > 1) {
      // a record of TLS that opens a connection
      throw noFrame(head[0] === 22 && head[1] === 3 ? 'it speaks TLS' : garbled);
    }
    if (bytes > this.#maxBytes) {
      const message = `a frame must be at most ${this.#maxBytes} bytes here; got ${bytes}`;
      throw new CoppiceError('PROTOCOL', message);
    }
    if (this.#length < headBytes + bytes) return null;
    const isLast = view.getUint8(5) === 1;
    const id = view.getUint32(8, true);
    const sum = view.getUint32(12, true);
    this.#take(headBytes);
    const payload = this.#take(bytes);
    if (crc32(payload) !== sum) throw noFrame(garbled);
    return { kind: kind as ControlKind, isLast, id, payload };
  }

  /** The first bytes, which stay. */
  #peek(length: number): Uint8Array {
    const first = this.#chunks[0] as Uint8Array;
    if (first.length >= length) return first;
    this.#chunks = [joined(this.#chunks, this.#length)];
    return this.#chunks[0] as Uint8Array;
  }

  #take(length: number): Uint8Array {
    this.#length -= length;
    if (length === 0) return new Uint8Array(0);
    const pieces: Uint8Array[] = [];
    let missing = length;
    while (missing > 0) {
      const first = this.#chunks[0] as Uint8Array;
      pieces.push(first.subarray(0, missing));
      if (first.length > missing) this.#chunks[0] = first.subarray(missing);
      else this.#chunks.shift();
      missing -= Math.min(missing, first.length);
    }
    return pieces.length === 1 ? (pieces[0] as Uint8Array) : joined(pieces, length);
  }

  #lose(cause: Error): void {
    clearInterval(this.#pulse);
    if (this.#lost !== null) return;
    this.#lost = cause;
    if (!this.#hasEnded) this.#listener?.onLost(cause);
  }
}

const garbled = 'it does not, or its words were garbled on the way';

function noFrame(found: string): CoppiceError {
  return new CoppiceError('PROTOCOL', `it must speak in frames of an executor; ${found}`);
}

/** The mark of a head, which tells whether the rest of it came as it was sent. */
function markOf(head: Uint8Array): number {
  const sum = crc32(head.subarray(markPlace + 2), crc32(head.subarray(0, markPlace)));
  return mark ^ (sum & 0xffff);
}

function cut(piece: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < piece.length; at += maxFrameBytes) {
    parts.push(piece.subarray(at, at + maxFrameBytes));
  }
  return parts;
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
