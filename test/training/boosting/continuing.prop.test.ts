/**
 * A fit of some rounds that a second fit goes on from gives the model of one fit of all rounds, bit for bit, on
 * any topology; whatever is drawn, weighed, stopped early or brought as an offset.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomData } from '../../tools/random-data.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { fitSample } from '../fit-sample.ts';
import {
  estimatorCases,
  makeEstimator,
  recipes,
  shapedCases,
  withFeatures,
} from '../random-estimators.ts';
import { expectSameFit, type FitCase, type Topology, topologies } from '../topologies.ts';

/** The first `share` of the rounds or trees in one fit, the others in a second. */
function inTwoFits(share: number): FitCase {
  return async (found, table) => {
    const size = 'numTrees' in found.options ? 'numTrees' : 'maxIter';
    const all = found.options[size] as number;
    // a forest of one tree looks at all features
    const first = Math.max(size === 'numTrees' ? 2 : 1, Math.round(share * all));
    if (first >= all) return await makeEstimator(found).fit(table);
    const fit = (count: number, initialModel?: Awaited<ReturnType<FitCase>>) =>
      makeEstimator({ ...found, options: { ...found.options, [size]: count } }).fit(table, {
        initialModel,
      });
    const before = await fit(first);
    const kept = size === 'numTrees' ? before.numTrees : (before.summary.memberRounds[0] ?? 0);
    if (kept === all) return before;
    const model = await fit(all - kept, before);
    return model.copy({ [size]: all });
  };
}

const cases = fc
  .oneof(
    { weight: 2, arbitrary: estimatorCases.GBTRegressor },
    { weight: 2, arbitrary: estimatorCases.GBTClassifier },
    { weight: 1, arbitrary: shapedCases },
    { weight: 1, arbitrary: estimatorCases.RandomForestClassifier },
    { weight: 1, arbitrary: estimatorCases.ExtraTreesRegressor },
  )
  .map(({ name, options }) => {
    // out-of-bag scores of a forest that went on are of the trees that it added
    const { holdOutFolds: _, numModels: __, oobScore: ___, ...rest } = options;
    return { name, options: rest };
  });

describe('going on from a model', () => {
  it('gives the model of one longer fit, for random parameters, data and topologies', async () => {
    await fc.assert(
      fc.asyncProperty(
        cases,
        recipes,
        fc.array(topologies, { minLength: 1, maxLength: 2 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (found, recipe, wanted, share) => expectSameFit(inTwoFits(share), found, recipe, wanted),
      ),
      { numRuns: 10, endOnFailure: true },
    );
  }, 120_000);

  it.each([
    ['GBTClassifier', { labelCol: 'k', subsamplingRate: 0.7, colsampleByTree: 0.5, maxIter: 5 }],
    ['GBTRegressor', { labelCol: 'y', weightCol: 'w', offsetCol: 'o', maxIter: 7 }],
    [
      'GBTRegressor',
      { labelCol: 'y', validationIndicatorCol: 'v', earlyStoppingRounds: 3, maxIter: 60 },
    ],
    ['RandomForestRegressor', { labelCols: ['y', 'p'], numTrees: 5, maxDepth: 4 }],
  ] as const)(
    'does so on several threads and partitionings: %s %j',
    async (name, options) => {
      const recipe = {
        seed: 31,
        numRows: 2600,
        kinds: ['float32', 'words', 'float64', 'integers'],
        missing: 0.1,
      } as const;
      const layouts: Topology[] = [
        { threads: 1, partitions: 7 },
        { threads: 2, partitions: 'one empty' },
        { threads: 3, partitions: 2 },
        { threads: 5, partitions: 1 },
      ];
      const some = {
        minInstancesPerNode: 3,
        ...(name === 'RandomForestRegressor' ? {} : { maxLeaves: 7, stepSize: 0.4 }),
      };
      const found = { name, options: { ...some, ...options } };
      await expectSameFit(inTwoFits(0.4), found, recipe, layouts);
    },
    60_000,
  );

  it('from a checkpoint of one thread, on several threads and partitionings', async () => {
    const recipe = {
      seed: 8,
      numRows: 2300,
      kinds: ['float32', 'many words', 'integers'],
      missing: 0.1,
    } as const;
    const checkpointDir = temporaryFolder('resumed');
    const options = {
      ...{ labelCol: 'b', weightCol: 'w', validationIndicatorCol: 'v', earlyStoppingRounds: 9 },
      ...{ maxIter: 12, maxLeaves: 7, subsamplingRate: 0.8, checkpointInterval: 5 },
    };
    const found = withFeatures({ name: 'GBTClassifier', options }, recipe);
    const kept = { ...found, options: { ...found.options, checkpointDir } };
    const abort = new AbortController();
    const ended = fitSample(kept, randomData(recipe), {
      signal: abort.signal,
      onProgress: ({ phase, done }) => {
        if (phase === 'train' && done === 7) abort.abort();
      },
    });
    await expect(ended).rejects.toMatchObject({ code: 'ABORTED' });
    const resume: FitCase = async (_, table) => {
      let first = 0;
      const model = await makeEstimator(kept).fit(table, {
        onProgress: ({ phase, done }) => {
          if (phase === 'train' && first === 0) first = done;
        },
      });
      expect([6, 11]).toContain(first);
      return model;
    };
    await expectSameFit(resume, found, recipe, [
      { threads: 3, partitions: 7 },
      { threads: 2, partitions: 'one empty' },
    ]);
  }, 60_000);
});
