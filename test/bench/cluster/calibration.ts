/**
 * How long are processes at it that share cores? Each computes for some milliseconds, all the same, and then meets the
 * others without a word; printed beside what the simulator says. The time after which an idle core takes over another's
 * work (host-cores.ts) is from here: no fit of trees is looked at.
 */
import { availableParallelism } from 'node:os';
import { defaultTakeoverMs, finishTimes } from '../../../src/cluster/simulation/host-cores.ts';
import { TcpGangRunner } from '../../../src/cluster/tcp/tcp-gang-runner.ts';
import { busyWork } from '../../cluster/programs.mjs';
import { entryUrl, runProgramOn } from '../../cluster/run-program.ts';
import { ForeignWork } from './foreign-work.ts';

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
