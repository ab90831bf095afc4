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
    const stillMs = await emptyMeetingMs(numProcesses);
    for (const delayMs of [0, ...delays]) {
      const link = new LinkProxy({ delayMs });
      // what a link really adds is measured, as one would by a ping
      const latencyMs =
        delayMs === 0 ? 0 : (await emptyMeetingMs(numProcesses, link.route)) - stillMs;
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
      const explained = told.simulate(numProcesses, { latencyMs }).secondsPerTree * 1000;
      const replayed =
        simulateGang(recorded, {
          latencyMs,
          bytesPerMs: Number.POSITIVE_INFINITY,
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
        `${growth}  ${name} +${delayMs} ms (${latencyMs.toFixed(2)})  ${msPerTree.toFixed(1)} ms a tree; explained ${percent(explained)}, replayed ${percent(replayed)}; computed ${perTree(told.scales[0]?.recording).toFixed(1)} and ${perTree(trees).toFixed(1)} ms; ${(meetings / numTrees).toFixed(1)} meetings, ${(bytes / numTrees / 1e6).toFixed(2)} MB: ${isSame ? 'as explained' : 'NOT as explained'}`,
      );
    }
  }
  await pool.close();
}

/** How long an empty meeting takes: the middle of many. */
async function emptyMeetingMs(numProcesses: number, route?: LinkProxy['route']): Promise<number> {
  const runner = new TcpGangRunner({
    numProcesses,
    threadsPerProcess: 1,
    workerUrl: entryUrl,
    ...(route === undefined ? {} : { route }),
  });
  const payload = { kind: 'allreduce', bytes: 8, times: 100 };
  const [us] = await runProgramOn<number>(runner, {
    program: 'timeMeetings',
    width: numProcesses,
    payload,
  });
  await runner.close();
  return (us ?? 0) / 1000;
}
