/**
 * What metrics of losses average, for a block of rows at a time: a loop a loss, without calls that depend on its name, and
 * the logarithms that two of them share are taken once.
 */
import { exp, log } from '../../base/portable-math.ts';
import type { LossMetric, LossRequest } from './loss-metrics.ts';

/** Some rows. */
export interface RowBlock {
  readonly numRows: number;
  readonly labels: Float64Array;
  readonly predictions: Float64Array;
  /** label − prediction */
  readonly differences: Float64Array;
  /** log(1 + x) − x of x = difference / prediction; filled by {@link RowLosses.begin}. */
  readonly logsLess: Float64Array;
}

type Fill = (block: RowBlock, request: LossRequest, out: Float64Array) => void;

const fills: Readonly<Record<LossMetric, Fill>> = {
  rmsle: fillLogDistances,
  pinballLoss: fillPinball,
  poissonDeviance: fillPoisson,
  gammaDeviance: fillGamma,
  tweedieDeviance: fillTweedie,
};

/** Makes the block ready for some losses. */
export function beginLosses(block: RowBlock, names: readonly (LossMetric | null)[]): void {
  if (!names.includes('poissonDeviance') && !names.includes('gammaDeviance')) return;
  const { predictions, differences, logsLess } = block;
  // by the relative difference, which loses nothing where the two are close
  for (let row = 0; row < block.numRows; row++)
    logsLess[row] = logLessItself((differences[row] as number) / (predictions[row] as number));
}

/** Writes each row's loss; NaN or infinite where the metric is not made for such a label or prediction. */
export function fillLosses(
  name: LossMetric,
  block: RowBlock,
  request: LossRequest,
  out: Float64Array,
): void {
  fills[name](block, request, out);
}

function fillPinball(block: RowBlock, { quantileLevel }: LossRequest, out: Float64Array): void {
  for (let row = 0; row < block.numRows; row++) {
    const difference = block.differences[row] as number;
    out[row] = difference >= 0 ? quantileLevel * difference : (quantileLevel - 1) * difference;
  }
}

function fillLogDistances(block: RowBlock, _: LossRequest, out: Float64Array): void {
  for (let row = 0; row < block.numRows; row++) {
    const prediction = block.predictions[row] as number;
    const distance = logOfOneAnd((block.differences[row] as number) / (1 + prediction));
    out[row] = prediction > -1 ? distance * distance : Number.NaN;
  }
}

function fillGamma(block: RowBlock, _: LossRequest, out: Float64Array): void {
  const { labels, predictions, logsLess } = block;
  for (let row = 0; row < block.numRows; row++) {
    const isSound = (predictions[row] as number) > 0 && (labels[row] as number) > 0;
    out[row] = isSound ? -2 * (logsLess[row] as number) : Number.NaN;
  }
}

function fillPoisson(block: RowBlock, _: LossRequest, out: Float64Array): void {
  const { labels, predictions, differences, logsLess } = block;
  for (let row = 0; row < block.numRows; row++) {
    const label = labels[row] as number;
    const prediction = predictions[row] as number;
    const relative = (differences[row] as number) / prediction;
    const least = (1 + relative) * (logsLess[row] as number) + relative * relative;
    const loss = label === 0 ? 2 * prediction : 2 * prediction * least;
    out[row] = prediction > 0 && label >= 0 ? loss : Number.NaN;
  }
}

function fillTweedie(block: RowBlock, { tweediePower }: LossRequest, out: Float64Array): void {
  const [up, down] = [2 - tweediePower, 1 - tweediePower];
  for (let row = 0; row < block.numRows; row++) {
    const label = block.labels[row] as number;
    const prediction = block.predictions[row] as number;
    const atPrediction = exp(down * log(prediction));
    const ofLabel = label === 0 ? 0 : exp(up * log(label)) / (up * down);
    const loss = 2 * (ofLabel - (label * atPrediction) / down + (prediction * atPrediction) / up);
    out[row] = prediction > 0 && label >= 0 ? loss : Number.NaN;
  }
}

/** log(1 + x) − x. */
function logLessItself(x: number): number {
  if (Math.abs(x) > 0.2) return log(1 + x) - x;
  // log(1 + x) = 2 (s + s³ / 3 + s⁵ / 5 + …)
  const s = x / (2 + x);
  const square = s * s;
  let sum = (1 / 19) * square + 1 / 17;
  sum = sum * square + 1 / 15;
  sum = sum * square + 1 / 13;
  sum = sum * square + 1 / 11;
  sum = sum * square + 1 / 9;
  sum = sum * square + 1 / 7;
  sum = sum * square + 1 / 5;
  sum = sum * square + 1 / 3;
  return 2 * s * square * sum - x * s;
}

/** log(1 + x), also of small x; NaN from −1 down. */
function logOfOneAnd(x: number): number {
  if (!(x > -1)) return Number.NaN;
  const sum = 1 + x;
  return sum === 1 ? x : (log(sum) * x) / (sum - 1);
}
