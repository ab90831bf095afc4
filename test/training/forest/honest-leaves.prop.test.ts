/** Do rows of an honest tree either choose its splits or say what its leaves hold, and never both? */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash32, mix32, purposes, rowKey } from '../../../src/base/rng.ts';
import { RandomForestClassifier } from '../../../src/ensemble/forest/random-forest-classifier.ts';
import { RandomForestRegressor } from '../../../src/ensemble/forest/random-forest-regressor.ts';
import { type DataRecipe, featureNames, randomData, range } from '../../tools/random-data.ts';
import { columnNamed, type SampleData } from '../../tools/sample-data.ts';
import { fitSample, predictedNumbers, scoreSample } from '../fit-sample.ts';
import type { EstimatorCase } from '../random-estimators.ts';
import { expectSame, type Topology, tinyKnobs } from '../topologies.ts';

const kinds = ['float32', 'float64', 'words', 'few numbers'] as const;
const recipe: DataRecipe = { seed: 31, numRows: 500, kinds, missing: 0.1 };

function forest(name: EstimatorCase['name'], options: Record<string, unknown>): EstimatorCase {
  const usual = { featuresCols: featureNames(recipe), numTrees: 3, honestLeafShare: 0.5 };
  return { name, options: { ...usual, labelCol: 'y', ...options } };
}

function isSetApart(row: number, tree: number, seed: number, share: number): boolean {
  return mix32(rowKey(row) ^ hash32(seed, purposes.honest, tree)) < share * 2 ** 32;
}

