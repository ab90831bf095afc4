/** Several quantiles in one model: they cover what they say, never cross, and each is what it would be alone. */
import { describe, expect, it } from 'vitest';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRanker } from '../../../src/ensemble/boosting/gbt-ranker.ts';
import { GBTRegressionModel, GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { RandomForestRegressor } from '../../../src/ensemble/forest/random-forest-regressor.ts';
import { predictionsOf, treeBytes } from '../../tools/fitted-bytes.ts';
import { inlineTable } from '../../tools/inline-table.ts';
import {
  featureNames,
  normalOf,
  randomData,
  randomNumbers,
  range,
} from '../../tools/random-data.ts';
import { columnNamed, type SampleData, withSampleColumn } from '../../tools/sample-data.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { fitSample, scoreSample } from '../../training/fit-sample.ts';

/** A target whose spread grows with x0, with a heavy tail above. */
function spreadRows(seed: number, numRows: number): SampleData {
  const random = randomNumbers(seed);
  const rows = range(numRows).map(() => {
    const x0 = random();
    const noise = random() < 0.5 ? normalOf(random) : Math.abs(normalOf(random)) ** 3;
    return { x0, x1: random(), y: 5 * x0 + (0.2 + 2 * x0) * noise };
  });
  return (['x0', 'x1', 'y'] as const).map((name) => ({
    name,
    type: 'float64',
    cells: rows.map((row) => row[name]),
  }));
}

const alphas = [0.05, 0.25, 0.5, 0.75, 0.95];
const options = {
  featuresCols: ['x0', 'x1'],
  labelCol: 'y',
  lossType: 'quantile',
  quantileAlphas: alphas,
  maxIter: 40,
  stepSize: 0.2,
  maxLeaves: 8,
  minInstancesPerNode: 100,
};
const train = spreadRows(1, 4000);
const test = spreadRows(2, 4000);

describe('several quantiles', () => {
  it('cover as many labels as they say, in all rows and where the spread is small or large', async () => {
    const model = await fitSample({ name: 'GBTRegressor', options }, train);
    const flat = (await scoreSample(model, test))['prediction'] as number[];
    const labels = columnNamed(test, 'y').cells.map(Number);
    const x0 = columnNamed(test, 'x0').cells.map(Number);
    expect(flat).toHaveLength(5 * labels.length);
    for (const [from, to] of [
      [0, 1],
      [0, 0.3],
      [0.7, 1],
    ] as const) {
      const rows = range(labels.length).filter(
        (row) => (x0[row] as number) >= from && (x0[row] as number) < to,
      );
      alphas.forEach((alpha, k) => {
        const below = rows.filter(
          (row) => (labels[row] as number) <= (flat[5 * row + k] as number),
        );
        expect(Math.abs(below.length / rows.length - alpha)).toBeLessThan(0.04);
      });
    }
  });

  it('never cross, in tables and one row at a time', async () => {
    const crossing = { ...options, quantileAlphas: [0.45, 0.5, 0.55], maxIter: 30, stepSize: 1 };
    const model = await fitSample({ name: 'GBTRegressor', options: crossing }, train);
    const flat = (await scoreSample(model, test))['prediction'] as number[];
    const score = await model.scorer();
    columnNamed(test, 'x0').cells.forEach((x0, row) => {
      const [low = 0, middle = 0, high = 0] = flat.slice(3 * row, 3 * row + 3);
      expect(low <= middle && middle <= high).toBe(true);
      const x1 = columnNamed(test, 'x1').cells[row] as number;
      if (row < 50) {
        const { prediction } = score({ x0: x0 as number, x1 });
        expect([...(prediction as Float64Array)]).toEqual([low, middle, high]);
      }
    });
  });

  it('of one level are the model of that level, and the first of several is too', async () => {
    const alone = { ...options, quantileAlphas: undefined, quantileLevel: 0.3, maxIter: 6 };
    const single = await fitSample({ name: 'GBTRegressor', options: alone }, train);
    const one = await fitSample(
      {
        name: 'GBTRegressor',
        options: { ...alone, quantileLevel: undefined, quantileAlphas: [0.3] },
      },
      train,
    );
    expect(treeBytes(one)).toEqual(treeBytes(single));
    expect(await scoreSample(one, test)).toEqual(await scoreSample(single, test));
    const two = await fitSample(
      {
        name: 'GBTRegressor',
        options: { ...alone, quantileLevel: undefined, quantileAlphas: [0.3, 0.6] },
      },
      train,
    );
    expect(two.numTrees).toBe(12);
    const firstOf = (model: typeof two, step: number): unknown =>
      range(6).map((round) => {
        const tree = round * step;
        const from = model.trees.treeStart[tree] as number;
        const to = model.trees.treeStart[tree + 1] as number;
        return [model.trees.feature, model.trees.threshold, model.trees.value].map((array) => [
          ...array.slice(from, to),
        ]);
      });
    expect(firstOf(two, 2)).toEqual(firstOf(single, 1));
  });

  it('take weights and offsets, and show the mean pinball loss of the levels', async () => {
    const recipe = { seed: 6, numRows: 1200, kinds: ['float32', 'words'], missing: 0.1 } as const;
    const data = randomData(recipe);
    const own = {
      ...options,
      featuresCols: featureNames(recipe),
      weightCol: 'w',
      offsetCol: 'o',
      validationIndicatorCol: 'v',
      maxIter: 5,
    };
    const model = await fitSample({ name: 'GBTRegressor', options: own }, data);
    const flat = (await scoreSample(model, data))['prediction'] as number[];
    const cells = (name: string): readonly unknown[] => columnNamed(data, name).cells;
    let total = 0;
    let weight = 0;
    range(recipe.numRows).forEach((row) => {
      if (cells('v')[row] !== true) return;
      const w = Number(cells('w')[row]);
      weight += w;
      alphas.forEach((alpha, k) => {
        const rest = Number(cells('y')[row]) - (flat[5 * row + k] as number);
        total += (w * Math.max(alpha * rest, (alpha - 1) * rest)) / alphas.length;
      });
    });
    // sorting can only lower the loss of what was learned
    const shown = model.summary.validationLosses[model.numTrees / 5 - 1] as number;
    expect(total / weight).toBeLessThanOrEqual(shown + 1e-12);
    expect(total / weight).toBeGreaterThan(0.99 * shown);
    // an offset moves every level alike
    const moved = withSampleColumn(data, {
      name: 'o',
      type: 'float64',
      cells: cells('o').map((o) => Number(o) + 100),
    });
    const later = (await scoreSample(model, moved))['prediction'] as number[];
    later.forEach((value, i) => {
      expect(value).toBeCloseTo((flat[i] as number) + 100, 9);
    });
  });

  it('are a column of vectors that says which they are, saved and loaded', async () => {
    const folder = temporaryFolder('quantiles');
    const table = inlineTable({ x0: range(60), y: range(60) });
    const model = await new GBTRegressor({
      featuresCols: ['x0'],
      labelCol: 'y',
      lossType: 'quantile',
      quantileAlphas: [0.2, 0.8],
      maxIter: 3,
    }).fit(table);
    const field = model.transformSchema(table.schema).fields.at(-1);
    expect(String(field?.type)).toBe('FixedSizeList[2]<Float64>');
    expect(field?.metadata.get('quantiles')).toBe('[0.2,0.8]');
    await model.save(`${folder}/model`);
    const loaded = await GBTRegressionModel.load(`${folder}/model`);
    expect(await predictionsOf(loaded, table)).toEqual(await predictionsOf(model, table));
  });

  it('are refused out of order, out of range, and with another loss', () => {
    for (const quantileAlphas of [[0.5, 0.2], [0, 0.5], []]) {
      expect(() => new GBTRegressor({ lossType: 'quantile', quantileAlphas })).toThrow(
        'quantileAlphas of GBTRegressor must be a list of at least 1 ascending numbers in (0, 1)',
      );
    }
    expect(() => new GBTRegressor({ quantileAlphas: [0.5] })).toThrow(
      'quantileAlphas of GBTRegressor must be left out without lossType quantile',
    );
  });

  it('and other parameters of a loss are refused without it', () => {
    const complaint = (options: object): string => {
      try {
        return new GBTRegressor(options).className;
      } catch (error) {
        return (error as Error).message;
      }
    };
    // also where they are given as they are by default
    expect(complaint({ huberDelta: 1 })).toBe(
      'huberDelta of GBTRegressor must be left out without lossType huber or pseudoHuber; got 1',
    );
    expect(complaint({ lossType: 'absolute', quantileLevel: 0.5 })).toMatch(/lossType quantile/);
    expect(complaint({ lossType: 'poisson', tweediePower: 1.5 })).toMatch(/lossType tweedie/);
    const both = { lossType: 'quantile', quantileLevel: 0.5, quantileAlphas: [0.5] };
    expect(complaint(both)).toMatch(/quantileLevel .* left out with quantileAlphas/);
    const own = { objectiveFunction: () => undefined, metricFunction: () => undefined };
    expect(complaint({ ...own, lossType: 'squared' })).toMatch(/left out with objectiveFunction/);
    expect(complaint({ lossType: 'huber', huberDelta: 1 })).toBe('GBTRegressor');
    expect(() => new GBTClassifier({ focalGamma: 2 })).toThrow(/without lossType focal/);
    expect(() => new GBTRanker({ lossType: 'xendcg', sigmoid: 1 })).toThrow(/with lossType xendcg/);
    expect(() => new RandomForestRegressor({ quantileProbabilities: [0.5] })).toThrow(
      /left out without quantilesCol/,
    );
  });
});

describe('cross-entropy', () => {
  it('predicts probabilities from labels that are shares', async () => {
    const random = randomNumbers(3);
    const x0 = range(3000).map(() => random());
    const truth = x0.map((x) => 0.1 + 0.8 * x * x);
    const rows: SampleData = [
      { name: 'x0', type: 'float64', cells: x0 },
      // shares of ten tries each
      {
        name: 'y',
        type: 'float64',
        cells: truth.map((p) => range(10).filter(() => random() < p).length / 10),
      },
    ];
    const own = { featuresCols: ['x0'], labelCol: 'y', lossType: 'crossEntropy', maxLeaves: 6 };
    const model = await fitSample({ name: 'GBTRegressor', options: own }, rows);
    const predicted = (await scoreSample(model, rows))['prediction'] as number[];
    const distance = predicted.map((p, i) => Math.abs(p - (truth[i] as number)));
    expect(distance.reduce((sum, d) => sum + d, 0) / distance.length).toBeLessThan(0.03);
    expect(predicted.every((p) => p > 0 && p < 1)).toBe(true);
  });

  it('of labels 0 and 1 is logistic loss: the same trees and probabilities', async () => {
    const recipe = { seed: 4, numRows: 900, kinds: ['float32', 'words'], missing: 0.1 } as const;
    const data = randomData(recipe);
    const labels = columnNamed(data, 'b').cells.map((label) => (label === 'yes' ? 1 : 0));
    const rows = withSampleColumn(data, { name: 'y', type: 'float64', cells: labels });
    const own = {
      featuresCols: featureNames(recipe),
      weightCol: 'w',
      offsetCol: 'o',
      validationIndicatorCol: 'v',
      maxIter: 6,
    };
    const regressor = await fitSample(
      { name: 'GBTRegressor', options: { ...own, labelCol: 'y', lossType: 'crossEntropy' } },
      rows,
    );
    const classifier = await fitSample(
      { name: 'GBTClassifier', options: { ...own, labelCol: 'b' } },
      data,
    );
    expect(treeBytes(regressor)).toEqual(treeBytes(classifier));
    expect(regressor.summary).toEqual(classifier.summary);
    const probability = (await scoreSample(classifier, data))['probability'] as number[];
    expect((await scoreSample(regressor, rows))['prediction']).toEqual(
      probability.filter((_, i) => i % 2 === 1),
    );
  });

  it('refuses other labels', async () => {
    const table = inlineTable({ x0: [1, 2, 3], y: [0, 0.5, 1.5] });
    const estimator = new GBTRegressor({
      featuresCols: ['x0'],
      labelCol: 'y',
      lossType: 'crossEntropy',
    });
    await expect(estimator.fit(table)).rejects.toMatchObject({
      code: 'LABEL_INVALID',
      message: expect.stringContaining('between 0 and 1 in every row with lossType crossEntropy'),
    });
  });
});
