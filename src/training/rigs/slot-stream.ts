/**
 * Quantised gradients that go to a device while the next ones are made. Of a process with many ranks the one that
 * drives the device has no rows. The others work block by block, gradients and integers at once, and tell after each;
 * the driver sends what is there. The scale must be known for that: it is guessed to be that of the tree before, which
 * it nearly always is, for it is a power of two. The ranks see whether it is when all have told their largest
 * gradients; if not, the integers are made and sent again, so that a guess costs time at most.
 *
 *   words   int32[16] of all: blocks told by anybody; then int32[16] a rank: blocks told, first row, rows
 */
import type { RankRows } from '../ingest/shard-rows.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import type { DeviceRequest } from './device-messages.ts';

/** Rows of a block: what is made of them should stay in a core's cache. */
const usualRows = 65_536;
/** Ranks of a process from which the driver has no rows: its share is small then, and sending takes longer. */
const fewestRanks = 8;

const wordsOfRank = 16;
/** How long the driver naps at most before it looks whether the fit was ended. */
const napMs = 5;

/** Bytes of the words. */
export function streamBytes(numLocal: number): number {
  return 4 * wordsOfRank * (numLocal + 1);
}

/** Rows of a block of a job's stream; 0 where gradients go to the device once all are made. */
export function streamRows(
  { device }: { readonly device: DeviceRequest | null },
  { numLocal }: Pick<RankEnvironment, 'numLocal'>,
): number {
  if (device === null || numLocal === 1) return 0;
  return device.streamRows ?? (numLocal >= fewestRanks ? usualRows : 0);
}

/** See the header. */
export class SlotStream {
  readonly #environment: RankEnvironment;
  readonly #words: Int32Array;
  /** Of the driver: blocks that each rank had told before. */
  readonly #told: number[] = [];

  /** Rows of a block. */
  readonly blockRows: number;

  /** Every rank makes one, and all meet before it is used. */
  constructor(
    environment: RankEnvironment,
    address: number,
    { start, count }: Pick<RankRows, 'start' | 'count'>,
    blockRows: number,
  ) {
    const { localIndex, numLocal, memory } = environment;
    this.#environment = environment;
    this.blockRows = blockRows;
    this.#words = new Int32Array(memory.buffer, address, wordsOfRank * (numLocal + 1));
    this.#words.set([0, start, count], wordsOfRank * (localIndex + 1));
    if (localIndex === 0) this.#words[0] = 0;
  }

  /** This rank drives the device. */
  get drives(): boolean {
    return this.#environment.localIndex === 0;
  }

  /** Tells that another block is there. */
  tell(): void {
    Atomics.add(this.#words, wordsOfRank * (this.#environment.localIndex + 1), 1);
    Atomics.add(this.#words, 0, 1);
    Atomics.notify(this.#words, 0);
  }

  /** The driver hands on what the others tell until all is there; `send` takes rows of the process. */
  async follow(send: (first: number, count: number) => Promise<void>): Promise<void> {
    const { numLocal, collective } = this.#environment;
    const words = this.#words;
    const sent = new Array<number>(numLocal).fill(0);
    for (;;) {
      const signal = Atomics.load(words, 0);
      let isDone = true;
      let hasSent = false;
      for (let rank = 1; rank < numLocal; rank++) {
        const at = wordsOfRank * (rank + 1);
        const [start = 0, count = 0] = words.subarray(at + 1, at + 3);
        const blocks = (Atomics.load(words, at) - (this.#told[rank] ?? 0)) | 0;
        const ready = Math.min(count, this.blockRows * blocks);
        const before = sent[rank] as number;
        if (ready > before) {
          await send(start + before, ready - before);
          sent[rank] = ready;
          hasSent = true;
        }
        if (ready < count) isDone = false;
      }
      if (isDone) break;
      if (hasSent) continue;
      collective.checkAborted();
      Atomics.wait(words, 0, signal, napMs);
    }
    for (let rank = 1; rank < numLocal; rank++) {
      const count = words[wordsOfRank * (rank + 1) + 2] as number;
      this.#told[rank] = ((this.#told[rank] ?? 0) + Math.ceil(count / this.blockRows)) | 0;
    }
  }
}
