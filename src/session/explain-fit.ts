/**
 * What would a fit cost on so many executors? `session.explain` rehearses a few of its trees for each number of
 * executors, up to 32; what more of them would do is stretched from two rehearsals. The module is loaded when somebody asks.
 */

import { CoppiceError } from '../base/errors.ts';
import type { GangRunner } from '../cluster/gang-runner.ts';
import { type GangRecording, meetingsBetween, trafficOf } from '../cluster/simulation/recording.ts';
import { stretchRecording } from '../cluster/simulation/stretch-recording.ts';
import { defineParams, type Options } from '../params/define-params.ts';
import { float, int, numbers } from '../params/kinds.ts';
import { resolveParams } from '../params/resolve-params.ts';
import { checkTable } from '../table/check-table.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { type ExplainedScale, FitExplanation, timeOf } from './fit-explanation.ts';
import { RehearsalRunner } from './rehearsal-runner.ts';

/** The most executors that are rehearsed; each takes a memory. */
const mostRehearsed = 32;
const mostExecutors = 1024;

const explainParams = defineParams('Session.explain', {
  /** Numbers of executors, each of one thread; at most 1,024. */
  executors: numbers({
    default: [1, 2, 4, 8],
    min: 1,
    max: mostExecutors,
    whole: true,
    minLength: 1,
    since: '0.1.0',
  }),
  /** From one executor to another, one way, in milliseconds. */
  latencyMs: float({ default: 0.1, min: 0, since: '0.1.0' }),
  /** What an executor can send and receive, in gigabits a second. */
  gigabitsPerSecond: float({ default: 10, above: 0, since: '0.1.0' }),
  /** Trees, or rounds of them, that are rehearsed. */
  trees: int({ default: 5, min: 1, since: '0.1.0' }),
  /** Executors that share a host, for one with many threads. */
  executorsPerHost: int({ default: 1, min: 1, since: '0.1.0' }),
  /** Cores of a host; by default one an executor. */
  coresPerHost: int({ min: 1, since: '0.1.0' }),
});

/** Options of `session.explain`. @interface */
export type ExplainOptions = Options<typeof explainParams.schema>;

/** What can be explained: an estimator, or a pipeline. */
export interface Explainable {
  /** What messages call it. */
  readonly className: string;
  /** Learns from a table. */
  fit(table: PartitionedTable): Promise<unknown>;
}

/** Explains a fit. @throws CoppiceError see `Session.explain` */
export async function explainFit(
  runner: GangRunner,
  estimator: Explainable,
  table: PartitionedTable,
  options: ExplainOptions,
): Promise<FitExplanation> {
  checkTable('given to explain', table);
  const params = resolveParams(explainParams, options);
  const rehearsals = new Map<number, Rehearsed>();
  const rehearsed = async (executors: number): Promise<Rehearsed> => {
    const known = rehearsals.get(executors);
    if (known !== undefined) return known;
    // executors of one host compute beside each other, and share its caches
    const { executorsPerHost, coresPerHost = executorsPerHost } = params;
    const atOnce = Math.min(executors, executorsPerHost, coresPerHost, runner.numThreads);
    const runs = await Promise.all(
      Array.from({ length: atOnce }, async () => {
        const rehearsal = new RehearsalRunner(runner, executors, params.trees);
        await estimator.fit(table.withRunner(rehearsal));
        return treesOf(estimator, rehearsal);
      }),
    );
    const found = meanOf(runs);
    rehearsals.set(executors, found);
    return found;
  };
  const scales: ExplainedScale[] = [];
  for (const executors of params.executors) {
    const isRehearsed = executors <= mostRehearsed;
    const { recording, numTrees } = isRehearsed
      ? await rehearsed(executors)
      : stretched(await rehearsed(mostRehearsed / 2), await rehearsed(mostRehearsed), executors);
    const { meetings, bytes, mostBytes } = trafficOf(recording);
    const { ms, computeMs } = timeOf(recording, params);
    scales.push({
      executors,
      meetings: meetings / numTrees,
      bytes: bytes / numTrees,
      mostBytes: mostBytes / numTrees,
      seconds: ms / 1000 / numTrees,
      computeSeconds: computeMs / 1000 / numTrees,
      isRehearsed,
      recording,
      numTrees,
    });
  }
  const { latencyMs, gigabitsPerSecond, executorsPerHost, coresPerHost } = params;
  const links = { latencyMs, gigabitsPerSecond, executorsPerHost, coresPerHost };
  return new FitExplanation(
    scales,
    coresPerHost === undefined ? links : { ...links, coresPerHost },
  );
}

interface Rehearsed {
  /** The rounds in which trees grow. */
  readonly recording: GangRecording;
  readonly numTrees: number;
  readonly numFeatures: number;
}

/** The same rounds, with the mean of what they took. */
function meanOf(runs: readonly Rehearsed[]): Rehearsed {
  const [first] = runs as [Rehearsed];
  const rounds = first.recording.rounds.map((round, i) => ({
    ...round,
    computeMs: round.computeMs.map((_, process) => {
      const all = runs.map(({ recording }) => recording.rounds[i]?.computeMs[process] ?? 0);
      return all.reduce((sum, ms) => sum + ms, 0) / all.length;
    }),
  }));
  return { ...first, recording: { ...first.recording, rounds } };
}

function treesOf(estimator: Explainable, { fits }: RehearsalRunner): Rehearsed {
  const fit = fits.at(-1);
  const numTrees = fit?.results.reduce((sum, { treeNumbers }) => sum + treeNumbers.length, 0) ?? 0;
  const meetings = fit?.results[0]?.report.phaseMeetings;
  if (fit === undefined || meetings === undefined || numTrees === 0) {
    throw new CoppiceError(
      'UNSUPPORTED',
      `session.explain needs a fit that grows trees; ${estimator.className} grew none`,
    );
  }
  const grown = [meetings['ingest'] ?? 0, meetings['grow'] ?? 0] as const;
  const { recording, numFeatures } = fit;
  return { recording: meetingsBetween(recording, grown), numTrees, numFeatures };
}

function stretched(small: Rehearsed, large: Rehearsed, numProcesses: number): Rehearsed {
  const { numFeatures, numTrees } = large;
  const target = { numProcesses, numFeatures };
  const recording = stretchRecording(small.recording, large.recording, target);
  return { recording, numTrees, numFeatures };
}
