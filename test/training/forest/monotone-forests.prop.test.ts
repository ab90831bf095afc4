/** Do forests and single trees rise and fall as they are told, whatever else they are told? */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecisionTreeClassifier } from '../../../src/ensemble/forest/decision-tree-classifier.ts';
import { DecisionTreeRegressor } from '../../../src/ensemble/forest/decision-tree-regressor.ts';
import { RandomForestClassifier } from '../../../src/ensemble/forest/random-forest-classifier.ts';
import { RandomForestRegressor } from '../../../src/ensemble/forest/random-forest-regressor.ts';
import { type DataRecipe, featureNames, randomData } from '../../tools/random-data.ts';
import { columnNamed } from '../../tools/sample-data.ts';
import { expectMonotone } from '../expect-monotone.ts';
import { fitSample, scoreSample } from '../fit-sample.ts';
import type { EstimatorCase } from '../random-estimators.ts';
import { expectSame, type Topology, topologies } from '../topologies.ts';

const kinds = ['float32', 'float64', 'integers', 'few numbers', 'flags', 'words'] as const;
const recipes: fc.Arbitrary<DataRecipe> = fc.record({
  seed: fc.nat(1e6),
  numRows: fc.integer({ min: 40, max: 500 }),
  kinds: fc.array(fc.constantFrom(...kinds), { minLength: 2, maxLength: 5 }),
  missing: fc.constantFrom(0, 0.2),
});
const signs = fc.array(fc.constantFrom(-1, 1, 1, 0), { minLength: 5, maxLength: 5 });

const growth = fc.record(
  {
    maxDepth: fc.constantFrom(4, 12),
    maxLeaves: fc.constant(12),
    minInstancesPerNode: fc.constantFrom(1, 4),
    weightCol: fc.constant('w'),
    ccpAlpha: fc.constantFrom(0.002, 0.03),
  },
  { requiredKeys: ['maxDepth'] },
);
const draws = fc.record({ numTrees: fc.constantFrom(1, 4), bootstrap: fc.boolean() });
const honest = fc.record({ honestLeafShare: fc.constantFrom(0.3, 0.5) }, { requiredKeys: [] });
const numbers = fc.record(
  { labelCol: fc.constant('y'), varianceCol: fc.constant('variance') },
  { requiredKeys: ['labelCol'] },
);
const classes = fc.record(
  {
    labelCol: fc.constant('b'),
    impurity: fc.constantFrom('gini', 'entropy'),
    classWeights: fc.constant('balanced'),
  },
  { requiredKeys: ['labelCol', 'impurity'] },
);

const cases: fc.Arbitrary<EstimatorCase> = fc
  .tuple(
    fc.constantFrom('RandomForest', 'ExtraTrees', 'DecisionTree'),
    fc.oneof(numbers, classes),
    growth,
    draws,
    honest,
  )
  .map(([kind, label, grown, drawn, apart]) => {
    const isHonest = 'honestLeafShare' in apart && kind !== 'DecisionTree';
    const { ccpAlpha, ...plain } = grown;
    const { varianceCol, ...free } = label as Record<string, unknown>;
    const options: Record<string, unknown> = {
      ...(isHonest ? { ...free, ...plain, ...apart } : { ...label, ...grown }),
      ...(kind === 'DecisionTree' ? {} : drawn),
    };
    const name = `${kind}${label.labelCol === 'y' ? 'Regressor' : 'Classifier'}`;
    return { name: name as EstimatorCase['name'], options };
  });

/** The case with directions for its features; categories have none. */
function constrained(
  { name, options }: EstimatorCase,
  recipe: DataRecipe,
  drawn: readonly number[],
): { readonly found: EstimatorCase; readonly directions: readonly number[] } {
  const directions = recipe.kinds.map((kind, i) => (kind === 'words' ? 0 : (drawn[i] as number)));
  const more = { featuresCols: featureNames(recipe), monotoneConstraints: directions };
  return { found: { name, options: { ...options, ...more } }, directions };
}

