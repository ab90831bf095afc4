/**
 * When has each executor of a host computed, where more of them compute than the host has cores? Each begins on the core
 * with the fewest and stays there, for that is what a kernel does in the milliseconds between two meetings: of three on
 * two cores two share one, and take twice as long as the third, not all one and a half times as long. A core that has
 * been idle for a while takes over one of those that share.
 *
 * Nothing is drawn, so the same work gives the same times.
 */

/** How executors lie on hosts. */
export interface HostCores {
  /** Executors that share a host's cores. */
  readonly executorsPerHost: number;
  readonly coresPerHost: number;
  /** How long a core is idle before it takes over an executor that shares another, in milliseconds. */
  readonly takeoverMs: number;
}

/** As measured on two cores under Linux 6.18: equal work of three and five processes, 1 to 8 ms between meetings. */
export const defaultTakeoverMs = 5;

/** When each executor has done its work, which it begins at its time. */
export function finishTimes(
  begin: Float64Array,
  work: Float64Array,
  { executorsPerHost, coresPerHost, takeoverMs }: HostCores,
): Float64Array<ArrayBuffer> {
  const finish = new Float64Array(begin.length);
  for (let first = 0; first < begin.length; first += executorsPerHost) {
    const end = Math.min(begin.length, first + executorsPerHost);
    if (end - first <= coresPerHost) {
      for (let i = first; i < end; i++) finish[i] = (begin[i] as number) + (work[i] as number);
      continue;
    }
    const host = new BusyHost(coresPerHost, takeoverMs);
    host.run(begin.subarray(first, end), work.subarray(first, end), finish.subarray(first, end));
  }
  return finish;
}

/** A core, and the executors that compute on it, in equal shares. */
interface Core {
  readonly active: number[];
  /** When it last had nothing to do. */
  idleSince: number;
}

class BusyHost {
  readonly #cores: Core[];
  readonly #takeoverMs: number;
  #now = Number.NEGATIVE_INFINITY;

  constructor(numCores: number, takeoverMs: number) {
    this.#takeoverMs = takeoverMs;
    this.#cores = Array.from({ length: numCores }, () => ({
      active: [],
      idleSince: Number.NEGATIVE_INFINITY,
    }));
  }

  run(begin: Float64Array, work: Float64Array, finish: Float64Array): void {
    const left = Float64Array.from(work);
    const order = [...begin.keys()].sort((a, b) => (begin[a] as number) - (begin[b] as number));
    let numLeft = order.length;
    while (numLeft > 0) {
      const arrival = order[0] === undefined ? Infinity : (begin[order[0]] as number);
      const done = this.#nextDone(left);
      const takeover = this.#nextTakeover();
      const until = Math.min(arrival, done.at, takeover);
      this.#advance(left, until);
      if (done.at === until) {
        const core = this.#cores[done.core] as Core;
        core.active.splice(core.active.indexOf(done.executor), 1);
        if (core.active.length === 0) core.idleSince = until;
        finish[done.executor] = until;
        numLeft -= 1;
      } else if (takeover === until) {
        const executor = this.#fullest().active.pop() as number;
        this.#emptiest().active.push(executor);
      } else {
        this.#emptiest().active.push(order.shift() as number);
      }
    }
  }

  #advance(left: Float64Array, until: number): void {
    for (const { active } of this.#cores) {
      for (const i of active) {
        left[i] = (left[i] as number) - (until - this.#now) / active.length;
      }
    }
    this.#now = until;
  }

  #nextDone(left: Float64Array): { readonly at: number; core: number; executor: number } {
    const next = { at: Infinity, core: -1, executor: -1 };
    this.#cores.forEach(({ active }, core) => {
      for (const executor of active) {
        const at = this.#now + Math.max(0, left[executor] as number) * active.length;
        if (at < next.at) Object.assign(next, { at, core, executor });
      }
    });
    return next;
  }

  #nextTakeover(): number {
    if (this.#fullest().active.length < 2) return Infinity;
    const idle = this.#cores.filter(({ active }) => active.length === 0);
    const since = idle.reduce((least, core) => Math.min(least, core.idleSince), Infinity);
    return Math.max(this.#now, since + this.#takeoverMs);
  }

  #fullest(): Core {
    return this.#cores.reduce((a, b) => (b.active.length > a.active.length ? b : a));
  }

  #emptiest(): Core {
    return this.#cores.reduce((a, b) => (b.active.length < a.active.length ? b : a));
  }
}
