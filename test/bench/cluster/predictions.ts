/**
 * How long a tree takes over slower links between processes of this machine, against what was said before: by
 * session.explain, which rehearses the fit in one thread, and by a replay of the rounds of other processes, recorded
 * without a delay. No figure is compared with the run that it was made of.
 *
 * The first half of the trees is left out everywhere: each process compiles while it grows them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defaultTakeoverMs } from '../../../src/cluster/simulation/host-cores.ts';
import {
  type GangRecording,
  meetingsBetween,
  trafficOf,
} from '../../../src/cluster/simulation/recording.ts';
import {
  defaultCosts,
  type MeetingCosts,
  simulateGang,
} from '../../../src/cluster/simulation/simulate-gang.ts';
import { TcpGangRunner } from '../../../src/cluster/tcp/tcp-gang-runner.ts';
import { latenessMs } from '../../../src/cluster/tcp/waiting.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { explainFit } from '../../../src/session/explain-fit.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import { readParquet } from '../../../src/table/parquet/read-parquet.ts';
import { LinkProxy } from '../../tools/link-proxy.ts';
import { setUpDataset } from '../setup.ts';
import { ForeignWork } from './foreign-work.ts';
import { linkBetween, type MeasuredLink, timeMeetings } from './links.ts';
import { estimatorOf, type growths, timeFit } from './timed-fits.ts';

/** What is asked. */
export interface PredictionsWanted {
  readonly numTrees: number;
  readonly rows: number | undefined;
  readonly executors: readonly number[];
  /** Milliseconds that a link adds each way. */
  readonly delays: readonly number[];
  /** Where recordings and times are kept, for other questions to the simulator. */
  readonly out: string | undefined;
  /** Each fit is made so often; the one that took neither least nor most counts. */
  readonly repeats: number;
}

/** Others may take so much of the machine before a run is made again, so often. */
const mostForeign = 0.04;
const mostTries = 2;

/** A fit of real processes. */
interface RealFit {
  readonly trees: GangRecording;
  readonly msPerTree: number;
  /** Of the machine, what others took. */
  readonly foreign: number;
}

