/** A bagging's fit: one estimator, fitted on many bags of rows and columns, side by side on one pool. */
import { throwIfAborted } from '../../base/abort.ts';
import { CoppiceError } from '../../base/errors.ts';
import { deriveSeed, hash32, purposes } from '../../base/rng.ts';
import { columnNameOf } from '../../pipeline/column-name-of.ts';
import type { Estimator, FitOptions } from '../../pipeline/estimator.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { withInputColumns } from '../column-names.ts';
import { type CommitteeState, inputsOfModels } from '../committee/committee-model.ts';
import { labelTypeOf, type Voting, votePlan, voteRequest } from '../committee/fit-committee.ts';
import { fitSideBySide } from '../fit-side-by-side.ts';
import type { Member } from '../level-one/cross-fit.ts';
import { type BagDraw, bagOf } from './bag-rows.ts';

/** The parameters that both kinds have. */
export interface BaggingValues {
  readonly estimator: Estimator;
  readonly numEstimators: number;
  readonly subsamplingRate: number;
  readonly bootstrap: boolean;
  readonly colsampleByModel: number;
  readonly seed: number;
  readonly idCol: string | undefined;
  readonly labelCol: string | undefined;
  readonly weightCol: string | undefined;
  readonly parallelism: number | undefined;
}

/** Who is fitted, for what. */
export interface BaggingFit {
  readonly owner: string;
  readonly params: BaggingValues;
  readonly voting: Voting;
  /** Ascending; empty for numbers. */
  readonly classes: readonly LabelValue[];
}

/** How the bags of some parameters are drawn. */
export function bagDraw(
  params: Pick<BaggingValues, 'seed' | 'idCol' | 'subsamplingRate' | 'bootstrap'>,
): BagDraw {
  const { seed, idCol = null, subsamplingRate: rate, bootstrap } = params;
  return { seed, idCol: idCol ?? null, rate, bootstrap };
}

/** The column of labels: bagging's, else the estimator's. */
export function bagLabelCol({
  labelCol,
  estimator,
}: Pick<BaggingValues, 'labelCol' | 'estimator'>): string {
  return labelCol ?? columnNameOf(estimator, 'labelCol') ?? 'label';
}

/** The estimator of every bag, with its seed and columns. */
export function bagMembers(owner: string, params: BaggingValues): Member[] {
  const { labelCol, weightCol, estimator, numEstimators } = params;
  const named = withInputColumns(owner, estimator, { labelCol, weightCol });
  const digits = String(numEstimators - 1).length;
  return Array.from({ length: numEstimators }, (_, bag) => ({
    name: `bag_${String(bag).padStart(digits, '0')}`,
    stage: ownEstimator(owner, named, params, bag),
  }));
}

/** Fits every bag. */
export async function fitBagging(
  { owner, params, voting, classes }: BaggingFit,
  table: PartitionedTable,
  options: FitOptions,
): Promise<CommitteeState> {
  const { signal, validation, onProgress, nesting } = options;
  throwIfAborted(signal, `${owner}.fit`);
  const members = bagMembers(owner, params);
  const draw = bagDraw(params);
  const parallelism = params.parallelism ?? table.runner.numThreads;
  const jobs = members.map(
    ({ stage }, bag) =>
      async (inner: AbortSignal) =>
        await (stage as Estimator).fit(bagOf(table, draw, bag), {
          signal: inner,
          validation,
          nesting,
        }),
  );
  const models = await fitSideBySide(jobs, { owner, parallelism, signal, onProgress });
  const request = voteRequest(voting, classes);
  return {
    models,
    plan: votePlan(owner, table.schema, { members, models, request }),
    rule: 'mean',
    weights: models.map(() => 1),
    classes,
    labelType: labelTypeOf(owner, table.schema, bagLabelCol(params)),
    inputSchema: inputsOfModels(models),
  };
}

function ownEstimator(
  owner: string,
  estimator: Estimator,
  { seed, colsampleByModel }: BaggingValues,
  bag: number,
): Estimator {
  const values = estimator.params as Readonly<Record<string, unknown>>;
  const extra: Record<string, unknown> = {};
  const own = deriveSeed(seed, purposes.bootstrap, bag);
  if (typeof values['seed'] === 'number') extra['seed'] = hash32(values['seed'], own) >>> 1;
  if (colsampleByModel < 1) {
    const { featuresCols } = values;
    if (!Array.isArray(featuresCols)) throw needsColumns(owner, estimator);
    extra['featuresCols'] = drawnColumns(featuresCols as string[], colsampleByModel, own);
  }
  return Object.keys(extra).length === 0
    ? estimator
    : (estimator.copy(extra as never) as Estimator);
}

/** The columns with the least draws, in the order that they were given. */
function drawnColumns(columns: readonly string[], rate: number, seed: number): string[] {
  const count = Math.max(1, Math.round(rate * columns.length));
  const draws = columns.map((_, i) => hash32(seed, purposes.columnSample, i));
  const chosen = columns
    .map((_, i) => i)
    .sort((a, b) => (draws[a] as number) - (draws[b] as number) || a - b)
    .slice(0, count);
  return columns.filter((_, i) => chosen.includes(i));
}

function needsColumns(owner: string, estimator: Estimator): CoppiceError {
  return new CoppiceError(
    'UNSUPPORTED',
    `colsampleByModel of ${owner} needs an estimator that is given featuresCols; ${estimator.className} is given none`,
    { context: { owner, param: 'colsampleByModel' } },
  );
}
