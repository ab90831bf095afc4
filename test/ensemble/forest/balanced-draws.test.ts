/** Weights by class that each tree takes from the rows it draws. */
import { describe, expect, it } from 'vitest';
import { isCoppiceError } from '../../../src/base/errors.ts';
import { DecisionTreeClassifier } from '../../../src/ensemble/forest/decision-tree-classifier.ts';
import { type DataRecipe, randomData, range } from '../../tools/random-data.ts';
import { columnNamed, pickRows } from '../../tools/sample-data.ts';
import { fitSample, scoreSample } from '../../training/fit-sample.ts';
import { expectSame } from '../../training/topologies.ts';

const recipe: DataRecipe = {
  ...{ seed: 77, numRows: 3000, missing: 0.02 },
  kinds: ['float32', 'words', 'float64', 'integers'],
};
const data = randomData(recipe);
const labels = columnNamed(data, 'b').cells;
const [common] = labels;
const featuresCols = ['x0', 'x1', 'x2', 'x3'];
const shared = { featuresCols, labelCol: 'b', classWeights: 'balancedSubsample' };

/** Rows of which so many are of the first class and so many of the other. */
function rowsOf(numCommon: number, numRare: number): number[] {
  const rows = range(labels.length);
  const first = rows.filter((i) => labels[i] === common).slice(0, numCommon);
  const second = rows.filter((i) => labels[i] !== common).slice(0, numRare);
  return [...first, ...second].sort((a, b) => a - b);
}

describe('class weights of each bootstrap', () => {
  it('make the classes weigh the same in every tree, which weighs as much as its rows', async () => {
    const train = pickRows(data, rowsOf(900, 37));
    for (const weightCol of [undefined, 'w']) {
      const options = { ...shared, numTrees: 6, maxDepth: 4, weightCol };
      const { trees } = await fitSample({ name: 'RandomForestClassifier', options }, train);
      const roots = range(6).map((t) => trees.treeStart[t] as number);
      for (const root of roots) {
        expect(trees.value[2 * root]).toBeCloseTo(0.5, 9);
        expect(trees.value[2 * root + 1]).toBeCloseTo(0.5, 9);
      }
      expect(new Set(roots.map((root) => trees.cover[root])).size).toBeGreaterThan(3);
      if (weightCol !== undefined) continue;
      const covers = roots.reduce((sum, root) => sum + (trees.cover[root] as number), 0) / 6;
      expect(Math.abs(covers - 937)).toBeLessThan(60);
    }
  });

  it('are those of all rows where a tree draws all rows', async () => {
    // 2/3 and 1/3: factors of 0.75 and 1.5, which all the arithmetic holds exactly
    const train = pickRows(data, rowsOf(600, 300));
    const options = { ...shared, numTrees: 3, maxDepth: 5, bootstrap: false };
    const [drawn, all] = [
      await fitSample({ name: 'RandomForestClassifier', options }, train),
      await fitSample(
        { name: 'RandomForestClassifier', options: { ...options, classWeights: 'balanced' } },
        train,
      ),
    ];
    for (const name of ['feature', 'threshold', 'leftChild', 'cover', 'value', 'rows'] as const) {
      expect(drawn.trees[name]).toEqual(all.trees[name]);
    }
    drawn.trees.gain.forEach((gain, node) => {
      expect(gain).toBeCloseTo(all.trees.gain[node] as number, 9);
    });
  });

  it('are the same where ranks have a part of the rows each', async () => {
    const options = { labelCol: 'b', classWeights: 'balancedSubsample', numTrees: 2, maxDepth: 4 };
    const found = { name: 'RandomForestClassifier', options } as const;
    await expectSame(found, recipe, [{ threads: 2, partitions: 2, sharesTrees: true }]);
  });

  it('find a rare class that a plain forest hardly names', async () => {
    const train = pickRows(data, rowsOf(1200, 60));
    const known = new Set(rowsOf(1200, 60));
    const held = pickRows(
      data,
      range(labels.length).filter((i) => !known.has(i)),
    );
    const named = async (classWeights: unknown): Promise<number> => {
      const options = {
        ...{ ...shared, numTrees: 25, minInstancesPerNode: 12 },
        ...(classWeights === undefined ? { classWeights: undefined } : { classWeights }),
      };
      const model = await fitSample({ name: 'RandomForestClassifier', options }, train);
      const { prediction = [] } = await scoreSample(model, held);
      return prediction.filter((value) => value !== common).length / prediction.length;
    };
    expect(await named('balancedSubsample')).toBeGreaterThan(2 * (await named(undefined)));
  });

  it('limit the weight of leaves in the balanced weights', async () => {
    const train = pickRows(data, rowsOf(900, 60));
    const options = { ...shared, numTrees: 4, minWeightFractionPerNode: 0.2 };
    const { trees } = await fitSample({ name: 'RandomForestClassifier', options }, train);
    for (const t of range(4)) {
      const [root, end] = [trees.treeStart[t] as number, trees.treeStart[t + 1] as number];
      const least = Math.min(...trees.cover.subarray(root, end));
      expect(end - root).toBeGreaterThan(1);
      // weights are rounded to 12 bits where they limit
      expect(least / (trees.cover[root] as number)).toBeGreaterThan(0.199);
    }
  });

  it('are no choice of a single tree', () => {
    let caught: unknown;
    try {
      new DecisionTreeClassifier({ classWeights: 'balancedSubsample' as never });
    } catch (error) {
      caught = error;
    }
    expect(isCoppiceError(caught, 'PARAM_INVALID')).toBe(true);
  });
});
