/** A fitted RobustScaler: median and quantile range of every part of its columns. */
import { defineParams, type Options, type Resolved } from '../../params/define-params.ts';
import { bool, float } from '../../params/kinds.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { notFitted, savedInputSchema } from '../../pipeline/model.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';
import { checkColumnPairs, columnPairParams, columnPairs } from '../column-pairs.ts';
import { loadNumbers, type Scales, saveNumbers } from './scaled-columns.ts';
import { ScalerModel } from './scaler-model.ts';

/** Parameters of {@link RobustScalerModel} and its estimator. */
export const robustScalerSpecs = {
  ...columnPairParams,
  /** The lower quantile of the range. */
  lower: float({ default: 0.25, above: 0, below: 1, since: '0.1.0' }),
  /** The upper quantile of the range. */
  upper: float({ default: 0.75, above: 0, below: 1, since: '0.1.0' }),
  /** Subtract the median. */
  withCentering: bool({ default: false, since: '0.1.0' }),
  /** Divide by the range between the quantiles. */
  withScaling: bool({ default: true, since: '0.1.0' }),
};

/** The cross-field check of the scaler and its model. */
export function checkQuantiles(params: Resolved<typeof robustScalerSpecs>): string | null {
  return params.lower < params.upper ? checkColumnPairs(params) : 'upper must be larger than lower';
}

/** Parameters of {@link RobustScalerModel}. */
export const robustScalerModelParams = defineParams(
  'RobustScalerModel',
  robustScalerSpecs,
  checkQuantiles,
);

/** Options of {@link RobustScalerModel}. @interface */
export type RobustScalerModelOptions = Options<typeof robustScalerModelParams.schema>;

/** What a {@link RobustScalerModel} has learned. */
export interface RobustScalerState {
  /** For each input column the medians of its parts; NaN where there was no value. */
  readonly medians: readonly Float64Array[];
  /** For each input column the distances between the quantiles of its parts. */
  readonly ranges: readonly Float64Array[];
  readonly inputSchema: LogicalSchema;
}

/**
 * The result of `RobustScaler.fit`.
 *
 * Input: the fitted columns. Output: the same shape in float64; missing values stay missing (NaN).
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class RobustScalerModel extends ScalerModel<typeof robustScalerModelParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = robustScalerModelParams;
  /** For each input column the medians of its parts. */
  readonly medians: readonly Float64Array[];
  /** For each input column the distances between the quantiles of its parts. */
  readonly ranges: readonly Float64Array[];
  readonly inputSchema: LogicalSchema;

  constructor(options: RobustScalerModelOptions, state: RobustScalerState) {
    super(robustScalerModelParams, options);
    if (state === undefined) throw notFitted('RobustScalerModel', 'RobustScaler');
    this.medians = state.medians;
    this.ranges = state.ranges;
    this.inputSchema = state.inputSchema;
  }

  /** @internal */
  protected override get scales(): Scales {
    const { withCentering, withScaling } = this.params;
    // A range of 0 makes the column 0, as in Spark.
    const factorOf = (range: number): number => (range === 0 ? 0 : 1 / range);
    const zeros = this.medians.map((medians) => new Float64Array(medians.length));
    return {
      shifts: withCentering ? this.medians : zeros,
      factors: this.ranges.map((list) => list.map(withScaling ? factorOf : () => 1)),
      offsets: zeros,
    };
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await saveNumbers(writer, ['medians', 'ranges'], [this.medians, this.ranges]);
  }

  static override fromSaved(reader: StageReader): RobustScalerModel {
    const [medians, ranges] = loadNumbers(reader, ['medians', 'ranges']);
    const inputSchema = savedInputSchema(reader);
    const model = new RobustScalerModel(reader.options, { medians, ranges, inputSchema });
    if (columnPairs(model).length !== medians.length) throw reader.malformed('has too few medians');
    return model;
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ medians: this.medians, ranges: this.ranges, inputSchema: this.inputSchema }];
  }
}

registerStage(RobustScalerModel);
