/** Extra-trees: random cuts that still learn, the same seed the same forest, and weights by class. */
import { describe, expect, it } from 'vitest';
import { treeBytes } from '../../tools/fitted-bytes.ts';
import { randomData, range } from '../../tools/random-data.ts';
import {
  columnNamed,
  pickRows,
  type SampleData,
  withSampleColumn,
} from '../../tools/sample-data.ts';
import { fitSample, predictedNumbers } from '../../training/fit-sample.ts';

const data = randomData({
  ...{ seed: 12, numRows: 3000, missing: 0.03 },
  kinds: ['float32', 'float64', 'words', 'integers', 'flags'],
});
const features = { featuresCols: data.map(({ name }) => name).filter((n) => /^x\d+$/.test(n)) };
const train = pickRows(data, range(2000));
const held = pickRows(
  data,
  range(1000).map((i) => 2000 + i),
);

async function heldError(name: 'ExtraTreesRegressor' | 'RandomForestRegressor'): Promise<number> {
  const options = { ...features, labelCol: 'y', numTrees: 30 };
  const model = await fitSample({ name, options }, train);
  const predictions = await predictedNumbers(model, held);
  const labels = columnNamed(held, 'y').cells.map(Number);
  return labels.reduce((sum, y, i) => sum + (y - Number(predictions[i])) ** 2, 0) / labels.length;
}

describe('extra-trees', () => {
  it('are about as good as a random forest on rows they have not seen', async () => {
    const labels = columnNamed(held, 'y').cells.map(Number);
    const mean = labels.reduce((sum, y) => sum + y, 0) / labels.length;
    const variance = labels.reduce((sum, y) => sum + (y - mean) ** 2, 0) / labels.length;
    const [extra, forest] = [
      await heldError('ExtraTreesRegressor'),
      await heldError('RandomForestRegressor'),
    ];
    expect(extra).toBeLessThan(0.9 * variance);
    expect(extra).toBeLessThan(1.25 * forest);
  });

  it('grow the same trees from the same seed, others from another', async () => {
    const grow = (seed: number) =>
      fitSample(
        {
          name: 'ExtraTreesClassifier',
          options: { ...features, labelCol: 'k', numTrees: 3, maxDepth: 5, seed },
        },
        train,
      );
    const [first, again, other] = [await grow(1), await grow(1), await grow(2)];
    expect(treeBytes(again)).toEqual(treeBytes(first));
    expect(treeBytes(other)).not.toEqual(treeBytes(first));
  });

  it('draw cuts of their own in each tree, though every tree sees every row', async () => {
    const options = { ...features, labelCol: 'y', numTrees: 8, maxDepth: 2 };
    const { trees } = await fitSample({ name: 'ExtraTreesRegressor', options }, train);
    const roots = Array.from({ length: 8 }, (_, t) => trees.treeStart[t] as number);
    expect(new Set(roots.map((root) => trees.cover[root])).size).toBe(1);
    const cuts = roots.map((root) => `${trees.feature[root]}:${trees.threshold[root]}`);
    expect(new Set(cuts).size).toBeGreaterThan(3);
  });
});

describe('weights by class of a forest', () => {
  it('are weights of rows, bit for bit', async () => {
    const labels = columnNamed(train, 'b').cells;
    const [first] = labels;
    const weighed: SampleData = withSampleColumn(train, {
      ...{ name: 'product', type: 'float64' },
      cells: labels.map((label) => (label === first ? 3 : 1)),
    });
    for (const name of ['RandomForestClassifier', 'DecisionTreeClassifier'] as const) {
      const forest = name === 'RandomForestClassifier' ? { numTrees: 3 } : {};
      const shared = { ...features, ...forest, labelCol: 'b', maxDepth: 6 };
      const classWeights = { [String(first)]: 3 };
      const byClass = await fitSample({ name, options: { ...shared, classWeights } }, train);
      const options = { ...shared, weightCol: 'product' };
      const byRow = await fitSample({ name, options }, weighed);
      expect(treeBytes(byClass)).toEqual(treeBytes(byRow));
    }
  });
});
