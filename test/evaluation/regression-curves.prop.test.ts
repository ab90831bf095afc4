import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { RegressionEvaluator } from '../../src/evaluation/evaluators/regression-evaluator.ts';
import type { RegressionCurve } from '../../src/evaluation/regression-curves.ts';
import '../../src/evaluation/worker-tasks.ts';
import { bootstrap } from '../../src/evaluation/bootstrap.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { contentOf } from '../tools/inline-table.ts';

interface Row {
  readonly label: number;
  readonly prediction: number;
  readonly weight: number;
}

const rowArbitrary: fc.Arbitrary<Row> = fc.record({
  label: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9 })),
  prediction: fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.double({ min: -9, max: 9, noNaN: true }),
  ),
  weight: fc.integer({ min: 0, max: 4 }),
});
const rowsArbitrary = fc.array(rowArbitrary, { minLength: 1, maxLength: 40 });
const weighted = new RegressionEvaluator({ weightCol: 'weight', numBins: 4 });

function tableOf(rows: readonly Row[], numPartitions = 2) {
  const column = (name: keyof Row) => Float64Array.from(rows, (row) => row[name]);
  const columns = { label: column('label'), prediction: column('prediction') };
  return tableFromColumns(
    new InlineRunner(),
    { ...columns, weight: column('weight') },
    { numPartitions },
  );
}

async function curveOf(
  kind: RegressionCurve,
  rows: readonly Row[],
  { evaluator = weighted, numPartitions = 2, maxPoints = 1e9 } = {},
): Promise<Record<string, number[]>> {
  const curve = await evaluator.curve(kind, tableOf(rows, numPartitions), { maxPoints });
  return (await contentOf(curve)) as Record<string, number[]>;
}

const sumOf = (rows: readonly Row[], of: (row: Row) => number): number =>
  rows.reduce((sum, row) => sum + row.weight * of(row), 0);

/** Pairs in the order of a column: what the larger one has more, as a share of weight and of the labels' sum. */
function naiveGini(rows: readonly Row[], by: 'prediction' | 'label'): number {
  const gained = sumOf(rows, (one) =>
    sumOf(rows, (other) => (one[by] > other[by] ? one.label - other.label : 0)),
  );
  return gained / (sumOf(rows, () => 1) * sumOf(rows, ({ label }) => label));
}

const hasLabels = (rows: readonly Row[]): boolean => sumOf(rows, ({ label }) => label) > 0;
const hasWeight = (rows: readonly Row[]): boolean => sumOf(rows, () => 1) > 0;
const metrics = ['gini', 'normalizedGini'];

describe('the Gini coefficients of a regressor', () => {
  it('are those of all pairs of rows', async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, async (rows) => {
        fc.pre(hasLabels(rows));
        const found = await weighted.evaluateAll(tableOf(rows), { metrics });
        const gini = naiveGini(rows, 'prediction');
        expect(found['gini']).toBeCloseTo(gini, 12);
        const best = naiveGini(rows, 'label');
        if (best === 0) expect(found['normalizedGini']).toBeNaN();
        else expect(found['normalizedGini']).toBeCloseTo(gini / best, 10);
      }),
      { numRuns: 60 },
    );
  });

  it('are the same bits for other partitions and orders of rows', async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, fc.integer({ min: 1, max: 7 }), async (drawn, parts) => {
        const rows = drawn.map((row) => ({ ...row, weight: row.weight / 7, label: row.label / 3 }));
        fc.pre(hasLabels(rows));
        const reversed = [...rows].reverse();
        const found = await weighted.evaluateAll(tableOf(rows), { metrics });
        expect(await weighted.evaluateAll(tableOf(reversed, parts), { metrics })).toEqual(found);
        for (const kind of ['lorenz', 'calibration'] as const)
          expect(await curveOf(kind, reversed, { numPartitions: parts })).toEqual(
            await curveOf(kind, rows),
          );
      }),
      { numRuns: 30 },
    );
  });

  it('are measured where they are asked for, and left out where labels have no shares', async () => {
    const rows = [1, 2, 3].map((label) => ({ label, prediction: label, weight: 1 }));
    const table = tableOf(rows);
    expect(await new RegressionEvaluator().evaluateAll(table)).not.toHaveProperty('gini');
    const asked = new RegressionEvaluator({ metricName: 'normalizedGini' });
    expect(asked.isLargerBetter()).toBe(true);
    expect(await asked.evaluate(table)).toBe(1);
    expect(await asked.evaluateAll(table)).toMatchObject({ normalizedGini: 1, rmse: 0 });
    const below = tableOf([{ label: -1, prediction: 0, weight: 1 }, ...rows]);
    expect(await asked.evaluateAll(below)).not.toHaveProperty('gini');
    await expect(asked.evaluate(below)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('labels must be at least 0, and one of them above'),
    });
    const sure = await bootstrap(asked, table, { numSamples: 5 });
    expect((await contentOf(sure))['metric']).toContain('normalizedGini');
    const several = new RegressionEvaluator({ labelCols: ['label', 'weight'], metricName: 'gini' });
    expect(await several.evaluate(table)).toBeCloseTo((naiveGini(rows, 'label') + 0) / 2, 12);
  });
});

