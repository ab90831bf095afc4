/** Are pruned trees those of scikit-learn, where its bins are ours? fixtures/make-pruned.py made the fixture. */
import { describe, expect, it } from 'vitest';
import { DecisionTreeClassifier, DecisionTreeRegressor, type TreeModel } from '../../src/index.ts';
import { valuesOf } from '../tools/inline-table.ts';
import { featuresCols, readFixture, treeTable } from './tree-rows.ts';

interface Step {
  readonly alpha: number;
  readonly leaves: number;
  readonly predictions: readonly number[];
}

const { cases } = readFixture('pruned.json') as {
  cases: Readonly<Record<string, readonly Step[]>>;
};

const growth = { maxDepth: 5, minInstancesPerNode: 12, featuresCols };
const weighted = { weightCol: 'weight' };

const fits: readonly (readonly [string, string, (ccpAlpha: number) => Promise<TreeModel>])[] = [
  ['variance', 'number', (a) => regression({ ccpAlpha: a })],
  ['variance-weighted', 'number', (a) => regression({ ccpAlpha: a, ...weighted })],
  ['gini-two-classes', 'binary', (a) => classification('binary', { ccpAlpha: a })],
  ['gini', 'classes', (a) => classification('classes', { ccpAlpha: a })],
  ['gini-weighted', 'classes', (a) => classification('classes', { ccpAlpha: a, ...weighted })],
  [
    'entropy',
    'classes',
    (a) => classification('classes', { ccpAlpha: a, impurity: 'entropy' as const }),
  ],
];

function regression(options: Readonly<Record<string, unknown>>): Promise<TreeModel> {
  return new DecisionTreeRegressor({ ...growth, ...options }).fit(treeTable('number'));
}

function classification(
  label: string,
  options: Readonly<Record<string, unknown>>,
): Promise<TreeModel> {
  return new DecisionTreeClassifier({ ...growth, ...options }).fit(treeTable(label));
}

describe('pruned trees', () => {
  it.each(fits)('by %s are those of scikit-learn', async (name, label, grow) => {
    for (const { alpha, leaves, predictions } of cases[name] as readonly Step[]) {
      const model = await grow(alpha);
      expect([alpha, model.trees.leftChild.filter((left) => left === 0).length]).toEqual([
        alpha,
        leaves,
      ]);
      const scored = (await model.transform(treeTable(label))).limit(60);
      const column = label === 'number' ? 'prediction' : 'probability';
      const ours = (await valuesOf(scored, column)).flatMap((value) =>
        typeof value === 'number' ? value : [...(value as Iterable<number>)],
      );
      expect(ours.length).toBe(predictions.length);
      const furthest = Math.max(...ours.map((v, i) => Math.abs(v - (predictions[i] as number))));
      expect(furthest).toBeLessThan(1e-8);
    }
  });
});