/** Prints a row of a table for each number of executors and each delay. */
export async function printPredictions(
  growth: keyof typeof growths,
  { numTrees, rows, executors, delays, out, repeats }: PredictionsWanted,
): Promise<void> {
  if (out !== undefined) mkdirSync(out, { recursive: true });
  const pool = new ThreadPool(availableParallelism(), workerUrl());
  const path = join(setUpDataset('numeric-28', rows), 'train.parquet');
  const table = await readParquet(pool, path);
  const estimator = estimatorOf(table, growth, numTrees);
  // so that no rehearsal has to compile
  await explainFit(pool, estimator, table, { executors: [2], trees: 4 });
  for (const numProcesses of executors) {
    const here = { executorsPerHost: numProcesses, coresPerHost: availableParallelism() };
    const told = await explainFit(pool, estimator, table, {
      executors: [numProcesses],
      trees: numTrees,
      ...here,
    });
    const [scale] = told.scales;
    const rehearsed = scale?.recording as GangRecording;
    const wanted = { numProcesses, numTrees, rows };
    const recorded = await middleFit(growth, { ...wanted, link: null }, repeats);
    const still = await timeMeetings(numProcesses);
    for (const delayMs of [0, ...delays]) {
      const link = delayMs === 0 ? null : new LinkProxy({ delayMs });
      const times = link === null ? still : await timeMeetings(numProcesses, link.route);
      const between = linkBetween(times, still, numProcesses);
      const fit = await middleFit(growth, { ...wanted, link }, repeats);
      await link?.close();
      const { meetings, bytes } = trafficOf(fit.trees);
      const isSame = scale?.bytes === bytes / numTrees && scale.meetings === meetings / numTrees;
      if (out !== undefined) {
        const { trees } = recorded;
        const kept = { ...between, msPerTree: fit.msPerTree, numTrees, rehearsed, recorded: trees };
        const text = JSON.stringify(kept, (_, value) =>
          value instanceof Float64Array ? [...value] : value,
        );
        writeFileSync(join(out, `${growth}-${numProcesses}-${delayMs}.json`), text);
      }
      const said = (of: GangRecording, costs: MeetingCosts | null): string => {
        const ms = replayed(of, { ...between, ...here }, { numTrees, costs });
        return `${ms.toFixed(1)} (${percentText(ms / fit.msPerTree - 1)})`;
      };
      const cells = [
        growth,
        String(numProcesses),
        delayMs === 0 ? '0' : `${delayMs} ms (${between.latencyMs.toFixed(2)})`,
        fit.msPerTree.toFixed(1),
        said(rehearsed, defaultCosts),
        said(recorded.trees, null),
        `${(meetings / numTrees).toFixed(1)}, ${(bytes / numTrees / 1e6).toFixed(2)} MB ${isSame ? 'as explained' : 'NOT as explained'}`,
        `others ${percentText(fit.foreign)}, ${percentText(recorded.foreign)}`,
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  }
  await pool.close();
}

/** The trees behind the first of them, as a replay over a link. */
function replayed(
  trees: GangRecording,
  cluster: MeasuredLink & { readonly executorsPerHost: number; readonly coresPerHost: number },
  { numTrees, costs }: { readonly numTrees: number; readonly costs: MeetingCosts | null },
): number {
  const rounds = trees.rounds.slice(firstRound(trees));
  const { ms } = simulateGang(
    { ...trees, rounds },
    { ...cluster, takeoverMs: defaultTakeoverMs, latenessMs, stragglers: [], costs },
  );
  return (ms * trees.rounds.length) / rounds.length / numTrees;
}

/** Where half of the rounds are over: as many of a tree as of any. */
function firstRound({ rounds }: GangRecording): number {
  return Math.floor(rounds.length / 2);
}

/** What is fitted, and how. */
interface FitWanted {
  readonly numProcesses: number;
  readonly numTrees: number;
  readonly rows: number | undefined;
  readonly link: LinkProxy | null;
}

/** Of several fits the one in the middle: a single one may be a third slower from its first tree to its last. */
async function middleFit(
  growth: keyof typeof growths,
  wanted: FitWanted,
  repeats: number,
): Promise<RealFit> {
  const fits: RealFit[] = [];
  while (fits.length < repeats) fits.push(await quietFit(growth, wanted));
  fits.sort((a, b) => a.msPerTree - b.msPerTree);
  return fits[repeats >> 1] as RealFit;
}

async function quietFit(growth: keyof typeof growths, wanted: FitWanted): Promise<RealFit> {
  const { numProcesses, link, numTrees } = wanted;
  const fits: RealFit[] = [];
  while (fits.length < mostTries && !fits.some(({ foreign }) => foreign <= mostForeign)) {
    let last: GangRecording | null = null;
    const runner = new TcpGangRunner({
      numProcesses,
      threadsPerProcess: 1,
      workerUrl: workerUrl(),
      ...(link === null ? {} : { route: link.route }),
      onRecording: (recording) => {
        last = recording;
      },
    });
    const others = new ForeignWork(() => runner.processIds);
    const { grown } = await timeFit({ name: 'processes', runner }, growth, wanted);
    const foreign = others.share();
    await runner.close();
    const trees = meetingsBetween(last as unknown as GangRecording, grown);
    const [from, to] = [firstRound(trees), trees.rounds.length];
    const sentAt = (round: number): number =>
      Math.max(...(trees.rounds[round]?.span?.sentAt ?? [Number.NaN]));
    const ms = sentAt(to - 1) - sentAt(from - 1);
    fits.push({ trees, foreign, msPerTree: (ms * to) / (to - from) / numTrees });
  }
  return fits.reduce((a, b) => (b.foreign < a.foreign ? b : a));
}

function percentText(share: number): string {
  return `${share < 0 ? '−' : ''}${Math.abs(100 * share).toFixed(0)} %`;
}
