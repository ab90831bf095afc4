/**
 * New leaf values from other rows: those that the trees would have got if they had been grown on these rows, as
 * far as the rate of decay says; the same on any topology.
 */
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { BoostedModel } from '../../../src/ensemble/boosting/boosted-model.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { treeBytes } from '../../tools/fitted-bytes.ts';
import { type DataRecipe, randomData, range } from '../../tools/random-data.ts';
import {
  columnNamed,
  cutTable,
  pickRows,
  type SampleData,
  withSampleColumn,
} from '../../tools/sample-data.ts';
import { drawsOf, it, itDivided } from '../../tools/some-cases.ts';
import { fitSample, predictedNumbers, scoreSample } from '../fit-sample.ts';
import {
  type EstimatorCase,
  estimatorCases,
  makeEstimator,
  recipes,
  shapedCases,
  withFeatures,
} from '../random-estimators.ts';
import { expectSameFit, type FitCase, topologies } from '../topologies.ts';

const runner = new InlineRunner();

/** Refits the leaves of a boosted model. */
async function refit(model: TreeModel, data: SampleData, decayRate?: number): Promise<TreeModel> {
  if (!(model instanceof BoostedModel)) throw new Error(`${model.className} is not boosted`);
  return await model.refitLeaves(cutTable(runner, data), { decayRate });
}

const boostedCases = fc.oneof(
  { weight: 2, arbitrary: estimatorCases.GBTRegressor },
  { weight: 2, arbitrary: estimatorCases.GBTClassifier },
  { weight: 1, arbitrary: estimatorCases.GBTRanker },
  { weight: 2, arbitrary: shapedCases },
);

/** Without what trains on some of the rows only. */
function onAllRows({ name, options }: EstimatorCase): EstimatorCase {
  const drawn = /^(subsampl|goss|stratified|validation|holdOut|numModels|earlyStopping)/;
  const kept = Object.entries(options).filter(([key]) => !drawn.test(key));
  return { name, options: Object.fromEntries(kept) };
}

/** Rows of the classes that a model has seen: of another it refuses to be refitted. */
function ofKnownClasses(model: TreeModel, data: SampleData): SampleData {
  const classes = model.data.classes.map(String);
  if (classes.length === 0 || model.params.labelCols !== undefined) return data;
  const labels = columnNamed(data, String(model.params.labelCol)).cells.map(String);
  return pickRows(
    data,
    range(labels.length).filter((row) => classes.includes(labels[row] as string)),
  );
}

const small: fc.Arbitrary<DataRecipe> = recipes.map((recipe) => ({
  ...recipe,
  numRows: 30 + (recipe.numRows % 400),
}));

describe('refitLeaves', () => {
  itDivided(
    'gives the model back on the rows of its fit where nothing of the old values stays',
    async () => {
      await fc.assert(
        fc.asyncProperty(boostedCases.map(onAllRows), small, async (found, recipe) => {
          const data = randomData(recipe);
          const model = await fitSample(withFeatures(found, recipe), data);
          const again = await refit(model, data, 0);
          expect(treeBytes(again)).toEqual(treeBytes(model));
          expect(again.data.baseScores).toEqual(model.data.baseScores);
        }),
        { numRuns: drawsOf(60), endOnFailure: true },
      );
    },
    60_000,
  );

  itDivided(
    'gives rounds of several trees back, which learned from the same scores',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          boostedCases.map(onAllRows),
          small,
          fc.constantFrom(2, 3),
          async (found, recipe, numParallelTrees) => {
            const data = randomData(recipe);
            const { name, options } = withFeatures(found, recipe);
            const parallel = { name, options: { ...options, numParallelTrees } };
            const model = await fitSample(parallel, data);
            expect(treeBytes(await refit(model, data, 0))).toEqual(treeBytes(model));
          },
        ),
        { numRuns: drawsOf(25), endOnFailure: true },
      );
    },
    60_000,
  );

  itDivided(
    'changes nothing where all of the old values stays',
    async () => {
      await fc.assert(
        fc.asyncProperty(boostedCases, small, async (found, recipe) => {
          const data = randomData(recipe);
          const model = await fitSample(withFeatures(found, recipe), data);
          const other = ofKnownClasses(model, randomData({ ...recipe, seed: recipe.seed + 1 }));
          const same = await refit(model, other, 1);
          expect(treeBytes(same)).toEqual(treeBytes(model));
          expect(same.data.baseScores).toEqual(model.data.baseScores);
        }),
        { numRuns: drawsOf(30), endOnFailure: true },
      );
    },
    60_000,
  );

  itDivided(
    'gives the same bytes on any topology, for averaged models too',
    async () => {
      const other: FitCase = async (found, table) => {
        const fit = makeEstimator(found).fit(table);
        const model = (await fit) as BoostedModel;
        const few = await table.randomSplit([0.6, 0.4], { seed: 3 });
        return await model.refitLeaves(few[0] as typeof table, { decayRate: 0.3 });
      };
      await fc.assert(
        fc.asyncProperty(
          boostedCases,
          recipes,
          fc.array(topologies, { minLength: 1, maxLength: 1 }),
          (found, recipe, wanted) =>
            expectSameFit({ alone: other, others: other }, found, recipe, wanted),
        ),
        { numRuns: drawsOf(8), endOnFailure: true },
      );
    },
    60_000,
  );
});

