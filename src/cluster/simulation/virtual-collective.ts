/** One rank's end of a gang whose ranks take turns in one thread: every call but the local ones is a promise. */
import type {
  Collective,
  CollectiveCounters,
  ExchangeBuffer,
  IncomingMessage,
  OutgoingMessage,
} from '../collective.ts';
import type { VirtualMember, VirtualRequest } from './virtual-meetings.ts';

const pageBytes = 65536;

/** Where the ranks meet. */
interface MeetingPlace {
  readonly size: number;
  memberOf(rank: number): VirtualMember;
  /** Throws where the rehearsal is to end. */
  checkAborted(): void;
  meet(rank: number, request: VirtualRequest): Promise<unknown>;
}

/** The Collective of a rank that is alone in its process. */
export class VirtualCollective implements Collective {
  readonly rank: number;
  readonly size: number;
  readonly localRanks: readonly number[];
  readonly firstRanks: readonly number[];
  readonly counters: CollectiveCounters = { meetings: 0, bytesSent: 0, waitMs: 0 };
  readonly #gang: MeetingPlace;

  constructor(gang: MeetingPlace, rank: number) {
    this.#gang = gang;
    this.rank = rank;
    this.size = gang.size;
    this.localRanks = [rank];
    this.firstRanks = Array.from({ length: gang.size + 1 }, (_, process) => process);
  }

  nameOf(process: number): string {
    return `process ${process} of the rehearsal`;
  }

  meetLocally(): void {
    // it is alone in its process
  }

  shareAddress(address: number): readonly number[] {
    return [address];
  }

  async barrier(): Promise<void> {
    await this.#meet({ kind: 'barrier' });
  }

  async scatter(messages: readonly OutgoingMessage[]): Promise<readonly IncomingMessage[]> {
    return (await this.#meet({ kind: 'scatter', messages })) as readonly IncomingMessage[];
  }

  async exchange(buffers: readonly ExchangeBuffer[]): Promise<readonly (readonly number[])[]> {
    return (await this.#meet({ kind: 'exchange', buffers })) as number[][];
  }

  async allgather(bytes: Uint8Array): Promise<Uint8Array[]> {
    return (await this.#meet({ kind: 'allgather', bytes: bytes.slice() })) as Uint8Array[];
  }

  async allreduce(values: BigInt64Array, operation: 'sum' | 'max'): Promise<void> {
    await this.#meet({ kind: 'reduce', values, operation });
  }

  claimMemory(end: number): void {
    const member = this.#gang.memberOf(this.rank);
    member.claimedPages = Math.max(member.claimedPages, Math.ceil(end / pageBytes));
  }

  checkAborted(): void {
    this.#gang.checkAborted();
  }

  #meet(request: VirtualRequest): Promise<unknown> {
    this.counters.meetings += 1;
    return this.#gang.meet(this.rank, request);
  }
}
