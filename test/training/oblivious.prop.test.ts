/** Trees that ask one question a level, and the other ways to grow that growPolicy names. */
import { describe, expect, it } from 'vitest';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';
import type { TreeNode } from '../../src/tree/tree-node.ts';
import { featureNames, randomData } from '../tools/random-data.ts';
import { columnNamed, type SampleData } from '../tools/sample-data.ts';
import { fitSample, predictedNumbers } from './fit-sample.ts';
import type { EstimatorCase } from './random-estimators.ts';
import { expectSame, type Topology, tinyKnobs } from './topologies.ts';

const recipe = {
  seed: 41,
  numRows: 900,
  kinds: ['float32', 'words', 'float64', 'integers', 'many words'],
  missing: 0.1,
} as const;
const data = randomData(recipe);
const names = featureNames(recipe);
const symmetric = (more: Record<string, unknown> = {}): EstimatorCase => ({
  name: 'GBTRegressor',
  options: {
    featuresCols: names,
    labelCol: 'y',
    growPolicy: 'oblivious',
    maxDepth: 4,
    maxIter: 3,
    minInstancesPerNode: 5,
    minCategoryRows: 5,
    ...more,
  },
});

/** What a split asks, in words. */
function questionOf({ split }: TreeNode): string {
  if (split === null) throw new Error('a leaf asks nothing');
  const { feature, threshold, leftCategories, missingGoesLeft, unseenGoesLeft } = split;
  const goesLeft = threshold ?? [...(leftCategories ?? [])].sort();
  return JSON.stringify([feature, goesLeft, missingGoesLeft, unseenGoesLeft]);
}

/** The questions on the way to each leaf. */
function pathsOf(model: TreeModel, tree: number): string[][] {
  const paths: string[][] = [];
  for (const node of model.tree(tree).walk()) {
    if (node.split !== null) continue;
    const path: string[] = [];
    for (let above = node.parent; above !== null; above = above.parent)
      path.unshift(questionOf(above));
    paths.push(path);
  }
  return paths;
}

/** The one order of questions that all paths keep to, each leaving some out. */
function orderOf(paths: readonly (readonly string[])[]): string[] {
  const questions = [...new Set(paths.flat())];
  const order: string[] = [];
  let rest = paths.map((path) => [...path]);
  while (rest.some((path) => path.length > 0)) {
    const next = questions.find(
      (one) =>
        rest.some(([first]) => first === one) && rest.every((path) => path.indexOf(one) <= 0),
    );
    expect(next).toBeDefined();
    rest = rest.map((path) => (path[0] === next ? path.slice(1) : path));
    order.push(next as string);
  }
  return order;
}