describe('a curve of a regressor', () => {
  it('says what share of the labels rows have up to a prediction', async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, async (rows) => {
        fc.pre(hasLabels(rows));
        const { prediction = [], share, labelShare } = await curveOf('lorenz', rows);
        const kept = rows.filter(({ weight }) => weight > 0);
        const distinct = new Set(kept.map((row) => row.prediction + 0));
        expect(prediction).toHaveLength(distinct.size + 1);
        prediction.forEach((most, i) => {
          const below = kept.filter((row) => row.prediction <= most);
          expect(share?.[i]).toBeCloseTo(sumOf(below, () => 1) / sumOf(kept, () => 1), 12);
          const labels = sumOf(below, ({ label }) => label) / sumOf(kept, ({ label }) => label);
          expect(labelShare?.[i]).toBeCloseTo(labels, 12);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('is thinned, and ends where all rows are', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      label: i % 7,
      prediction: i,
      weight: 1,
    }));
    const { share = [], labelShare = [] } = await curveOf('lorenz', rows, { maxPoints: 50 });
    expect(share.length).toBeGreaterThan(45);
    expect(share.length).toBeLessThan(55);
    expect([share[0], labelShare[0], share.at(-1), labelShare.at(-1)]).toEqual([0, 0, 1, 1]);
  });

  it('compares the means of predictions and labels in bins of about equal weight', async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, async (rows) => {
        fc.pre(hasWeight(rows));
        const { lower = [], upper = [], ...means } = await curveOf('calibration', rows);
        expect(lower.length).toBeLessThanOrEqual(4);
        const kept = rows.filter(({ weight }) => weight > 0);
        const all = sumOf(kept, () => 1);
        lower.forEach((least, b) => {
          const most = upper[b] as number;
          const own = kept.filter(({ prediction }) => prediction >= least && prediction <= most);
          const weight = sumOf(own, () => 1);
          expect(means['weight']?.[b]).toBe(weight);
          const mean = (of: (row: Row) => number): number => sumOf(own, of) / weight;
          expect(means['meanPrediction']?.[b]).toBeCloseTo(
            mean((row) => row.prediction),
            12,
          );
          expect(means['meanLabel']?.[b]).toBeCloseTo(
            mean((row) => row.label),
            12,
          );
          // a bin is over once it has its share, and holds more only where predictions are equal
          const last = sumOf(
            own.filter(({ prediction }) => prediction === most),
            () => 1,
          );
          expect(weight - last).toBeLessThan(all / 4);
        });
        expect((means['weight'] ?? []).reduce((a, b) => a + b)).toBe(all);
      }),
      { numRuns: 60 },
    );
  });

  it('has ten bins of as many rows where predictions differ', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => ({ label: 0, prediction: -i, weight: 1 }));
    const evaluator = new RegressionEvaluator();
    const { weight, meanLabel } = await curveOf('calibration', rows, { evaluator });
    expect(weight).toEqual(Array(10).fill(20));
    expect(meanLabel).toEqual(Array(10).fill(0));
  });

  it('is refused of several labels, without rows, and where there is none of the name', async () => {
    const rows = [{ label: 1, prediction: 1, weight: 0 }];
    const table = tableOf(rows);
    const several = new RegressionEvaluator({ labelCols: ['label', 'weight'] });
    const refused = [
      [weighted.curve('roc' as never, table), 'PARAM_INVALID', 'one of lorenz, calibration'],
      [several.curve('lorenz', table), 'PARAM_INVALID', 'of one label and one prediction a row'],
      [weighted.curve('calibration', table), 'DATA_EMPTY', 'a row of positive weight'],
      [
        new RegressionEvaluator({ labelCol: 'weight' }).curve('lorenz', table),
        'DATA_INVALID',
        'labels must be at least 0, and one of them above',
      ],
    ] as const;
    for (const [curve, code, message] of refused)
      await expect(curve).rejects.toMatchObject({
        code,
        message: expect.stringContaining(message),
      });
  });
});
