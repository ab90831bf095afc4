/**
 * The Collective of worker threads that share one memory. A meeting is a pass through their gate; what
 * others contribute is read where it lies.
 */
import { CoppiceError } from '../../base/errors.ts';
import type {
  Collective,
  CollectiveCounters,
  ExchangeBuffer,
  IncomingMessage,
  WordPlace,
} from '../collective.ts';
import { reduceIntegers } from '../reduce-integers.ts';
import { type GangControl, gangWord, slotBytes } from './gang-control.ts';
import { Gate } from './gate.ts';

/** One thread's end of the gang. */
export class ThreadsCollective implements Collective {
  readonly rank: number;
  readonly size: number;
  readonly localRanks: readonly number[];
  readonly firstRanks: readonly number[];
  readonly counters: CollectiveCounters = { meetings: 0, bytesSent: 0, waitMs: 0 };
  readonly #control: GangControl;
  readonly #words: Int32Array;
  readonly #gate: Gate;
  #parity = 0;

  constructor(control: GangControl, rank: number, timeoutMs?: number) {
    this.#control = control;
    this.#words = new Int32Array(control.words);
    this.#gate = new Gate(control, rank, timeoutMs);
    this.rank = rank;
    this.size = control.size;
    this.localRanks = Array.from({ length: control.size }, (_, r) => r);
    this.firstRanks = [0, control.size];
  }

  barrier(): void {
    this.counters.meetings += 1;
    this.#meet();
  }

  exchange(buffers: readonly ExchangeBuffer[]): readonly (readonly number[])[] {
    this.counters.meetings += 1;
    const first = buffers[0]?.address ?? 0;
    const firsts = this.shareAddress(first);
    return buffers.map((buffer) => {
      const own = buffer.address - first + (buffer.bounds[this.rank] as number);
      return firsts.map((address) => address + own);
    });
  }

  shareAddress(address: number): readonly number[] {
    const words = this.#words;
    const slot = gangWord.addresses + this.#parity * 2 * this.size;
    this.#parity ^= 1;
    words[slot + 2 * this.rank] = address % 65536;
    words[slot + 2 * this.rank + 1] = Math.floor(address / 65536);
    this.#meet();
    const all = new Array<number>(this.size);
    for (let r = 0; r < this.size; r++) {
      const low = words[slot + 2 * r] as number;
      all[r] = (words[slot + 2 * r + 1] as number) * 65536 + low;
    }
    return all;
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
    reduceIntegers(values, this.allgather(own), this.rank, operation);
  }

  meetLocally(): void {
    this.#meet();
  }

  sleepWhile(words: Int32Array, place: WordPlace, value: number): void {
    this.#gate.sleepWhile(words, place, value);
    this.counters.waitMs = this.#gate.waitMs;
  }

  scatter(): readonly IncomingMessage[] {
    this.counters.meetings += 1;
    this.#meet();
    return [];
  }

  nameOf(): string {
    return 'this process';
  }

  claimMemory(): void {
    // what is exchanged is read where it lies; nothing is received
  }

  checkAborted(): void {
    this.#gate.checkAborted();
  }

  #allgatherLong(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
    const mailbox = this.#control.mailbox;
    const starts: number[] = [];
    let end = 2 * this.size * slotBytes;
    for (const size of sizes) {
      starts.push(end);
      end += Math.ceil(size / 8) * 8;
    }
    growMailbox(mailbox, end);
    new Uint8Array(mailbox, starts[this.rank], bytes.length).set(bytes);
    this.#meet();
    const all = sizes.map((size, r) => new Uint8Array(mailbox, starts[r], size).slice());
    this.#meet();
    return all;
  }

  #meet(): void {
    this.#gate.pass();
    this.counters.waitMs = this.#gate.waitMs;
  }
}

/** Makes room for the messages of a meeting; every rank may call it. @throws CoppiceError `MEMORY_LIMIT` */
export function growMailbox(mailbox: SharedArrayBuffer, bytes: number): void {
  if (bytes > mailbox.maxByteLength) {
    throw new CoppiceError(
      'MEMORY_LIMIT',
      `the messages of one meeting of the ranks must fit ${mailbox.maxByteLength} bytes; got ${bytes}; use fewer categories or a smaller bin sample`,
    );
  }
  if (mailbox.byteLength < bytes) mailbox.grow(bytes);
}
