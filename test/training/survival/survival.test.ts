/** Boosting of times until an event: leaves by the partial likelihood's definition, the same anywhere, mistakes told. */
import { afterAll, describe, expect, it } from 'vitest';
import { exp, log } from '../../../src/base/portable-math.ts';
import { InlineRunner, type TaskRunner } from '../../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import {
  type GBTRegressionModel,
  GBTRegressor,
} from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { SurvivalEvaluator } from '../../../src/evaluation/evaluators/survival-evaluator.ts';
import { loadStage } from '../../../src/pipeline/load-stage.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import '../../../src/evaluation/worker-tasks.ts';
import { AftLikelihood } from '../../../src/training/survival/aft-likelihood.ts';
import { concordanceIndex } from '../../../src/training/survival/concordance.ts';
import '../../../src/ensemble/worker-operators.ts';
import '../../../src/training/worker-programs.ts';
import { predictionsOf, savedBytes } from '../../tools/fitted-bytes.ts';
import { normalOf, randomNumbers, range } from '../../tools/random-data.ts';
import {
  columnNamed,
  cutTable,
  evenCuts,
  pickRows,
  type SampleData,
} from '../../tools/sample-data.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const inline = new InlineRunner();
const pools = ([2, 3] as const).map((threads) => new ThreadPool(threads, workerUrl()));
afterAll(async () => {
  for (const pool of pools) await pool.close();
});
const folder = temporaryFolder('survival');

const numRows = 700;
const random = randomNumbers(4);
const x = range(numRows).map(() => random());
const z = range(numRows).map(() => Math.floor(4 * random()));
// coarse, so that times are tied
const times = x.map((value, i) =>
  Math.max(1, Math.round(20 * exp(value - 0.5 * (z[i] as number) + 0.6 * normalOf(random)))),
);
const events = range(numRows).map(() => (random() < 0.7 ? 1 : 0));
const weights = range(numRows).map(() => Math.round(100 * (0.2 + random())) / 100);
const columnOf = (name: string, cells: readonly number[]) =>
  ({ name, type: 'float64', cells }) as const;
const data: SampleData = [
  columnOf('x', x),
  columnOf('z', z),
  columnOf('time', times),
  columnOf('event', events),
  columnOf('weight', weights),
];
type Options = ConstructorParameters<typeof GBTRegressor>[0];
const usual = {
  featuresCols: ['x', 'z'],
  labelCol: 'time',
  censorCol: 'event',
  maxIter: 6,
} as const;

async function fit(
  options: Options,
  {
    rows = data,
    cuts = [] as number[],
    runner = inline as TaskRunner,
    validation = null as SampleData | null,
  } = {},
): Promise<GBTRegressionModel> {
  const held = validation === null ? {} : { validation: cutTable(runner, validation, cuts) };
  return await new GBTRegressor({ ...usual, ...options }).fit(cutTable(runner, rows, cuts), held);
}

/** Derivatives of −log of the partial likelihood, pair by pair. */
function coxByHand(scores: readonly number[], weight: readonly number[]) {
  const v = scores.map((score, i) => (weight[i] as number) * Math.exp(score));
  const atRisk = (time: number): number =>
    v.reduce((sum, value, k) => sum + ((times[k] as number) >= time ? value : 0), 0);
  const risks = times.map(atRisk);
  return scores.map((_, i) => {
    let [g, h] = [events[i] === 1 ? -(weight[i] as number) : 0, 0];
    times.forEach((time, j) => {
      if (events[j] !== 1 || time > (times[i] as number)) return;
      const share = (v[i] as number) / (risks[j] as number);
      g += (weight[j] as number) * share;
      h += (weight[j] as number) * share * (1 - share);
    });
    return { g, h };
  });
}

