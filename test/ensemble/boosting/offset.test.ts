/**
 * An offset is a margin that every row brings with it: the trees learn only what it leaves over, and it counts
 * again for validation rows and predictions.
 */
import { describe, expect, it } from 'vitest';
import { exp, log, logistic } from '../../../src/base/portable-math.ts';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { fixedSizeListColumn } from '../../../src/table/columns/make-column.ts';
import { predictionsOf, treeBytes } from '../../tools/fitted-bytes.ts';
import { inlineTable } from '../../tools/inline-table.ts';
import { randomData, randomNumbers, range } from '../../tools/random-data.ts';
import {
  type Cell,
  columnNamed,
  pickRows,
  type SampleData,
  withSampleColumn,
} from '../../tools/sample-data.ts';
import { fitSample, predictedNumbers, scoreSample } from '../../training/fit-sample.ts';
import type { EstimatorCase } from '../../training/random-estimators.ts';

const recipe = {
  seed: 12,
  numRows: 1500,
  kinds: ['float32', 'words', 'float64'],
  missing: 0.05,
} as const;
const data = randomData(recipe);
const shared = { featuresCols: ['x0', 'x1', 'x2'], maxIter: 12, stepSize: 0.3, idCol: 'id' };

function numbersOf(rows: SampleData, name: string): number[] {
  return columnNamed(rows, name).cells.map(Number);
}

function withNumbers(rows: SampleData, name: string, values: readonly Cell[]): SampleData {
  return withSampleColumn(rows, { name, type: 'float64', cells: values });
}

/** Counts of events whose rate hangs on x0 alone, seen for very different lengths of time. */
function countedRows(seed: number): SampleData {
  const random = randomNumbers(seed);
  const rows = range(3000).map(() => ({ x0: random(), exposure: exp(6 * random() - 3) }));
  const counts = rows.map(({ x0, exposure }) => {
    const rate = exposure * (x0 > 0.5 ? 2 : 0.5);
    let count = -1;
    for (let time = 0; time < rate; count += 1) time += -log(random());
    return count;
  });
  const columns = {
    x0: rows.map((row) => row.x0),
    count: counts,
    exposure: rows.map((row) => row.exposure),
    logExposure: rows.map((row) => log(row.exposure)),
  };
  return Object.entries(columns).map(([name, cells]) => ({ name, type: 'float64', cells }));
}

