/**
 * A client of one session on a Spark Connect server: plans are analysed and executed, files uploaded, work
 * interrupted. An execution outlives its connection: when that breaks, the client attaches to it again.
 */
import { randomUUID } from 'node:crypto';
import type * as Grpc from '@grpc/grpc-js';
import { abortedError, throwIfAborted } from '../../base/abort.ts';
import { CoppiceError } from '../../base/errors.ts';
import { chunksOf } from './artifact-chunks.ts';
import { type SparkAddress, type SparkTls, secretsOf } from './connect-url.ts';
import { loadSparkService, type SparkService } from './load-grpc.ts';
import type { ExecutePlanResponse, ExecutionProgress, Relation, SparkType } from './messages.ts';
import { grpcStatus, sparkError } from './spark-error.ts';

/** How long a session waits for the server's first answer. */
const connectMs = 60_000;

/** How often a broken execution is attached to again before it counts as lost. */
const maxReattaches = 12;

/** Options of one execution. */
export interface ExecuteOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ExecutionProgress) => void) | undefined;
  /** What is done, for messages. */
  readonly what: string;
  /** An id that hangs on the work: an operation that runs under it is attached to. A fresh one by default. */
  readonly operationId?: string | undefined;
}

/** See the header. */
export class SparkConnect {
  readonly sessionId: string;
  /** Version of Spark on the server. */
  version = '';
  readonly #client: Grpc.Client;
  readonly #address: SparkAddress;
  readonly #metadata: Grpc.Metadata;
  /** Ids that were given, of operations under way. */
  readonly #running = new Set<string>();
  readonly #calls = new Set<{ cancel(): void }>();
  #isClosed = false;

