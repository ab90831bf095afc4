/**
 * The Collective of worker threads that share one memory. A meeting is a barrier of two words; what
 * others contribute is read where it lies. A waiting thread blocks in Atomics.wait, wakes at least once a
 * second and looks whether the gang was ended.
 */
import { CoppiceError } from '../../base/errors.ts';
import type { Collective, CollectiveCounters, ExchangeBuffer } from '../collective.ts';
import { endGang, type GangControl, gangState, gangWord, slotBytes } from './gang-control.ts';

/** Longest silence of another thread before the gang is given up. */
const defaultTimeoutMs = 600_000;

/** One thread's end of the gang. */
export class ThreadsCollective implements Collective {
  readonly rank: number;
  readonly size: number;
  readonly localRanks: readonly number[];
  readonly counters: CollectiveCounters = { meetings: 0, bytesSent: 0, waitMs: 0 };
  readonly #control: GangControl;
  readonly #words: Int32Array;
  readonly #timeoutMs: number;
  #parity = 0;

  constructor(control: GangControl, rank: number, timeoutMs: number = defaultTimeoutMs) {
    this.#control = control;
    this.#words = new Int32Array(control.words);
    this.#timeoutMs = timeoutMs;
    this.rank = rank;
    this.size = control.size;
    this.localRanks = Array.from({ length: control.size }, (_, r) => r);
  }

  barrier(): void {
    this.counters.meetings += 1;
    this.#meet();
  }

  exchange(buffers: readonly ExchangeBuffer[]): readonly (readonly number[])[] {
    this.counters.meetings += 1;
    const words = this.#words;
    const slot = gangWord.addresses + this.#parity * 2 * this.size;
    this.#parity ^= 1;
    const first = buffers[0]?.address ?? 0;
    words[slot + 2 * this.rank] = first % 65536;
    words[slot + 2 * this.rank + 1] = Math.floor(first / 65536);
    this.#meet();
    return buffers.map((buffer) => {
      const own = buffer.address - first + (buffer.bounds[this.rank] as number);
      const parts = new Array<number>(this.size);
      for (let r = 0; r < this.size; r++) {
        const low = words[slot + 2 * r] as number;
        parts[r] = (words[slot + 2 * r + 1] as number) * 65536 + low + own;
      }
      return parts;
    });
  }

  allgather(bytes: Uint8Array): Uint8Array[] {
    this.counters.meetings += 1;
    this.counters.bytesSent += bytes.length * (this.size - 1);
    const head = this.#parity * this.size * slotBytes;
    this.#parity ^= 1;
    const mailbox = this.#control.mailbox;
    const lengths = new Int32Array(mailbox, 0, (2 * this.size * slotBytes) / 4);
    const lengthAt = (r: number): number => (head + r * slotBytes) / 4;
    lengths[lengthAt(this.rank)] = bytes.length;
    const fits = bytes.length <= slotBytes - 4;
    if (fits) {
      new Uint8Array(mailbox, head + this.rank * slotBytes + 4, bytes.length).set(bytes);
    }
    this.#meet();
    const sizes = Array.from({ length: this.size }, (_, r) => lengths[lengthAt(r)] as number);
    if (sizes.every((size) => size <= slotBytes - 4)) {
      return sizes.map((size, r) =>
        new Uint8Array(mailbox, head + r * slotBytes + 4, size).slice(),
      );
    }
    return this.#allgatherLong(bytes, sizes);
  }

  allreduce(values: BigInt64Array, operation: 'sum' | 'max'): void {
    const own = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const all = this.allgather(own);
    for (let r = 0; r < this.size; r++) {
      if (r === this.rank) continue;
      const bytes = all[r] as Uint8Array;
      const others = new BigInt64Array(bytes.buffer, bytes.byteOffset, values.length);
      for (let i = 0; i < values.length; i++) {
        const mine = values[i] as bigint;
        const other = others[i] as bigint;
        values[i] = operation === 'sum' ? mine + other : other > mine ? other : mine;
      }
    }
  }

  checkAborted(): void {
    const state = Atomics.load(this.#words, gangWord.state);
    if (state === gangState.running) return;
    throw state === gangState.aborted
      ? new CoppiceError('ABORTED', 'the job was aborted')
      : new CoppiceError('EXECUTOR_LOST', 'another rank of the gang failed', {
          context: { rank: this.rank, secondary: true },
        });
  }

  #allgatherLong(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
    const mailbox = this.#control.mailbox;
    const starts: number[] = [];
    let end = 2 * this.size * slotBytes;
    for (const size of sizes) {
      starts.push(end);
      end += Math.ceil(size / 8) * 8;
    }
    if (end > mailbox.maxByteLength) {
      throw new CoppiceError(
        'MEMORY_LIMIT',
        `a message among the ranks must be at most ${mailbox.maxByteLength} bytes; got ${end}; use fewer categories or a smaller bin sample`,
      );
    }
    if (mailbox.byteLength < end) mailbox.grow(end);
    new Uint8Array(mailbox, starts[this.rank], bytes.length).set(bytes);
    this.#meet();
    const all = sizes.map((size, r) => new Uint8Array(mailbox, starts[r], size).slice());
    this.#meet();
    return all;
  }

  #meet(): void {
    this.checkAborted();
    const words = this.#words;
    const generation = Atomics.load(words, gangWord.generation);
    if (Atomics.add(words, gangWord.arrived, 1) === this.size - 1) {
      Atomics.store(words, gangWord.arrived, 0);
      Atomics.add(words, gangWord.generation, 1);
      Atomics.notify(words, gangWord.generation);
      return;
    }
    const began = performance.now();
    while (Atomics.load(words, gangWord.generation) === generation) {
      Atomics.wait(words, gangWord.generation, generation, 1000);
      this.checkAborted();
      if (performance.now() - began > this.#timeoutMs) {
        endGang(this.#control, gangState.failed);
        throw new CoppiceError(
          'COLLECTIVE_TIMEOUT',
          `rank ${this.rank} waited ${this.#timeoutMs} ms for the other threads of its gang`,
          { context: { rank: this.rank } },
        );
      }
    }
    this.counters.waitMs += performance.now() - began;
  }
}
