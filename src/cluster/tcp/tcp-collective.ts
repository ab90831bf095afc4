/**
 * The Collective of a rank whose gang spans several processes. The threads of a process first meet at
 * their gate; the last to arrive meets the other processes (rank-meetings.ts), or asks the process's main thread
 * to do so (tcp-network.ts), and all others sleep until the gate is opened.
 *
 *   mailbox, before the processes meet: | message of the first rank here | of the second | …   each from
 *   mailbox, after it:                  | message of rank 0 of all | of rank 1 | …            a multiple of 8
 *
 *   received by an exchange, behind the claimed memory: for each rank of another process, in order,
 *   its slices of buffer 0 for the ranks here, of buffer 1, …
 */
import type {
  Collective,
  CollectiveCounters,
  ExchangeBuffer,
  IncomingMessage,
  OutgoingMessage,
} from '../collective.ts';
import { freshBuffer } from '../fresh-memory.ts';
import { combineIntegers } from '../reduce-integers.ts';
import { type GangControl, gangWord } from '../threads/gang-control.ts';
import { Gate } from '../threads/gate.ts';
import { growMailbox } from '../threads/threads-collective.ts';
import { incomingWord, outgoingWord, readMessage, writeMessage } from './meeting-payloads.ts';
import {
  type MeetingBuffer,
  type MeetingRequest,
  messageStarts,
  type NetworkPlace,
  numRanksOf,
  type ReduceOperation,
  ranksOf,
  sliceBytes,
} from './network-place.ts';

const pageBytes = 65536;

/** What a TcpCollective is made of. */
export interface TcpCollectiveOptions {
  readonly control: GangControl;
  readonly place: NetworkPlace;
  /** Position among the ranks of this process. */
  readonly localIndex: number;
  readonly timeoutMs: number;
  readonly memory: WebAssembly.Memory;
  /** Has the processes meet, here or in the main thread; the gate opens when they have. */
  request(meeting: MeetingRequest, checkAborted: () => void): void;
  /** Told when this rank may go on. */
  readonly onGoingOn?: (() => void) | undefined;
}

/** One thread's end of the gang. */
export class TcpCollective implements Collective {
  readonly rank: number;
  readonly size: number;
  readonly localRanks: readonly number[];
  readonly firstRanks: readonly number[];
  readonly counters: CollectiveCounters = { meetings: 0, bytesSent: 0, waitMs: 0 };
  readonly #o: TcpCollectiveOptions;
  readonly #words: Int32Array;
  readonly #gate: Gate;
  readonly #here: [number, number];
  #parity = 0;

