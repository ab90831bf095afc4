/**
 * One process's place in a gang: its threads, its memory, and where the other processes find it. Whoever
 * started the process (a daemon, a Spark task, mpirun) hands it the place as plain data and gets back what
 * its ranks returned; nothing here listens for a driver.
 *
 *   seat.listen() → its address, told to all members by whoever started them
 *   seat.run({ program, payload, place, key, peers }) → one value for each rank here
 */
import { CoppiceError, isCoppiceError } from '../../base/errors.ts';
import { newSharedMemory } from '../../base/shared-memory.ts';
import type { TaskOptions, TaskRunner } from '../task-runner.ts';
import { runMember } from '../tcp/gang-member.ts';
import type { NetworkPlace } from '../tcp/network-place.ts';
import { type Door, defaultTiming, type GangTiming, loopback, openDoor } from '../tcp/open-mesh.ts';
import type { GangTls, MemberAddress } from '../tcp/protection.ts';
import { ThreadPool } from '../threads/thread-pool.ts';

/** Where a member of a gang listens for the others. */
export type PeerAddress = MemberAddress;

/** The part of a gang that one process runs. */
export interface SeatJob {
  readonly program: string;
  readonly payload: unknown;
  readonly place: NetworkPlace;
  /** The secret of the gang. */
  readonly key: string;
  /** Where each process of the gang listens, by process. */
  readonly peers: readonly PeerAddress[];
  /** TLS between the members; only members on one machine may do without. */
  readonly tls?: GangTls | null | undefined;
}

/** What a seat is made of. */
export interface SeatOptions {
  readonly numThreads: number;
  /** The entry of its worker threads. */
  readonly workerUrl: URL;
  /** Longest wait of a rank for the others. */
  readonly timeoutMs?: number | undefined;
  /** How long members wait for each other, where it differs from the default. */
  readonly timing?: Partial<GangTiming> | undefined;
  /** Bytes that the training data may take. */
  readonly maxMemory?: number | undefined;
  /** See ThreadPoolOptions. */
  readonly startsAtOnce?: boolean | undefined;
}

/** Who is told what happens while a seat's ranks run. */
export interface SeatWatch {
  readonly signal?: AbortSignal | undefined;
  readonly onMessage?: ((message: unknown) => void) | undefined;
}

const pageBytes = 65536;
const mostPages = 65536;

/** See the header. */
export class GangSeat implements TaskRunner {
  readonly numThreads: number;
  readonly #options: SeatOptions;
  readonly #pool: ThreadPool;
  #memory: WebAssembly.Memory | null = null;
  #door: Door | null = null;

  constructor(options: SeatOptions) {
    this.#options = options;
    this.numThreads = options.numThreads;
    const { timeoutMs, startsAtOnce } = options;
    this.#pool = new ThreadPool(options.numThreads, options.workerUrl, { timeoutMs, startsAtOnce });
  }

  /** Opens the door for the gang that is to come; a door that no gang came through is closed. */
  async listen(host: string = loopback): Promise<PeerAddress> {
    this.#closeDoor();
    this.#door = await openDoor(host);
    return { host, port: this.#door.port };
  }

  /** Runs a task in a thread of its own. */
  run<T>(name: string, payload: unknown, options: TaskOptions = {}): Promise<T> {
    return this.#pool.run<T>(name, payload, options);
  }

  /**
   * Runs the ranks here; resolves with what each returned.
   *
   * @throws CoppiceError `EXECUTOR_LOST`, `COLLECTIVE_TIMEOUT`, `PROTOCOL`, `ABORTED`, and what a rank throws
   */
  async runRanks(job: SeatJob, watch: SeatWatch = {}): Promise<readonly unknown[]> {
    const { peers: members, tls = null } = job;
    const door = this.#door;
    this.#door = null;
    if (door === null) throw new CoppiceError('INTERNAL', 'a gang began before its door was open');
    const { timing, timeoutMs = defaultTiming.timeoutMs } = this.#options;
    const memory = this.#takeMemory();
    const values = await runMember(
      { ...job, members, tls },
      {
        pool: this.#pool,
        memory,
        door,
        // who waits so long for others' ranks waits no longer for the others themselves
        timing: {
          ...defaultTiming,
          joinMs: Math.min(defaultTiming.joinMs, timeoutMs),
          timeoutMs,
          ...timing,
        },
        signal: watch.signal,
        onMessage: (message) => watch.onMessage?.(message),
      },
    ).catch((error: unknown) => {
      throw this.#withLimit(error);
    });
    this.#memory = memory;
    return values;
  }

  /** Ends the threads; work under way rejects. */
  async close(): Promise<void> {
    this.#closeDoor();
    await this.#pool.close();
  }

  /** The memory of the last gang that ended well: a shared memory never shrinks, so the next one takes it over. */
  #takeMemory(): WebAssembly.Memory {
    const spare = this.#memory;
    this.#memory = null;
    if (spare !== null) return spare;
    const { maxMemory = Number.POSITIVE_INFINITY } = this.#options;
    const maximum = Math.max(1, Math.min(mostPages, Math.floor(maxMemory / pageBytes)));
    return newSharedMemory(1, maximum);
  }

  /** Says what the operator gives, where it was too little. */
  #withLimit(error: unknown): unknown {
    const { maxMemory } = this.#options;
    if (maxMemory === undefined || !isCoppiceError(error, 'MEMORY_LIMIT')) return error;
    const { message, context, cause } = error;
    const most = `${maxMemory} bytes that its operator gives (--max-memory)`;
    return new CoppiceError('MEMORY_LIMIT', `${message}; the executor takes at most the ${most}`, {
      context: { ...context, limit: maxMemory },
      cause,
    });
  }

  #closeDoor(): void {
    for (const socket of this.#door?.parked ?? []) socket.destroy();
    this.#door?.server.close();
    this.#door = null;
  }
}
