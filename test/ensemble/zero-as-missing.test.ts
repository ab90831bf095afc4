/** A 0 that means "not there": the same model and predictions as with nulls in its place. */
import { describe, expect, it } from 'vitest';
import { treeBytes } from '../tools/fitted-bytes.ts';
import { type DataRecipe, randomData } from '../tools/random-data.ts';
import type { SampleData } from '../tools/sample-data.ts';
import { fitSample, scoreSample } from '../training/fit-sample.ts';
import type { EstimatorCase } from '../training/random-estimators.ts';

const recipe: DataRecipe = {
  seed: 8,
  numRows: 500,
  kinds: ['few numbers', 'integers', 'flags', 'float32', 'words'],
  missing: 0.1,
};
const featuresCols = ['x0', 'x1', 'x2', 'x3', 'x4'];
const data: SampleData = randomData(recipe).map((column) =>
  column.name !== 'x3'
    ? column
    : { ...column, cells: column.cells.map((cell, i) => (i % 3 === 0 ? 0 : cell)) },
);
/** Zeros of numbers, not the false of flags. */
const nulled: SampleData = data.map((column) =>
  column.name.startsWith('x')
    ? { ...column, cells: column.cells.map((cell) => (cell === 0 ? null : cell)) }
    : column,
);

const cases: readonly EstimatorCase[] = [
  { name: 'GBTRegressor', options: { labelCol: 'y', maxIter: 5 } },
  { name: 'GBTClassifier', options: { labelCol: 'b', maxIter: 5 } },
  { name: 'RandomForestRegressor', options: { labelCol: 'y', numTrees: 3 } },
  { name: 'RandomForestClassifier', options: { labelCol: 'k', numTrees: 3 } },
  { name: 'DecisionTreeRegressor', options: { labelCol: 'y' } },
];

describe('zeroAsMissing', () => {
  for (const { name, options } of cases) {
    it(`is a null for every zero: ${name}`, async () => {
      const found = { name, options: { ...options, featuresCols } };
      const zeroes = { name, options: { ...found.options, zeroAsMissing: true } };
      const model = await fitSample(zeroes, data);
      const other = await fitSample(found, nulled);
      expect(treeBytes(model)).toEqual(treeBytes(other));
      expect(treeBytes(model)).not.toEqual(treeBytes(await fitSample(found, data)));
      const scores = await scoreSample(model, data);
      expect(scores).toEqual(await scoreSample(other, nulled));
      const score = await model.scorer();
      for (let row = 0; row < 60; row++) {
        const cells = Object.fromEntries(
          featuresCols.map((column) => [
            column,
            data.find((own) => own.name === column)?.cells[row] ?? null,
          ]),
        );
        expect(score(cells).prediction).toBe(scores['prediction']?.[row]);
      }
    });
  }
});
