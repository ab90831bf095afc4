/** A driver's side of one executor: what it is asked, what it answers, and how it was lost. */
import { randomInt } from 'node:crypto';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { CoppiceError, type ErrorCode, fromErrorRecord } from '../../base/errors.ts';
import { isLoopback } from '../tcp/protection.ts';
import { nameOf } from './addresses.ts';
import { defaultHeartbeat, FrameStream, type Heartbeat } from './control-frames.ts';
import {
  type ControlBodies,
  ControlChannel,
  type ControlMessage,
  type ListenAnswer,
} from './control-messages.ts';
import { explainGreeting, explainTls } from './explain-refusal.ts';
import type { PeerAddress, SeatJob } from './gang-seat.ts';
import { type DriverHello, greetExecutor, maxHelloBytes } from './handshake.ts';

/** PEM texts with which a driver trusts its executors, and shows who it is. */
export interface DriverTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name in the executors' certificate, where it is not the host's. */
  readonly servername?: string | undefined;
}

/** How to reach an executor. */
export interface ConnectionOptions {
  readonly address: PeerAddress;
  readonly hello: DriverHello;
  readonly tls: DriverTls | null;
  readonly heartbeat?: Heartbeat | undefined;
  /** How long it may take until the executor has answered the greeting. */
  readonly connectMs: number;
  /** Ends the call, where the executor has not answered it yet. */
  readonly signal?: AbortSignal | undefined;
  /** What the executor's processes write to stderr. */
  onLog(where: string, text: string): void;
}

/** How long an executor may take to end a session. */
const farewellMs = 3000;

/** Errors of which the machine is at fault, or what lies on it: their words say which one. */
const ofMachine: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['FILE_NOT_FOUND', 'FILE_FORMAT', 'ACCESS_DENIED', 'MEMORY_LIMIT'] as const),
  ...(['DEPENDENCY_MISSING', 'GPU_UNAVAILABLE', 'GPU_FAILED'] as const),
]);

interface Request {
  /** What is asked for, for errors. */
  readonly what: string;
  resolve(value: unknown): void;
  reject(error: Error): void;
  onNote(message: unknown): void;
}

/** Work that an executor was asked for. */
export interface AskedWork<T> {
  readonly id: number;
  readonly done: Promise<T>;
}

/** See the header. */
export class ExecutorConnection {
  /** `host:port`. */
  readonly where: string;
  readonly address: PeerAddress;
  readonly numThreads: number;
  /** The connection is encrypted, so members of a gang are to be too. */
  readonly isSecure: boolean;
  /** The executor kept the session of an earlier driver. */
  readonly isResumed: boolean;
  readonly #channel: ControlChannel;
  readonly #socket: Socket;
  readonly #requests = new Map<number, Request>();
  readonly #onLog: ConnectionOptions['onLog'];
  // an executor may still answer what an earlier driver asked
  #nextId = randomInt(1, 2 ** 30);
  #lost: CoppiceError | null = null;
  #lostAt = Number.POSITIVE_INFINITY;
  /** Why the process that opened its door to a gang is gone; null while it is there. */
  #doorLost: CoppiceError | null = null;

  private constructor(
    options: ConnectionOptions,
    channel: ControlChannel,
    welcome: ControlBodies['welcome'],
  ) {
    this.address = options.address;
    this.where = nameOf(options.address);
    this.numThreads = welcome.numThreads;
    this.isResumed = welcome.isResumed;
    this.isSecure = options.tls !== null;
    this.#channel = channel;
    this.#socket = channel.frames.stream as Socket;
    this.#onLog = options.onLog;
    channel.frames.keepAlive(options.heartbeat ?? defaultHeartbeat);
    channel.listen(
      {
        onMessage: (message) => this.#take(message),
        onLost: (cause) => this.#lose(cause),
      },
      (id) => id === 0 || this.#requests.has(id),
    );
    this.#socket.unref();
  }

