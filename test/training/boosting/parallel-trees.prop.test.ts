/**
 * Rounds of several trees side by side: each learns from the scores that the round before left, by draws of its own, and
 * their mean is added; the same on any topology.
 */
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import type { BoostedModel } from '../../../src/ensemble/boosting/boosted-model.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { mergeModels } from '../../../src/ensemble/model/merge-models.ts';
import { loadStage } from '../../../src/pipeline/load-stage.ts';
import { savedBytes, treeBytes } from '../../tools/fitted-bytes.ts';
import { type DataRecipe, randomData, range } from '../../tools/random-data.ts';
import { columnNamed, cutTable, pickRows } from '../../tools/sample-data.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { fitSample, predictedNumbers } from '../fit-sample.ts';
import {
  type EstimatorCase,
  estimatorCases,
  recipes,
  shapedCases,
  withFeatures,
} from '../random-estimators.ts';
import { expectSame, topologies } from '../topologies.ts';

const recipe: DataRecipe = {
  seed: 27,
  numRows: 500,
  kinds: ['float64', 'words', 'integers', 'float32'],
  missing: 0.1,
};
const data = randomData(recipe);
const runner = new InlineRunner();
const drawn = { subsamplingRate: 0.6, colsampleByTree: 0.5, maxLeaves: 6 };

function boosted(more: Record<string, unknown>, name = 'GBTRegressor'): EstimatorCase {
  const options = { labelCol: name === 'GBTClassifier' ? 'k' : 'y', maxIter: 3, ...drawn, ...more };
  return withFeatures({ name: name as EstimatorCase['name'], options }, recipe);
}

const kinds = [
  ['GBTRegressor', {}],
  ['GBTRegressor', { lossType: 'absolute' }],
  ['GBTClassifier', {}],
  ['GBTClassifier', { labelCol: 'b' }],
  ['GBTRanker', { labelCol: 'r', groupCol: 'g' }],
] as const;

