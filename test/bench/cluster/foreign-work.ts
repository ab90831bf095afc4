/** How much of the machine did others take meanwhile? Counts what all processors did, less what this benchmark did. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Hundredths of a second, as Linux counts processor time. */
const tickMs = 10;

/** See the header; where there is no /proc it sees nothing. */
export class ForeignWork {
  readonly #processIds: () => readonly number[];
  readonly #began = performance.now();
  readonly #all: number;
  readonly #own: number;

  /** @param processIds whose work is the benchmark's, besides this process's */
  constructor(processIds: () => readonly number[] = () => []) {
    this.#processIds = processIds;
    this.#all = machineMs();
    this.#own = this.#ownMs();
  }

  /** Of all the time that the cores had, from 0 to 1. The processes must still be there. */
  share(): number {
    const given = (performance.now() - this.#began) * availableParallelism();
    return Math.max(0, machineMs() - this.#all - (this.#ownMs() - this.#own)) / given;
  }

  #ownMs(): number {
    const { user, system } = process.cpuUsage();
    return this.#processIds().reduce((sum, id) => sum + processMs(id), (user + system) / 1000);
  }
}

/** Everything but idle and waiting, what the host kept for itself included. */
function machineMs(): number {
  const [line] = read('/proc/stat').split('\n') as [string];
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  return ticks.reduce((sum, value, i) => sum + (i === 3 || i === 4 ? 0 : value), 0) * tickMs;
}

function processMs(id: number): number {
  // the name before these fields may hold spaces
  const fields = read(`/proc/${id}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * tickMs;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
