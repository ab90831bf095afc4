/** Are trees and forests of several labels those of scikit-learn? fixtures/make-several-labels.py made the fixture. */
import { describe, expect, it } from 'vitest';
import {
  DecisionTreeRegressor,
  ExtraTreesRegressor,
  RandomForestRegressor,
  type TreeModel,
} from '../../src/index.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { inlineTable, valuesOf } from '../tools/inline-table.ts';
import { numericSplits } from './fitted-splits.ts';
import { featuresCols, readFixture, treeRows } from './tree-rows.ts';

interface Case {
  readonly predictions: readonly number[];
  readonly trees: readonly (readonly (readonly [number, number])[])[];
}

interface Fixture {
  readonly cases: Readonly<Record<string, Case>>;
  readonly errors: Readonly<Record<string, readonly number[]>>;
  readonly outOfBag: number;
}

const fixture = readFixture('several-labels.json') as Fixture;

const labelCols = ['number', 'category', 'holes'];

function rows(from: number, to: number): PartitionedTable {
  const named = [
    ...treeRows.columns.map((cells, f) => [`x${f}`, cells] as const),
    ...labelCols.map((name) => [name, treeRows.labels[name] ?? []] as const),
    ['weight', treeRows.weight] as const,
  ];
  return inlineTable(
    Object.fromEntries(named.map(([name, cells]) => [name, cells.slice(from, to)])),
    3,
  );
}

async function predicted(model: TreeModel, table: PartitionedTable): Promise<number[][]> {
  const column = await valuesOf(await model.transform(table), 'prediction');
  return (column as Iterable<number>[]).map((row) => [...row]);
}

describe('several labels', () => {
  const growth = { maxDepth: 5, minInstancesPerNode: 12, featuresCols, labelCols };
  const alone = { numTrees: 1, bootstrap: false, featureSubsetStrategy: 'all' } as const;

  it.each([
    ['tree', () => new DecisionTreeRegressor(growth)],
    ['tree-weighted', () => new DecisionTreeRegressor({ ...growth, weightCol: 'weight' })],
    ['forest-of-one', () => new RandomForestRegressor({ ...growth, ...alone })],
  ] as const)('have the %s of scikit-learn, split by split', async (name, make) => {
    const table = rows(0, 500);
    const model = await make().fit(table);
    const { trees, predictions } = fixture.cases[name] as Case;
    const ours = numericSplits(model);
    expect(ours.map((splits) => splits.map(([feature]) => feature))).toEqual(
      trees.map((splits) => splits.map(([feature]) => feature)),
    );
    const [splits = []] = ours;
    expect(splits.length).toBeGreaterThan(15);
    splits.forEach(([, threshold], s) => {
      expect(threshold).toBeCloseTo(Number(trees[0]?.[s]?.[1]), 5);
    });
    const values = (await predicted(model, table)).flat();
    predictions.forEach((value, i) => {
      expect(Math.abs((values[i] as number) - value)).toBeLessThan(1e-8);
    });
  });

  it.each([RandomForestRegressor, ExtraTreesRegressor])(
    'are predicted by %o as well as there, where all features are looked at',
    async (Forest) => {
      const options = { featureSubsetStrategy: 'all', minInstancesPerNode: 2 } as const;
      const model = await new Forest({ featuresCols, labelCols, ...options }).fit(rows(0, 350));
      const held = await predicted(model, rows(350, 500));
      const theirs = fixture.errors[Forest.name] as readonly number[];
      labelCols.forEach((name, k) => {
        const label = treeRows.labels[name]?.slice(350) ?? [];
        const squares = held.map((row, i) => ((row[k] as number) - (label[i] as number)) ** 2);
        const error = Math.sqrt(squares.reduce((sum, square) => sum + square) / squares.length);
        expect(Math.abs(error / (theirs[k] as number) - 1), `${name} ${error}`).toBeLessThan(0.03);
      });
    },
  );

  it('have the out-of-bag score of scikit-learn, within 0.01', async () => {
    const options = {
      featureSubsetStrategy: 'all',
      minInstancesPerNode: 2,
      oobScore: true,
    } as const;
    const forest = new RandomForestRegressor({
      featuresCols,
      labelCols,
      numTrees: 300,
      ...options,
    });
    const { outOfBag } = (await forest.fit(rows(0, 500))).summary;
    expect(Math.abs((outOfBag?.score ?? 0) - fixture.outOfBag)).toBeLessThan(0.01);
  });
});
