/** Scores of predictions, one implementation for every contestant. Ties count half in the area. */

/** @param predictions probability of the higher class, or the value; multiclass: rows × classes */
export function scorePredictions(
  metric: 'auc' | 'logLoss' | 'rmse',
  predictions: Float64Array,
  labels: Float64Array,
): number {
  const numClasses = predictions.length / labels.length;
  if (!Number.isInteger(numClasses) || numClasses < 1) {
    throw new RangeError(`${predictions.length} predictions do not fit ${labels.length} labels`);
  }
  if (metric === 'auc') return areaUnderRoc(predictions, labels);
  if (metric === 'rmse') {
    const sum = labels.reduce(
      (all, label, i) => all + (label - (predictions[i] as number)) ** 2,
      0,
    );
    return Math.sqrt(sum / labels.length);
  }
  return logLoss(predictions, labels, numClasses);
}

/** Whether a higher value of the metric is the better one. */
export function isHigherBetter(metric: 'auc' | 'logLoss' | 'rmse'): boolean {
  return metric === 'auc';
}

function areaUnderRoc(scores: Float64Array, labels: Float64Array): number {
  const order = Uint32Array.from(scores, (_, i) => i).sort(
    (a, b) => (scores[a] as number) - (scores[b] as number),
  );
  let positives = 0;
  let rankSum = 0;
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end < order.length && scores[order[end] as number] === scores[order[i] as number])
      end += 1;
    for (let k = i; k < end; k++) {
      if (labels[order[k] as number] !== 1) continue;
      positives += 1;
      rankSum += (i + end + 1) / 2;
    }
    i = end;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (labels.length - positives));
}

function logLoss(predictions: Float64Array, labels: Float64Array, numClasses: number): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    const p =
      numClasses === 1
        ? label === 1
          ? (predictions[i] as number)
          : 1 - (predictions[i] as number)
        : (predictions[i * numClasses + label] as number);
    sum -= Math.log(Math.max(p, 1e-15));
  }
  return sum / labels.length;
}
