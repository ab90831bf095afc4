/**
 * Gangs over several processes of this machine, each with threads of its own; they meet over TCP on the
 * loopback address. The same program and payload as in one process: what remote executors run, without hosts.
 *
 * Driver: starts the processes on first use, tells each its ranks and where the others listen, waits for
 * their answers. When one is lost or fails, the others end too, all are replaced, and the first cause is thrown.
 */
import { randomBytes } from 'node:crypto';
import { throwIfAborted } from '../../base/abort.ts';
import { CoppiceError } from '../../base/errors.ts';
import type { GangRequest, GangRunner } from '../gang-runner.ts';
import { type GangRecording, type OwnRound, recordingOf } from '../simulation/recording.ts';
import { InlineRunner, type TaskOptions, type TaskRunner } from '../task-runner.ts';
import { AdmissionQueue, closedError } from '../threads/admission-queue.ts';
import { throwRootCause } from '../threads/thread-pool.ts';
import { isRecordedRounds } from './gang-member.ts';
import { GangProcess } from './gang-process.ts';
import type { NetworkPlace } from './network-place.ts';
import { type GangTiming, loopback, timingWith } from './open-mesh.ts';
import type { GangTls, MemberAddress } from './protection.ts';

/** How long processes may take to end by themselves after an abort or a failure before they are killed. */
const graceMs = 900;

/** Where process `from` reaches process `to`, which listens at `address`. */
type RouteOf = (
  from: number,
  to: number,
  address: MemberAddress,
) => MemberAddress | Promise<MemberAddress>;

/** How many processes, and what they run. */
export interface TcpGangRunnerOptions {
  readonly numProcesses: number;
  readonly threadsPerProcess: number;
  /** The entry of their worker threads. */
  readonly workerUrl: URL;
  /** Where single tasks run; in the calling thread by default. */
  readonly tasks?: TaskRunner | undefined;
  /** How long members wait for each other, where it differs from the default. */
  readonly timing?: Partial<GangTiming> | undefined;
  /** TLS between the processes; none by default, for they stay on the loopback address. */
  readonly tls?: GangTls | null | undefined;
  /** False has the main threads meet for the ranks, as they do under TLS; tests and benches compare the two. */
  readonly usesLanes?: boolean | undefined;
  /** Tests put a proxy between the processes. */
  readonly route?: RouteOf | undefined;
  /** Is given what the processes of each gang did, meeting by meeting. */
  readonly onRecording?: ((recording: GangRecording) => void) | undefined;
}

/** Runs gangs on local processes, one gang at a time. */
export class TcpGangRunner implements GangRunner {
  readonly numThreads: number;
  readonly hasOtherProcesses = true;
  readonly #options: TcpGangRunnerOptions;
  readonly #tasks: TaskRunner;
  /** Lets one gang at a time use the processes. */
  readonly #turns = new AdmissionQueue(1);
  #processes: GangProcess[] = [];
  #ending: Promise<void> = Promise.resolve();

  constructor(options: TcpGangRunnerOptions) {
    this.#options = options;
    this.#tasks = options.tasks ?? new InlineRunner();
    this.numThreads = options.numProcesses * options.threadsPerProcess;
  }

  /** The ids of the processes that there are. */
  get processIds(): readonly number[] {
    return this.#processes.flatMap((process) => (process.id === undefined ? [] : [process.id]));
  }

  run<T>(name: string, payload: unknown, options: TaskOptions = {}): Promise<T> {
    return this.#tasks.run(name, payload, options);
  }

  /** Runs a program on `width` ranks, as many a process as it has threads. */
  async runGang(request: GangRequest): Promise<unknown[]> {
    await this.#turns.acquire(1, request.signal);
    try {
      return await this.#runNow(request);
    } finally {
      this.#turns.release(1);
    }
  }

  /** Ends the processes; a job under way rejects. */
  async close(): Promise<void> {
    this.#turns.close();
    await this.#endProcesses();
  }

