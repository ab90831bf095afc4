/** A fitted ProbabilityCalibrator: a curve from score to probability for each class. */
import { Schema } from 'apache-arrow';
import { checkThresholds } from '../../ensemble/prediction/classifier-outputs.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { column } from '../../params/kinds.ts';
import { refuseExistingColumn } from '../../pipeline/check-schema.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { Model, notFitted, savedInputSchema } from '../../pipeline/model.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { calibratedFields, calibratedTable } from './calibrate-operator.ts';
import type { CalibrationCurve } from './calibration-curve.ts';
import {
  checkWidth,
  methodParam,
  scoreColumn,
  scoredColumnParams,
  thresholdsParam,
} from './calibration-params.ts';
import { type CalibrationState, readCalibration, saveCalibration } from './calibration-state.ts';
import { addCalibratedToModule } from './module-ops.ts';
import { addCalibration } from './onnx-nodes.ts';

/** Parameters of {@link ProbabilityCalibrationModel} and its estimator. */
export const probabilityCalibratorSpecs = {
  ...scoredColumnParams,
  /** sigmoid fits two numbers a class, isotonic any ascending curve. */
  method: methodParam,
  /** Name of the column of calibrated probabilities. */
  probabilityCol: column({ default: 'calibratedProbability', since: '0.1.0' }),
  /** Name of the column of predictions that follow from them. */
  predictionCol: column({ default: 'calibratedPrediction', since: '0.1.0' }),
  /** One threshold a class: the class of the largest probability / threshold is predicted. */
  thresholds: thresholdsParam,
};

/** Parameters of {@link ProbabilityCalibrationModel}. */
export const probabilityCalibrationModelParams = defineParams(
  'ProbabilityCalibrationModel',
  probabilityCalibratorSpecs,
);

/** Options of {@link ProbabilityCalibrationModel}. @interface */
export type ProbabilityCalibrationModelOptions = Options<
  typeof probabilityCalibrationModelParams.schema
>;

/**
 * The result of `ProbabilityCalibrator.fit`.
 *
 * Input: the column of scores. Output: adds `calibratedProbability` (one float64 a class) and
 * `calibratedPrediction` of the label's type.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class ProbabilityCalibrationModel extends Model<
  typeof probabilityCalibrationModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = probabilityCalibrationModelParams;
  readonly inputSchema: LogicalSchema;
  readonly #state: CalibrationState;

  constructor(
    options: ProbabilityCalibrationModelOptions,
    state: CalibrationState & { readonly inputSchema: LogicalSchema },
  ) {
    super(probabilityCalibrationModelParams, options);
    if (state === undefined) throw notFitted(this.className, 'ProbabilityCalibrator');
    this.#state = state;
    this.inputSchema = state.inputSchema;
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

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const { rawPredictionCol, probabilityCol, predictionCol, thresholds } = this.params;
    return calibratedTable(table, schema, {
      ...this.#state,
      scoreCol: rawPredictionCol,
      probabilityCol,
      predictionCol,
      thresholds: thresholds ?? null,
    });
  }

  override transformSchema(schema: Schema): Schema {
    this.checkInput(schema);
    const { rawPredictionCol, probabilityCol, predictionCol } = this.params;
    const { width } = scoreColumn(this.className, schema, rawPredictionCol);
    checkWidth(this.className, rawPredictionCol, width, this.classes);
    refuseExistingColumn(this.className, 'probabilityCol', probabilityCol, schema);
    refuseExistingColumn(this.className, 'predictionCol', predictionCol, schema);
    const added = calibratedFields({ ...this.#state, probabilityCol, predictionCol });
    return new Schema([...schema.fields, ...added], schema.metadata);
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    this.addRowToModule(writer);
    const { rawPredictionCol: scoreCol, probabilityCol, predictionCol, thresholds } = this.params;
    const names = { scoreCol, probabilityCol, predictionCol };
    addCalibratedToModule(writer, this.#state, { ...names, thresholds });
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    graph.know(this.inputSchema);
    const { rawPredictionCol: scoreCol, probabilityCol, predictionCol, thresholds } = this.params;
    const names = { scoreCol, probabilityCol, predictionCol };
    addCalibration(graph, this.#state, { ...names, thresholds, replaces: false });
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await saveCalibration(writer, this.#state);
  }

  static override fromSaved(reader: StageReader): ProbabilityCalibrationModel {
    const method = (reader.options['method'] ?? 'sigmoid') as CalibrationCurve['kind'];
    const state = readCalibration(reader, method);
    return new ProbabilityCalibrationModel(reader.options, {
      ...state,
      inputSchema: savedInputSchema(reader),
    });
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ ...this.#state, inputSchema: this.inputSchema }];
  }
}

registerStage(ProbabilityCalibrationModel);
