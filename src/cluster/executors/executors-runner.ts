/**
 * Gangs and tasks on executors: a gang's ranks are dealt executor by executor, each as many as it has threads.
 * Tasks go where the data is: those that read files to the executors, the others to threads of the driver.
 *
 * When an executor is lost, its gang ends everywhere; lost executors are called again for a while, those that do
 * not come back are left out, and the gang runs anew on who is there. The model does not depend on who that is. Those
 * that were left out are called again whenever work begins.
 * Where nobody is left, the work ends, whatever retries it had.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfAborted } from '../../base/abort.ts';
import { CoppiceError } from '../../base/errors.ts';
import { emitWarning } from '../../base/warn.ts';
import { endOf, type GangRequest, type GangRunner, isLoss } from '../gang-runner.ts';
import type { TaskOptions, TaskRunner } from '../task-runner.ts';
import { AdmissionQueue, closedError } from '../threads/admission-queue.ts';
import { nameOf } from './addresses.ts';
import { type ConnectionOptions, ExecutorConnection } from './executor-connection.ts';
import type { PeerAddress } from './gang-seat.ts';
import { runGangOn } from './run-gang.ts';

/** What a runner is made of. */
export interface ExecutorsRunnerOptions {
  readonly addresses: readonly PeerAddress[];
  readonly connection: Omit<ConnectionOptions, 'address'>;
  /** Threads of the driver, for data that it holds itself. */
  readonly local: TaskRunner & { close(): Promise<void> };
  /** True for tasks that read files. */
  readsFiles(name: string, payload: unknown): boolean;
  /** How often a gang may be run anew after losses. */
  readonly retries: number;
  /** How long lost executors are called before a gang goes on without them. */
  readonly reconnectMs: number;
}

/** How long work waits for an executor that was left out. */
const briefMs = 500;

/** A call of an executor that nobody waits for. */
interface LateCall {
  readonly answer: Promise<ExecutorConnection>;
  hangUp(): void;
}

/** See the header. */
export class ExecutorsRunner implements GangRunner {
  readonly hasOtherProcesses = true;
  readonly readsElsewhere = true;
  readonly #options: ExecutorsRunnerOptions;
  readonly #turns = new AdmissionQueue(1);
  #connections: readonly ExecutorConnection[];
  #calling: Promise<readonly ExecutorConnection[]> | null = null;
  /** How executors that are not there were lost, the first loss first. */
  readonly #losses = new Map<string, Error>();
  /** Executors that did not come back when they were called, and calls of them that go on while others work. */
  readonly #leftOut = new Map<string, LateCall | null>();
  /** Threads of every executor, also of those that are away: they may be back when work begins. */
  readonly #threads: Map<string, number>;

  private constructor(options: ExecutorsRunnerOptions, connections: readonly ExecutorConnection[]) {
    this.#options = options;
    this.#connections = connections;
    this.#threads = new Map(connections.map(({ where, numThreads }) => [where, numThreads]));
  }

  /** Connects with all executors. @throws CoppiceError of the first that cannot be had */
  static async connect(options: ExecutorsRunnerOptions): Promise<ExecutorsRunner> {
    const outcomes = await Promise.allSettled(
      options.addresses.map((address) =>
        ExecutorConnection.open({ ...options.connection, address }),
      ),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    const connections = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [outcome.value] : [],
    );
    if (failed === undefined) return new ExecutorsRunner(options, connections);
    const closings = connections.map((connection) => connection.close(closedError()));
    await Promise.all([...closings, options.local.close()]);
    throw failed.reason;
  }

  get retries(): number {
    return this.#options.retries;
  }

  /** See TaskRunner; each executor has devices of its own. */
  get device(): string | undefined {
    return this.#options.local.device;
  }

  get isClosed(): boolean {
    return this.#turns.isClosed;
  }

