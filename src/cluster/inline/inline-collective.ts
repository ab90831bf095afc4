/** A gang of one: every meeting is over at once. */
import type {
  Collective,
  CollectiveCounters,
  ExchangeBuffer,
  IncomingMessage,
} from '../collective.ts';

/** The Collective of a single rank. */
export class InlineCollective implements Collective {
  readonly rank = 0;
  readonly size = 1;
  readonly localRanks: readonly number[] = [0];
  readonly firstRanks: readonly number[] = [0, 1];
  readonly counters: CollectiveCounters = { meetings: 0, bytesSent: 0, waitMs: 0 };
  readonly #checkAborted: () => void;

  /** @param checkAborted called by checkAborted(); throws when the work should end */
  constructor(checkAborted: () => void = () => undefined) {
    this.#checkAborted = checkAborted;
  }

  barrier(): void {
    this.counters.meetings += 1;
  }

  exchange(buffers: readonly ExchangeBuffer[]): readonly (readonly number[])[] {
    this.counters.meetings += 1;
    return buffers.map((buffer) => [buffer.address]);
  }

  allgather(bytes: Uint8Array): Uint8Array[] {
    this.counters.meetings += 1;
    return [bytes.slice()];
  }

  allreduce(): void {
    this.counters.meetings += 1;
  }

  meetLocally(): void {
    // it is alone
  }

  shareAddress(address: number): readonly number[] {
    return [address];
  }

  scatter(): readonly IncomingMessage[] {
    this.counters.meetings += 1;
    return [];
  }

  nameOf(): string {
    return 'this process';
  }

  claimMemory(): void {
    // nothing is received
  }

  checkAborted(): void {
    this.#checkAborted();
  }
}
