/** Quantiles and variances of forests: what the definitions say, row by row, and as wide as the data is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isCoppiceError } from '../../../src/base/errors.ts';
import type { ForestRegressionModel } from '../../../src/ensemble/forest/forest-models.ts';
import { RandomForestRegressionModel } from '../../../src/ensemble/forest/random-forest-regressor.ts';
import { inlineTable } from '../../tools/inline-table.ts';
import { normalOf, randomData, randomNumbers, range } from '../../tools/random-data.ts';
import { columnNamed, pickRows, type SampleData } from '../../tools/sample-data.ts';
import { fitSample, scoreSample } from '../../training/fit-sample.ts';

const data = randomData({
  ...{ seed: 8, numRows: 900, missing: 0.05 },
  kinds: ['float32', 'words', 'float64', 'integers'],
});
const train = pickRows(data, range(700));
const held = pickRows(
  data,
  range(200).map((i) => 700 + i),
);
const shared = { featuresCols: ['x0', 'x1', 'x2', 'x3'], labelCol: 'y', leafCol: 'leaf' };

/** Leaves of rows, row by row, one of each tree. */
function leavesOf(scored: Readonly<Record<string, unknown[]>>, numTrees: number): number[][] {
  const flat = (scored['leaf'] ?? []).map(Number);
  return range(flat.length / numTrees).map((i) => flat.slice(i * numTrees, (i + 1) * numTrees));
}

/** The least label that so much of the weight does not exceed. */
function quantileOf(labels: readonly number[], weights: readonly number[], p: number): number {
  const order = range(labels.length).sort((a, b) => Number(labels[a]) - Number(labels[b]));
  const total = weights.reduce((sum, w) => sum + w, 0);
  let reached = 0;
  for (const i of order) {
    reached += weights[i] as number;
    if (reached >= p * total * (1 - 1e-9)) return labels[i] as number;
  }
  return Number.NaN;
}

