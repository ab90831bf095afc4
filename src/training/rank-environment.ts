/**
 * What a rank works with: its Collective, the kernels on the shared memory, and the growth of that memory.
 * Addresses are planned alike by every rank of a process; the first of them makes the memory larger.
 */
import { type Awaitable, isPromise } from '../base/awaitable.ts';
import { CoppiceError } from '../base/errors.ts';
import type { KernelMemory } from '../base/kernel-memory.ts';
import type { Collective } from '../cluster/collective.ts';
import { freshBuffer } from '../cluster/fresh-memory.ts';
import { InlineCollective } from '../cluster/inline/inline-collective.ts';
import type { RankContext } from '../cluster/rank-program.ts';
import { chooseKernels, maxPages } from '../kernels/choose.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { TrainingProgress } from './messages.ts';

const pageBytes = 65536;

/** A rank's tools. */
export class RankEnvironment {
  readonly collective: Collective;
  readonly kernels: Kernels;
  readonly memory: KernelMemory;
  /** Position among the ranks of this process, and how many they are. */
  readonly localIndex: number;
  readonly numLocal: number;
  /** False where nobody wants to know how far the work is: a message wakes the driver's thread. */
  isHeard = true;
  /** Columns with integers that were rounded when this rank read them. */
  readonly roundedColumns = new Set<string>();
  readonly #context: RankContext;
  readonly #kernelKind: string | undefined;
  readonly #end: number;
  /** The bytes that were reserved last. */
  #reserved = 0;

  /** @param end nothing may be reserved beyond it */
  constructor(
    context: RankContext,
    kernels: string | undefined,
    end: number = Number.POSITIVE_INFINITY,
  ) {
    this.#context = context;
    this.#kernelKind = kernels;
    this.#end = end;
    this.collective = context.collective;
    this.memory = context.memory;
    this.kernels = chooseKernels(context.memory, kernels);
    this.localIndex = context.collective.localRanks.indexOf(context.collective.rank);
    this.numLocal = context.collective.localRanks.length;
  }

  /** The process of this rank, counted from 0. */
  get process(): number {
    const { firstRanks, rank } = this.collective;
    return firstRanks.findLastIndex((first) => first <= rank);
  }

  /**
   * The same tools for work that this rank does alone: it meets nobody until that is done.
   *
   * @param end the work stays below this address, which is reserved already
   */
  alone(end: number): RankEnvironment {
    const { collective, memory } = this;
    const context: RankContext = {
      collective: new InlineCollective(() => collective.checkAborted()),
      memory,
      notify: (message) => {
        const isSnapshot = (message as { readonly phase?: string }).phase === 'snapshot';
        if (collective.rank === 0 || isSnapshot) this.#context.notify(message);
      },
    };
    return new RankEnvironment(context, this.#kernelKind, end);
  }

  /** Makes the process's memory at least so large; every rank calls it with the same number. */
  async reserve(bytes: number, what: string): Promise<void> {
    if (this.hasReserved(bytes)) return;
    const pages = Math.ceil(bytes / pageBytes);
    if (pages > maxPages) {
      throw new CoppiceError(
        'MEMORY_LIMIT',
        `the ${what} of one process must fit ${maxPages * pageBytes} bytes; got ${bytes}; use more executors (several on one machine count too), or fewer rows or columns`,
        { context: { needed: bytes, limit: maxPages * pageBytes } },
      );
    }
    if (bytes > this.#end) {
      throw new CoppiceError('INTERNAL', `the ${what} reach ${bytes}, beyond ${this.#end}`);
    }
    this.collective.claimMemory(bytes);
    if (this.localIndex === 0) {
      const missing = pages - freshBuffer(this.memory, bytes).byteLength / pageBytes;
      if (missing > 0) this.#grow(missing, bytes, what);
    }
    this.collective.meetLocally();
    freshBuffer(this.memory, bytes);
    this.#reserved = bytes;
  }

  /** Whether a rank alone need not reserve so many bytes again; several meet where they do. */
  hasReserved(bytes: number): boolean {
    return bytes <= this.#reserved && this.collective.size === 1;
  }

  /** Awaits only what is a promise. */
  async wait<T>(value: Awaitable<T>): Promise<T> {
    return isPromise(value) ? await value : value;
  }

  /** Between pieces of work: lets others of this thread have their turn. */
  breathe(): Awaitable<void> {
    return this.#context.breathe?.();
  }

  /** Rank 0 tells the driver how far the work is, where somebody hears it. */
  progress(progress: TrainingProgress): void {
    if (this.tellsProgress) this.#context.notify(progress);
  }

  get tellsProgress(): boolean {
    return this.isHeard && this.collective.rank === 0;
  }

  /** Tells the driver something else. */
  notify(message: unknown): void {
    this.#context.notify(message);
  }

  f64(address: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, address, length);
  }

  f32(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  u32(address: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, address, length);
  }

  i32(address: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, length);
  }

  u8(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, length);
  }

  #grow(pages: number, bytes: number, what: string): void {
    try {
      this.memory.grow(pages);
    } catch (cause) {
      throw new CoppiceError(
        'MEMORY_LIMIT',
        `the machine did not give ${bytes} bytes for the ${what}; free memory or use fewer rows or columns`,
        { context: { needed: bytes }, cause },
      );
    }
  }
}

/** Gathers one JSON value of every rank. */
export async function gatherJson<T>(environment: RankEnvironment, value: T): Promise<T[]> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const all = await environment.wait(environment.collective.allgather(bytes));
  return all.map((part) => JSON.parse(new TextDecoder().decode(part)) as T);
}
