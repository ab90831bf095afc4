/**
 * How long would recorded rounds take over other links? Replays them: every process computes what it computed, then
 * sends every other what it sent, and goes on when it has heard of all.
 *
 *   finish(p)   = begin(p) + its computing, longer where more of its host do so than it has cores (host-cores.ts)
 *   arrive(p,q) = finish(p) + bytes to all up to q / bandwidth + latency
 *   here(q)     = the last of finish(q), of all arrive(p, q), and of all its bytes / bandwidth behind the first sender
 *   begin'(q)   = here(q), and later by a part of here(q) − finish(q), for who waits looks now and then (tcp/waiting.ts)
 *
 * Bounded by rounds · W² steps. Nothing is drawn: stragglers are named, and the same recording gives the same times.
 */
import { finishTimes, type HostCores } from './host-cores.ts';
import type { GangRecording, RecordedRound } from './recording.ts';

/** What a meeting costs the processors besides the program itself: frames, checksums, copies, cold caches. */
export interface MeetingCosts {
  /** Milliseconds of a processor for each round. */
  readonly roundMs: number;
  /** For each frame that is sent or comes. */
  readonly frameMs: number;
  /** For each MiB that is sent or comes. */
  readonly mebibyteMs: number;
}

/**
 * Of meetings by lanes, on two cores of an Intel Xeon: frames and bytes as in a row of meetings (`npm run bench:cluster --
 * --only costs`), a round as between two pieces of a tree, where it costs more (docs/scaling.md).
 */
export const defaultCosts: MeetingCosts = { roundMs: 0.3, frameMs: 0.02, mebibyteMs: 0.5 };

/** The links and hosts that are not there. */
export interface SimulatedCluster extends HostCores {
  /** From one executor to another, one way. */
  readonly latencyMs: number;
  /** What an executor can send, and what it can receive, in a millisecond. */
  readonly bytesPerMs: number;
  /** How late a rank sees a frame that it has waited for so long: tcp/waiting.ts says it of lanes. */
  latenessMs(waitedMs: number): number;
  /** Executors that compute so many times slower. */
  readonly stragglers: readonly { readonly executor: number; readonly factor: number }[];
  /** Null where the recording has them: that of real processes does. */
  readonly costs: MeetingCosts | null;
}

/** What rounds took. */
export interface SimulatedTime {
  /** From the first to the end of the last round. */
  readonly ms: number;
  /** Of that, what the executor that computed longest computed. */
  readonly computeMs: number;
}

/** Replays a recording. */
export function simulateGang(
  { numProcesses, rounds }: GangRecording,
  cluster: SimulatedCluster,
): SimulatedTime {
  const slower = new Float64Array(numProcesses).fill(1);
  for (const { executor, factor } of cluster.stragglers) {
    if (executor < numProcesses) slower[executor] = factor;
  }
  let begin = new Float64Array(numProcesses);
  let before: RecordedRound | null = null;
  const computed = new Float64Array(numProcesses);
  for (const round of rounds) {
    const work = round.computeMs.map((ms, p) => {
      const own = ms * (slower[p] as number);
      return own + costOf(before, numProcesses, p, cluster.costs);
    });
    work.forEach((ms, p) => {
      computed[p] = (computed[p] as number) + ms;
    });
    const finish = finishTimes(begin, work, cluster);
    begin = numProcesses === 1 ? finish : arrivals(round, finish, cluster);
    before = round;
  }
  return { ms: Math.max(0, ...begin), computeMs: Math.max(0, ...computed) };
}

/** What the processor does for a round that is over. */
function costOf(
  round: RecordedRound | null,
  size: number,
  process: number,
  costs: MeetingCosts | null,
): number {
  if (round === null || costs === null || size === 1) return 0;
  let bytes = 0;
  for (let other = 0; other < size; other++) {
    bytes +=
      (round.sent[process * size + other] as number) +
      (round.sent[other * size + process] as number);
  }
  return costs.roundMs + 2 * (size - 1) * costs.frameMs + (bytes / 2 ** 20) * costs.mebibyteMs;
}

/** When each has heard of all. */
function arrivals(
  { sent }: RecordedRound,
  finish: Float64Array,
  { latencyMs, bytesPerMs, latenessMs }: SimulatedCluster,
): Float64Array<ArrayBuffer> {
  const size = finish.length;
  const arrived = Float64Array.from(finish);
  const incoming = new Float64Array(size);
  for (let from = 0; from < size; from++) {
    let at = (finish[from] as number) + latencyMs;
    for (let step = 1; step < size; step++) {
      // each begins with the one behind it, so that no one is everybody's first
      const to = (from + step) % size;
      const bytes = sent[from * size + to] as number;
      at += bytes / bytesPerMs;
      incoming[to] = (incoming[to] as number) + bytes;
      if (at > (arrived[to] as number)) arrived[to] = at;
    }
  }
  const first = finish.reduce((least, at) => Math.min(least, at), Infinity) + latencyMs;
  return arrived.map((at, to) => {
    const here = Math.max(at, first + (incoming[to] as number) / bytesPerMs);
    return here + latenessMs(here - (finish[to] as number));
  });
}
