/** A fitted KMeans: the centers of the clusters. */
import { Schema } from 'apache-arrow';
import { isPlainObject } from '../base/json.ts';
import { defineParams, type Options } from '../params/define-params.ts';
import { column, columns, float, int, oneOf } from '../params/kinds.ts';
import { refuseExistingColumn } from '../pipeline/check-schema.ts';
import type { LogicalSchema } from '../pipeline/logical-schema.ts';
import { Model, notFitted, savedInputSchema } from '../pipeline/model.ts';
import { packed } from '../pipeline/module/module-literals.ts';
import type { ModuleWriter } from '../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../pipeline/onnx/onnx-graph.ts';
import type { PmmlWriter } from '../pipeline/pmml/pmml-writer.ts';
import { type Prediction, type Score, type Scorer, singlesOf } from '../pipeline/row-reader.ts';
import { rowScorer } from '../pipeline/row-scorer.ts';
import type { StageReader } from '../pipeline/stage-reader.ts';
import { registerStage } from '../pipeline/stage-registry.ts';
import type { StageWriter } from '../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { clusterField, type PredictClustersSpec } from './cluster-operator.ts';
import type { ClusterResult } from './messages.ts';
import { nearestOp } from './module-ops.ts';
import { addNearest } from './onnx-nodes.ts';
import { addClustersToPmml } from './pmml-nodes.ts';
import './worker-programs.ts';

/** Parameters of {@link KMeansModel} and its estimator. */
export const kMeansSpecs = {
  /** A struct or vector column that holds the features; used unless featuresCols is given. */
  featuresCol: column({ default: 'features', since: '0.1.0' }),
  /** The feature columns by name. */
  featuresCols: columns({ since: '0.1.0' }),
  /** Name of the column of cluster numbers. */
  predictionCol: column({ default: 'prediction', since: '0.1.0' }),
  /** Weight of each row, at least 0; a row of weight 0 takes no part. */
  weightCol: column({ since: '0.1.0' }),
  /** How many clusters; fewer are found where there are fewer different rows. */
  k: int({ default: 2, min: 1, max: 10_000, since: '0.1.0' }),
  /** How the first centers are chosen. */
  initMode: oneOf(['k-means||', 'random'], { default: 'k-means||', since: '0.1.0' }),
  /** Rounds of k-means||. */
  initSteps: int({ default: 2, min: 1, max: 100, since: '0.1.0' }),
  /** Most steps. */
  maxIter: int({ default: 20, min: 0, since: '0.1.0' }),
  /** Ends when no center moves further. */
  tol: float({ default: 1e-4, min: 0, since: '0.1.0' }),
  /** Seed of every random draw. */
  seed: int({ default: 0, since: '0.1.0' }),
};

/** Parameters of {@link KMeansModel}. */
export const kMeansModelParams = defineParams('KMeansModel', kMeansSpecs);

/** Options of {@link KMeansModel} and KMeans. @interface */
export type KMeansOptions = Options<typeof kMeansModelParams.schema>;

/** What a {@link KMeansModel} has learned. */
export interface KMeansState extends ClusterResult {
  readonly names: readonly string[];
  /** Where each feature lies: column, then child or element. */
  readonly paths: readonly (readonly string[])[];
  readonly inputSchema: LogicalSchema;
}

/** What the fit of a KMeans told about itself. */
export interface KMeansSummary {
  /** Rows that took part. */
  readonly numRows: number;
  /** Weight of each cluster's rows. */
  readonly clusterSizes: readonly number[];
  /** Weighted sum of squared distances to the nearest center. */
  readonly trainingCost: number;
  /** Steps that were taken. */
  readonly numIter: number;
}

/**
 * The result of `KMeans.fit`.
 *
 * Input: the fitted feature columns, without missing values. Output: adds `prediction` int32, the number of the
 * nearest center, from 0.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`, `DATA_INVALID` for a missing or
 *   infinite feature
 */
