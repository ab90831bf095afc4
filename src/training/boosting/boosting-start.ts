/**
 * Where boosting starts: the objective now that the classes are known, the first scores, the grid that scores
 * lie on, and how many bits the gradients take (from their first spread).
 */
import { CoppiceError } from '../../base/errors.ts';
import { ceilLog2, powerOfTwo } from '../../base/portable-math.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import type { RankRows } from '../ingest/shard-rows.ts';
import type { BoostingJob } from '../messages.ts';
import { objectiveOf } from '../objectives/choose-objective.ts';
import { type FirstSpread, firstSpread } from '../objectives/first-spread.ts';
import type { Objective } from '../objectives/objective.ts';
import type { StartRows } from '../objectives/offset-start.ts';
import { chooseSlotBytes } from '../quantise.ts';
import type { RankEnvironment } from '../rank-environment.ts';

/** What is settled before the rows are binned. */
export interface BoostingStart {
  readonly objective: Objective;
  /** What was taken from the labels, to be added after the leaves; 0 where they are as given. */
  readonly centre: number;
  /** Scores that boosting starts from, one an output, where labels are centred; on the grid. */
  readonly firstScores: readonly number[];
  /** Leaf values and starting scores are whole multiples of it. */
  readonly scoreUnit: number;
  readonly slotBytes: 4 | 8;
  /** See BoostingState. */
  readonly validationLabels: Float64Array | null;
  /** True where the labels are one class: there is nothing to learn. */
  readonly isConstant: boolean;
}

/** The rows as ingest hands them over before they are binned. */
type UnbinnedRows = Pick<
  IngestedRows,
  | 'classes'
  | 'train'
  | 'labels'
  | 'otherLabels'
  | 'weights'
  | 'offsets'
  | 'validation'
  | 'trainRuns'
  | 'validationRuns'
>;

/** Settles it; the labels of objectives that centre them are moved to 0 in place, less their offsets. */
export async function startBoosting(
  environment: RankEnvironment,
  job: BoostingJob,
  rows: UnbinnedRows,
): Promise<BoostingStart> {
  const objective = objectiveOf(job, rows.classes);
  if (job.ingest.labelKind === 'class' && rows.classes.length < 2) {
    const none = { scoreUnit: 0, slotBytes: 4, validationLabels: null } as const;
    return { objective, centre: 0, firstScores: [0], ...none, isConstant: true };
  }
  checkOffsets(job, objective, rows);
  checkPairs(job, rows.classes.length);
  const validationLabels =
    job.metricFunction === null || !objective.centresLabels
      ? null
      : environment.f64(rows.labels + 8 * rows.validation.start, rows.validation.count).slice();
  if (objective.centresLabels) takeOffsets(environment, rows);
  const hasBounds = job.ingest.survival?.upperBoundCol !== undefined;
  const latest = hasBounds ? rows.otherLabels[0] : undefined;
  const own = startRows(environment, rows, { objective, latest });
  const best = await objective.start(environment, own, { rows });
  const settle = async (scores: readonly number[]) =>
    settleScores(job, objective, scores, await firstSpread(environment, objective, own, scores));
  let settled = await settle(best);
  const { centre: mean, firstScores: first } = settled;
  const known = knownStart(job, best);
  // on the same rows it is what was just found, but for its rounding
  if (known?.some((base, k) => base !== mean + (first[k] as number))) {
    settled = await settle(known);
  }
  const { centre } = settled;
  if (centre !== 0) {
    for (const part of [rows.train, rows.validation]) {
      const values = environment.f64(rows.labels + 8 * part.start, part.count);
      for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) - centre;
    }
  }
  return { objective, ...settled, validationLabels, isConstant: false };
}

/** Where scores of a model's begin, if need be drawn towards what suits the rows best. */
function knownStart({ initial }: BoostingJob, best: readonly number[]): readonly number[] | null {
  if (initial === null) return null;
  const { baseScores, share = 1 } = initial;
  if (share === 1) return baseScores;
  return baseScores.map((score, k) => share * score + (1 - share) * (best[k] as number));
}

