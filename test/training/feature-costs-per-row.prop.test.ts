/** Features that cost something for each row are looked at where they pay for the rows that have not met them yet. */
import { describe, expect, it } from 'vitest';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';
import { treeBytes } from '../tools/fitted-bytes.ts';
import {
  type DataRecipe,
  featureNames,
  normalOf,
  randomData,
  randomNumbers,
  range,
} from '../tools/random-data.ts';
import { type SampleData, withSampleColumn } from '../tools/sample-data.ts';
import { fitSample, predictedNumbers } from './fit-sample.ts';
import type { EstimatorCase } from './random-estimators.ts';
import { expectSame, type Topology, tinyKnobs } from './topologies.ts';

// ten features: what a row has met takes two bytes
const recipe: DataRecipe = {
  seed: 31,
  numRows: 900,
  kinds: [
    ...(['float32', 'float64', 'integers', 'words', 'few numbers'] as const),
    ...(['float32', 'flags', 'float64', 'dictionary', 'float64'] as const),
  ],
  missing: 0.1,
};
const data = randomData(recipe);
const names = featureNames(recipe);

function costly(
  featureCostsPerRow?: Record<string, number>,
  more: Record<string, unknown> = {},
): EstimatorCase {
  const options = { featuresCols: names, labelCol: 'y', maxIter: 6, maxLeaves: 12 };
  const costs = featureCostsPerRow === undefined ? {} : { featureCostsPerRow };
  return { name: 'GBTRegressor', options: { ...options, ...costs, ...more } };
}

const everywhere = (cost: number) => Object.fromEntries(names.map((name) => [name, cost]));

function usedBy(model: TreeModel): Set<string> {
  const found = range(model.numTrees).flatMap((t) =>
    [...model.tree(t).walk()].map(({ split }) => split?.feature),
  );
  return new Set(found.filter((name) => name !== undefined));
}

/** How many pairs of a row and a feature a model asks for. */
function acquisitions({ trees }: TreeModel, columns: readonly (readonly number[])[]): number {
  let pairs = 0;
  (columns[0] ?? []).forEach((_, row) => {
    const met = new Set<number>();
    for (let t = 0; t < trees.numTrees; t++) {
      const start = trees.treeStart[t] as number;
      for (let n = start; trees.leftChild[n] !== 0; ) {
        const feature = trees.feature[n] as number;
        met.add(feature);
        const isRight = (columns[feature]?.[row] as number) > (trees.threshold[n] as number);
        n = start + (trees.leftChild[n] as number) + (isRight ? 1 : 0);
      }
    }
    pairs += met.size;
  });
  return pairs;
}

interface Drawn {
  readonly columns: number[][];
  readonly y: number[];
  readonly sample: SampleData;
}

function drawn(seed: number, numRows: number, numFeatures = 4): Drawn {
  const random = randomNumbers(seed);
  const columns = range(numFeatures).map(() => range(numRows).map(() => normalOf(random)));
  const at = (f: number, i: number): number => columns[f % numFeatures]?.[i] as number;
  const y = range(numRows).map(
    (i) =>
      at(0, i) + (at(1, i) > 0 ? at(2, i) : -at(3, i)) + 0.5 * at(2, i) + 0.2 * normalOf(random),
  );
  const named = columns.map((cells, f) => ({ name: `x${f}`, type: 'float64' as const, cells }));
  return { columns, y, sample: [...named, { name: 'y', type: 'float64', cells: y }] };
}

/** What the plain grower below follows. */
const plainOptions = { maxDepth: 3, maxIter: 6, stepSize: 0.3, lambda: 1, minInstancesPerNode: 5 };

/** Boosts squares level by level in float64, with a set of what each row has met. */
function plainly({ columns, y }: Drawn, costs: readonly number[]) {
  const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
  const scores = y.map(() => mean);
  const met = y.map(() => new Set<number>());
  const used: number[][] = [];
  for (let t = 0; t < plainOptions.maxIter; t++) {
    const grads = y.map((value, i) => (scores[i] as number) - value);
    const features: number[] = [];
    const grow = (rows: readonly number[], above: readonly number[]): void => {
      const [G, H] = sums(grads, rows);
      const best =
        above.length < plainOptions.maxDepth
          ? bestSplit({ columns, grads, met }, costs, rows, above)
          : null;
      if (best === null) {
        for (const i of rows) {
          scores[i] = (scores[i] as number) - (plainOptions.stepSize * G) / (H + 1);
          for (const feature of above) (met[i] as Set<number>).add(feature);
        }
        return;
      }
      features.push(best.feature);
      const cells = columns[best.feature] as number[];
      const goesLeft = (i: number): boolean => (cells[i] as number) <= best.threshold;
      grow(rows.filter(goesLeft), [...above, best.feature]);
      grow(
        rows.filter((i) => !goesLeft(i)),
        [...above, best.feature],
      );
    };
    grow(range(y.length), []);
    used.push(features.sort());
  }
  return { scores, used };
}

