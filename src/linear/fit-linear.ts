/** From the parameters of a linear estimator to a job for the ranks, and from their answer to a model's data. */

import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { emitWarning } from '../base/warn.ts';
import { type GangRequest, gangRunnerOf } from '../cluster/gang-runner.ts';
import type { NumbersByName } from '../params/by-name-kind.ts';
import type { FitOptions } from '../pipeline/estimator.ts';
import { type FitColumns, fitColumns } from '../pipeline/fit-columns.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import type { FeatureSource, IngestJob, TrainingProgress } from '../training/messages.ts';
import { partitionsFor, planPartitions, runKept, takeMemory } from '../training/run-job.ts';
import { warnOfRounding } from '../training/warn-of-rounding.ts';
import type { LinearModelData } from './linear-model-data.ts';
import type { LinearColumnParams } from './linear-params.ts';
import type { LinearAnswer, LinearJob, LinearLearner } from './messages.ts';
import './worker-programs.ts';

/** Below so many values one rank is quicker than several, which meet once a step. */
const valuesForSeveralRanks = 100_000;

/** Checks the columns that a linear estimator reads; its features must be numbers. */
export function linearColumns(
  owner: string,
  schema: Schema,
  params: LinearColumnParams,
  labelKind: 'numeric' | 'class',
): FitColumns {
  const columns = fitColumns(owner, schema, { ...params, idCol: undefined }, labelKind);
  refuseCategories(owner, columns.features);
  return columns;
}

/** Linear models multiply: text has to be encoded first. */
export function refuseCategories(owner: string, features: readonly FeatureSource[]): void {
  const category = features.find(({ kind }) => kind === 'category');
  if (category === undefined) return;
  throw new CoppiceError(
    'COLUMN_TYPE',
    `feature ${category.name} of ${owner} must be a number; got a category; encode it first, with a OneHotEncoder for instance`,
    { context: { owner, column: category.path[0] as string } },
  );
}

/** What an estimator's parameters ask for. */
export function learnerOf(
  kind: LinearLearner['kind'],
  params: Pick<LinearLearner, 'regParam' | 'standardization' | 'fitIntercept' | 'maxIter' | 'tol'> &
    Partial<Pick<LinearLearner, 'elasticNetParam' | 'nonnegative' | 'family'>>,
): LinearLearner {
  const { regParam, standardization, fitIntercept, maxIter, tol } = params;
  const { elasticNetParam = 0, nonnegative = false, family = 'auto' } = params;
  const penalty = { regParam, elasticNetParam, standardization, fitIntercept, nonnegative };
  return { kind, family, maxIter, tol, ...penalty };
}

/** Fits a linear model. */
export async function fitLinear(
  fit: {
    readonly owner: string;
    readonly params: LinearColumnParams & {
      readonly classWeights?: 'balanced' | NumbersByName | undefined;
    };
    readonly labelKind: 'numeric' | 'class';
    readonly learner: LinearLearner;
  },
  table: PartitionedTable,
  options: FitOptions,
): Promise<LinearModelData> {
  const { owner, params, labelKind, learner } = fit;
  const columns = linearColumns(owner, table.plainSchema, params, labelKind);
  const partitions = await planPartitions(table, false, options.signal);
  const numRows = partitions.reduce((sum, partition) => sum + partition.numRows, 0);
  if (numRows === 0) {
    const message = `the table that ${owner} is fitted on must have at least one row; got 0 rows`;
    throw new CoppiceError('DATA_EMPTY', message, { context: { owner } });
  }
  const { offsets } = columns;
  const { classWeights } = params;
  const classWeighting = classWeights === undefined ? null : { byClass: classWeights, positive: 1 };
  const runner = gangRunnerOf(table.runner);
  const isSmall = numRows * columns.features.length < valuesForSeveralRanks;
  const memory = takeMemory(table.runner);
  const request: GangRequest = {
    program: 'linear',
    width: isSmall ? 1 : runner.numThreads,
    memory,
    payload: ({ first, count, total }): LinearJob => {
      const from = Math.floor((numRows * first) / total);
      const to = Math.floor((numRows * (first + count)) / total);
      const ingest = ingestOf(owner, params, columns.features, labelKind);
      const own = partitionsFor(runner, partitions, [from, to]);
      return {
        ingest: { ...ingest, offsets, classWeighting, partitions: own, rowRange: [from, to] },
        learner,
        kernels: undefined,
      };
    },
    signal: options.signal,
    onMessage: (message) => options.onProgress?.(message as TrainingProgress),
  };
  const answers = (await runKept(table.runner, request)) as LinearAnswer[];
  warnOfRounding(
    owner,
    answers.map(({ roundedColumns }) => roundedColumns),
    partitions,
  );
  const { result } = answers[0] as LinearAnswer;
  if (result.classes.length === 1) {
    emitWarning(
      `${owner} found one class in ${params.labelCol}: ${String(result.classes[0])}; the model always predicts it`,
    );
  }
  return {
    inputSchema: columns.inputSchema,
    names: columns.features.map(({ name }) => name),
    paths: columns.features.map(({ path }) => path),
    labelType: columns.labelType,
    ...result,
  };
}

/** How rows are read: every feature as float64. */
export function ingestOf(
  owner: string,
  params: Pick<LinearColumnParams, 'labelCol' | 'weightCol'>,
  features: readonly FeatureSource[],
  labelKind: 'numeric' | 'class',
): Omit<IngestJob, 'partitions' | 'rowRange'> {
  return {
    features: features.map(({ name, path }) => ({ name, path, kind: 'f64' as const })),
    labelCol: params.labelCol,
    labelKind,
    mostGrade: null,
    initialScores: [],
    knownClasses: null,
    validationSets: [],
    weightCol: params.weightCol ?? null,
    classWeighting: null,
    offsets: [],
    idCol: null,
    groupCol: null,
    validationCol: null,
    maxBins: 2,
    binSampleRows: 1,
    seed: 0,
    rawBytes: Number.POSITIVE_INFINITY,
    owner,
  };
}
