/**
 * What a fit without a number of rounds chooses by itself, from the size of the data alone: how many models and
 * rows held out, how many rounds at most, how fast they learn and how large their trees are. Every rank chooses
 * alike, once the rows are counted and the classes known. What the user gave stays as given. How the numbers came
 * about stands in docs/accuracy.md.
 */

import type { BoostingJob, SelfStopping } from '../messages.ts';
import type { Members } from './members.ts';

/** How large the task is. */
export interface TaskSize {
  /** Rows that are learned from. */
  readonly numRows: number;
  /** Scores of a row. */
  readonly numOutputs: number;
  /** True where the user brought rows to stop on. */
  readonly hasValidation: boolean;
  /** True where each row's second derivative is its weight, as that of a squared error. */
  readonly hessianIsWeight: boolean;
  /** What a training row weighs in the mean. */
  readonly meanWeight: number;
}

/** A job with everything chosen. */
export interface SettledJob {
  readonly job: BoostingJob;
  /** Null: one model, on all rows. */
  readonly members: Members | null;
  /** What was chosen, for the model's summary; null where all was given. */
  readonly chosen: Readonly<Record<string, number>> | null;
}

/** The most models that are planned; of those that stop soon there may be twice as many. */
export const mostModels = 4;

/** Fewer rows than this are too few to hold any out. */
const leastRows = 100;

/** Held-out rows tell whether categories of so few rows are worth a split. */
const leastCategoryRows = 5;

/** Fills in what the user left open. */
export function settleJob(job: BoostingJob, size: TaskSize): SettledJob {
  const { selfStopping } = job;
  if (selfStopping === null) return { job, members: null, chosen: null };
  const { isFree } = selfStopping;
  if (size.numRows < leastRows) {
    const few = fillIn(job, isFree, {
      ...fewRows,
      lambda: fewRows.lambda * size.meanWeight,
      minSumHessian: job.split.minSumHessian,
    });
    return { job: few, members: null, chosen: chosenOf(few, null) };
  }
  const chosen = chooseBySize(size);
  const stepSize = isFree.stepSize ? chosen.stepSize : job.stepSize;
  const { minCategoryRows } = job.split;
  const filled = fillIn(job, isFree, chosen);
  const settled: BoostingJob = {
    ...filled,
    // of steps or rounds that were given nothing is known
    ...(isFree.stepSize && isFree.numRounds ? { laterStepSize: chosen.laterStepSize } : {}),
    numRounds: isFree.numRounds
      ? Math.min(mostRounds, Math.ceil((chosen.numRounds * chosen.stepSize) / stepSize))
      : job.numRounds,
    split: {
      ...filled.split,
      // without categories it is 0, and rows need not be counted
      minCategoryRows: isFree.categories
        ? Math.min(leastCategoryRows, minCategoryRows)
        : minCategoryRows,
    },
    earlyStopping: {
      patience: isFree.patience
        ? chosen.patience
        : (job.earlyStopping?.patience ?? chosen.patience),
      minDelta: job.earlyStopping?.minDelta ?? 0,
      ...(isFree.patience ? { flatPatience: chosen.flatPatience } : {}),
    },
  };
  const members = size.hasValidation ? null : membersOf(chosen, selfStopping);
  return { job: settled, members, chosen: chosenOf(settled, members) };
}

/** How trees learn. */
interface TreeSettings {
  readonly stepSize: number;
  readonly maxLeaves: number;
  readonly lambda: number;
  readonly minSumHessian: number;
  readonly leastLeaf: number;
  readonly columnShare: number;
}

/** Those of rows too few to hold any out: all rounds are kept, so that each of them may do but little. */
const fewRows = {
  stepSize: 0.05,
  maxLeaves: 6,
  lambda: 1,
  leastLeaf: 4,
  columnShare: 0.7,
} as const;

/** The job with what the user left open of them. */
function fillIn(
  job: BoostingJob,
  isFree: SelfStopping['isFree'],
  chosen: TreeSettings,
): BoostingJob {
  return {
    ...job,
    stepSize: isFree.stepSize ? chosen.stepSize : job.stepSize,
    limits: isFree.size ? { ...job.limits, maxLeaves: chosen.maxLeaves } : job.limits,
    split: {
      ...job.split,
      lambda: isFree.lambda ? chosen.lambda : job.split.lambda,
      minSumHessian: isFree.leastLeaf ? chosen.minSumHessian : job.split.minSumHessian,
      minInstancesPerNode: isFree.leastLeaf ? chosen.leastLeaf : job.split.minInstancesPerNode,
    },
    columns: isFree.columns ? { ...job.columns, byTree: chosen.columnShare } : job.columns,
  };
}