function sums(grads: readonly number[], rows: readonly number[]): [number, number] {
  return [rows.reduce((sum, i) => sum + (grads[i] as number), 0), rows.length];
}

function bestSplit(
  { columns, grads, met }: { columns: number[][]; grads: number[]; met: Set<number>[] },
  costs: readonly number[],
  rows: readonly number[],
  above: readonly number[],
) {
  const [G, H] = sums(grads, rows);
  let best: { feature: number; threshold: number; gain: number } | null = null;
  columns.forEach((cells, feature) => {
    const unmet = above.includes(feature)
      ? 0
      : rows.filter((i) => met[i]?.has(feature) !== true).length;
    const order = [...rows].sort((a, b) => (cells[a] as number) - (cells[b] as number));
    let left = 0;
    order.forEach((row, k) => {
      left += grads[row] as number;
      const [l, r] = [k + 1, H - k - 1];
      if (l < plainOptions.minInstancesPerNode || r < plainOptions.minInstancesPerNode) return;
      const gained = left ** 2 / (l + 1) + (G - left) ** 2 / (r + 1) - G ** 2 / (H + 1);
      const gain = gained - (costs[feature] as number) * unmet;
      if (gain > (best?.gain ?? 0)) best = { feature, threshold: cells[row] as number, gain };
    });
  });
  return best as { feature: number; threshold: number; gain: number } | null;
}

