/** What rows may do to a model: their order, a weight of 0, and weights against copies. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import { randomData, randomNumbers, range, shuffled } from '../tools/random-data.ts';
import {
  columnNamed,
  numRowsOf,
  pickRows,
  type SampleData,
  withSampleColumn,
} from '../tools/sample-data.ts';
import { fitSample, predictedNumbers, scoreSample } from './fit-sample.ts';
import { type EstimatorCase, estimatorCases, recipes, withFeatures } from './random-estimators.ts';

const anyCase: fc.Arbitrary<EstimatorCase> = fc.oneof(...Object.values(estimatorCases));

/** The case with ids, and with weights, in columns. */
function withRoles(found: EstimatorCase, extra: Record<string, unknown>): EstimatorCase {
  const { validationIndicatorCol, ...options } = found.options;
  return { ...found, options: { ...options, idCol: 'id', ...extra } };
}

describe('the order of rows', () => {
  it('does not matter where ids are in a column: the saved folder is the same', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, recipes, fc.nat(), async (found, recipe, seed) => {
        const data = randomData(recipe);
        const complete = withRoles(withFeatures(found, recipe), {});
        const order = shuffled(range(recipe.numRows), randomNumbers(seed));
        const model = await fitSample(complete, data);
        const other = await fitSample(complete, pickRows(data, order));
        expect(await savedBytes(other)).toEqual(await savedBytes(model));
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });
});

/** Spoils every row of weight 0: wild values, words of their own, labels that no other row may have. */
function spoiled(data: SampleData): SampleData {
  const weights = columnNamed(data, 'w').cells;
  return data.map((column) => {
    if (['w', 'id', 'v'].includes(column.name)) return column;
    const cells = column.cells.map((cell, row) => {
      if (weights[row] !== 0) return cell;
      if (column.name === 'y') return row % 3 === 0 ? Number.POSITIVE_INFINITY : null;
      if (column.name === 'b') return row % 2 === 0 ? 'neither' : null;
      if (column.name === 'k') return 77;
      if (column.type === 'text' || column.type === 'dictionary') return `only in row ${row}`;
      if (column.type === 'bool') return null;
      if (column.type === 'int32' || column.type === 'int64') return 1e9 + row;
      return row % 2 === 0 ? 1e35 : Number.NaN;
    });
    return { ...column, cells };
  });
}

describe('a weight of 0', () => {
  it('is the same as no row at all: edges, dictionaries, scales, counts and trees', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, recipes, async (found, recipe) => {
        const data = spoiled(randomData(recipe));
        const complete = withRoles(withFeatures(found, recipe), { weightCol: 'w' });
        const weights = columnNamed(data, 'w').cells;
        const kept = pickRows(
          data,
          range(recipe.numRows).filter((row) => weights[row] !== 0),
        );
        const model = await fitSample(complete, data);
        const other = await fitSample(complete, kept);
        expect(await savedBytes(other)).toEqual(await savedBytes(model));
        expect(model.summary.numRows).toBe(numRowsOf(kept));
        expect(await scoreSample(other, kept)).toEqual(await scoreSample(model, kept));
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });

  it('takes a validation row out of the metric and of early stopping', async () => {
    const recipe = { seed: 5, numRows: 900, kinds: ['float32', 'words'], missing: 0.1 } as const;
    const data = spoiled(randomData(recipe));
    const weights = columnNamed(data, 'w').cells;
    const kept = pickRows(
      data,
      range(recipe.numRows).filter((row) => weights[row] !== 0),
    );
    const options = {
      featuresCols: ['x0', 'x1'],
      labelCol: 'b',
      weightCol: 'w',
      idCol: 'id',
      validationIndicatorCol: 'v',
      maxIter: 40,
      stepSize: 0.4,
      minInstancesPerNode: 1,
      earlyStoppingRounds: 4,
    };
    const found: EstimatorCase = { name: 'GBTClassifier', options };
    const model = await fitSample(found, data);
    expect(await savedBytes(await fitSample(found, kept))).toEqual(await savedBytes(model));
    expect(model.numTrees).toBeLessThan(40);
  });
});

/** Every row as often as its weight says, each copy with an id of its own. */
function repeated(data: SampleData, times: readonly number[]): SampleData {
  const rows = range(numRowsOf(data)).flatMap((row) =>
    new Array<number>(times[row] ?? 0).fill(row),
  );
  return withSampleColumn(pickRows(data, rows), {
    name: 'id',
    type: 'int64',
    cells: range(rows.length),
  });
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

/** Features, threshold and leaves of every tree. */
function structureOf({ trees }: TreeModel) {
  const { feature, threshold, leftChild, flags, categoryBits } = trees;
  return { feature, threshold, leftChild, flags, categoryBits };
}

describe('a weight of k', () => {
  const recipe = {
    seed: 21,
    numRows: 1500,
    // few values: bins hang on values then, not on how often they come
    kinds: ['integers', 'words', 'few numbers', 'flags'],
    missing: 0.05,
  } as const;
  const random = randomNumbers(3);
  const times = Array.from({ length: recipe.numRows }, () => 1 + Math.floor(3 * random()));
  const data = withSampleColumn(randomData(recipe), { name: 'w', type: 'float64', cells: times });
  const copies = repeated(data, times);
  const features = { featuresCols: ['x0', 'x1', 'x2', 'x3'] };

  it('is k copies exactly for a tree of classes: counts are whole', async () => {
    for (const impurity of ['gini', 'entropy']) {
      const options = { ...features, labelCol: 'k', maxDepth: 6, impurity };
      const weighted = await fitSample(
        { name: 'DecisionTreeClassifier', options: { ...options, weightCol: 'w' } },
        data,
      );
      const copied = await fitSample({ name: 'DecisionTreeClassifier', options }, copies);
      expect(structureOf(weighted)).toEqual(structureOf(copied));
      expect(weighted.trees.value).toEqual(copied.trees.value);
      expect(weighted.trees.cover).toEqual(copied.trees.cover);
    }
  });

  it('is k copies for a regression tree, its leaves up to the last bits', async () => {
    const options = { ...features, labelCol: 'y', maxDepth: 4 };
    const weighted = await fitSample(
      { name: 'DecisionTreeRegressor', options: { ...options, weightCol: 'w' } },
      data,
    );
    const copied = await fitSample({ name: 'DecisionTreeRegressor', options }, copies);
    expect(structureOf(weighted)).toEqual(structureOf(copied));
    weighted.trees.value.forEach((value, node) => {
      expect(Math.abs(value - (copied.trees.value[node] as number))).toBeLessThan(1e-12);
    });
  });

  it('is k copies for boosting within 2 % of the spread: only roundings differ', async () => {
    const options = {
      ...features,
      labelCol: 'y',
      idCol: 'id',
      maxIter: 20,
      maxLeaves: 8,
      minInstancesPerNode: 1,
      minCategoryRows: 0,
    };
    const weighted = await fitSample(
      { name: 'GBTRegressor', options: { ...options, weightCol: 'w' } },
      data,
    );
    const copied = await fitSample({ name: 'GBTRegressor', options }, copies);
    const a = await predictedNumbers(weighted, data);
    const b = await predictedNumbers(copied, data);
    const mean = a.reduce((sum, value) => sum + value, 0) / a.length;
    const spread = rootMeanSquare(a.map((value) => value - mean));
    expect(rootMeanSquare(a.map((value, i) => value - (b[i] as number)))).toBeLessThan(
      0.02 * spread,
    );
  });
});
