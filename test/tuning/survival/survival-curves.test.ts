/** Chances of survival: the baseline by its definition and on any partitions, curves of both losses, scorers and refusals. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import '../../../src/ensemble/worker-operators.ts';
import '../../../src/evaluation/worker-tasks.ts';
import { loadStage } from '../../../src/pipeline/load-stage.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import { AftLikelihood } from '../../../src/training/survival/aft-likelihood.ts';
import '../../../src/training/worker-programs.ts';
import { SurvivalCurves } from '../../../src/tuning/survival/survival-curves.ts';
import { SurvivalCurvesModel } from '../../../src/tuning/survival/survival-curves-model.ts';
import '../../../src/tuning/worker-tasks.ts';
import { contentOf, inlineTable } from '../../tools/inline-table.ts';
import { randomNumbers, range } from '../../tools/random-data.ts';
import { cutTable, evenCuts, type SampleData } from '../../tools/sample-data.ts';
import { folderContent, temporaryFolder } from '../../tools/temporary-folder.ts';

const inline = new InlineRunner();
const pool = new ThreadPool(2, workerUrl());
afterAll(() => pool.close());
const root = temporaryFolder('survival-curves');

/** A row: its time, whether the event came, its hazard and its weight. */
type Row = readonly [time: number, came: boolean, hazard: number, weight: number];

const tableOf = (rows: readonly Row[], cuts?: readonly number[]) => {
  const data: SampleData = [
    { name: 'label', type: 'float64', cells: rows.map(([time]) => time) },
    { name: 'came', type: 'bool', cells: rows.map(([, came]) => came) },
    { name: 'prediction', type: 'float64', cells: rows.map(([, , hazard]) => hazard) },
    { name: 'w', type: 'float64', cells: rows.map(([, , , weight]) => weight) },
  ];
  return cuts === undefined ? cutTable(inline, data) : cutTable(pool, data, [...cuts]);
};
const options = { censorCol: 'came', weightCol: 'w', survivalTimes: [1, 3, 5] };

/** Breslow's estimate as it is defined. */
function byHand(rows: readonly Row[], at: number): number {
  let sum = 0;
  for (const [time, came, , weight] of rows) {
    if (!came || time > at) continue;
    const atRisk = rows.filter(([other]) => other >= time);
    sum += weight / atRisk.reduce((total, [, , hazard, w]) => total + w * hazard, 0);
  }
  return sum;
}

const random = randomNumbers(4);
const rows: readonly Row[] = range(200).map(() => [
  1 + Math.floor(12 * random()),
  random() < 0.6,
  0.2 + 3 * random(),
  Math.floor(4 * random()) / 2,
]);

