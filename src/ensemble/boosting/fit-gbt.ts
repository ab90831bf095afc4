/** From the parameters of boosted trees to a training job, and from its result to a model's data. */

import { CoppiceError } from '../../base/errors.ts';
import { gangRunnerOf } from '../../cluster/gang-runner.ts';
import { checkSchema } from '../../pipeline/check-schema.ts';
import type { FitOptions } from '../../pipeline/estimator.ts';
import {
  type FitColumns,
  type FitTableColumns,
  fitColumns,
  rowIdModeOf,
} from '../../pipeline/fit-columns.ts';
import { offsetPaths } from '../../pipeline/offset-column.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { BoostingJob, BoostingSnapshot } from '../../training/messages.ts';
import { deviceRequest } from '../../training/rigs/choose-device.ts';
import { runTrainingJob, type TrainedModel, type TrainingTables } from '../../training/run-job.ts';
import { checkpointsOf } from '../checkpoints.ts';
import { policyLimits, subsetOf } from '../growth.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import { warnOfNoSplits } from '../no-splits.ts';
import { growsOnCpu } from '../params/device-params.ts';
import { forcedNodesOf } from '../params/forced-params.ts';
import type { GBTParams } from '../params/gbt-params.ts';
import { linearLambdaOf } from '../params/linear-params.ts';
import { measuredOf, type WatchedTables, watchedTables } from '../params/metric-params.ts';
import { roundDropping, roundSampling } from '../params/sampling-params.ts';
import {
  featureCostsOf,
  featureCostsPerRowOf,
  featureWeightsOf,
  gainFactorsOf,
  interactionsOf,
  shapingOf,
} from '../params/shaping-params.ts';
import { ingestOf, modelData, type TreeFit, trainedData } from '../tree-fit.ts';
import { featuresBefore, type TablesBefore } from './features-before.ts';
import { withFits } from './grown-fits.ts';
import {
  appendTrees,
  initialData,
  initialRounds,
  knownClasses,
  memberScoredTables,
  scoredTables,
} from './initial-model.ts';
import { furtherRounds, refuseMembers, selfStopping } from './self-stopping.ts';
import { requireMetric, userFunctions } from './user-functions.ts';

/** Rows after which packed histogram sums are moved to wide ones. */
const flushRows = 65_535;
/** Rounds of a fit that neither says how many nor can stop by itself. */
const roundsUnlessStopped = 100;
/** The same of a ranking, whose rounds hang on draws and take smaller steps. */
const roundsOfRankings = 200;

/** A fit of boosted trees: what it minimises besides. */
export interface GBTFit extends TreeFit<GBTParams> {
  /** The options that were given. */
  readonly given: Readonly<Partial<Record<keyof GBTParams, unknown>>>;
  readonly objective: Pick<
    BoostingJob,
    'objective' | 'objectiveParameter' | 'quantileLevels' | 'ranking' | 'centresLabels'
  >;
}

/** Who fitted the model, and what was minimised. */
export type BoostedFacts = Pick<GBTFit, 'owner' | 'params' | 'labelKind' | 'objective'>;

