/**
 * Are ours the trees of LightGBM and scikit-learn, where their bins are ours? The fixtures and what stays
 * different are described in README.md.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  GBTClassifier,
  GBTRegressor,
  type TreeModel,
} from '../../src/index.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { inlineTable, valuesOf } from '../tools/inline-table.ts';
import { numericSplits } from './fitted-splits.ts';

interface OracleCase {
  readonly library: string;
  readonly predictions: readonly number[];
  readonly trees: readonly (readonly [number, number | string])[][];
}

interface Fixture {
  readonly columns: readonly (readonly number[])[];
  readonly holes: readonly (readonly (number | null)[])[];
  readonly category: readonly number[];
  readonly labels: Readonly<Record<string, readonly number[]>>;
  readonly weight: readonly number[];
  readonly cases: Readonly<Record<string, OracleCase>>;
}

const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/trees.json', import.meta.url), 'utf8'),
) as Fixture;

/** The quantised gradients move a gain in its 9th digit or so; leaves are exact sums. */
const near = 1e-7;
const boosting = {
  maxIter: 8,
  maxLeaves: 12,
  stepSize: 0.1,
  lambda: 1,
  minInstancesPerNode: 5,
  minSumHessian: 1e-3,
} as const;
/** Where hessians differ LightGBM guesses rows from them, so there only the least hessian limits leaves. */
const byHessian = { ...boosting, minInstancesPerNode: 1, minSumHessian: 2, lambda: 0 } as const;
const numeric = fixture.columns.map((_, f) => `x${f}`);

function table(
  columns: readonly (readonly (number | null)[])[],
  labels: readonly number[],
): PartitionedTable {
  const named = Object.fromEntries(columns.map((cells, f) => [`x${f}`, [...cells]]));
  const category = fixture.category.map((value) => `c${value}`);
  return inlineTable({ ...named, category, label: [...labels], weight: [...fixture.weight] }, 3);
}

function oracle(name: string): OracleCase {
  const found = fixture.cases[name];
  if (found === undefined) throw new Error(`trees.json has no case ${name}`);
  return found;
}

/** @param isExact false: empty bins between two values leave a choice of edges, and LightGBM takes the last */
function expectSameSplits(model: TreeModel, { trees }: OracleCase, isExact: boolean): void {
  const ours = numericSplits(model);
  const features = (all: readonly (readonly (readonly [number, unknown])[])[]): number[][] =>
    all.map((splits) => splits.map(([feature]) => feature));
  expect(features(ours)).toEqual(features(trees));
  if (!isExact) return;
  const furthest = ours.flatMap((splits, t) =>
    splits.map(([, threshold], s) => Math.abs(threshold - Number(trees[t]?.[s]?.[1]))),
  );
  expect(Math.max(...furthest)).toBeLessThan(2e-6);
}

function expectNear(ours: readonly number[], theirs: readonly number[], bound = near): void {
  expect(ours.length).toBe(theirs.length);
  const furthest = ours.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (theirs[i] as number))),
    0,
  );
  expect(furthest).toBeLessThan(bound);
}

async function regressionValues(
  model: TreeModel,
  rows: PartitionedTable,
): Promise<readonly number[]> {
  return (await valuesOf(await model.transform(rows), 'prediction')) as number[];
}

async function probabilities(model: TreeModel, rows: PartitionedTable): Promise<number[][]> {
  const column = (await valuesOf(await model.transform(rows), 'probability')) as Iterable<number>[];
  return column.map((row) => [...row]);
}