/** Centre, grid and first scores, for scores that boosting starts from. */
function settleScores(
  { initial }: BoostingJob,
  objective: Objective,
  start: readonly number[],
  spread: FirstSpread,
): Pick<BoostingStart, 'centre' | 'firstScores' | 'scoreUnit' | 'slotBytes'> {
  const scale = scoreScale(objective, start, spread);
  const ownUnit = powerOfTwo(Math.max(-1000, ceilLog2(scale) - 40));
  const scoreUnit = Math.min(ownUnit, initial?.valueUnit ?? ownUnit);
  const centre = objective.centresLabels ? (start[0] as number) : 0;
  return {
    centre,
    scoreUnit,
    firstScores: start.map((score) => Math.round((score - centre) / scoreUnit) * scoreUnit),
    slotBytes: objective.firstGradients === null ? 8 : chooseSlotBytes(spread.largest, spread.mean),
  };
}

/** How large scores are, about: labels scale a regression's; margins of classes are of the order of 16. */
function scoreScale(
  objective: Objective,
  start: readonly number[],
  { largest, mean }: FirstSpread,
): number {
  if (objective.centresLabels) return largest.label;
  if (objective.scoresAreLabels === true)
    return Math.max(largest.label, largest.offset, ...start.map(Math.abs));
  const usual = Math.max(16, largest.offset / 1024);
  if (!objective.findsHessianRange) return usual;
  // nothing is known of a loss of the user's but its first step
  const step = mean.hess > 0 ? largest.grad / mean.hess : 0;
  const most = Math.max(usual, step, ...start.map(Math.abs));
  return Math.min(most, 2 ** 500);
}

/** This rank's training rows; offsets that were taken from the labels are no longer there. */
function startRows(
  environment: RankEnvironment,
  rows: UnbinnedRows,
  { objective, latest }: { readonly objective: Objective; readonly latest: number | undefined },
): StartRows {
  const { start, count } = rows.train;
  const column = (address: number): Float64Array => environment.f64(address + 8 * start, count);
  return {
    labels: column(rows.labels),
    weights: rows.weights === 0 ? null : column(rows.weights),
    offsets: objective.centresLabels ? [] : rows.offsets.map(column),
    ...(latest === undefined ? {} : { latest: column(latest) }),
  };
}

/** For losses of label − score alone, a margin added to the score is one taken from the label. */
function takeOffsets(environment: RankEnvironment, rows: UnbinnedRows): void {
  const [address] = rows.offsets;
  if (address === undefined) return;
  for (const { start, count } of [rows.train, rows.validation] as readonly RankRows[]) {
    const labels = environment.f64(rows.labels + 8 * start, count);
    const offsets = environment.f64(address + 8 * start, count);
    for (let i = 0; i < count; i++) labels[i] = (labels[i] as number) - (offsets[i] as number);
  }
}

/** An area under a curve is one of two classes. */
function checkPairs({ metrics, ingest }: BoostingJob, numClasses: number): void {
  if (numClasses < 3 || !metrics.includes('areaUnderROC')) return;
  const { owner } = ingest;
  throw new CoppiceError(
    'PARAM_INVALID',
    `validationMetrics of ${owner} must be without areaUnderROC where there are more than two classes; got ${numClasses} classes`,
    { context: { owner, param: 'validationMetrics' } },
  );
}

function checkOffsets(job: BoostingJob, objective: Objective, rows: UnbinnedRows): void {
  const found = rows.offsets.length;
  const wanted = objective.centresLabels ? 1 : objective.numOutputs;
  if (found === 0 || found === wanted) return;
  const { owner, offsets } = job.ingest;
  const shape = (length: number): string =>
    length === 1 ? 'a number' : `a vector of ${length} numbers`;
  const rule = wanted === 1 ? shape(1) : `${shape(wanted)}, one a class`;
  throw new CoppiceError(
    'COLUMN_TYPE',
    `offsetCol of ${owner} must be ${rule}; got ${shape(found)}`,
    { context: { owner, column: offsets[0]?.[0] ?? '' } },
  );
}
