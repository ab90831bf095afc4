/** What penalties, caps, smoothing, bounds and constraints mean, shown on random data. */
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';
import { type DataRecipe, type FeatureKind, randomData, range } from '../tools/random-data.ts';
import { columnNamed, pickRows, type SampleData } from '../tools/sample-data.ts';
import { drawsOf, it, itDivided } from '../tools/some-cases.ts';
import { expectMonotone } from './expect-monotone.ts';
import { fitSample, predictedNumbers, scoreSample } from './fit-sample.ts';
import { type EstimatorCase, shapedCases, withFeatures } from './random-estimators.ts';
import { expectSame, topologies } from './topologies.ts';

const numbers: readonly FeatureKind[] = ['float32', 'float64', 'integers', 'few numbers', 'flags'];

function recipesOf(kinds: readonly FeatureKind[]): fc.Arbitrary<DataRecipe> {
  return fc.record({
    seed: fc.nat(1e6),
    numRows: fc.integer({ min: 40, max: 500 }),
    kinds: fc.array(fc.constantFrom(...kinds), { minLength: 2, maxLength: 5 }),
    missing: fc.constantFrom(0, 0.2),
  });
}

const anyKind: readonly FeatureKind[] = [...numbers, 'words', 'dictionary'];

describe('leaf values', () => {
  const penalties = fc.record({
    lambda: fc.constantFrom(0, 2),
    alpha: fc.constantFrom(0, 1, 10),
    maxDeltaStep: fc.constantFrom(0, 0.1, 0.5),
    pathSmoothing: fc.constantFrom(0, 5, 50),
  });

  it('are those of the penalised sums of their rows, capped, then pulled to their parents', async () => {
    await fc.assert(
      fc.asyncProperty(recipesOf(anyKind), penalties, async (recipe, penalty) => {
        const data = randomData(recipe);
        const options = { labelCol: 'y', maxIter: 1, stepSize: 1, maxLeaves: 8, ...penalty };
        const limits = { minInstancesPerNode: 3, minCategoryRows: 0 };
        const found = withFeatures(
          { name: 'GBTRegressor', options: { ...options, ...limits } },
          recipe,
        );
        const model = await fitSample(
          { ...found, options: { ...found.options, leafCol: 'leaf' } },
          data,
        );
        expectLeafValues(model, await leafRows(model, data), data, penalty);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('are all 0 under a penalty that no sum of gradients reaches: nothing is split', async () => {
    await fc.assert(
      fc.asyncProperty(recipesOf(anyKind), fc.boolean(), async (recipe, isClass) => {
        const options = { labelCol: isClass ? 'b' : 'y', maxIter: 2, alpha: 1e6 };
        const found = withFeatures(
          { name: isClass ? 'GBTClassifier' : 'GBTRegressor', options },
          recipe,
        );
        const model = await fitSample(found, randomData(recipe));
        expect(model.totalNumNodes).toBe(model.numTrees);
        expect([...model.trees.value].every((value) => value === 0)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });
});

/** The rows of each leaf of the first tree, by its number from the left. */
async function leafRows(model: TreeModel, data: SampleData): Promise<Map<number, number[]>> {
  const leaves = (await scoreSample(model, data))['leaf'] as number[];
  const rows = new Map<number, number[]>();
  leaves.forEach((leaf, row) => {
    rows.set(leaf, [...(rows.get(leaf) ?? []), row]);
  });
  return rows;
}

interface Penalty {
  readonly lambda: number;
  readonly alpha: number;
  readonly maxDeltaStep: number;
  readonly pathSmoothing: number;
}

function expectLeafValues(
  model: TreeModel,
  rowsOf: ReadonlyMap<number, readonly number[]>,
  data: SampleData,
  { lambda, alpha, maxDeltaStep, pathSmoothing }: Penalty,
): void {
  const { leftChild, value } = model.trees;
  const labels = columnNamed(data, 'y').cells as readonly number[];
  const base = model.data.baseScores[0] as number;
  const rowsBelow = (node: number): readonly number[] => {
    const left = leftChild[node] as number;
    return left === 0
      ? (rowsOf.get(leafNumber(node)) ?? [])
      : [...rowsBelow(left), ...rowsBelow(left + 1)];
  };
  // leafCol counts leaves from the left
  const order: number[] = [];
  const visit = (node: number): void => {
    const left = leftChild[node] as number;
    if (left === 0) order.push(node);
    else for (const child of [left, left + 1]) visit(child);
  };
  visit(0);
  const leafNumber = (node: number): number => order.indexOf(node);
  const check = (node: number, parentValue: number): void => {
    const rows = rowsBelow(node);
    const sum = rows.reduce((total, row) => total + (labels[row] as number) - base, 0);
    let own = (Math.sign(sum) * Math.max(0, Math.abs(sum) - alpha)) / (rows.length + lambda);
    if (maxDeltaStep > 0) own = Math.max(-maxDeltaStep, Math.min(maxDeltaStep, own));
    if (pathSmoothing > 0) {
      const share = rows.length / (rows.length + pathSmoothing);
      own = own * share + parentValue * (1 - share);
    }
    const left = leftChild[node] as number;
    if (left === 0) expect(value[node]).toBeCloseTo(own, 8);
    else for (const child of [left, left + 1]) check(child, own);
  };
  check(0, 0);
}

describe('monotone constraints', () => {
  const cases = fc.oneof(
    fc.record({
      name: fc.constant('GBTRegressor' as const),
      options: fc.record({
        labelCol: fc.constant('y'),
        lossType: fc.constantFrom('squared', 'absolute', 'huber', 'quantile'),
      }),
    }),
    fc.record({
      name: fc.constant('GBTRegressor' as const),
      options: fc.record({
        labelCol: fc.constant('p'),
        lossType: fc.constantFrom('poisson', 'gamma'),
      }),
    }),
    fc.record({
      name: fc.constant('GBTClassifier' as const),
      options: fc.record({ labelCol: fc.constant('b') }),
    }),
    fc.record({
      name: fc.constant('GBTClassifier' as const),
      options: fc.record({
        labelCol: fc.constant('k'),
        lossType: fc.constantFrom('logistic', 'oneVsAll'),
      }),
    }),
  );
  const extra = fc.record(
    {
      alpha: fc.constantFrom(0, 3),
      pathSmoothing: fc.constant(10),
      maxDeltaStep: fc.constant(0.3),
      extraTrees: fc.constant(true),
      subsamplingRate: fc.constant(0.7),
      maxDepth: fc.constant(4),
      monotoneMethod: fc.constantFrom('advanced', 'intermediate', 'basic'),
      monotonePenalty: fc.constantFrom(0.5, 1.5),
    },
    { requiredKeys: ['alpha'] },
  );

  itDivided(
    'hold for every row and every way of moving one value up, with missing values about',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          recipesOf([...numbers, 'words']),
          cases,
          extra,
          fc.array(fc.constantFrom(-1, 1, 1, 0), { minLength: 5, maxLength: 5 }),
          async (recipe, { name, options }, more, signs) => {
            const data = randomData(recipe);
            const directions = recipe.kinds.map((kind, i) => (kind === 'words' ? 0 : signs[i]));
            const found = withFeatures(
              {
                name,
                options: {
                  ...options,
                  ...more,
                  maxIter: 4,
                  stepSize: 0.7,
                  maxLeaves: 16,
                  minInstancesPerNode: 2,
                  monotoneConstraints: directions,
                },
              },
              recipe,
            );
            const model = await fitSample(found, data);
            for (const [i, direction] of directions.entries()) {
              if (direction !== 0) await expectMonotone(model, data, `x${i}`, direction as number);
            }
          },
        ),
        { numRuns: drawsOf(80) },
      );
    },
    120_000,
  );

  it('leave leaves more room between their neighbours than between midpoints', async () => {
    const data = randomData({
      seed: 5,
      numRows: 3000,
      kinds: Array(6).fill('float32'),
      missing: 0,
    });
    const cells = (i: number) => columnNamed(data, `x${i}`).cells as number[];
    const [a, b, c] = [cells(0), cells(1), cells(2)];
    const scale = (values: readonly number[]) => Math.max(...values.map(Math.abs));
    const [sa, sb, sc] = [a, b, c].map(scale) as [number, number, number];
    const y = a.map((value, i) => {
      const [p, q, r] = [value / sa, (b[i] as number) / sb, (c[i] as number) / sc];
      return 3 * p + 2 * q * (p + 1) + Math.sin(5 * r) * (q + 1);
    });
    const rows = [
      ...data.filter(({ name }) => /^x/.test(name)),
      { name: 'y', type: 'float64', cells: y } as const,
    ];
    const even = range(3000).filter((i) => i % 2 === 0);
    const [train, test] = [
      pickRows(rows, even),
      pickRows(
        rows,
        range(3000).filter((i) => i % 2 === 1),
      ),
    ];
    const errorOf = async (monotoneMethod: string) => {
      const options = {
        ...{ labelCol: 'y', featuresCols: range(6).map((i) => `x${i}`), maxIter: 40 },
        ...{ monotoneConstraints: { x0: 1, x1: 1 }, monotoneMethod },
      };
      const found = await predictedNumbers(
        await fitSample({ name: 'GBTRegressor', options }, train),
        test,
      );
      const truth = columnNamed(test, 'y').cells as number[];
      return found.reduce((sum, value, i) => sum + (value - (truth[i] as number)) ** 2, 0);
    };
    const [basic, intermediate, advanced] = [
      await errorOf('basic'),
      await errorOf('intermediate'),
      await errorOf('advanced'),
    ];
    expect(intermediate).toBeLessThan(basic);
    expect(advanced).toBeLessThan(intermediate);
  });

  it('keep monotone features out of the first levels, as many as the penalty says', async () => {
    const data = randomData({
      seed: 9,
      numRows: 600,
      kinds: Array(3).fill('float32'),
      missing: 0.1,
    });
    const options = {
      ...{ labelCol: 'y', featuresCols: ['x0', 'x1', 'x2'], maxIter: 8, maxLeaves: 16 },
      ...{ monotoneConstraints: [1, 1, 0], minInstancesPerNode: 2 },
    };
    const depthsWith = async (monotonePenalty: number) => {
      const model = await fitSample(
        { name: 'GBTRegressor', options: { ...options, monotonePenalty } },
        data,
      );
      return range(model.numTrees).flatMap((t) =>
        [...model.tree(t).walk()]
          .filter(({ split }) => split !== null && split.feature !== 'x2')
          .map(({ depth }) => depth),
      );
    };
    expect(Math.min(...(await depthsWith(0.5)))).toBe(0);
    const deep = await depthsWith(2.5);
    expect(deep.length).toBeGreaterThan(0);
    expect(Math.min(...deep)).toBe(2);
  });

  it('change the model where the data say otherwise, and nothing where they say the same', async () => {
    const x = Array.from({ length: 300 }, (_, i) => i / 300);
    const rising = x.map((value) => 3 * value);
    const data: SampleData = [
      { name: 'x', type: 'float64', cells: x },
      { name: 'y', type: 'float64', cells: rising },
    ];
    const options = { labelCol: 'y', featuresCols: ['x'], maxIter: 20 };
    const trained = async (direction: number) => {
      const constrained = { ...options, monotoneConstraints: { x: direction } };
      return await fitSample({ name: 'GBTRegressor', options: constrained }, data);
    };
    const free = await predictedNumbers(
      await fitSample({ name: 'GBTRegressor', options }, data),
      data,
    );
    const up = await predictedNumbers(await trained(1), data);
    up.forEach((value, i) => {
      expect(value).toBeCloseTo(free[i] as number, 9);
    });
    expect((await trained(-1)).totalNumNodes).toBe(20);
  });
});

describe('interaction constraints', () => {
  it('are never crossed on any path', async () => {
    // pairs that overlap: each of two features may meet, but not three
    const pairs = [0, 1, 2, 3, 4].flatMap((a) => [0, 1, 2, 3, 4].slice(0, a).map((b) => [b, a]));
    const groupLists = fc.oneof(
      fc.constant(pairs),
      fc.array(fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 3 }), {
        minLength: 1,
        maxLength: 3,
      }),
    );
    const sampling = fc.record(
      {
        featureSubsetStrategy: fc.constantFrom('sqrt', 2),
        colsampleByLevel: fc.constant(0.7),
        maxDepth: fc.constant(5),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(recipesOf(anyKind), groupLists, sampling, async (recipe, lists, more) => {
        const numFeatures = recipe.kinds.length;
        const groups = lists
          .map((list) => list.filter((f) => f < numFeatures))
          .filter((list) => list.length > 0);
        const named = groups.length === 0 ? [[0]] : groups;
        const names = named.map((group) => group.map((f) => `x${f}`));
        const options = {
          labelCol: 'y',
          maxIter: 3,
          maxLeaves: 20,
          minInstancesPerNode: 1,
          ...more,
        };
        const found = withFeatures(
          { name: 'GBTRegressor', options: { ...options, interactionConstraints: names } },
          recipe,
        );
        const model = await fitSample(found, randomData(recipe));
        const others = recipe.kinds.flatMap((_, f) => (named.flat().includes(f) ? [] : [f]));
        for (const path of pathsOf(model)) {
          const isInside = [...named, others].some((group) => path.every((f) => group.includes(f)));
          expect(isInside || path.length === 0, `${path.join()} of ${JSON.stringify(named)}`).toBe(
            true,
          );
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('leave what is inside a group alone', async () => {
    const recipe: DataRecipe = {
      seed: 3,
      numRows: 400,
      kinds: ['float32', 'words', 'flags'],
      missing: 0.1,
    };
    const found = withFeatures(
      { name: 'GBTRegressor', options: { labelCol: 'y', maxIter: 3 } },
      recipe,
    );
    const data = randomData(recipe);
    const all = { ...found.options, interactionConstraints: [['x0', 'x1', 'x2']] };
    const model = await fitSample({ ...found, options: all }, data);
    expect(model.trees).toEqual((await fitSample(found, data)).trees);
  });
});

/** The features on the way to each leaf. */
function pathsOf(model: TreeModel): number[][] {
  const { treeStart, leftChild, feature, numTrees } = model.trees;
  const paths: number[][] = [];
  for (let t = 0; t < numTrees; t++) {
    const start = treeStart[t] as number;
    const walk = (node: number, path: number[]): void => {
      const left = leftChild[start + node] as number;
      if (left === 0) paths.push(path);
      else
        for (const child of [left, left + 1])
          walk(child, [...path, feature[start + node] as number]);
    };
    walk(0, []);
  }
  return paths;
}

describe('random thresholds', () => {
  it('are other ones for another seed, and cost accuracy, not sense', async () => {
    const recipe: DataRecipe = {
      seed: 9,
      numRows: 600,
      kinds: ['float32', 'float64', 'integers'],
      missing: 0,
    };
    const data = randomData(recipe);
    const trained = async (more: EstimatorCase['options']) =>
      await fitSample(
        withFeatures(
          { name: 'GBTRegressor', options: { labelCol: 'y', maxIter: 15, stepSize: 0.3, ...more } },
          recipe,
        ),
        data,
      );
    const labels = columnNamed(data, 'y').cells as number[];
    const lossOf = async (model: TreeModel) => {
      const found = await predictedNumbers(model, data);
      return found.reduce((sum, value, i) => sum + (value - (labels[i] as number)) ** 2, 0);
    };
    const plain = await trained({});
    const first = await trained({ extraTrees: true });
    const other = await trained({ extraTrees: true, seed: 1 });
    expect(first.trees.threshold).not.toEqual(other.trees.threshold);
    expect(await lossOf(first)).toBeGreaterThan(await lossOf(plain));
    const constant = labels.reduce(
      (sum, y) => sum + (y - labels.reduce((s, v) => s + v, 0) / 600) ** 2,
      0,
    );
    expect(await lossOf(first)).toBeLessThan(0.5 * constant);
  });
});

describe('exactness', () => {
  itDivided(
    'is kept by all of them: the same bytes on any topology',
    async () => {
      const recipes = fc.record({
        seed: fc.nat(1e6),
        numRows: fc.oneof(fc.integer({ min: 30, max: 400 }), fc.integer({ min: 2000, max: 4500 })),
        kinds: fc.array(fc.constantFrom<FeatureKind>(...anyKind, 'many words'), {
          minLength: 1,
          maxLength: 6,
        }),
        missing: fc.constantFrom(0, 0.2),
      });
      const three = fc.array(topologies, { minLength: 2, maxLength: 2 });
      await fc.assert(fc.asyncProperty(shapedCases, recipes, three, expectSame), {
        numRuns: drawsOf(12),
        endOnFailure: true,
      });
    },
    120_000,
  );
});
