/** Seconds per tree of the same fit on gangs of different kinds, run in turns. */
import { join } from 'node:path';
import {
  TcpGangRunner,
  type TcpGangRunnerOptions,
} from '../../../src/cluster/tcp/tcp-gang-runner.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import { readParquet } from '../../../src/table/parquet/read-parquet.ts';
import type { PartitionedTable } from '../../../src/table/partitioned-table.ts';
import { KnobRunner } from '../../tools/knob-runner.ts';
import { setUpDataset } from '../setup.ts';

/** How trees grow. */
export const growths = {
  level: { maxDepth: 8, maxLeaves: undefined },
  leaf: { maxDepth: undefined, maxLeaves: 255 },
} as const;

/** A gang of some kind. */
export interface Contestant {
  readonly name: string;
  readonly runner: ThreadPool | TcpGangRunner;
}

/** Threads of one process. */
export function threadsOf(count: number): Contestant {
  return { name: `1 process × ${count} threads`, runner: new ThreadPool(count, workerUrl()) };
}

/** Processes of this machine. */
export function processesOf(
  name: string,
  count: number,
  options: Partial<TcpGangRunnerOptions> = {},
): Contestant {
  const settings = {
    numProcesses: count,
    threadsPerProcess: 1,
    workerUrl: workerUrl(),
    ...options,
  };
  return { name, runner: new TcpGangRunner(settings) };
}

/** What one fit took, tree by tree. */
export interface TimedFit {
  readonly msPerTree: number;
  readonly meetingsPerTree: number;
  readonly waitMsPerTree: number;
  /** The meetings that there had been when the first tree began, and when the last ended. */
  readonly grown: readonly [number, number];
}

/** Fits some trees; the reading and binning before them do not count. */
export async function timeFit(
  { runner }: Contestant,
  growth: keyof typeof growths,
  { numTrees, rows }: { readonly numTrees: number; readonly rows?: number | undefined },
): Promise<TimedFit> {
  const knobs = new KnobRunner(runner);
  const table = await readParquet(knobs, join(setUpDataset('numeric-28', rows), 'train.parquet'));
  await estimatorOf(table, growth, numTrees).fit(table);
  const [report] = knobs.reports;
  if (report === undefined) throw new Error('no rank reported');
  return {
    msPerTree: (report.phaseMs['grow'] ?? Number.NaN) / numTrees,
    meetingsPerTree: report.meetings / numTrees,
    waitMsPerTree: report.waitMs / numTrees,
    grown: [report.phaseMeetings['ingest'] ?? 0, report.phaseMeetings['grow'] ?? 0],
  };
}

/** What is fitted. */
export function estimatorOf(
  table: PartitionedTable,
  growth: keyof typeof growths,
  numTrees: number,
): GBTClassifier {
  const { maxDepth, maxLeaves } = growths[growth];
  return new GBTClassifier({
    featuresCols: table.columns.filter((name) => name !== 'label'),
    labelCol: 'label',
    maxIter: numTrees,
    stepSize: 0.1,
    ...(maxDepth === undefined ? {} : { maxDepth }),
    ...(maxLeaves === undefined ? {} : { maxLeaves }),
  });
}

/** The middle of some values. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[half] as number)
    : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}