  /** Threads of all executors, those that are lost too. */
  get numThreads(): number {
    let sum = 0;
    for (const numThreads of this.#threads.values()) sum += numThreads;
    return sum;
  }

  async run<T>(name: string, payload: unknown, options: TaskOptions = {}): Promise<T> {
    if (!this.#options.readsFiles(name, payload)) {
      return await this.#options.local.run<T>(name, payload, options);
    }
    for (let attempt = 0; ; attempt++) {
      if (this.#turns.isClosed) throw closedError();
      throwIfAborted(options.signal, `the task ${name}`);
      try {
        return await this.#runOn<T>(await this.#leastBusy(), name, payload, options.signal);
      } catch (error) {
        if (attempt >= this.#options.retries || !isLoss(error)) throw error;
      }
    }
  }

  /** Runs a program on `width` ranks, or on as many as are left after losses. */
  async runGang(request: GangRequest): Promise<unknown[]> {
    await this.#turns.acquire(1, request.signal);
    const what = `the ${request.program} job`;
    try {
      for (let attempt = 0; ; attempt++) {
        if (this.#turns.isClosed) throw closedError();
        throwIfAborted(request.signal, what);
        try {
          const { hello } = this.#options.connection;
          return await runGangOn(await this.#ready(), request, {
            key: randomBytes(32).toString('hex'),
            isNamed: hello.session !== null,
            isFirst: attempt === 0,
          });
        } catch (error) {
          if (this.#turns.isClosed) throw closedError();
          throwIfAborted(request.signal, what);
          const isLast = attempt >= this.#options.retries || request.retriesItself === true;
          if (isLast || !isLoss(error)) throw error;
          emitWarning(`${what} begins again: ${(error as Error).message}`);
        }
      }
    } finally {
      this.#turns.release(1);
    }
  }

  /** Says goodbye to the executors, which end what they do, and ends the driver's own threads. */
  async close(): Promise<void> {
    if (this.#turns.isClosed) return;
    this.#turns.close();
    for (const call of this.#leftOut.values()) call?.hangUp();
    await Promise.all([
      ...this.#connections.map((connection) => connection.close(closedError())),
      this.#options.local.close(),
    ]);
  }

  async #runOn<T>(
    connection: ExecutorConnection,
    name: string,
    payload: unknown,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const { id, done } = connection.task<T>(name, payload);
    const onAbort = (): void => connection.cancel(id);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await done;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async #leastBusy(): Promise<ExecutorConnection> {
    const all = await this.#ready();
    const load = ({ numWaiting, numThreads }: ExecutorConnection): number =>
      numWaiting / numThreads;
    return all.reduce((best, one) => (load(one) < load(best) ? one : best));
  }

  /** The executors that are there, after lost ones were called again: once for all who wait for them. */
  #ready(): Promise<readonly ExecutorConnection[]> {
    this.#calling ??= this.#callLost().finally(() => {
      this.#calling = null;
    });
    return this.#calling;
  }

  async #callLost(): Promise<readonly ExecutorConnection[]> {
    if (this.#connections.every(({ lost }) => lost === null)) {
      if (this.#connections.length === this.#options.addresses.length) return this.#connections;
    }
    const living = this.#connections.filter(({ lost }) => lost === null);
    const byTime = [...this.#connections].sort((a, b) => a.lostAt - b.lostAt);
    for (const { where, lost } of byTime) {
      if (lost !== null && !this.#losses.has(where)) this.#losses.set(where, lost);
    }
    const gone = this.#options.addresses.filter(
      (address) => !living.some(({ where }) => where === nameOf(address)),
    );
    const patienceMs = living.length === 0 ? this.#options.connection.connectMs : briefMs;
    const outcomes = await Promise.allSettled(
      gone.map((address) =>
        this.#leftOut.has(nameOf(address))
          ? this.#callBriefly(address, patienceMs)
          : this.#callAgain(address),
      ),
    );
    const back = outcomes.flatMap((o) => (o.status === 'fulfilled' ? [o.value] : []));
    if (this.#turns.isClosed) {
      for (const connection of back) void connection.close(closedError());
      throw closedError();
    }
    const order = this.#options.addresses.map(nameOf);
    const all = [...living, ...back].sort(
      (a, b) => order.indexOf(a.where) - order.indexOf(b.where),
    );
    const isNew = gone.map((address) => !this.#leftOut.has(nameOf(address)));
    for (const address of gone) {
      const where = nameOf(address);
      if (!this.#leftOut.has(where)) this.#leftOut.set(where, null);
    }
    for (const { where, numThreads } of all) {
      this.#leftOut.delete(where);
      this.#threads.set(where, numThreads);
    }
    const reasons = outcomes.map((o) => (o.status === 'rejected' ? (o.reason as Error) : null));
    if (all.length === 0) throw this.#nobodyLeft(reasons[0] as Error);
    reasons.forEach((reason, i) => {
      if (reason === null || isNew[i] !== true) return;
      const where = nameOf(gone[i] as PeerAddress);
      emitWarning(`the work goes on without executor ${where}: ${reason.message}`);
    });
    for (const { where } of all) this.#losses.delete(where);
    this.#connections = all;
    return all;
  }

  #nobodyLeft(noAnswer: Error): CoppiceError {
    const where = this.#options.addresses.map(nameOf);
    const executors = where.join(', ');
    const [firstLoss = noAnswer] = this.#losses.values();
    const gone = where.length === 1 ? 'it is gone:' : `all ${where.length} are gone; first`;
    const seconds = this.#options.reconnectMs / 1000;
    return endOf(
      new CoppiceError(
        'EXECUTOR_LOST',
        `the executors of a session (${executors}) must be there while it works; ${gone} ` +
          `${firstLoss.message}; called again for ${seconds} s (reconnectSeconds), at last ${noAnswer.message}; ` +
          'start them again and repeat the fit: the session finds them, and with checkpointDir it goes on where it was',
        { context: { executors }, cause: firstLoss },
      ),
    );
  }

  /** Calls a lost executor until it answers or the time for that is over. */
  async #callAgain(address: PeerAddress): Promise<ExecutorConnection> {
    const { reconnectMs, connection } = this.#options;
    const until = performance.now() + reconnectMs;
    for (;;) {
      const left = Math.min(connection.connectMs, until - performance.now());
      const connectMs = Math.max(briefMs, left);
      try {
        return await ExecutorConnection.open({ ...connection, address, connectMs });
      } catch (error) {
        if (performance.now() > until || this.#turns.isClosed) throw error;
        await sleep(200);
      }
    }
  }

  /**
   * Calls an executor that was left out; who needs longer to answer is there for later work. A call that was waited for
   * before is not waited for again.
   */
  async #callBriefly(address: PeerAddress, patienceMs: number): Promise<ExecutorConnection> {
    const where = nameOf(address);
    let call = this.#leftOut.get(where) ?? null;
    const isNew = call === null;
    if (call === null) {
      const abort = new AbortController();
      const { signal } = abort;
      const answer = ExecutorConnection.open({ ...this.#options.connection, address, signal });
      const hangUp = (): void => {
        abort.abort();
        answer.then((connection) => connection.close(closedError())).catch(() => undefined);
      };
      call = { answer, hangUp };
      this.#leftOut.set(where, call);
      answer.catch(() => this.#leftOut.set(where, null));
    }
    const connection = await answeredIn(call.answer, isNew ? patienceMs : 0);
    if (connection === null) {
      const message = `executor ${where} must be reachable; it did not answer within ${patienceMs} ms`;
      throw new CoppiceError('EXECUTOR_LOST', message, { context: { executor: where } });
    }
    this.#leftOut.set(where, null);
    if (connection.lost !== null) throw connection.lost;
    return connection;
  }
}

/** What a call that is under way gives; null where that takes longer. */
async function answeredIn<T>(answer: Promise<T>, ms: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ms, null);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