describe('featureCostsPerRow', () => {
  it('of 0 change no tree', async () => {
    const plain = await fitSample(costly(), data);
    expect(treeBytes(await fitSample(costly(everywhere(0)), data))).toEqual(treeBytes(plain));
  });

  it('that no gain pays for leave nothing to split on; one that is free is all that is used', async () => {
    const none = await fitSample(costly(everywhere(1e300)), data);
    expect(none.totalNumNodes).toBe(none.numTrees);
    const one = await fitSample(costly({ ...everywhere(1e300), x2: 0 }), data);
    expect([...usedBy(one)]).toEqual(['x2']);
  });

  it.each([1, 2, 3, 4, 5])('grow what a plain grower does: data %i', async (seed) => {
    const found = drawn(seed, 240);
    const random = randomNumbers(seed + 100);
    const costs = range(4).map(() => 0.3 * random() ** 2);
    const options = { ...plainOptions, labelCol: 'y', featuresCols: ['x0', 'x1', 'x2', 'x3'] };
    const featureCostsPerRow = Object.fromEntries(costs.map((cost, f) => [`x${f}`, cost]));
    const fit = (more: object) =>
      fitSample({ name: 'GBTRegressor', options: { ...options, ...more } }, found.sample);
    const model = await fit({ featureCostsPerRow });
    const expected = plainly(found, costs);
    const ours = range(model.numTrees).map((t) =>
      [...model.tree(t).walk()]
        .flatMap(({ split }) => (split == null ? [] : [Number(split.feature.slice(1))]))
        .sort(),
    );
    expect(ours).toEqual(expected.used);
    const predicted = await predictedNumbers(model, found.sample);
    predicted.forEach((value, i) => {
      expect(value).toBeCloseTo(expected.scores[i] as number, 5);
    });
    expect(treeBytes(model)).not.toEqual(treeBytes(await fit({})));
  });

  it('ask for fewer values the dearer they are, where costs of a first split ask for more or lose more', async () => {
    const found = drawn(9, 1500, 6);
    const random = randomNumbers(8);
    // each row needs two of six features
    const [x0 = [], x1 = [], x2 = []] = found.columns;
    const y = x0.map(
      (value, i) =>
        0.7 * normalOf(random) + (value > 0 ? 3 + (x1[i] as number) : (x2[i] as number) - 3),
    );
    const sample = withSampleColumn(found.sample, { name: 'y', type: 'float64', cells: y });
    const featuresCols = range(6).map((f) => `x${f}`);
    const options = { featuresCols, labelCol: 'y', maxIter: 30, maxLeaves: 8 };
    const outcome = async (param: string, cost: number) => {
      const costs = { [param]: Object.fromEntries(featuresCols.map((name) => [name, cost])) };
      const model = await fitSample(
        { name: 'GBTRegressor', options: { ...options, ...costs } },
        sample,
      );
      const predicted = await predictedNumbers(model, sample);
      const loss = predicted.reduce((sum, p, i) => sum + (p - (y[i] as number)) ** 2, 0);
      return { values: acquisitions(model, found.columns), loss: loss / predicted.length };
    };
    const free = await outcome('featureCostsPerRow', 0);
    const cheap = await outcome('featureCostsPerRow', 0.02);
    const dear = await outcome('featureCostsPerRow', 0.1);
    expect(cheap.values).toBeLessThan(0.6 * free.values);
    expect(dear.values).toBeLessThan(cheap.values);
    expect(dear.loss).toBeLessThan(1.02 * free.loss);
    const first = await outcome('featureCosts', 400);
    expect(first.values).toBeGreaterThan(1.2 * dear.values);
    const less = await outcome('featureCosts', 800);
    expect(less.values).toBeLessThan(dear.values);
    expect(less.loss).toBeGreaterThan(2 * dear.loss);
  });

  it('are nothing where a row has met a feature: a model that all rows have met goes on as if it were free', async () => {
    // the root of some tree asks for each feature: none is left to be met
    const begun = await fitSample(costly(undefined, { maxIter: 40, maxLeaves: 30 }), data);
    const { trees } = begun;
    const roots = new Set(
      range(begun.numTrees).map((t) => trees.feature[trees.treeStart[t] as number]),
    );
    const met = Object.fromEntries([...roots].map((f) => [names[f as number] as string, 1e300]));
    expect(roots.size).toBeGreaterThan(1);
    const rest = Object.fromEntries(names.filter((name) => !(name in met)).map((n) => [n, 1e300]));
    const initial = { initialModel: begun };
    const paid = await fitSample(costly({ ...met, ...rest }), data, initial);
    const none = await fitSample(costly({ ...met, ...rest }), data);
    expect(none.totalNumNodes).toBe(none.numTrees);
    expect(paid.totalNumNodes).toBeGreaterThan(
      begun.totalNumNodes + paid.numTrees - begun.numTrees,
    );
    const free = await fitSample(costly(met), data, initial);
    expect(treeBytes(free)).toEqual(treeBytes(await fitSample(costly(), data, initial)));
  });

  it.each([
    ['GBTRegressor', { labelCol: 'y' }],
    ['GBTRegressor', { labelCol: 'y', subsamplingRate: 0.5, maxDepth: 4, maxLeaves: undefined }],
    [
      'GBTRegressor',
      { labelCol: 'y', gossTopRate: 0.3, gossOtherRate: 0.2, featureCosts: { x1: 9 } },
    ],
    ['GBTRegressor', { labelCol: 'y', lossType: 'quantile', quantileAlphas: [0.2, 0.7] }],
    ['GBTClassifier', { labelCol: 'k', weightCol: 'w' }],
    ['GBTClassifier', { labelCol: 'k', numParallelTrees: 2, subsamplingRate: 0.6 }],
  ] as const)('continue as in one fit: %s %o', async (name, more) => {
    const found = (maxIter: number): EstimatorCase => ({
      ...costly(everywhere(name === 'GBTClassifier' ? 0.01 : 0.1), { ...more, maxIter }),
      name,
    });
    const whole = await fitSample(found(7), data);
    const begun = await fitSample(found(4), data);
    const continued = await fitSample(found(3), data, { initialModel: begun });
    expect(treeBytes(continued)).toEqual(treeBytes(whole));
    const free = await fitSample({ ...costly(undefined, { ...more, maxIter: 7 }), name }, data);
    expect(treeBytes(whole)).not.toEqual(treeBytes(free));
  });

  it('name features', async () => {
    const model = fitSample(costly({ nothing: 2 }), data);
    await expect(model).rejects.toMatchObject({ code: 'PARAM_INVALID' });
    const oblivious = () => fitSample(costly({ x0: 2 }, { growPolicy: 'oblivious' }), data);
    await expect(oblivious()).rejects.toMatchObject({ code: 'PARAM_INVALID' });
  });

  it('give one model on any topology', async () => {
    const layouts: Topology[] = [
      { threads: 3, partitions: 'one empty', ...tinyKnobs },
      { threads: 5, partitions: 7, kernels: 'reference' },
    ];
    const monotone = { monotoneConstraints: { x0: 1 }, monotoneMethod: 'intermediate' };
    for (const more of [
      { maxIter: 3 },
      { maxIter: 3, maxLeaves: undefined, maxDepth: 4 },
      { maxIter: 3, subsamplingRate: 0.6, dropRate: 0.5 },
      { maxIter: 2, holdOutFolds: 4, numModels: 2 },
      { maxIter: 3, gainFactors: { x0: 2 }, splitCostPerRow: 0.001, ...monotone },
      { maxIter: 3, forcedSplits: { feature: 'x0', threshold: 0 } },
      { maxIter: 4, validationIndicatorCol: 'v', earlyStoppingRounds: 2, linearLeaves: true },
    ])
      await expectSame(costly(everywhere(0.03), more), { ...recipe, numRows: 1500 }, layouts);
    const classes = {
      ...costly(everywhere(0.005), { labelCol: 'k', maxIter: 2 }),
      name: 'GBTClassifier' as const,
    };
    await expectSame(classes, { ...recipe, numRows: 1500 }, layouts);
  }, 120_000);
});