describe('proportional hazards', () => {
  it.each([
    ['unweighted', undefined],
    ['weighted', 'weight'],
  ] as const)(
    'gives leaves the Newton step of the partial likelihood, %s',
    async (_, weightCol) => {
      const weight = weightCol === undefined ? range(numRows).map(() => 1) : weights;
      const model = await fit({
        ...(weightCol === undefined ? {} : { weightCol }),
        ...{ lossType: 'cox', leafCol: 'leaf', maxIter: 3, maxLeaves: 4, stepSize: 0.5 },
      });
      for (const round of [1, 2, 3]) {
        const before = round === 1 ? null : model.truncate(round - 1);
        const score = async (one: GBTRegressionModel): Promise<number[]> =>
          ((await predictionsOf(one, cutTable(inline, data)))['prediction'] as number[]).map(
            Math.log,
          );
        const scores = before === null ? x.map(() => 0) : await score(before);
        const after = await score(model.truncate(round));
        const derivatives = coxByHand(scores, weight);
        const leaves = (await predictionsOf(model.truncate(round), cutTable(inline, data)))['leaf'];
        const own = range(numRows).map((row) => leaves?.[row * round + round - 1] as number);
        for (const leaf of new Set(own)) {
          const rows = range(numRows).filter((row) => own[row] === leaf);
          const sum = (of: 'g' | 'h'): number =>
            rows.reduce((total, row) => total + (derivatives[row]?.[of] as number), 0);
          const [row = 0] = rows;
          const step = (after[row] as number) - (scores[row] as number);
          expect(step).toBeCloseTo((-0.5 * sum('g')) / sum('h'), 7);
        }
      }
    },
  );

  it('measures the partial likelihood and the concordance of validation rows', async () => {
    const held = pickRows(data, range(300));
    const model = await fit(
      { lossType: 'cox', validationMetrics: ['concordanceIndex', 'loss'], weightCol: 'weight' },
      { validation: held },
    );
    const last = model.truncate(model.numTrees);
    const told = (await predictionsOf(last, cutTable(inline, held)))['prediction'] as number[];
    const at = model.numTrees - 1;
    const [concordance, loss] = model.summary.history.map(({ values }) => values[at] as number);
    let [sum, total] = [0, 0];
    for (const i of range(300)) {
      if (events[i] !== 1) continue;
      const atRisk = range(300).filter((k) => (times[k] as number) >= (times[i] as number));
      const risk = atRisk.reduce((all, k) => all + (weights[k] as number) * (told[k] as number), 0);
      sum -= (weights[i] as number) * Math.log((told[i] as number) / risk);
      total += weights[i] as number;
    }
    expect(loss).toBeCloseTo(sum / total, 8);
    const signed = times.slice(0, 300).map((time, i) => (events[i] === 1 ? time : -time));
    const columns = [signed, told, weights.slice(0, 300)].map((own) => Float64Array.from(own));
    const [signedTimes, risks, own] = columns as [Float64Array, Float64Array, Float64Array];
    expect(concordance).toBeCloseTo(
      concordanceIndex([{ times: signedTimes, risks, weights: own }]),
      10,
    );
    expect(concordance).toBeGreaterThan(0.7);
  });
});

describe.each([
  ['cox', {}],
  ['aft', { aftDistribution: 'extreme', aftScale: 0.7 }],
] as const)('a fit of %s', (lossType, more) => {
  it('is the same on any topology and order of rows, saved and loaded', async () => {
    const options = { lossType, ...more, weightCol: 'weight', maxIter: 4 } as const;
    const validation = pickRows(data, range(200));
    const alone = await fit(options, { validation });
    const bytes = await savedBytes(alone);
    for (const [runner, parts] of [
      [pools[0] as TaskRunner, 2],
      [pools[1] as TaskRunner, 7],
      [inline, 5],
    ] as const) {
      const cuts = evenCuts(numRows, parts).filter((cut) => cut < 200);
      const other = await fit(options, { cuts, runner, validation });
      expect(await savedBytes(other)).toEqual(bytes);
      expect(other.summary.history).toEqual(alone.summary.history);
    }
    await alone.save(`${folder}/${lossType}`);
    const loaded = (await loadStage(`${folder}/${lossType}`)) as GBTRegressionModel;
    const wanted = await predictionsOf(alone, cutTable(inline, data));
    expect(await predictionsOf(loaded, cutTable(inline, data))).toEqual(wanted);
    const score = await loaded.scorer();
    expect(score({ x: x[3] as number, z: z[3] as number }).prediction).toBe(
      wanted['prediction']?.[3],
    );
  });

  it('continues a model and refits its leaves', async () => {
    const options = { lossType, ...more, maxIter: 3 } as const;
    const first = await fit(options);
    const next = await new GBTRegressor({ ...usual, ...options }).fit(cutTable(inline, data), {
      initialModel: first,
    });
    expect(next.numTrees).toBe(6);
    expect((await fit({ ...options, maxIter: 6 })).trees).toEqual(next.trees);
    const refitted = await first.refitLeaves(cutTable(inline, data), { decayRate: 0.5 });
    expect(refitted.numTrees).toBe(3);
  });

  it('refuses times of 0 and below, unknown flags, and the flag among the features', async () => {
    const changed = (name: string, cell: number): SampleData =>
      data.map((column) =>
        column.name === name ? { ...column, cells: [cell, ...column.cells.slice(1)] } : column,
      );
    const refused = (rows: SampleData) => expect(fit({ lossType }, { rows })).rejects;
    await refused(changed('time', -4)).toThrow(/time .*must be a time above 0.*got -4 in row 0/);
    await refused(changed('event', 0.5)).toThrow(/event .*must be 1 where the event came/);
    await expect(fit({ lossType, featuresCols: ['x', 'event'] })).rejects.toMatchObject({
      code: 'PARAM_INVALID',
    });
  });
});

