/** A fitted CalibratedClassifier: a classifier's model and the curves that correct its probabilities. */
import { Schema } from 'apache-arrow';
import { TreeModel } from '../../ensemble/model/tree-model.ts';
import { checkThresholds } from '../../ensemble/prediction/classifier-outputs.ts';
import { winners } from '../../ensemble/prediction/output-columns.ts';
import type { Prediction, Score, Scorer } from '../../ensemble/prediction/scorer.ts';
import { foldParams } from '../../feature/folds/fold-params.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { column } from '../../params/kinds.ts';
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
import { calibratedFields, calibratedTable } from './calibrate-operator.ts';
import { type CalibrationCurve, calibratedProbabilities } from './calibration-curve.ts';
import { methodParam, thresholdsParam } from './calibration-params.ts';
import { type CalibrationState, readCalibration, saveCalibration } from './calibration-state.ts';
import { addCalibratedToModule } from './module-ops.ts';
import { addCalibration } from './onnx-nodes.ts';

/** Parameters of {@link CalibratedClassificationModel} and, besides the estimator, of CalibratedClassifier. */
export const calibratedClassifierSpecs = {
  /** sigmoid fits two numbers a class, isotonic any ascending curve. */
  method: methodParam,
  ...foldParams,
  /** The column of labels; by default that of the estimator. */
  labelCol: column({ since: '0.1.0' }),
  /** Weights of rows; by default those of the estimator. */
  weightCol: column({ since: '0.1.0' }),
  /** The estimator's column of scores; by default the one it names. */
  rawPredictionCol: column({ since: '0.1.0' }),
  /** The column whose probabilities are calibrated; by default the one the estimator names. */
  probabilityCol: column({ since: '0.1.0' }),
  /** The column of predictions that follow; by default the one the estimator names. */
  predictionCol: column({ since: '0.1.0' }),
  /** One threshold a class: the class of the largest probability / threshold is predicted. */
  thresholds: thresholdsParam,
};

/** Parameters of {@link CalibratedClassificationModel}. */
export const calibratedClassificationModelParams = defineParams(
  'CalibratedClassificationModel',
  calibratedClassifierSpecs,
);

/** Options of {@link CalibratedClassificationModel}. @interface */
export type CalibratedClassificationModelOptions = Options<
  typeof calibratedClassificationModelParams.schema
>;

/** The columns that a calibrated model reads and writes. */
export interface CalibratedColumns {
  readonly rawPredictionCol: string;
  readonly probabilityCol: string;
  readonly predictionCol: string;
}

/** What a {@link CalibratedClassificationModel} is made of. */
export interface CalibratedState extends CalibrationState {
  /** The classifier that was fitted on all rows. */
  readonly model: Model;
  readonly columns: CalibratedColumns;
}

/**
 * The result of `CalibratedClassifier.fit`.
 *
 * Input: what the classifier's model reads. Output: its columns, with `probability` calibrated and `prediction`
 * following from it.
 *
 * @throws CoppiceError what the classifier's model throws
 */
export class CalibratedClassificationModel extends Model<
  typeof calibratedClassificationModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = calibratedClassificationModelParams;
  /** The classifier that was fitted on all rows. */
  readonly model: Model;
  readonly inputSchema: LogicalSchema;
  /** What identified the rows of the training data. */
  readonly rowIdMode: RowIdMode;
  readonly #state: CalibratedState;

  constructor(options: CalibratedClassificationModelOptions, state: CalibratedState) {
    super(calibratedClassificationModelParams, options);
    if (state === undefined) throw notFitted(this.className, 'CalibratedClassifier');
    this.#state = state;
    this.model = state.model;
    this.inputSchema = state.model.inputSchema;
    this.rowIdMode =
      this.params.idCol === undefined
        ? ((state.model as SavableStage).rowIdMode ?? 'position')
        : 'idCol';
    checkThresholds(this.className, this.params.thresholds, state.classes);
  }

  /** Classes ascending, as the label column had them. */
  get classes(): readonly LabelValue[] {
    return this.#state.classes;
  }

  /** One curve for two classes (the second's), one a class for more. */
  get curves(): readonly CalibrationCurve[] {
    return this.#state.curves;
  }

  override async transform(
    table: PartitionedTable,
    options: TransformOptions = {},
  ): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const { columns, ...state } = this.#state;
    return calibratedTable(await this.model.transform(table, options), schema, {
      curves: state.curves,
      layout: state.layout,
      classes: state.classes,
      labelType: state.labelType,
      scoreCol: columns.rawPredictionCol,
      probabilityCol: columns.probabilityCol,
      predictionCol: columns.predictionCol,
      thresholds: this.params.thresholds ?? null,
    });
  }

  override transformSchema(schema: Schema): Schema {
    return schemaWithCalibrated(this.model.transformSchema(schema), this.#state);
  }

  override get predictionColumns(): PredictionColumns {
    return this.#state.columns;
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
    const { curves, layout, classes } = this.#state;
    const thresholds = this.params.thresholds ?? null;
    return (row) => {
      const { rawPrediction } = score(row);
      const probability = calibratedProbabilities(curves, layout, rawPrediction);
      const code = winners(probability, classes.length, thresholds)[0] as number;
      return { prediction: classes[code] as P, rawPrediction, probability };
    };
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    // the scorer of trees takes rows by the features' names
    if (!(this.model instanceof TreeModel)) this.addRowToModule(writer);
    this.model.addToModule(writer);
    const { rawPredictionCol: scoreCol, ...names } = this.#state.columns;
    const { thresholds } = this.params;
    addCalibratedToModule(writer, this.#state, { scoreCol, ...names, thresholds });
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    graph.know(this.inputSchema);
    this.model.addToOnnx(graph);
    const { rawPredictionCol: scoreCol, ...names } = this.#state.columns;
    const { thresholds } = this.params;
    addCalibration(graph, this.#state, { scoreCol, ...names, thresholds, replaces: true });
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await saveCalibration(writer, this.#state, { columns: { ...this.#state.columns } });
    await writer.stage('model', this.model);
  }

  static override async fromSaved(reader: StageReader): Promise<CalibratedClassificationModel> {
    const method = (reader.options['method'] ?? 'sigmoid') as CalibrationCurve['kind'];
    const state = readCalibration(reader, method);
    const model = await reader.stage('model');
    if (!(model instanceof Model))
      throw reader.malformed(`has a ${model.className} where its model should be`);
    const saved = reader.extraObject()['columns'] as Readonly<Record<string, unknown>> | undefined;
    const nameOf = (key: string): string => {
      const name = saved?.[key];
      if (typeof name === 'string') return name;
      throw reader.malformed('does not name its columns');
    };
    const columns = {
      rawPredictionCol: nameOf('rawPredictionCol'),
      probabilityCol: nameOf('probabilityCol'),
      predictionCol: nameOf('predictionCol'),
    };
    return new CalibratedClassificationModel(reader.options, { ...state, model, columns });
  }

  protected override nestedStages(): readonly (readonly [string, SavableStage])[] {
    return [['model', this.model]];
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.#state];
  }
}

/** The schema of the classifier's columns with the calibrated ones in their place, or behind them. */
export function schemaWithCalibrated(
  schema: Schema,
  state: Pick<CalibratedState, 'columns' | 'classes' | 'labelType'>,
): Schema {
  const fields = [...schema.fields];
  for (const field of calibratedFields({ ...state, ...state.columns })) {
    const known = fields.findIndex(({ name }) => name === field.name);
    fields[known < 0 ? fields.length : known] = field;
  }
  return new Schema(fields, schema.metadata);
}

registerStage(CalibratedClassificationModel);