/** The nodes that are leaves of a tree, from the left. */
function leafNodes({ trees }: TreeModel, tree: number): number[] {
  const start = trees.treeStart[tree] as number;
  const below = (node: number): number[] => {
    const left = trees.leftChild[node] as number;
    return left === 0 ? [node] : [...below(start + left), ...below(start + left + 1)];
  };
  return below(start);
}

const numbers: DataRecipe = {
  seed: 5,
  numRows: 500,
  kinds: ['float64', 'words', 'integers', 'float32'],
  missing: 0.1,
};
const data = randomData(numbers);
const options = { labelCol: 'y', maxIter: 6, maxLeaves: 6, stepSize: 0.3, leafCol: 'leaf' };
const regressor = withFeatures({ name: 'GBTRegressor', options }, numbers);
const moved = withSampleColumn(pickRows(data, range(300)), {
  ...columnNamed(data, 'y'),
  cells: columnNamed(data, 'y')
    .cells.slice(0, 300)
    .map((y) => 3 * Number(y) + 7),
});

describe('a model that was continued', () => {
  /** All rows are learned from: fewer than a fit holds any out of, or others are watched. */
  const few = pickRows(data, range(60));
  const watched = pickRows(data, range(500).slice(400));
  const learned = pickRows(data, range(400));
  const free = { labelCol: 'y', maxIter: undefined, colsampleByTree: 1 };
  const more = { labelCol: 'y', maxIter: 3, maxLeaves: 6, stepSize: 0.07, lambda: 5 };

  it.each([
    ['few rows', { rows: few, validation: undefined }],
    ['more rows', { rows: learned, validation: watched }],
  ])(
    'of %s keeps what each of its fits chose for its own rounds',
    async (_, { rows, validation }) => {
      const found = (own: EstimatorCase['options']) =>
        withFeatures({ name: 'GBTRegressor', options: own }, numbers);
      const fitted = async (own: EstimatorCase['options'], initialModel?: TreeModel) =>
        (await makeEstimator(found(own)).fit(cutTable(runner, rows), {
          ...(initialModel === undefined ? {} : { initialModel }),
          ...(validation === undefined || initialModel !== undefined
            ? {}
            : { validation: cutTable(runner, validation) }),
        })) as TreeModel;
      const first = await fitted({ ...free, stepSize: undefined });
      const second = await fitted(more, first);
      const third = await fitted({ ...more, stepSize: 0.3, lambda: 0 }, second);
      for (const model of [first, second, third]) {
        expect(treeBytes(await refit(model, rows, 0))).toEqual(treeBytes(model));
      }
      const shorter = third.truncate(third.numTrees - 4);
      expect(treeBytes(await refit(shorter, rows, 0))).toEqual(treeBytes(shorter));
      expect(shorter.data.fits?.map(({ rounds }) => rounds)).toEqual([first.numTrees, 2]);
    },
  );

  it('says nothing of its fits where the last one speaks for all', async () => {
    const own = { labelCol: 'y', maxIter: 2, stepSize: 0.3 };
    const found = withFeatures({ name: 'GBTRegressor', options: own }, numbers);
    const first = await fitSample(found, data);
    const second = await fitSample(found, data, { initialModel: first });
    expect(second.data).not.toHaveProperty('fits');
  });
});

