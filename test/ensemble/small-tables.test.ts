/** Tables with next to nothing in them: each trains, predicts, saves and loads. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';
import { loadSavedStage } from '../../src/pipeline/stage-reader.ts';
import type { SampleColumn, SampleData } from '../tools/sample-data.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { fitSample, scoreSample } from '../training/fit-sample.ts';
import { type EstimatorCase, estimatorClasses } from '../training/random-estimators.ts';

const names = Object.keys(estimatorClasses) as EstimatorCase['name'][];
const classifiers = names.filter((name) => name.endsWith('Classifier'));
const regressors = names.filter((name) => name.endsWith('Regressor'));
const folder = temporaryFolder('small-tables');

const column = (
  name: string,
  type: SampleColumn['type'],
  cells: SampleColumn['cells'],
): SampleColumn => ({ name, type, cells });

let warnings: Error[] = [];
const onWarning = (warning: Error): number => warnings.push(warning);
beforeEach(() => {
  warnings = [];
  process.on('warning', onWarning);
});
afterEach(() => process.off('warning', onWarning));

/** Fits, and expects the loaded model to predict what the fitted one does. */
async function fitAndReload(
  name: EstimatorCase['name'],
  data: SampleData,
  options: Readonly<Record<string, unknown>> = {},
): Promise<{ model: TreeModel; scored: Record<string, unknown[]> }> {
  const featuresCols = data.map((found) => found.name).filter((found) => found !== 'label');
  const model = await fitSample({ name, options: { featuresCols, ...options } }, data);
  const scored = await scoreSample(model, data);
  const path = `${folder}/${name}`;
  await model.save(path, { overwrite: true });
  const loaded = (await loadSavedStage(path)) as TreeModel;
  expect(await scoreSample(loaded, data)).toEqual(scored);
  return { model, scored };
}

describe('a table of one row', () => {
  const data = [
    column('x', 'float64', [2]),
    column('c', 'text', ['a']),
    column('label', 'float64', [7.5]),
  ];
  for (const name of regressors) {
    it(`gives ${name} its label`, async () => {
      const { model, scored } = await fitAndReload(name, data);
      expect(scored['prediction']).toEqual([7.5]);
      expect(model.summary.numRows).toBe(1);
    });
  }
  for (const name of classifiers) {
    it(`gives ${name} its only class`, async () => {
      const { model, scored } = await fitAndReload(name, data);
      expect([scored['prediction'], scored['probability']]).toEqual([[7.5], [1]]);
      expect(model.classes).toEqual([7.5]);
    });
  }
});

describe('a label of one class', () => {
  const data = [
    column('x', 'float64', [1, 2, 3, null, 5, 6]),
    column('label', 'text', new Array<string>(6).fill('spam')),
  ];
  for (const name of classifiers) {
    it(`makes ${name} a constant model, with a warning`, async () => {
      const { model, scored } = await fitAndReload(name, data);
      await new Promise(setImmediate);
      expect(model.classes).toEqual(['spam']);
      expect(scored['prediction']).toEqual(new Array(6).fill('spam'));
      expect(scored['probability']).toEqual(new Array(6).fill(1));
      const [warning] = warnings;
      expect(warning?.name).toBe('CoppiceWarning');
      expect(warning?.message).toBe(
        `${name} found one class in label: spam; the model always predicts it`,
      );
      const score = await model.scorer();
      expect(score({ x: 2 })).toMatchObject({ prediction: 'spam' });
    });
  }
});

describe('a label of one number', () => {
  const data = [
    column('x', 'float64', [1, 2, 3, 4]),
    column('label', 'float64', [0.1, 0.1, 0.1, 0.1]),
  ];
  for (const name of regressors) {
    it(`makes ${name} a constant model`, async () => {
      const { model, scored } = await fitAndReload(name, data, { minInstancesPerNode: 1 });
      for (const value of scored['prediction'] ?? []) expect(value).toBeCloseTo(0.1, 14);
      expect(model.depth).toBe(0);
    });
  }
});

describe('a feature that tells two groups apart', () => {
  const data = [
    column('x', 'float64', [1, 2, 8, 9, 1, 2, 8, 9]),
    column('label', 'float64', [0, 0, 1, 1, 0, 0, 1, 1]),
  ];
  for (const name of names) {
    it(`is enough for ${name}`, async () => {
      const bootstrap = name.startsWith('RandomForest') ? { bootstrap: false } : {};
      const { model, scored } = await fitAndReload(name, data, {
        minInstancesPerNode: 1,
        ...bootstrap,
      });
      const found = (scored['prediction'] ?? []).map((value) => Math.round(Number(value)));
      expect(found).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
      expect([...model.featureImportances]).toEqual([1]);
      expect(model.trees.threshold[0]).toBe(5);
    });
  }
});

describe('a column without any value', () => {
  const data = [
    column('none', 'float64', new Array(8).fill(null)),
    column('empty', 'text', new Array(8).fill(null)),
    column('x', 'float64', [1, 2, 8, 9, 1, 2, 8, 9]),
    column('label', 'int32', [0, 0, 1, 1, 0, 0, 1, 1]),
  ];
  for (const name of names) {
    it(`does not disturb ${name}, and later values of it go somewhere`, async () => {
      const { model } = await fitAndReload(name, data, { minInstancesPerNode: 1 });
      const importances = model.featureImportances;
      expect([importances[0], importances[1]]).toEqual([0, 0]);
      const filled = data.map((found) => {
        if (found.name === 'none') return column('none', 'float64', [1, 2, 3, 4, 5, 6, 7, 8]);
        return found.name === 'empty' ? column('empty', 'text', [...'abcdefgh']) : found;
      });
      expect(await scoreSample(model, filled)).toEqual(await scoreSample(model, data));
    });
  }
});

describe('a feature whose only news is that it is missing', () => {
  const data = [
    column('x', 'float64', [3, 3, null, Number.NaN, 3, 3, null, null]),
    column('label', 'float64', [0, 0, 1, 1, 0, 0, 1, 1]),
  ];
  for (const name of regressors.filter((found) => !found.startsWith('RandomForest'))) {
    it(`splits ${name}: known values left, missing ones right`, async () => {
      const { model, scored } = await fitAndReload(name, data, {
        minInstancesPerNode: 1,
        ...(name === 'GBTRegressor' ? { stepSize: 1, maxIter: 1 } : {}),
      });
      expect(scored['prediction']).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
      expect(model.trees.threshold[0]).toBe(Number.POSITIVE_INFINITY);
      const score = await model.scorer();
      expect(
        [score({ x: -1e300 }), score({ x: null })].map(({ prediction }) => prediction),
      ).toEqual([0, 1]);
    });
  }
});

describe('a label of many classes', () => {
  const cells = Array.from({ length: 300 }, (_, i) => `class ${i % 100}`);
  const data = [
    column(
      'x',
      'float64',
      cells.map((_, i) => i % 100),
    ),
    column('label', 'dictionary', cells),
  ];
  for (const name of classifiers) {
    it(`is learned by ${name}`, async () => {
      const options = name === 'GBTClassifier' ? { maxIter: 5, stepSize: 0.3 } : {};
      const { model, scored } = await fitAndReload(name, data, {
        minInstancesPerNode: 1,
        ...options,
      });
      expect(model.classes.length).toBe(100);
      const right = cells.filter((cell, i) => scored['prediction']?.[i] === cell).length;
      // a single tree of depth 8 takes one class off at each level
      expect(right).toBeGreaterThan(name === 'DecisionTreeClassifier' ? 20 : 250);
    });
  }
});