describe('an offset', () => {
  it.each(['squared', 'absolute', 'huber', 'quantile'])(
    'with %s loss is the same as a label without it, and is added to predictions',
    async (lossType) => {
      const options = { ...shared, labelCol: 'y', lossType, weightCol: 'w' };
      const labels = numbersOf(data, 'y');
      const offsets = numbersOf(data, 'o');
      const less = withNumbers(
        data,
        'y',
        labels.map((label, i) => label - (offsets[i] as number)),
      );
      const model = await fitSample(
        { name: 'GBTRegressor', options: { ...options, offsetCol: 'o' } },
        data,
      );
      const plain = await fitSample({ name: 'GBTRegressor', options }, less);
      expect(treeBytes(model)).toEqual(treeBytes(plain));
      const rest = await predictedNumbers(plain, data);
      expect(await predictedNumbers(model, data)).toEqual(
        rest.map((value, i) => value + (offsets[i] as number)),
      );
    },
  );

  it('takes the trees on from the margins of another model', async () => {
    const rows = pickRows(
      data,
      range(recipe.numRows).filter((row) => columnNamed(data, 'v').cells[row] === false),
    );
    const options = { ...shared, labelCol: 'b' };
    const first = await fitSample({ name: 'GBTClassifier', options }, rows);
    const margins = ((await scoreSample(first, data))['rawPrediction'] ?? []).filter(
      (_, i) => i % 2 === 1,
    ) as number[];
    const carried = withNumbers(data, 'margin', margins);
    const second = await fitSample(
      {
        name: 'GBTClassifier',
        options: { ...options, offsetCol: 'margin', validationIndicatorCol: 'v' },
      },
      carried,
    );
    const together = await fitSample(
      { name: 'GBTClassifier', options: { ...options, maxIter: 24, validationIndicatorCol: 'v' } },
      carried,
    );
    // the first model has nearly the right mean
    expect(Math.abs(second.data.baseScores[0] as number)).toBeLessThan(0.05);
    const losses = second.summary.validationLosses;
    const whole = together.summary.validationLosses;
    losses.forEach((loss, round) => {
      expect(loss).toBeCloseTo(whole[12 + round] as number, 2);
    });
    // predictions count the margin as the validation rows did
    const probability = (await scoreSample(second, carried))['probability'] as number[];
    const labels = columnNamed(carried, 'b').cells;
    const held = range(recipe.numRows).filter((row) => columnNamed(data, 'v').cells[row] === true);
    const total = held.reduce((sum, row) => {
      return sum - log(probability[2 * row + (labels[row] === 'yes' ? 1 : 0)] as number);
    }, 0);
    expect(total / held.length).toBeCloseTo(losses[second.numTrees - 1] as number, 10);
  });

  it('of the logarithm of exposure gives rates: poisson', async () => {
    const train = countedRows(3);
    const test = countedRows(4);
    const options = {
      ...shared,
      featuresCols: ['x0'],
      maxLeaves: 2,
      maxIter: 30,
      stepSize: 0.5,
      idCol: undefined,
      labelCol: 'count',
      lossType: 'poisson',
      offsetCol: 'logExposure',
    };
    const model = await fitSample({ name: 'GBTRegressor', options }, train);
    const predicted = await predictedNumbers(model, test);
    const exposure = numbersOf(test, 'exposure');
    numbersOf(test, 'x0').forEach((x0, i) => {
      const truth = x0 > 0.5 ? 2 : 0.5;
      const ratio = (predicted[i] as number) / (exposure[i] as number) / truth;
      // right at the step a row may be taken for one of the other side
      if (Math.abs(x0 - 0.5) > 0.01) expect(Math.abs(ratio - 1)).toBeLessThan(0.15);
    });
  });

  it.each([
    ['poisson', (y: number, o: number, c: number) => exp(c + o) - y],
    ['gamma', (y: number, o: number, c: number) => 1 - y * exp(-c - o)],
    ['tweedie', (y: number, o: number, c: number) => exp(0.5 * (c + o)) - y * exp(-0.5 * (c + o))],
  ] as const)('starts %s where its gradients add up to 0', async (lossType, gradient) => {
    const options = { ...shared, maxIter: 1, labelCol: 'p', lossType, offsetCol: 'o' };
    const model = await fitSample({ name: 'GBTRegressor', options }, data);
    const [start = Number.NaN] = model.data.baseScores;
    const offsets = numbersOf(data, 'o');
    const gradients = numbersOf(data, 'p').map((y, i) => gradient(y, offsets[i] as number, start));
    expect(Math.abs(gradients.reduce((sum, g) => sum + g, 0))).toBeLessThan(1e-6);
  });

  it('starts logistic loss where its weighted gradients add up to 0', async () => {
    const far = withNumbers(
      data,
      'o',
      numbersOf(data, 'o').map((o) => 12 * o + 5),
    );
    const options = { ...shared, maxIter: 1, labelCol: 'b', offsetCol: 'o', weightCol: 'w' };
    const model = await fitSample({ name: 'GBTClassifier', options }, far);
    const [start = Number.NaN] = model.data.baseScores;
    const labels = columnNamed(far, 'b').cells;
    const offsets = numbersOf(far, 'o');
    const weights = numbersOf(far, 'w');
    const sum = labels.reduce((total: number, label, i) => {
      const p = logistic(start + (offsets[i] as number));
      return total + (weights[i] as number) * (p - (label === 'yes' ? 1 : 0));
    }, 0);
    expect(Math.abs(sum)).toBeLessThan(1e-6);
  });

  it('is a vector, one margin a class, for several classes', async () => {
    const random = randomNumbers(2);
    const labels = range(900).map((row) => row % 3);
    const margins = labels.flatMap((label) =>
      [0, 1, 2].map((k) => 6 * random() + (k === label ? 2 : 0) - 3 * k),
    );
    const columns = {
      x: labels.map(() => random()),
      label: labels,
      one: margins.slice(0, 900),
      margins: fixedSizeListColumn(Float64Array.from(margins), 3),
    };
    const estimator = new GBTClassifier({
      featuresCols: ['x'],
      maxIter: 2,
      offsetCol: 'margins',
      minInstancesPerNode: 900,
    });
    const model = await estimator.fit(inlineTable(columns));
    const constants = model.data.baseScores;
    const expected = [0, 0, 0];
    const probabilities = labels.map((_, i) => {
      const powers = constants.map((c, k) => exp(c + (margins[3 * i + k] as number)));
      const total = powers.reduce((sum, power) => sum + power, 0);
      return powers.map((power, k) => {
        expected[k] = (expected[k] as number) + power / total;
        return power / total;
      });
    });
    // the constants bring each class its share
    for (const sum of expected) expect(sum).toBeCloseTo(300, 4);
    // a leaf of all rows has nothing to add
    const scored = (await predictionsOf(model, inlineTable(columns, 4)))['probability'] ?? [];
    probabilities.flat().forEach((p, i) => {
      expect(scored[i]).toBeCloseTo(p, 6);
    });
    const score = await model.scorer();
    expect([...score({ x: 1, margins: margins.slice(0, 3) }).probability]).toEqual(
      scored.slice(0, 3),
    );
    await expect(
      new GBTClassifier({ featuresCols: ['x'], maxIter: 2, offsetCol: 'one' }).fit(
        inlineTable(columns),
      ),
    ).rejects.toMatchObject({
      code: 'COLUMN_TYPE',
      message: expect.stringContaining('a vector of 3 numbers, one a class; got a number'),
    });
  });
});

