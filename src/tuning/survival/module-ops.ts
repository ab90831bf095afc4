/** Chances of survival in a JavaScript module, as survival-function.ts and base/normal-tail.ts have them. */
import { log } from '../../base/portable-math.ts';
import { moduleCode, moduleOp } from '../../pipeline/module/module-code.ts';
import { packed } from '../../pipeline/module/module-literals.ts';
import { expCode, logCode, logisticCode, presentCode } from '../../pipeline/module/module-math.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { PredictionColumns } from '../../pipeline/prediction-columns.ts';
import { hazardsAt, medianFactor, type SurvivalFunction } from './survival-function.ts';

const predictedCode = moduleCode(
  `
const hazardOrTime = (column, value) => {
  const given = present(column, value);
  if (given >= 0 && given < Infinity) return given;
  return fail('column ' + column + ' of a row must hold a number that is finite and at least 0; got ' + given);
};
`,
  [presentCode],
);

const byHazardOp = moduleOp(
  'survivalOfHazard',
  `
({ from, to, column, hazards, places, ...own }) => {
  const [times, sums] = [unpack(own.times), unpack(own.sums)];
  return (slots) => {
    const hazard = hazardOrTime(column, slots[from]);
    hazards.forEach((sum, i) => {
      slots[places.probability[i]] = exp(-sum * hazard);
    });
    const needed = 0.6931471805599453 / hazard;
    let low = 0;
    let high = sums.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] < needed) low = middle + 1;
      else high = middle;
    }
    slots[places.prediction] = low < times.length ? times[low] : Infinity;
  };
};
`,
  [expCode, predictedCode],
);

const tailCode = moduleCode(
  `
// log of the upper tail of the normal distribution
const logNormalTail = (z) => {
  if (z >= 2.5) {
    let fraction = z;
    for (let k = 60; k > 0; k--) fraction = z + k / fraction;
    return -0.5 * z * z - 0.9189385332046728 - log(fraction);
  }
  if (z < -8.5) return 0;
  const density = 0.3989422804014327 * exp(-0.5 * z * z);
  let term = z;
  let sum = z;
  for (let k = 3; k < 400; k += 2) {
    term *= (z * z) / k;
    const next = sum + term;
    if (next === sum) break;
    sum = next;
  }
  return log(0.5 - density * sum);
};

const tails = {
  normal: (z) => exp(logNormalTail(z)),
  logistic: (z) => logistic(-z),
  extreme: (z) => exp(-exp(z)),
};
`,
  [expCode, logCode, logisticCode],
);

const byTimeOp = moduleOp(
  'survivalOfTime',
  `
({ from, to, column, logs, distribution, scale, factor, places }) => {
  const tail = tails[distribution];
  return (slots) => {
    const time = hazardOrTime(column, slots[from]);
    const middle = log(time);
    logs.forEach((own, i) => {
      slots[places.probability[i]] = own === -Infinity ? 1 : tail((own - middle) / scale);
    });
    slots[places.prediction] = factor === null ? time : time * factor;
  };
};
`,
  [tailCode, predictedCode],
);

/** Adds chances of survival and the median time. */
export function addSurvivalToModule(
  writer: ModuleWriter,
  of: SurvivalFunction,
  how: {
    readonly predictionCol: string;
    readonly survivalTimes: readonly number[];
    readonly columns: PredictionColumns;
  },
): void {
  const { predictionCol: column, survivalTimes, columns } = how;
  const from = writer.cell([column]).slot;
  const places = writer.predicted(columns, { classes: [], scores: survivalTimes.length });
  const step = { from, to: Object.values(places).flat(), places, column };
  if (of.kind === 'hazard') {
    const [times, sums] = [packed(of.times, true), packed(of.cumulativeHazard, true)];
    writer.step(byHazardOp, { ...step, hazards: hazardsAt(of, survivalTimes), times, sums });
    return;
  }
  const { distribution, scale } = of;
  const factor = distribution === 'extreme' ? medianFactor(scale) : null;
  writer.step(byTimeOp, { ...step, logs: survivalTimes.map(log), distribution, scale, factor });
}