/** What visits every few weeks tell of the times: missing where the event had not come. */
function visited(every: number): SampleData {
  const latest = times.map((time, i) => {
    if (events[i] === 0) return i % 2 === 0 ? null : Number.POSITIVE_INFINITY;
    return i % 5 === 0 ? time : Math.ceil(time / every) * every;
  });
  const earliest = times.map((time, i) =>
    events[i] === 0 || i % 5 === 0 ? time : Math.ceil(time / every) * every - every,
  );
  return [
    columnOf('x', x),
    columnOf('z', z),
    columnOf('weight', weights),
    columnOf('from', earliest),
    { name: 'to', type: 'float64', cells: latest },
  ];
}

describe('events that came between two times', () => {
  const bounds = { censorCol: undefined, labelCol: 'from', labelUpperBoundCol: 'to' };
  const options = { ...bounds, lossType: 'aft', aftScale: 0.6, weightCol: 'weight' } as const;
  const rows = visited(12);

  it('are learned from as others are where all is known', async () => {
    const told: SampleData = [
      ...data,
      {
        ...{ name: 'to', type: 'float64' },
        cells: times.map((time, i) => (events[i] === 1 ? time : null)),
      },
    ];
    const aft = { lossType: 'aft', aftDistribution: 'logistic' } as const;
    for (const more of [{}, { maxIter: undefined, holdOutFolds: 4, numModels: 1 }]) {
      const one = await fit({ ...aft, ...bounds, labelCol: 'time', ...more }, { rows: told });
      const other = await fit({ ...aft, ...more }, { rows: told });
      expect(one.trees).toEqual(other.trees);
      expect(one.data.baseScores).toEqual(other.data.baseScores);
      expect(one.summary.history).toEqual(other.summary.history);
    }
  });

  it('predict the times almost as well as the days themselves would', async () => {
    const concordance = async (model: GBTRegressionModel): Promise<number> => {
      const told = (await predictionsOf(model, cutTable(inline, data)))['prediction'] as number[];
      const signed = Float64Array.from(times, (time, i) => (events[i] === 1 ? time : -time));
      const risks = Float64Array.from(told, (time) => -time);
      return concordanceIndex([{ times: signed, risks, weights: null }]);
    };
    const more = { maxIter: 20, weightCol: undefined };
    const best = await concordance(
      await fit({
        ...options,
        ...more,
        censorCol: 'event',
        labelCol: 'time',
        labelUpperBoundCol: undefined,
      }),
    );
    const found = await concordance(await fit({ ...options, ...more }, { rows }));
    expect(found).toBeGreaterThan(best - 0.02);
    expect(best).toBeGreaterThan(0.7);
  });

  it.each([
    ['for so many rounds', { maxIter: 4 }],
    ['until it stops by itself', { maxIter: undefined, holdOutFolds: 4, numModels: 2 }],
  ])('give the same model on any topology, %s', async (_, more) => {
    const validation = pickRows(rows, range(200));
    const metrics = { validationMetrics: ['loss', 'concordanceIndex', 'intervalAccuracy'] };
    const held = more.maxIter === undefined ? null : validation;
    const alone = await fit({ ...options, ...metrics, ...more }, { rows, validation: held });
    const bytes = await savedBytes(alone);
    for (const [runner, parts] of [
      [pools[0] as TaskRunner, 2],
      [pools[1] as TaskRunner, 7],
    ] as const) {
      const cuts = evenCuts(numRows, parts).filter((cut) => cut < 200);
      const found = { rows, cuts, runner, validation: held };
      const other = await fit({ ...options, ...metrics, ...more }, found);
      expect(await savedBytes(other)).toEqual(bytes);
      expect(other.summary.history).toEqual(alone.summary.history);
    }
  });

  it('are measured by the likelihood, and by what lies between the bounds', async () => {
    const held = pickRows(rows, range(300));
    const metrics = ['intervalAccuracy', 'loss', 'concordanceIndex'];
    const model = await fit({ ...options, validationMetrics: metrics }, { rows, validation: held });
    const at = model.numTrees - 1;
    const values = model.summary.history.map((series) => series.values[at] as number);
    const told = (await predictionsOf(model, cutTable(inline, held)))['prediction'] as number[];
    const likelihood = new AftLikelihood('normal', 0.6);
    let [within, loss, total] = [0, 0, 0];
    told.forEach((time, i) => {
      const from = columnNamed(held, 'from').cells[i] as number;
      const to = (columnNamed(held, 'to').cells[i] ?? Number.POSITIVE_INFINITY) as number;
      const weight = weights[i] as number;
      total += weight;
      if (time >= from && time <= to) within += weight;
      loss += weight * likelihood.loss(log(time), from, to);
    });
    expect(values[0]).toBeCloseTo(within / total, 10);
    expect(values[1]).toBeCloseTo(loss / total, 8);
    const scored = [...held, columnOf('prediction', told)];
    const evaluator = new SurvivalEvaluator({
      ...{ labelCol: 'from', labelUpperBoundCol: 'to', weightCol: 'weight' },
    });
    const found = await evaluator.evaluateAll(cutTable(inline, scored, [70]));
    expect(found['intervalAccuracy']).toBeCloseTo(values[0] as number, 10);
    expect(found['concordanceIndex']).toBeCloseTo(values[2] as number, 10);
  });

  it('are refused where the bounds cannot be, and beside censorCol', async () => {
    const changed = (name: string, cell: number): SampleData =>
      rows.map((column) =>
        column.name === name ? { ...column, cells: [cell, ...column.cells.slice(1)] } : column,
      );
    const refused = (found: SampleData) => expect(fit(options, { rows: found })).rejects;
    await refused(changed('from', -1)).toThrow(/from .*must be the earliest time.*got -1 in row 0/);
    await refused(changed('to', 0)).toThrow(/to .*must be the latest time.*got 0 in row 0/);
    await expect(fit({ ...options, featuresCols: ['x', 'to'] }, { rows })).rejects.toThrow(
      /must not hold what tells whether the event came; got to/,
    );
    expect(() => new GBTRegressor({ ...options, censorCol: 'event' })).toThrow(
      /censorCol of GBTRegressor must be left out with labelUpperBoundCol/,
    );
    expect(() => new GBTRegressor({ ...options, lossType: 'cox' })).toThrow(/without lossType aft/);
    expect(() => new GBTRegressor({ labelUpperBoundCol: 'to' })).toThrow(/without lossType aft/);
  });
});