  /**
   * Connects with an executor.
   *
   * @throws CoppiceError `EXECUTOR_LOST`, `ACCESS_DENIED`, `EXECUTOR_BUSY`, `PROTOCOL`, `PARAM_INVALID`
   */
  static async open(options: ConnectionOptions): Promise<ExecutorConnection> {
    const { address, hello, connectMs, signal } = options;
    const where = nameOf(address);
    const began = performance.now();
    const socket = await reach(options);
    const channel = new ControlChannel(new FrameStream(socket, maxHelloBytes), maxHelloBytes);
    const hangUp = (): void => void socket.destroy();
    signal?.addEventListener('abort', hangUp, { once: true });
    try {
      const left = Math.max(100, connectMs - (performance.now() - began));
      const welcome = await greetExecutor(channel, hello, where, left);
      return new ExecutorConnection(options, channel, welcome);
    } catch (error) {
      channel.frames.destroy();
      throw await explainGreeting(error, options);
    } finally {
      signal?.removeEventListener('abort', hangUp);
    }
  }

  /** Why it cannot be used any more; null while it can. */
  get lost(): CoppiceError | null {
    return this.#lost;
  }

  /** When it was lost, in milliseconds of the process's clock. */
  get lostAt(): number {
    return this.#lostAt;
  }

  /** How many requests wait for an answer. */
  get numWaiting(): number {
    return this.#requests.size;
  }

  /** Has a task run. */
  task<T>(name: string, payload: unknown): AskedWork<T> {
    return this.#ask<T>('task', { name, payload }, `the task ${name}`);
  }

  /** Has the executor open its door for a gang. */
  async listen(): Promise<PeerAddress> {
    const { host } = this.address;
    this.#doorLost = null;
    const found = await this.#ask<ListenAnswer>('listen', { host }, 'its place in a gang').done;
    return { host: found.host, port: found.port };
  }

  /** Has its ranks of a gang run. */
  start(
    job: SeatJob,
    fingerprint: string,
    onNote: (message: unknown) => void,
  ): AskedWork<readonly unknown[]> {
    const { process, firstRanks } = job.place;
    const last = (firstRanks[process + 1] as number) - 1;
    const what = `ranks ${firstRanks[process]} to ${last} of the ${job.program} job`;
    if (this.#doorLost !== null) return { id: 0, done: Promise.reject(this.#doorLost) };
    return this.#ask('start', { job, fingerprint }, what, onNote);
  }

  /** Asks for work that an earlier driver of the session began. */
  attach(
    fingerprint: string,
    program: string,
    onNote: (message: unknown) => void,
  ): AskedWork<readonly unknown[]> {
    return this.#ask('attach', { fingerprint }, `the ${program} job`, onNote);
  }

  /** Asks it to end some work. */
  cancel(id: number): void {
    this.#channel.send('cancel', id, null);
  }

  /** Has the executor end its process, whatever it does, and start another. */
  reset(): void {
    this.#channel.clear();
    this.#channel.send('reset', 0, null);
    this.#rejectAll(
      (what) =>
        new CoppiceError('EXECUTOR_LOST', `${what} on ${this.where} was ended with its gang`, {
          context: { executor: this.where, secondary: true },
        }),
    );
  }

  /** Takes leave; resolves when the executor has ended the session, or does not answer. */
  async close(error: CoppiceError): Promise<void> {
    if (this.#lost !== null) return;
    this.#lost = error;
    this.#rejectAll(() => error);
    const socket = this.#socket;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.ref();
    this.#channel.send('bye', 0, null);
    const timer = setTimeout(() => this.#channel.frames.destroy(), farewellMs);
    await closed;
    clearTimeout(timer);
  }

  #ask<T>(
    kind: 'task' | 'listen' | 'start' | 'attach',
    body: ControlBodies[typeof kind],
    what: string,
    onNote: (message: unknown) => void = () => undefined,
  ): AskedWork<T> {
    const id = this.#nextId;
    this.#nextId += 1;
    const done = new Promise<T>((resolve, reject) => {
      if (this.#lost !== null) throw this.#lost;
      this.#requests.set(id, {
        what,
        resolve: resolve as (value: unknown) => void,
        reject,
        onNote,
      });
      this.#socket.ref();
      try {
        this.#channel.send(kind, id, body);
      } catch (error) {
        this.#settle(id);
        throw error;
      }
    });
    return { id, done };
  }