describe('the baseline of hazards', () => {
  it("is Breslow's, with ties and weights", async () => {
    const { baseline } = await new SurvivalCurves(options).fit(tableOf(rows));
    const { times, cumulativeHazard } = baseline as NonNullable<typeof baseline>;
    const kept = rows.filter(([, came, , weight]) => came && weight > 0).map(([time]) => time);
    expect([...times]).toEqual([...new Set(kept)].sort((a, b) => a - b));
    times.forEach((time, i) => {
      expect((cumulativeHazard[i] as number) / byHand(rows, time)).toBeCloseTo(1, 13);
    });
  });

  it('has the same bytes on any threads, partitions and order of rows', async () => {
    const saved = async (model: SurvivalCurvesModel, name: string) => {
      await model.save(`${root}/${name}`);
      return folderContent(`${root}/${name}`);
    };
    const uid = { ...options };
    const model = await new SurvivalCurves(uid).fit(tableOf(rows));
    const others = [
      tableOf(rows, [0, ...evenCuts(rows.length, 7)]),
      tableOf([...rows].reverse(), [0, 3, 100, 200]),
    ];
    const bits = (one: SurvivalCurvesModel) => [
      ...(one.baseline?.times ?? []),
      ...(one.baseline?.cumulativeHazard ?? []),
    ];
    for (const other of others)
      expect(bits(await new SurvivalCurves(uid).fit(other))).toEqual(bits(model));
    const content = await saved(model, 'first');
    const loaded = (await loadStage(`${root}/first`)) as SurvivalCurvesModel;
    expect(await saved(loaded, 'again')).toEqual(content);
    expect(loaded.predictSurvival(1.5)).toEqual(model.predictSurvival(1.5));
  });

  it('takes a row of weight 2 for two rows, and does not ask in which unit hazards are', async () => {
    const row = fc.tuple(
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      fc.constantFrom(0.25, 0.5, 1, 4),
      fc.constantFrom(0, 1, 2),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (some) => {
        fc.pre(some.some(([, came, , weight]) => came && weight > 0));
        const fit = async (of: readonly Row[]) =>
          await new SurvivalCurves(options).fit(tableOf(of));
        const model = await fit(some);
        const single = some.flatMap((one): Row[] =>
          range(one[3]).map(() => [one[0], one[1], one[2], 1]),
        );
        expect((await fit(single)).baseline).toEqual(model.baseline);
        const scaled = await fit(
          some.map(([time, came, hazard, w]) => [time, came, 8 * hazard, w]),
        );
        for (const hazard of [0, 0.3, 1, 7]) {
          const curve = model.predictSurvival(hazard, [0, 1, 2, 3, 4, 5, 6, 9]);
          expect(scaled.predictSurvival(8 * hazard, [0, 1, 2, 3, 4, 5, 6, 9])).toEqual(curve);
          expect(curve[0]).toBe(1);
          curve.forEach((value, i) => {
            expect(value).toBeLessThanOrEqual(curve[i - 1] ?? 1);
            expect(value).toBeGreaterThanOrEqual(0);
          });
          const median = model.predictMedian(hazard);
          const half = [1, 2, 3, 4, 5, 6].find(
            (time) => (model.predictSurvival(hazard, [time])[0] as number) <= 0.5 + 1e-12,
          );
          expect(median).toBe(half ?? Number.POSITIVE_INFINITY);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('refuses what is no hazard, and rows without an event', async () => {
    const fit = async (of: readonly Row[]) => await new SurvivalCurves(options).fit(tableOf(of));
    await expect(fit([[1, false, 1, 1]])).rejects.toMatchObject({ code: 'LABEL_INVALID' });
    await expect(fit([[1, true, 1, 0]])).rejects.toMatchObject({ code: 'DATA_EMPTY' });
    await expect(fit([[1, true, -0.5, 1]])).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('must hold hazards') as unknown,
    });
    await expect(fit([[0, true, 1, 1]])).rejects.toMatchObject({ code: 'LABEL_INVALID' });
    const model = await fit([[1, true, 1, 1]]);
    expect(() => model.predictSurvival(-1)).toThrow(/must hold hazards/);
    expect(() => model.predictSurvival(1, [-1])).toThrow(/numbers ≥ 0/);
    const table = inlineTable({ prediction: [1, 2] });
    const untold = new SurvivalCurves({ survivalTimes: [1], predictionKind: 'time' });
    await expect(untold.fit(table)).rejects.toMatchObject({ code: 'PARAM_INVALID' });
    expect(() => new SurvivalCurves({ survivalTimes: [2, 1] })).toThrow(/ascending/);
  });

  it('is read from a saved model only where it ascends', async () => {
    const broken = new SurvivalCurvesModel(
      { survivalTimes: [1] },
      {
        function: {
          kind: 'hazard',
          times: Float64Array.of(2, 1),
          cumulativeHazard: Float64Array.of(1, 2),
        },
        inputSchema: [{ name: 'prediction', type: 'double' }],
      },
    );
    await broken.save(`${root}/broken`);
    await expect(loadStage(`${root}/broken`)).rejects.toMatchObject({ code: 'MODEL_FORMAT' });
  });
});

describe('curves behind a model', () => {
  const x = range(240).map((i) => (i * 37) % 100);
  const data = inlineTable({
    x,
    label: x.map((value, i) => 5 + 0.3 * value + ((i * 53) % 29)),
    came: x.map((_, i) => i % 3 > 0),
  });
  const columns = { labelCol: 'label', censorCol: 'came' };
  const fitted = async (params: object, curves: object = {}) =>
    await new Pipeline({
      stages: [
        new GBTRegressor({ ...columns, featuresCols: ['x'], maxIter: 10, ...params }),
        new SurvivalCurves({ ...columns, survivalTimes: [0, 10, 20.5, 40], ...curves }),
      ],
    }).fit(data);

  it('tell of hazards, by table, by row and by value', async () => {
    const model = await fitted({ lossType: 'cox' });
    const content = await contentOf(await model.transform(data));
    const curves = model.stages[1] as SurvivalCurvesModel;
    const score = await model.scorer();
    for (const row of [0, 17, 100]) {
      const hazard = content['prediction']?.[row] as number;
      const curve = [...((content['survival'] as Iterable<number>[])[row] ?? [])];
      expect([...curves.predictSurvival(hazard)]).toEqual(curve);
      expect(curves.predictMedian(hazard)).toBe(content['medianTime']?.[row]);
      const alone = score({ x: x[row] });
      expect(alone.prediction).toBe(content['medianTime']?.[row]);
      expect([...alone.probability]).toEqual(curve);
    }
    const scored = await model.transform(data);
    expect(scored.schema.fields.at(-2)?.metadata.get('survivalTimes')).toBe('[0,10,20.5,40]');
    const other = curves.copy({ survivalTimes: [3] }) as SurvivalCurvesModel;
    expect(other.predictSurvival(1)).toEqual(curves.predictSurvival(1, [3]));
  });

  it.each(['normal', 'logistic', 'extreme'] as const)(
    'tell of %s times what their likelihood says of rows without an event',
    async (aftDistribution) => {
      const model = await fitted({ lossType: 'aft', aftDistribution, aftScale: 0.4 });
      const content = await contentOf(await model.transform(data));
      const likelihood = new AftLikelihood(aftDistribution, 0.4);
      for (const row of [3, 50, 200]) {
        const score = Math.log(content['prediction']?.[row] as number);
        const curve = [...((content['survival'] as Iterable<number>[])[row] ?? [])];
        [10, 20.5, 40].forEach((time, i) => {
          expect(curve[i + 1]).toBeCloseTo(Math.exp(-likelihood.loss(score, -time)), 12);
        });
        expect(curve[0]).toBe(1);
        const curves = model.stages[1] as SurvivalCurvesModel;
        const median = content['medianTime']?.[row] as number;
        expect(
          curves.predictSurvival(content['prediction']?.[row] as number, [median])[0],
        ).toBeCloseTo(0.5, 12);
      }
      // what the model wrote may be said by hand
      const plain = inlineTable({ prediction: content['prediction'] as number[] });
      const told = { survivalTimes: [0, 10, 20.5, 40], aftDistribution, aftScale: 0.4 };
      const again = await (await new SurvivalCurves(told).fit(plain)).transform(plain);
      expect((await contentOf(again))['survival']).toEqual(content['survival']);
    },
  );
});
