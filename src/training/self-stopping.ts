/**
 * What a fit without a number of rounds chooses by itself, from the size of the data alone: how many models and
 * rows held out, how many rounds at most, how fast they learn and how large their trees are. Every rank chooses
 * alike, once the rows are counted and the classes known. What the user gave stays as given. How the numbers came
 * about stands in docs/accuracy.md.
 */
import type { Members } from './members.ts';
import type { BoostingJob } from './messages.ts';

/** How large the task is. */
export interface TaskSize {
  /** Rows that are learned from. */
  readonly numRows: number;
  readonly numFeatures: number;
  /** Scores of a row. */
  readonly numOutputs: number;
  /** True where the user brought rows to stop on. */
  readonly hasValidation: boolean;
}

/** A job with everything chosen. */
export interface SettledJob {
  readonly job: BoostingJob;
  /** Null: one model, on all rows. */
  readonly members: Members | null;
  /** What was chosen, for the model's summary; null where all was given. */
  readonly chosen: Readonly<Record<string, number>> | null;
}

/** The most models that are chosen. */
export const mostModels = 8;

/** Fewer rows than this are too few to hold any out. */
const leastRows = 100;

/** Fills in what the user left open. */
export function settleJob(job: BoostingJob, size: TaskSize): SettledJob {
  const { selfStopping } = job;
  if (selfStopping === null) return { job, members: null, chosen: null };
  const { isFree, numFolds, numModels } = selfStopping;
  if (size.numRows < leastRows) return { job, members: null, chosen: chosenOf(job, null) };
  const chosen = chooseBySize(size);
  const stepSize = isFree.stepSize ? chosen.stepSize : job.stepSize;
  const patience = isFree.patience
    ? chosen.patience
    : (job.earlyStopping?.patience ?? chosen.patience);
  const settled: BoostingJob = {
    ...job,
    stepSize,
    numRounds: isFree.numRounds
      ? Math.min(mostRounds, Math.ceil((chosen.numRounds * chosen.stepSize) / stepSize))
      : job.numRounds,
    limits: isFree.size ? { ...job.limits, maxLeaves: chosen.maxLeaves } : job.limits,
    split: {
      ...job.split,
      lambda: isFree.lambda ? chosen.lambda : job.split.lambda,
      minSumHessian: isFree.leastLeaf ? chosen.minSumHessian : job.split.minSumHessian,
      minInstancesPerNode: isFree.leastLeaf ? 1 : job.split.minInstancesPerNode,
    },
    columns: isFree.columns
      ? { ...job.columns, byNode: shareOf(chosen.columnShare, size.numFeatures) }
      : job.columns,
    earlyStopping: { patience, minDelta: job.earlyStopping?.minDelta ?? 0 },
  };
  const members = size.hasValidation ? null : membersOf(chosen, numModels, numFolds);
  return { job: settled, members, chosen: chosenOf(settled, members) };
}

/** What a fit works with, by the names of its parameters. */
function chosenOf(job: BoostingJob, members: Members | null): Readonly<Record<string, number>> {
  return {
    ...(members === null ? {} : { numModels: members.numMembers, holdOutFolds: members.numFolds }),
    mostRounds: job.numRounds,
    ...(job.earlyStopping === null ? {} : { earlyStoppingRounds: job.earlyStopping.patience }),
    stepSize: job.stepSize,
    ...(Number.isFinite(job.limits.maxLeaves) ? { maxLeaves: job.limits.maxLeaves } : {}),
    lambda: job.split.lambda,
    minInstancesPerNode: job.split.minInstancesPerNode,
    minSumHessian: job.split.minSumHessian,
    ...(job.columns.byNode === null ? {} : { featuresPerNode: job.columns.byNode }),
  };
}

/** What was given of the two decides about the other: no fold is held out twice. */
function membersOf(chosen: Members, numModels: number | null, numFolds: number | null): Members {
  let numMembers = numModels ?? chosen.numMembers;
  // a power of two stays one when halved
  while (numModels === null && numFolds !== null && numMembers > numFolds) numMembers /= 2;
  return { numMembers, numFolds: numFolds ?? Math.max(2, numMembers, chosen.numFolds) };
}

/** However slowly a fit learns. */
const mostRounds = 10_000;

function shareOf(share: number, numFeatures: number): number | null {
  const count = Math.ceil(share * numFeatures);
  return count >= numFeatures ? null : count;
}

/** The numbers for a size. */
function chooseBySize({ numRows }: TaskSize) {
  const isSmall = numRows < 4000;
  const isMedium = numRows < 60_000;
  return {
    numMembers: isSmall ? 8 : isMedium ? 4 : 1,
    numFolds: isMedium ? 8 : 20,
    numRounds: isSmall ? 250 : isMedium ? 125 : 200,
    patience: 25,
    stepSize: isSmall ? 0.1 : isMedium ? 0.2 : 0.15,
    maxLeaves: isSmall ? 15 : isMedium ? 31 : 127,
    lambda: 1,
    minSumHessian: 1,
    columnShare: 0.6,
  };
}
