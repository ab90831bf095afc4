/**
 * The threads of a session: they run single tasks, and gangs of ranks that meet. A thread that died is
 * replaced by the pool; the job it had rejects with the cause.
 */
import { existsSync } from 'node:fs';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { abortedError } from '../../base/abort.ts';
import { CoppiceError, fromErrorRecord, toErrorRecord } from '../../base/errors.ts';
import { ownFileMissing } from '../../base/own-file.ts';
import { markQuiet } from '../fresh-memory.ts';
import { type GangRequest, type GangRunner, runAlone } from '../gang-runner.ts';
import type { OwnRound } from '../simulation/recording.ts';
import { markHandedOver, runTask, type TaskOptions } from '../task-runner.ts';
import { type MeetingRequest, numRanksOf } from '../tcp/network-place.ts';
import { AdmissionQueue, closedError } from './admission-queue.ts';
import { endedError } from './ended-error.ts';
import { endGang, type GangControl, gangState, newGangControl } from './gang-control.ts';
import { defaultTimeoutMs } from './gate.ts';
import type {
  RankJob,
  RankMessage,
  RankNetwork,
  TaskJob,
  WorkerAnswer,
  WorkerJob,
} from './worker-handler.ts';

/** How long a gang may take to end by itself after an abort or a failure before its threads are ended. */
const graceMs = 800;

/** How long the calling thread works on brief jobs before threads are up: about what that takes. */
const briefMs = 150;

/**
 * The objects of a thread: rows lie in buffers, which do not count. V8 works ever longer for what it still finds towards
 * its own limit, some 4 GiB, before it gives up. A `--max-old-space-size` of the program's goes before this.
 */
const usualHeapMb = 2048;

/** What connects the ranks here with those of other processes; cluster/tcp has it. */
export interface GangNetwork extends RankNetwork {
  /** Called before the ranks start, with what they share. */
  attach(control: GangControl, memory: WebAssembly.Memory): void;
  /** Called when all ranks here wait for the other processes, where they do not meet these themselves. */
  meet(request: MeetingRequest): void;
  /** Called with a round that a rank began by itself, where rounds are recorded. */
  record(round: OwnRound): void;
}

/** Settings of a pool besides its threads. */
export interface ThreadPoolOptions {
  /** Longest wait of a rank for the others of its gang. */
  readonly timeoutMs?: number | undefined;
  /** See TaskRunner. */
  readonly device?: string | undefined;
  /** MiB of the objects of one thread. */
  readonly heapMb?: number | undefined;
  /** Starts the threads now, where work is sure to come; by default they start on first use. */
  readonly startsAtOnce?: boolean | undefined;
}

type RunOptions = NonNullable<Parameters<Piscina['run']>[1]>;

interface Gang {
  readonly request: GangRequest;
  readonly network: GangNetwork | null;
  readonly control: GangControl;
  readonly payload: unknown;
}

/** A fixed number of worker threads that run tasks and gangs. */
export class ThreadPool implements GangRunner {
  readonly numThreads: number;
  readonly device: string | undefined;
  readonly #timeoutMs: number;
  readonly #minThreads: number;
  readonly #heapMb: number;
  readonly #workerUrl: URL;
  readonly #queue: AdmissionQueue;
  readonly #failWaiting = new Set<(cause: unknown) => void>();
  #piscina: Piscina | null = null;
  #closing: Promise<void> | null = null;
  /** Threads that came up, by number. */
  readonly #up = new Set<number>();
  /** Jobs that threads have or will get. */
  #numRunning = 0;
  /** Tasks that only make a thread ready, which nobody waits for yet. */
  readonly #ahead = new Set<Promise<unknown>>();
  #spentMs = 0;
  #isBusy = false;

