/** One row at a time and batch by batch: the same bits, for known, missing and never seen values alike. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { createTable, GBTRegressor } from '../../../src/index.ts';
import { nodeFlag } from '../../../src/tree/tree.ts';
import { randomData, randomNumbers } from '../../tools/random-data.ts';
import { type Cell, numRowsOf, type SampleData } from '../../tools/sample-data.ts';
import { fitSample, scoreSample } from '../../training/fit-sample.ts';
import {
  alikeByRow,
  type EstimatorCase,
  estimatorCases,
  recipes,
  withFeatures,
} from '../../training/random-estimators.ts';
import { runModule } from '../module/run-module.ts';

/** Data of another seed, some of its cells missing, some its words new to the model. */
function otherData(recipe: Parameters<typeof randomData>[0]): SampleData {
  const random = randomNumbers(recipe.seed + 99);
  const data = randomData({ ...recipe, seed: recipe.seed + 1, numRows: 120, missing: 0.2 });
  return data.map((column) => {
    if (column.type !== 'text' && column.type !== 'dictionary') return column;
    const cells = column.cells.map((cell): Cell => (random() < 0.3 ? `new ${cell}` : cell));
    return { ...column, cells };
  });
}

async function scoredByRow(model: TreeModel, data: SampleData): Promise<Record<string, unknown[]>> {
  const score = await model.scorer();
  const columns: Record<string, unknown[]> = { prediction: [] };
  for (let row = 0; row < numRowsOf(data); row++) {
    const values = Object.fromEntries(data.map(({ name, cells }) => [name, cells[row] as Cell]));
    const { prediction, rawPrediction, probability } = score(values);
    // quantiles are flattened, as those of transform are
    if (prediction instanceof Float64Array) columns['prediction']?.push(...prediction);
    else columns['prediction']?.push(prediction);
    if (probability.length === 0) continue;
    columns['rawPrediction'] = [...(columns['rawPrediction'] ?? []), ...rawPrediction];
    columns['probability'] = [...(columns['probability'] ?? []), ...probability];
  }
  return columns;
}

