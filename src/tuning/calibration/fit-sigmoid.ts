/**
 * Fits the logistic curve of scores by maximum likelihood, with Platt's targets: the rows of the class count as
 * (N₊ + 1) / (N₊ + 2), the others as 1 / (N₋ + 2), so that separable scores do not make an endless slope.
 *
 * J. Platt, "Probabilistic outputs for support vector machines", 1999; Newton's method with halved steps after
 * H.-T. Lin, C.-J. Lin and R. Weng, "A note on Platt's probabilistic outputs", 2007.
 */
import { ceilLog2, log, logistic, powerOfTwo, softplus } from '../../base/portable-math.ts';
import { WideSum } from '../../evaluation/parts/wide-sum.ts';
import type { CalibrationCurve } from './calibration-curve.ts';
import type { PooledScores } from './pooled-scores.ts';

const mostSteps = 100;
/** The gradient, by unit of weight, at which the curve is taken for found. */
const smallGradient = 1e-11;
/** Keeps the matrix of second derivatives invertible. */
const ridge = 1e-12;

/** Scores brought near 1, their weight, and the weight times the target. */
interface Likelihood {
  readonly scores: Float64Array;
  readonly weights: Float64Array;
  readonly targets: Float64Array;
}

/** The curve of the greatest likelihood. */
export function fitSigmoid(pooled: PooledScores): CalibrationCurve {
  const positive = sumOf(pooled.positive);
  const negative = sumOf(pooled.negative);
  const largest = pooled.scores.reduce((most, score) => Math.max(most, Math.abs(score)), 0);
  const unit = powerOfTwo(Math.max(-1000, Math.min(1000, -ceilLog2(largest))));
  const high = (positive + 1) / (positive + 2);
  const low = 1 / (negative + 2);
  const data: Likelihood = {
    scores: pooled.scores.map((score) => score * unit),
    weights: pooled.positive.map((weight, i) => weight + (pooled.negative[i] as number)),
    targets: pooled.positive.map(
      (weight, i) => weight * high + (pooled.negative[i] as number) * low,
    ),
  };
  let point: readonly [number, number] = [0, log((positive + 1) / (negative + 1))];
  let loss = lossAt(data, point);
  for (let step = 0; step < mostSteps; step++) {
    const { gradient, direction } = newton(data, point);
    const steepest = Math.max(Math.abs(gradient[0]), Math.abs(gradient[1]));
    if (steepest <= smallGradient * (positive + negative)) break;
    const next = shorter(data, { point, loss, gradient, direction });
    if (next === null) break;
    ({ point, loss } = next);
  }
  return { kind: 'sigmoid', slope: point[0] * unit, intercept: point[1] };
}

/** The first step of 1, ½, ¼, … of the direction that lowers the loss enough; null when none does. */
function shorter(
  data: Likelihood,
  from: {
    readonly point: readonly [number, number];
    readonly loss: number;
    readonly gradient: readonly [number, number];
    readonly direction: readonly [number, number];
  },
): { point: readonly [number, number]; loss: number } | null {
  const { point, gradient, direction } = from;
  const slope = gradient[0] * direction[0] + gradient[1] * direction[1];
  for (let size = 1; size > 1e-10; size /= 2) {
    const next = [point[0] + size * direction[0], point[1] + size * direction[1]] as const;
    const loss = lossAt(data, next);
    if (loss < from.loss + 1e-4 * size * slope) return { point: next, loss };
  }
  return null;
}

function lossAt(data: Likelihood, [slope, intercept]: readonly [number, number]): number {
  const sum = new WideSum();
  data.scores.forEach((score, i) => {
    const z = slope * score + intercept;
    sum.addProduct(data.weights[i] as number, softplus(z));
    sum.addProduct(data.targets[i] as number, -z);
  });
  return sum.value();
}

function newton(
  data: Likelihood,
  [slope, intercept]: readonly [number, number],
): { gradient: readonly [number, number]; direction: readonly [number, number] } {
  const [g0, g1, h00, h01, h11] = [0, 1, 2, 3, 4].map(() => new WideSum()) as [
    WideSum,
    WideSum,
    WideSum,
    WideSum,
    WideSum,
  ];
  data.scores.forEach((score, i) => {
    const weight = data.weights[i] as number;
    const p = logistic(slope * score + intercept);
    const error = weight * p - (data.targets[i] as number);
    const curvature = weight * p * (1 - p);
    g0.addProduct(error, score);
    g1.add(error);
    h00.addProduct(curvature * score, score);
    h01.addProduct(curvature, score);
    h11.add(curvature);
  });
  const gradient = [g0.value(), g1.value()] as const;
  const a = h00.value() + ridge;
  const b = h01.value();
  const c = h11.value() + ridge;
  const determinant = a * c - b * b;
  const direction = [
    (b * gradient[1] - c * gradient[0]) / determinant,
    (b * gradient[0] - a * gradient[1]) / determinant,
  ] as const;
  return { gradient, direction };
}

function sumOf(values: Float64Array): number {
  const sum = new WideSum();
  for (const value of values) sum.add(value);
  return sum.value();
}