/** Fits boosted trees. */
export async function fitBoostedTrees(
  fit: GBTFit,
  table: PartitionedTable,
  options: FitOptions,
): Promise<TreeModelData> {
  const { owner, params, given, labelKind, objective } = fit;
  const columns = {
    ...fitColumns(owner, table.plainSchema, params, labelKind),
    rowIdMode: rowIdModeOf(table, params.idCol),
  };
  const hasMarkedRows = params.validationIndicatorCol !== undefined;
  const watched = watchedTables(options, hasMarkedRows);
  checkWatched(fit, columns, watched);
  const initial = withFits(
    initialData({ owner, params, columns, table }, options.initialModel),
    options.initialModel,
  );
  const functions = userFunctions(params);
  const wouldStop = selfStopping(params, given, objective.ranking === null);
  const stopping = initial === null ? wouldStop : null;
  if (initial !== null) refuseMembers(owner, params);
  const stopsEarly = watched.sets.length > 0;
  const further = initial === null ? null : furtherRounds(owner, wouldStop !== null, stopsEarly);
  if (stopsEarly) requireMetric(owner, params);
  const job: Omit<BoostingJob, 'ingest'> = {
    ...boostingJob({ owner, params, objective }, columns),
    ...(further === null ? {} : { numRounds: further }),
    ...functions.references,
    initial: initial === null ? null : initialRounds(initial),
    device: growsOnCpu(params) ? null : deviceRequest(params.device, table.runner),
    earlyStopping:
      params.dropRate === undefined && (stopsEarly || stopping !== null)
        ? { patience: params.earlyStoppingRounds, minDelta: params.validationTol }
        : null,
    selfStopping: stopping,
  };
  const ingest = {
    ...ingestOf(owner, params, columns, labelKind),
    keepsNumbers: params.linearLeaves === true,
    mostGrade: mostGrade(objective),
    knownClasses: knownClasses(initial),
    validationSets: watched.sets,
  };
  const { stepSize, lambda } = params;
  const grownData = (data: TreeModelData): TreeModelData => ({
    ...data,
    ...(isParallel(params) ? { parallelTrees: params.numParallelTrees } : {}),
    ...(initial === null
      ? {}
      : { fits: [{ rounds: data.memberRounds[0] ?? 0, stepSize, lambda }] }),
  });
  const { retries = 0, pauses } = gangRunnerOf(table.runner);
  const checkpoints = checkpointsOf(params, {
    ...{ owner, given, initial, retries, pauses },
    job: { ...job, ingest },
    modelData: (trained) => grownData(trainedData(columns, trained)),
  });
  const hasCosts = job.featureCosts !== undefined || job.featureCostsPerRow !== undefined;
  const run = async (before: TreeModelData | null): Promise<TrainedModel> => {
    const tables = { train: table, validation: watched.tables };
    const scored =
      before === null ? { paths: [], facts: {}, ...tables } : withScores(before, tables);
    const known = hasCosts && before !== null ? await featuresBefore(job, before, scored) : scored;
    return await runTrainingJob<BoostingJob>(
      'boosting',
      {
        ...job,
        snapshots: checkpoints?.request ?? null,
        ...known.facts,
        ingest: { ...ingest, initialScores: known.paths },
      },
      known,
      {
        signal: options.signal,
        onProgress: options.onProgress,
        onSnapshot: (snapshot) => checkpoints?.take(snapshot as BoostingSnapshot),
        closures: functions.closures,
        retriesItself: retries > 0,
      },
    );
  };
  const trained = checkpoints === null ? await run(initial) : await checkpoints.run(run);
  const added = grownData(modelData(owner, params.labelCol, columns, trained));
  warnOfNoSplits(owner, params, added);
  if (checkpoints !== null) return checkpoints.finish(added);
  return initial === null ? added : appendTrees(initial, added);
}

/** Refuses tables of validation rows that are not like the fit's, or more of them than can be measured. */
function checkWatched(
  { owner, params, labelKind, objective }: GBTFit,
  columns: FitTableColumns,
  { sets, tables }: WatchedTables,
): void {
  for (const { table: held } of tables) {
    const found = fitColumns(owner, held.plainSchema, params, labelKind);
    if (found.offsets.length !== columns.offsets.length) {
      offsetPaths(owner, held.plainSchema, params.offsetCol, columns.offsets.length);
    }
    checkSchema(owner, columns.inputSchema, held.plainSchema);
  }
  if (objective.objective === 'cox' && sets.length > 1) throw oneSetOnly(owner);
}

