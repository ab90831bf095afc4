/**
 * The driver's side of a fit: which partitions there are, how many ranks work, what each is told, and what
 * becomes of their answers. Only plans and results pass through here, never rows.
 */

import { CoppiceError } from '../base/errors.ts';
import { type GangRequest, type GangRunner, gangRunnerOf } from '../cluster/gang-runner.ts';
import type { TaskRunner } from '../cluster/task-runner.ts';
import { newKernelMemory } from '../kernels/choose.ts';
import { isBriefPartition } from '../table/brief-partition.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { mergeEnsembles, type TreeEnsemble } from '../tree/tree.ts';
import { partitionsWithin } from './ingest/placed-partitions.ts';
import type {
  BoostingJob,
  BoostingSnapshot,
  ForestJob,
  ForestSnapshot,
  IngestJob,
  RankReport,
  RankResult,
  SelfStopping,
  TrainedFacts,
  TrainingPartition,
  TrainingProgress,
} from './messages.ts';
import { mostModels } from './self-stopping.ts';
import { UserCallDesk, type UserClosures } from './user-calls.ts';

/** What a fit gives, whichever ranks did it. */
export interface TrainedModel {
  readonly facts: TrainedFacts;
  readonly trees: TreeEnsemble;
  readonly reports: readonly RankReport[];
}

/** What a caller may ask of a fit besides its job. */
export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
  readonly onSnapshot?: ((snapshot: BoostingSnapshot | ForestSnapshot) => void) | undefined;
  /** How many ranks; by default as many as there are threads, one where there is little to do. */
  readonly width?: number | undefined;
  /** Functions of the job that only this thread has. */
  readonly closures?: UserClosures | undefined;
}

/** A job without the fields that the driver fills in. */
export type UnplannedJob<J extends BoostingJob | ForestJob> = Omit<J, 'ingest'> & {
  readonly ingest: Omit<IngestJob, 'partitions' | 'rowRange'>;
};

/**
 * Below so many values one rank is quicker than several. A boosted tree on few rows is grown in a millisecond or
 * two, and its threads meet some sixty times; the trees of a forest are grown apart, so there only the start of
 * a thread counts. Who has other processes train has them for their memory: they are used early.
 */
const valuesForSeveralRanks = {
  boosting: 1_000_000,
  refit: 1_000_000,
  forest: 20_000,
  processes: 20_000,
};

type AnyJob = UnplannedJob<BoostingJob> | UnplannedJob<ForestJob>;

/** Jobs of less work than this may be done by the calling thread, which answers nobody meanwhile. */
const briefMs = 50;

/** Little work, and none by functions of the user's. */
function isBriefWork(job: AnyJob, numRows: number): boolean {
  return !namesFunctions(job) && workMs(job, numRows) < briefMs;
}

/** Roughly how long one thread takes, from what a row and what a bin of a leaf cost. */
function workMs(job: AnyJob, numRows: number): number {
  const numFeatures = job.ingest.features.length;
  // how many rounds a fit that stops by itself takes is not known yet: the usual number, of each model
  const numTrees = 'numRounds' in job ? job.numRounds * ranksOfSmall(job) : job.numTrees;
  const { maxLeaves, maxDepth } = job.limits;
  const leaves = Math.min(maxLeaves, 2 ** Math.min(maxDepth, 30), numRows);
  const rowNs = numRows * (numFeatures * (32 - Math.clz32(leaves)) * 1.5 + 30);
  const binNs = leaves * numFeatures * Math.min(job.ingest.maxBins, numRows) * 2;
  return (numTrees * (rowNs + binNs)) / 1e6;
}

function namesFunctions(job: AnyJob): boolean {
  if (!('numRounds' in job)) return false;
  return job.objectiveFunction !== null || job.metricFunction !== null;
}

