/** Each loss of GBTRegressor does what its name says, and the same on any number of partitions and threads. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exp, log } from '../../../src/base/portable-math.ts';
import { hash32, unitInterval } from '../../../src/base/rng.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { RegressionEvaluator } from '../../../src/evaluation/evaluators/regression-evaluator.ts';
import { pointGradient, pointKinds, pointLoss } from '../../../src/kernels/point-losses.ts';
import { Session } from '../../../src/session/session.ts';
import type { PartitionedTable } from '../../../src/table/partitioned-table.ts';

const numRows = 4000;
const draw = (row: number, purpose: number): number => unitInterval(hash32(5, purpose, row));

function columns() {
  const x = Float64Array.from({ length: numRows }, (_, i) => draw(i, 1));
  const side = Float64Array.from({ length: numRows }, (_, i) => draw(i, 2));
  const mean = x.map((value, i) => exp(0.5 + 2 * value * ((side[i] as number) > 0.5 ? 1 : 0)));
  const noise = x.map((value, i) => 3 * value + 2 * (draw(i, 3) + draw(i, 4) + draw(i, 5) - 1.5));
  const amount = mean.map((value, i) => value * -log(draw(i, 6) * 0.999 + 0.0005) + 1e-6);
  const count = mean.map((value, i) => Math.floor(value * 2 * draw(i, 7)));
  const weight = Float64Array.from({ length: numRows }, (_, i) => 0.5 + draw(i, 8));
  return { x, side, noise, amount, count, weight };
}

let sessions: Session[] = [];
const data = columns();

beforeAll(async () => {
  sessions = [await Session.local({ threads: 1 }), await Session.local({ threads: 3 })];
});
afterAll(async () => {
  for (const session of sessions) await session.close();
});

async function predictions(
  table: PartitionedTable,
  estimator: GBTRegressor,
): Promise<Float64Array> {
  const model = await estimator.fit(table);
  const scored = await (await model.transform(table)).collect();
  return Float64Array.from(scored.getChild('prediction')?.toArray() as Float64Array);
}

const cases = [
  ['absolute', 'noise'],
  ['huber', 'noise'],
  ['fair', 'noise'],
  ['logCosh', 'noise'],
  ['pseudoHuber', 'noise'],
  ['expectile', 'noise'],
  ['mape', 'amount'],
  ['squaredLogError', 'amount'],
  ['quantile', 'noise'],
  ['poisson', 'count'],
  ['tweedie', 'count'],
  ['gamma', 'amount'],
] as const;

it.each(cases)(
  'gives the same %s predictions on 1 and 3 threads and other partitions',
  async (lossType, labelCol) => {
    const estimator = new GBTRegressor({
      featuresCols: ['x', 'side'],
      labelCol,
      lossType,
      weightCol: 'weight',
      maxIter: 8,
    });
    const one = await predictions(
      (sessions[0] as Session).createTable(data, { numPartitions: 1 }),
      estimator,
    );
    const many = await predictions(
      (sessions[1] as Session).createTable(data, { numPartitions: 5 }),
      estimator,
    );
    expect(many).toEqual(one);
  },
);

it('covers a share of the rows near the level of a quantile', async () => {
  const table = (sessions[0] as Session).createTable(data);
  for (const quantileLevel of [0.1, 0.5, 0.9]) {
    const estimator = new GBTRegressor({
      featuresCols: ['x', 'side'],
      labelCol: 'noise',
      lossType: 'quantile',
      quantileLevel,
    });
    const predicted = await predictions(table, estimator);
    const below = data.noise.filter((value, i) => value <= (predicted[i] as number)).length;
    expect(Math.abs(below / numRows - quantileLevel)).toBeLessThan(0.02);
  }
});

it('keeps the mean of a count with poisson', async () => {
  const table = (sessions[0] as Session).createTable(data);
  const estimator = new GBTRegressor({
    featuresCols: ['x', 'side'],
    labelCol: 'count',
    lossType: 'poisson',
  });
  const predicted = await predictions(table, estimator);
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  expect(sum(predicted) / sum(data.count)).toBeCloseTo(1, 2);
  expect(predicted.every((value) => value > 0)).toBe(true);
});

it('fair loss has the derivatives of its definition, squared near 0 and absolute far away', () => {
  const kind = pointKinds.fair;
  for (const c of [0.3, 1, 4]) {
    for (const r of [-50, -3, -0.2, 0.001, 0.7, 20]) {
      const loss = (s: number): number => pointLoss(kind, c, s, 0);
      expect(loss(r)).toBeCloseTo(c * c * (Math.abs(r) / c - Math.log(1 + Math.abs(r) / c)), 9);
      const [g, h] = pointGradient(kind, c, r, 0);
      const step = 1e-5;
      expect(g).toBeCloseTo((loss(r + step) - loss(r - step)) / (2 * step), 5);
      const next = pointGradient(kind, c, r + step, 0)[0] - pointGradient(kind, c, r - step, 0)[0];
      expect(h).toBeCloseTo(next / (2 * step), 4);
      expect(Math.abs(g)).toBeLessThan(Math.min(c, Math.abs(r)));
    }
  }
});

it.each([
  ['logCosh', 0, (r: number) => Math.log(Math.cosh(r))],
  ['pseudoHuber', 0.7, (r: number) => 0.49 * (Math.sqrt(1 + (r / 0.7) ** 2) - 1)],
  ['expectile', 0.8, (r: number) => (r > 0 ? 0.2 : 0.8) * r * r],
] as const)(
  '%s has the slope of its definition, and no step leaps over a label',
  (name, p, wanted) => {
    const kind = pointKinds[name];
    for (const r of [-9, -3, -0.2, 1e-9, 0.7, 8]) {
      expect(pointLoss(kind, p, 2 + r, 2)).toBeCloseTo(wanted(r), 9);
      const [g, h] = pointGradient(kind, p, 2 + r, 2);
      const step = 1e-5;
      const factor = name === 'expectile' ? 2 : 1;
      expect(factor * g).toBeCloseTo((wanted(r + step) - wanted(r - step)) / (2 * step), 5);
      expect(g / h).toBeCloseTo(r, 9);
    }
  },
);

it('weighs a distance by the size of its label with mape', async () => {
  const [g, h] = pointGradient(pointKinds.mape, 0, 3, 8);
  expect([g, h]).toEqual([-0.125, 1]);
  expect(pointGradient(pointKinds.mape, 0, 3, 0.5)[0]).toBe(1);
  const errorOf = async (lossType: 'mape' | 'absolute'): Promise<number> => {
    const wide = { ...data, amount: data.amount.map((value) => value * 40) };
    const table = (sessions[0] as Session).createTable(wide);
    const estimator = new GBTRegressor({
      featuresCols: ['x', 'side'],
      labelCol: 'amount',
      lossType,
      maxIter: 40,
    });
    const model = await estimator.fit(table);
    const evaluator = new RegressionEvaluator({ labelCol: 'amount', metricName: 'mape' });
    return await evaluator.evaluate(await model.transform(table));
  };
  expect(await errorOf('mape')).toBeLessThan(0.8 * (await errorOf('absolute')));
});

it('learns logarithms with squaredLogError, bit for bit squares of labels that are logarithms', async () => {
  const session = sessions[0] as Session;
  const logs = data.amount.map((value) => log(1 + value));
  const common = { featuresCols: ['x', 'side'], maxIter: 5 };
  const own = new GBTRegressor({ ...common, labelCol: 'amount', lossType: 'squaredLogError' });
  const plain = new GBTRegressor({ ...common, labelCol: 'logs' });
  const model = await own.fit(session.createTable(data));
  const score = await model.scorer();
  const scoreLogs = await (await plain.fit(session.createTable({ ...data, logs }))).scorer();
  const row = { x: data.x[3], side: data.side[3] };
  const logarithm = scoreLogs(row as never).prediction as number;
  expect(score(row as never).prediction).toBe(exp(logarithm) - 1);
  const [scored] = await (await model.transform(session.createTable(data)))
    .take(4)
    .then((rows) => rows.slice(3));
  expect(scored?.['prediction']).toBe(exp(logarithm) - 1);
  const wrong = session.createTable({ ...data, amount: data.amount.map(() => -1) });
  await expect(own.fit(wrong)).rejects.toMatchObject({ code: 'LABEL_INVALID' });
});

it('takes offsets of mape as part of the prediction, not from the label', async () => {
  const session = sessions[0] as Session;
  const moved = { ...data, o: data.x.map((value) => 10 * value) };
  const options = {
    featuresCols: ['side'],
    labelCol: 'amount',
    lossType: 'mape',
    maxIter: 3,
  } as const;
  const table = session.createTable(moved);
  const model = await new GBTRegressor({ ...options, offsetCol: 'o' }).fit(table);
  const score = await model.scorer();
  const at = (o: number) => score({ side: 0.3, o }).prediction as number;
  expect(at(7) - at(0)).toBeCloseTo(7, 9);
});

it('starts at the expectile of the labels', async () => {
  const table = (sessions[1] as Session).createTable(data, { numPartitions: 4 });
  const expectileLevel = 0.9;
  const estimator = new GBTRegressor({
    ...{ featuresCols: ['x'], labelCol: 'noise', weightCol: 'weight', maxIter: 1 },
    ...{ lossType: 'expectile', expectileLevel, minInstancesPerNode: numRows },
  });
  const [level = 0] = await predictions(table, estimator);
  let sum = 0;
  data.noise.forEach((y, i) => {
    sum +=
      (data.weight[i] as number) * (y > level ? expectileLevel : 1 - expectileLevel) * (y - level);
  });
  expect(Math.abs(sum)).toBeLessThan(1e-6);
});

it('minimises absolute error better than squared loss does on a heavy tail', async () => {
  const heavy = {
    ...data,
    noise: data.noise.map((value, i) => value + (draw(i, 9) < 0.02 ? 500 : 0)),
  };
  const table = (sessions[0] as Session).createTable(heavy);
  const errorOf = async (
    lossType: 'squared' | 'absolute' | 'fair' | 'logCosh' | 'pseudoHuber',
  ): Promise<number> => {
    const estimator = new GBTRegressor({
      featuresCols: ['x', 'side'],
      labelCol: 'noise',
      lossType,
      maxIter: 40,
    });
    const predicted = await predictions(table, estimator);
    return predicted.reduce((sum, p, i) => sum + Math.abs(p - (data.noise[i] as number)), 0);
  };
  const squared = await errorOf('squared');
  expect(await errorOf('absolute')).toBeLessThan(0.5 * squared);
  expect(await errorOf('fair')).toBeLessThan(0.5 * squared);
  expect(await errorOf('logCosh')).toBeLessThan(0.5 * squared);
  expect(await errorOf('pseudoHuber')).toBeLessThan(0.5 * squared);
});

it('refuses labels that the loss cannot take', async () => {
  const table = (sessions[0] as Session).createTable(data);
  const options = { featuresCols: ['x'], labelCol: 'noise' };
  await expect(
    new GBTRegressor({ ...options, lossType: 'poisson' }).fit(table),
  ).rejects.toMatchObject({
    code: 'LABEL_INVALID',
    message: expect.stringContaining('at least 0'),
  });
  await expect(
    new GBTRegressor({ ...options, lossType: 'gamma' }).fit(table),
  ).rejects.toMatchObject({
    code: 'LABEL_INVALID',
  });
});
