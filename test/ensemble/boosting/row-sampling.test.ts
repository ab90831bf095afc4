/** Which rows a round is trained on: by gradient, by class, by group; exact numbers of them on any topology. */
import { describe, expect, it } from 'vitest';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import type { ObjectiveFunction } from '../../../src/training/user-calls.ts';
import { treeBytes } from '../../tools/fitted-bytes.ts';
import {
  featureNames,
  normalOf,
  randomData,
  randomNumbers,
  range,
} from '../../tools/random-data.ts';
import { columnNamed, type SampleData, withSampleColumn } from '../../tools/sample-data.ts';
import { fitSample, predictedNumbers } from '../../training/fit-sample.ts';

const recipe = {
  seed: 77,
  numRows: 2600,
  kinds: ['float32', 'words', 'float64'],
  missing: 0.05,
} as const;
const data = randomData(recipe);
const shared = { featuresCols: featureNames(recipe), maxIter: 5, stepSize: 1, idCol: 'id' };

/** Nodes of one tree by what they hold. */
function nodesOf(model: TreeModel, tree: number) {
  const { treeStart, leftChild, rows, cover } = model.trees;
  return range((treeStart[tree + 1] as number) - (treeStart[tree] as number)).map((node) => {
    const at = (treeStart[tree] as number) + node;
    return {
      isLeaf: leftChild[at] === 0,
      rows: rows[at] as number,
      cover: cover[at] as number,
    };
  });
}

describe('gradient-based sampling', () => {
  const goss = { gossTopRate: 0.2, gossOtherRate: 0.15 };

  it.each(['squared', 'absolute', 'quantile'])(
    'that keeps all rows is no sampling: %s loss',
    async (lossType) => {
      const options = { ...shared, labelCol: 'y', lossType, weightCol: 'w' };
      const plain = await fitSample({ name: 'GBTRegressor', options }, data);
      const all = { ...options, gossTopRate: 0.7, gossOtherRate: 0.3 };
      const sampled = await fitSample({ name: 'GBTRegressor', options: all }, data);
      expect(treeBytes(sampled)).toEqual(treeBytes(plain));
    },
  );

  it('sees all rows in the first 1 / stepSize rounds, then the given shares, which stand for all', async () => {
    const options = { ...shared, labelCol: 'y', stepSize: 0.5, ...goss };
    const model = await fitSample({ name: 'GBTRegressor', options }, data);
    const kept = Math.floor(recipe.numRows * 0.2) + Math.floor(recipe.numRows * 0.15);
    range(5).forEach((tree) => {
      const root = nodesOf(model, tree)[0];
      expect(root?.rows).toBe(tree < 2 ? recipe.numRows : kept);
      // each row kept has a weight of 1, each amplified one of (N − top) / other
      expect(root?.cover).toBeCloseTo(recipe.numRows, 6);
    });
  });

  it('keeps all rows with the largest gradients', async () => {
    // gradients are the labels, whatever the scores: those of 1 row in 10 are much larger
    const objectiveFunction: ObjectiveFunction = ({ labels }, { grads, hesses }) => {
      grads.set(labels);
      hesses.fill(1);
    };
    const isFar = range(1000).map((row) => row % 10 === 3);
    const rows: SampleData = [
      { name: 'x0', type: 'float64', cells: isFar.map(Number) },
      { name: 'y', type: 'float64', cells: isFar.map((far, row) => (far ? row : -1)) },
    ];
    const options = {
      featuresCols: ['x0'],
      labelCol: 'y',
      maxIter: 3,
      stepSize: 1,
      objectiveFunction,
      gossTopRate: 0.1,
      gossOtherRate: 0.3,
    };
    const model = await fitSample({ name: 'GBTRegressor', options }, rows);
    const leaves = range(3).map((tree) => nodesOf(model, tree).filter(({ isLeaf }) => isLeaf));
    expect(leaves.map((own) => own.map((leaf) => leaf.rows))).toEqual([
      [900, 100],
      [300, 100],
      [300, 100],
    ]);
    expect(leaves[2]?.map(({ cover }) => cover)).toEqual([900, 100]);
  });

  it('adds up the outputs of several classes, and takes the same rows for all of them', async () => {
    const options = { ...shared, labelCol: 'k', ...goss };
    const model = await fitSample({ name: 'GBTClassifier', options }, data);
    const roots = range(model.numTrees).map((tree) => nodesOf(model, tree)[0]?.rows);
    const kept = Math.floor(recipe.numRows * 0.2) + Math.floor(recipe.numRows * 0.15);
    expect(roots.slice(0, 4)).toEqual([2600, 2600, 2600, 2600]);
    expect([...new Set(roots.slice(4))]).toEqual([kept]);
  });

  it('is nearly as good as all rows, and better than as many by chance', async () => {
    const test = randomData({ ...recipe, seed: 78 });
    const labels = columnNamed(test, 'y').cells.map(Number);
    const options = { ...shared, labelCol: 'y', stepSize: 0.2, maxIter: 40, maxLeaves: 8 };
    const error = async (extra: Record<string, unknown>): Promise<number> => {
      const model = await fitSample(
        { name: 'GBTRegressor', options: { ...options, ...extra } },
        data,
      );
      const predicted = await predictedNumbers(model, test);
      return predicted.reduce((sum, p, i) => sum + (p - (labels[i] as number)) ** 2, 0);
    };
    const all = await error({});
    expect((await error(goss)) / all).toBeLessThan(1.1);
  });
});

