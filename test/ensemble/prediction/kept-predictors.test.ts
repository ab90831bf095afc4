import { describe, expect, it } from 'vitest';
import { DecisionTreeRegressor } from '../../../src/ensemble/forest/decision-tree-regressor.ts';
import { KeptPredictors } from '../../../src/ensemble/prediction/kept-predictors.ts';
import { inlineTable } from '../../tools/inline-table.ts';

const rows = Array.from({ length: 50 }, (_, row) => row);
const table = inlineTable({ x: rows.map((row) => (row * 7) % 50), y: rows });
const tree = new DecisionTreeRegressor({ featuresCols: ['x'], labelCol: 'y', maxLeaves: 8 });
const names = Array.from({ length: 40 }, (_, i) => `model ${i}`);

describe('kept predictors', () => {
  it('are made once for each of many models', async () => {
    const { trees } = (await tree.fit(table)).data;
    const kept = new KeptPredictors();
    const first = names.map((name) => kept.of(name, trees, 1));
    const again = names.map((name) => kept.of(name, trees, 1));
    expect(new Set(first).size).toBe(40);
    expect(again.every((predictor, i) => predictor === first[i])).toBe(true);
  });

  it('are let go, the longest unused first, where they take too much memory', async () => {
    const { trees } = (await tree.fit(table)).data;
    const one = new KeptPredictors().of('one', trees, 1).bytes + 2 ** 20;
    const kept = new KeptPredictors(5 * one);
    const first = names.slice(0, 5).map((name) => kept.of(name, trees, 1));
    expect(kept.of('model 0', trees, 1)).toBe(first[0]);
    kept.of('model 9', trees, 1);
    expect(kept.size).toBe(5);
    // model 0 was used after model 1
    expect(kept.of('model 0', trees, 1)).toBe(first[0]);
    expect(kept.of('model 1', trees, 1)).not.toBe(first[1]);
    // one that is larger than the bound is kept as long as it is used
    const narrow = new KeptPredictors(10);
    expect(narrow.of('a', trees, 1)).toBe(narrow.of('a', trees, 1));
    narrow.of('b', trees, 1);
    expect(narrow.size).toBe(1);
  });
});
