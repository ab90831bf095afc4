/** How far a score may be from its value on endless data of the same kind: one standard error. */

/** @param predictions as in score.ts */
export function standardError(
  metric: 'auc' | 'logLoss' | 'rmse',
  predictions: Float64Array,
  labels: Float64Array,
): number {
  const numRows = labels.length;
  if (metric === 'auc') return areaError(predictions, labels);
  if (metric === 'rmse') {
    const squares = labels.map((label, i) => (label - (predictions[i] as number)) ** 2);
    const rmse = Math.sqrt(mean(squares));
    return deviation(squares) / Math.sqrt(numRows) / (2 * rmse);
  }
  const numClasses = predictions.length / numRows;
  const losses = labels.map(
    (label, i) => -Math.log(Math.max(predictions[i * numClasses + label] as number, 1e-15)),
  );
  return deviation(losses) / Math.sqrt(numRows);
}

/** DeLong's: the spread of each row's share of the area, within the positives and the negatives. */
function areaError(scores: Float64Array, labels: Float64Array): number {
  const positives = scores.filter((_, i) => labels[i] === 1).sort();
  const negatives = scores.filter((_, i) => labels[i] !== 1).sort();
  const shares = (own: Float64Array, others: Float64Array): Float64Array =>
    own.map((score) => (countBelow(others, score) + countUpTo(others, score)) / 2 / others.length);
  const a = deviation(shares(positives, negatives)) ** 2 / positives.length;
  const b = deviation(shares(negatives, positives)) ** 2 / negatives.length;
  return Math.sqrt(a + b);
}

function countBelow(sorted: Float64Array, value: number): number {
  return search(sorted, (x) => x < value);
}

function countUpTo(sorted: Float64Array, value: number): number {
  return search(sorted, (x) => x <= value);
}

function search(sorted: Float64Array, isBefore: (x: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(sorted[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: Float64Array): number {
  const middle = mean(values);
  return Math.sqrt(
    values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1),
  );
}
