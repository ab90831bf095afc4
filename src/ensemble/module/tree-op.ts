/** What a model of trees does in a JavaScript module: the walk and the links of ensemble/prediction/scorer.ts. */
import { moduleCode, moduleOp } from '../../pipeline/module/module-code.ts';
import {
  expCode,
  foundCode,
  logisticCode,
  offsetsCode,
  sharesCode,
  softmaxCode,
  textCode,
} from '../../pipeline/module/module-math.ts';

const linksCode = moduleCode(
  `
const links = { identity: (score) => score, exp, expLessOne: (score) => exp(score) - 1, logit: logistic };
`,
  [expCode, logisticCode],
);

/** Walks the trees. */
export const treesOp = moduleOp(
  'trees',
  `
(own) => {
  const table = Object.fromEntries(Object.entries(own.trees).map(([name, packed]) => [name, unpack(packed)]));
  const { start, left, feature, flags, x, values, bitsStart, bitsCount, leftBits } = table;
  const { numOutputs, width, numTrees, link, baseScores, linear } = own;
  const terms = linear === null ? null : Object.fromEntries(Object.entries(linear).map(([name, packed]) => [name, unpack(packed)]));
  const features = own.features.map(({ slot, categories, zeroIsMissing }) => ({
    slot,
    places: categories === null ? null : new Map(categories.map((value, i) => [value, i])),
    zeroIsMissing: zeroIsMissing === true,
  }));
  const row = new Float64Array(features.length);
  const sums = new Float64Array(numOutputs);

  const fill = (slots) => {
    for (let f = 0; f < features.length; f++) {
      const { slot, places, zeroIsMissing } = features[f];
      const value = slots[slot];
      if (places === null) row[f] = zeroIsMissing && value === 0 ? NaN : value;
      else {
        const text = textOf(value, false);
        row[f] = text === null ? NaN : (places.get(text) ?? -1);
      }
    }
  };

  const categoryGoesLeft = (node, value) => {
    if (value !== value) return (flags[node] & 1) !== 0;
    const at = x[node];
    if (value < 0 || value >= bitsCount[at]) return (flags[node] & 2) !== 0;
    return ((leftBits[bitsStart[at] + (value >> 5)] >>> (value & 31)) & 1) === 1;
  };

  const plane = own.planes === null ? null : Object.fromEntries(Object.entries(own.planes).map(([name, packed]) => [name, unpack(packed)]));

  const planeGoesLeft = (node) => {
    let sum = 0;
    let isThere = false;
    for (let at = plane.start[node]; at < plane.start[node + 1]; at++) {
      const value = row[plane.feature[at]];
      if (value !== value) continue;
      isThere = true;
      sum += plane.factor[at] * (value - plane.centre[at]);
    }
    return isThere && sum === sum ? sum <= 0 : (flags[node] & 1) !== 0;
  };

  const leafOf = (tree, node) => {
    const constant = x[node];
    if (terms === null) return constant;
    const leaf = feature[node];
    let at = terms.start[leaf];
    const end = terms.start[leaf + 1];
    if (at === end) return constant;
    let sum = terms.intercept[leaf];
    for (; at < end; at++) sum += terms.factor[at] * (row[terms.feature[at]] - terms.centre[at]);
    if (!Number.isFinite(sum)) return constant;
    const unit = terms.unit[tree];
    return Math.max(-(2 ** 45), Math.min(2 ** 45, Math.round(sum / unit))) * unit;
  };

  const walk = () => {
    sums.fill(0);
    for (let t = 0; t < numTrees; t++) {
      const first = start[t];
      let node = first;
      for (let next = left[node]; next !== 0; next = left[node]) {
        const value = row[feature[node]];
        const goesLeft =
          plane !== null
            ? planeGoesLeft(node)
            : (flags[node] & 4) !== 0
            ? categoryGoesLeft(node, value)
            : value !== value
              ? (flags[node] & 1) !== 0
              : value <= x[node];
        node = first + next + (goesLeft ? 0 : 1);
      }
      if (width === 1) sums[t % numOutputs] += leafOf(t, node);
      else for (let k = 0; k < width; k++) sums[k] += values[feature[node] * width + k];
    }
  };

  const store = classStore(own);
  const isOne = typeof own.places.prediction === 'number';

  const finish = (slots, given) => {
    if (link === 'mean') return regression(isOne ? sums[0] / numTrees : sums.map((sum) => sum / numTrees));
    if (link === 'share') {
      const raw = sums.slice();
      return classified(raw, shares(raw));
    }
    const offsets = offsetsOf(own, slots, given, numOutputs);
    const scores = sums.map((sum, k) => sum + baseScores[k] + (offsets === null ? 0 : offsets[k]));
    const predict = links[link];
    if (predict !== undefined) return regression(isOne ? predict(scores[0]) : scores.map(predict));
    if (link === 'logistic') {
      const [margin] = scores;
      return classified(Float64Array.of(-margin, margin), Float64Array.of(logistic(-margin), logistic(margin)));
    }
    if (link === 'flags') {
      const least = (margin, k) => own.thresholds?.[k] ?? logistic(-margin);
      const flagged = scores.map((margin, k) => (logistic(margin) > least(margin, k) ? 1 : 0));
      return { prediction: flagged, rawPrediction: scores, probability: scores.map(logistic) };
    }
    if (link === 'quantiles') return regression(scores.sort());
    return classified(scores, shares(link === 'oneVsAll' ? scores.map(logistic) : softmax(scores)));
  };

  return (slots, given) => {
    fill(slots);
    walk();
    store(slots, finish(slots, given));
  };
};
`,
  [linksCode, textCode, offsetsCode, sharesCode, softmaxCode, foundCode],
);

/** Whether a number is as large as another. */
export const atLeastOp = moduleOp(
  'atLeast',
  `
({ from, to, least }) => (slots) => {
  slots[to] = slots[from] >= least ? 1 : 0;
};
`,
);
