/**
 * The driver's side of a fit: which partitions there are, how many ranks work, what each is told, and what
 * becomes of their answers. Only plans and results pass through here, never rows.
 */

import { CoppiceError } from '../base/errors.ts';
import type { KernelMemory } from '../base/kernel-memory.ts';
import { takeQuiet } from '../cluster/fresh-memory.ts';
import { type GangRequest, type GangRunner, gangRunnerOf } from '../cluster/gang-runner.ts';
import { runHeardGang } from '../cluster/heard-gang.ts';
import type { TaskRunner } from '../cluster/task-runner.ts';
import { newKernelMemory } from '../kernels/choose.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { isBriefPartition } from '../table/plan/brief-partition.ts';
import { mergeEnsembles } from '../tree/tree.ts';
import type { TreeEnsemble } from '../tree/tree-ensemble.ts';
import {
  type AnyJob,
  fitWidth,
  isBriefWork,
  mayBeginHere,
  type TrainingProgram,
  type UnplannedJob,
} from './fit-width.ts';
import { partitionsWithin } from './ingest/placed-partitions.ts';
import type { PreparedRows } from './ingest/prepared-rows.ts';
import type {
  BoostingJob,
  BoostingSnapshot,
  DeviceRequest,
  ForestJob,
  ForestSnapshot,
  IngestJob,
  RankReport,
  RankResult,
  TrainedFacts,
  TrainingPartition,
  TrainingProgress,
} from './messages.ts';
import { chooseDevice } from './rigs/choose-device.ts';
import { UserCallDesk, type UserClosures } from './user-calls.ts';
import { warnOfRounding } from './warn-of-rounding.ts';

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
  /** The caller begins again by itself after a loss. */
  readonly retriesItself?: boolean | undefined;
  /** Functions of the job that only this thread has. */
  readonly closures?: UserClosures | undefined;
}

/** What a fit reads. */
export interface TrainingTables {
  readonly train: PartitionedTable;
  /** Tables of validation rows, each of one of the job's sets. */
  readonly validation?: readonly { readonly set: number; readonly table: PartitionedTable }[];
}

/** Runs a boosting or forest job over a table. */
export async function runTrainingJob<J extends BoostingJob | ForestJob>(
  program: TrainingProgram,
  job: UnplannedJob<J>,
  tables: TrainingTables,
  options: RunOptions,
): Promise<TrainedModel> {
  const partitions = await planAll(job, tables, options.signal);
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
  const width = Math.min(
    runner.numThreads,
    options.width ??
      (await fitWidth({ program, job: job as unknown as AnyJob, partitions, runner })),
  );
  const device = await chooseDevice({
    owner: job.ingest.owner,
    request: 'device' in job ? (job.device as DeviceRequest | null) : null,
    numValues: numRows * job.ingest.features.length,
    hasOtherProcesses: runner.hasOtherProcesses === true,
  });
  const memory = takeMemory(tables.train.runner);
  const begun: BegunRows = { prepared: null, told: null };
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
      const given = begun.prepared === null ? {} : { prepared: begun.prepared };
      const ingest: IngestJob = { ...job.ingest, partitions: own, rowRange, ...given };
      const isHeard = options.onProgress !== undefined;
      return { ...job, ingest, isHeard, ...('device' in job ? { device } : {}) };
    },
    signal: options.signal,
    retriesItself: options.retriesItself,
    onMessage: (message) => {
      if (desk.answer(message)) return undefined;
      const told = message as TrainingProgress | BoostingSnapshot | ForestSnapshot;
      if (told.phase === 'snapshot') return options.onSnapshot?.(told);
      // a rank that does over what was begun here says nothing until it is further
      if (begun.told !== null && !isFurther(told, begun.told)) return undefined;
      begun.told = null;
      return options.onProgress?.(told);
    },
    ...(device === null ? headStarts({ program, job, partitions, runner, memory }, begun) : {}),
  };
  const answers = (await runKept(tables.train.runner, request).catch((error: unknown) => {
    throw desk.failure ?? error;
  })) as RankResult[];
  const reports = answers.map((answer) => answer.report);
  warnOfRounding(
    job.ingest.owner,
    reports.map((report) => report.roundedColumns),
    partitions,
  );
  const first = answers[0] as RankResult;
  return {
    facts: first.facts,
    trees: mergeEnsembles(answers, first.trees.numOutputs),
    reports,
  };
}

