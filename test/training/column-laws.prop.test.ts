/** What columns may do to a model: their names, constant ones, and monotone changes of their values. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { treeBytes } from '../tools/fitted-bytes.ts';
import { type DataRecipe, type FeatureKind, randomData } from '../tools/random-data.ts';
import { columnNamed, type SampleColumn, type SampleData } from '../tools/sample-data.ts';
import { fitSample, scoreSample } from './fit-sample.ts';
import { type EstimatorCase, estimatorCases, recipes, withFeatures } from './random-estimators.ts';

const anyCase: fc.Arbitrary<EstimatorCase> = fc.oneof(...Object.values(estimatorCases));

/** Options that name columns which models add; those keep their names. */
const outputs = new Set(['varianceCol', 'quantilesCol', 'leafCol', 'contributionsCol']);

describe('the names of columns', () => {
  it('do not matter: trees and predictions are the same', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, recipes, async (found, recipe) => {
        const data = randomData(recipe);
        const complete = withFeatures(found, recipe);
        // the last letter first, so that the order of names is another one too
        const newName = (name: string): string => `${[...name].reverse().join('')}_`;
        const options = Object.fromEntries(
          Object.entries(complete.options).map(([option, value]) => {
            if (option === 'featuresCols' || option === 'labelCols')
              return [option, (value as string[]).map(newName)];
            const isInput = option.endsWith('Col') && !outputs.has(option);
            return [option, isInput ? newName(value as string) : value];
          }),
        );
        const renamed = data.map((column) => ({ ...column, name: newName(column.name) }));
        const model = await fitSample(complete, data);
        const other = await fitSample({ ...found, options }, renamed);
        expect(treeBytes(other)).toEqual(treeBytes(model));
        expect(await scoreSample(other, renamed)).toEqual(await scoreSample(model, data));
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
});

/** Columns that say nothing, of every type. */
function constantColumns(numRows: number): SampleColumn[] {
  const column = (
    name: string,
    type: SampleColumn['type'],
    cell: SampleColumn['cells'][number],
  ): SampleColumn => ({ name, type, cells: new Array(numRows).fill(cell) });
  return [
    column('c0', 'float32', 1.5),
    column('c1', 'text', 'always'),
    column('c2', 'float64', null),
    column('c3', 'dictionary', null),
    column('c4', 'bool', true),
    column('c5', 'int64', 7),
    column('c6', 'float64', Number.NaN),
    {
      name: 'c7',
      type: 'float64',
      cells: Array.from({ length: numRows }, (_, i) => (i % 2 ? 0 : -0)),
    },
  ];
}

describe('a column that is constant', () => {
  it('is never split on, and changes nothing', async () => {
    // draws among features count the constant ones too, so nothing is drawn here
    const all = { featureSubsetStrategy: 'all', colsampleByTree: 1, colsampleByLevel: 1 };
    await fc.assert(
      fc.asyncProperty(anyCase, recipes, async (found, recipe) => {
        const data = randomData(recipe);
        const constants = constantColumns(recipe.numRows);
        const complete = withFeatures(found, recipe);
        const featuresCols = complete.options['featuresCols'] as string[];
        const drawn = Object.keys(all).filter((option) => option in complete.options);
        const options = {
          ...complete.options,
          ...Object.fromEntries(drawn.map((option) => [option, all[option as keyof typeof all]])),
        };
        const model = await fitSample({ ...found, options }, data);
        const more = await fitSample(
          {
            ...found,
            options: {
              ...options,
              featuresCols: [...featuresCols, ...constants.map(({ name }) => name)],
            },
          },
          [...data, ...constants],
        );
        expect(treeBytes(more)).toEqual(treeBytes(model));
        const importances = more.featureImportances;
        expect([...importances.slice(featuresCols.length)].every((value) => value === 0)).toBe(
          true,
        );
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  it('gives a tree of one leaf when there is no other', async () => {
    const data: SampleData = [
      ...constantColumns(50),
      { name: 'y', type: 'float64', cells: Array.from({ length: 50 }, (_, i) => i) },
    ];
    const featuresCols = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'];
    for (const name of [
      'GBTRegressor',
      'RandomForestRegressor',
      'DecisionTreeRegressor',
    ] as const) {
      const model = await fitSample({ name, options: { featuresCols, labelCol: 'y' } }, data);
      expect(model.depth).toBe(0);
      expect([...model.featureImportances]).toEqual(new Array(8).fill(0));
    }
  });
});

describe('monotone changes of a feature', () => {
  it('give the same splits of the rows where every value has a bin of its own', async () => {
    const kinds = fc.array(fc.constantFrom<FeatureKind>('integers', 'few numbers', 'words'), {
      minLength: 1,
      maxLength: 5,
    });
    const changes: ((value: number) => number)[] = [
      (value) => Math.atan(value),
      (value) => value ** 3 + 5,
      (value) => Math.sign(value) * Math.sqrt(Math.abs(value)) * 1e-200,
      (value) => 2 * value - 1000,
    ];
    const small = fc.record({
      seed: fc.nat(1e6),
      numRows: fc.integer({ min: 50, max: 1500 }),
      kinds,
      missing: fc.constantFrom(0, 0.2),
    });
    await fc.assert(
      fc.asyncProperty(anyCase, small, fc.nat(3), async (found, recipe: DataRecipe, which) => {
        const data = randomData(recipe);
        const complete = withFeatures(found, recipe);
        const options = { ...complete.options, maxBins: 255, binSampleRows: 200_000 };
        const change = changes[which] as (value: number) => number;
        const changed = data.map((column): SampleColumn => {
          if (!column.name.startsWith('x') || column.type === 'text') return column;
          const cells = column.cells.map((cell) =>
            typeof cell === 'number' && !Number.isNaN(cell) ? change(cell) : cell,
          );
          return { ...column, type: 'float64', cells };
        });
        const model = await fitSample({ ...found, options }, data);
        const other = await fitSample({ ...found, options }, changed);
        const { threshold, ...splits } = treeBytes(model);
        const { threshold: _, ...otherSplits } = treeBytes(other);
        expect(otherSplits).toEqual(splits);
        // rows that train nothing may hold values between two bins, which a change can move to the other side
        const allTrain = !('weightCol' in options) && !('validationIndicatorCol' in options);
        if (allTrain) {
          expect(await scoreSample(other, changed)).toEqual(await scoreSample(model, data));
        }
        expect(threshold).toBeDefined();
        expect(columnNamed(changed, 'y')).toBe(columnNamed(data, 'y'));
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });
});
