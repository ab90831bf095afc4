/**
 * What a model that was written as a JavaScript module runs: its text, without what it knows of a model (`spec`). The
 * arithmetic is that of the library, step for step: exp and logistic of base/portable-math.ts, the walk and the links of
 * ensemble/prediction/scorer.ts, the margins of linear/linear-model.ts. A test holds its answers against the scorer's bits.
 */

/** The text behind the constant `spec`. */
export const moduleRuntime = `
const bits = new Float64Array(1);
const words = new Int32Array(bits.buffer);

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

const logistic = (x) => {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
};

const arrays = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f64: Float64Array };

const unpack = ([type, text]) => {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return new arrays[type](bytes.buffer);
};

const fail = (message) => {
  throw new TypeError(message);
};

const shown = (value) =>
  typeof value === 'string' ? JSON.stringify(value) : Array.isArray(value) ? 'a list' : typeof value;

const perMillisecond = { s: 0.001, ms: 1, us: 1000, ns: 1e6 };

const ticksOf = (unit) =>
  unit === 'day'
    ? (ms) => Math.floor(ms / 86400000)
    : (ms) => Math.floor(ms * perMillisecond[unit]);

const numberOf = (name, value) => {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return Number(value);
  return fail('column ' + name + ' of a row must be a number or null; got ' + shown(value));
};

// how each cell of a row is read
const readers = {
  number: ({ name, unit, single }) => {
    const ticks = unit === undefined ? null : ticksOf(unit);
    return (value) => {
      if (value === null || value === undefined) return NaN;
      if (ticks !== null && typeof value === 'bigint') return Number(value);
      const given = value instanceof Date ? value.getTime() : numberOf(name, value);
      const number = ticks === null ? given : ticks(given);
      return single === true ? Math.fround(number) : number;
    };
  },
  flag: () => (value) => (value === null || value === undefined ? NaN : value === true ? 1 : 0),
  text: () => (value) =>
    value === null || value === undefined || (spec.byPosition && value !== value) ? null : String(value),
};

const isList = (value) => Array.isArray(value) || ArrayBuffer.isView(value);

const inputs = spec.inputs.map((input) => ({ ...input, read: readers[input.kind](input) }));

const readRow = (row, slots) => {
  if (typeof row !== 'object' || row === null) fail('a row must be an object of values by column name; got ' + shown(row));
  if (isList(row)) {
    if (!spec.byPosition) fail('a row must be an object of values by column name; got a list');
    if (row.length !== inputs.length)
      fail('a row given as a list must have ' + inputs.length + ' values; got ' + row.length);
    for (let i = 0; i < inputs.length; i++) slots[inputs[i].slot] = inputs[i].read(row[i]);
    return;
  }
  let isNamed = false;
  for (const { name, part, width, slot, read } of inputs) {
    let value = row[name];
    isNamed ||= value !== undefined || Object.hasOwn(row, name);
    if (part !== undefined && value !== null && value !== undefined) {
      if (width !== undefined && (!isList(value) || value.length !== width))
        fail('column ' + name + ' of a row must be ' + width + ' numbers; got ' + shown(value));
      value = value[part];
    }
    slots[slot] = read(value);
  }
  if (!isNamed && spec.byPosition)
    fail('a row must have a value or null for at least one feature of the model');
};

const textOf = (value, isFlag) =>
  typeof value !== 'number' ? value : value !== value ? null : isFlag ? String(value === 1) : String(value);

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

const invalid = ({ column, mode }, value, rule) =>
  fail('column ' + column + ' of a row must hold ' + rule + '; got ' + String(value) + (mode === 'skip' ? ', which a stage leaves out' : ''));

// what the stages of a pipeline do to the slots of a row
const makers = {
  impute: ({ from, to, surrogate, missing, single }) => (slots) => {
    const value = slots[from];
    const filled = value !== value || value === missing ? surrogate : value;
    slots[to] = single ? Math.fround(filled) : filled;
  },
  scale: ({ from, to, shift, factor, offset }) => (slots) => {
    slots[to] = (slots[from] - shift) * factor + offset;
  },
  binarize: ({ from, to, threshold }) => (slots) => {
    const value = slots[from];
    slots[to] = value !== value ? NaN : value > threshold ? 1 : 0;
  },
  bucketize: (step) => {
    const { from, to, splits, mode } = step;
    const last = splits.length - 1;
    return (slots) => {
      const value = slots[from];
      if (value !== value) slots[to] = NaN;
      else if (value >= splits[0] && value <= splits[last]) slots[to] = Math.min(bucketOf(splits, value), last - 1);
      else if (mode === 'keep') slots[to] = last;
      else invalid(step, value, 'numbers from ' + splits[0] + ' to ' + splits[last]);
    };
  },
  index: (step) => {
    const { from, to, labels, mode, unknown, missingIsUnknown, isFlag } = step;
    const known = new Set(labels);
    return (slots) => {
      const text = textOf(slots[from], isFlag);
      if (text === null) slots[to] = missingIsUnknown ? unknown : null;
      else if (known.has(text)) slots[to] = text;
      else if (mode === 'keep') slots[to] = unknown;
      else invalid(step, text, 'values seen at fit');
    };
  },
  encode: (step) => {
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
  },
  assemble: (step) => {
    const { from, to } = step;
    return (slots) => {
      for (let i = 0; i < from.length; i++) {
        const value = slots[from[i]];
        if (value === null || value !== value) invalid({ ...step, column: step.columns[i] }, 'a missing value', 'no missing values');
        slots[to[i]] = value;
      }
    };
  },
};

const softmax = (raw) => {
  let top = -Infinity;
  for (const value of raw) top = Math.max(top, value);
  const out = new Float64Array(raw.length);
  for (let k = 0; k < raw.length; k++) out[k] = exp(raw[k] - top);
  return out;
};

const shares = (values) => {
  let total = 0;
  for (const value of values) total += value;
  return values.map((value) => (total > 0 ? value / total : 1 / values.length));
};

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

const none = new Float64Array(0);

const regression = (prediction) => ({ prediction, rawPrediction: none, probability: none });

const classified = (own, rawPrediction, probability, by = probability) => ({
  prediction: own.classes[winner(by, own.thresholds)],
  rawPrediction,
  probability,
});

const offsetsOf = (row, own, count) => {
  if (own.offsetCol === null) return null;
  const value = row[own.offsetCol];
  const found = isList(value) ? value : new Array(own.sharesOffset ? count : 1).fill(Number(value ?? NaN));
  if (found.length !== count || !Array.prototype.every.call(found, Number.isFinite))
    fail('column ' + own.offsetCol + ' of a row must hold ' + count + ' finite numbers');
  return found;
};

const links = { identity: (score) => score, exp, expLessOne: (score) => exp(score) - 1, logit: logistic };

const treeModel = (own) => {
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
          (flags[node] & 4) !== 0
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

  const finish = (given) => {
    if (link === 'mean') return regression(numOutputs === 1 ? sums[0] / numTrees : sums.map((sum) => sum / numTrees));
    if (link === 'share') {
      const raw = sums.slice();
      return classified(own, raw, shares(raw));
    }
    const offsets = offsetsOf(given, own, numOutputs);
    const scores = sums.map((sum, k) => sum + baseScores[k] + (offsets === null ? 0 : offsets[k]));
    const predict = links[link];
    if (predict !== undefined) return regression(numOutputs === 1 ? predict(scores[0]) : scores.map(predict));
    if (link === 'logistic') {
      const [margin] = scores;
      return classified(own, Float64Array.of(-margin, margin), Float64Array.of(logistic(-margin), logistic(margin)));
    }
    if (link === 'flags') {
      const least = (margin, k) => own.thresholds?.[k] ?? logistic(-margin);
      const flagged = scores.map((margin, k) => (logistic(margin) > least(margin, k) ? 1 : 0));
      return { prediction: flagged, rawPrediction: scores, probability: scores.map(logistic) };
    }
    if (link === 'quantiles') return regression(scores.sort());
    return classified(own, scores, shares(link === 'oneVsAll' ? scores.map(logistic) : softmax(scores)));
  };

  return (slots, given) => {
    fill(slots);
    walk();
    const found = finish(given);
    if (own.anomalyThreshold === null) return found;
    return { ...found, anomalyScore: found.prediction, prediction: found.prediction >= own.anomalyThreshold };
  };
};

const linearModel = (own) => {
  const coefficients = unpack(own.coefficients);
  const { slots: places, intercepts, classes, hasProbability, thresholds } = own;
  const count = places.length;
  return (slots, given) => {
    for (let j = 0; j < count; j++) {
      if (!Number.isFinite(slots[places[j]]))
        fail('feature ' + own.names[j] + ' of a row must be a finite number; got ' + slots[places[j]]);
    }
    const offsets = offsetsOf(given, own, intercepts.length);
    const marginOf = (k) => {
      let margin = intercepts[k];
      for (let j = 0; j < count; j++) margin += coefficients[k * count + j] * slots[places[j]];
      return offsets === null ? margin : margin + offsets[k];
    };
    if (classes.length === 0) return regression(marginOf(0));
    const isOne = intercepts.length === 1;
    const margin = isOne ? marginOf(0) : 0;
    const raw = isOne
      ? classes.length === 1 ? Float64Array.of(0) : Float64Array.of(-margin, margin)
      : Float64Array.from(intercepts, (_, k) => marginOf(k));
    if (!hasProbability) return classified(own, raw, none, raw);
    if (isOne && classes.length === 2) return classified(own, raw, raw.map(logistic));
    const powers = softmax(raw);
    let total = 0;
    for (const power of powers) total += power;
    return classified(own, raw, powers.map((power) => power / total));
  };
};

const steps = spec.steps.map((step) => makers[step.op](step));
const answer = (spec.model.kind === 'trees' ? treeModel : linearModel)(spec.model);
const slots = new Array(spec.numSlots).fill(NaN);

/** Names of the columns that a row may have. */
export const columns = Object.freeze([...new Set(spec.inputs.map(({ name }) => name))]);

/** The classes, in the order of rawPrediction and probability; empty for numbers. */
export const classes = Object.freeze([...spec.model.classes]);

/**
 * Scores one row.
 *
 * @param {Readonly<Record<string, unknown>> | ArrayLike<number>} row values by column name; null and undefined are missing
 * @returns {{ prediction: number | string | boolean | ArrayLike<number>, rawPrediction: Float64Array, probability: Float64Array }}
 */
export function predict(row) {
  readRow(row, slots);
  for (const step of steps) step(slots);
  return answer(slots, row);
}
`;