  private constructor(service: SparkService, address: SparkAddress, tls: SparkTls | undefined) {
    const { grpc, Client } = service;
    this.#address = address;
    this.sessionId = address.sessionId ?? randomUUID();
    const bytes = (given: string | Uint8Array | undefined): Buffer | null =>
      given === undefined ? null : Buffer.from(given as string);
    const credentials = address.isEncrypted
      ? grpc.credentials.createSsl(bytes(tls?.ca), bytes(tls?.key), bytes(tls?.cert))
      : grpc.credentials.createInsecure();
    const host = address.host.includes(':') ? `[${address.host}]` : address.host;
    this.#client = new Client(`${host}:${address.port}`, credentials, {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.enable_retries': 0,
    });
    this.#metadata = new grpc.Metadata();
    if (address.token !== null) this.#metadata.set('authorization', `Bearer ${address.token}`);
    for (const [key, value] of Object.entries(address.headers)) this.#metadata.set(key, value);
  }

  /** Connects and asks the server who it is. @throws CoppiceError `DEPENDENCY_MISSING`, `UNAUTHENTICATED`, `EXECUTOR_LOST` */
  static async open(address: SparkAddress, tls?: SparkTls): Promise<SparkConnect> {
    const client = new SparkConnect(await loadSparkService(), address, tls);
    try {
      const answer = await client.#unary<{ spark_version?: { version?: string } }>(
        'AnalyzePlan',
        { spark_version: {} },
        { what: 'its version', timeoutMs: connectMs },
      );
      client.version = answer.spark_version?.version ?? '';
      return client;
    } catch (error) {
      client.#client.close();
      throw error;
    }
  }

  /** The columns of a relation. @throws CoppiceError `ABORTED`, else as Spark says */
  async schema(relation: Relation, signal?: AbortSignal): Promise<SparkType> {
    const answer = await this.#unary<{ schema?: { schema?: SparkType } }>(
      'AnalyzePlan',
      { schema: { plan: { root: relation } } },
      { what: 'the columns of a table', signal },
    );
    return answer.schema?.schema ?? {};
  }

  /** How Spark would carry a relation out, as text. */
  async explain(relation: Relation): Promise<string> {
    const answer = await this.#unary<{ explain?: { explain_string?: string } }>(
      'AnalyzePlan',
      { explain: { plan: { root: relation }, explain_mode: 2 } },
      { what: 'a plan' },
    );
    return answer.explain?.explain_string ?? '';
  }

  /** Makes Spark keep a relation from its first use on, or let it go. */
  async persist(relation: Relation, isKept = true): Promise<void> {
    await this.#unary(
      'AnalyzePlan',
      isKept ? { persist: { relation } } : { unpersist: { relation } },
      {
        what: 'keeping a table in memory',
      },
    );
  }

  /** Values of the server's configuration; null where one is not set. */
  async config(keys: readonly string[]): Promise<Map<string, string | null>> {
    const answer = await this.#unary<{ pairs?: { key: string; value?: string }[] }>(
      'Config',
      { operation: { get_option: { keys } } },
      { what: 'its configuration' },
    );
    return new Map((answer.pairs ?? []).map(({ key, value }) => [key, value ?? null]));
  }

  /** Sets values of the session's configuration. */
  async configure(pairs: Readonly<Record<string, string>>): Promise<void> {
    const set = { pairs: Object.entries(pairs).map(([key, value]) => ({ key, value })) };
    await this.#unary('Config', { operation: { set } }, { what: 'its configuration' });
  }

  /** Ends one operation on the server. */
  async interrupt(operationId: string): Promise<void> {
    const request = {
      interrupt_type: 'INTERRUPT_TYPE_OPERATION_ID',
      operation_id: operationId,
    };
    await this.#unary('Interrupt', request, { what: 'an interrupt' });
  }

  /** Ends the session on the server, with its artifacts and what it keeps, and the connection. */
  async close(options: { readonly release: boolean }): Promise<void> {
    this.#isClosed = true;
    try {
      if (options.release)
        await this.#unary('ReleaseSession', {}, { what: 'the end of a session', timeoutMs: 5000 });
    } catch {
      // a server that is gone has no session either
    } finally {
      for (const call of this.#calls) call.cancel();
      this.#client.close();
    }
  }

  /** Uploads files by name (`pyfiles/…`, `files/…`). */
  async addArtifacts(files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const call = this.#method('AddArtifacts')(this.#metadata, (error: unknown) => {
        if (error === null || error === undefined) resolve();
        else reject(this.#error(error, 'an upload'));
      }) as { write(message: object): void; end(): void };
      for (const [name, bytes] of files) {
        for (const payload of chunksOf(name, bytes)) call.write({ ...this.#base(), ...payload });
      }
      call.end();
    });
  }

  /** Carries a plan out; gives the Arrow streams of its results as they come. */
  async *execute(
    relation: Relation | null,
    options: ExecuteOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { what, signal, onProgress } = options;
    // the same work twice at once is done twice
    const known = options.operationId;
    const given = known !== undefined && !this.#running.has(known) ? known : null;
    let operationId = given ?? randomUUID();
    if (given !== null) this.#running.add(given);
    let lastResponse: string | undefined;
    let failures = 0;
    let isStarted = false;
    let isOver = false;
    try {
      throwIfAborted(signal, what);
      if (this.#isClosed) throw closedError(what);
      while (!isOver) {
        const request = isStarted
          ? {
              operation_id: operationId,
              ...(lastResponse === undefined ? {} : { last_response_id: lastResponse }),
            }
          : {
              operation_id: operationId,
              plan: { root: relation },
              request_options: [{ reattach_options: { reattachable: true } }],
            };
        const method = isStarted ? 'ReattachExecute' : 'ExecutePlan';
        try {
          for await (const message of this.#stream(method, request, signal, what)) {
            isStarted = true;
            failures = 0;
            lastResponse = message.response_id ?? lastResponse;
            if (message.execution_progress !== undefined) onProgress?.(message.execution_progress);
            const data = message.arrow_batch?.data;
            if (data !== undefined && data.length > 0) yield data;
            if (message.result_complete !== undefined) isOver = true;
          }
        } catch (error) {
          const code = (error as { code?: unknown }).code;
          const found = !isStarted && operationId === given ? handleIn(error) : null;
          if (found === 'running') {
            isStarted = true;
            continue;
          }
          if (found === 'over') {
            operationId = randomUUID();
            continue;
          }
          const isBroken = code === grpcStatus.unavailable || code === grpcStatus.cancelled;
          if (
            this.#isClosed ||
            isAborted(signal) ||
            !isBroken ||
            !isStarted ||
            failures >= maxReattaches
          ) {
            throw await this.#fullError(error, what);
          }
          failures += 1;
          await new Promise((resolve) => setTimeout(resolve, Math.min(250 * failures, 2000)));
        }
      }
    } finally {
      if (given !== null) this.#running.delete(given);
      if (isOver) this.#release(operationId);
      else if (!this.#isClosed && (isStarted || isAborted(signal))) {
        await this.interrupt(operationId).catch(() => undefined);
        this.#release(operationId);
      }
    }
  }

  #base(): object {
    const { userId } = this.#address;
    return {
      session_id: this.sessionId,
      user_context: { user_id: userId, user_name: userId },
      client_type: 'coppice',
    };
  }

  // biome-ignore lint/suspicious/noExplicitAny: the methods are made from the service's description
  #method(name: string): (...args: any[]) => unknown {
    const client = this.#client as unknown as Record<string, (...args: unknown[]) => unknown>;
    return (client[name] as (...args: unknown[]) => unknown).bind(client);
  }

  #error(cause: unknown, what: string, full?: string): CoppiceError {
    const { host, port } = this.#address;
    const secrets = secretsOf(this.#address);
    return sparkError(cause, { what, server: `${host}:${port}`, secrets }, full);
  }

  #unary<T>(
    name: string,
    request: object,
    options: {
      readonly what: string;
      readonly timeoutMs?: number;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<T> {
    const { what, signal } = options;
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + (options.timeoutMs ?? 120_000);
      const fail = (error: unknown): void => {
        if (signal !== undefined && isAborted(signal))
          reject(abortedError(`asking for ${what}`, signal));
        else this.#fullError(error, what).then(reject, reject);
      };
      let cancel = (): void => undefined;
      const settle = (error: unknown, answer: T): void => {
        signal?.removeEventListener('abort', cancel);
        if (error === null || error === undefined) resolve(answer);
        else fail(error);
      };
      try {
        throwIfAborted(signal, `asking for ${what}`);
        const call = this.#method(name)(
          { ...this.#base(), ...request },
          this.#metadata,
          { deadline },
          settle,
        ) as { cancel(): void };
        cancel = () => call.cancel();
        signal?.addEventListener('abort', cancel, { once: true });
      } catch (error) {
        fail(error);
      }
    });
  }

  async *#stream(
    method: string,
    request: object,
    signal: AbortSignal | undefined,
    what: string,
  ): AsyncGenerator<ExecutePlanResponse, void, undefined> {
    const call = this.#method(method)(
      { ...this.#base(), ...request },
      this.#metadata,
    ) as AsyncIterable<ExecutePlanResponse> & {
      cancel(): void;
      on(event: 'error', listener: () => void): void;
    };
    const cancel = (): void => call.cancel();
    this.#calls.add(call);
    call.on('error', () => undefined);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      yield* call;
    } catch (error) {
      if (signal !== undefined && isAborted(signal)) throw abortedError(what, signal);
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#calls.delete(call);
      call.cancel();
    }
  }

  /** The error with all that Spark knows of it; its first answer is cut short. */
  async #fullError(error: unknown, what: string): Promise<CoppiceError> {
    if (error instanceof CoppiceError) return error;
    if (this.#isClosed) return closedError(what);
    const metadata = (error as { metadata?: Grpc.Metadata }).metadata;
    const details = metadata?.get('grpc-status-details-bin')?.[0];
    const id = /errorId.{0,8}?([0-9a-f]{8}-[0-9a-f-]{27})/s.exec(
      details?.toString('latin1') ?? '',
    )?.[1];
    if (id === undefined) return this.#error(error, what);
    const full = await new Promise<string>((resolve) => {
      const request = { ...this.#base(), error_id: id };
      const deadline = Date.now() + 5000;
      const settle = (failure: unknown, answer: { errors?: { message?: string }[] }): void =>
        resolve(
          failure ? '' : (answer.errors ?? []).map(({ message }) => message ?? '').join('\n'),
        );
      this.#method('FetchErrorDetails')(request, this.#metadata, { deadline }, settle);
    });
    return this.#error(error, what, full);
  }

  #release(operationId: string): void {
    const request = { ...this.#base(), operation_id: operationId, release_all: {} };
    try {
      this.#method('ReleaseExecute')(request, this.#metadata, () => undefined);
    } catch {
      // the session was closed meanwhile, which releases all
    }
  }
}

/** Whatever a call ends with once its session is being closed: that was the reason. */
function closedError(what: string): CoppiceError {
  return new CoppiceError(
    'SESSION_CLOSED',
    `the session was closed before ${what} was done; open another one with Session.spark()`,
  );
}

/** What Spark knows of an operation's id that was to be a new one's. */
function handleIn(error: unknown): 'running' | 'over' | null {
  const said = String((error as { details?: unknown }).details);
  if (said.includes('OPERATION_ALREADY_EXISTS')) return 'running';
  return said.includes('OPERATION_ABANDONED') ? 'over' : null;
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
