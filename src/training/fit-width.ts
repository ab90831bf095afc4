/**
 * How many ranks a fit uses. Little work is done by one thread, or by the calling one; what can be shared out without
 * meetings (averaged models, the trees of several classes) takes more.
 */
import type { GangRunner } from '../cluster/gang-runner.ts';
import { dictionarySize } from '../table/parquet/flat/dictionary-size.ts';
import type { ParquetSource } from '../table/parquet/parquet-source.ts';
import { isBriefPartition } from '../table/plan/brief-partition.ts';
import type { PlacedOperator } from '../table/plan/partition-spec.ts';
import type { CountValuesPayload } from '../table/plan/reading-tasks.ts';
import { mostModels } from './boosting/self-stopping.ts';
import type {
  BoostingJob,
  ForestJob,
  IngestJob,
  SelfStopping,
  TrainingPartition,
} from './messages.ts';

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
  measureModel: 1_000_000,
  forest: 20_000,
  processes: 20_000,
};

/** A job of either kind. */
export type AnyJob = UnplannedJob<BoostingJob> | UnplannedJob<ForestJob>;

/** Jobs of less work than this may be done by the calling thread, which answers nobody meanwhile. */
const briefMs = 50;

/** A fit that takes longer than this is worth other threads' start, where they can share its trees. */
const longMs = 150;
/** Less than this a class is not worth a look at the labels. */
const lookMs = 15;

/** Little work, and none by functions of the user's. */
export function isBriefWork(job: AnyJob, numRows: number): boolean {
  return !namesFunctions(job) && workMs(job, numRows) < briefMs;
}

/** Rows and bytes of the files of which the calling thread may read what a fit by one thread learns from. */
const mostHere = { rows: 65_536, bytes: 1 << 20 };

/** True for a fit by one thread of few rows of small files, whose columns are numbers and text by themselves, with nothing beside the label. */
export function mayBeginHere(
  { ingest }: AnyJob,
  partitions: readonly TrainingPartition[],
): boolean {
  const numRows = partitions.reduce((sum, partition) => sum + partition.numRows, 0);
  const sizes = new Map(
    partitions.map(({ spec }) => {
      const { file } = spec.source as Partial<ParquetSource>;
      const isOwn = spec.source.kind === 'parquet' && spec.operators.every(onlyNames);
      return [file?.path, isOwn ? (file?.size ?? Infinity) : Infinity] as const;
    }),
  );
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const { weightCol, idCol, groupCol, validationCol, offsets, initialScores, givenBins } = ingest;
  const roles = [weightCol, idCol, groupCol, validationCol, givenBins ?? null];
  return (
    numRows <= mostHere.rows &&
    bytes <= mostHere.bytes &&
    roles.every((role) => role === null) &&
    offsets.length + initialScores.length + (ingest.otherLabels ?? []).length === 0 &&
    ingest.features.every(({ path }) => path.length === 1)
  );
}

/** True for a step that leaves columns as they are, but for names of values. */
function onlyNames({ spec }: PlacedOperator): boolean {
  return spec.changesRows !== true && spec.writes.length === spec.names?.length;
}

/** Roughly how long one thread takes, from what a row and what a bin of a leaf cost. */
function workMs(job: AnyJob, numRows: number): number {
  const numFeatures = job.ingest.features.length;
  // how many rounds a fit that stops by itself takes is not known yet: the usual number, of each model
  const numTrees = 'numRounds' in job ? job.numRounds * numModels(job) : job.numTrees;
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

/** What ranks run. */
export type TrainingProgram = Exclude<keyof typeof valuesForSeveralRanks, 'processes'>;

/** A fit whose partitions are known. */
interface PlannedFit {
  readonly program: TrainingProgram;
  readonly job: AnyJob;
  readonly partitions: readonly TrainingPartition[];
  readonly runner: GangRunner;
}

/** How many ranks it uses, at most. */
export async function fitWidth(fit: PlannedFit): Promise<number> {
  const { program, job, partitions, runner } = fit;
  const numRows = partitions.reduce((sum, partition) => sum + partition.numRows, 0);
  const kind = runner.hasOtherProcesses === true ? 'processes' : program;
  const isSmall = numRows * job.ingest.features.length < valuesForSeveralRanks[kind];
  return isSmall ? await ranksOfSmall(fit, numRows) : runner.numThreads;
}

/** Models that are averaged are grown apart, however small they are, and so are the trees of several classes. */
async function ranksOfSmall(
  { program, job, partitions, runner }: PlannedFit,
  numRows: number,
): Promise<number> {
  if (program !== 'boosting' || !('numRounds' in job) || job.selfStopping !== null)
    return numModels(job);
  if (job.quantileLevels.length > 1) return job.quantileLevels.length;
  const ms = workMs(job, numRows);
  if (job.objective !== 'classes' || runner.numThreads === 1 || ms < lookMs) return 1;
  const [first] = partitions as [TrainingPartition];
  const { labelCol } = job.ingest;
  const most = runner.readsElsewhere === true ? null : await dictionarySize(first.spec, labelCol);
  if (most !== null && most <= 2) return 1;
  if (most !== null && most * ms > longMs) startAhead(first, runner, most);
  const classes = await classesSeen(labelCol, first, runner);
  return classes * ms > longMs ? classes : 1;
}

function numModels(job: object): number {
  const selfStopping = 'selfStopping' in job ? (job.selfStopping as SelfStopping | null) : null;
  return selfStopping === null ? 1 : (selfStopping.numModels ?? mostModels);
}

/** Starts the threads that will surely be wanted, while one of them looks. */
function startAhead({ spec }: TrainingPartition, runner: GangRunner, classes: number): void {
  const { path } = (spec.source as ParquetSource).file;
  for (let i = 1; i < Math.min(runner.numThreads, classes); i++) {
    runner.run('table.startDecoder', path, { isAhead: true }).catch(() => undefined);
  }
}

/** How many classes a first look at the labels shows; 1 where they are two. */
async function classesSeen(
  labelCol: string,
  { spec }: TrainingPartition,
  runner: GangRunner,
): Promise<number> {
  const request: CountValuesPayload = {
    partition: spec,
    column: labelCol,
    rows: { start: 0, end: 4096 },
  };
  const isBrief = isBriefPartition(spec);
  const count = runner.run<number>('table.countValues', request, { isBrief });
  // what is wrong with the column is said where it is read for good
  const classes = await count.catch(() => 0);
  return classes > 2 ? classes : 1;
}
