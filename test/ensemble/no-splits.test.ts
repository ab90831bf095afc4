/** A fit that has learned nothing says so, once, and says why that may be; others are silent. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { DecisionTreeRegressor } from '../../src/ensemble/forest/decision-tree-regressor.ts';
import { inlineTable } from '../tools/inline-table.ts';

const x = Float64Array.from({ length: 30 }, (_, i) => i);
const table = inlineTable({
  x,
  flat: x.map(() => 2),
  y: x.map((value) => value * 3),
  k: Array.from(x, (value) => (value > 14 ? 'b' : 'a')),
  w: x.map(() => 1 / 3000),
});
const options = { featuresCols: ['x'], labelCol: 'y', maxIter: 2 };

const said: string[] = [];
const listen = ({ name, message }: Error): number => said.push(`${name}: ${message}`);
beforeEach(() => {
  said.length = 0;
  process.on('warning', listen);
});
afterEach(() => process.off('warning', listen));

async function warningsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  await work();
  await new Promise((resolve) => setImmediate(resolve));
  return said;
}

const warning = /^CoppiceWarning: (\w+) made no split, so its model predicts the same for all rows/;

describe('a fit without a split warns', () => {
  it.each([
    ['of few rows', () => new GBTRegressor(options).fit(table)],
    [
      'of small weights',
      () =>
        new GBTClassifier({
          ...{ ...options, labelCol: 'k', weightCol: 'w', minInstancesPerNode: 1 },
          minSumHessian: 0.1,
        }).fit(table),
    ],
    [
      'of features that do not vary',
      () => new DecisionTreeRegressor({ featuresCols: ['flat'], labelCol: 'y' }).fit(table),
    ],
  ])('%s', async (_, fit) => {
    const found = await warningsOf(fit);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(warning);
    expect(found[0]).toMatch(/too few rows or too small weights for minInstancesPerNode/);
  });
});

describe('a fit says nothing', () => {
  it.each([
    ['where it splits', () => new GBTRegressor({ ...options, minInstancesPerNode: 5 }).fit(table)],
    [
      'where no split was asked for',
      () =>
        new DecisionTreeRegressor({ featuresCols: ['x'], labelCol: 'y', maxDepth: 0 }).fit(table),
    ],
  ])('%s', async (_, fit) => {
    expect(await warningsOf(fit)).toEqual([]);
  });
});
