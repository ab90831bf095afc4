/** A fitted TunedThresholdClassifier: a classifier's model and the threshold that its predictions follow. */
import type { Schema } from 'apache-arrow';
import { TreeModel } from '../../ensemble/model/tree-model.ts';
import type { Prediction, Score, Scorer } from '../../ensemble/prediction/scorer.ts';
import { thresholdMetricNames } from '../../evaluation/threshold-points.ts';
import { foldParams } from '../../feature/folds/fold-params.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { column, float, oneOf } from '../../params/kinds.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { Model, notFitted } from '../../pipeline/model.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { PredictionColumns } from '../../pipeline/prediction-columns.ts';
import { rowScorer } from '../../pipeline/row-scorer.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { RowIdMode, SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { TransformOptions } from '../../pipeline/transformer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { addThresholdToModule } from './module-ops.ts';
import { addThreshold } from './onnx-nodes.ts';
import { type ThresholdRule, thresholdedTable } from './threshold-operator.ts';

/** Parameters of {@link TunedThresholdClassificationModel} and, besides the estimator, of TunedThresholdClassifier. */
export const tunedThresholdSpecs = {
  /** What the threshold makes best; of `precision` and `recall` the other one has a least value. */
  metricName: oneOf(thresholdMetricNames, { default: 'fMeasure', since: '0.1.0' }),
  /** How much recall counts against precision in the F measure. */
  beta: float({ default: 1, above: 0, since: '0.1.0' }),
  /** Least recall where precision is made best. */
  minRecall: float({ default: 0.5, min: 0, max: 1, since: '0.1.0' }),
  /** Least precision where recall is made best. */
  minPrecision: float({ default: 0.5, min: 0, max: 1, since: '0.1.0' }),
  /** What a negative costs that is called positive, for `cost`. */
  falsePositiveCost: float({ default: 1, min: 0, since: '0.1.0' }),
  /** What a positive costs that is called negative, for `cost`. */
  falseNegativeCost: float({ default: 1, min: 0, since: '0.1.0' }),
  ...foldParams,
  /** The column of labels; by default that of the estimator. */
  labelCol: column({ since: '0.1.0' }),
  /** Weights of rows; by default those of the estimator. */
  weightCol: column({ since: '0.1.0' }),
  /** The estimator's column of probabilities; by default the one it names. */
  probabilityCol: column({ since: '0.1.0' }),
  /** The column of predictions that follow; by default the one the estimator names. */
  predictionCol: column({ since: '0.1.0' }),
};

/** Parameters of {@link TunedThresholdClassificationModel}. */
export const tunedThresholdClassificationModelParams = defineParams(
  'TunedThresholdClassificationModel',
  tunedThresholdSpecs,
);

/** Options of {@link TunedThresholdClassificationModel}. @interface */
export type TunedThresholdClassificationModelOptions = Options<
  typeof tunedThresholdClassificationModelParams.schema
>;

/** What a {@link TunedThresholdClassificationModel} is made of. */
export interface TunedThresholdState {
  /** The classifier that was fitted on all rows. */
  readonly model: Model;
  /** What predictions follow from. */
  readonly rule: ThresholdRule;
  /** What the measure was at the threshold, out of fold. */
  readonly value: number;
}

/**
 * The result of `TunedThresholdClassifier.fit`.
 *
 * Input: what the classifier's model reads. Output: its columns; `prediction` is the second class where its
 * probability is above `threshold`.
 *
 * @throws CoppiceError what the classifier's model throws
 */
