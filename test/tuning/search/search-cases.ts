/** Searches over a small table, and what holds for each of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { BinaryClassificationEvaluator } from '../../../src/evaluation/evaluators/binary-classification-evaluator.ts';
import '../../../src/evaluation/worker-tasks.ts';
import type { Estimator } from '../../../src/pipeline/estimator.ts';
import { loadStage } from '../../../src/pipeline/load-stage.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import { CrossValidator } from '../../../src/tuning/search/cross-validator.ts';
import { ParamGridBuilder } from '../../../src/tuning/search/param-grid-builder.ts';
import { SuccessiveHalving } from '../../../src/tuning/search/successive-halving.ts';
import { TrainValidationSplit } from '../../../src/tuning/search/train-validation-split.ts';
import type { TunedModel } from '../../../src/tuning/search/tuned-model.ts';
import '../../../src/tuning/worker-tasks.ts';
import { contentOf } from '../../tools/inline-table.ts';
import { randomData } from '../../tools/random-data.ts';
import { type CellType, cutTable, evenCuts, withSampleColumn } from '../../tools/sample-data.ts';
import { folderContent, temporaryFolder } from '../../tools/temporary-folder.ts';

export const inline = new InlineRunner();
const pool = new ThreadPool(3, workerUrl());
afterAll(() => pool.close());
export const root = temporaryFolder('search');

export const numRows = 300;
const numbers = (type: CellType, name: string, of: (row: number) => number) => ({
  ...{ name, type },
  cells: Array.from({ length: numRows }, (_, row) => of(row)),
});
export const data = [
  numbers('int32', 'group', (row) => Math.floor(row / 6) % 25),
  numbers('float64', 'time', (row) => (row * 37) % numRows),
  numbers('int32', 'part', (row) => (row * 7) % 4),
].reduce(
  withSampleColumn,
  randomData({ seed: 12, numRows, kinds: ['float32', 'words', 'float64'], missing: 0.1 }),
);
export const table = cutTable(inline, data);
export const layouts = [
  cutTable(pool, data, evenCuts(numRows, 7)),
  cutTable(pool, data, [100, 100]),
  cutTable(inline, data, evenCuts(numRows, 2)),
];

export const boosted = new GBTClassifier({
  ...{ featuresCols: ['x0', 'x1', 'x2'], labelCol: 'b', weightCol: 'w' },
  ...{ maxIter: 6, maxLeaves: 6, minInstancesPerNode: 4 },
});
export const auc = new BinaryClassificationEvaluator({ labelCol: 'b', weightCol: 'w' });
export const grid = new ParamGridBuilder()
  .addGrid('stepSize', [0.05, 0.4])
  .addGrid('maxLeaves', [3, 9])
  .build();
export const common = { estimator: boosted, evaluator: auc, estimatorParamMaps: grid, seed: 4 };

/** What a model saves. */
export async function savedOf(model: TunedModel<never>, name: string): Promise<object> {
  await model.save(`${root}/${name}`, { overwrite: true });
  return folderContent(`${root}/${name}`);
}

// of the grid's first and last: each candidate is fitted for every fold, on every layout
const twoOf = { ...common, estimatorParamMaps: [grid[0] ?? {}, grid[3] ?? {}] };
const searches = {
  'by chance': () => new CrossValidator({ ...twoOf, collectSubModels: true }) as never,
  stratified: () =>
    new CrossValidator({ ...twoOf, stratified: true, earlyStoppingRatio: 0.2 }) as never,
  'by group': () =>
    new CrossValidator({ ...twoOf, groupCol: 'group', earlyStoppingRatio: 0.2 }) as never,
  'by time': () =>
    new CrossValidator({ ...twoOf, timeCol: 'time', earlyStoppingRatio: 0.2 }) as never,
  'by a column': () => new CrossValidator({ ...twoOf, foldCol: 'part', idCol: 'id' }) as never,
  'one split': () =>
    new TrainValidationSplit({ ...twoOf, trainRatio: 0.7, earlyStoppingRatio: 0.1 }) as never,
  'halving rows': () => new SuccessiveHalving({ ...common, factor: 2, minResource: 0.2 }) as never,
  'halving rounds': () =>
    new SuccessiveHalving({ ...common, factor: 2, resource: 'maxIter', idCol: 'id' }) as never,
} satisfies Readonly<Record<string, () => Estimator<TunedModel<never>>>>;

/** Tests of searches: their bytes on other topologies, and after save and load. */
export function describeSearches(names: readonly (keyof typeof searches)[]): void {
  describe.each(names)('a search, %s', (name) => {
    const make: () => Estimator<TunedModel<never>> = searches[name];
    let model: TunedModel<never>;
    let saved: object;

    beforeAll(async () => {
      model = await make().fit(table);
      saved = await savedOf(model, 'alone');
    });

    it('is the same bytes on any partitions, threads and trials at once', async () => {
      for (const [i, layout] of layouts.entries()) {
        const search = make().copy({ parallelism: [1, 2, 5][i] } as never);
        expect(await savedOf(await search.fit(layout), 'other')).toEqual(saved);
      }
    });

    it('predicts the same after save and load', async () => {
      await savedOf(model, 'loaded');
      const loaded = (await loadStage(`${root}/loaded`)) as TunedModel<never>;
      const content = await contentOf(await model.transform(table));
      expect(await contentOf(await loaded.transform(table))).toEqual(content);
      expect(loaded.rounds).toEqual(model.rounds);
      expect(loaded.bestParams).toEqual(model.bestParams);
      expect(await contentOf(loaded.trialsToTable())).toEqual(
        await contentOf(model.trialsToTable()),
      );
      expect(await savedOf(loaded, 'again')).toEqual(saved);
    });
  });
}
