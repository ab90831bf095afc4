/**
 * How long a tree takes over slower links between processes of this machine, against what was said before: by
 * session.explain, which rehearses the fit in one thread, and by a replay of the rounds of real processes over links
 * without delay.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  type GangRecording,
  meetingsBetween,
  trafficOf,
} from '../../../src/cluster/simulation/recording.ts';
import { simulateGang } from '../../../src/cluster/simulation/simulate-gang.ts';
import { TcpGangRunner } from '../../../src/cluster/tcp/tcp-gang-runner.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { explainFit } from '../../../src/session/explain-fit.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import { readParquet } from '../../../src/table/parquet/read-parquet.ts';
import { entryUrl, runProgramOn } from '../../cluster/run-program.ts';
import { LinkProxy } from '../../tools/link-proxy.ts';
import { setUpDataset } from '../setup.ts';
import { estimatorOf, type growths, timeFit } from './timed-fits.ts';

/** What is asked. */
export interface PredictionsWanted {
  readonly numTrees: number;
  readonly rows: number | undefined;
  readonly executors: readonly number[];
  /** Milliseconds that a link adds each way. */
  readonly delays: readonly number[];
}

/** Prints a line for each number of executors and each delay. */
export async function printPredictions(
  growth: keyof typeof growths,
  { numTrees, rows, executors, delays }: PredictionsWanted,
): Promise<void> {
  const pool = new ThreadPool(availableParallelism(), workerUrl());
  const path = join(setUpDataset('numeric-28', rows), 'train.parquet');
  const table = await readParquet(pool, path);
  const cores = availableParallelism();
  for (const numProcesses of executors) {
    const here = { executorsPerHost: numProcesses, coresPerHost: cores };
    const told = await explainFit(pool, estimatorOf(table, growth, numTrees), table, {
      executors: [numProcesses],
      trees: numTrees,
      ...here,
    });
    let recorded: GangRecording | null = null;
    const still = await measureLinks(numProcesses);
    for (const delayMs of [0, ...delays]) {
      const link = new LinkProxy({ delayMs });
      // what a link really adds is measured, as one would by a ping and by sending a file
      const added = delayMs === 0 ? still : await measureLinks(numProcesses, link.route);
      const latencyMs = added.emptyMs - still.emptyMs;
      const transferMs = Math.max(0, added.fullMs - still.fullMs - latencyMs);
      const bytesPerMs = bytesOfFull(numProcesses) / transferMs;
      const runner = new TcpGangRunner({
        numProcesses,
        threadsPerProcess: 1,
        workerUrl: workerUrl(),
        ...(delayMs === 0 ? {} : { route: link.route }),
        onRecording: (recording) => {
          last = recording;
        },
      });
      let last: GangRecording | null = null;
      const name = `${numProcesses} processes`;
      const { msPerTree, grown } = await timeFit({ name, runner }, growth, { numTrees, rows });
      await runner.close();
      await link.close();
      const trees = meetingsBetween(last as unknown as GangRecording, grown);
      recorded ??= trees;
      const gigabitsPerSecond = Math.min(10, (bytesPerMs * 8) / 1e6);
      const explained =
        told.simulate(numProcesses, { latencyMs, gigabitsPerSecond }).secondsPerTree * 1000;
      const replayed =
        simulateGang(recorded, {
          latencyMs,
          bytesPerMs,
          ...here,
          stragglers: [],
          costs: null,
        }).ms / numTrees;
      const { meetings, bytes } = trafficOf(trees);
      const scale = told.scales[0];
      const isSame = scale?.bytes === bytes / numTrees && scale.meetings === meetings / numTrees;
      const perTree = (of: GangRecording | undefined): number =>
        (of?.rounds ?? []).reduce(
          (sum, { computeMs }) => sum + computeMs.reduce((a, b) => a + b, 0),
          0,
        ) / numTrees;
      const percent = (ms: number): string =>
        `${ms.toFixed(1)} ms (${(100 * (ms / msPerTree - 1)).toFixed(0)} %)`;
      console.log(
        `${growth}  ${name} +${delayMs} ms (${latencyMs.toFixed(2)} ms, ${(bytesPerMs / 1e3).toFixed(0)} MB/s)  ${msPerTree.toFixed(1)} ms a tree; explained ${percent(explained)}, replayed ${percent(replayed)}; computed ${perTree(told.scales[0]?.recording).toFixed(1)} and ${perTree(trees).toFixed(1)} ms; ${(meetings / numTrees).toFixed(1)} meetings, ${(bytes / numTrees / 1e6).toFixed(2)} MB: ${isSame ? 'as explained' : 'NOT as explained'}`,
      );
    }
  }
  await pool.close();
}

/** What each process sends and receives at a full meeting: about as much as a large one of a tree. */
const fullBytes = 2 ** 19;

function bytesOfFull(numProcesses: number): number {
  return (fullBytes * (numProcesses - 1)) / numProcesses;
}

/** How long an empty meeting takes, and one at which all send to all: the middle of many. */
async function measureLinks(
  numProcesses: number,
  route?: LinkProxy['route'],
): Promise<{ readonly emptyMs: number; readonly fullMs: number }> {
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
      payload: { kind, bytes, times: 100 },
    });
    await runner.close();
    ms.push((us ?? 0) / 1000);
  }
  return { emptyMs: ms[0] ?? 0, fullMs: ms[1] ?? 0 };
}