/** The tables with what the trees so far give each row, and where that stands. */
function withScores(
  before: TreeModelData,
  { train, validation = [] }: TrainingTables,
): TablesBefore {
  const schemas = [train, ...validation.map(({ table }) => table)].map(({ schema }) => schema);
  const isAveraged = before.checkpoint?.members !== undefined;
  const { paths, score } = (isAveraged ? memberScoredTables : scoredTables)(before, schemas);
  return {
    paths,
    facts: {},
    train: score(train),
    validation: validation.map(({ set, table }) => ({ set, table: score(table) })),
  };
}

/** What parameters say of how trees grow, for a fit that begins anew and stops when it is done. */
export function boostingJob(
  { owner, params, objective }: Pick<GBTFit, 'owner' | 'params' | 'objective'>,
  columns: FitColumns,
): Omit<BoostingJob, 'ingest'> {
  return {
    ...objective,
    objectiveFunction: null,
    metricFunction: null,
    initial: null,
    snapshots: null,
    ...measuredOf(params),
    numRounds:
      params.maxIter ?? (objective.ranking === null ? roundsUnlessStopped : roundsOfRankings),
    stepSize: params.stepSize,
    limits: policyLimits(params, {
      depth: Number.POSITIVE_INFINITY,
      leaves: 31,
    }),
    split: {
      lambda: params.lambda,
      minSumHessian: params.minSumHessian,
      minInstancesPerNode: params.minInstancesPerNode,
      minInfoGain: params.minInfoGain,
      ...(params.splitCost ? { splitCost: params.splitCost } : {}),
      ...(params.splitCostPerRow ? { splitCostPerRow: params.splitCostPerRow } : {}),
      categorySmoothing: params.categorySmoothing,
      categoryLambda: params.categoryLambda,
      minCategoryRows: hasCategories(columns.features) ? params.minCategoryRows : 0,
      maxCategoriesPerSplit: params.maxCategoriesPerSplit,
      maxOneHot: params.maxOneHot,
    },
    shaping: shapingOf(owner, params, columns.features),
    featureCosts: featureCostsOf(owner, params.featureCosts, columns.features),
    featureCostsPerRow: featureCostsPerRowOf(owner, params.featureCostsPerRow, columns.features),
    gainFactors: gainFactorsOf(owner, params.gainFactors, columns.features),
    forcedSplits: forcedNodesOf(owner, params.forcedSplits, columns.features),
    linearLambda: linearLambdaOf(params),
    interactions: interactionsOf(owner, params.interactionConstraints, columns.features),
    rows: roundSampling(params),
    dropping: roundDropping(params),
    ...(isParallel(params) ? { parallelTrees: params.numParallelTrees } : {}),
    columns: {
      byTree: params.colsampleByTree < 1 ? params.colsampleByTree : null,
      byLevel: params.colsampleByLevel < 1 ? params.colsampleByLevel : null,
      byNode: subsetOf(params.featureSubsetStrategy, columns.features.length, 'all'),
      weights: featureWeightsOf(owner, params.featureWeights, columns.features),
    },
    earlyStopping: null,
    selfStopping: null,
    seed: params.seed,
    maxHistogramBytes: params.maxMemoryInMB * 1024 * 1024,
    device: null,
    flushRows,
    growsApart: null,
    kernels: undefined,
  };
}

/** The highest grade of a ranking's labels; null for other labels. */
export function mostGrade({ ranking }: GBTFit['objective']): number | null {
  return ranking === null ? null : ranking.labelGains.length - 1;
}

function oneSetOnly(owner: string): CoppiceError {
  return new CoppiceError(
    'UNSUPPORTED',
    `validation rows of ${owner} with lossType cox must be of one set: they are measured together, not row by row; evaluate the others after the fit`,
    { context: { owner } },
  );
}

function hasCategories(features: FitColumns['features']): boolean {
  return features.some((feature) => feature.kind === 'category');
}

/** A round has several trees of each output. */
function isParallel(
  params: GBTParams,
): params is GBTParams & { readonly numParallelTrees: number } {
  return (params.numParallelTrees ?? 1) > 1;
}
