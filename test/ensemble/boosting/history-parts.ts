/** Data for histories of metrics: rows to train on, and two other sets to measure. */
import { randomData, range } from '../../tools/random-data.ts';
import { pickRows, type SampleData } from '../../tools/sample-data.ts';

/** The features of the rows. */
export const featuresCols = ['x0', 'x1', 'x2', 'x3'];

/** Rows 0 to 900, from there to a cut, and from the cut to 1500; and the recipe of them all. */
export function historyParts(seed: number, cut: number) {
  const recipe = {
    seed,
    numRows: 1500,
    kinds: ['float32', 'words', 'float64', 'integers'],
    missing: 0.1,
  } as const;
  const data = randomData(recipe);
  const part = (from: number, to: number): SampleData => pickRows(data, range(to).slice(from));
  return { recipe, train: part(0, 900), recent: part(900, cut), other: part(cut, 1500) };
}
