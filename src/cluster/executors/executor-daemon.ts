/**
 * An executor's daemon: it listens for a driver, lets one in at a time, and has the work done by a process of its
 * own, which it watches. A driver that is turned away learns why; the process is replaced when it is lost, and ended
 * with the session.
 *
 *   driver ⇄ TCP or TLS ⇄ daemon ⇄ pipe ⇄ process with the ranks (rank-process.ts)
 *
 * The daemon reads no message but those of the greeting; it passes frames on.
 */
import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { CoppiceError } from '../../base/errors.ts';
import { isLoopback } from '../tcp/protection.ts';
import { defaultHeartbeat, FrameStream, type Heartbeat } from './control-frames.ts';
import { ControlChannel, type Identity } from './control-messages.ts';
import { ExecutorSession, type SessionSettings } from './executor-session.ts';
import { greetDriver, maxHelloBytes } from './handshake.ts';

/** Connections that have not introduced themselves yet, at most. */
const maxCallers = 64;

/** PEM texts. */
export interface DaemonTls {
  readonly cert: string;
  readonly key: string;
  /** Clients must show a certificate that it signed. */
  readonly ca?: string | undefined;
}

/** What a daemon is made of. */
export interface ExecutorDaemonOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly token: string;
  readonly tls?: DaemonTls | undefined;
  readonly numThreads: number;
  readonly identity: Identity;
  /** The entry of worker threads. */
  readonly workerUrl: URL;
  readonly timeoutMs?: number | undefined;
  readonly maxMemory?: number | undefined;
  readonly heartbeat?: Heartbeat | undefined;
  /** Added to the environment of the process with the ranks. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Is told what happens, a line at a time. */
  readonly log?: ((line: string) => void) | undefined;
}

/** See the header. */
export class ExecutorDaemon {
  readonly #options: ExecutorDaemonOptions;
  readonly #server: Server;
  readonly #callers = new Set<Socket>();
  #session: ExecutorSession | null = null;
  #closing: Promise<void> | null = null;

