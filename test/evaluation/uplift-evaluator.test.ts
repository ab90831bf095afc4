import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { UpliftEvaluator } from '../../src/evaluation/evaluators/uplift-evaluator.ts';
import '../../src/evaluation/worker-tasks.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';

const runner = new InlineRunner();

interface Row {
  readonly prediction: number;
  readonly treatment: number;
  readonly label: number;
  readonly weight: number;
}

const flag = fc.constantFrom(0, 1);
const rowsOf = fc.array(
  fc.record({
    prediction: fc.integer({ min: -6, max: 6 }).map((value) => value / 8),
    treatment: flag,
    label: flag,
    weight: fc.constantFrom(0, 0.5, 1, 3),
  }),
  { minLength: 2, maxLength: 60 },
);

function tableOf(rows: readonly Row[], numPartitions = 1) {
  const column = (name: keyof Row) => Float64Array.from(rows, (row) => row[name]);
  return tableFromColumns(
    runner,
    {
      ...{ prediction: column('prediction'), treatment: column('treatment') },
      ...{ label: column('label'), weight: column('weight') },
    },
    { numPartitions },
  );
}

/** The definition, in plain numbers: YDF's ComputeAuuc. */
function measured(rows: readonly Row[]) {
  const sum = (own: readonly Row[], of: (row: Row) => number) =>
    own.reduce((total, row) => total + row.weight * of(row), 0);
  const [treated, others] = [1, 0].map((arm) =>
    sum(rows, ({ treatment }) => Number(treatment === arm)),
  ) as [number, number];
  const all = treated + others;
  let [area, share, gain] = [0, 0, 0];
  const thresholds = [...new Set(rows.map(({ prediction }) => prediction))].sort((a, b) => b - a);
  for (const threshold of thresholds) {
    const taken = rows.filter(({ prediction }) => prediction >= threshold);
    const nextShare = sum(taken, () => 1) / all;
    const next =
      sum(taken, ({ treatment, label }) => treatment * label) / treated -
      sum(taken, ({ treatment, label }) => (1 - treatment) * label) / others;
    area += ((nextShare - share) * (next + gain)) / 2;
    [share, gain] = [nextShare, next];
  }
  return { qini: area - gain / 2, areaUnderUplift: area, averageTreatmentEffect: gain };
}

describe('UpliftEvaluator', () => {
  it('measures the area under the uplift curve, ties together, with weights', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf, async (rows) => {
        const weighs = (arm: number) =>
          rows.some(({ treatment, weight }) => treatment === arm && weight > 0);
        fc.pre(weighs(0) && weighs(1));
        const expected = measured(rows);
        const evaluator = new UpliftEvaluator({ weightCol: 'weight' });
        const found = await evaluator.evaluateAll(tableOf(rows));
        for (const [name, value] of Object.entries(expected))
          expect(found[name]).toBeCloseTo(value, 12);
        const turned = [...rows].reverse();
        expect(await evaluator.evaluateAll(tableOf(turned, 5))).toEqual(found);
      }),
      { numRuns: 60 },
    );
  });

  it('tells each metric alone as all of them together, on any partitions', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({
      prediction: ((i * 7) % 11) / 10,
      treatment: (i * 5) % 3 === 0 ? 1 : 0,
      label: (i * i) % 7 < 3 ? 1 : 0,
      weight: 1,
    }));
    const all = await new UpliftEvaluator().evaluateAll(tableOf(rows, 3));
    expect(all).toEqual(
      expect.objectContaining(await new UpliftEvaluator().evaluateAll(tableOf(rows))),
    );
    for (const metricName of ['qini', 'areaUnderUplift'] as const)
      expect(await new UpliftEvaluator({ metricName }).evaluate(tableOf(rows))).toBe(
        all[metricName],
      );
  });

  it('gives the curve, which ends at the average effect', async () => {
    const rows = [
      { prediction: 0.9, treatment: 1, label: 1, weight: 1 },
      { prediction: 0.8, treatment: 0, label: 0, weight: 1 },
      { prediction: 0.2, treatment: 1, label: 0, weight: 1 },
      { prediction: 0.1, treatment: 0, label: 1, weight: 1 },
    ];
    const curve = await (await new UpliftEvaluator().curve(tableOf(rows))).collect();
    expect([...(curve.getChild('share') ?? [])]).toEqual([0.25, 0.5, 0.75, 1]);
    expect([...(curve.getChild('gain') ?? [])]).toEqual([0.5, 0.5, 0.5, 0]);
    expect([...(curve.getChild('threshold') ?? [])]).toEqual([0.9, 0.8, 0.2, 0.1]);
  });

  it('is NaN without either treatment, and refuses what is none', async () => {
    const rows = [
      { prediction: 0.9, treatment: 1, label: 1, weight: 1 },
      { prediction: 0.8, treatment: 1, label: 0, weight: 1 },
    ];
    expect(await new UpliftEvaluator().evaluate(tableOf(rows))).toBeNaN();
    const odd = rows.map((row) => ({ ...row, treatment: 2 }));
    await expect(new UpliftEvaluator().evaluate(tableOf(odd))).rejects.toThrow(
      'column treatment must be 0 or 1, or false or true, in every row to be evaluated; got 2',
    );
    const weightless = rows.map((row) => ({ ...row, weight: 0 }));
    await expect(
      new UpliftEvaluator({ weightCol: 'weight' }).evaluate(tableOf(weightless)),
    ).rejects.toMatchObject({ code: 'DATA_EMPTY' });
    await expect(
      new UpliftEvaluator({ treatmentCol: 'none' }).evaluate(tableOf(rows)),
    ).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND' });
  });
});
