/** A fitted MinMaxScaler: smallest and largest value of every part of its columns. */
import { defineParams, type Options, type Resolved } from '../../params/define-params.ts';
import { float } from '../../params/kinds.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { notFitted, savedInputSchema } from '../../pipeline/model.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';
import { checkColumnPairs, columnPairParams, columnPairs } from '../column-pairs.ts';
import { loadNumbers, type Scales, saveNumbers } from './scaled-columns.ts';
import { ScalerModel } from './scaler-model.ts';

/** Parameters of {@link MinMaxScalerModel} and its estimator. */
export const minMaxScalerSpecs = {
  ...columnPairParams,
  /** What the smallest value at fit becomes. */
  min: float({ default: 0, since: '0.1.0' }),
  /** What the largest value at fit becomes. */
  max: float({ default: 1, since: '0.1.0' }),
};

/** The cross-field check of the scaler and its model. */
export function checkMinMax(params: Resolved<typeof minMaxScalerSpecs>): string | null {
  return params.min < params.max ? checkColumnPairs(params) : 'max must be larger than min';
}

/** Parameters of {@link MinMaxScalerModel}. */
export const minMaxScalerModelParams = defineParams(
  'MinMaxScalerModel',
  minMaxScalerSpecs,
  checkMinMax,
);

/** Options of {@link MinMaxScalerModel}. @interface */
export type MinMaxScalerModelOptions = Options<typeof minMaxScalerModelParams.schema>;

/** What a {@link MinMaxScalerModel} has learned. */
export interface MinMaxScalerState {
  /** For each input column the smallest values of its parts; Infinity where there was none. */
  readonly minima: readonly Float64Array[];
  /** For each input column the largest values of its parts; −Infinity where there was none. */
  readonly maxima: readonly Float64Array[];
  readonly inputSchema: LogicalSchema;
}

/**
 * The result of `MinMaxScaler.fit`.
 *
 * Input: the fitted columns. Output: the same shape in float64; missing values stay missing (NaN).
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class MinMaxScalerModel extends ScalerModel<typeof minMaxScalerModelParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = minMaxScalerModelParams;
  /** For each input column the smallest values of its parts. */
  readonly minima: readonly Float64Array[];
  /** For each input column the largest values of its parts. */
  readonly maxima: readonly Float64Array[];
  readonly inputSchema: LogicalSchema;

  constructor(options: MinMaxScalerModelOptions, state: MinMaxScalerState) {
    super(minMaxScalerModelParams, options);
    if (state === undefined) throw notFitted('MinMaxScalerModel', 'MinMaxScaler');
    this.minima = state.minima;
    this.maxima = state.maxima;
    this.inputSchema = state.inputSchema;
  }

  /** @internal */
  protected override get scales(): Scales {
    const { min, max } = this.params;
    const widths = this.maxima.map((maxima, column) =>
      maxima.map((largest, part) => largest - (this.minima[column]?.[part] as number)),
    );
    // A constant column becomes the middle of the range, as in Spark.
    return {
      shifts: this.minima,
      factors: widths.map((list) => list.map((width) => (width === 0 ? 0 : (max - min) / width))),
      offsets: widths.map((list) => list.map((width) => (width === 0 ? (min + max) / 2 : min))),
    };
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await saveNumbers(writer, ['minima', 'maxima'], [this.minima, this.maxima]);
  }

  static override fromSaved(reader: StageReader): MinMaxScalerModel {
    const [minima, maxima] = loadNumbers(reader, ['minima', 'maxima']);
    const inputSchema = savedInputSchema(reader);
    const model = new MinMaxScalerModel(reader.options, { minima, maxima, inputSchema });
    if (columnPairs(model).length !== minima.length) throw reader.malformed('has too few minima');
    return model;
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ minima: this.minima, maxima: this.maxima, inputSchema: this.inputSchema }];
  }
}

registerStage(MinMaxScalerModel);