/** Runs a boosting or forest job over a table. */
export async function runTrainingJob<J extends BoostingJob | ForestJob>(
  program: 'boosting' | 'forest' | 'refit',
  job: UnplannedJob<J>,
  tables: {
    readonly train: PartitionedTable;
    /** Tables of validation rows, each of one of the job's sets. */
    readonly validation?: readonly { readonly set: number; readonly table: PartitionedTable }[];
  },
  options: RunOptions,
): Promise<TrainedModel> {
  const { signal } = options;
  const partitions = [...(await planPartitions(tables.train, false, signal))];
  for (const { set, table } of tables.validation ?? []) {
    const held = await planPartitions(table, true, signal);
    partitions.push(...held.map((partition) => ({ ...partition, set })));
  }
  const numRows = partitions.reduce((sum, partition) => sum + partition.numRows, 0);
  if (numRows === 0) {
    throw new CoppiceError(
      'DATA_EMPTY',
      `the table that ${job.ingest.owner} is fitted on must have at least one row; got 0 rows`,
    );
  }
  const runner = gangRunnerOf(tables.train.runner);
  const desk = new UserCallDesk(job.ingest.owner, options.closures ?? {});
  if (runner.hasOtherProcesses === true) desk.refuseClosures();
  const isSmall =
    numRows * job.ingest.features.length <
    valuesForSeveralRanks[runner.hasOtherProcesses === true ? 'processes' : program];
  const width = Math.min(
    runner.numThreads,
    options.width ?? (isSmall ? ranksOfSmall(job) : runner.numThreads),
  );
  const memory = takeMemory(tables.train.runner);
  const request: GangRequest = {
    program,
    width,
    memory,
    payload: ({ first, count, total }) => {
      // each process takes its ranks' share of all rows
      const from = Math.floor((numRows * first) / total);
      const to = Math.floor((numRows * (first + count)) / total);
      const rowRange = [from, to] as const;
      const own = partitionsFor(runner, partitions, rowRange);
      const ingest: IngestJob = { ...job.ingest, partitions: own, rowRange };
      return { ...job, ingest };
    },
    signal,
    onMessage: (message) => {
      if (desk.answer(message)) return;
      const told = message as TrainingProgress | BoostingSnapshot | ForestSnapshot;
      if (told.phase === 'snapshot') options.onSnapshot?.(told);
      else options.onProgress?.(told);
    },
  };
  const isBrief =
    isBriefWork(job as unknown as AnyJob, numRows) &&
    partitions.every(({ spec }) => isBriefPartition(spec));
  const prepareBrief = (): Promise<unknown> => import('./worker-programs.ts');
  const gang = isBrief ? { ...request, prepareBrief } : request;
  const answers = (await runner.runGang(gang).catch((error: unknown) => {
    throw desk.failure ?? error;
  })) as RankResult[];
  keepMemory(tables.train.runner, memory);
  const first = answers[0] as RankResult;
  return {
    facts: first.facts,
    trees: mergeEnsembles(answers, first.trees.numOutputs),
    reports: answers.map((answer) => answer.report),
  };
}

/** Models that are averaged are grown apart, however small they are. */
function ranksOfSmall(job: object): number {
  const selfStopping = 'selfStopping' in job ? (job.selfStopping as SelfStopping | null) : null;
  return selfStopping === null ? 1 : (selfStopping.numModels ?? mostModels);
}

/**
 * Memories of finished fits, by the runner whose threads hold them. A shared memory never shrinks and is
 * freed only when every thread has collected it, so the next fit takes it over; one that broke is dropped.
 */
const spareMemories = new WeakMap<TaskRunner, WebAssembly.Memory[]>();

/** A memory for a fit on a runner. */
export function takeMemory(runner: TaskRunner): WebAssembly.Memory {
  return spareMemories.get(runner)?.pop() ?? newKernelMemory(65536);
}

/** Leaves a finished fit's memory to the next one. */
export function keepMemory(runner: TaskRunner, memory: WebAssembly.Memory): void {
  const spare = spareMemories.get(runner) ?? [];
  spare.push(memory);
  spareMemories.set(runner, spare);
}

/** The partitions of a table with their rows counted. */
export async function planPartitions(
  table: PartitionedTable,
  isValidation: boolean,
  signal: AbortSignal | undefined,
): Promise<TrainingPartition[]> {
  const plan = await table.plan(signal === undefined ? {} : { signal });
  const counts = await table.rowCounts(signal === undefined ? {} : { signal });
  return plan.partitions.map((spec, i) => ({ spec, numRows: counts[i] as number, isValidation }));
}

/** The partitions of which a process of the runner's reads these rows; data that it does not read stays here. */
export function partitionsFor(
  runner: GangRunner,
  partitions: readonly TrainingPartition[],
  rowRange: readonly [number, number],
): readonly TrainingPartition[] {
  return runner.hasOtherProcesses === true ? partitionsWithin(partitions, rowRange) : partitions;
}