describe('boosted trees', () => {
  it.each(['lightgbm-regression', 'lightgbm-regression-weighted'])(
    'are those of %s',
    async (name) => {
      const rows = table(fixture.columns, fixture.labels['number'] ?? []);
      const options = name.endsWith('weighted') ? { ...byHessian, weightCol: 'weight' } : boosting;
      const model = await new GBTRegressor({ ...options, featuresCols: numeric }).fit(rows);
      expectSameSplits(model, oracle(name), false);
      expectNear(await regressionValues(model, rows), oracle(name).predictions);
    },
  );

  it.each(['lightgbm-binary', 'lightgbm-binary-weighted'])('are those of %s', async (name) => {
    const rows = table(fixture.columns, fixture.labels['binary'] ?? []);
    const weighted = name.endsWith('weighted') ? { weightCol: 'weight' } : {};
    const options = { ...byHessian, featuresCols: numeric, ...weighted };
    const model = await new GBTClassifier(options).fit(rows);
    expectSameSplits(model, oracle(name), false);
    const ours = (await probabilities(model, rows)).map((row) => row[1] as number);
    expectNear(ours, oracle(name).predictions);
  });

  it('are those of LightGBM where values are missing', async () => {
    const rows = table(fixture.holes, fixture.labels['holes'] ?? []);
    const model = await new GBTRegressor({ ...boosting, featuresCols: numeric }).fit(rows);
    // "missing against the rest" is written with another threshold there, so only what it does is compared
    expectNear(await regressionValues(model, rows), oracle('lightgbm-missing').predictions);
  });

  it('split categories as LightGBM does', async () => {
    const rows = table(fixture.columns, fixture.labels['category'] ?? []);
    const options = {
      ...boosting,
      featuresCols: ['category', 'x0'],
      categorySmoothing: 1,
      categoryLambda: 0,
      minCategoryRows: 1,
      maxOneHot: 0,
    };
    const model = await new GBTRegressor(options).fit(rows);
    expectNear(await regressionValues(model, rows), oracle('lightgbm-category').predictions);
  });

  it('of several classes are those of LightGBM', async () => {
    const rows = table(fixture.columns, fixture.labels['classes'] ?? []);
    const model = await new GBTClassifier({
      ...byHessian,
      featuresCols: numeric.slice(0, 3),
    }).fit(rows);
    expectSameSplits(model, oracle('lightgbm-multiclass'), false);
    const ours = (await probabilities(model, rows)).flat();
    expectNear(ours, oracle('lightgbm-multiclass').predictions);
  });

  it('are those of HistGradientBoostingRegressor', async () => {
    const rows = table(fixture.columns, fixture.labels['number'] ?? []);
    const model = await new GBTRegressor({ ...boosting, featuresCols: numeric }).fit(rows);
    expectSameSplits(model, oracle('histogram-regression'), true);
    // its gradients are float32
    expectNear(
      await regressionValues(model, rows),
      oracle('histogram-regression').predictions,
      1e-6,
    );
  });

  it('are those of HistGradientBoostingClassifier', async () => {
    const rows = table(fixture.columns, fixture.labels['binary'] ?? []);
    const model = await new GBTClassifier({ ...boosting, featuresCols: numeric }).fit(rows);
    expectSameSplits(model, oracle('histogram-binary'), true);
    const ours = (await probabilities(model, rows)).map((row) => row[1] as number);
    expectNear(ours, oracle('histogram-binary').predictions, 1e-6);
  });
});

describe('single trees', () => {
  const growth = { maxDepth: 5, minInstancesPerNode: 12, featuresCols: numeric };

  it.each(['tree-regression', 'tree-regression-weighted'])('are those of %s', async (name) => {
    const rows = table(fixture.columns, fixture.labels['number'] ?? []);
    const weighted = name.endsWith('weighted') ? { weightCol: 'weight' } : {};
    const model = await new DecisionTreeRegressor({ ...growth, ...weighted }).fit(rows);
    expectSameSplits(model, oracle(name), true);
    expectNear(await regressionValues(model, rows), oracle(name).predictions, 1e-8);
  });

  it.each([
    ['tree-gini', 'gini', {}],
    ['tree-entropy', 'entropy', {}],
    ['tree-gini-weighted', 'gini', { weightCol: 'weight' }],
  ] as const)('are those of %s', async (name, impurity, weighted) => {
    const rows = table(fixture.columns, fixture.labels['classes'] ?? []);
    const model = await new DecisionTreeClassifier({ ...growth, impurity, ...weighted }).fit(rows);
    expectSameSplits(model, oracle(name), true);
    expectNear((await probabilities(model, rows)).flat(), oracle(name).predictions, 1e-8);
  });
});
