/**
 * Friedman's H of partial dependences at some rows. A matrix holds what a model says of row b with row a's values of a
 * feature, at a · n + b: the mean of a line is the partial dependence of the feature at row a, that of a column the one of
 * all other features at row b, and the diagonal is the model itself. (J. H. Friedman and B. E. Popescu, "Predictive
 * learning via rule ensembles", 2008, equations 44 and 45)
 */

/** H, and the root of the mean square of what is done together. */
export interface SharedEffect {
  readonly statistic: number;
  readonly strength: number;
}

/** Below this share of the largest value numbers differ by rounding alone. */
const roundingShare = 1e-12;

/** The partial dependence at each row, about its mean. */
export function centredDependence(matrix: Float64Array, weights: Float64Array): Float64Array {
  const numRows = weights.length;
  return centred(
    weights.map((_, a) => meanOf(matrix.subarray(a * numRows, (a + 1) * numRows), weights)),
    weights,
  );
}

/** A feature and all others together. */
export function sharedWithRest(matrix: Float64Array, weights: Float64Array): SharedEffect {
  const numRows = weights.length;
  const lineAt = (b: number): Float64Array =>
    weights.map((_, a) => matrix[a * numRows + b] as number);
  const rest = centred(
    weights.map((_, b) => meanOf(lineAt(b), weights)),
    weights,
  );
  const whole = centred(
    weights.map((_, a) => matrix[a * numRows + a] as number),
    weights,
  );
  const sides = [centredDependence(matrix, weights), rest] as const;
  return sharedEffect(whole, sides, { weights, largest: largestOf(matrix) });
}

/** Two features: the matrix of both, and the partial dependence of each. */
export function sharedByPair(
  matrix: Float64Array,
  sides: readonly [Float64Array, Float64Array],
  weights: Float64Array,
): SharedEffect {
  const joint = centredDependence(matrix, weights);
  return sharedEffect(joint, sides, { weights, largest: largestOf(matrix) });
}

function sharedEffect(
  joint: Float64Array,
  [one, other]: readonly [Float64Array, Float64Array],
  { weights, largest }: { readonly weights: Float64Array; readonly largest: number },
): SharedEffect {
  const squares = (values: Float64Array): Float64Array => values.map((value) => value * value);
  const together = joint.map((value, a) => value - (one[a] as number) - (other[a] as number));
  const strength = Math.sqrt(meanOf(squares(together), weights));
  if (strength <= roundingShare * largest) return { statistic: 0, strength: 0 };
  return { statistic: strength / Math.sqrt(meanOf(squares(joint), weights)), strength };
}

function centred(values: Float64Array, weights: Float64Array): Float64Array {
  const mean = meanOf(values, weights);
  return values.map((value) => value - mean);
}

function meanOf(values: Float64Array, weights: Float64Array): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const weight = weights[i] as number;
    sum += weight * (values[i] as number);
    total += weight;
  }
  return sum / total;
}

function largestOf(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