describe('oblivious trees', () => {
  it('ask one question a level; a node that may not be split by it waits for the next', async () => {
    for (const more of [
      {},
      { minInstancesPerNode: 60 },
      { interactionConstraints: [names.slice(0, 2)] },
    ]) {
      const model = await fitSample(symmetric(more), data);
      let numWaited = 0;
      for (let t = 0; t < model.numTrees; t++) {
        const paths = pathsOf(model, t);
        const level = orderOf(paths);
        expect(level.length).toBeGreaterThan(1);
        expect(level.length).toBeLessThanOrEqual(4);
        numWaited += paths.filter((path) => path.length < level.length).length;
        for (const node of model.tree(t).walk()) {
          expect(node.rows).toBeGreaterThanOrEqual(Number(more.minInstancesPerNode ?? 5));
        }
      }
      if (more.minInstancesPerNode === 60) expect(numWaited).toBeGreaterThan(0);
      if (more.interactionConstraints !== undefined) {
        for (let t = 0; t < model.numTrees; t++) {
          const used = new Set(
            pathsOf(model, t)
              .flat()
              .map((text) => JSON.parse(text)[0] as string),
          );
          const inGroup = [...used].filter((name) => names.indexOf(name) < 2).length;
          expect([0, used.size]).toContain(inGroup);
        }
      }
    }
  });

  it('choose the question that lowers the loss of all nodes together most', async () => {
    // the root alone decides as any tree does; below it x parts both halves a little, each z one half a lot
    const rows = Array.from({ length: 64 }, (_, i) => i);
    const bit = (b: number) => rows.map((i) => (i >> b) & 1);
    const [a, x, z] = [bit(0), bit(1), bit(2)];
    const y = rows.map((i) => {
      const [isA, isX, isZ] = [a[i] === 1, x[i] === 1, z[i] === 1];
      return (isA ? 100 : 0) + (isX ? 8 : 0) + (isA && isZ ? 9 : 0);
    });
    const column = (name: string, cells: number[]) => ({ name, type: 'float64', cells }) as const;
    const sample: SampleData = [column('a', a), column('x', x), column('z', z), column('y', y)];
    const options = { featuresCols: ['a', 'x', 'z'], maxDepth: 2, maxIter: 1 };
    const model = await fitSample(symmetric(options), sample);
    expect(model.tree(0).root.split?.feature).toBe('a');
    expect(model.tree(0).root.left?.split?.feature).toBe('x');
    expect(model.tree(0).root.right?.split?.feature).toBe('x');
    const free = await fitSample(symmetric({ ...options, growPolicy: 'levelWise' }), sample);
    expect(free.tree(0).root.right?.split?.feature).toBe('z');
  });

  it('learn, and take what a root alone takes', async () => {
    const model = await fitSample(symmetric({ maxIter: 40 }), data);
    const found = await predictedNumbers(model, data);
    const labels = columnNamed(data, 'y').cells.map(Number);
    const mean = labels.reduce((sum, y) => sum + y, 0) / labels.length;
    const error = (of: (row: number) => number): number =>
      labels.reduce((sum, y, row) => sum + (y - of(row)) ** 2, 0);
    expect(error((row) => found[row] as number)).toBeLessThan(0.6 * error(() => mean));
    const numbers = { featuresCols: [names[0], names[2], names[3]], maxDepth: 1, maxIter: 2 };
    const [one, other] = [
      await fitSample(symmetric(numbers), data),
      await fitSample(symmetric({ ...numbers, growPolicy: 'levelWise' }), data),
    ];
    expect(one.trees.threshold).toEqual(other.trees.threshold);
    expect(one.trees.value).toEqual(other.trees.value);
  });

  it('refuse what bends the gains of single nodes', async () => {
    const refused = async (more: Record<string, unknown>, rule: RegExp) =>
      await expect(fitSample(symmetric(more), data)).rejects.toMatchObject({
        code: 'PARAM_INVALID',
        message: expect.stringMatching(rule),
      });
    await refused({ maxLeaves: 8 }, /maxLeaves .* left out with growPolicy oblivious/);
    await refused({ maxDepth: 13 }, /maxDepth .* at most 12 with growPolicy oblivious/);
    await refused({ extraTrees: true }, /extraTrees .* left out with growPolicy oblivious/);
  });
});

describe('growPolicy', () => {
  it('leafWise and levelWise are what the sizes alone say', async () => {
    const same = async (more: Record<string, unknown>, plain: Record<string, unknown>) => {
      const found = await fitSample(symmetric({ maxDepth: undefined, ...more }), data);
      const wanted = { maxDepth: undefined, growPolicy: undefined, ...plain };
      expect(found.trees).toEqual((await fitSample(symmetric(wanted), data)).trees);
    };
    await same({ growPolicy: 'leafWise', maxDepth: 3 }, { maxLeaves: 31, maxDepth: 3 });
    await same({ growPolicy: 'levelWise' }, { maxDepth: 6 });
  });
});

describe('one model on any topology', () => {
  const layouts: Topology[] = [
    { threads: 3, partitions: 'one empty', ...tinyKnobs },
    { threads: 5, partitions: 7, kernels: 'reference' },
  ];
  it.each([
    symmetric({ weightCol: 'w', subsamplingRate: 0.7, colsampleByLevel: 0.6, maxIter: 1 }),
    {
      name: 'GBTClassifier',
      options: { labelCol: 'k', growPolicy: 'oblivious', maxIter: 1 },
    } as const,
  ])(
    'holds for oblivious trees: $name',
    async (found) => {
      await expectSame(found, { ...recipe, numRows: 1200 }, layouts);
    },
    60_000,
  );
});
