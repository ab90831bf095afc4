/** What linear models and centers of clusters do in a JavaScript module, as linear-model.ts and cluster-operator.ts have it. */
import { moduleCode, moduleOp } from '../pipeline/module/module-code.ts';
import {
  foundCode,
  logisticCode,
  offsetsCode,
  softmaxCode,
} from '../pipeline/module/module-math.ts';

const finiteCode = moduleCode(`
const requireFinite = (own, slots) => {
  own.slots.forEach((slot, j) => {
    if (!isFinite(slots[slot]))
      fail('feature ' + own.names[j] + ' of a row must be a finite number; got ' + slots[slot]);
  });
};
`);

/** Margins and their links. */
export const linearOp = moduleOp(
  'linear',
  `
(own) => {
  const coefficients = unpack(own.coefficients);
  const { slots: places, intercepts, classes, hasProbability } = own;
  const count = places.length;
  const find = (slots, given) => {
    requireFinite(own, slots);
    const offsets = offsetsOf(own, slots, given, intercepts.length);
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
    if (!hasProbability) return classified(raw, none, raw);
    if (isOne && classes.length === 2) return classified(raw, raw.map(logistic));
    const powers = softmax(raw);
    let total = 0;
    for (const power of powers) total += power;
    return classified(raw, powers.map((power) => power / total));
  };
  const store = classStore(own);
  return (slots, row) => store(slots, find(slots, row));
};
`,
  [finiteCode, offsetsCode, logisticCode, softmaxCode, foundCode],
);

/** The nearest of some centers. */
export const nearestOp = moduleOp(
  'nearest',
  `
(own) => {
  const centers = unpack(own.centers);
  const { slots: places, to } = own;
  const count = places.length;
  return (slots) => {
    requireFinite(own, slots);
    let best = Infinity;
    slots[to] = 0;
    for (let c = 0; c * count < centers.length; c++) {
      let distance = 0;
      for (let j = 0; j < count; j++) {
        const away = slots[places[j]] - centers[c * count + j];
        distance += away * away;
      }
      if (distance >= best) continue;
      best = distance;
      slots[to] = c;
    }
  };
};
`,
  [finiteCode],
);