  /** @param workerUrl the worker's entry module, which exports handleJob */
  constructor(numThreads: number, workerUrl: URL, options: ThreadPoolOptions = {}) {
    this.numThreads = numThreads;
    this.device = options.device;
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.#heapMb = options.heapMb ?? usualHeapMb;
    this.#workerUrl = workerUrl;
    this.#queue = new AdmissionQueue(numThreads);
    this.#minThreads = options.startsAtOnce === true ? numThreads : 0;
    if (this.#minThreads > 0) this.#threads();
  }

  /** The threads; made on first use, unless they start at once. */
  #threads(): Piscina {
    if (this.#piscina !== null) return this.#piscina;
    const entry = this.#workerUrl;
    if (entry.protocol === 'file:' && !existsSync(entry)) throw ownFileMissing(entry);
    const threads = new Piscina({
      filename: entry.href,
      minThreads: this.#minThreads,
      maxThreads: this.numThreads,
      name: 'handleJob',
      concurrentTasksPerWorker: 1,
      idleTimeout: 60_000,
      atomics: 'disabled',
      recordTiming: false,
      // a thread starts with a file, which Node refuses where the program's text came with a type
      ...(process.execArgv.some((option) => option.startsWith('--input-type'))
        ? { execArgv: [] }
        : {}),
      // trees are grown from many small objects; a young generation that holds some of them is seldom copied, and one
      // that holds many leaves the cache
      resourceLimits: { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: this.#heapMb },
    });
    let wasUp = false;
    threads.on('workerCreate', ({ id }: { id: number }) => {
      wasUp = true;
      this.#up.add(id);
    });
    // a thread that dies rejects its own job, and the event only repeats it; but where no thread ever
    // came up, jobs would wait for one for ever
    threads.on('error', (cause: unknown) => {
      if (wasUp) return;
      if (this.#piscina === threads) this.#piscina = null;
      for (const fail of this.#failWaiting) fail(cause);
      void threads.destroy();
    });
    this.#piscina = threads;
    return threads;
  }

  /** How many threads can take a job, now or when they have done one. */
  get #numUp(): number {
    const threads = this.#piscina?.threads ?? [];
    return threads.filter(({ threadId }) => this.#up.has(threadId)).length;
  }

  /** What the threads answer to a job; rejects when no thread can start. */
  #answerOf(job: WorkerJob, options: RunOptions): Promise<WorkerAnswer> {
    const threads = this.#threads();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#failWaiting.delete(reject);
      };
      this.#failWaiting.add(reject);
      try {
        threads.run(job, options).then(resolve, reject).finally(settle);
      } catch (cause) {
        // No thread could be made (a limit of threads, Node's permissions). The job lies in the queue of a pool without
        // threads, whose end would reject it where nobody listens: the next job begins with another.
        if (threads.threads.length === 0) this.#piscina = null;
        settle();
        reject(cause);
      }
    });
  }

  /** Does a brief job right here, or returns null: a thread is up, or this one has done enough. */
  #doBriefly<T>(isBrief: boolean, work: () => Promise<T>): Promise<T> | null {
    if (!isBrief || this.#numUp > 0 || this.#isBusy || this.#spentMs > briefMs) return null;
    return this.#timed(work);
  }

  /** Waits for a thread that is being made ready, where none is idle. */
  async #aheadDone(): Promise<void> {
    const [next] = this.#ahead;
    if (next === undefined || this.#numRunning < this.#numUp) return;
    this.#ahead.delete(next);
    await next.catch(() => undefined);
  }

