import { describe, expect } from 'vitest';
import { deriveSeed, hash32, mix32, purposes, rowKey } from '../../../src/base/rng.ts';
import { treesBefore } from '../../../src/training/boosting/members.ts';
import { randomData, range } from '../../tools/random-data.ts';
import { columnNamed, type SampleData } from '../../tools/sample-data.ts';
import { it, itDivided, someOf } from '../../tools/some-cases.ts';
import { fitSample, predictedNumbers } from '../fit-sample.ts';
import { expectSame, partitionings, threadCounts } from '../topologies.ts';

const recipe = {
  seed: 21,
  numRows: 2300,
  kinds: ['float32', 'words', 'float64', 'integers'],
  missing: 0.1,
} as const;
const data = randomData(recipe);
const featuresCols = ['x0', 'x1', 'x2', 'x3'];
const seed = 5;

/** The rows that a model holds out, by the rule that the documentation states. */
function heldRows(index: number, numFolds: number): number[] {
  const key = hash32(seed, purposes.holdout);
  return range(recipe.numRows).filter(
    (row) => Math.floor((mix32(rowKey(row) ^ key) / 2 ** 32) * numFolds) === index,
  );
}

const argmin = (values: readonly number[]): number => values.indexOf(Math.min(...values));

async function meanSquare(model: Parameters<typeof predictedNumbers>[0], rows: number[]) {
  const predictions = await predictedNumbers(model, data);
  const labels = columnNamed(data, 'y').cells;
  return (
    rows.reduce((s, r) => s + ((predictions[r] as number) - Number(labels[r])) ** 2, 0) /
    rows.length
  );
}

const fitted = (options: Record<string, unknown>, rows: SampleData = data) =>
  fitSample(
    { name: 'GBTRegressor', options: { labelCol: 'y', featuresCols, seed, ...options } },
    rows,
  );