describe('a leaf', () => {
  it('moves from its value to the mean of what is left of its new rows', async () => {
    const model = await fitSample(regressor, data);
    const decayRate = 0.25;
    const again = await refit(model, moved, decayRate);
    const leaves = (await scoreSample(model, moved))['leaf'] as number[];
    const labels = columnNamed(moved, 'y').cells.map(Number);
    const mean = labels.reduce((sum, y) => sum + y, 0) / labels.length;
    const base = decayRate * (model.data.baseScores[0] as number) + (1 - decayRate) * mean;
    expect(again.data.baseScores[0]).toBeCloseTo(base, 9);
    const scores = labels.map(() => base);
    for (let t = 0; t < model.numTrees; t++) {
      const groups = new Map<number, number[]>();
      labels.forEach((_, row) => {
        const leaf = leaves[row * model.numTrees + t] as number;
        groups.set(leaf, [...(groups.get(leaf) ?? []), row]);
      });
      const nodes = leafNodes(model, t);
      for (const [leaf, rows] of groups) {
        const node = nodes[leaf] as number;
        const left = rows.reduce(
          (sum, row) => sum + (labels[row] as number) - (scores[row] as number),
          0,
        );
        const old = model.trees.value[node] as number;
        const wanted = decayRate * old + (1 - decayRate) * 0.3 * (left / rows.length);
        const found = again.trees.value[node] as number;
        expect(found).toBeCloseTo(wanted, 8);
        for (const row of rows) scores[row] = (scores[row] as number) + found;
      }
    }
  });

  it('keeps its value where no new row reaches it', async () => {
    const model = await fitSample(regressor, data);
    const one = pickRows(moved, [4]);
    const again = await refit(model, one, 0);
    const reached = (await scoreSample(model, one))['leaf'] as number[];
    let numKept = 0;
    for (let t = 0; t < model.numTrees; t++) {
      leafNodes(model, t).forEach((node, leaf) => {
        if (leaf === reached[t]) return;
        expect(again.trees.value[node]).toBe(model.trees.value[node]);
        numKept += 1;
      });
    }
    expect(numKept).toBeGreaterThan(20);
    expect(await predictedNumbers(again, one)).toEqual([Number(columnNamed(one, 'y').cells[0])]);
  });

  it('is found by the very thresholds, more than a byte has values and of other number types', async () => {
    const x = range(4000).map((i) => Math.sin(i * 12.9898) * 43758.5453);
    const wavy: SampleData = [
      { name: 'x', type: 'float64', cells: x },
      { name: 'y', type: 'float64', cells: x.map((value) => Math.sin(value / 50) + value / 1e4) },
    ];
    const fine = {
      featuresCols: ['x'],
      labelCol: 'y',
      maxIter: 4,
      maxLeaves: 200,
      minInstancesPerNode: 1,
    };
    const first = await fitSample(
      { name: 'GBTRegressor', options: fine },
      pickRows(wavy, range(2000)),
    );
    const model = await fitSample(
      { name: 'GBTRegressor', options: fine },
      pickRows(wavy, range(4000).slice(2000)),
      { initialModel: first },
    );
    expect(new Set(model.trees.threshold).size).toBeGreaterThan(300);
    for (const type of ['float64', 'float32'] as const) {
      const cells = type === 'float64' ? x : x.map(Math.fround);
      const rows = withSampleColumn(wavy, { name: 'x', type, cells });
      const again = (await refit(model, rows, 0)).copy({ leafCol: 'leaf' });
      const leaves = (await scoreSample(again, rows))['leaf'] as number[];
      const leaf = leaves[0] as number;
      const node = leafNodes(model, 0)[leaf] as number;
      const own = range(4000).filter((row) => leaves[row * again.numTrees] === leaf);
      const left = own.map(
        (row) => Number(wavy[1]?.cells[row]) - (again.data.baseScores[0] as number),
      );
      const mean = left.reduce((sum, value) => sum + value, 0) / own.length;
      expect(again.trees.value[node]).toBeCloseTo(0.1 * mean, 9);
    }
  });
});

describe('constraints', () => {
  it('still hold, whatever the rows say and however few there are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(0, 0.4),
        fc.constantFrom('basic', 'intermediate', 'advanced'),
        async (seed, few, decayRate, monotoneMethod) => {
          const recipe: DataRecipe = {
            seed,
            numRows: 200,
            kinds: ['float64', 'float32'],
            missing: 0.1,
          };
          const rows = randomData(recipe);
          const rising = {
            name: 'GBTRegressor' as const,
            options: {
              labelCol: 'y',
              maxIter: 5,
              stepSize: 1,
              maxLeaves: 12,
              minInstancesPerNode: 2,
            },
          };
          const found = withFeatures(rising, recipe);
          const monotone = { ...found.options, monotoneConstraints: [1, 0], monotoneMethod };
          const model = await fitSample({ ...found, options: monotone }, rows);
          const noise = randomData({ ...recipe, seed: seed + 1, numRows: few });
          const again = await refit(model, noise, decayRate);
          const grid = pickRows(
            rows,
            range(30).map(() => 0),
          );
          const x0 = {
            name: 'x0',
            type: 'float64',
            cells: range(30).map((i) => -5e4 + i * 3500),
          } as const;
          const scores = await predictedNumbers(again, withSampleColumn(grid, x0));
          for (let i = 1; i < scores.length; i++) {
            expect(scores[i]).toBeGreaterThanOrEqual(scores[i - 1] as number);
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('what cannot be refitted', () => {
  it.each([-0.1, 1.5, Number.NaN])('is refused with a rate of %d', async (decayRate) => {
    const model = await fitSample(regressor, data);
    await expect(refit(model, data, decayRate)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('from 0 to 1'),
    });
  });

  it('is refused without the label and for a class that is new', async () => {
    const model = await fitSample(regressor, data);
    const without = data.filter(({ name }) => name !== 'y');
    await expect(refit(model, without)).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND' });
    const classes = withFeatures(
      { name: 'GBTClassifier', options: { labelCol: 'k', maxIter: 2 } },
      numbers,
    );
    const classifier = await fitSample(classes, data);
    const k = columnNamed(data, 'k');
    const other = withSampleColumn(data, {
      ...k,
      type: 'text',
      cells: k.cells.map((_, i) => (i === 3 ? 'new' : 'odd')),
    });
    await expect(refit(classifier, other)).rejects.toMatchObject({ code: 'LABEL_INVALID' });
  });
});
