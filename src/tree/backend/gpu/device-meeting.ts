/**
 * How the ranks stay together when a device fails: the rank that drives it keeps the failure, does nothing more,
 * and tells the others at the next meeting; there all of them leave with the same failure.
 */
import { isPromise } from '../../../base/awaitable.ts';
import type { Collective } from '../../../cluster/collective.ts';
import { asFailure, DeviceFailure } from './device-failure.ts';

/** What a rank tells the others. */
export interface RankWord {
  /** Its rows of the tree among those drawn; null where all take part. */
  readonly drawn?: { readonly first: number; readonly count: number } | null;
  /** It drives the device of its process. */
  readonly drives?: boolean;
}

interface SentWord extends RankWord {
  readonly failure: {
    readonly code: 'GPU_UNAVAILABLE' | 'GPU_FAILED';
    readonly message: string;
  } | null;
}

/** See the header. */
export class DeviceMeeting {
  readonly #collective: Collective;
  #failure: DeviceFailure | null = null;

  constructor(collective: Collective) {
    this.#collective = collective;
  }

  /** Work on the device, unless it failed before. */
  async attempt(work: () => void | Promise<void>): Promise<void> {
    if (this.#failure !== null) return;
    try {
      await work();
    } catch (error) {
      this.#failure = asFailure(error);
    }
  }

  /**
   * Every rank's word; none where nobody has anything to say, which all must know.
   *
   * @throws DeviceFailure where any rank's device failed
   */
  async agree(word?: RankWord): Promise<readonly RankWord[]> {
    if (word === undefined && !(await this.#hasFailed())) return [];
    const own = this.#failure;
    const failure = own === null ? null : { code: own.code, message: own.message };
    const words = await this.#share({ ...word, failure });
    const failed = words.find((sent) => sent.failure !== null)?.failure;
    if (failed != null) throw own ?? new DeviceFailure(failed.code, failed.message);
    return words;
  }

  /** Meets for a number: there are several meetings a level, and words take longer. */
  async #hasFailed(): Promise<boolean> {
    const own = BigInt64Array.of(this.#failure === null ? 0n : 1n);
    const reduced = this.#collective.allreduce(own, 'max');
    if (isPromise(reduced)) await reduced;
    return own[0] !== 0n;
  }

  async #share(word: SentWord): Promise<readonly SentWord[]> {
    if (this.#collective.size === 1) return [word];
    const gathered = this.#collective.allgather(new TextEncoder().encode(JSON.stringify(word)));
    const all = isPromise(gathered) ? await gathered : gathered;
    return all.map((part) => JSON.parse(new TextDecoder().decode(part)) as SentWord);
  }
}