describe('a fit that stops by itself', () => {
  it('measures the rows of the fold it holds out, and trains on the others', async () => {
    const options = { maxIter: 60, stepSize: 0.4, earlyStoppingRounds: 5, numModels: 1 };
    const model = await fitted({ ...options, holdOutFolds: 4 });
    const held = heldRows(0, 4);
    expect(held.length).toBeGreaterThan(recipe.numRows / 6);
    const [heldOut] = model.summary.history;
    expect(heldOut?.set).toBe('heldOut1');
    const values = heldOut?.values ?? [];
    const kept = argmin(values) + 1;
    expect(model.summary.memberRounds).toEqual([kept]);
    expect(model.numTrees).toBe(kept);
    expect(values.length).toBe(Math.min(60, kept + 5));
    const found = await meanSquare(model, held);
    expect(Math.abs(found / (values[kept - 1] as number) - 1)).toBeLessThan(1e-9);
    for (let t = 0; t < model.numTrees; t++) {
      expect(model.trees.rows[model.trees.treeStart[t] as number]).toBe(
        recipe.numRows - held.length,
      );
    }
  });

  it('averages models that each hold another fold out, round by round', async () => {
    const options = { maxIter: 25, stepSize: 0.4, earlyStoppingRounds: 3, holdOutFolds: 5 };
    const all = await fitted({ ...options, numModels: 4 });
    const { memberRounds, history } = all.summary;
    expect(history.map(({ set }) => set)).toEqual(['heldOut1', 'heldOut2', 'heldOut3', 'heldOut4']);
    expect(memberRounds).toEqual(history.map(({ values }) => argmin(values) + 1));
    expect(all.numTrees).toBe(memberRounds.reduce((a, b) => a + b));
    const one = await fitted({ ...options, numModels: 1 });
    for (let round = 0; round < (memberRounds[0] as number); round++) {
      const t = treesBefore(memberRounds, round, 0);
      const start = all.trees.treeStart[t] as number;
      const end = all.trees.treeStart[t + 1] as number;
      const from = one.trees.treeStart[round] as number;
      expect([...all.trees.value.subarray(start, end)]).toEqual(
        [...one.trees.value.subarray(from, from + end - start)].map((value) => value / 4),
      );
    }
    for (const index of range(4)) {
      const t = treesBefore(memberRounds, 0, index);
      expect(all.trees.rows[all.trees.treeStart[t] as number]).toBe(
        recipe.numRows - heldRows(index, 5).length,
      );
    }
  });

  it('is what a fit does without maxIter; a given maxIter trains exactly so many rounds', async () => {
    const auto = await fitted({});
    expect(auto.summary.chosen).not.toBeNull();
    expect(auto.summary.history.length).toBe(auto.summary.chosen?.['numModels']);
    const told = await fitted({ maxIter: 7 });
    expect([told.numTrees, told.summary.chosen, told.summary.history]).toEqual([7, null, []]);
    expect(told.summary.memberRounds).toEqual([7]);
  });

  it('keeps to what was given', async () => {
    const options = {
      stepSize: 0.3,
      maxLeaves: 5,
      lambda: 3,
      earlyStoppingRounds: 4,
      minSumHessian: 9,
    };
    const { summary } = await fitted({ ...options, numModels: 2, holdOutFolds: 3 });
    expect(summary.chosen).toMatchObject({ ...options, numModels: 2, holdOutFolds: 3 });
  });

  it('asks more of the leaves of numbers and of many classes of few rows', async () => {
    const settled = async (
      name: 'GBTClassifier' | 'GBTRegressor',
      y: (row: number) => number,
      rows = 480,
    ) => {
      const cells = (value: (row: number) => number) => range(rows).map(value);
      const table = [
        { name: 'x0', type: 'float64', cells: cells((row) => (row * 37) % 101) },
        { name: 'y', type: 'float64', cells: cells(y) },
      ] as SampleData;
      const options = { featuresCols: ['x0'], labelCol: 'y', maxLeaves: 3, seed };
      const { summary } = await fitSample({ name, options }, table);
      return [summary.chosen?.['lambda'], summary.chosen?.['minInstancesPerNode']];
    };
    expect(await settled('GBTRegressor', (row) => row % 7)).toEqual([5, 1]);
    expect(await settled('GBTRegressor', (row) => row % 7, 80)).toEqual([1, 4]);
    expect(await settled('GBTClassifier', (row) => row % 2)).toEqual([1, 1]);
    expect(await settled('GBTClassifier', (row) => row % 15)).toEqual([1, 1]);
    expect(await settled('GBTClassifier', (row) => row % 16)).toEqual([3, 5]);
    expect(await settled('GBTClassifier', (row) => row % 16, 3200)).toEqual([1, 1]);
  });

  it('lets trees of several classes see fewer features, for more rounds', async () => {
    const table = [
      { name: 'x0', type: 'float64', cells: range(480).map((row) => (row * 37) % 101) },
      { name: 'y', type: 'float64', cells: range(480).map((row) => row % 3) },
    ] as SampleData;
    const settled = async (name: 'GBTClassifier' | 'GBTRegressor', options: object = {}) => {
      const own = { featuresCols: ['x0'], labelCol: 'y', maxLeaves: 3, seed, ...options };
      const { chosen } = (await fitSample({ name, options: own }, table)).summary;
      return [chosen?.['colsampleByTree'], chosen?.['mostRounds']];
    };
    expect(await settled('GBTClassifier')).toEqual([0.7, 125]);
    expect(await settled('GBTClassifier', { stepSize: 0.15 })).toEqual([0.7, 250]);
    expect(await settled('GBTClassifier', { colsampleByTree: 0.9 })).toEqual([0.9, 125]);
    const quantiles = { lossType: 'quantile', quantileAlphas: [0.1, 0.5, 0.9] };
    expect(await settled('GBTRegressor', quantiles)).toEqual([0.8, 84]);
  });

  it.each(['GBTRegressor', 'GBTClassifier'] as const)(
    '%s learns the same whatever unit weights have, be they shares of one',
    async (name) => {
      const learned = async (unit: number, rows: number) => {
        const cells = (value: (row: number) => number) => range(rows).map(value);
        const table = [
          { name: 'x0', type: 'float64', cells: cells((row) => (row * 37) % 101) },
          { name: 'y', type: 'float64', cells: cells((row) => ((row * 37) % 101 > 50 ? 1 : 0)) },
          { name: 'w', type: 'float64', cells: cells((row) => unit * (1 + (row % 3))) },
        ] as SampleData;
        const options = { featuresCols: ['x0'], labelCol: 'y', weightCol: 'w', seed };
        const predictions = await predictedNumbers(
          await fitSample({ name, options }, table),
          table,
        );
        const labels = table[1]?.cells as number[];
        expect(
          predictions.every((value, row) => Math.abs(value - (labels[row] as number)) < 0.2),
        ).toBe(true);
        return predictions;
      };
      for (const rows of [96, 1024])
        expect(await learned(2 ** -12, rows)).toEqual(await learned(1, rows));
    },
  );

  it('takes twice the step in the second half of the rounds, unless a step is given', async () => {
    // no noise, and steps that a penalty makes small: every round is better than those before it
    const cells = range(160);
    const wave = (k: number): number[] => cells.map((i) => ((i * 37 * k) % 101) / 101);
    const smooth = [
      { name: 'x0', type: 'float64', cells: wave(1) },
      { name: 'x1', type: 'float64', cells: wave(3) },
      { name: 'y', type: 'float64', cells: wave(1).map((x, i) => x * (wave(3)[i] as number)) },
    ] as SampleData;
    const options = { featuresCols: ['x0', 'x1'], numModels: 1, lambda: 400 };
    const free = await fitted(options, smooth);
    const { mostRounds = 0, stepSize, laterStepSize } = free.summary.chosen ?? {};
    expect(laterStepSize).toBe(2 * (stepSize as number));
    const given = await fitted({ ...options, stepSize }, smooth);
    expect(given.summary.chosen).not.toHaveProperty('laterStepSize');
    expect(given.summary.chosen).toMatchObject({ mostRounds });
    const half = mostRounds / 2;
    expect(Math.min(free.numTrees, given.numTrees)).toBeGreaterThan(half);
    const valuesOf = ({ trees }: typeof free, t: number): number[] => [
      ...trees.value.subarray(trees.treeStart[t], trees.treeStart[t + 1]),
    ];
    for (const t of [0, half - 1]) expect(valuesOf(free, t)).toEqual(valuesOf(given, t));
    const single = valuesOf(given, half);
    valuesOf(free, half).forEach((value, i) => {
      expect(value).toBeCloseTo(2 * (single[i] as number), 9);
    });
  });

  it('grows twice as many models where those planned took few rounds', async () => {
    const few = data.map((column) => ({ ...column, cells: column.cells.slice(0, 500) }));
    const quick = { stepSize: 0.4, earlyStoppingRounds: 3 };
    const double = await fitted(quick, few);
    expect(double.summary.chosen).toMatchObject({ numModels: 8, holdOutFolds: 8 });
    expect(double.summary.memberRounds).toHaveLength(8);
    const rounds = (model: typeof double): number =>
      model.summary.history.slice(0, 4).reduce((sum, { values }) => sum + values.length, 0);
    expect(rounds(double)).toBeLessThan(320);
    const given = await fitted({ ...quick, numModels: 8, holdOutFolds: 8 }, few);
    expect([...given.trees.value]).toEqual([...double.trees.value]);
    expect([...given.trees.feature]).toEqual([...double.trees.feature]);
    // slow ones, those of more rows, and where something was given, stay as they were planned
    const slow = await fitted({ stepSize: 0.02, earlyStoppingRounds: 100 }, few);
    expect(rounds(slow)).toBeGreaterThanOrEqual(320);
    expect(slow.summary.memberRounds).toHaveLength(4);
    expect((await fitted(quick)).summary.memberRounds).toHaveLength(4);
    for (const more of [{ numModels: 4 }, { holdOutFolds: 8 }, { holdOutFolds: 8, maxIter: 9 }]) {
      const { memberRounds } = (await fitted({ ...quick, ...more }, few)).summary;
      expect(memberRounds).toHaveLength(4);
    }
  });

  it('stops on the rows that the user brings, with all others to learn from', async () => {
    const { summary } = await fitted({ validationIndicatorCol: 'v' });
    expect(summary.history.map(({ set }) => set)).toEqual(['validation']);
    expect(summary.memberRounds).toEqual([argmin(summary.validationLosses) + 1]);
  });

  it('holds nothing out of a handful of rows', async () => {
    const few = data.map((column) => ({ ...column, cells: column.cells.slice(0, 60) }));
    const { summary, numTrees } = await fitted({}, few);
    expect([numTrees, summary.history]).toEqual([100, []]);
  });

  it('draws other numbers for each model', () => {
    const seeds = range(64).map((index) => deriveSeed(seed, purposes.holdout, index));
    expect(new Set(seeds).size).toBe(64);
  });
});

describe('models that are averaged', () => {
  const topologies = threadCounts.flatMap((threads) =>
    partitionings.map((partitions) => ({ threads, partitions })),
  );

  itDivided.each(
    someOf([
      ['GBTRegressor', { labelCol: 'y', weightCol: 'w', numModels: 4, holdOutFolds: 4 }],
      ['GBTClassifier', { labelCol: 'k', numModels: 2, holdOutFolds: 3 }],
      [
        'GBTClassifier',
        { labelCol: 'b', offsetCol: 'o', groupCol: 'g', numModels: 4, holdOutFolds: 6 },
      ],
      // twice as many as planned
      ['GBTClassifier', { labelCol: 'k', maxIter: undefined }],
    ] as const),
  )('are the same on every topology: %s %j', async (name, options) => {
    const some = {
      maxIter: 6,
      earlyStoppingRounds: 2,
      stepSize: 0.5,
      maxLeaves: 6,
      minInstancesPerNode: 3,
    };
    await expectSame({ name, options: { ...some, ...options } }, recipe, topologies);
  });
});
