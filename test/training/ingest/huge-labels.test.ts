/** Labels and weights whose squares would overflow are refused; those below are learned like any others. */
import { describe, expect, it } from 'vitest';
import type { SampleData } from '../../tools/sample-data.ts';
import { fitSample, predictedNumbers } from '../fit-sample.ts';
import { type EstimatorCase, estimatorClasses } from '../random-estimators.ts';

const names = Object.keys(estimatorClasses) as EstimatorCase['name'][];
const regressors = names.filter((name) => name.endsWith('Regressor'));
const rows = [1, 2, 3, 4, 5, 6, 7, 8];

function dataOf(scale: number, weight: number): SampleData {
  return [
    { name: 'x', type: 'float64', cells: rows },
    { name: 'label', type: 'float64', cells: rows.map((row) => row * scale) },
    { name: 'w', type: 'float64', cells: rows.map(() => weight) },
  ];
}

describe.each(regressors)('%s', (name) => {
  const own = name.startsWith('GBT') ? { maxIter: 3, stepSize: 1 } : {};
  const options = { featuresCols: ['x'], weightCol: 'w', minInstancesPerNode: 1, ...own };

  it('refuses labels and weights beyond 2^400', async () => {
    await expect(fitSample({ name, options }, dataOf(1e300, 1))).rejects.toMatchObject({
      code: 'LABEL_INVALID',
      message: expect.stringMatching(/below 2\^400 in every row; got 1e\+300 in row 0.*scale/),
    });
    await expect(fitSample({ name, options }, dataOf(1, 1e300))).rejects.toMatchObject({
      code: 'WEIGHT_INVALID',
      message: expect.stringContaining('below 2^400 in every row; got 1e+300'),
    });
  });

  it('takes weights below 2^-400 as 0, and learns from those above', async () => {
    await expect(fitSample({ name, options }, dataOf(1, 1e-200))).rejects.toMatchObject({
      code: 'WEIGHT_INVALID',
      message: expect.stringContaining('got 0 in every row (below 2^-400 counts as 0)'),
    });
    const free = { ...options, ...(name.startsWith('GBT') ? { minSumHessian: 0 } : {}) };
    const data = dataOf(1, 1e-119);
    const found = await predictedNumbers(await fitSample({ name, options: free }, data), data);
    expect((found[7] as number) - (found[0] as number)).toBeGreaterThan(3);
  });

  it('learns from large ones', async () => {
    for (const [scale, weight] of [
      [1e119, 1e9],
      [1, 1e120],
    ] as const) {
      const data = dataOf(scale, weight);
      const found = await predictedNumbers(await fitSample({ name, options }, data), data);
      expect(found.every(Number.isFinite)).toBe(true);
      expect((found[7] as number) / scale - (found[0] as number) / scale).toBeGreaterThan(3);
    }
  });
});