describe('a share of each class', () => {
  const numRows = 1700;
  const random = randomNumbers(9);
  const labels = range(numRows).map((row) =>
    row % 170 === 0 ? 'rare' : row % 3 === 0 ? 'some' : 'many',
  );
  const rows: SampleData = [
    {
      name: 'x0',
      type: 'float64',
      cells: labels.map((label) => ['rare', 'some', 'many'].indexOf(label)),
    },
    { name: 'x1', type: 'float64', cells: labels.map(() => random()) },
    { name: 'label', type: 'text', cells: labels },
  ];
  const countOf = (label: string): number => labels.filter((own) => own === label).length;
  const options = {
    featuresCols: ['x0'],
    labelCol: 'label',
    maxIter: 3,
    minInstancesPerNode: 1,
    minSumHessian: 0,
  };
  const leavesOf = async (extra: Record<string, unknown>): Promise<number[][]> => {
    const model = await fitSample(
      { name: 'GBTClassifier', options: { ...options, ...extra } },
      rows,
    );
    return range(model.numTrees).map((tree) =>
      nodesOf(model, tree)
        .filter(({ isLeaf }) => isLeaf)
        .map((leaf) => leaf.rows)
        .sort((a, b) => a - b),
    );
  };

  it('is exact to a row in every round', async () => {
    const wanted = ['rare', 'some', 'many'].map((label) => Math.round(0.3 * countOf(label)));
    expect(wanted[0]).toBe(3);
    for (const leaves of await leavesOf({ subsamplingRate: 0.3, stratifiedSampling: true })) {
      expect(leaves.reduce((sum, count) => sum + count, 0)).toBe(
        wanted.reduce((sum, count) => sum + count, 0),
      );
      // trees of one class against the others have a leaf of that class
      expect(wanted).toContain(leaves[0]);
    }
  });

  it('may be one of its own, and never leaves a class out', async () => {
    const classSamplingRates = { many: 0.01, rare: 1 };
    for (const leaves of await leavesOf({ classSamplingRates })) {
      const total = leaves.reduce((sum, count) => sum + count, 0);
      expect(total).toBe(10 + countOf('some') + Math.round(0.01 * countOf('many')));
    }
    for (const leaves of await leavesOf({ subsamplingRate: 0.001, stratifiedSampling: true })) {
      expect(leaves.reduce((sum, count) => sum + count, 0)).toBe(3);
    }
  });

  it('is refused for a class that is not there', async () => {
    await expect(leavesOf({ classSamplingRates: { none: 0.5 } })).rejects.toMatchObject({
      code: 'PARAM_INVALID',
      message: expect.stringContaining(
        'classes that label has (many, rare, some); got one of none',
      ),
    });
  });
});

