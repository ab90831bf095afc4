/**
 * What a process and its children took: memory at most, processor time, and how busy others kept the
 * machine meanwhile. Memory is the kernel's own high-water mark where there is one process; where there
 * are several, samples of their sum. Linux only.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Ticks a second of the kernel's counters. */
const ticksPerSecond = 100;

/** What was seen until a moment. */
export interface ProcessUse {
  readonly peakBytes: number;
  readonly cpuSeconds: number;
  /** The share of all cores that other processes used. */
  readonly othersShare: number;
}

/** Watches a process tree until stopped. */
export class ProcessWatch {
  readonly #root: number;
  readonly #timer: NodeJS.Timeout;
  readonly #began = performance.now();
  readonly #busyBefore = busySeconds();
  #sampledPeak = 0;

  constructor(root: number, everyMs = 50) {
    this.#root = root;
    this.#timer = setInterval(() => this.#sample(), everyMs);
  }

  /** So far; to be called while the process waits. */
  use(): ProcessUse {
    const pids = this.#sample();
    const marks = pids.map((pid) => statusBytes(pid, 'VmHWM'));
    const single = marks[0] ?? 0;
    const cpuSeconds = pids.reduce((sum, pid) => sum + (statOf(pid)?.cpuSeconds ?? 0), 0);
    const seconds = (performance.now() - this.#began) / 1000;
    const others = busySeconds() - this.#busyBefore - cpuSeconds;
    return {
      peakBytes: pids.length === 1 ? single : Math.max(this.#sampledPeak, ...marks),
      cpuSeconds,
      othersShare: Math.max(0, others / seconds / availableParallelism()),
    };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): number[] {
    const pids = processTree(this.#root);
    const sum = pids.reduce((total, pid) => total + statusBytes(pid, 'VmRSS'), 0);
    this.#sampledPeak = Math.max(this.#sampledPeak, sum);
    return pids;
  }
}

/** Waits until the machine has been mostly idle for two seconds, or the patience is over. */
export async function waitForQuiet(patienceSeconds: number): Promise<void> {
  const until = performance.now() + patienceSeconds * 1000;
  while (performance.now() < until) {
    const before = busySeconds();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    if ((busySeconds() - before) / 2 / availableParallelism() < 0.1) return;
  }
}

function busySeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = readFileSync(
    '/proc/stat',
    'utf8',
  )
    .slice(0, 300)
    .split('\n', 1)
    .join('')
    .split(/ +/)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / ticksPerSecond;
}

function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = statOf(pid);
    if (stat !== null) children.set(stat.parent, [...(children.get(stat.parent) ?? []), pid]);
  }
  const tree = [root];
  for (let i = 0; i < tree.length; i++) tree.push(...(children.get(tree[i] as number) ?? []));
  return tree;
}

function statOf(pid: number): { parent: number; cpuSeconds: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the name in parentheses may hold spaces
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { parent: Number(fields[1]), cpuSeconds: ticks / ticksPerSecond };
  } catch {
    return null;
  }
}

function statusBytes(pid: number, key: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