export class KMeansModel extends Model<typeof kMeansModelParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = kMeansModelParams;
  readonly inputSchema: LogicalSchema;
  readonly #state: KMeansState;

  constructor(options: KMeansOptions, state: KMeansState) {
    super(kMeansModelParams, options);
    if (state === undefined) throw notFitted('KMeansModel', 'KMeans');
    this.#state = state;
    this.inputSchema = state.inputSchema;
  }

  /** One center a cluster, one value a feature. */
  get clusterCenters(): readonly Float64Array[] {
    const { centers, names } = this.#state;
    const { length } = names;
    return Array.from({ length: centers.length / length }, (_, c) =>
      centers.slice(c * length, (c + 1) * length),
    );
  }

  /** Names of the features, in the order of a center's values. */
  get featureNames(): readonly string[] {
    return this.#state.names;
  }

  /** What the fit told about itself. */
  get summary(): KMeansSummary {
    const { numRows, sizes, trainingCost, numIter } = this.#state;
    return { numRows, clusterSizes: sizes, trainingCost, numIter };
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const { names, paths, centers } = this.#state;
    const { predictionCol } = this.params;
    const spec: PredictClustersSpec = {
      kind: 'linear.cluster',
      reads: [...new Set(paths.map((path) => path[0] as string))],
      writes: [predictionCol],
      owner: this.className,
      singles: singlesOf(this.inputSchema, paths),
      ...{ names, paths, centers, predictionCol },
    };
    return table.withOperator(spec, schema);
  }

  override transformSchema(schema: Schema): Schema {
    this.checkInput(schema);
    const { predictionCol } = this.params;
    refuseExistingColumn(this.className, 'predictionCol', predictionCol, schema);
    return new Schema([...schema.fields, clusterField(predictionCol)], schema.metadata);
  }

  /** A synchronous function of one row's values, by column name; the same bits as transform. */
  async scorer<P extends Prediction = number>(): Promise<Scorer<Score<P>>> {
    return await rowScorer<P>(this);
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    this.addRowToModule(writer);
    const { names, paths, centers } = this.#state;
    const slots = paths.map((path) => writer.cell(path).slot);
    const slot = writer.slot();
    writer.step(nearestOp, { from: slots, to: slot, slots, names, centers: packed(centers, true) });
    writer.name(this.params.predictionCol, { kind: 'number', slot, isSingle: false });
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    const { inputSchema } = this;
    addNearest(graph, { ...this.#state, inputSchema }, this.params.predictionCol);
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    const { inputSchema } = this;
    await addClustersToPmml(writer, { ...this.#state, inputSchema }, this.params.predictionCol);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    const { centers, sizes, trainingCost, numIter, numRows, names, paths } = this.#state;
    await writer.tensors('centers', {
      centers,
      sizes: Float64Array.from(sizes),
      trainingCost: Float64Array.of(trainingCost),
    });
    const features = names.map((name, j) => ({ name, path: [...(paths[j] ?? [])] }));
    writer.extra({ features, numIter, numRows });
  }

  static override fromSaved(reader: StageReader): KMeansModel {
    const { features, numIter, numRows } = reader.extraObject();
    if (!Array.isArray(features) || features.length === 0) {
      throw reader.malformed('has no list of features');
    }
    const stored = reader.tensors('centers');
    const sizes = stored.get('sizes', Float64Array);
    const centers = stored.get('centers', Float64Array, sizes.length * features.length);
    const [trainingCost = 0] = stored.get('trainingCost', Float64Array, 1);
    if (sizes.length === 0 || !centers.every(Number.isFinite)) {
      throw reader.malformed('has no centers, or one that is not finite');
    }
    const named = features.map((entry) => {
      const { name, path } = isPlainObject(entry) ? entry : {};
      const isPath = Array.isArray(path) && path.every((part) => typeof part === 'string');
      if (typeof name !== 'string' || !isPath || path.length === 0) {
        throw reader.malformed('has a feature without a name or a column');
      }
      return { name, path: path as string[] };
    });
    if (!Number.isSafeInteger(numIter) || !Number.isSafeInteger(numRows)) {
      throw reader.malformed('has a count that is not a whole number');
    }
    return new KMeansModel(reader.options, {
      ...{ centers, sizes: [...sizes], trainingCost },
      numIter: numIter as number,
      numRows: numRows as number,
      names: named.map(({ name }) => name),
      paths: named.map(({ path }) => path),
      inputSchema: savedInputSchema(reader),
    });
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.#state];
  }
}

registerStage(KMeansModel);
