import { describe, expect, it } from 'vitest';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { treeBytes } from '../../tools/fitted-bytes.ts';
import { randomData, range } from '../../tools/random-data.ts';
import {
  columnNamed,
  pickRows,
  type SampleData,
  withSampleColumn,
} from '../../tools/sample-data.ts';
import { fitSample, predictedNumbers, scoreSample } from '../../training/fit-sample.ts';

const recipe = {
  seed: 8,
  numRows: 1400,
  kinds: ['float32', 'words', 'float64', 'integers'],
  missing: 0.1,
} as const;
const data = randomData(recipe);
const marks = columnNamed(data, 'v').cells;
const train = pickRows(
  data,
  range(recipe.numRows).filter((row) => marks[row] !== true),
);
const held = pickRows(
  data,
  range(recipe.numRows).filter((row) => marks[row] === true),
);

const options = {
  featuresCols: ['x0', 'x1', 'x2', 'x3'],
  idCol: 'id',
  stepSize: 0.5,
  minInstancesPerNode: 1,
  maxIter: 60,
  earlyStoppingRounds: 6,
};
const cases = [
  ['GBTRegressor', 'y', {}],
  ['GBTRegressor', 'y', { weightCol: 'w' }],
  ['GBTClassifier', 'b', {}],
  ['GBTClassifier', 'b', { weightCol: 'w' }],
  ['GBTClassifier', 'k', { subsamplingRate: 0.7 }],
] as const;

describe('validation rows that are none', () => {
  it('are refused, as a table and as marks', async () => {
    const fit = (extra: object, validation?: SampleData) =>
      fitSample(
        { name: 'GBTRegressor', options: { ...options, labelCol: 'y', ...extra } },
        train,
        validation === undefined ? {} : { validation },
      );
    await expect(fit({}, pickRows(data, []))).rejects.toMatchObject({
      code: 'DATA_EMPTY',
      message: expect.stringContaining('validation table of GBTRegressor must have at least one'),
    });
    await expect(fit({ validationIndicatorCol: 'v' })).rejects.toMatchObject({
      code: 'DATA_EMPTY',
      context: { column: 'v' },
    });
  });
});

const best = (losses: readonly number[]): number => losses.indexOf(Math.min(...losses));

/** The model's loss on some rows, as its name says: mean squared error or log-loss, weighted. */
async function lossOf(model: TreeModel, rows: SampleData, label: string, weight?: string) {
  const labels = columnNamed(rows, label).cells;
  const weights = weight === undefined ? labels.map(() => 1) : columnNamed(rows, weight).cells;
  let losses: number[];
  if (model.classes.length === 0) {
    const predictions = await predictedNumbers(model, rows);
    losses = predictions.map((value, i) => (value - Number(labels[i])) ** 2);
  } else {
    const flat = (await scoreSample(model, rows))['probability'] as number[];
    const width = model.classes.length;
    losses = labels.map((cell, i) => {
      const code = model.classes.indexOf(cell as string);
      return -Math.log(flat[i * width + code] as number);
    });
  }
  const total = weights.reduce((sum: number, w) => sum + Number(w), 0);
  return losses.reduce((sum, loss, i) => sum + loss * Number(weights[i]), 0) / total;
}

describe('stopping early', () => {
  for (const [name, labelCol, extra] of cases) {
    const title = `${name} of ${labelCol} ${JSON.stringify(extra)}`;
    it(`keeps the best round and stops a few rounds after it: ${title}`, async () => {
      const all = { ...options, ...extra, labelCol, validationIndicatorCol: 'v' };
      const model = await fitSample({ name, options: all }, data);
      const { validationLosses } = model.summary;
      const kept = best(validationLosses) + 1;
      const perRound = labelCol === 'k' ? 4 : 1;
      expect(model.numTrees).toBe(kept * perRound);
      expect(kept).toBeLessThan(50);
      expect(validationLosses.length).toBe(kept + 6);
      expect(model.summary.numRows).toBe(
        'weightCol' in extra
          ? columnNamed(train, 'w').cells.filter((w) => w !== 0).length
          : columnNamed(train, 'w').cells.length,
      );
    });

    it(`measures the loss that the kept model has on those rows: ${title}`, async () => {
      const all = { ...options, ...extra, labelCol, validationIndicatorCol: 'v' };
      const model = await fitSample({ name, options: all }, data);
      const weight = 'weightCol' in extra ? extra.weightCol : undefined;
      const found = await lossOf(model, held, labelCol, weight);
      const told = Math.min(...model.summary.validationLosses);
      expect(Math.abs(found / told - 1)).toBeLessThan(1e-9);
    });

    it(`learns the same from a table of validation rows: ${title}`, async () => {
      const common = { ...options, ...extra, labelCol };
      const marked = await fitSample(
        { name, options: { ...common, validationIndicatorCol: 'v' } },
        data,
      );
      const apart = await fitSample({ name, options: common }, train, { validation: held });
      expect(treeBytes(apart)).toEqual(treeBytes(marked));
      expect(apart.summary).toEqual(marked.summary);
    });
  }

  it('measures categories that training rows do not have as the model predicts them', async () => {
    const held2 = withSampleColumn(held, {
      ...columnNamed(held, 'x1'),
      cells: columnNamed(held, 'x1').cells.map((cell, i) => (i % 2 === 0 ? `new ${i}` : cell)),
    });
    const model = await fitSample(
      { name: 'GBTRegressor', options: { ...options, labelCol: 'y' } },
      train,
      { validation: held2 },
    );
    const found = await lossOf(model, held2, 'y');
    expect(Math.abs(found / Math.min(...model.summary.validationLosses) - 1)).toBeLessThan(1e-9);
  });

  it('takes part in no edge, category or sum: validation rows change no tree', async () => {
    const fixed = { ...options, labelCol: 'y', maxIter: 5, earlyStoppingRounds: 1000 };
    const alone = await fitSample({ name: 'GBTRegressor', options: fixed }, train);
    const watched = await fitSample({ name: 'GBTRegressor', options: fixed }, train, {
      validation: held,
    });
    expect(watched.trees.threshold.slice(0, 20)).toEqual(alone.trees.threshold.slice(0, 20));
    const kept = watched.trees.treeStart[watched.numTrees] as number;
    expect(watched.trees.value).toEqual(alone.trees.value.slice(0, kept));
  });

  it('asks for a loss that falls by validationTol', async () => {
    const all = { ...options, labelCol: 'y', validationIndicatorCol: 'v' };
    const model = await fitSample(
      { name: 'GBTRegressor', options: { ...all, validationTol: 0.05, earlyStoppingRounds: 1 } },
      data,
    );
    const { validationLosses } = model.summary;
    const last = validationLosses.length - 1;
    for (let round = 1; round < last; round++) {
      expect(
        (validationLosses[round - 1] as number) - (validationLosses[round] as number),
      ).toBeGreaterThan(0.05);
    }
    expect(
      (validationLosses[last - 1] as number) - (validationLosses[last] as number),
    ).toBeLessThanOrEqual(0.05);
    expect(model.numTrees).toBe(last);
  });

  it('runs all rounds where no rows are held back', async () => {
    const model = await fitSample(
      { name: 'GBTRegressor', options: { ...options, labelCol: 'y' } },
      data,
    );
    expect([model.numTrees, model.summary.validationLosses]).toEqual([60, []]);
  });
});