describe('trees side by side', () => {
  it('are one tree where there is one', async () => {
    for (const [name, more] of kinds) {
      const plain = await fitSample(boosted(more, name), data);
      const one = await fitSample(boosted({ ...more, numParallelTrees: 1 }, name), data);
      expect(treeBytes(one)).toEqual(treeBytes(plain));
    }
  });

  it.each(kinds)(
    'all learn from the same scores, by draws of their own: %s %o',
    async (name, more) => {
      const side = await fitSample(
        boosted({ ...more, maxIter: 1, stepSize: 0.2, numParallelTrees: 4 }, name),
        data,
      );
      // rounds that leave all before them out
      const dart = { dropRate: 1, skipDrop: 0, maxDrop: 1000, maxIter: 4 };
      const alone = await fitSample(boosted({ ...more, ...dart }, name), data);
      if (name !== 'GBTRanker') {
        expect(side.trees.feature).toEqual(alone.trees.feature);
        expect(side.trees.threshold).toEqual(alone.trees.threshold);
      }
      const { feature, treeStart } = side.trees;
      const shapes = range(4).map((t) => feature.subarray(treeStart[t], treeStart[t + 1]).join());
      expect(new Set(shapes).size).toBeGreaterThan(1);
      // the first is a tree of a quarter of the step
      const single = await fitSample(boosted({ ...more, maxIter: 1, stepSize: 0.05 }, name), data);
      const count = single.trees.value.length;
      expect(side.trees.value.slice(0, count)).toEqual(single.trees.value);
    },
  );

  it('add up to what the rounds were measured by, validation rows too', async () => {
    for (const more of [{}, { linearLeaves: true }, { lossType: 'absolute' }]) {
      const found = boosted({ ...more, numParallelTrees: 3, trainingHistory: true });
      const held = pickRows(data, range(120));
      const rest = pickRows(data, range(500).slice(120));
      const model = await fitSample(found, rest, { validation: held });
      for (const [set, rows] of [
        ['training', rest],
        ['validation', held],
      ] as const) {
        const told = model.summary.history.find((series) => series.set === set)?.values.at(-1);
        const predicted = await predictedNumbers(model, rows);
        const labels = columnNamed(rows, 'y').cells.map(Number);
        const losses = predicted.map((p, i) => {
          const r = p - (labels[i] as number);
          return 'lossType' in more ? Math.abs(r) : r * r;
        });
        const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
        expect(told).toBeCloseTo(mean, 9);
      }
    }
  });

  it('are cut, continued and stopped by rounds', async () => {
    for (const [name, own] of kinds.slice(0, 4)) {
      const more = { ...own, numParallelTrees: 3 };
      const whole = await fitSample(boosted({ ...more, maxIter: 5 }, name), data);
      const begun = await fitSample(boosted({ ...more, maxIter: 2 }, name), data);
      expect(whole.summary.memberRounds).toEqual([5]);
      expect(treeBytes((whole as BoostedModel).truncate(2))).toEqual(treeBytes(begun));
      const on = await fitSample(boosted({ ...more, maxIter: 3 }, name), data, {
        initialModel: begun,
      });
      expect(treeBytes(on)).toEqual(treeBytes(whole));
      expect(on.summary.memberRounds).toEqual([5]);
    }
    const plain = await fitSample(boosted({ maxIter: 2 }), data);
    const saysOne = await fitSample(boosted({ maxIter: 3, numParallelTrees: 1 }), data, {
      initialModel: plain,
    });
    expect(treeBytes(saysOne)).toEqual(treeBytes(await fitSample(boosted({ maxIter: 5 }), data)));
    const stops = { validationIndicatorCol: 'v', earlyStoppingRounds: 2, stepSize: 1, maxIter: 60 };
    const stopped = await fitSample(boosted({ ...stops, numParallelTrees: 2 }), data);
    const [rounds = 0] = stopped.summary.memberRounds;
    expect(rounds).toBeLessThan(60);
    expect(stopped.numTrees).toBe(2 * rounds);
    expect(stopped.summary.validationLosses).toHaveLength(rounds + 2);
  });

  it('are averaged, cut, merged, and learned for several labels', async () => {
    const more = { numParallelTrees: 2, holdOutFolds: 4, numModels: 2 };
    const averaged = await fitSample(
      boosted({ ...more, maxIter: 4, earlyStoppingRounds: 50 }),
      data,
    );
    const [a = 0, b = 0] = averaged.summary.memberRounds;
    expect(averaged.numTrees).toBe(2 * (a + b));
    const first = (averaged as BoostedModel).truncate(1);
    expect(first.numTrees).toBe(4);
    const labels = { labelCol: undefined, labelCols: ['y', 's'], numParallelTrees: 2 };
    const whole = await fitSample(boosted({ ...labels, maxIter: 3 }), data);
    const begun = await fitSample(boosted({ ...labels, maxIter: 1 }), data);
    const on = await fitSample(boosted({ ...labels, maxIter: 2 }), data, { initialModel: begun });
    expect(treeBytes(on)).toEqual(treeBytes(whole));
    expect([whole.numTrees, whole.summary.memberRounds]).toEqual([12, [3]]);
    const merged = mergeModels([begun, begun] as never);
    expect(merged.numTrees).toBe(8);
  });

  it('are known again when a model is loaded', async () => {
    const found = boosted({ numParallelTrees: 3 });
    const model = await fitSample(found, data);
    const path = join(temporaryFolder('parallel-trees'), 'model');
    await model.save(path);
    const loaded = (await loadStage(path)) as BoostedModel;
    expect(await savedBytes(loaded)).toEqual(await savedBytes(model));
    expect([loaded.numTrees, loaded.truncate(2).numTrees]).toEqual([9, 6]);
    for (const wrong of [{ dropRate: 0.1 }, { gossTopRate: 0.2, subsamplingRate: 1 }])
      expect(() => new GBTRegressor({ numParallelTrees: 2, ...wrong })).toThrow('numParallelTrees');
  });

  it('are refitted from the scores that the round before left', async () => {
    const all = { subsamplingRate: 1, numParallelTrees: 3 };
    for (const [name, own] of kinds) {
      const model = (await fitSample(boosted({ ...all, ...own }, name), data)) as BoostedModel;
      const again = await model.refitLeaves(cutTable(runner, data), { decayRate: 0 });
      expect(treeBytes(again)).toEqual(treeBytes(model));
    }
    // an average of models, with rounds behind it
    const averaged = boosted({ ...all, holdOutFolds: 4, numModels: 2 });
    const begun = await fitSample(averaged, data);
    const on = (await fitSample(boosted({ ...all, maxIter: 2 }), data, {
      initialModel: begun,
    })) as BoostedModel;
    const same = await on.refitLeaves(cutTable(runner, data), { decayRate: 1 });
    expect(treeBytes(same)).toEqual(treeBytes(on));
    // the last round is found as it was: behind all others, which keep their values
    const other = pickRows(
      data,
      range(recipe.numRows).filter((i) => i % 2 === 0),
    );
    const followed = await on.refitLeaves(cutTable(runner, other), { decayRate: 0.5 });
    expect(treeBytes(followed)).not.toEqual(treeBytes(on));
  });

  it('give the same bytes on any topology', async () => {
    const cases = fc.oneof(
      estimatorCases.GBTRegressor,
      estimatorCases.GBTClassifier,
      estimatorCases.GBTRanker,
      shapedCases,
    );
    const wanted = fc.array(topologies, { minLength: 1, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(cases, fc.constantFrom(2, 3), recipes, wanted, (found, k, rows, some) => {
        const { gossTopRate: _, gossOtherRate: __, ...options } = found.options;
        return expectSame({ ...found, options: { ...options, numParallelTrees: k } }, rows, some);
      }),
      { numRuns: 12, endOnFailure: true },
    );
  }, 120_000);
});
