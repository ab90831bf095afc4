// Objectives and metrics that worker threads import.

/** Squared loss. */
export function squared({ numRows, labels, scores }, { grads, hesses }) {
  for (let i = 0; i < numRows; i++) {
    grads[i] = scores[i] - labels[i];
    hesses[i] = 1;
  }
}

/** The squared error. */
export function squaredError({ numRows, labels, scores }, losses) {
  for (let i = 0; i < numRows; i++) losses[i] = (scores[i] - labels[i]) * (scores[i] - labels[i]);
}

/** Poisson's loss of e^score. */
export function poisson({ numRows, labels, scores }, { grads, hesses }) {
  for (let i = 0; i < numRows; i++) {
    const rate = Math.exp(scores[i]);
    grads[i] = rate - labels[i];
    hesses[i] = rate;
  }
}

/** Softmax of as many classes as there are outputs; of one output the logistic loss. */
export function crossEntropy({ numRows, numOutputs, labels, scores }, { grads, hesses }) {
  for (let i = 0; i < numRows; i++) {
    const powers = Array.from({ length: numOutputs }, (_, k) => Math.exp(scores[k * numRows + i]));
    const total = powers.reduce((sum, power) => sum + power, numOutputs === 1 ? 1 : 0);
    powers.forEach((power, k) => {
      const p = power / total;
      const isOwn = numOutputs === 1 ? labels[i] : labels[i] === k ? 1 : 0;
      grads[k * numRows + i] = p - isOwn;
      hesses[k * numRows + i] = Math.max(p * (1 - p), 1e-16);
    });
  }
}

/** Fails on the largest label. */
export function fragile(rows, out) {
  for (let i = 0; i < rows.numRows; i++) {
    if (rows.labels[i] === 777) throw new Error('777 is too much');
  }
  squared(rows, out);
}
