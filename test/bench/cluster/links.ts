/** What does a link between processes add? Measured as one would by a ping and by sending a file. */
import { TcpGangRunner } from '../../../src/cluster/tcp/tcp-gang-runner.ts';
import { latenessMs } from '../../../src/cluster/tcp/waiting.ts';
import { entryUrl, runProgramOn } from '../../cluster/run-program.ts';
import type { LinkProxy } from '../../tools/link-proxy.ts';

/** A link, as a simulation is told of it. */
export interface MeasuredLink {
  readonly latencyMs: number;
  readonly bytesPerMs: number;
}

/** What each process sends and receives at a full meeting: about as much as a large one of a tree. */
const fullBytes = 2 ** 19;

/** No link is taken to be faster: 10 gigabits a second. */
const mostBytesPerMs = 1.25e6;

/** How long meetings take. */
export interface MeetingTimes {
  readonly emptyMs: number;
  readonly fullMs: number;
}

/** What links of a kind add to meetings without them. */
export function linkBetween(
  { emptyMs, fullMs }: MeetingTimes,
  still: MeetingTimes,
  numProcesses: number,
): MeasuredLink {
  const seenMs = Math.max(0, emptyMs - still.emptyMs);
  // who waits so long sees it late, which the simulation adds by itself
  const latencyMs = seenMs - latenessMs(seenMs - latenessMs(seenMs));
  const transferMs = Math.max(0, fullMs - still.fullMs - seenMs);
  const bytes = (fullBytes * (numProcesses - 1)) / numProcesses;
  return { latencyMs, bytesPerMs: Math.min(mostBytesPerMs, bytes / transferMs) };
}

/**
 * How long an empty meeting takes, and one at which all send to all: the mean of ten, and of 24 such means the middle
 * one. A single meeting says nothing: where one process is a delay behind the other, every second meeting takes two
 * delays, and the others none.
 */
export async function timeMeetings(
  numProcesses: number,
  route?: LinkProxy['route'],
): Promise<MeetingTimes> {
  const ms: number[] = [];
  for (const [kind, bytes] of [
    ['allreduce', 8],
    ['exchange', fullBytes],
  ] as const) {
    const runner = new TcpGangRunner({
      numProcesses,
      threadsPerProcess: 1,
      workerUrl: entryUrl,
      ...(route === undefined ? {} : { route }),
    });
    const [us] = await runProgramOn<number>(runner, {
      program: 'timeMeetings',
      width: numProcesses,
      payload: { kind, bytes, times: 240, inRow: 10 },
    });
    await runner.close();
    ms.push((us ?? 0) / 1000);
  }
  return { emptyMs: ms[0] ?? 0, fullMs: ms[1] ?? 0 };
}