  async #runNow(request: GangRequest): Promise<unknown[]> {
    const { signal } = request;
    const what = `the ${request.program} job`;
    const firstRanks = this.#dealRanks(request.width);
    const processes = this.#startProcesses(firstRanks.length - 1);
    let timer: NodeJS.Timeout | undefined;
    // what failed in one process reaches the others over their connections
    const endSoon = (): void => {
      timer ??= setTimeout(() => void this.#endProcesses(), graceMs);
    };
    const onAbort = (): void => {
      for (const process of processes) process.abort();
      endSoon();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    for (const process of processes) process.keepDriver(true);
    try {
      const ports = await Promise.all(processes.map((process) => process.listen()));
      throwIfAborted(signal, what);
      const key = randomBytes(32).toString('hex');
      const { tls = null, route = (_from, _to, address) => address, onRecording } = this.#options;
      const recorded: (readonly OwnRound[])[] = [];
      const outcomes = await Promise.allSettled(
        processes.map(async (process, i) => {
          const place: NetworkPlace = { process: i, firstRanks };
          const first = firstRanks[i] as number;
          const count = (firstRanks[i + 1] as number) - first;
          const payload = request.payload({ first, count, total: request.width });
          const members = await Promise.all(
            ports.map((port, to) => {
              const address = { host: loopback, port };
              return to < i ? route(i, to, address) : address;
            }),
          );
          const isRecorded = onRecording !== undefined;
          const { usesLanes } = this.#options;
          const { program } = request;
          const job = { program, payload, place, key, members, tls, usesLanes, isRecorded };
          try {
            return await process.start(job, (message) => {
              if (isRecordedRounds(message)) recorded[message.recordedProcess] = message.rounds;
              else request.onMessage?.(message);
            });
          } catch (error) {
            endSoon();
            throw error;
          }
        }),
      );
      throwRootCause(outcomes);
      for (const process of processes) process.keepDriver(false);
      onRecording?.(recordingOf(recorded));
      return outcomes.flatMap((o) => (o as PromiseFulfilledResult<readonly unknown[]>).value);
    } catch (error) {
      await this.#endProcesses();
      if (this.#turns.isClosed) throw closedError();
      throwIfAborted(signal, what);
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** The first rank of each process that is needed, then the number of ranks. */
  #dealRanks(width: number): number[] {
    if (width > this.numThreads) {
      throw new CoppiceError(
        'PARAM_INVALID',
        `the number of ranks must be at most the threads of all processes (${this.numThreads}); got ${width}`,
      );
    }
    const firstRanks = [0];
    while ((firstRanks.at(-1) as number) < width) {
      const next = (firstRanks.at(-1) as number) + this.#options.threadsPerProcess;
      firstRanks.push(Math.min(width, next));
    }
    return firstRanks;
  }

  #startProcesses(count: number): GangProcess[] {
    this.#processes = this.#processes.filter((process) => process.isAlive);
    const { threadsPerProcess, workerUrl, timing } = this.#options;
    while (this.#processes.length < count) {
      this.#processes.push(
        new GangProcess(processUrl(), {
          numThreads: threadsPerProcess,
          workerUrl: workerUrl.href,
          timing: timingWith(timing),
        }),
      );
    }
    return this.#processes.slice(0, count);
  }

  async #endProcesses(): Promise<void> {
    const killed = this.#processes.splice(0).map((process) => process.kill());
    this.#ending = Promise.all([this.#ending, ...killed]).then(() => undefined);
    await this.#ending;
  }
}

/** Processes run JavaScript: when this module itself runs as TypeScript, they take the built entry. */
function processUrl(moduleUrl: string = import.meta.url): URL {
  const isSource = moduleUrl.endsWith('.ts');
  return new URL(
    isSource ? '../../../dist/cluster/tcp/process-main.js' : './process-main.js',
    moduleUrl,
  );
}