describe('a scorer', () => {
  it('gives the bits of transform', async () => {
    const anyCase: fc.Arbitrary<EstimatorCase> = fc.oneof(...Object.values(estimatorCases));
    await fc.assert(
      fc.asyncProperty(anyCase, recipes, async (found, recipe) => {
        const model = await fitSample(alikeByRow(found, recipe), randomData(recipe));
        const data = otherData(recipe);
        expect(await scoredByRow(model, data)).toEqual(await scoreSample(model, data));
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it('takes rows as arrays in the order of the features', async () => {
    const data = randomData({ seed: 5, numRows: 400, kinds: ['float64', 'words'], missing: 0.2 });
    const options = { featuresCols: ['x1', 'x0'], labelCol: 'y', minInstancesPerNode: 2 };
    const model = await fitSample({ name: 'GBTRegressor', options }, data);
    const [x0, x1] = ['x0', 'x1'].map((name) => data.find((column) => column.name === name));
    const [named, listed] = [await model.scorer(), await model.scorer()];
    for (let row = 0; row < 100; row++) {
      const [a, b] = [x0?.cells[row] as number, x1?.cells[row] as string];
      expect(listed([b, a])).toEqual(named({ x0: a, x1: b }));
    }
    expect(() => listed([1])).toThrowError(/length of a row given as an array must be 2/);
  });

  it('takes typed arrays of numbers', async () => {
    const data = randomData({ seed: 6, numRows: 300, kinds: ['float64', 'float32'], missing: 0.2 });
    const options = { featuresCols: ['x0', 'x1'], labelCol: 'k', maxIter: 5 };
    const score = await (await fitSample({ name: 'GBTClassifier', options }, data)).scorer();
    for (const [x0, x1] of [
      [0.5, -1],
      [Number.NaN, 3],
    ] as const) {
      const named = score({ x0, x1 });
      expect(score(Float64Array.of(x0, x1))).toEqual(named);
      expect(score(Float32Array.of(x0, x1))).toEqual(named);
    }
  });

  it('rounds to float32 what a column in float32 would have rounded, and so does a module', async () => {
    // of each pair of neighbours 0.7 lies between, one is what 0.7 becomes
    const pairs = [0.7, 0.1, 1 / 3, 1e-3, 12.3].map((value) => {
      const near = Math.fround(value);
      const bits = new Int32Array(Float32Array.of(near).buffer);
      bits[0] = (bits[0] as number) + (near < value ? 1 : -1);
      return { value, near, other: new Float32Array(bits.buffer)[0] as number };
    });
    for (const { value, near, other } of pairs) {
      const x = Float32Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? near : other));
      const y = Float64Array.from(x, (one) => (one === near ? 1 : 5));
      const table = createTable({ x, y });
      const options = { featuresCols: ['x'], labelCol: 'y', maxIter: 1, stepSize: 1, lambda: 0 };
      const model = await new GBTRegressor({ ...options, minInstancesPerNode: 1 }).fit(table);
      const score = await model.scorer();
      const { predict } = runModule(await model.toModule());
      for (const row of [{ x: value }, [value], Float64Array.of(value)]) {
        expect(score(row).prediction).toBeCloseTo(1, 6);
        expect(predict(row).prediction).toBe(score(row).prediction);
      }
      expect(score({ x: other }).prediction).toBeCloseTo(5, 6);
    }
  });

  it('takes what is not there, null and NaN as missing', async () => {
    const data = randomData({ seed: 4, numRows: 300, kinds: ['float64', 'words'], missing: 0.3 });
    const options = { featuresCols: ['x0', 'x1'], labelCol: 'y', minInstancesPerNode: 2 };
    const score = await (await fitSample({ name: 'GBTRegressor', options }, data)).scorer();
    const missing = score({ x0: null, x1: null });
    for (const row of [
      { x1: null },
      { x0: Number.NaN },
      { x0: undefined, x1: undefined, other: 5 },
    ]) {
      expect(score(row)).toEqual(missing);
    }
    expect(score({ x0: true })).toEqual(score({ x0: 1 }));
    expect(score({ x0: 1n })).toEqual(score({ x0: 1 }));
  });

  it('hands out results that later calls leave alone', async () => {
    const data = randomData({ seed: 4, numRows: 300, kinds: ['float64'], missing: 0 });
    const options = { featuresCols: ['x0'], labelCol: 'k', maxIter: 3 };
    const score = await (await fitSample({ name: 'GBTClassifier', options }, data)).scorer();
    const first = score({ x0: -1e5 });
    const copy = structuredClone(first);
    score({ x0: 1e5 });
    expect(first).toEqual(copy);
  });
});

describe('values that a split has not seen', () => {
  const cases: EstimatorCase[] = [
    { name: 'GBTRegressor', options: { labelCol: 'y', maxIter: 4 } },
    { name: 'GBTClassifier', options: { labelCol: 'b', maxIter: 4, minInstancesPerNode: 1 } },
    { name: 'RandomForestRegressor', options: { labelCol: 'y', numTrees: 4 } },
    { name: 'RandomForestClassifier', options: { labelCol: 'k', numTrees: 4 } },
    { name: 'DecisionTreeClassifier', options: { labelCol: 'b', impurity: 'entropy' } },
  ];
  for (const found of cases) {
    it(`follow the heavier side, of equals the left: ${found.name}`, async () => {
      const recipe = {
        seed: 17,
        numRows: 2000,
        kinds: ['float32', 'words', 'many words', 'flags'],
        missing: 0,
      } as const;
      const { trees } = await fitSample(withFeatures(found, recipe), randomData(recipe));
      let numSplits = 0;
      for (let t = 0; t < trees.numTrees; t++) {
        const start = trees.treeStart[t] as number;
        for (let n = start; n < (trees.treeStart[t + 1] as number); n++) {
          const left = trees.leftChild[n] as number;
          if (left === 0) continue;
          numSplits += 1;
          const flags = trees.flags[n] as number;
          const isLeft = (flags & nodeFlag.unseenGoesLeft) !== 0;
          // nothing was missing in training, so missing values are new too
          expect((flags & nodeFlag.missingGoesLeft) !== 0).toBe(isLeft);
          const [a, b] = [trees.cover[start + left], trees.cover[start + left + 1]] as number[];
          const difference = ((a as number) - (b as number)) / ((a as number) + (b as number));
          // sums of rounded hessians decide, so covers that nearly agree may go either way
          if (Math.abs(difference) > 1e-3) expect(isLeft).toBe(difference > 0);
        }
      }
      expect(numSplits).toBeGreaterThan(20);
    });
  }
});
