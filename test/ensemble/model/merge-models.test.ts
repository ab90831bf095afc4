/** Do merged models say what their parts say together? */
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import type { GBTRegressionModel } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { mergeModels } from '../../../src/ensemble/model/merge-models.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { featureNames, randomData } from '../../tools/random-data.ts';
import { columnNamed, cutTable, numRowsOf, pickRows } from '../../tools/sample-data.ts';
import { fitSample, predictedNumbers, scoreSample } from '../../training/fit-sample.ts';

const recipe = {
  seed: 57,
  numRows: 600,
  kinds: ['float32', 'words', 'many words', 'float64'],
  missing: 0.1,
} as const;
const data = randomData(recipe);
const featuresCols = featureNames(recipe);
const half = (which: number) =>
  pickRows(
    data,
    Array.from({ length: numRowsOf(data) }, (_, row) => row).filter((row) => row % 2 === which),
  );
const fitted = async (name: string, which: number, options: Record<string, unknown>) =>
  await fitSample(
    { name: name as 'GBTRegressor', options: { featuresCols, ...options } },
    half(which),
  );
const pair = async (name: string, options: Record<string, unknown>) =>
  [await fitted(name, 0, options), await fitted(name, 1, options)] as const;

async function column(model: TreeModel, name: string): Promise<number[]> {
  return (await scoreSample(model, data))[name] as number[];
}

describe('mergeModels', () => {
  it.each([{}, { linearLeaves: true }])(
    'of boosted trees gives the weighted mean of their scores, with %o',
    async (more) => {
      const [a, b] = await pair('GBTRegressor', { labelCol: 'y', maxIter: 4, ...more });
      for (const weights of [undefined, [3, 1], [1, 1e-9]]) {
        const both = mergeModels([a, b], { weights });
        const [x = 1, y = 1] = weights ?? [];
        const [ours, first, second] = await Promise.all(
          [both, a, b].map((model) => predictedNumbers(model, data)),
        );
        ours?.forEach((value, row) => {
          const mean = (x * (first?.[row] as number) + y * (second?.[row] as number)) / (x + y);
          expect(value).toBeCloseTo(mean, 8);
        });
        expect(both.numTrees).toBe(8);
        const score = await both.scorer();
        const row = featuresCols.map((name) => columnNamed(data, name).cells[7] ?? null);
        expect(score(row as never).prediction).toBe(ours?.[7]);
      }
    },
  );

  it('of classifiers averages margins, and knows the categories of all', async () => {
    const [a, b] = await pair('GBTClassifier', { labelCol: 'k', maxIter: 3 });
    const both = mergeModels([a, b]);
    const [ours, first, second] = await Promise.all(
      [both, a, b].map((model) => column(model, 'rawPrediction')),
    );
    ours?.forEach((value, i) => {
      expect(value).toBeCloseTo(((first?.[i] as number) + (second?.[i] as number)) / 2, 8);
    });
    const known = (model: TreeModel): number => model.data.features[2]?.categories.length ?? 0;
    expect(known(both)).toBeGreaterThan(Math.max(known(a), known(b)));
    expect(await savedBytes(mergeModels([a, b]))).toEqual(await savedBytes(both));
  });

  it.each([
    ['GBTRegressor', { labelCol: 'y', weights: [1, 1] }],
    ['GBTRegressor', { labelCol: 'y', weights: [3, 1], pathSmoothing: 4 }],
    ['GBTClassifier', { labelCol: 'k', weights: [1, 2] }],
  ] as const)(
    'of %s with %o lets refitted leaves be those of its refitted models',
    async (name, { weights, ...more }) => {
      const [a, , c] = [
        await fitted(name, 0, { ...more, maxIter: 3, stepSize: 0.5 }),
        null,
        await fitted(name, 1, { ...more, maxIter: 5, lambda: 2, stepSize: 0.2 }),
      ];
      const refit = async (model: TreeModel, decayRate: number): Promise<TreeModel> =>
        await (model as GBTRegressionModel).refitLeaves(cutTable(new InlineRunner(), data), {
          decayRate,
        });
      const both = mergeModels<TreeModel>([a, c], { weights });
      for (const decayRate of [0, 0.5]) {
        // parameters of losses are the first model's, step sizes and lambda each one's own
        const apart = [await refit(a, decayRate), await refit(c, decayRate)];
        const wanted = mergeModels<TreeModel>(apart, { weights });
        const together = await refit(both, decayRate);
        const column = name === 'GBTRegressor' ? 'prediction' : 'rawPrediction';
        const [ours, theirs] = [await scoreSample(together, data), await scoreSample(wanted, data)];
        (ours[column] as number[]).forEach((value, i) => {
          expect(value).toBeCloseTo((theirs[column] as number[])[i] as number, 7);
        });
        expect(await savedBytes(await refit(both, decayRate))).toEqual(await savedBytes(together));
      }
      const same = await refit(both, 1);
      expect(same.trees.value).toEqual(both.trees.value);
      expect(same.data.merged).toEqual(both.data.merged);
      const nested = mergeModels<TreeModel>([both, a], { weights: [2, 1] });
      expect(nested.data.merged?.map(({ numTrees }) => numTrees)).toEqual(
        [a, c, a].map((model) => model.numTrees),
      );
      await expect(refit(both.truncate(2), 0.5)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    },
  );

  it('of forests counts every tree the same', async () => {
    const [a, b] = await pair('RandomForestRegressor', { labelCol: 'y', numTrees: 3, maxDepth: 4 });
    const more = await fitted('RandomForestRegressor', 1, {
      labelCol: 'y',
      numTrees: 1,
      maxDepth: 4,
    });
    const [ours, first, second, third] = await Promise.all(
      [mergeModels([a, b, more]), a, b, more].map((model) => predictedNumbers(model, data)),
    );
    ours?.forEach((value, row) => {
      const sum = 3 * (first?.[row] as number) + 3 * (second?.[row] as number);
      expect(value).toBeCloseTo((sum + (third?.[row] as number)) / 7, 9);
    });
  });

  it('refuses what does not go together', async () => {
    const options = { labelCol: 'y', maxIter: 1 };
    const [a, b] = await pair('GBTRegressor', options);
    const other = await fitted('GBTRegressor', 0, { ...options, lossType: 'huber' });
    const fewer = await fitted('GBTRegressor', 0, {
      ...options,
      featuresCols: featuresCols.slice(1),
    });
    const forest = await fitted('RandomForestRegressor', 0, { labelCol: 'y', numTrees: 1 });
    const codeOf = (merge: () => unknown): unknown => {
      try {
        merge();
        return null;
      } catch (error) {
        return (error as { code: unknown }).code;
      }
    };
    expect(codeOf(() => mergeModels([]))).toBe('USAGE');
    expect(codeOf(() => mergeModels([a, b], { weights: [1] }))).toBe('USAGE');
    expect(codeOf(() => mergeModels([a, b], { weights: [1, 0] }))).toBe('USAGE');
    expect(codeOf(() => mergeModels([forest, forest], { weights: [1, 2] }))).toBe('USAGE');
    expect(codeOf(() => mergeModels<TreeModel>([a, forest]))).toBe('MODEL_CLASS');
    expect(codeOf(() => mergeModels([a, other]))).toBe('PARAM_INVALID');
    expect(codeOf(() => mergeModels([a, fewer]))).toBe('SCHEMA_MISMATCH');
  });
});
