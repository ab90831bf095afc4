/**
 * What does a meeting cost the processors that carries little or much, and nothing is computed for? Printed beside what
 * the simulator takes for it (simulate-gang.ts).
 *
 * How long are processes at it that share cores? Each computes for some milliseconds, all the same, and then meets the
 * others without a word; printed beside what the simulator says. The time after which an idle core takes over another's
 * work (host-cores.ts) is from here: no fit of trees is looked at.
 */
import { availableParallelism } from 'node:os';
import { defaultTakeoverMs, finishTimes } from '../../../src/cluster/simulation/host-cores.ts';
import type { GangRecording } from '../../../src/cluster/simulation/recording.ts';
import { defaultCosts } from '../../../src/cluster/simulation/simulate-gang.ts';
import { TcpGangRunner } from '../../../src/cluster/tcp/tcp-gang-runner.ts';
import { busyWork } from '../../cluster/programs.mjs';
import { entryUrl, runProgramOn } from '../../cluster/run-program.ts';
import { ForeignWork } from './foreign-work.ts';
import { medianOf } from './timed-fits.ts';

/** Prints a row for each number of processes and each span of computing; the simulator's for several such times. */
export async function printCalibration(executors: readonly number[]): Promise<void> {
  const cores = availableParallelism();
  const thousandsPerMs = thousandsInMs();
  for (const numProcesses of executors) {
    const spans = [0, 1, 2, 4, 8];
    const others = new ForeignWork();
    const measured = await timesOf(
      numProcesses,
      spans.map((ms) => Math.round(ms * thousandsPerMs)),
    );
    spans.forEach((ms, i) => {
      const said = [0, 1, 2, defaultTakeoverMs, Number.POSITIVE_INFINITY].map((takeoverMs) => {
        const work = new Float64Array(numProcesses).fill(ms);
        const host = { executorsPerHost: numProcesses, coresPerHost: cores, takeoverMs };
        const end = Math.max(...finishTimes(new Float64Array(numProcesses), work, host));
        return (end + (measured[0] as number)).toFixed(2);
      });
      console.log(
        `| ${numProcesses} | ${ms} ms | ${(measured[i] as number).toFixed(2)} ms | ${said.join(' | ')} |`,
      );
    });
    console.log(`others ${(100 * others.share()).toFixed(0)} %, own processes included`);
  }
}

/** Prints what rounds cost: each number of processes with little to say, and with much. */
export async function printCosts(executors: readonly number[]): Promise<void> {
  for (const numProcesses of executors) {
    for (const [kind, bytes] of [
      ['allreduce', 8],
      ['exchange', 2 ** 16],
      ['exchange', 2 ** 19],
      ['exchange', 2 ** 21],
    ] as const) {
      const { sent, computeMs } = await roundsOf(numProcesses, { kind, bytes });
      const { roundMs, frameMs, mebibyteMs } = defaultCosts;
      const said = roundMs + 2 * (numProcesses - 1) * frameMs + ((2 * sent) / 2 ** 20) * mebibyteMs;
      console.log(
        `| ${numProcesses} | ${(sent / 1024).toFixed(1)} KiB | ${computeMs.toFixed(3)} ms | ${said.toFixed(3)} ms |`,
      );
    }
  }
}

/** Of many rounds of a kind, the middle one: bytes that a process sends, and what it computes besides waiting. */
async function roundsOf(
  numProcesses: number,
  of: { readonly kind: string; readonly bytes: number },
): Promise<{ readonly sent: number; readonly computeMs: number }> {
  let last: GangRecording | null = null;
  const runner = new TcpGangRunner({
    numProcesses,
    threadsPerProcess: 1,
    workerUrl: entryUrl,
    onRecording: (recording) => {
      last = recording;
    },
  });
  await runProgramOn<number>(runner, {
    program: 'timeMeetings',
    width: numProcesses,
    payload: { ...of, times: 300 },
  });
  await runner.close();
  const { rounds } = last as unknown as GangRecording;
  // they compile first
  const late = rounds.slice(rounds.length >> 1);
  const mean = (values: ArrayLike<number>): number =>
    Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  return {
    sent: mean(late.map(({ sent }) => mean(sent) * numProcesses)),
    computeMs: medianOf(late.map(({ computeMs }) => mean(computeMs))),
  };
}

/** Steps of {@link busyWork} that this thread alone makes in a millisecond. */
function thousandsInMs(): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20; i++) {
    const began = performance.now();
    busyWork(1000);
    best = Math.min(best, performance.now() - began);
  }
  return Math.round(1000 / best);
}

async function timesOf(numProcesses: number, works: readonly number[]): Promise<number[]> {
  const runner = new TcpGangRunner({ numProcesses, threadsPerProcess: 1, workerUrl: entryUrl });
  const all: number[] = [];
  for (const work of works) {
    const [us] = await runProgramOn<number>(runner, {
      program: 'timeMeetings',
      width: numProcesses,
      payload: { kind: 'allreduce', bytes: 8, times: 60, inRow: 10, work },
    });
    all.push((us ?? 0) / 1000);
  }
  await runner.close();
  return all;
}