describe('a bad offset', () => {
  const found: EstimatorCase = {
    name: 'GBTRegressor',
    options: { ...shared, labelCol: 'y', offsetCol: 'o', weightCol: 'w' },
  };

  it('is refused at fit and at prediction, with column and row', async () => {
    const weights = numbersOf(data, 'w');
    const row = weights.findIndex((weight, i) => weight > 0 && i > 5);
    const cells = [...columnNamed(data, 'o').cells];
    cells[row] = null;
    const holed = withNumbers(data, 'o', cells);
    await expect(fitSample(found, holed)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining(`o (the offset of GBTRegressor) must be a finite number`),
      context: { column: 'o', row },
    });
    const model = await fitSample(found, data);
    await expect(scoreSample(model, holed)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining(`got null or NaN in row ${row}`),
    });
    const score = await model.scorer();
    expect(() => score({ x0: 1 })).toThrow(
      'o, the offset of a prediction, must be a finite number',
    );
  });

  it('does no harm in a row of weight 0', async () => {
    const weights = numbersOf(data, 'w');
    const cells = columnNamed(data, 'o').cells.map((o, i) => (weights[i] === 0 ? null : o));
    const model = await fitSample(found, withNumbers(data, 'o', cells));
    expect(treeBytes(model)).toEqual(treeBytes(await fitSample(found, data)));
  });

  it('is refused where the column is text or missing', async () => {
    const text = { ...found, options: { ...found.options, offsetCol: 'b' } };
    await expect(fitSample(text, data)).rejects.toMatchObject({ code: 'COLUMN_TYPE' });
    const absent = { ...found, options: { ...found.options, offsetCol: 'nowhere' } };
    await expect(fitSample(absent, data)).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND' });
    const model = await fitSample(found, data);
    await expect(
      scoreSample(
        model,
        data.filter(({ name }) => name !== 'o'),
      ),
    ).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND' });
  });
});
