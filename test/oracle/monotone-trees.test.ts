/** Are monotone trees those of scikit-learn, where its bins are ours? fixtures/make-monotone.py made the fixture. */
import { describe, expect, it } from 'vitest';
import { DecisionTreeClassifier, DecisionTreeRegressor, type TreeModel } from '../../src/index.ts';
import { valuesOf } from '../tools/inline-table.ts';
import { numericSplits } from './fitted-splits.ts';
import { featuresCols, readFixture, treeTable } from './tree-rows.ts';

interface Case {
  readonly directions: readonly number[];
  readonly features: readonly number[];
  readonly predictions: readonly number[];
}

const { cases } = readFixture('monotone.json') as { cases: Readonly<Record<string, Case>> };

function grown(name: string, monotoneConstraints: readonly number[]): Promise<TreeModel> {
  const options = {
    ...{ maxDepth: 6, minInstancesPerNode: 12, monotoneConstraints },
    featuresCols,
    ...(name.endsWith('weighted') ? { weightCol: 'weight' } : {}),
  };
  if (name.startsWith('variance'))
    return new DecisionTreeRegressor(options).fit(treeTable('number'));
  const impurity = name.startsWith('gini') ? 'gini' : 'entropy';
  return new DecisionTreeClassifier({ ...options, impurity }).fit(treeTable('binary'));
}

describe('monotone trees', () => {
  it.each(Object.entries(cases))('by %s are those of scikit-learn', async (name, found) => {
    const model = await grown(name, found.directions);
    const splits = numericSplits(model)[0] ?? [];
    expect(splits.map(([feature]) => feature)).toEqual(found.features);
    expect(splits.length).toBeGreaterThan(5);
    const isNumber = name.startsWith('variance');
    const scored = await model.transform(treeTable(isNumber ? 'number' : 'binary'));
    const ours = (await valuesOf(scored, isNumber ? 'prediction' : 'probability')).flatMap(
      (value) => (typeof value === 'number' ? value : [...(value as Iterable<number>)]),
    );
    expect(ours.length).toBe(found.predictions.length);
    ours.forEach((value, i) => {
      expect(Math.abs(value - (found.predictions[i] as number))).toBeLessThan(1e-8);
    });
  });
});
