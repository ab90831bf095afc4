/** What the steps of feature stages do in a JavaScript module. */
import { moduleCode, moduleOp } from '../pipeline/module/module-code.ts';
import { expCode, logCode, textCode } from '../pipeline/module/module-math.ts';

const bucketCode = moduleCode(`
const bucketOf = (splits, value) => {
  let low = 0;
  let high = splits.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (splits[middle] <= value) low = middle;
    else high = middle;
  }
  return low;
};
`);

const invalidCode = moduleCode(`
const invalid = ({ column, mode }, value, rule) =>
  fail('column ' + column + ' of a row must hold ' + rule + '; got ' + String(value) + (mode === 'skip' ? ', which a stage leaves out' : ''));
`);

/** A number in place of a missing one. */
export const imputeOp = moduleOp(
  'impute',
  `
({ from, to, surrogate, missing, single }) => (slots) => {
  const value = slots[from];
  const filled = value !== value || value === missing ? surrogate : value;
  slots[to] = single ? Math.fround(filled) : filled;
};
`,
);

/** (value − shift) · factor + offset. */
export const scaleOp = moduleOp(
  'scale',
  `
({ from, to, shift, factor, offset }) => (slots) => {
  slots[to] = (slots[from] - shift) * factor + offset;
};
`,
);

/** Products with weights, added one after the other. */
export const projectOp = moduleOp(
  'project',
  `
({ from, to, weights }) => (slots) => {
  let sum = slots[from[0]] * weights[0];
  for (let i = 1; i < from.length; i++) sum += slots[from[i]] * weights[i];
  slots[to] = sum;
};
`,
);

/** 0 or 1 by a threshold. */
export const binarizeOp = moduleOp(
  'binarize',
  `
({ from, to, threshold }) => (slots) => {
  const value = slots[from];
  slots[to] = value !== value ? NaN : value > threshold ? 1 : 0;
};
`,
);

/** The bucket of a number. */
export const bucketizeOp = moduleOp(
  'bucketize',
  `
(step) => {
  const { from, to, splits, mode } = step;
  const last = splits.length - 1;
  return (slots) => {
    const value = slots[from];
    if (value !== value) slots[to] = NaN;
    else if (value >= splits[0] && value <= splits[last]) slots[to] = Math.min(bucketOf(splits, value), last - 1);
    else if (mode === 'keep') slots[to] = last;
    else invalid(step, value, 'numbers from ' + splits[0] + ' to ' + splits[last]);
  };
};
`,
  [bucketCode, invalidCode],
);

/** A text that was seen at fit. */
export const indexOp = moduleOp(
  'index',
  `
(step) => {
  const { from, to, labels, mode, unknown, missingIsUnknown, isFlag } = step;
  const known = new Set(labels);
  return (slots) => {
    const text = textOf(slots[from], isFlag);
    if (text === null) slots[to] = missingIsUnknown ? unknown : null;
    else if (known.has(text)) slots[to] = text;
    else if (mode === 'keep') slots[to] = unknown;
    else invalid(step, text, 'values seen at fit');
  };
};
`,
  [textCode, invalidCode],
);

/** A 0 or 1 for each category. */
export const encodeOp = moduleOp(
  'encode',
  `
(step) => {
  const { from, to, labels, mode, missingIsUnknown, isFlag } = step;
  const places = new Map(labels.map((label, i) => [label, i]));
  const unknown = mode === 'keep' ? labels.length - 1 : -1;
  return (slots) => {
    const text = textOf(slots[from], isFlag);
    if (text === null && !missingIsUnknown) {
      for (const slot of to) slots[slot] = NaN;
      return;
    }
    const place = text === null ? unknown : (places.get(text) ?? unknown);
    if (place < 0) invalid(step, text, 'values seen at fit');
    for (let i = 0; i < to.length; i++) slots[to[i]] = i === place ? 1 : 0;
  };
};
`,
  [textCode, invalidCode],
);

/** Cells without missing values. */
export const assembleOp = moduleOp(
  'assemble',
  `
(step) => {
  const { from, to } = step;
  return (slots) => {
    for (let i = 0; i < from.length; i++) {
      const value = slots[from[i]];
      if (value === null || value !== value) invalid({ ...step, column: step.columns[i] }, 'a missing value', 'no missing values');
      slots[to[i]] = value;
    }
  };
};
`,
  [invalidCode],
);

/** The number that stands for a category; behind them that of a missing value and of one never seen. */
export const encodeTargetOp = moduleOp(
  'encodeTarget',
  `
(step) => {
  const { from, to, labels, values, mode, isFlag } = step;
  const places = new Map(labels.map((label, i) => [label, i]));
  const table = unpack(values);
  return (slots) => {
    const text = textOf(slots[from], isFlag);
    const place = text === null ? labels.length : (places.get(text) ?? labels.length + 1);
    if (place > labels.length && mode === 'error') invalid(step, text, 'values seen at fit');
    for (let k = 0; k < to.length; k++) slots[to[k]] = table[place * to.length + k];
  };
};
`,
  [textCode, invalidCode],
);

/** The text of a number. */
export const decodeOp = moduleOp(
  'decode',
  `
(step) => {
  const { from, to, labels } = step;
  return (slots) => {
    const value = slots[from];
    if (value !== value) slots[to] = null;
    else if (Number.isInteger(value) && value >= 0 && value < labels.length) slots[to] = labels[value];
    else invalid(step, value, 'whole numbers from 0 to ' + (labels.length - 1));
  };
};
`,
  [invalidCode],
);

const powerCode = moduleCode(
  `
const power = (x, p) => (p === 1 ? x : p === 2 ? x * x : p === 0.5 ? Math.sqrt(x) : exp(p * log(x)));
`,
  [expCode, logCode],
);

/** Numbers divided by their norm. */
export const normalizeOp = moduleOp(
  'normalize',
  `
({ from, to, p }) => (slots) => {
  let largest = 0;
  for (const slot of from) if (Math.abs(slots[slot]) > largest) largest = Math.abs(slots[slot]);
  let sum = 0;
  for (const slot of p === Infinity ? [] : from) {
    const share = Math.abs(slots[slot]) / largest;
    if (share > 0) sum += power(share, p);
  }
  const norm = p === Infinity || largest === 0 ? largest : largest * power(sum, 1 / p);
  for (let i = 0; i < from.length; i++) slots[to[i]] = norm > 0 ? slots[from[i]] / norm : slots[from[i]];
};
`,
  [powerCode],
);
