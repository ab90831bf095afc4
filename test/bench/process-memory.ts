/**
 * How much memory did a process and its children take at most? The kernel's own high-water mark where there
 * is one process; where there are several, samples of their sum. Linux only.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Watches a process tree until stopped. */
export class MemoryWatch {
  readonly #root: number;
  readonly #timer: NodeJS.Timeout;
  #sampledPeak = 0;

  constructor(root: number, everyMs = 50) {
    this.#root = root;
    this.#timer = setInterval(() => this.#sample(), everyMs);
  }

  /** Bytes so far; to be called while the process waits. */
  peakBytes(): number {
    const pids = this.#sample();
    const marks = pids.map((pid) => statusBytes(pid, 'VmHWM'));
    return pids.length === 1 ? (marks[0] as number) : Math.max(this.#sampledPeak, ...marks);
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

function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = parentOf(pid);
    if (parent === null) continue;
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (let i = 0; i < tree.length; i++) tree.push(...(children.get(tree[i] as number) ?? []));
  return tree;
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the name in parentheses may hold spaces
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
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