describe('honest leaves', () => {
  it('hold the mean of the rows that were set apart, or that of the nearest node above', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1000 }),
        fc.constantFrom(0.2, 0.5, 0.8),
        fc.constantFrom(undefined, 'w'),
        fc.integer({ min: 1, max: 12 }),
        async (seed, share, weightCol, maxDepth) => {
          const data = randomData({ ...recipe, seed });
          const options = {
            ...{ bootstrap: false, honestLeafShare: share, seed, maxDepth, leafCol: 'leaf' },
            ...(weightCol === undefined ? {} : { weightCol }),
          };
          const model = await fitSample(forest('RandomForestRegressor', options), data);
          const leaves = (await scoreSample(model, data))['leaf'] as number[];
          const y = columnNamed(data, 'y').cells as number[];
          const w = columnNamed(data, 'w').cells as number[];
          for (const t of range(3)) {
            const sums = new Map<number, [number, number]>();
            y.forEach((label, row) => {
              if (!isSetApart(row, t, seed, share)) return;
              const leaf = leaves[3 * row + t] as number;
              const [sum, weight] = sums.get(leaf) ?? [0, 0];
              const own = weightCol === undefined ? 1 : (w[row] as number);
              sums.set(leaf, [sum + own * label, weight + own]);
            });
            const nodes = [...model.tree(t).walk()];
            const meanBelow = (node: (typeof nodes)[number]): [number, number] => {
              if (node.leafNumber !== null) return sums.get(node.leafNumber) ?? [0, 0];
              const [a, b] = [node.left, node.right].map((child) =>
                meanBelow(child as typeof node),
              );
              return [
                ((a as number[])[0] as number) + ((b as number[])[0] as number),
                ((a as number[])[1] as number) + ((b as number[])[1] as number),
              ];
            };
            const scale = Math.max(...y.map(Math.abs));
            for (const leaf of nodes.filter(({ leafNumber }) => leafNumber !== null)) {
              let at: (typeof nodes)[number] | null = leaf;
              while (at.parent !== null && meanBelow(at)[1] === 0) at = at.parent;
              const [sum, weight] = meanBelow(at);
              if (weight > 0)
                expect(Math.abs((leaf.value[0] as number) - sum / weight) / scale).toBeLessThan(
                  1e-9,
                );
            }
          }
        },
      ),
      { numRuns: 12 },
    );
  }, 60_000);

  it('are the shares of classes, and labels of rows that were set apart change no split', async () => {
    const data = randomData(recipe);
    const b = columnNamed(data, 'b');
    const options = { labelCol: 'b', bootstrap: false, numTrees: 1, seed: 4, leafCol: 'leaf' };
    const model = await fitSample(forest('RandomForestClassifier', options), data);
    const [one, other] = [...new Set(b.cells)];
    const cells = b.cells.map((cell, row) =>
      isSetApart(row, 0, 4, 0.5) ? (cell === one ? other : one) : cell,
    ) as typeof b.cells;
    const turned: SampleData = data.map((column) =>
      column.name === 'b' ? { ...column, cells } : column,
    );
    const again = await fitSample(forest('RandomForestClassifier', options), turned);
    expect(again.trees.feature).toEqual(model.trees.feature);
    expect(again.trees.threshold).toEqual(model.trees.threshold);
    expect(again.trees.gain).toEqual(model.trees.gain);
    // what was one class is the other now
    const [before, after] = [model, again].map(({ trees }) =>
      trees.value.filter((_, i) => i % 2 === 0),
    );
    before?.forEach((value, i) => {
      expect(value + (after?.[i] as number)).toBeCloseTo(1, 12);
    });
    expect(new Set(before).size).toBeGreaterThan(3);
  });

  it('learn less of noise than leaves of the rows that chose the splits', async () => {
    const noise = randomData({ ...recipe, seed: 77, numRows: 2000, missing: 0 });
    const y = columnNamed(noise, 'y').cells.map((_, i) => ((mix32(i) % 1000) - 500) / 100);
    const data: SampleData = noise.map((one) => (one.name === 'y' ? { ...one, cells: y } : one));
    const spreadOf = async (options: Record<string, unknown>): Promise<number> => {
      const usual = { maxDepth: 3, bootstrap: false, numTrees: 10, ...options };
      const { honestLeafShare: _, ...plain } = forest('RandomForestRegressor', usual)
        .options as Record<string, unknown>;
      const found = {
        name: 'RandomForestRegressor',
        options: { ...plain, ...options },
      } as EstimatorCase;
      const means = await predictedNumbers(await fitSample(found, data), data);
      return means.reduce((sum, mean, i) => sum + mean * (y[i] as number), 0);
    };
    expect(await spreadOf({ honestLeafShare: 0.5 })).toBeLessThan(await spreadOf({}));
  });

  it('give one model on any topology', async () => {
    const layouts: Topology[] = [
      { threads: 3, partitions: 'one empty', ...tinyKnobs },
      { threads: 5, partitions: 7, kernels: 'reference' },
      { threads: 2, partitions: 2, sharesTrees: false },
    ];
    const cases = [
      forest('RandomForestRegressor', { maxDepth: 6, weightCol: 'w', oobScore: true }),
      forest('RandomForestClassifier', { labelCol: 'k', maxDepth: 6 }),
      forest('ExtraTreesClassifier', {
        labelCol: 'b',
        maxLeaves: 9,
        weightCol: 'w',
        honestLeafShare: 0.3,
      }),
    ];
    for (const found of cases) await expectSame(found, { ...recipe, numRows: 900 }, layouts);
  }, 120_000);

  it('go on from a forest as one fit would, and refuse what is learned of all rows', async () => {
    const data = randomData(recipe);
    const grown = async (numTrees: number, initialModel?: unknown) =>
      await fitSample(forest('RandomForestRegressor', { numTrees, maxDepth: 5 }), data, {
        initialModel: initialModel as never,
      });
    const whole = await grown(5);
    expect((await grown(3, await grown(2))).trees).toEqual(whole.trees);
    const refused = [
      { varianceCol: 'v' },
      { quantilesCol: 'q' },
      { ccpAlpha: 0.1 },
      { device: 'gpu' as const },
    ];
    for (const options of refused)
      expect(() => new RandomForestRegressor({ honestLeafShare: 0.5, ...options })).toThrow(
        /honestLeafShare/,
      );
    const balanced = { classWeights: 'balancedSubsample', honestLeafShare: 0.5 } as const;
    expect(() => new RandomForestClassifier(balanced)).toThrow(/balancedSubsample/);
    expect(() => new RandomForestRegressor({ honestLeafShare: 1 })).toThrow(/honestLeafShare/);
  });
});
