/**
 * Every message between a driver and an executor: what it holds, and how a value of it crosses.
 *
 *   driver                                executor
 *   hello (protocol, a random number)  →
 *                                      ←  challenge (a random number)
 *   proof (knows the token; version)   →
 *                                      ←  welcome (knows it too; version, threads), or refused
 *   task, listen, start, attach        →
 *                                      ←  note …, then answer or failed, under the same id
 *   cancel (an id), reset, bye         →
 *                                      ←  log (what it wrote to stderr), lost (the process of the ranks ended)
 */
import { CoppiceError, type ErrorRecord } from '../../base/errors.ts';
import type { ControlFrame, ControlKind, FrameStream } from './control-frames.ts';
import { decodeValue } from './decode-value.ts';
import { encodeValue, joinPieces } from './encode-value.ts';
import type { PeerAddress, SeatJob } from './gang-seat.ts';

/** Changes whenever messages or their meaning change. */
export const controlProtocol = 1;

/** What both sides must have in common. */
export interface Identity {
  readonly version: string;
  /** A hash of the kernels. */
  readonly kernels: string;
  readonly host: string;
}

/** What each kind of message holds. */
export interface ControlBodies {
  readonly hello: { readonly protocol: number; readonly nonce: string };
  readonly challenge: { readonly protocol: number; readonly nonce: string };
  readonly proof: {
    readonly mac: string;
    readonly identity: Identity;
    /** The session's name, where it wants to outlive its driver; how long. */
    readonly session: string | null;
    readonly keepMs: number;
  };
  readonly welcome: {
    readonly mac: string;
    readonly identity: Identity;
    readonly numThreads: number;
    /** The session was kept for a driver of this name. */
    readonly isResumed: boolean;
  };
  readonly refused: { readonly error: ErrorRecord };
  readonly ping: null;
  readonly bye: null;
  readonly task: { readonly name: string; readonly payload: unknown };
  readonly cancel: null;
  readonly listen: { readonly host: string };
  readonly start: { readonly job: SeatJob; readonly fingerprint: string };
  readonly attach: { readonly fingerprint: string };
  readonly detach: null;
  readonly reset: null;
  readonly answer: { readonly value: unknown };
  readonly failed: { readonly error: ErrorRecord };
  readonly note: { readonly message: unknown };
  readonly log: { readonly text: string };
  readonly lost: { readonly how: string; readonly words: string; readonly pid: number };
}

/** What an executor answers to `listen`. */
export type ListenAnswer = PeerAddress;

/** A message that arrived. */
export type ControlMessage = {
  [K in ControlKind]: { readonly kind: K; readonly id: number; readonly body: ControlBodies[K] };
}[ControlKind];

/** Who is told of messages. */
export interface MessageListener {
  onMessage(message: ControlMessage): void;
  onLost(cause: Error): void;
}

/** Whole messages over a stream of frames. */
export class ControlChannel {
  readonly frames: FrameStream;
  #maxBytes: number;
  readonly #parts = new Map<number, { pieces: Uint8Array[]; bytes: number }>();

  /** @param maxBytes the longest message that is accepted */
  constructor(frames: FrameStream, maxBytes: number) {
    this.frames = frames;
    this.#maxBytes = maxBytes;
  }

  /** Accepts longer messages from now on. */
  raiseLimit(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.frames.raiseLimit();
  }

  /** Sends a message. @throws CoppiceError `UNSUPPORTED` for what is no plain data */
  send<K extends ControlKind>(kind: K, id: number, body: ControlBodies[K]): void {
    this.sendEncoded(kind, id, body === null ? [] : encodeValue(body));
  }

  /** Sends a message that was encoded already. */
  sendEncoded(kind: ControlKind, id: number, pieces: readonly Uint8Array[]): void {
    this.frames.sendMessage(kind, id, pieces);
  }

  /** Drops what came of messages that are not whole yet. */
  clear(): void {
    this.#parts.clear();
  }

  /** Names who is told. @param accepts tells of an id whether anybody waits for it; by default all are taken */
  listen(listener: MessageListener, accepts: (id: number) => boolean = () => true): void {
    this.frames.listen({
      onFrame: (frame) => {
        if (!accepts(frame.id)) return;
        const message = this.#assemble(frame);
        if (message !== null) listener.onMessage(message);
      },
      onLost: (cause) => listener.onLost(cause),
    });
  }

  #assemble({ kind, isLast, id, payload }: ControlFrame): ControlMessage | null {
    const key = 256 * id + kindOrder(kind);
    const part = this.#parts.get(key) ?? { pieces: [], bytes: 0 };
    part.pieces.push(payload);
    part.bytes += payload.length;
    if (part.bytes > this.#maxBytes) {
      const message = `a message must be at most ${this.#maxBytes} bytes here; got more`;
      throw new CoppiceError('PROTOCOL', message);
    }
    if (!isLast) {
      this.#parts.set(key, part);
      return null;
    }
    this.#parts.delete(key);
    const body = part.bytes === 0 ? null : decodeValue(joinPieces(part.pieces));
    return { kind, id, body } as ControlMessage;
  }
}

const order = new Map<string, number>();

function kindOrder(kind: ControlKind): number {
  const known = order.get(kind) ?? order.size;
  order.set(kind, known);
  return known;
}
