/** Are monotone trees those of scikit-learn, where its bins are ours? fixtures/make-monotone.py made the fixture. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DecisionTreeClassifier, DecisionTreeRegressor, type TreeModel } from '../../src/index.ts';
import { inlineTable, valuesOf } from '../tools/inline-table.ts';
import { numericSplits } from './fitted-splits.ts';

interface Case {
  readonly directions: readonly number[];
  readonly features: readonly number[];
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
const { cases } = read('monotone.json') as { cases: Readonly<Record<string, Case>> };

function table(label: string) {
  const named = Object.fromEntries(data.columns.map((cells, f) => [`x${f}`, [...cells]]));
  const labels = [...(data.labels[label] ?? [])];
  return inlineTable({ ...named, label: labels, weight: [...data.weight] }, 3);
}

function grown(name: string, monotoneConstraints: readonly number[]): Promise<TreeModel> {
  const options = {
    ...{ maxDepth: 6, minInstancesPerNode: 12, monotoneConstraints },
    featuresCols: data.columns.map((_, f) => `x${f}`),
    ...(name.endsWith('weighted') ? { weightCol: 'weight' } : {}),
  };
  if (name.startsWith('variance')) return new DecisionTreeRegressor(options).fit(table('number'));
  const impurity = name.startsWith('gini') ? 'gini' : 'entropy';
  return new DecisionTreeClassifier({ ...options, impurity }).fit(table('binary'));
}

describe('monotone trees', () => {
  it.each(Object.entries(cases))('by %s are those of scikit-learn', async (name, found) => {
    const model = await grown(name, found.directions);
    const splits = numericSplits(model)[0] ?? [];
    expect(splits.map(([feature]) => feature)).toEqual(found.features);
    expect(splits.length).toBeGreaterThan(5);
    const isNumber = name.startsWith('variance');
    const scored = await model.transform(table(isNumber ? 'number' : 'binary'));
    const ours = (await valuesOf(scored, isNumber ? 'prediction' : 'probability')).flatMap(
      (value) => (typeof value === 'number' ? value : [...(value as Iterable<number>)]),
    );
    expect(ours.length).toBe(found.predictions.length);
    ours.forEach((value, i) => {
      expect(Math.abs(value - (found.predictions[i] as number))).toBeLessThan(1e-8);
    });
  });
});
