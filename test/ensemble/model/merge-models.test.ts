/** Do merged models say what their parts say together? */
import { describe, expect, it } from 'vitest';
import { mergeModels } from '../../../src/ensemble/model/merge-models.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { featureNames, randomData } from '../../tools/random-data.ts';
import { columnNamed, numRowsOf, pickRows } from '../../tools/sample-data.ts';
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