  #take({ kind, id, body }: ControlMessage): void {
    const request = this.#requests.get(id);
    if (kind === 'note') request?.onNote(body.message);
    else if (kind === 'answer') {
      this.#settle(id);
      request?.resolve(body.value);
    } else if (kind === 'failed') {
      this.#settle(id);
      request?.reject(this.#named(fromErrorRecord(body.error)));
    } else if (kind === 'log') this.#onLog(this.where, body.text);
    else if (kind === 'lost') this.#loseRanks(body);
  }

  /** Says on which executor it happened. */
  #named(error: CoppiceError): CoppiceError {
    if (error.context.executor !== undefined) return error;
    const context = { ...error.context, executor: this.where };
    const { file, row } = error.context;
    // a row is the same wherever it is read
    const isOfMachine = ofMachine.has(error.code) || (file !== undefined && row === undefined);
    const place = isOfMachine ? ` (on executor ${this.where})` : '';
    const named = new CoppiceError(error.code, `${error.message}${place}`, { context });
    if (error.stack !== undefined) named.stack = error.stack;
    return named;
  }

  #settle(id: number): void {
    this.#requests.delete(id);
    if (this.#requests.size === 0) this.#socket.unref();
  }

  #loseRanks({ how, words, pid }: ControlBodies['lost']): void {
    this.#channel.clear();
    const tail = words === '' ? '' : `; its last words: ${words}`;
    const lost = (what: string): CoppiceError =>
      new CoppiceError(
        'EXECUTOR_LOST',
        `process ${pid} of executor ${this.where}, which ran ${what}, was lost: ${how}${tail}`,
        { context: { executor: this.where, process: pid } },
      );
    this.#doorLost = lost('its part of a gang');
    this.#rejectAll(lost);
  }

  #lose(cause: Error): void {
    this.#channel.frames.destroy();
    if (this.#lost !== null) return;
    const lost = (what: string): CoppiceError =>
      new CoppiceError(
        'EXECUTOR_LOST',
        `executor ${this.where}, which ran ${what}, was lost: ${cause.message}`,
        {
          context: { executor: this.where },
          cause,
        },
      );
    const [first] = this.#requests.values();
    this.#lost = lost(first?.what ?? 'nothing');
    this.#lostAt = performance.now();
    this.#rejectAll(lost);
  }

  #rejectAll(errorOf: (what: string) => CoppiceError): void {
    const waiting = [...this.#requests.values()];
    this.#requests.clear();
    this.#socket.unref();
    for (const { what, reject } of waiting) reject(errorOf(what));
  }
}

/** A connection on which nothing has been said. */
async function reach({ address, tls, connectMs, signal }: ConnectionOptions): Promise<Socket> {
  const { host, port } = address;
  const where = nameOf(address);
  if (tls === null && !isLoopback(host)) {
    const message = `tls of Session.connect must be given for an executor on another machine; got none for ${where}`;
    throw new CoppiceError('PARAM_INVALID', message);
  }
  return await new Promise((resolve, reject) => {
    const socket =
      tls === null
        ? connectPlain(port, host)
        : connectTls({
            host,
            port,
            minVersion: 'TLSv1.3',
            ...Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined)),
          });
    const hangUp = (): void => void socket.destroy(new Error('the session was closed'));
    signal?.addEventListener('abort', hangUp, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', hangUp);
    };
    const fail = async (found: string, cause?: Error): Promise<void> => {
      settle();
      socket.destroy();
      const why = cause === undefined || tls === null ? found : await explainTls(cause, address);
      const message = `executor ${where} must be reachable; ${why}`;
      reject(new CoppiceError('EXECUTOR_LOST', message, { context: { executor: where }, cause }));
    };
    const timer = setTimeout(
      () => void fail(`it did not answer within ${connectMs} ms`),
      connectMs,
    );
    socket.setNoDelay(true);
    socket.on('error', (cause) => void fail(cause.message, cause));
    socket.once(tls === null ? 'connect' : 'secureConnect', () => {
      settle();
      resolve(socket);
    });
  });
}
