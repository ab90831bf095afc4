/** One connection between two processes: frames go out, frames come in, and its end is noticed. */
import type { Socket } from 'node:net';
import { type Frame, type FrameKind, FrameReader, frameHead } from './frames.ts';

/** Who is told what happens on a connection. */
export interface WireListener {
  onFrame(frame: Frame): void;
  /** The connection is over: closed by the other side, broken, or it sent what is no frame. */
  onLost(cause: Error): void;
}

const nobody: WireListener = { onFrame: () => undefined, onLost: () => undefined };

/** How long a side that has said goodbye keeps its connection for what is still under way. */
const lingerMs = 2000;

/** A socket that speaks in frames. */
export class Wire {
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  #listener: WireListener | null = null;
  #early: Frame[] = [];
  #lost: Error | null = null;

  /** @param maxBytes the longest payload that is accepted at first */
  constructor(socket: Socket, maxBytes: number) {
    this.#socket = socket;
    this.#reader = new FrameReader(maxBytes);
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (cause) => this.#lose(cause));
    socket.on('close', () => this.#lose(new Error('the connection was closed')));
  }

  /** Names who is told from now on; frames that came before are told at once. */
  listen(listener: WireListener): void {
    this.#listener = listener;
    for (const frame of this.#early.splice(0)) listener.onFrame(frame);
    if (this.#lost !== null) listener.onLost(this.#lost);
  }

  /** Keeps what comes from now on for the next listener. */
  rest(): void {
    this.#listener = null;
  }

  /** Accepts payloads of this length from now on. */
  raiseLimit(maxBytes: number): void {
    this.#reader.raiseLimit(maxBytes);
  }

  /** Sends a frame; the pieces of its payload must not change until the other side has them. */
  send(kind: FrameKind, sequence: number, payload: readonly Uint8Array[] = []): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    const bytes = payload.reduce((sum, piece) => sum + piece.length, 0);
    socket.cork();
    socket.write(frameHead(kind, sequence, bytes));
    for (const piece of payload) if (piece.length > 0) socket.write(piece);
    socket.uncork();
  }

  /** Says no more; what was sent still arrives. */
  end(): void {
    this.#listener = nobody;
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), lingerMs).unref();
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#listener = nobody;
    this.#socket.destroy();
  }

  #receive(chunk: Uint8Array): void {
    try {
      this.#reader.push(chunk, (frame) => {
        if (this.#listener === null) this.#early.push(frame);
        else this.#listener.onFrame(frame);
      });
    } catch (cause) {
      this.#lose(cause as Error);
      this.#socket.destroy();
    }
  }

  #lose(cause: Error): void {
    if (this.#lost !== null) return;
    this.#lost = cause;
    this.#listener?.onLost(cause);
  }
}
