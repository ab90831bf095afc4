/** Isolation forests: how easily is a row told from all others? */

import { type Bool, Field, Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { exp } from '../../base/portable-math.ts';
import { defineParams } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { refuseExistingColumn, requireColumn } from '../../pipeline/check-schema.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { findFeatures } from '../../pipeline/fit-columns.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { columnOf, numericValues } from '../../table/columns/column-values.ts';
import { col } from '../../table/expressions/expression.ts';
import { inferType } from '../../table/expressions/infer-type.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { TreeModel } from '../model/tree-model.ts';
import { readTreeModel, type TreeModelData } from '../model/tree-model-data.ts';
import { atLeastOp } from '../module/tree-op.ts';
import { addTreeModel } from '../onnx/tree-graph.ts';
import { type IsolationForestOptions, isolationForestParams } from '../params/isolation-params.ts';
import { addTreesToPmml } from '../pmml/add-trees.ts';
import { type ModelOutput, schemaWithOutputs } from '../prediction/output-columns.ts';
import type { Link } from '../prediction/predict-operator.ts';
import { regressionOutputs } from '../prediction/regression-outputs.ts';
import type { Prediction, Score, Scorer } from '../prediction/scorer.ts';
import { checkExtension } from './check-extension.ts';
import { fitIsolationForest } from './fit-isolation-forest.ts';

/** Parameters of IsolationForestModel. */
export const isolationForestModelParams = defineParams(
  'IsolationForestModel',
  isolationForestParams.schema,
);

/** What a scorer of an isolation forest says of a row. */
export interface IsolationScore extends Score {
  /** From 0 to 1, as in the column of scores. */
  readonly anomalyScore: number;
  /** Whether the row is an anomaly. */
  readonly prediction: boolean;
}

/** Scores of this and above are anomalies where no share of them was given. */
const usualThreshold = 0.5;

/**
 * The result of `IsolationForest.fit`.
 *
 * Input: the fitted feature columns. Output: adds `anomalyScore` float64, from 0 to 1, and `prediction`, true for rows
 * whose score is at least {@link IsolationForestModel.threshold}.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class IsolationForestModel extends TreeModel<
  typeof isolationForestModelParams.schema,
  boolean
> {
  /** The declared parameters. */
  static readonly paramSchema = isolationForestModelParams;

  constructor(options: IsolationForestOptions, data: TreeModelData) {
    super(isolationForestModelParams, options, data, 'IsolationForest');
  }

  /** The least score of an anomaly. */
  get threshold(): number {
    return this.data.chosen?.['threshold'] ?? usualThreshold;
  }

  protected override get link(): Link {
    return 'exp';
  }

  protected override get outputs(): ModelOutput {
    return outputsOf(this.params);
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const { scoreCol, predictionCol } = this.params;
    this.transformSchema(table.schema);
    const scored = await super.transform(table);
    return scored.withColumn(predictionCol, col(scoreCol).ge(this.threshold));
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    super.addToModule(writer);
    const { scoreCol, predictionCol } = this.params;
    const score = writer.cell([scoreCol]);
    const slot = writer.slot();
    writer.step(atLeastOp, { from: score.slot, to: slot, least: this.threshold });
    writer.name(predictionCol, { kind: 'flag', slot, isSingle: false });
    writer.tell('anomalyScore', score);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    const score = addTreeModel(graph, this.written);
    const least = graph.doubles([this.#leastMargin]);
    const isAnomaly = graph.add('GreaterOrEqual', [score, least]);
    const one = graph.add('Reshape', [isAnomaly, graph.integers([-1])]);
    const { predictionCol: name } = this.params;
    const number = graph.add('Where', [isAnomaly, graph.doubles([1]), graph.doubles([0])]);
    graph.name(name, { kind: 'number', tensor: number, isFlag: true });
    graph.output(one, { name, type: 'bool', width: null, doc: '' });
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    const anomaly = { name: this.params.predictionCol, leastMargin: this.#leastMargin };
    await addTreesToPmml(writer, this.written, { anomaly });
  }

  /** The least logarithm of a score that is an anomaly: it has the same bits everywhere. */
  get #leastMargin(): number {
    return leastWith((x) => exp(x) >= this.threshold, -800, 1);
  }

  override transformSchema(schema: Schema): Schema {
    return withPrediction(this.className, this.predictedSchema(schema), this.params);
  }

  /** A synchronous function of one row's values; the same bits as transform. */
  override async scorer<P extends Prediction = boolean>(): Promise<
    Scorer<IsolationScore & Score<P>>
  > {
    const score = await super.scorer<number>();
    const { threshold } = this;
    return (row) => {
      const found = score(row);
      const anomalyScore = found.prediction;
      const prediction = anomalyScore >= threshold;
      return { ...found, anomalyScore, prediction: prediction as typeof prediction & P };
    };
  }

  /**
   * Always refused: a score is a mean over all trees.
   *
   * @throws CoppiceError `UNSUPPORTED`
   */
  override truncate(_count: number): never {
    throw new CoppiceError(
      'UNSUPPORTED',
      `truncate of ${this.className} must be left: scores are means over all trees; fit with fewer numTrees`,
      { context: { owner: this.className } },
    );
  }

  static override fromSaved(reader: StageReader): IsolationForestModel {
    return new IsolationForestModel(reader.options, readTreeModel(reader));
  }
}

/**
 * An isolation forest: trees that cut at random until rows are alone. With `extensionLevel` the cuts are planes
 * of several features. A row that few cuts part from all others is an
 * anomaly; its score 2<sup>−h / c</sup> compares its mean depth h with the depth c that is expected of any row.
 *
 * Input: features numeric, boolean, dates or categories (text or dictionary), nulls allowed; no label. Output:
 * `anomalyScore` float64 from 0 to 1, `prediction` true for anomalies. Cost: the table is read once for the drawn rows
 * (numTrees · maxSamples at most, held on the calling thread), and once more where `contamination` is given.
 * Determinism: draws hang on rows' positions, or on the order of their ids (`idCol`); the same bits on any number of threads and partitions.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `DATA_EMPTY`, `ABORTED`
 * @example
 * ```ts
 * import { createTable, IsolationForest } from 'coppice';
 * const x = [...Array.from({ length: 99 }, (_, i) => i % 10), 500];
 * const table = createTable({ x, y: x.map((value) => value / 2) });
 * const model = await new IsolationForest({ featuresCols: ['x', 'y'], contamination: 0.01 }).fit(table);
 * const score = await model.scorer();
 * console.log(score({ x: 500, y: 250 }).prediction, score({ x: 4, y: 2 }).prediction); // true false
 * ```
 * @see docs/guides/anomalies.md; F. T. Liu, K. M. Ting, Z.-H. Zhou, "Isolation forest", 2008; S. Hariri, M. Carrasco
 *   Kind, R. J. Brunner, "Extended isolation forest", 2019
 */
export class IsolationForest extends Estimator<
  IsolationForestModel,
  typeof isolationForestParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = isolationForestParams;

  constructor(options: IsolationForestOptions = {}) {
    super(isolationForestParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<IsolationForestModel> {
    checkFit(this.className, table, options);
    const { params } = this;
    const { signal } = options;
    const data = await fitIsolationForest({ owner: this.className, params }, table, { signal });
    const { contamination } = params;
    const model = new IsolationForestModel(this.givenOptions, data);
    if (contamination === undefined) return model;
    const inputs = [...new Set(data.paths.map((path) => path[0] as string))];
    const scored = await model.transform(table.select(...inputs));
    const scores = new Float64Array(data.numRows);
    let at = 0;
    for await (const batch of scored.select(params.scoreCol).batches({ signal })) {
      scores.set(numericValues(columnOf(batch, [params.scoreCol])), at);
      at += batch.numRows;
    }
    scores.sort();
    const count = Math.max(1, Math.floor(contamination * scores.length));
    const threshold = scores[scores.length - count] as number;
    return new IsolationForestModel(this.givenOptions, { ...data, chosen: { threshold } });
  }

  override transformSchema(schema: Schema): Schema {
    const { params } = this;
    const noRoles = { labelCol: '', weightCol: undefined };
    const features = findFeatures(this.className, schema, { ...params, ...noRoles });
    checkExtension(this.className, params.extensionLevel ?? 0, features);
    if (params.idCol !== undefined) requireColumn(this.className, 'idCol', params.idCol, schema);
    const { numTrees } = params;
    const shape = { outputs: outputsOf(params), classes: [], labelType: 'double', numTrees };
    return withPrediction(this.className, schemaWithOutputs(schema, shape), params);
  }
}

/** The least number for which something holds that holds from some number on, in an interval that it begins in. */
function leastWith(holds: (x: number) => boolean, low: number, high: number): number {
  let [below, from] = [low, high];
  for (;;) {
    const middle = below + (from - below) / 2;
    if (middle <= below || middle >= from) return from;
    if (holds(middle)) from = middle;
    else below = middle;
  }
}

function outputsOf(params: {
  readonly scoreCol: string;
  readonly leafCol: string | undefined;
}): ModelOutput {
  const { scoreCol: predictionCol, leafCol } = params;
  return regressionOutputs({ predictionCol, leafCol, contributionsCol: undefined });
}

function withPrediction(
  owner: string,
  scored: Schema,
  { scoreCol, predictionCol }: { readonly scoreCol: string; readonly predictionCol: string },
): Schema {
  refuseExistingColumn(owner, 'predictionCol', predictionCol, scored);
  const type = inferType(col(scoreCol).ge(usualThreshold).node, scored) as Bool;
  return new Schema([...scored.fields, new Field(predictionCol, type, true)], scored.metadata);
}

registerStage(IsolationForest);
registerStage(IsolationForestModel);
