/**
 * A column of many values of few rows each says nothing of other rows. A forest whose nodes put such values in the order of
 * their labels would learn the rows by heart.
 */
import { describe, expect, it } from 'vitest';
import { range } from '../../tools/random-data.ts';
import { columnNamed, type SampleData } from '../../tools/sample-data.ts';
import { fitSample, predictedNumbers } from '../../training/fit-sample.ts';

const numRows = 600;

/** Two numbers that tell the label, and an id that each row has to itself. */
function rowsFrom(first: number): SampleData {
  const cells = <T>(value: (row: number) => T) => range(numRows).map((i) => value(first + i));
  const a = cells((row) => ((row * 104_729) % 997) / 997);
  const b = cells((row) => ((row * 1299) % 541) / 541);
  const noise = cells((row) => ((row * 7919) % 1009) / 1009);
  const y = a.map((value, i) => 4 * value + (b[i] as number) + 2 * (noise[i] as number));
  return [
    { name: 'a', type: 'float64', cells: a },
    { name: 'b', type: 'float64', cells: b },
    { name: 'id', type: 'text', cells: cells((row) => `id${(row * 5701) % 100_003}`) },
    { name: 'y', type: 'float64', cells: y },
    { name: 'isHigh', type: 'float64', cells: y.map((value) => (value > 3.5 ? 1 : 0)) },
  ] as SampleData;
}

const train = rowsFrom(0);
const test = rowsFrom(numRows);

/** Mean square of what a forest of these features gets wrong. */
async function errorOf(
  name: 'RandomForestClassifier' | 'RandomForestRegressor',
  labelCol: string,
  featuresCols: readonly string[],
): Promise<number> {
  const forest = await fitSample(
    { name, options: { labelCol, featuresCols, numTrees: 30 } },
    train,
  );
  const labels = columnNamed(test, labelCol).cells.map(Number);
  const predictions = await predictedNumbers(forest, test);
  return labels.reduce((sum, y, i) => sum + (y - (predictions[i] as number)) ** 2, 0) / numRows;
}

describe('an id that each row has to itself', () => {
  it('costs a forest of numbers little', async () => {
    const without = await errorOf('RandomForestRegressor', 'y', ['a', 'b']);
    expect(await errorOf('RandomForestRegressor', 'y', ['a', 'b', 'id'])).toBeLessThan(
      1.2 * without,
    );
  });

  it('costs a forest of classes little', async () => {
    const without = await errorOf('RandomForestClassifier', 'isHigh', ['a', 'b']);
    expect(await errorOf('RandomForestClassifier', 'isHigh', ['a', 'b', 'id'])).toBeLessThan(
      without + 0.03,
    );
  });
});
