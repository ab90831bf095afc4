/** Rounds of an interval are trained on the same rows, those of the next one on others. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { treeBytes } from '../../tools/fitted-bytes.ts';
import { type DataRecipe, featureNames, randomData, range } from '../../tools/random-data.ts';
import { fitSample } from '../fit-sample.ts';
import type { EstimatorCase } from '../random-estimators.ts';
import { expectSame, topologies } from '../topologies.ts';

const recipe: DataRecipe = {
  seed: 41,
  numRows: 700,
  kinds: ['float32', 'words', 'integers'],
  missing: 0.1,
};
const data = randomData(recipe);

function drawn(more: Record<string, unknown>): EstimatorCase {
  const options = { featuresCols: featureNames(recipe), labelCol: 'y', maxIter: 7, maxLeaves: 5 };
  return { name: 'GBTRegressor', options: { ...options, subsamplingRate: 0.5, ...more } };
}

/** How many rows each tree was grown on. */
const rowsOf = ({ trees }: TreeModel): number[] =>
  range(trees.numTrees).map((t) => trees.rows[trees.treeStart[t] as number] as number);

describe('subsamplingInterval', () => {
  it('keeps the draw of its first round', async () => {
    const every = rowsOf(await fitSample(drawn({}), data));
    expect(new Set(every).size).toBeGreaterThan(4);
    const kept = rowsOf(await fitSample(drawn({ subsamplingInterval: 3 }), data));
    expect(kept).toEqual([0, 0, 0, 3, 3, 3, 6].map((round) => every[round]));
    const one = await fitSample(drawn({ subsamplingInterval: 1 }), data);
    expect(treeBytes(one)).toEqual(treeBytes(await fitSample(drawn({}), data)));
    // trees side by side keep a draw each
    const parallel = { numParallelTrees: 2, maxIter: 4 };
    const each = rowsOf(await fitSample(drawn(parallel), data));
    const pairs = rowsOf(await fitSample(drawn({ ...parallel, subsamplingInterval: 2 }), data));
    expect(pairs).toEqual([0, 1, 0, 1, 4, 5, 4, 5].map((tree) => each[tree]));
  });

  it('counts the rounds of the model that a fit goes on from', async () => {
    const more = { subsamplingInterval: 3 };
    const whole = await fitSample(drawn(more), data);
    const begun = await fitSample(drawn({ ...more, maxIter: 4 }), data);
    const on = await fitSample(drawn({ ...more, maxIter: 3 }), data, { initialModel: begun });
    expect(treeBytes(on)).toEqual(treeBytes(whole));
  });

  it('gives one model on any topology, of groups and classes too', async () => {
    const cases = fc.constantFrom<EstimatorCase>(
      drawn({ subsamplingInterval: 2 }),
      drawn({ subsamplingInterval: 3, subsampleByGroup: true, groupCol: 'g' }),
      {
        name: 'GBTClassifier',
        options: {
          ...drawn({ subsamplingInterval: 2, labelCol: 'k', maxIter: 4 }).options,
          stratifiedSampling: true,
        },
      },
    );
    await fc.assert(
      fc.asyncProperty(cases, topologies, async (found, topology) => {
        await expectSame(found, recipe, [topology]);
      }),
      { numRuns: 8 },
    );
  }, 60_000);

  it('is refused where nothing is drawn', () => {
    for (const more of [{ subsamplingRate: 1 }, { subsamplingRate: 1, gossTopRate: 0.2 }])
      expect(() => new GBTRegressor({ subsamplingInterval: 2, ...more })).toThrow(
        /subsamplingInterval of GBTRegressor must be left out where no rows are drawn/,
      );
    expect(() => new GBTRegressor({ subsamplingInterval: 0 })).toThrow(/subsamplingInterval/);
  });
});