export class TunedThresholdClassificationModel extends Model<
  typeof tunedThresholdClassificationModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = tunedThresholdClassificationModelParams;
  /** The classifier that was fitted on all rows. */
  readonly model: Model;
  readonly inputSchema: LogicalSchema;
  /** What identified the rows of the training data. */
  readonly rowIdMode: RowIdMode | undefined;
  readonly #state: TunedThresholdState;

  constructor(options: TunedThresholdClassificationModelOptions, state: TunedThresholdState) {
    super(tunedThresholdClassificationModelParams, options);
    if (state === undefined) throw notFitted(this.className, 'TunedThresholdClassifier');
    this.#state = state;
    this.model = state.model;
    this.inputSchema = state.model.inputSchema;
    this.rowIdMode = (state.model as SavableStage).rowIdMode;
  }

  /** Rows with a probability of the second class above it are predicted to be of that class. */
  get threshold(): number {
    return this.#state.rule.threshold;
  }

  /** What the measure was at the threshold, out of fold. */
  get value(): number {
    return this.#state.value;
  }

  /** The two classes, ascending. */
  get classes(): readonly LabelValue[] {
    return this.#state.rule.classes;
  }

  override async transform(
    table: PartitionedTable,
    options: TransformOptions = {},
  ): Promise<PartitionedTable> {
    const scored = await this.model.transform(table, options);
    return thresholdedTable(scored, scored.schema, this.#state.rule);
  }

  override transformSchema(schema: Schema): Schema {
    return this.model.transformSchema(schema);
  }

  override get predictionColumns(): PredictionColumns {
    const { probabilityCol, predictionCol } = this.#state.rule;
    const rawPredictionCol = this.model.predictionColumns?.rawPredictionCol ?? null;
    return { predictionCol, probabilityCol, rawPredictionCol };
  }

  /**
   * A synchronous function of one row's values, by feature name; the same bits as transform.
   *
   * @typeParam P what is predicted, for the compiler alone: `scorer<'yes' | 'no'>()` where the classes are known
   */
  async scorer<P extends Prediction = LabelValue>(): Promise<Scorer<Score<P>>> {
    const { model } = this;
    if (!(model instanceof TreeModel)) return await rowScorer<P>(this);
    const score = await model.scorer();
    const { classes, threshold } = this.#state.rule;
    return (row) => {
      const found = score(row);
      const isAbove = (found.probability?.[1] as number) > threshold;
      return { ...found, prediction: classes[isAbove ? 1 : 0] as P };
    };
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    // the scorer of trees takes rows by the features' names
    if (!(this.model instanceof TreeModel)) this.addRowToModule(writer);
    this.model.addToModule(writer);
    addThresholdToModule(writer, this.#state.rule);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    graph.know(this.inputSchema);
    this.model.addToOnnx(graph);
    addThreshold(graph, this.#state.rule);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    const { model, rule, value } = this.#state;
    const { probabilityCol, predictionCol, classes, labelType, threshold } = rule;
    writer.extra({ probabilityCol, predictionCol, classes, labelType, threshold, value });
    await writer.stage('model', model);
  }

  static override async fromSaved(reader: StageReader): Promise<TunedThresholdClassificationModel> {
    const { threshold, value, classes, ...names } = reader.extraObject();
    const { probabilityCol, predictionCol, labelType } = names;
    if (typeof threshold !== 'number' || !(threshold > 0 && threshold < 1))
      throw reader.malformed('has no threshold inside (0, 1)');
    const isLabel = (one: unknown): one is LabelValue =>
      typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean';
    if (!Array.isArray(classes) || classes.length !== 2 || !classes.every(isLabel))
      throw reader.malformed('has not two classes');
    if (
      typeof value !== 'number' ||
      typeof probabilityCol !== 'string' ||
      typeof predictionCol !== 'string' ||
      typeof labelType !== 'string'
    )
      throw reader.malformed('does not name its columns');
    const model = await reader.stage('model');
    if (!(model instanceof Model))
      throw reader.malformed(`has a ${model.className} where its model should be`);
    const rule = { probabilityCol, predictionCol, classes, labelType, threshold };
    return new TunedThresholdClassificationModel(reader.options, { model, rule, value });
  }

  protected override nestedStages(): readonly (readonly [string, SavableStage])[] {
    return [['model', this.model]];
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.#state];
  }
}

registerStage(TunedThresholdClassificationModel);
