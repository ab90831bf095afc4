/** A fitted StandardScaler: mean and deviation of every part of its columns. */
import { defineParams, type Options } from '../../params/define-params.ts';
import { bool } from '../../params/kinds.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { notFitted, savedInputSchema } from '../../pipeline/model.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';
import { checkColumnPairs, columnPairParams, columnPairs } from '../column-pairs.ts';
import { loadNumbers, type Scales, saveNumbers } from './scaled-columns.ts';
import { ScalerModel } from './scaler-model.ts';

/** Parameters of {@link StandardScalerModel} and its estimator. */
export const standardScalerSpecs = {
  ...columnPairParams,
  /** Subtract the mean. */
  withMean: bool({ default: false, since: '0.1.0' }),
  /** Divide by the corrected sample deviation. */
  withStd: bool({ default: true, since: '0.1.0' }),
};

/** Parameters of {@link StandardScalerModel}. */
export const standardScalerModelParams = defineParams(
  'StandardScalerModel',
  standardScalerSpecs,
  checkColumnPairs,
);

/** Options of {@link StandardScalerModel}. @interface */
export type StandardScalerModelOptions = Options<typeof standardScalerModelParams.schema>;

/** What a {@link StandardScalerModel} has learned. */
export interface StandardScalerState {
  /** For each input column the means of its parts. */
  readonly means: readonly Float64Array[];
  /** For each input column the deviations of its parts. */
  readonly deviations: readonly Float64Array[];
  readonly inputSchema: LogicalSchema;
}

/**
 * The result of `StandardScaler.fit`.
 *
 * Input: the fitted columns. Output: the same shape in float64; missing values stay missing (NaN).
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class StandardScalerModel extends ScalerModel<typeof standardScalerModelParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = standardScalerModelParams;
  /** For each input column the means of its parts. */
  readonly means: readonly Float64Array[];
  /** For each input column the deviations of its parts. */
  readonly deviations: readonly Float64Array[];
  readonly inputSchema: LogicalSchema;

  constructor(options: StandardScalerModelOptions, state: StandardScalerState) {
    super(standardScalerModelParams, options);
    if (state === undefined) throw notFitted('StandardScalerModel', 'StandardScaler');
    this.means = state.means;
    this.deviations = state.deviations;
    this.inputSchema = state.inputSchema;
  }

  /** @internal */
  protected override get scales(): Scales {
    const { withMean, withStd } = this.params;
    // A constant column becomes 0, as in Spark.
    const factorOf = (deviation: number): number => (deviation === 0 ? 0 : 1 / deviation);
    return {
      shifts: this.means.map((means) => (withMean ? means : new Float64Array(means.length))),
      factors: this.deviations.map((list) => list.map(withStd ? factorOf : () => 1)),
      offsets: this.means.map((means) => new Float64Array(means.length)),
    };
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await saveNumbers(writer, ['means', 'deviations'], [this.means, this.deviations]);
  }

  static override fromSaved(reader: StageReader): StandardScalerModel {
    const [means, deviations] = loadNumbers(reader, ['means', 'deviations']);
    const model = new StandardScalerModel(reader.options, {
      means,
      deviations,
      inputSchema: savedInputSchema(reader),
    });
    if (columnPairs(model).length !== means.length) throw reader.malformed('has too few means');
    return model;
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ means: this.means, deviations: this.deviations, inputSchema: this.inputSchema }];
  }
}

registerStage(StandardScalerModel);
