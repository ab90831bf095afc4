/** Which metrics of a regressor are averages of what a loss minimises? */

/** Metrics that losses are measured by: row-losses.ts says what of a row is averaged. */
export const lossMetricNames = [
  'rmsle',
  'pinballLoss',
  'poissonDeviance',
  'gammaDeviance',
  'tweedieDeviance',
] as const;

/** A metric of {@link lossMetricNames}. */
export type LossMetric = (typeof lossMetricNames)[number];

/** Which of them are measured, and what they hang on. */
export interface LossRequest {
  readonly names: readonly LossMetric[];
  readonly quantileLevel: number;
  readonly tweediePower: number;
}