  private constructor(options: ExecutorDaemonOptions) {
    this.#options = options;
    const { tls } = options;
    const admit = (socket: Socket): void => void this.#admit(socket);
    this.#server =
      tls === undefined
        ? createPlainServer(admit)
        : createTlsServer(
            {
              cert: tls.cert,
              key: tls.key,
              minVersion: 'TLSv1.3',
              handshakeTimeout: 5000,
              ...(tls.ca === undefined
                ? {}
                : { ca: tls.ca, requestCert: true, rejectUnauthorized: true }),
            },
            admit,
          );
    this.#server.maxConnections = maxCallers;
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      this.#log(`caller ${callerBelow(socket)} was turned away: ${tlsFailure(error, socket)}`);
      socket.destroy();
    });
    // who hangs up before it is through is no longer known by then
    this.#server.prependListener('connection', (socket: Socket) => void socket.remotePort);
  }

  /**
   * Starts listening.
   *
   * @throws CoppiceError `PARAM_INVALID` beyond loopback without TLS, `EXECUTOR_FAILED` where the port is taken
   */
  static async listen(options: ExecutorDaemonOptions): Promise<ExecutorDaemon> {
    const { host, port, token, tls } = options;
    if (token.length < minTokenLength) {
      const message = `the token of an executor must have at least ${minTokenLength} characters; got ${token.length}`;
      throw new CoppiceError('PARAM_INVALID', message);
    }
    if (tls === undefined && !isLoopback(host)) {
      const message = `an executor that listens on ${host} must have TLS, because others can listen in; got none; give a certificate and its key, or listen on 127.0.0.1`;
      throw new CoppiceError('PARAM_INVALID', message);
    }
    const daemon = new ExecutorDaemon(options);
    await new Promise<void>((resolve, reject) => {
      daemon.#server.once('error', (cause) => {
        const message = `the executor cannot listen on ${host}:${port}: ${cause.message}`;
        reject(new CoppiceError('EXECUTOR_FAILED', message, { cause }));
      });
      daemon.#server.listen(port, host, resolve);
    });
    return daemon;
  }

  /** The port it listens on. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** The id of the process with the ranks, while there is one. */
  get processId(): number | undefined {
    return this.#session?.processId;
  }

  /** Ends what runs, and listens no more. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#callers) socket.destroy();
    await this.#session?.end('the executor ends');
    await closed;
  }

  async #admit(socket: Socket): Promise<void> {
    this.#callers.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#callers.delete(socket));
    socket.setNoDelay(true);
    const { token, identity, numThreads } = this.#options;
    const frames = new FrameStream(socket, maxHelloBytes);
    const channel = new ControlChannel(frames, maxHelloBytes);
    const from = `${socket.remoteAddress}:${socket.remotePort}`;
    try {
      // one that is about to end makes room
      await this.#session?.ending;
      let session: ExecutorSession | null = null;
      const proof = await greetDriver(channel, {
        token,
        identity,
        numThreads,
        admit: (said) => {
          const kept = this.#sessionFor(said.session);
          session = kept ?? this.#newSession(said.session, said.keepMs);
          return kept !== null;
        },
      });
      this.#log(`driver ${proof.identity.host} (${from}) came in`);
      frames.keepAlive(this.#options.heartbeat ?? defaultHeartbeat);
      (session as ExecutorSession | null)?.attach(frames);
    } catch (error) {
      this.#log(
        `caller ${from} was turned away: ${error instanceof Error ? error.message : error}`,
      );
      frames.end();
    }
  }

  /** The session that waits for a driver of this name; null where there is none. @throws CoppiceError `EXECUTOR_BUSY` */
  #sessionFor(name: string | null): ExecutorSession | null {
    const session = this.#session;
    if (session === null) return null;
    if (name !== null && session.name === name && session.isWaiting) return session;
    throw new CoppiceError(
      'EXECUTOR_BUSY',
      `the executor on ${this.#options.identity.host} must be free to serve another driver; it works for ${session.description}; wait for its end, or use other executors`,
      { context: { host: this.#options.identity.host } },
    );
  }

  #newSession(name: string | null, keepMs: number): ExecutorSession {
    const { numThreads, workerUrl, timeoutMs, maxMemory, environment } = this.#options;
    const settings: SessionSettings = {
      name,
      keepMs,
      environment: environment ?? {},
      process: {
        host: this.#options.host,
        numThreads,
        workerUrl: workerUrl.href,
        timeoutMs,
        maxMemory,
        heartbeat: this.#options.heartbeat ?? defaultHeartbeat,
      },
      log: (line) => this.#log(line),
      onEnd: () => {
        if (this.#session === session) this.#session = null;
      },
    };
    const session = new ExecutorSession(settings);
    this.#session = session;
    return session;
  }

  #log(line: string): void {
    this.#options.log?.(line);
  }
}

const minTokenLength = 16;

/** Why a caller and TLS did not come together. */
/** Who called, as the connection below that of TLS remembers it. */
function callerBelow(socket: TLSSocket): string {
  const below = (socket as unknown as { readonly _parent?: Socket | null })._parent ?? socket;
  const { remoteAddress, remotePort } = below;
  return remoteAddress === undefined ? 'that has hung up' : `${remoteAddress}:${remotePort}`;
}

function tlsFailure({ code = '', message }: NodeJS.ErrnoException, socket: TLSSocket): string {
  const { authorizationError } = socket;
  if (authorizationError) return `its certificate is not accepted: ${authorizationError}`;
  if (/WRONG_VERSION_NUMBER|HTTP_REQUEST|PACKET_LENGTH_TOO_LONG|BAD_RECORD/.test(code)) {
    return 'it must speak TLS; it does not';
  }
  if (code.includes('PEER_DID_NOT_RETURN_A_CERTIFICATE')) {
    return 'it must show a certificate; it has none';
  }
  return `TLS with it failed: ${code === '' ? message : code}`;
}