const phases: readonly TrainingProgress['phase'][] = ['read', 'bin', 'train'];

function isFurther(told: TrainingProgress, before: TrainingProgress): boolean {
  const later = phases.indexOf(told.phase) - phases.indexOf(before.phase);
  return later > 0 || (later === 0 && told.done * before.total > before.done * told.total);
}

/** Rows that the calling thread prepared while the rank's was starting. */
interface BegunRows {
  prepared: PreparedRows | null;
  /** How far this thread said that it had come. */
  told: TrainingProgress | null;
}

/** What this thread does of a fit that needs no device: all of a brief one, the first half of a small one. */
function headStarts<J extends BoostingJob | ForestJob>(
  fit: {
    readonly program: TrainingProgram;
    readonly job: UnplannedJob<J>;
    readonly partitions: readonly TrainingPartition[];
    readonly runner: GangRunner;
    readonly memory: KernelMemory;
  },
  begun: BegunRows,
): Pick<GangRequest, 'prepareBrief' | 'beginHere'> {
  const { program, job, partitions, runner, memory } = fit;
  const numRows = partitions.reduce((sum, partition) => sum + partition.numRows, 0);
  const isBrief =
    isBriefWork(job as unknown as AnyJob, numRows) &&
    partitions.every(({ spec }) => isBriefPartition(spec));
  const beginsHere =
    program === 'boosting' &&
    runner.hasOtherProcesses !== true &&
    mayBeginHere(job as unknown as AnyJob, partitions);
  const beginHere: GangRequest['beginHere'] = async ({ signal, onMessage }) => {
    const { prepareHere } = await import('./ingest/begin-here.ts');
    const notify = (message: unknown): void => {
      onMessage?.(message);
      begun.told = message as TrainingProgress;
    };
    const own: IngestJob = { ...job.ingest, partitions, rowRange: [0, numRows] };
    begun.prepared = await prepareHere(own, { memory, notify, kernels: job.kernels, signal });
  };
  return {
    ...(isBrief ? { prepareBrief: () => import('./worker-programs.ts') } : {}),
    ...(beginsHere ? { beginHere } : {}),
  };
}

/** The partitions of all tables, rows counted; those of validation rows come last. */
async function planAll<J extends BoostingJob | ForestJob>(
  job: UnplannedJob<J>,
  { train, validation = [] }: TrainingTables,
  signal: AbortSignal | undefined,
): Promise<TrainingPartition[]> {
  const partitions = await planPartitions(train, false, signal);
  for (const { set, table } of validation) {
    const held = await planPartitions(table, true, signal);
    if (held.every((partition) => partition.numRows === 0)) throw noValidationRows(job, set);
    partitions.push(...held.map((partition) => ({ ...partition, set })));
  }
  return partitions;
}

/** Why rows of validation that are none are refused: the fit would watch nothing, and never stop early. */
function noValidationRows(
  { ingest }: { readonly ingest: Pick<IngestJob, 'owner' | 'validationSets'> },
  set: number,
): CoppiceError {
  const { owner, validationSets } = ingest;
  const which = validationSets.length > 1 ? ` ${validationSets[set]}` : '';
  return new CoppiceError(
    'DATA_EMPTY',
    `the validation table${which} of ${owner} must have at least one row; got 0 rows; leave it out to fit without`,
    { context: { owner } },
  );
}

/**
 * Memories of finished fits, by the runner whose threads hold them. A shared memory never shrinks and is
 * freed only when every thread has collected it, so the next fit takes it over; one whose threads had to be ended is dropped.
 */
const spareMemories = new WeakMap<TaskRunner, KernelMemory[]>();

/** A memory for a fit on a runner. */
export function takeMemory(runner: TaskRunner): KernelMemory {
  return spareMemories.get(runner)?.pop() ?? newKernelMemory(65536);
}

/** Runs a gang in a memory that was taken, and leaves that to the next fit; not where a thread may still write into it. */
export async function runKept(home: TaskRunner, request: GangRequest): Promise<unknown[]> {
  const { memory } = request;
  let isWhole = false;
  try {
    const answers = await runHeardGang(gangRunnerOf(home), request);
    isWhole = true;
    return answers;
  } finally {
    if (takeQuiet(memory) || isWhole) {
      const spare = spareMemories.get(home) ?? [];
      spare.push(memory);
      spareMemories.set(home, spare);
    }
  }
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