it('starts accelerated failure time at the best constant, and predicts times', async () => {
  const rows = data;
  const model = await fit({ lossType: 'aft', maxIter: 1, minInstancesPerNode: numRows }, { rows });
  const [told = 0] = (await predictionsOf(model, cutTable(inline, rows)))['prediction'] as number[];
  // the likelihood of a normal sample, censored on the right: its slope at the constant is 0
  const slope = times.reduce((sum, time, i) => {
    const distance = log(time) - log(told);
    if (events[i] === 1) return sum + distance;
    const tail = 0.5 * erfc(distance / Math.SQRT2);
    return sum + Math.exp(-0.5 * distance * distance) / Math.sqrt(2 * Math.PI) / tail;
  }, 0);
  expect(Math.abs(slope)).toBeLessThan(1e-4 * numRows);
});

it('needs an event, and knows its parameters', async () => {
  const none = data.map((column) =>
    column.name === 'event' ? { ...column, cells: column.cells.map(() => 0) } : column,
  );
  await expect(fit({ lossType: 'cox' }, { rows: none })).rejects.toThrow(
    /an event in at least one row/,
  );
  expect(() => new GBTRegressor({ censorCol: 'event' })).toThrow(
    /must be left out without lossType aft or cox/,
  );
  expect(() => new GBTRegressor({ lossType: 'cox', aftScale: 2 })).toThrow(/aftScale/);
  expect(() => new GBTRegressor({ lossType: 'aft', validationMetrics: ['rmse'] })).toThrow(
    /loss, concordanceIndex/,
  );
});

/** Within 1e-7 (M. Abramowitz and I. Stegun, 7.1.26 is as good). */
function erfc(value: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(value));
  const poly =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = poly * Math.exp(-value * value);
  return value >= 0 ? tail : 2 - tail;
}
