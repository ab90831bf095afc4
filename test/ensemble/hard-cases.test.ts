/**
 * Data on which defaults of boosted trees are known to break down. Each case is fitted without a parameter and
 * must beat what knows the labels' distribution alone, by far.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { normalOf, randomNumbers, range } from '../tools/random-data.ts';
import { columnNamed, pickRows, type SampleColumn, type SampleData } from '../tools/sample-data.ts';
import { fitSample, predictedNumbers, scoreSample } from '../training/fit-sample.ts';

const random = randomNumbers(11);
const numbers = (name: string, cells: readonly number[]): SampleColumn => ({
  name,
  type: 'float64',
  cells,
});
const normals = (count: number): number[] => range(count).map(() => normalOf(random));

/** Rows to learn from, and every third one to test on. */
function parts(data: SampleData): { train: SampleData; test: SampleData } {
  const rows = range(data[0]?.cells.length ?? 0);
  return {
    train: pickRows(
      data,
      rows.filter((row) => row % 3 !== 0),
    ),
    test: pickRows(
      data,
      rows.filter((row) => row % 3 === 0),
    ),
  };
}

async function fitted(name: 'GBTClassifier' | 'GBTRegressor', data: SampleData) {
  const featuresCols = data.map((column) => column.name).filter((column) => column !== 'y');
  return await fitSample({ name, options: { labelCol: 'y', featuresCols } }, data);
}

/** The probabilities of each row, of so many classes. */
async function probabilitiesOf(
  model: Awaited<ReturnType<typeof fitted>>,
  data: SampleData,
  numClasses: number,
): Promise<number[][]> {
  const cells = ((await scoreSample(model, data))['probability'] ?? []).map(Number);
  return range(cells.length / numClasses).map((row) =>
    cells.slice(row * numClasses, (row + 1) * numClasses),
  );
}

/** Of classes 0, 1, 2, … */
function meanLogLoss(probabilities: readonly number[][], data: SampleData): number {
  const { cells } = columnNamed(data, 'y');
  const losses = probabilities.map((row, i) => -Math.log(row[Number(cells[i])] as number));
  return losses.reduce((a, b) => a + b) / losses.length;
}

/** The loss of who knows how often each class comes and nothing else. */
function entropyOf(data: SampleData): number {
  const { cells } = columnNamed(data, 'y');
  const counts = new Map<unknown, number>();
  for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  return [...counts.values()].reduce((sum, n) => {
    return sum - (n / cells.length) * Math.log(n / cells.length);
  }, 0);
}

describe('several classes of which some have a handful of rows', () => {
  let data: SampleData = [];

  beforeAll(() => {
    const a = normals(3600);
    const b = normals(3600);
    // two large classes, five that have some eight rows each, at the edge
    const labels = a.map((value, i) => {
      if (i % 89 === 1) return 2 + (((i / 89) | 0) % 5);
      return value + 0.5 * normalOf(random) > 0 ? 1 : 0;
    });
    const places = labels.map((label, i) => (label < 2 ? (b[i] as number) : 4 + label));
    data = [numbers('a', a), numbers('b', places), numbers('y', labels)];
  });

  it('do not spoil the large ones, and are found', async () => {
    const { train, test } = parts(data);
    const model = await fitted('GBTClassifier', train);
    const loss = meanLogLoss(await probabilitiesOf(model, test, 7), test);
    expect(loss).toBeLessThan(0.6 * entropyOf(test));
    const predicted = await predictedNumbers(model, test);
    const labels = columnNamed(test, 'y').cells;
    const rare = range(predicted.length).filter((i) => Number(labels[i]) > 1);
    const found = rare.filter((i) => predicted[i] === labels[i]);
    expect(found.length).toBeGreaterThan(0.6 * rare.length);
  });
});

describe('a category column with more values than bins', () => {
  it('tells what its values mean', async () => {
    const numValues = 400;
    const effects = normals(numValues);
    const picks = range(9000).map(() => Math.floor(random() * numValues));
    const labels = picks.map((pick) => (effects[pick] as number) + 0.5 * normalOf(random));
    const data: SampleData = [
      { name: 'city', type: 'dictionary', cells: picks.map((pick) => `city ${pick}`) },
      numbers('noise', normals(9000)),
      numbers('y', labels),
    ];
    const { train, test } = parts(data);
    const predicted = await predictedNumbers(await fitted('GBTRegressor', train), test);
    const wanted = columnNamed(test, 'y').cells.map(Number);
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
    const centre = mean(columnNamed(train, 'y').cells.map(Number));
    const loss = mean(wanted.map((y, i) => (y - (predicted[i] as number)) ** 2));
    const least = mean(wanted.map((y) => (y - centre) ** 2));
    // 0.25 of 1.25 is noise that nobody can explain
    expect(loss).toBeLessThan(0.5 * least);
  });
});

describe('a heavy-tailed target', () => {
  it('is learned where its mass lies, and no prediction runs away', async () => {
    const x = normals(4500);
    const labels = x.map((value) => Math.exp(1.5 * value + normalOf(random)));
    const data: SampleData = [
      numbers('x', x),
      numbers('noise', normals(4500)),
      numbers('y', labels),
    ];
    const { train, test } = parts(data);
    const predicted = await predictedNumbers(await fitted('GBTRegressor', train), test);
    const most = Math.max(...columnNamed(train, 'y').cells.map(Number));
    for (const value of predicted) expect(Math.abs(value)).toBeLessThan(most);
    const wanted = columnNamed(test, 'y').cells.map(Number);
    const given = columnNamed(train, 'y').cells.map(Number);
    const centre = given.reduce((a, b) => a + b) / given.length;
    const errors = (of: (i: number) => number) =>
      wanted.reduce((sum, y, i) => sum + Math.abs(y - of(i)), 0);
    expect(errors((i) => predicted[i] as number)).toBeLessThan(0.75 * errors(() => centre));
  });
});

describe('a rare positive class', () => {
  it('is ranked first, and its probabilities are those that happen', async () => {
    const x = normals(12_000);
    const isRare = x.map((value) => random() < 0.3 / (1 + Math.exp(-3 * (value - 2.5))));
    const data: SampleData = [
      numbers('x', x),
      numbers('noise', normals(12_000)),
      numbers('y', isRare.map(Number)),
    ];
    const { train, test } = parts(data);
    const share = isRare.filter(Boolean).length / isRare.length;
    expect(share).toBeLessThan(0.01);
    const model = await fitted('GBTClassifier', train);
    const probabilities = await probabilitiesOf(model, test, 2);
    expect(meanLogLoss(probabilities, test)).toBeLessThan(0.8 * entropyOf(test));
    const chances = probabilities.map((row) => row[1] as number);
    const sum = chances.reduce((a, b) => a + b);
    const happened = columnNamed(test, 'y').cells.filter((cell) => cell === 1).length;
    expect(Math.abs(sum - happened)).toBeLessThan(3 * Math.sqrt(happened));
  });
});