  async #timed<T>(work: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    this.#isBusy = true;
    try {
      return await work();
    } catch (error) {
      throw error instanceof CoppiceError ? error : fromErrorRecord(toErrorRecord(error));
    } finally {
      this.#isBusy = false;
      this.#spentMs += performance.now() - begin;
    }
  }

  get isClosed(): boolean {
    return this.#queue.isClosed;
  }

  async run<T>(name: string, payload: unknown, options: TaskOptions = {}): Promise<T> {
    const { signal, isBrief = false } = options;
    if (!this.#queue.isClosed && signal?.aborted !== true) {
      // needs none of the threads, which may be starting meanwhile
      const done = this.#doBriefly(isBrief, () => runTask(name, payload));
      if (done !== null) return (await done) as T;
    }
    await this.#queue.acquire(1, signal);
    try {
      const job: TaskJob = { kind: 'task', name, payload };
      if (options.isAhead !== true) await this.#aheadDone();
      const answer =
        options.isLarge === true
          ? this.#runLarge(job, signal)
          : this.#submit(job, [], signal, name);
      if (options.isAhead === true) this.#ahead.add(answer);
      return (await answer.finally(() => this.#ahead.delete(answer))) as T;
    } finally {
      this.#queue.release(1);
    }
  }

  /** A task whose answer may come without being copied: by a port of its own, for the pool's way copies. */
  async #runLarge(job: TaskJob, signal: AbortSignal | undefined): Promise<unknown> {
    const { port1, port2 } = new MessageChannel();
    try {
      const answer = await this.#submit({ ...job, port: port1 }, [port1], signal, job.name);
      const handed = receiveMessageOnPort(port2);
      return handed === undefined ? answer : markHandedOver(handed.message);
    } finally {
      port2.close();
    }
  }

  /**
   * Runs a program on `width` threads at once; resolves with what each rank returned.
   * @param network connects them with the ranks of other processes, where the gang has such
   */
  async runGang(request: GangRequest, network: GangNetwork | null = null): Promise<unknown[]> {
    const { width, signal, prepareBrief } = request;
    const begun = network === null && width === 1 ? this.#beginHere(request) : null;
    // whoever does nothing here has its place in the queue at once
    if (begun !== null) await begun;
    const leave = (error: unknown): never => {
      if (network === null) markQuiet(request.memory);
      throw error;
    };
    await this.#queue.acquire(width, signal).catch(leave);
    if (network === null && width === 1 && prepareBrief !== undefined) {
      const done = this.#doBriefly(true, async () => {
        await prepareBrief();
        return [await runAlone(request)];
      });
      if (done !== null) return await done.catch(leave).finally(() => this.#queue.release(width));
    }
    const control = newGangControl(width, network === null ? width : numRanksOf(network.place));
    const hard = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const end = (state: 1 | 2): void => {
      endGang(control, state);
      timer ??= setTimeout(() => hard.abort(), graceMs);
    };
    const onAbort = (): void => end(gangState.aborted);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    try {
      network?.attach(control, request.memory);
      const ranks = { first: 0, count: width, total: width };
      const gang: Gang = { request, network, control, payload: request.payload(ranks) };
      const outcomes = await Promise.allSettled(
        Array.from({ length: width }, (_, localIndex) =>
          this.#startRank(gang, localIndex, hard.signal).catch((error: unknown) => {
            end(gangState.failed);
            throw error;
          }),
        ),
      );
      const hasFailed = outcomes.some((o) => o.status === 'rejected');
      // a thread that is ended from here may run on for a moment
      if (hasFailed && network === null && !hard.signal.aborted) markQuiet(request.memory);
      if (signal?.aborted === true && hasFailed) {
        throw abortedError(`the ${request.program} job`, signal);
      }
      throwRootCause(outcomes);
      return outcomes.map((o) => (o as PromiseFulfilledResult<unknown>).value);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.#queue.release(width);
    }
  }

  /** Begins a gang's work here while a thread is on its way; where none is, the thread would wait for this one. */
  #beginHere(request: GangRequest): Promise<void> | null {
    const { beginHere } = request;
    if (beginHere === undefined || this.#ahead.size === 0 || this.#queue.isClosed) return null;
    return this.#doBriefly(true, () => beginHere(request));
  }

  /** Ends every thread; jobs under way reject. Who closes it again waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#queue.close();
    await this.#piscina?.destroy();
  }

  async #startRank(gang: Gang, localIndex: number, hard: AbortSignal): Promise<unknown> {
    const { request, network } = gang;
    const { port1, port2 } = new MessageChannel();
    const receive = (message: RankMessage): void => {
      if ('meet' in message) network?.meet(message.meet);
      else if ('round' in message) network?.record(message.round);
      else request.onMessage?.(message.notify);
    };
    port2.on('message', receive);
    port2.unref();
    const job: RankJob = {
      kind: 'rank',
      program: request.program,
      localIndex,
      network: network === null ? null : rankNetworkOf(network),
      timeoutMs: this.#timeoutMs,
      control: gang.control,
      memory: request.memory,
      port: port1,
      payload: gang.payload,
    };
    const rank = localIndex + (network?.place.firstRanks[network.place.process] ?? 0);
    try {
      await this.#aheadDone();
      return await this.#submit(job, [port1], hard, `rank ${rank} of the ${request.program} job`);
    } catch (error) {
      if (!hard.aborted) throw error;
      throw new CoppiceError('EXECUTOR_LOST', `rank ${rank} was ended with its gang`, {
        context: { rank, secondary: true },
      });
    } finally {
      // the last messages may still be under way when the answer is here
      for (let last = receiveMessageOnPort(port2); last; last = receiveMessageOnPort(port2)) {
        receive(last.message as RankMessage);
      }
      port2.close();
    }
  }

  async #submit(
    job: WorkerJob,
    transferList: MessageChannel['port1'][],
    signal: AbortSignal | undefined,
    what: string,
  ): Promise<unknown> {
    if (this.#queue.isClosed) throw closedError();
    let answer: WorkerAnswer;
    this.#numRunning += 1;
    try {
      answer = await this.#answerOf(job, {
        transferList: transferList as never,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      if (signal?.aborted === true) throw abortedError(what, signal);
      if (this.#queue.isClosed) throw closedError();
      if (cause instanceof CoppiceError) throw cause;
      throw endedError(what, cause);
    } finally {
      this.#numRunning -= 1;
    }
    if ('error' in answer) throw fromErrorRecord(answer.error);
    return answer.value;
  }
}

/** What a rank is told of a network: plain data. */
function rankNetworkOf({ place, lanes, timeoutMs, isRecorded }: GangNetwork): RankNetwork {
  return { place, lanes, timeoutMs, isRecorded };
}

/** True for a failure that only follows from another one's. */
export function isSecondary(error: unknown): boolean {
  return error instanceof CoppiceError && error.context.secondary === true;
}

/** Throws the failure that the others only followed. */
export function throwRootCause(outcomes: readonly PromiseSettledResult<unknown>[]): void {
  const failures = outcomes.flatMap((o) => (o.status === 'rejected' ? [o.reason as unknown] : []));
  if (failures.length === 0) return;
  throw failures.find((error) => !isSecondary(error)) ?? failures[0];
}