/** What a fit works with, by the names of its parameters. */
function chosenOf(job: BoostingJob, members: Members | null): Readonly<Record<string, number>> {
  return {
    ...(members === null ? {} : { numModels: members.numMembers, holdOutFolds: members.numFolds }),
    mostRounds: job.numRounds,
    ...(job.earlyStopping === null ? {} : { earlyStoppingRounds: job.earlyStopping.patience }),
    stepSize: job.stepSize,
    ...(job.laterStepSize === undefined ? {} : { laterStepSize: job.laterStepSize }),
    ...(Number.isFinite(job.limits.maxLeaves) ? { maxLeaves: job.limits.maxLeaves } : {}),
    lambda: job.split.lambda,
    minInstancesPerNode: job.split.minInstancesPerNode,
    minSumHessian: job.split.minSumHessian,
    ...(job.split.minCategoryRows === 0 ? {} : { minCategoryRows: job.split.minCategoryRows }),
    ...(job.columns.byTree === null ? {} : { colsampleByTree: job.columns.byTree }),
  };
}

/** What was given of the two decides about the other: no fold is held out twice. */
function membersOf(chosen: Members, { isFree, numFolds, numModels }: SelfStopping): Members {
  let numMembers = numModels ?? chosen.numMembers;
  // a power of two stays one when halved
  while (numModels === null && numFolds !== null && numMembers > numFolds) numMembers /= 2;
  const isChosen = numModels === null && numFolds === null && isFree.numRounds;
  return {
    numMembers,
    numFolds: numFolds ?? Math.max(2, numMembers, chosen.numFolds),
    roundsToDouble: isChosen ? chosen.roundsToDouble : 0,
  };
}

/** However slowly a fit learns. */
const mostRounds = 10_000;

/** The numbers for a size. Rounds are such that the last of them still pay, with what they cost in mind. */
function chooseBySize(size: TaskSize) {
  const { numRows, numOutputs, hasValidation, hessianIsWeight, meanWeight } = size;
  const isSmall = numRows < 4000;
  const isLarge = numRows >= 60_000;
  const hasClasses = numOutputs > 1;
  const tellsClasses = hasClasses && !hessianIsWeight && !isLarge;
  // one model learns at half the pace that several may, whose mistakes average out
  const pace = hasValidation ? 0.5 : 1;
  const stepSize = pace * (hasClasses ? 0.3 : isSmall ? 0.1 : 0.2);
  const patience = hasClasses ? 10 : isSmall ? 25 : 16;
  return {
    numMembers: isLarge ? 2 : 4,
    numFolds: isLarge ? 20 : 8,
    // models that stop soon cost little, and further ones average more of their mistakes out
    roundsToDouble: numRows < 600 || tellsClasses ? 320 : 0,
    // classes that are told apart almost surely still gain when all others have stopped
    numRounds: Math.ceil((isLarge ? 30 : tellsClasses ? 37.5 : hasClasses ? 25 : 22) / stepSize),
    patience,
    // large trees find by chance what few rows hide, and rounds of many rows are dear
    flatPatience: isLarge ? patience : 3 * patience,
    stepSize,
    laterStepSize: 2 * stepSize,
    maxLeaves: leavesOf(numRows, hasClasses),
    // both are held against sums over rows, which grow with their weights
    lambda: lambdaOf(size) * meanWeight,
    // of K classes a row's hessian begins near 1 / K, and is far less once most rows are learned
    minSumHessian: meanWeight / (numOutputs * numOutputs),
    leastLeaf: numRows < 300 ? 9 : hasManySmallClasses(size) ? 5 : 1,
    // a round has a tree for each class, and what one of them may not look at others do
    columnShare: tellsClasses ? 0.7 : 0.8,
  };
}

/** How much of a leaf's value its own rows must earn. */
function lambdaOf(size: TaskSize): number {
  const { numRows, numOutputs, hessianIsWeight } = size;
  // a leaf may have a single row, and this one counts for no more than any other
  if (numOutputs === 1) return hessianIsWeight && numRows < 60_000 ? 5 : 1;
  // a leaf of a few rows of a rare class takes a step of up to K times what its rows tell
  return hasManySmallClasses(size) ? 3 : 1;
}

/** Leaves of a few rows are then of one class by luck, and their steps are large. */
function hasManySmallClasses({ numRows, numOutputs }: TaskSize): boolean {
  return numOutputs >= 16 && numRows < 200 * numOutputs;
}

function leavesOf(numRows: number, hasClasses: boolean): number {
  if (numRows < 600) return 8;
  if (numRows < 4000) return 15;
  if (numRows < 8000 && hasClasses) return 23;
  if (numRows < 60_000) return 31;
  return numRows < 150_000 ? 63 : 127;
}