describe('quantiles of a forest', () => {
  it.each([{}, { weightCol: 'w' }])('are those of the definition, with %o', async (more) => {
    const quantileProbabilities = [0.07, 0.331, 0.5, 0.93];
    const options = {
      ...{ ...shared, ...more, numTrees: 6, maxDepth: 4 },
      ...{ quantilesCol: 'quantiles', quantileProbabilities },
    };
    const model = await fitSample({ name: 'RandomForestRegressor', options }, train);
    const asked = await scoreSample(model, held);
    const known = leavesOf(await scoreSample(model, train), 6);
    const labels = columnNamed(train, 'y').cells.map(Number);
    const own = columnNamed(train, 'w').cells.map((w) => ('weightCol' in more ? Number(w) : 1));
    leavesOf(asked, 6).forEach((leaves, row) => {
      const weights = new Array<number>(labels.length).fill(0);
      leaves.forEach((leaf, t) => {
        const members = range(labels.length).filter((i) => known[i]?.[t] === leaf);
        const total = members.reduce((sum, i) => sum + (own[i] as number), 0);
        for (const i of members) weights[i] = (weights[i] ?? 0) + (own[i] as number) / total;
      });
      const wanted = quantileProbabilities.map((p) => quantileOf(labels, weights, p));
      expect(asked['quantiles']?.slice(4 * row, 4 * row + 4)).toEqual(wanted);
    });
  });

  it('cover as many new rows as they say, and are wide where labels are', async () => {
    const random = randomNumbers(3);
    const rows: [number, number][] = range(3600).map(() => {
      const x = random();
      return [x, 3 * Math.sin(4 * x) + (0.2 + x) * normalOf(random)];
    });
    const column = (name: string, at: 0 | 1, part: readonly [number, number][]) => ({
      ...{ name, type: 'float64' as const },
      cells: part.map((row) => row[at]),
    });
    const tableOf = (part: readonly [number, number][]): SampleData => [
      column('x', 0, part),
      column('y', 1, part),
    ];
    const [known, fresh] = [rows.slice(0, 2400), rows.slice(2400)];
    const probabilities = [0.1, 0.25, 0.5, 0.75, 0.9];
    const options = {
      ...{ featuresCols: ['x'], labelCol: 'y', numTrees: 40, minInstancesPerNode: 25 },
      ...{ quantilesCol: 'q', quantileProbabilities: probabilities, varianceCol: 'v' },
    };
    const model = await fitSample({ name: 'RandomForestRegressor', options }, tableOf(known));
    const { q = [], v = [] } = await scoreSample(model, tableOf(fresh));
    probabilities.forEach((p, k) => {
      const below = fresh.filter(([, y], i) => y <= Number(q[5 * i + k])).length / fresh.length;
      expect(Math.abs(below - p)).toBeLessThan(0.05);
    });
    const widths = fresh.map((_, i) => Number(q[5 * i + 4]) - Number(q[5 * i]));
    expect(widths.every((width) => width >= 0)).toBe(true);
    const mean = (values: readonly number[]) =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const where = (isWanted: (x: number) => boolean, values: readonly unknown[]) =>
      mean(values.filter((_, i) => isWanted(fresh[i]?.[0] ?? 0)).map(Number));
    expect(where((x) => x > 0.8, widths)).toBeGreaterThan(2 * where((x) => x < 0.2, widths));
    // the noise at 0.9 has a deviation of 1.1
    expect(where((x) => x > 0.8, v)).toBeGreaterThan(0.9);
    expect(where((x) => x > 0.8, v)).toBeLessThan(1.7);
  });

  it('are kept by a saved model, and asked for later at any probability', async () => {
    const options = { ...shared, numTrees: 4, maxDepth: 5, quantilesCol: 'quantiles' };
    const model = (await fitSample(
      { name: 'RandomForestRegressor', options },
      train,
    )) as unknown as RandomForestRegressionModel;
    const folder = mkdtempSync(join(tmpdir(), 'coppice-quantiles-'));
    try {
      await model.save(join(folder, 'model'));
      const loaded = await RandomForestRegressionModel.load(join(folder, 'model'));
      const questions = inlineTable({
        x0: [0.1, null, 3],
        x1: ['a', null, 'never seen'],
        x2: [1, 2, null],
        x3: [4, 5, 6],
      });
      const ask = async (found: ForestRegressionModel) => {
        const table = await found.predictQuantiles(questions, [0.2, 0.8], 'range');
        const vectors = (await table.collect()).getChild('range');
        return range(3).flatMap((i) => Array.from((vectors?.get(i) ?? []) as Iterable<number>));
      };
      expect(await ask(loaded as unknown as ForestRegressionModel)).toEqual(
        await ask(model as unknown as ForestRegressionModel),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('are refused of a model that was not fitted for them, and at impossible probabilities', async () => {
    const plain = { ...shared, numTrees: 2, maxDepth: 2 };
    const questions = inlineTable({ x0: [0.1], x1: ['a'], x2: [1], x3: [4] });
    const refusalOf = async (options: object, probabilities: readonly number[]) => {
      const model = (await fitSample(
        { name: 'RandomForestRegressor', options: { ...plain, ...options } },
        train,
      )) as unknown as ForestRegressionModel;
      return await model
        .predictQuantiles(questions, probabilities)
        .catch((error: unknown) => error);
    };
    for (const [options, probabilities] of [
      [{}, [0.5]],
      [{ quantilesCol: 'q' }, [0.5, 0.2]],
      [{ quantilesCol: 'q' }, [0]],
      [{ quantilesCol: 'q' }, []],
    ] as const) {
      expect(isCoppiceError(await refusalOf(options, probabilities), 'USAGE')).toBe(true);
    }
  });
});

describe('the variance of a prediction', () => {
  it.each([{}, { weightCol: 'w' }])(
    'is the mean of leaf variances and the variance of leaf means, with %o',
    async (more) => {
      // every row in every tree, but trees that differ
      const all = { bootstrap: false, featureSubsetStrategy: 0.5, varianceCol: 'variance' };
      const options = { ...shared, ...all, ...more, numTrees: 5, maxDepth: 3 };
      const model = await fitSample({ name: 'RandomForestRegressor', options }, train);
      const asked = await scoreSample(model, held);
      const known = leavesOf(await scoreSample(model, train), 5);
      const labels = columnNamed(train, 'y').cells.map(Number);
      const own = columnNamed(train, 'w').cells.map((w) => ('weightCol' in more ? Number(w) : 1));
      leavesOf(asked, 5).forEach((leaves, row) => {
        const found = leaves.map((leaf, t) => {
          const members = range(labels.length).filter((i) => known[i]?.[t] === leaf);
          const sum = (f: (y: number) => number) =>
            members.reduce((s, i) => s + (own[i] as number) * f(labels[i] as number), 0);
          const mean = sum((y) => y) / sum(() => 1);
          return { mean, variance: sum((y) => (y - mean) ** 2) / sum(() => 1) };
        });
        const mean = found.reduce((s, leaf) => s + leaf.mean, 0) / 5;
        const wanted =
          found.reduce((s, leaf) => s + leaf.variance + (leaf.mean - mean) ** 2, 0) / 5;
        expect(Number(asked['variance']?.[row])).toBeCloseTo(wanted, 9);
      });
    },
  );

  it('of a tree with a row a leaf is nothing, however far the labels are', async () => {
    const far: SampleData = [
      { name: 'x', type: 'float64', cells: range(40) },
      { name: 'y', type: 'float64', cells: range(40).map((i) => 1e9 + ((i * 17) % 40)) },
    ];
    const options = { featuresCols: ['x'], labelCol: 'y', maxDepth: 40, varianceCol: 'v' };
    const model = await fitSample({ name: 'DecisionTreeRegressor', options }, far);
    const { v = [] } = await scoreSample(model, far);
    expect(Math.max(...v.map(Number))).toBeLessThan(1e-12);
    // a node that was pruned has the variance of its rows
    const stump = await fitSample(
      { name: 'DecisionTreeRegressor', options: { ...options, ccpAlpha: 1e9 } },
      far,
    );
    const { v: whole = [] } = await scoreSample(stump, far);
    expect(Number(whole[0])).toBeCloseTo((40 * 40 - 1) / 12, 6);
  });
});
