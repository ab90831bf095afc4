/** From the parameters of forests and single trees to a training job, and from its result to a model's data. */

import { CoppiceError } from '../../base/errors.ts';
import { gangRunnerOf } from '../../cluster/gang-runner.ts';
import type { TaskRunner } from '../../cluster/task-runner.ts';
import type { NumbersByName } from '../../params/by-name-kind.ts';
import type { FitOptions } from '../../pipeline/estimator.ts';
import { type FitColumns, fitColumns, rowIdModeOf } from '../../pipeline/fit-columns.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { ClassValue, ForestJob, ForestSnapshot } from '../../training/messages.ts';
import { deviceRequest } from '../../training/rigs/choose-device.ts';
import { runTrainingJob, type TrainedModel } from '../../training/run-job.ts';
import type { ForestImpurity } from '../../tree/forest-impurity.ts';
import { appendTrees, initialData, knownClasses } from '../boosting/initial-model.ts';
import { checkpointsOf } from '../checkpoints.ts';
import { growthLimits, subsetOf } from '../growth.ts';
import { lastTrees } from '../model/member-trees.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import { warnOfNoSplits } from '../no-splits.ts';
import type { ForestParams, TreeParams } from '../params/forest-params.ts';
import { monotoneOf } from '../params/shaping-params.ts';
import { ingestOf, modelData, type TreeFit, trainedData } from '../tree-fit.ts';
import { ForestProgress } from './forest-progress.ts';
import { outOfBagSummary } from './out-of-bag.ts';
import { gatherLeafLabels } from './training-leaves.ts';

/** What a forest's fit reads of its parameters. */
export type AnyForestParams = ForestParams &
  Omit<TreeParams, 'impurity'> & {
    readonly impurity: ForestImpurity;
    readonly classWeights?: 'balanced' | 'balancedSubsample' | NumbersByName | undefined;
    readonly probabilityCol?: string | undefined;
    readonly thresholds?: readonly number[] | undefined;
    readonly labelCols?: readonly string[] | undefined;
    readonly varianceCol?: string | undefined;
    readonly honestLeafShare?: number | undefined;
    readonly quantilesCol?: string | undefined;
    readonly checkpointDir?: string | undefined;
    readonly checkpointInterval?: number | undefined;
  };

/** What is grown. */
export interface ForestKind {
  readonly labelKind: 'numeric' | 'class';
  /** Cuts are drawn at random, not searched for. */
  readonly drawsCuts?: boolean;
  /** One tree that sees every row and every feature. */
  readonly isSingle?: boolean;
  /** Splits part treatments' effects: the classes that stand for treatment and outcome, and the least rows of either arm. */
  readonly treatments?: { readonly classes: readonly ClassValue[]; readonly minArmRows: number };
}

/** Who fits what, with which parameters. */
export interface ForestFit extends TreeFit<AnyForestParams>, ForestKind {
  /** The options that were given, for models of the trees so far. */
  readonly given?: Readonly<Record<string, unknown>>;
}

/** Of fewer rows each, what categories' labels say is luck, and trees that all go by it are wrong alike. */
const rowsPerCategory = 3;

/** What a single tree is as a forest. */
const singleTree = {
  numTrees: 1,
  featureSubsetStrategy: 'all',
  subsamplingRate: 1,
  bootstrap: false,
} as const;

/** Fits a forest. */
export async function fitForest(
  fit: ForestFit,
  table: PartitionedTable,
  options: FitOptions,
): Promise<TreeModelData> {
  const { owner, labelKind, isSingle = false } = fit;
  const params = isSingle ? { ...fit.params, ...singleTree } : fit.params;
  const columns = {
    ...fitColumns(owner, table.plainSchema, params, labelKind),
    rowIdMode: rowIdModeOf(table, params.idCol),
  };
  const initial = initialData(
    { owner, params: { ...params }, columns, table },
    options.initialModel,
  );
  const job = forestJob({ ...fit, params }, columns, initial, table.runner);
  const [labelCol, ...otherLabels] = labelsOf(params);
  const ingest = {
    ...ingestOf(owner, { ...withoutDraws(params), labelCol }, columns, labelKind),
    ...(otherLabels.length === 0 ? {} : { otherLabels }),
    knownClasses: fit.treatments?.classes ?? knownClasses(initial),
  };
  // without a folder the runner begins again by itself
  const retries =
    params.checkpointDir === undefined ? 0 : (gangRunnerOf(table.runner).retries ?? 0);
  const checkpoints = checkpointsOf(params, {
    ...{ owner, given: fit.given ?? {}, initial, retries },
    job: { ...job, ingest },
    modelData: (trained) => trainedData(columns, trained),
  });
  const run = async (): Promise<TrainedModel> => {
    const mark = checkpoints?.request.resumed ?? null;
    const done = mark?.numRounds ?? 0;
    const progress = new ForestProgress(checkpoints, done);
    return await runTrainingJob<ForestJob>(
      'forest',
      {
        ...job,
        firstTree: job.firstTree + done,
        numTrees: job.numTrees - done,
        snapshots:
          checkpoints === null
            ? null
            : { interval: checkpoints.request.interval, dataKey: mark?.dataKey ?? null },
        ingest,
      },
      { train: table },
      {
        signal: options.signal,
        onProgress: options.onProgress,
        onSnapshot: (snapshot) => progress.take(snapshot as ForestSnapshot),
        retriesItself: retries > 0,
      },
    );
  };
  const trained = checkpoints === null ? await run() : await checkpoints.run(run);
  const added = modelData(owner, labelCol, columns, trained);
  warnOfNoSplits(owner, params, added);
  const data =
    checkpoints?.finishForest(added) ?? (initial === null ? added : appendTrees(initial, added));
  refuseUnknownVariances(owner, params, data);
  // which rows the trees of an initial model have seen is not known
  const { firstTree, rows } = job;
  const own = initial === null ? data : { ...data, trees: lastTrees(data.trees, job.numTrees) };
  const request = { ...outOfBagRequest(params), data: own, firstTree, rows };
  const { signal } = options;
  return {
    ...data,
    outOfBag: params.oobScore === true ? await outOfBagSummary(request, table, { signal }) : null,
    leafLabels:
      params.quantilesCol === undefined
        ? null
        : await gatherLeafLabels(data, { ...request, labelCol }, table, { signal }),
  };
}

