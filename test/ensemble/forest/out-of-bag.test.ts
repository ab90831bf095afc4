/** Out-of-bag predictions: of the trees that have not seen a row, about as good as on rows held out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isCoppiceError } from '../../../src/base/errors.ts';
import { ExtraTreesRegressor } from '../../../src/ensemble/forest/extra-trees-regressor.ts';
import { RandomForestClassificationModel } from '../../../src/ensemble/forest/random-forest-classifier.ts';
import { RandomForestRegressor } from '../../../src/ensemble/forest/random-forest-regressor.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { valueGoesLeft } from '../../../src/tree/predictor.ts';
import { outOfBagOf } from '../../tools/fitted-bytes.ts';
import { normalOf, randomData, randomNumbers, range } from '../../tools/random-data.ts';
import {
  columnNamed,
  pickRows,
  type SampleData,
  withSampleColumn,
} from '../../tools/sample-data.ts';
import { fitSample, predictedNumbers, scoreSample } from '../../training/fit-sample.ts';

const data = randomData({
  ...{ seed: 31, numRows: 2400, missing: 0.03 },
  kinds: ['float32', 'float64', 'integers', 'few numbers'],
});
const featuresCols = ['x0', 'x1', 'x2', 'x3'];
const train = pickRows(data, range(1400));
const held = pickRows(
  data,
  range(1000).map((i) => 1400 + i),
);

async function columnsOf(model: TreeModel): Promise<Record<string, unknown[]>> {
  const found = await outOfBagOf(model);
  if (found === null) throw new Error('the model has no out-of-bag predictions');
  return found;
}

/** The leaf of a tree that a row of numbers ends in. */
function leafOf({ trees }: TreeModel, tree: number, values: readonly number[]): number {
  const start = trees.treeStart[tree] as number;
  let node = start;
  for (let left = trees.leftChild[node]; left; left = trees.leftChild[node]) {
    const value = values[trees.feature[node] as number] as number;
    node = start + left + (valueGoesLeft(trees, node, value) ? 0 : 1);
  }
  return node;
}

const r2 = (labels: readonly number[], predictions: readonly number[]): number => {
  const mean = labels.reduce((sum, y) => sum + y, 0) / labels.length;
  const total = labels.reduce((sum, y) => sum + (y - mean) ** 2, 0);
  return 1 - labels.reduce((sum, y, i) => sum + (y - Number(predictions[i])) ** 2, 0) / total;
};

