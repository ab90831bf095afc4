/**
 * One connection between two processes: frames go out, frames come in, and its end is noticed. A member that
 * computes still sends heartbeats, so that a silent one is known to be stopped or cut off.
 */
import type { Server, Socket } from 'node:net';
import { assert, CoppiceError } from '../../base/errors.ts';
import { type Frame, type FrameKind, FrameReader, frameHead, frameKind } from './frames.ts';

/** Who is told what happens on a connection. */
export interface WireListener {
  onFrame(frame: Frame): void;
  /** The connection is over: closed by the other side, broken, silent, or it sent what is no frame. */
  onLost(cause: Error): void;
}

/** How often life is shown, and after how long a silence the other side is given up. */
export interface Pulse {
  readonly heartbeatMs: number;
  readonly silenceMs: number;
}

const nobody: WireListener = { onFrame: () => undefined, onLost: () => undefined };

/** A frame of at most so many bytes is sent as one array: copying it costs less than handing over its pieces. */
const joinedBytes = 65_536;

/** How long a side that has said goodbye keeps its connection for what is still under way. */
const lingerMs = 2000;

/** A socket that speaks in frames. */
export class Wire {
  /** Who the other side is, for messages; its handshake says it. */
  name = 'a caller';
  /** A second connection to the same process, which the ranks write and read themselves. */
  lane: Wire | null = null;
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  readonly #isSealed: boolean;
  #listener: WireListener | null = null;
  #early: Frame[] = [];
  #lost: Error | null = null;
  #heardAt = 0;
  #beat: NodeJS.Timeout | undefined;

  /** @param maxBytes the longest payload that is accepted at first */
  constructor(socket: Socket, maxBytes: number) {
    this.#socket = socket;
    this.#isSealed = 'encrypted' in socket;
    this.#reader = new FrameReader(maxBytes, this.#isSealed);
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (cause) => this.#lose(cause));
    socket.on('close', () => this.#lose(new Error('the connection was closed')));
  }

  /** The socket, for what its handshake needs. */
  get socket(): Socket {
    return this.#socket;
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

  /** Shows life from now on, and expects it of the other side. */
  keepAlive({ heartbeatMs, silenceMs }: Pulse): void {
    this.#heardAt = performance.now();
    let lookedAt = this.#heardAt;
    this.#beat = setInterval(() => {
      const now = performance.now();
      // a process that was held up itself has heard nobody, and has to listen first
      if (now - lookedAt > Math.max(3 * heartbeatMs, silenceMs / 2)) this.#heardAt = now;
      lookedAt = now;
      this.send(frameKind.heartbeat, 0);
      if (now - this.#heardAt <= silenceMs) return;
      this.#lose(
        new CoppiceError(
          'EXECUTOR_LOST',
          `${this.name} was silent for ${Math.round(now - this.#heardAt)} ms: it is stopped, or cut off`,
        ),
      );
      this.#socket.destroy();
    }, heartbeatMs);
    this.#beat.unref();
  }

  /** Sends a frame; its pieces must not change until the other side has them. Returns the bytes sent. */
  send(kind: FrameKind, sequence: number, payload: readonly Uint8Array[] = []): number {
    const socket = this.#socket;
    if (!socket.writable) return 0;
    const head = frameHead(kind, sequence, payload, this.#isSealed);
    let bytes = head.length;
    for (const piece of payload) bytes += piece.length;
    if (bytes <= joinedBytes) {
      socket.write(joinPieces(head, payload, bytes));
      return bytes;
    }
    socket.cork();
    socket.write(head);
    for (const piece of payload) if (piece.length > 0) socket.write(piece);
    socket.uncork();
    return bytes;
  }

  /** Stops reading; from now on threads read and write by {@link descriptor}, and this end only closes it. */
  handOver(): void {
    const handle = handleOf(this.#socket);
    assert(typeof handle?.readStop === 'function', 'a connection that no thread can read itself');
    // the stream goes on believing that it is read, or it would begin again
    handle.readStop();
    this.#listener = nobody;
  }

  /** The number by which the system knows the connection. */
  get descriptor(): number {
    return handleOf(this.#socket)?.fd ?? -1;
  }

  /** Says no more; what was sent still arrives. */
  end(): void {
    clearInterval(this.#beat);
    this.#listener = nobody;
    this.#socket.end();
    setTimeout(() => this.destroy(), lingerMs).unref();
  }

  /** Ends the connection at once, and its lane; no rank may use that any more, for its number may soon be another's. */
  destroy(): void {
    clearInterval(this.#beat);
    this.#listener = nobody;
    this.#socket.destroy();
    this.lane?.destroy();
  }

  #receive(chunk: Uint8Array): void {
    this.#heardAt = performance.now();
    try {
      this.#reader.push(chunk, (frame) => {
        if (frame.kind === frameKind.heartbeat) return;
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
    clearInterval(this.#beat);
    this.#listener?.onLost(cause);
  }
}

/** What Node does not tell of a socket; where it has none, no lanes are opened. */
interface StreamHandle {
  readonly fd?: number;
  readonly readStop?: () => void;
}

function handleOf(socket: Socket | Server): StreamHandle | null {
  return (socket as unknown as { readonly _handle?: StreamHandle })._handle ?? null;
}

/** True where threads can write and read sockets by their numbers: those of a server's callers, and the others like them. */
export function canHandOver(server: Server): boolean {
  return process.platform !== 'win32' && (handleOf(server)?.fd ?? -1) >= 0;
}

function joinPieces(head: Uint8Array, payload: readonly Uint8Array[], bytes: number): Uint8Array {
  const joined = Buffer.allocUnsafe(bytes);
  joined.set(head);
  let at = head.length;
  for (const piece of payload) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