/** What parameters say of how trees grow; the trees of an initial model come first. */
function forestJob(
  { owner, params, labelKind, drawsCuts = false, treatments }: ForestFit,
  { features }: FitColumns,
  initial: TreeModelData | null,
  runner: TaskRunner,
): Omit<ForestJob, 'ingest'> {
  const monotone = monotoneOf(owner, params.monotoneConstraints, features);
  const { honestLeafShare } = params;
  // a device's histograms are of one number
  const growsHere =
    labelsOf(params).length > 1 ||
    honestLeafShare !== undefined ||
    monotone.length > 0 ||
    treatments !== undefined;
  // one tree is no forest: it sees every feature unless told otherwise
  const isForest = params.numTrees > 1 || initial !== null;
  return {
    task: labelKind === 'class' ? 'classification' : 'regression',
    impurity: params.impurity,
    ...(treatments === undefined ? {} : { minArmRows: treatments.minArmRows }),
    firstTree: initial?.trees.numTrees ?? 0,
    numTrees: params.numTrees,
    limits: growthLimits(params.maxDepth, params.maxLeaves, {
      depth: params.maxDepth,
      leaves: Number.POSITIVE_INFINITY,
    }),
    split: {
      minInstancesPerNode: params.minInstancesPerNode,
      minWeightFraction: params.minWeightFractionPerNode,
      minInfoGain: params.minInfoGain,
      maxCategoriesPerSplit: params.maxCategoriesPerSplit,
      rowsPerCategory: isForest ? rowsPerCategory : 0,
    },
    rows: { rate: params.subsamplingRate, bootstrap: params.bootstrap },
    featuresPerNode: subsetOf(
      params.featureSubsetStrategy,
      features.length,
      isForest ? usualSubset(labelKind, drawsCuts) : 'all',
    ),
    drawsCuts,
    leafPrice: params.ccpAlpha ?? 0,
    balancesDraws: params.classWeights === 'balancedSubsample',
    keepsVariances: params.varianceCol !== undefined,
    maxHistogramBytes: params.maxMemoryInMB * 2 ** 20,
    sharesTrees: false,
    device: growsHere ? null : deviceRequest(params.device, runner),
    ...(monotone.length === 0 ? {} : { monotone }),
    ...(honestLeafShare === undefined ? {} : { honestLeafShare }),
    seed: params.seed,
    kernels: undefined,
  };
}

/** The label's column, and those of further ones. */
function labelsOf({ labelCol, labelCols }: AnyForestParams): [string, ...string[]] {
  const [first = labelCol, ...others] = labelCols ?? [];
  return [first, ...others];
}

/** The parameters that out-of-bag predictions hang on. */
function outOfBagRequest(params: AnyForestParams) {
  return {
    seed: params.seed,
    labelCols: labelsOf(params),
    weightCol: params.weightCol ?? null,
    idCol: params.idCol ?? null,
    probabilityCol: params.probabilityCol ?? 'probability',
    predictionCol: params.predictionCol,
    thresholds: params.thresholds ?? null,
  };
}

/** The trees of an initial model must tell their variances too. */
function refuseUnknownVariances(
  owner: string,
  params: AnyForestParams,
  { trees }: TreeModelData,
): void {
  if (params.varianceCol === undefined || trees.variance !== undefined) return;
  throw new CoppiceError(
    'PARAM_INVALID',
    `varianceCol of ${owner} must be left out where its initial model was fitted without; got ${params.varianceCol}`,
    { context: { owner, param: 'varianceCol' } },
  );
}

/** How many features a node looks at by default; docs/accuracy-forests.md says why. */
function usualSubset(labelKind: 'numeric' | 'class', drawsCuts: boolean) {
  if (drawsCuts) return labelKind === 'class' ? 'sqrt' : 'all';
  return labelKind === 'class' ? 'twiceSqrt' : 'twoThirds';
}

/** Weights that hang on a tree's draws are no weights of the rows yet; each row begins with its own. */
function withoutDraws(params: AnyForestParams) {
  const { classWeights, ...rest } = params;
  return { ...rest, classWeights: classWeights === 'balancedSubsample' ? {} : classWeights };
}