  constructor(options: TcpCollectiveOptions) {
    this.#o = options;
    this.#words = new Int32Array(options.control.words);
    this.#here = ranksOf(options.place);
    this.rank = this.#here[0] + options.localIndex;
    this.size = numRanksOf(options.place);
    this.firstRanks = options.place.firstRanks;
    this.localRanks = Array.from({ length: options.control.size }, (_, i) => this.#here[0] + i);
    // the main thread sees a silent process first, and can say which one it is
    this.#gate = new Gate(options.control, this.rank, options.timeoutMs + 2000);
  }

  barrier(): void {
    this.counters.meetings += 1;
    this.#meet({ kind: 'barrier' });
  }

  exchange(given: readonly ExchangeBuffer[]): readonly (readonly number[])[] {
    this.counters.meetings += 1;
    const words = this.#words;
    const { localIndex, control } = this.#o;
    const addresses = gangWord.addresses + this.#parity * 2 * control.size;
    this.#parity ^= 1;
    const first = given[0]?.address ?? 0;
    words[addresses + 2 * localIndex] = first % 65536;
    words[addresses + 2 * localIndex + 1] = Math.floor(first / 65536);
    const buffers = given.map(({ address, bounds }) => ({ distance: address - first, bounds }));
    this.counters.bytesSent +=
      sliceBytes(buffers, [0, this.size]) - sliceBytes(buffers, this.#here);
    this.#meet({ kind: 'exchange', addresses, buffers });
    return this.#partsOf(addresses, buffers);
  }

  allgather(bytes: Uint8Array): Uint8Array[] {
    this.counters.meetings += 1;
    const { control, localIndex, place } = this.#o;
    this.counters.bytesSent += bytes.length * (place.firstRanks.length - 2);
    const outgoing = gangWord.addresses + 4 * control.size;
    this.#words[outgoing + localIndex] = bytes.length;
    // all know all lengths, and all have read what the mailbox held
    if (control.size > 1) this.#gate.pass();
    const { starts, end } = messageStarts(this.#words.subarray(outgoing, outgoing + control.size));
    growMailbox(control.mailbox, end);
    new Uint8Array(control.mailbox, starts[localIndex], bytes.length).set(bytes);
    this.#meet({ kind: 'allgather' });
    const incoming = outgoing + control.size;
    const lengths = this.#words.subarray(incoming, incoming + this.size);
    return messageStarts(lengths).starts.map((start, r) =>
      new Uint8Array(control.mailbox, start, lengths[r]).slice(),
    );
  }

  allreduce(values: BigInt64Array, operation: ReduceOperation): void {
    this.counters.meetings += 1;
    const { control, localIndex, place } = this.#o;
    const own = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const { length } = own;
    const numProcesses = place.firstRanks.length - 1;
    if (localIndex === 0) this.counters.bytesSent += length * (numProcesses - 1);
    // all have read what the mailbox held
    if (control.size > 1) this.#gate.pass();
    growMailbox(control.mailbox, control.size * length);
    new Uint8Array(control.mailbox, localIndex * length, length).set(own);
    if (control.size > 1) {
      this.#gate.pass();
      this.#addShare(length, operation);
    }
    this.#meet({ kind: 'reduce', bytes: length, operation });
    own.set(new Uint8Array(control.mailbox, 0, length));
  }

  scatter(messages: readonly OutgoingMessage[]): readonly IncomingMessage[] {
    this.counters.meetings += 1;
    const { control, place, localIndex } = this.#o;
    const outgoing = outgoingWord(control, this.size);
    for (const message of messages) {
      writeMessage(this.#words, outgoing + 3 * message.to, message);
      this.counters.bytesSent += message.bytes;
    }
    this.#meet({ kind: 'scatter' });
    const numProcesses = place.firstRanks.length - 1;
    const incoming = incomingWord(control, this.size) + 3 * numProcesses * localIndex;
    let end = 0;
    const all: IncomingMessage[] = [];
    for (let process = 0; process < numProcesses; process++) {
      if (process === place.process) continue;
      const message = readMessage(this.#words, incoming + 3 * process);
      all.push({ process, ...message });
      end = Math.max(end, message.address + message.bytes);
    }
    freshBuffer(this.#o.memory, end);
    return all;
  }

  meetLocally(): void {
    if (this.#o.control.size > 1) this.#gate.pass();
  }

  shareAddress(address: number): readonly number[] {
    const { localIndex, control } = this.#o;
    if (control.size === 1) return [address];
    const slot = gangWord.addresses + this.#parity * 2 * control.size;
    this.#parity ^= 1;
    this.#words[slot + 2 * localIndex] = address % 65536;
    this.#words[slot + 2 * localIndex + 1] = Math.floor(address / 65536);
    this.#gate.pass();
    return Array.from({ length: control.size }, (_, i) => {
      const low = this.#words[slot + 2 * i] as number;
      return (this.#words[slot + 2 * i + 1] as number) * 65536 + low;
    });
  }

  nameOf(process: number): string {
    return this.#o.place.names?.[process] ?? `process ${process}`;
  }

  claimMemory(end: number): void {
    const pages = Math.ceil(end / pageBytes);
    const claimed = Atomics.load(this.#words, gangWord.claimedPages);
    if (pages > claimed) Atomics.store(this.#words, gangWord.claimedPages, pages);
  }

  checkAborted(): void {
    this.#gate.checkAborted();
  }

  #meet(request: MeetingRequest): void {
    this.#gate.pass(() => this.#o.request(request, () => this.#gate.checkAborted()));
    this.#o.onGoingOn?.();
    this.counters.waitMs = this.#gate.waitMs;
  }

  /** Adds this rank's share of what the ranks here have put into the mailbox to the first one's. */
  #addShare(length: number, operation: ReduceOperation): void {
    const { control, localIndex } = this.#o;
    const numWords = length / 8;
    const from = 8 * Math.floor((numWords * localIndex) / control.size);
    const bytes = 8 * Math.floor((numWords * (localIndex + 1)) / control.size) - from;
    const sum = new Uint8Array(control.mailbox, from, bytes);
    for (let i = 1; i < control.size; i++) {
      const other = new Uint8Array(control.mailbox, i * length + from, bytes);
      combineIntegers(sum, other, operation);
    }
  }

  /** For each buffer, where each rank's slice for this rank lies. */
  #partsOf(addresses: number, buffers: readonly MeetingBuffer[]): number[][] {
    const words = this.#words;
    const [here, hereEnd] = this.#here;
    const received = Atomics.load(words, gangWord.receivedPage) * pageBytes;
    const block = sliceBytes(buffers, this.#here);
    freshBuffer(this.#o.memory, received + block * (this.size - this.localRanks.length));
    let before = 0;
    return buffers.map(({ distance, bounds }) => {
      const own = bounds[this.rank] as number;
      const inBlock = received + before + own - (bounds[here] as number);
      before += (bounds[hereEnd] as number) - (bounds[here] as number);
      return Array.from({ length: this.size }, (_, r) => {
        if (r < here) return inBlock + r * block;
        if (r >= hereEnd) return inBlock + (r - (hereEnd - here)) * block;
        const word = addresses + 2 * (r - here);
        return (words[word + 1] as number) * 65536 + (words[word] as number) + distance + own;
      });
    });
  }
}