describe('monotone forests and trees', () => {
  it('keep to it for every row and every way of moving one value up', async () => {
    await fc.assert(
      fc.asyncProperty(recipes, cases, signs, async (recipe, given, drawn) => {
        const { found, directions } = constrained(given, recipe, drawn);
        const data = randomData(recipe);
        const model = await fitSample(found, data);
        for (const [i, direction] of directions.entries()) {
          if (direction !== 0) await expectMonotone(model, data, `x${i}`, direction);
        }
      }),
      { numRuns: 120 },
    );
  }, 240_000);

  it('are the same on any topology', async () => {
    await fc.assert(
      fc.asyncProperty(
        recipes,
        cases,
        signs,
        topologies,
        async (recipe, given, drawn, topology) => {
          const { found } = constrained(given, recipe, drawn);
          await expectSame(found, recipe, [topology]);
        },
      ),
      { numRuns: 25 },
    );
    const shared: Topology[] = [
      { threads: 3, partitions: 7, sharesTrees: true, finishesLocally: true },
      {
        threads: 2,
        partitions: 2,
        sharesTrees: true,
        finishesLocally: false,
        kernels: 'reference',
      },
    ];
    const recipe: DataRecipe = { seed: 8, numRows: 1500, kinds: [...kinds], missing: 0.1 };
    for (const name of ['RandomForestRegressor', 'ExtraTreesClassifier'] as const) {
      const label = name === 'RandomForestRegressor' ? 'y' : 'b';
      const options = { labelCol: label, numTrees: 3, maxDepth: 12, minInstancesPerNode: 2 };
      const { found } = constrained({ name, options }, recipe, [1, -1, 1, 0, 1]);
      await expectSame(found, recipe, shared);
    }
  }, 240_000);

  it('tell the variance around what they predict', async () => {
    const recipe: DataRecipe = { seed: 3, numRows: 400, kinds: ['float64', 'float32'], missing: 0 };
    const data = randomData(recipe);
    const options = {
      ...{ labelCol: 'y', varianceCol: 'spread', leafCol: 'leaf', maxDepth: 6 },
      ...{ featuresCols: featureNames(recipe), monotoneConstraints: [-1, 1] },
    };
    const model = await fitSample({ name: 'DecisionTreeRegressor', options }, data);
    const { leaf = [], spread = [], prediction = [] } = await scoreSample(model, data);
    const y = columnNamed(data, 'y').cells as number[];
    const all = y.reduce((sum, value) => sum + value * value, 0) / y.length;
    const sums = new Map<unknown, [number, number]>();
    leaf.forEach((one, row) => {
      const [sum, count] = sums.get(one) ?? [0, 0];
      sums.set(one, [sum + ((y[row] as number) - (prediction[row] as number)) ** 2, count + 1]);
    });
    leaf.forEach((one, row) => {
      const [sum, count] = sums.get(one) as [number, number];
      expect(Math.abs((spread[row] as number) - sum / count) / all).toBeLessThan(1e-9);
    });
  });

  it('are refused where leaves have no order, or several values', async () => {
    const recipe: DataRecipe = { seed: 1, numRows: 60, kinds: ['float64', 'words'], missing: 0 };
    const data = randomData(recipe);
    const fitted = async (name: EstimatorCase['name'], options: Record<string, unknown>) =>
      await fitSample({ name, options: { featuresCols: featureNames(recipe), ...options } }, data);
    const classifier = fitted('RandomForestClassifier', {
      ...{ labelCol: 'k', monotoneConstraints: { x0: 1 } },
    });
    await expect(classifier).rejects.toThrow(
      /monotoneConstraints of RandomForestClassifier must be left out where k has more than two classes; got \d+; fit one/,
    );
    const ofWords = fitted('DecisionTreeRegressor', {
      ...{ labelCol: 'y', monotoneConstraints: { x1: 1 } },
    });
    await expect(ofWords).rejects.toThrow(/must leave categories free/);
    const monotoneConstraints = { x0: 1 };
    const refused = [{ labelCols: ['y', 'p'] }, { quantilesCol: 'q' }];
    for (const options of refused)
      expect(() => new RandomForestRegressor({ monotoneConstraints, ...options })).toThrow(
        /must be left out with monotoneConstraints/,
      );
    for (const Estimator of [
      RandomForestClassifier,
      DecisionTreeClassifier,
      DecisionTreeRegressor,
    ] as const)
      expect(() => new Estimator({ monotoneConstraints, device: 'gpu' })).toThrow(
        /device of \w+ must be cpu with monotoneConstraints/,
      );
    expect(() => new RandomForestRegressor({ monotoneConstraints: { x0: 2 } })).toThrow(
      /monotoneConstraints/,
    );
  });
});
