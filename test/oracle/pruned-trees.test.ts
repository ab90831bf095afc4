/** Are pruned trees those of scikit-learn, where its bins are ours? fixtures/make-pruned.py made the fixture. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DecisionTreeClassifier, DecisionTreeRegressor, type TreeModel } from '../../src/index.ts';
import { inlineTable, valuesOf } from '../tools/inline-table.ts';

interface Step {
  readonly alpha: number;
  readonly leaves: number;
  readonly predictions: readonly number[];
}

interface Data {
  readonly columns: readonly (readonly number[])[];
  readonly labels: Readonly<Record<string, readonly number[]>>;
  readonly weight: readonly number[];
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8'));
const data = read('trees.json') as Data;
const { cases } = read('pruned.json') as { cases: Readonly<Record<string, readonly Step[]>> };

function table(label: string) {
  const named = Object.fromEntries(data.columns.map((cells, f) => [`x${f}`, [...cells]]));
  const labels = [...(data.labels[label] ?? [])];
  return inlineTable({ ...named, label: labels, weight: [...data.weight] }, 3);
}

const featuresCols = data.columns.map((_, f) => `x${f}`);
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
  return new DecisionTreeRegressor({ ...growth, ...options }).fit(table('number'));
}

function classification(
  label: string,
  options: Readonly<Record<string, unknown>>,
): Promise<TreeModel> {
  return new DecisionTreeClassifier({ ...growth, ...options }).fit(table(label));
}

describe('pruned trees', () => {
  it.each(fits)('by %s are those of scikit-learn', async (name, label, grow) => {
    for (const { alpha, leaves, predictions } of cases[name] as readonly Step[]) {
      const model = await grow(alpha);
      expect([alpha, model.trees.leftChild.filter((left) => left === 0).length]).toEqual([
        alpha,
        leaves,
      ]);
      const scored = (await model.transform(table(label))).limit(60);
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
