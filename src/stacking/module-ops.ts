/** What ensembles of any models do in a JavaScript module, as level-one-operator.ts and combine-operator.ts have it. */
import { moduleOp } from '../pipeline/module/module-code.ts';
import { foundCode, logCode, logisticCode, presentCode } from '../pipeline/module/module-math.ts';

/** What one member says, as numbers; `order` tells where each number is, −1 where the member does not know the class. */
export const levelOneOp = moduleOp(
  'levelOne',
  `
({ from, to, order, take, column, logit }) => (slots) => {
  for (const slot of from) present(column, slots[slot]);
  let least = Infinity;
  for (const slot of from) least = Math.min(least, slots[slot]);
  for (let i = 0; i < to.length; i++) {
    const value = order[i] >= 0 ? slots[from[order[i]]] : take === 'margin' ? least : 0;
    const p = Math.min(1 - 2 ** -20, Math.max(2 ** -20, value));
    slots[to[i]] = logit ? log(p / (1 - p)) : value;
  }
};
`,
  [presentCode, logCode],
);

/** 1 for the class that one member predicts, 0 for others. */
export const voteOp = moduleOp(
  'vote',
  `
({ from, to, classes }) => {
  const cells = asCells(classes);
  return (slots) => {
    for (let i = 0; i < to.length; i++) slots[to[i]] = slots[from] === cells[i] ? 1 : 0;
  };
};
`,
  [foundCode],
);

/** Numbers of all members become one: their weighted mean or median. */
export const averageOp = moduleOp(
  'average',
  `
({ from, to, weights, rule }) => {
  const half = weights.reduce((sum, weight) => sum + weight, 0) / 2;
  const order = weights.map((_, m) => m);
  return (slots) => {
    const value = (m) => slots[from[m]];
    if (rule === 'median') {
      order.sort((a, b) => value(a) - value(b) || a - b);
      let sum = 0;
      for (const m of order) {
        sum += weights[m];
        slots[to] = value(m);
        if (sum >= half) break;
      }
      return;
    }
    let sum = 0;
    let total = 0;
    for (let m = 0; m < from.length; m++) {
      if (weights[m] === 0) continue;
      sum += weights[m] * value(m);
      total += weights[m];
    }
    slots[to] = sum / total;
  };
};
`,
);

/** Classes by weighted votes or probabilities of all members. */
export const voteShareOp = moduleOp(
  'voteShare',
  `
(own) => {
  const { members, weights, classes } = own;
  const width = classes.length;
  const store = classStore(own);
  return (slots) => {
    const raw = new Float64Array(width);
    let total = 0;
    members.forEach((columns, m) => {
      const weight = weights[m];
      if (weight === 0) return;
      total += weight;
      for (let k = 0; k < width; k++) {
        const said = width === 2 ? slots[columns[0]] : slots[columns[k]];
        raw[k] += weight * (width === 2 && k === 0 ? 1 - said : said);
      }
    });
    store(slots, classified(raw, raw.map((sum) => sum / total)));
  };
};
`,
  [foundCode],
);

/** Each member speaks for a class of its own. */
export const surestOp = moduleOp(
  'surest',
  `
(own) => {
  const { from, areMargins } = own;
  const store = classStore(own);
  return (slots) => {
    const raw = Float64Array.from(from, (slot) => slots[slot]);
    const scores = areMargins ? raw.map(logistic) : raw;
    let total = 0;
    for (const score of scores) total += score;
    store(slots, classified(raw, scores.map((score) => (total > 0 ? score / total : 1 / scores.length))));
  };
};
`,
  [foundCode, logisticCode],
);