describe('out-of-bag predictions', () => {
  it('leave out as many rows of each tree as the tree has not seen', async () => {
    for (const draws of [{}, { bootstrap: false, subsamplingRate: 0.4 }]) {
      const options = { featuresCols, labelCol: 'y', numTrees: 7, maxDepth: 3, oobScore: true };
      const model = await fitSample(
        { name: 'RandomForestRegressor', options: { ...options, ...draws } },
        train,
      );
      const roots = range(7).map((t) => model.trees.rows[model.trees.treeStart[t] as number] ?? 0);
      const unseen = roots.reduce((sum, rows) => sum + 1400 - rows, 0);
      const counts = (await columnsOf(model))['numTrees'] as number[];
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(unseen);
      expect(counts.every((count) => count > 0 && count <= 7)).toBe(true);
    }
  });

  it('of a forest that goes on are those of the trees it adds', async () => {
    const options = { featuresCols, labelCol: 'y', maxDepth: 3 };
    const first = await fitSample(
      { name: 'RandomForestRegressor', options: { ...options, numTrees: 3 } },
      train,
    );
    const model = await fitSample(
      { name: 'RandomForestRegressor', options: { ...options, numTrees: 4, oobScore: true } },
      train,
      { initialModel: first },
    );
    const added = [3, 4, 5, 6].map((t) => model.trees.treeStart[t] as number);
    const unseen = added.reduce((sum, root) => sum + 1400 - (model.trees.rows[root] as number), 0);
    const counts = (await columnsOf(model))['numTrees'] as number[];
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(unseen);
  });

  it('are the mean of some trees, and a tree of one alone where numTrees says so', async () => {
    const options = { featuresCols, labelCol: 'y', numTrees: 2, maxDepth: 4, oobScore: true };
    const model = await fitSample({ name: 'RandomForestRegressor', options }, train);
    const found = await columnsOf(model);
    const rows = (found['rowId'] as bigint[]).map(Number);
    const columns = featuresCols.map((name) => columnNamed(train, name).cells);
    rows.forEach((row, i) => {
      const values = columns.map((cells) => Number(cells[row] ?? Number.NaN));
      const leaves = [0, 1].map((t) => model.trees.value[leafOf(model, t, values)] as number);
      const [a, b] = leaves as [number, number];
      const wanted = found['numTrees']?.[i] === 2 ? [(a + b) / 2] : leaves;
      expect(wanted).toContain(found['prediction']?.[i]);
      expect(found['y']?.[i]).toBe(columnNamed(train, 'y').cells[row]);
    });
  });

  it('score as held-out rows do', async () => {
    const options = { featuresCols, labelCol: 'y', numTrees: 60, oobScore: true };
    const model = await fitSample({ name: 'RandomForestRegressor', options }, train);
    const labels = columnNamed(held, 'y').cells.map(Number);
    const heldScore = r2(labels, await predictedNumbers(model, held));
    const outOfBag = model.summary.outOfBag;
    expect(Math.abs((outOfBag?.score ?? 0) - heldScore)).toBeLessThan(0.06);
    expect(outOfBag?.numRows).toBe(1400);
    const found = await columnsOf(model);
    const own = r2((found['y'] as number[]).map(Number), found['prediction'] as number[]);
    expect(outOfBag?.score).toBeCloseTo(own, 10);

    const forClasses = { featuresCols, labelCol: 'k', numTrees: 60, oobScore: true };
    const classifier = await fitSample(
      { name: 'RandomForestClassifier', options: forClasses },
      train,
    );
    const { prediction = [] } = await scoreSample(classifier, held);
    const right = columnNamed(held, 'k').cells.filter((k, i) => k === prediction[i]).length;
    expect(Math.abs((classifier.summary.outOfBag?.score ?? 0) - right / 1000)).toBeLessThan(0.06);
    expect(classifier.summary.outOfBag?.loss).toBeLessThan(Math.log(4));
  });

  it('see nothing in labels that are chance, which the trees know by heart', async () => {
    const random = randomNumbers(4);
    const noise: SampleData = withSampleColumn(train, {
      ...{ name: 'y', type: 'float64' },
      cells: range(1400).map(() => normalOf(random)),
    });
    const options = { featuresCols, labelCol: 'y', numTrees: 40, oobScore: true };
    const model = await fitSample({ name: 'RandomForestRegressor', options }, noise);
    const labels = columnNamed(noise, 'y').cells.map(Number);
    expect(r2(labels, await predictedNumbers(model, noise))).toBeGreaterThan(0.5);
    expect(model.summary.outOfBag?.score).toBeLessThan(0.02);
  });

  it('carry the row ids and weights, and leave rows without weight out', async () => {
    const options = {
      ...{ featuresCols, labelCol: 'b', weightCol: 'w', idCol: 'id' },
      ...{ numTrees: 30, maxDepth: 4, oobScore: true, predictionCol: 'guess' },
    };
    const model = await fitSample({ name: 'RandomForestClassifier', options }, train);
    const found = await columnsOf(model);
    expect(Object.keys(found)).toEqual(['id', 'b', 'w', 'numTrees', 'probability', 'guess']);
    const weights = columnNamed(train, 'w').cells.map(Number);
    const ids = columnNamed(train, 'id').cells.map(Number);
    const present = ids.filter((_, i) => (weights[i] as number) > 0);
    expect((found['id'] as unknown[]).map(Number)).toEqual(present);
    const total = (found['w'] as number[]).reduce((sum, w) => sum + w, 0);
    const right = (found['w'] as number[]).filter(
      (_, i) => found['guess']?.[i] === found['b']?.[i],
    );
    const score = right.reduce((sum, w) => sum + w, 0) / total;
    expect(model.summary.outOfBag?.score).toBeCloseTo(score, 12);
  });

  it('are refused where every tree sees every row', () => {
    for (const make of [
      () => new RandomForestRegressor({ oobScore: true, bootstrap: false }),
      () => new ExtraTreesRegressor({ oobScore: true }),
    ]) {
      let caught: unknown;
      try {
        make();
      } catch (error) {
        caught = error;
      }
      expect(isCoppiceError(caught, 'PARAM_INVALID')).toBe(true);
      expect(String(caught)).toMatch(/oobScore of \w+ must be false where every tree sees every/);
    }
    expect(() => new ExtraTreesRegressor({ oobScore: true, bootstrap: true })).not.toThrow();
  });

  it('leave the score in the saved model, the rows not', async () => {
    const options = { featuresCols, labelCol: 'b', numTrees: 5, maxDepth: 3, oobScore: true };
    const model = await fitSample({ name: 'RandomForestClassifier', options }, train);
    const folder = mkdtempSync(join(tmpdir(), 'coppice-oob-'));
    try {
      await model.save(join(folder, 'model'));
      const loaded = await RandomForestClassificationModel.load(join(folder, 'model'));
      const { score, loss, numRows } = model.summary.outOfBag ?? {};
      expect(loaded.summary.outOfBag).toEqual({ score, loss, numRows, predictions: null });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const plain = await fitSample(
      { name: 'RandomForestClassifier', options: { ...options, oobScore: false } },
      train,
    );
    expect(plain.summary.outOfBag).toBeNull();
  });
});
