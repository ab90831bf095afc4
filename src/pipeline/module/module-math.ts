/**
 * Pieces of a module that several kinds of steps call. The arithmetic is that of the library, step for step: exp, log and
 * logistic of base/portable-math.ts, the links of ensemble/prediction/scorer.ts, the winners of class-columns.ts.
 */
import { moduleCode } from './module-code.ts';

const bitsCode = moduleCode(`
const bits = new Float64Array(1);
const words = new Int32Array(bits.buffer);
`);

/** e^x. */
export const expCode = moduleCode(
  `
const powerOfTwo = (n) => {
  words[0] = 0;
  words[1] = (n + 1023) << 20;
  return bits[0];
};

// not the platform's, whose last bits differ
const exp = (x) => {
  if (!(x >= -708)) return x < -708 ? 0 : NaN;
  if (x > 709.7) return Infinity;
  const power = x * 1.4426950408889634 + 6755399441055744 - 6755399441055744;
  const r = x - power * 0.6931471803691238 - power * 1.9082149292705877e-10;
  let p = 1.6059043836821613e-10;
  p = p * r + 2.08767569878681e-9;
  p = p * r + 2.505210838544172e-8;
  p = p * r + 2.755731922398589e-7;
  p = p * r + 2.7557319223985893e-6;
  p = p * r + 2.48015873015873e-5;
  p = p * r + 1.984126984126984e-4;
  p = p * r + 1.388888888888889e-3;
  p = p * r + 8.333333333333333e-3;
  p = p * r + 4.1666666666666664e-2;
  p = p * r + 1.6666666666666666e-1;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  const half = Math.floor(power / 2);
  return p * powerOfTwo(half) * powerOfTwo(power - half);
};
`,
  [bitsCode],
);

/** 1 / (1 + e^−x). */
export const logisticCode = moduleCode(
  `
const logistic = (x) => {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
};
`,
  [expCode],
);

/** The natural logarithm. */
export const logCode = moduleCode(
  `
// not the platform's, whose last bits differ
const log = (x) => {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  let exponent = 0;
  let value = x;
  if (value < 2.2250738585072014e-308) {
    value *= 18014398509481984;
    exponent = -54;
  }
  bits[0] = value;
  let high = words[1];
  exponent += (high >> 20) - 1023;
  high &= 0xfffff;
  const adjust = (high + 0x95f64) & 0x100000;
  words[1] = high | (adjust ^ 0x3ff00000);
  exponent += adjust >> 20;
  const f = bits[0] - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const t1 = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const t2 =
    z *
    (0.6666666666666735 +
      w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const halfSquare = 0.5 * f * f;
  return exponent * 0.6931471803691238 - (halfSquare - (s * (halfSquare + (t1 + t2)) + exponent * 1.9082149292705877e-10) - f);
};
`,
  [bitsCode],
);

/** Powers of e, the largest 1. */
export const softmaxCode = moduleCode(
  `
const softmax = (raw) => {
  let top = -Infinity;
  for (const value of raw) top = Math.max(top, value);
  const out = new Float64Array(raw.length);
  for (let k = 0; k < raw.length; k++) out[k] = exp(raw[k] - top);
  return out;
};
`,
  [expCode],
);

/** Each value's share of their sum. */
export const sharesCode = moduleCode(`
const shares = (values) => {
  let total = 0;
  for (const value of values) total += value;
  return values.map((value) => (total > 0 ? value / total : 1 / values.length));
};
`);

/** The class of the largest probability, or of the largest by thresholds. */
export const winnerCode = moduleCode(`
const scaled = (p, threshold) => (threshold === 0 ? (p > 0 ? Infinity : 0) : p / threshold);

const winner = (probability, thresholds) => {
  let best = -1;
  let bestValue = -Infinity;
  for (let k = 0; k < probability.length; k++) {
    const value = thresholds === null ? probability[k] : scaled(probability[k], thresholds[k]);
    if (value > bestValue) {
      best = k;
      bestValue = value;
    }
  }
  return best;
};
`);

/** What a model predicts becomes slots. */
export const storeCode = moduleCode(`
// classes as slots hold them
const asCells = (classes) => classes.map((value) => (typeof value === 'boolean' ? Number(value) : value));

const put = (slots, places, values) => {
  for (let i = 0; i < places.length; i++) slots[places[i]] = values[i];
};
`);

/** Margins that a row brings with it. */
export const offsetsCode = moduleCode(`
// margins of a row, from the slots of a column that a stage made or from the row
const offsetsOf = (own, slots, row, count) => {
  if (own.offsetCol === null) return null;
  const value = own.offsetSlots === null ? row[own.offsetCol] : own.offsetSlots.map((slot) => slots[slot]);
  const given = own.offsetSlots?.length === 1 ? value[0] : value;
  const found = isList(given) ? given : new Array(own.sharesOffset ? count : 1).fill(Number(given ?? NaN));
  if (found.length !== count || !Array.prototype.every.call(found, isFinite))
    fail('column ' + own.offsetCol + ' of a row must hold ' + count + ' finite numbers');
  return found;
};
`);

/** Refuses what is missing where a model reads what another one says. */
export const presentCode = moduleCode(`
// what a model says must be there where another one reads it
const present = (column, value) =>
  value === null || value === undefined || value !== value
    ? fail('column ' + column + ' must be there in every row; got a missing value')
    : value;
`);

/** A slot as the text of a category. */
export const textCode = moduleCode(`
const textOf = (value, isFlag) =>
  typeof value !== 'number' ? value : value !== value ? null : isFlag ? String(value === 1) : String(value);
`);

/** What a model finds, and how it becomes slots. */
export const foundCode = moduleCode(
  `
const none = new Float64Array(0);

const regression = (prediction) => ({ prediction, rawPrediction: none, probability: none });

const classified = (rawPrediction, probability, by = probability) => ({ prediction: null, by, rawPrediction, probability });

// a class where nothing else is predicted
const classStore = ({ classes, thresholds, places }) => {
  const cells = asCells(classes);
  return (slots, { prediction, by, rawPrediction, probability }) => {
    if (prediction === null) slots[places.prediction] = cells[winner(by, thresholds)];
    else if (isList(prediction)) put(slots, places.prediction, prediction);
    else slots[places.prediction] = prediction;
    put(slots, places.rawPrediction, rawPrediction);
    put(slots, places.probability, probability);
  };
};
`,
  [storeCode, winnerCode],
);
