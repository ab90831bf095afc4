/** Clusters around their means. */

import { Schema } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { gangRunnerOf } from '../cluster/gang-runner.ts';
import { defineParams } from '../params/define-params.ts';
import { checkFit } from '../pipeline/check-fit.ts';
import { columnTypeError, refuseExistingColumn, requireColumn } from '../pipeline/check-schema.ts';
import { Estimator, type FitOptions } from '../pipeline/estimator.ts';
import { findFeatures } from '../pipeline/fit-columns.ts';
import { logicalSchema } from '../pipeline/logical-schema.ts';
import { registerStage } from '../pipeline/stage-registry.ts';
import type { FeatureColumn } from '../table/columns/feature-columns.ts';
import { numericKind } from '../table/columns/numeric-kind.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import type { TrainingProgress } from '../training/messages.ts';
import { partitionsFor, planPartitions, runKept, takeMemory } from '../training/run-job.ts';
import { clusterField } from './cluster-operator.ts';
import { ingestOf, refuseCategories } from './fit-linear.ts';
import { KMeansModel, type KMeansOptions, kMeansSpecs } from './k-means-model.ts';
import type { ClusterJob, ClusterResult } from './messages.ts';
import './worker-programs.ts';

/** Parameters of {@link KMeans}. */
export const kMeansParams = defineParams('KMeans', kMeansSpecs);

/** Below so many distances of values one rank is quicker than several, which meet once a step. */
const valuesForSeveralRanks = 200_000;

/**
 * k-means: centers such that rows are near theirs, begun by k-means||.
 *
 * Input: features numeric or boolean, without missing values; scale them first where their units differ. Output:
 * `prediction` int32, the cluster's number. Cost: O(rows · features · k) a step, and one meeting of the ranks
 * that exchanges the centers' sums. Determinism: the sums have no order and draws hang on the row, so the same
 * data, parameters and seed give the same centers, bit for bit, on any topology.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`, `WEIGHT_INVALID`,
 *   `DATA_EMPTY`, `DATA_INVALID` for a missing or infinite feature, `ABORTED`, `MEMORY_LIMIT`
 * @example
 * ```ts
 * import { createTable, KMeans } from 'coppice';
 * const table = createTable({ x: [1, 2, 10, 11] });
 * const model = await new KMeans({ featuresCols: ['x'], k: 2 }).fit(table);
 * console.log(model.clusterCenters.map(([x = 0]) => x).sort((a, b) => a - b)); // [ 1.5, 10.5 ]
 * ```
 * @see docs/guides/linear.md; B. Bahmani et al., "Scalable k-means++", 2012
 */
export class KMeans extends Estimator<KMeansModel, typeof kMeansParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = kMeansParams;

  constructor(options: KMeansOptions = {}) {
    super(kMeansParams, options);
  }

  override async fit(table: PartitionedTable, options: FitOptions = {}): Promise<KMeansModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { className: owner, params } = this;
    const { signal, onProgress } = options;
    const features = this.#features(table.schema);
    const partitions = await planPartitions(table, false, signal);
    const numRows = partitions.reduce((sum, partition) => sum + partition.numRows, 0);
    if (numRows === 0) {
      const message = `the table that ${owner} is fitted on must have at least one row; got 0 rows`;
      throw new CoppiceError('DATA_EMPTY', message, { context: { owner } });
    }
    const runner = gangRunnerOf(table.runner);
    const { k, initMode, initSteps, maxIter, tol, seed } = params;
    const isSmall = numRows * features.length * k < valuesForSeveralRanks;
    const memory = takeMemory(table.runner);
    const answers = (await runKept(table.runner, {
      program: 'clusters',
      width: isSmall ? 1 : runner.numThreads,
      memory,
      payload: ({ first, count, total }): ClusterJob => {
        const from = Math.floor((numRows * first) / total);
        const to = Math.floor((numRows * (first + count)) / total);
        const columns = { labelCol: '', weightCol: params.weightCol };
        const ingest = ingestOf(owner, columns, features, 'numeric');
        const learner = { k, initMode, initSteps, maxIter, tol, seed };
        return {
          ingest: {
            ...ingest,
            partitions: partitionsFor(runner, partitions, [from, to]),
            rowRange: [from, to],
          },
          learner,
          kernels: undefined,
        };
      },
      signal,
      onMessage: (message) => onProgress?.(message as TrainingProgress),
    })) as ClusterResult[];
    const inputs = [...new Set(features.map(({ path }) => path[0] as string))];
    return new KMeansModel(this.givenOptions, {
      ...(answers[0] as ClusterResult),
      names: features.map(({ name }) => name),
      paths: features.map(({ path }) => path),
      inputSchema: logicalSchema(table.schema, inputs),
    });
  }

  override transformSchema(schema: Schema): Schema {
    this.#features(schema);
    const { predictionCol } = this.params;
    refuseExistingColumn(this.className, 'predictionCol', predictionCol, schema);
    return new Schema([...schema.fields, clusterField(predictionCol)], schema.metadata);
  }

  #features(schema: Schema): FeatureColumn[] {
    const { className: owner, params } = this;
    const columns = { ...params, labelCol: '', idCol: undefined };
    const features = findFeatures(owner, schema, columns);
    if (params.weightCol !== undefined) {
      const field = requireColumn(owner, 'weightCol', params.weightCol, schema);
      if (numericKind(field.type) === null) {
        throw columnTypeError(owner, 'weightCol', field, 'a number');
      }
    }
    refuseCategories(owner, features);
    return features;
  }
}

registerStage(KMeans);