describe('sampling by group', () => {
  it.each(['int64', 'text'] as const)('takes all rows of a group or none: %s', async (type) => {
    const random = randomNumbers(4);
    const groups = range(1500).map((row) => row % 150);
    const means = range(150).map(() => normalOf(random));
    const rows: SampleData = [
      { name: 'x0', type: 'float64', cells: groups },
      { name: 'y', type: 'float64', cells: groups.map((group) => means[group] as number) },
      {
        name: 'g',
        type,
        cells: groups.map((group) => (type === 'text' ? `group ${group}` : group)),
      },
    ];
    const options = {
      featuresCols: ['x0'],
      labelCol: 'y',
      maxIter: 4,
      maxLeaves: 150,
      minInstancesPerNode: 1,
      subsamplingRate: 0.5,
      groupCol: 'g',
      subsampleByGroup: true,
    };
    const model = await fitSample({ name: 'GBTRegressor', options }, rows);
    const drawn = range(4).map((tree) => nodesOf(model, tree));
    for (const nodes of drawn) {
      for (const node of nodes) expect(node.rows % 10).toBe(0);
      expect((nodes[0]?.rows ?? 0) / 1500).toBeGreaterThan(0.3);
      expect((nodes[0]?.rows ?? 0) / 1500).toBeLessThan(0.7);
    }
    expect(new Set(drawn.map((nodes) => nodes[0]?.rows)).size).toBeGreaterThan(1);
    const alone = { ...options, subsampleByGroup: false };
    const byRow = await fitSample({ name: 'GBTRegressor', options: alone }, rows);
    expect(nodesOf(byRow, 0).some((node) => node.rows % 10 !== 0)).toBe(true);
  });

  it('needs a group in every row that takes part', async () => {
    const cells = [...columnNamed(data, 'g').cells];
    const weights = columnNamed(data, 'w').cells;
    const row = weights.indexOf(0);
    cells[row] = null;
    const holed = withSampleColumn(data, { name: 'g', type: 'int64', cells });
    const options = { ...shared, labelCol: 'y', groupCol: 'g', subsampleByGroup: true };
    const weighted = { ...options, weightCol: 'w' };
    expect((await fitSample({ name: 'GBTRegressor', options: weighted }, holed)).numTrees).toBe(5);
    await expect(fitSample({ name: 'GBTRegressor', options }, holed)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('g (the group of GBTRegressor) must not be null; got null'),
    });
    const bad = { ...options, groupCol: 'x0' };
    await expect(fitSample({ name: 'GBTRegressor', options: bad }, data)).rejects.toMatchObject({
      code: 'COLUMN_TYPE',
    });
  });
});

it('ways of sampling that do not go together are refused', () => {
  const refused: [Record<string, unknown>, string][] = [
    [{ gossOtherRate: 0.1 }, 'gossOtherRate'],
    [{ gossTopRate: 0.1, subsamplingRate: 0.5 }, 'subsamplingRate'],
    [{ gossTopRate: 0.1, stratifiedSampling: true }, 'gossTopRate'],
    [{ subsampleByGroup: true }, 'subsampleByGroup'],
    [{ subsampleByGroup: true, groupCol: 'g', stratifiedSampling: true }, 'subsampleByGroup'],
    [{ subsampleByGroup: true, groupCol: 'g', gossTopRate: 0.2 }, 'subsampleByGroup'],
  ];
  for (const [options, param] of refused) {
    expect(() => new GBTClassifier(options)).toThrow(`${param} of GBTClassifier must be`);
  }
  expect(new GBTRegressor({ gossTopRate: 0.2 }).params.gossTopRate).toBe(0.2);
});
