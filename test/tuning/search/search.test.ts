/** Searches over folds: the right metrics, the same on any topology, and nothing lost when one is cut short. */
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Progress } from '../../../src/base/progress.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { BinaryClassificationEvaluator } from '../../../src/evaluation/evaluators/binary-classification-evaluator.ts';
import { RankingEvaluator } from '../../../src/evaluation/evaluators/ranking-evaluator.ts';
import { RegressionEvaluator } from '../../../src/evaluation/evaluators/regression-evaluator.ts';
import '../../../src/evaluation/worker-tasks.ts';
import type { PartitionedTable } from '../../../src/table/partitioned-table.ts';
import { rankCandidates } from '../../../src/tuning/search/choose-best.ts';
import { CrossValidator } from '../../../src/tuning/search/cross-validator.ts';
import { withParams } from '../../../src/tuning/search/param-map.ts';
import {
  foldSplits,
  nearestFraction,
  sampleOf,
  shareSplit,
  splitIdentity,
} from '../../../src/tuning/search/splits.ts';
import { SuccessiveHalving } from '../../../src/tuning/search/successive-halving.ts';
import '../../../src/tuning/worker-tasks.ts';
import { errorOf } from '../../contract/error-of.ts';
import { contentOf } from '../../tools/inline-table.ts';
import { randomNumbers, shuffled } from '../../tools/random-data.ts';
import { cutTable, pickRows, withSampleColumn } from '../../tools/sample-data.ts';
import {
  auc,
  boosted,
  common,
  data,
  describeSearches,
  grid,
  inline,
  layouts,
  numRows,
  root,
  savedOf,
  table,
} from './search-cases.ts';

describeSearches(['by chance', 'by a column', 'one split']);

describe('cross-validation', () => {
  it('measures what a fit on the other folds says of each fold, and refits the best', async () => {
    const validator = new CrossValidator({ ...common, numFolds: 4, collectSubModels: true });
    const model = await validator.fit(table);
    const { params } = validator;
    const request = { owner: 'x', params, validation: undefined, signal: undefined };
    const splits = await foldSplits(table, request);
    for (const [c, map] of grid.entries()) {
      for (const [f, { train, test }] of splits.entries()) {
        const fitted = await withParams(boosted, map).fit(train);
        const metric = await auc.evaluate(await fitted.transform(test));
        expect(model.foldMetrics[c]?.[f]).toBe(metric);
        const sub = model.subModels?.[f]?.[c] as TreeModel;
        expect(sub.trees).toEqual(fitted.trees);
      }
    }
    const best = model.avgMetrics.indexOf(Math.max(...model.avgMetrics));
    expect(model.bestIndex).toBe(best);
    expect(model.bestMetric).toBe(model.avgMetrics[best]);
    const refit = await withParams(boosted, grid[best] ?? {}).fit(table);
    expect((model.bestModel as TreeModel).trees).toEqual(refit.trees);
    const mean = model.avgMetrics[0] as number;
    const spread = (model.foldMetrics[0] ?? []).map((value) => (value - mean) ** 2);
    expect(model.stdMetrics[0]).toBeCloseTo(
      Math.sqrt(spread.reduce((sum, value) => sum + value, 0) / 4),
      12,
    );
  });

  it('chooses the least of a metric that is better when less', async () => {
    const estimator = new GBTRegressor({ featuresCols: ['x0', 'x2'], labelCol: 'y', maxIter: 5 });
    const evaluator = new RegressionEvaluator({ labelCol: 'y' });
    const estimatorParamMaps = [{ stepSize: 0.001 }, { stepSize: 0.3 }];
    const model = await new CrossValidator({ estimator, evaluator, estimatorParamMaps }).fit(table);
    expect(model.bestIndex).toBe(1);
    expect(model.avgMetrics[1]).toBeLessThan(model.avgMetrics[0] as number);
  });

  it('is the same for rows in another order where they have ids', async () => {
    const order = shuffled([...Array(numRows).keys()], randomNumbers(6));
    const validator = new CrossValidator({
      ...common,
      estimator: boosted.copy({ idCol: 'id' }),
      idCol: 'id',
    });
    const moved = await validator.fit(cutTable(inline, pickRows(data, order)));
    expect(moved.foldMetrics).toEqual((await validator.fit(table)).foldMetrics);
  });

  it('ends with the error of the trial that failed', async () => {
    const evaluator = new BinaryClassificationEvaluator({ labelCol: 'k' });
    const validator = new CrossValidator({ ...common, evaluator });
    const error = await errorOf(() => validator.fit(layouts[0] as PartitionedTable));
    expect(error.code).toBe('LABEL_INVALID');
  });

  it('does not go on from a model', async () => {
    const initialModel = await boosted.fit(table);
    const error = await errorOf(() => new CrossValidator(common).fit(table, { initialModel }));
    expect(error.code).toBe('UNSUPPORTED');
  });

  it('tells how many trials are done', async () => {
    const reports: Progress[] = [];
    const onProgress = (report: Progress) => {
      if (report.message === 'trials') reports.push(report);
    };
    const model = await new CrossValidator(common).fit(table, { onProgress });
    expect(reports.map(({ done }) => done)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(reports.every(({ total }) => total === 12)).toBe(true);
    const metrics = reports.map(({ metric }) => metric as number);
    expect(metrics.toSorted()).toEqual(model.foldMetrics.flat().toSorted());
  });

  it('ends when its signal fires in the middle', async () => {
    const abort = new AbortController();
    const onProgress = () => abort.abort();
    const error = await errorOf(() =>
      new CrossValidator(common).fit(table, { signal: abort.signal, onProgress }),
    );
    expect(error.code).toBe('ABORTED');
  });

  it('stops each fit early on rows that neither fit nor metric sees', async () => {
    const estimator = boosted.copy({ maxIter: 300, stepSize: 0.5, earlyStoppingRounds: 3 });
    const options = { estimator, evaluator: auc, collectSubModels: true };
    const model = await new CrossValidator({ ...options, earlyStoppingRatio: 0.25 }).fit(table);
    const sizes = (model.subModels ?? []).flat().map((one) => (one as TreeModel).trees.numTrees);
    expect(Math.max(...sizes)).toBeLessThan(100);
    expect((model.bestModel as TreeModel).trees.numTrees).toBeLessThan(100);
    // rows of the caller's are watched in place of a share
    const watched = await new CrossValidator(options).fit(table, { validation: layouts[2] });
    const [[first] = []] = (watched.subModels ?? []) as TreeModel[][];
    const { params } = new CrossValidator(options);
    const request = { owner: 'x', params, validation: undefined, signal: undefined };
    const [split] = await foldSplits(table, request);
    const alone = await estimator.fit(split?.train as PartitionedTable, { validation: table });
    expect(first?.trees).toEqual(alone.trees);
  });

  it('puts candidates without a number last, and refuses a search without any', async () => {
    expect(
      rankCandidates(
        [
          [Number.NaN, 1],
          [0.2, 0.4],
          [0.5, 0.1],
          [0.3, 0.3],
        ],
        true,
      ).order,
    ).toEqual([1, 2, 3, 0]);
    expect(rankCandidates([[2], [1], [1]], false).order).toEqual([1, 2, 0]);
    const oneClass = withSampleColumn(data, {
      name: 'b',
      type: 'text',
      cells: Array.from({ length: numRows }, () => 'a'),
    });
    const error = await errorOf(() => new CrossValidator(common).fit(cutTable(inline, oneClass)));
    expect(error.code).toBe('DATA_INVALID');
    expect(error.message).toContain('stratify');
  });
});

describe('splits', () => {
  const params = { ...new CrossValidator(common).params, earlyStoppingRatio: 0.25 };
  const request = { owner: 'x', params, validation: undefined, signal: undefined };
  const column = async (of: PartitionedTable | undefined, name: string) =>
    (await contentOf((of as PartitionedTable).select(name)))[name] as number[];
  const ids = (of: PartitionedTable | undefined) => column(of, 'id');
  const sorted = (values: number[]) => values.map(Number).toSorted((a, b) => a - b);

  it('hold out a share of what is fitted on, and lose no row', async () => {
    const all = sorted(await ids(table));
    for (const idCol of [undefined, 'id']) {
      const own = { ...request, params: { ...params, idCol } };
      for (const { train, watched, test } of await foldSplits(table, own)) {
        const parts = [await ids(train), await ids(watched), await ids(test)];
        expect(sorted(parts.flat())).toEqual(all);
        const share = (parts[1]?.length ?? 0) / (parts.flat().length - (parts[2]?.length ?? 0));
        expect(share).toBeGreaterThan(0.15);
        expect(share).toBeLessThan(0.35);
      }
    }
  });

  it('keep groups together and time in order, in folds and in shares', async () => {
    const byGroup = { ...request, params: { ...params, groupCol: 'group' } };
    const byTime = { ...request, params: { ...params, timeCol: 'time' } };
    for (const split of [
      ...(await foldSplits(table, byGroup)),
      await shareSplit(table, 0.7, byGroup),
    ]) {
      const groups = [split.train, split.watched, split.test].map((part) => column(part, 'group'));
      const sets = (await Promise.all(groups)).map((values) => new Set(values));
      expect(sets.reduce((sum, set) => sum + set.size, 0)).toBe(25);
      expect(sets.every((set) => set.size > 1)).toBe(true);
    }
    for (const split of [
      ...(await foldSplits(table, byTime)),
      await shareSplit(table, 0.7, byTime),
    ]) {
      const [train, watched, test] = await Promise.all(
        [split.train, split.watched, split.test].map((part) => column(part, 'time')),
      );
      expect(Math.max(...(train as number[]))).toBeLessThan(Math.min(...(watched as number[])));
      expect(Math.max(...(watched as number[]))).toBeLessThan(Math.min(...(test as number[])));
    }
    const late = await shareSplit(table, 0.7, {
      ...byTime,
      params: { ...params, timeCol: 'time', earlyStoppingRatio: undefined },
    });
    expect(await late.train.count()).toBe(210);
  });

  it('keep the rows of a query together where rankings are measured', async () => {
    const evaluator = new RankingEvaluator({ labelCol: 'r', groupCol: 'group' });
    const params = new CrossValidator({ estimator: boosted, evaluator, seed: 3 }).params;
    const request = { owner: 'CrossValidator', params, validation: undefined, signal: undefined };
    const rowsOf = async (splits: Awaited<ReturnType<typeof foldSplits>>) =>
      await Promise.all(splits.map(async ({ test }) => (await contentOf(test))['id']));
    const found = await rowsOf(await foldSplits(table, request));
    const told = { ...params, groupCol: 'group' };
    expect(found).toEqual(await rowsOf(await foldSplits(table, { ...request, params: told })));
    expect(splitIdentity(params)).toEqual(splitIdentity(told));
    const { test, train } = await shareSplit(table, 0.6, request);
    const [held = [], learned = []] = await Promise.all(
      [test, train].map(async (part) => (await contentOf(part))['group']),
    );
    expect(held.filter((group) => learned.includes(group))).toEqual([]);
    // another rule of folds is followed
    const byPart = await rowsOf(
      await foldSplits(table, { ...request, params: { ...params, foldCol: 'part' } }),
    );
    expect(byPart).toHaveLength(4);
  });

  it('are shares of about the size that was asked for', async () => {
    const split = await shareSplit(table, 0.75, {
      ...request,
      params: { ...params, earlyStoppingRatio: undefined },
    });
    expect(Math.abs((await split.train.count()) / numRows - 0.75)).toBeLessThan(0.07);
    expect(nearestFraction(0.75)).toEqual([3, 4]);
    expect(nearestFraction(0.9)).toEqual([9, 10]);
    expect(nearestFraction(2 / 3)).toEqual([2, 3]);
    expect(nearestFraction(0.001)).toEqual([1, 100]);
  });

  it('sample rows so that a smaller share is part of a larger one', async () => {
    const small = await ids(sampleOf(table, 0.2, params));
    const large = new Set(await ids(sampleOf(table, 0.6, params)));
    expect(small.every((id) => large.has(id))).toBe(true);
    expect(Math.abs(large.size / numRows - 0.6)).toBeLessThan(0.1);
    // the sample is another draw than the folds
    const splits = await foldSplits(table, { ...request, params: { ...params, idCol: 'id' } });
    const { test } = splits[0] as { test: PartitionedTable };
    const sampled = sampleOf(test, 0.5, { ...params, idCol: 'id' });
    const share = (await sampled.count()) / (await test.count());
    expect(Math.abs(share - 0.5)).toBeLessThan(0.15);
  });

  it('sample whole queries where rankings are measured, even by the id of rows', async () => {
    const evaluator = new RankingEvaluator({ labelCol: 'r', groupCol: 'group' });
    const groups = async (part: PartitionedTable) => (await contentOf(part))['group'] ?? [];
    const all = await groups(table);
    for (const idCol of [undefined, 'id']) {
      const sampled = await groups(sampleOf(table, 0.4, { ...params, evaluator, idCol }));
      const taken = new Set(sampled);
      expect(taken.size).toBeGreaterThan(0);
      expect(taken.size).toBeLessThan(new Set(all).size);
      expect(sampled).toEqual(all.filter((group) => taken.has(group)));
    }
  });
});

describe('halving', () => {
  it('goes on with the best of each round', async () => {
    const model = await new SuccessiveHalving({
      ...common,
      estimatorParamMaps: [0.001, 0.4, 0.002, 0.3].map((stepSize) => ({ stepSize })),
      factor: 2,
      resource: 'maxIter',
    }).fit(table);
    expect(model.rounds.map(({ resource }) => resource)).toEqual([2, 3, 6]);
    expect(model.rounds.map(({ candidates }) => candidates.length)).toEqual([4, 2, 1]);
    for (const [i, round] of model.rounds.slice(1).entries()) {
      const before = model.rounds[i]!;
      const { order } = rankCandidates(before.metrics, true);
      expect(round.candidates).toEqual(
        order.slice(0, round.candidates.length).map((place) => before.candidates[place]),
      );
    }
    expect((model.bestModel as TreeModel).trees.numTrees).toBe(6);
    const full = await new CrossValidator({
      ...common,
      estimatorParamMaps: [model.bestParams],
    }).fit(table);
    expect(model.rounds.at(-1)?.metrics).toEqual(full.foldMetrics);
  });

  it('refuses a resource that is none', async () => {
    const make = (extra: object) => () => new SuccessiveHalving({ ...common, ...extra });
    for (const extra of [
      { resource: 'lossType' },
      { resource: 'maxItr' },
      { resource: 'maxLeaves' },
      { maxResource: 2 },
      { minResource: 0.5, maxResource: 0.2 },
    ]) {
      expect((await errorOf(make(extra))).code).toMatch(/^PARAM_/);
    }
  });
});

describe('a file of results', () => {
  const options = { ...common, estimatorParamMaps: grid.slice(0, 2) };
  const fresh = (() => {
    let count = 0;
    return () => `${root}/results-${count++}.jsonl`;
  })();
  const linesOf = (path: string) => readFileSync(path, 'utf8').trim().split('\n');
  /** Counts fits by what is reported of trials that are not taken from the file. */
  async function searched(path: string, extra: object = {}, on = table) {
    const before = new Set(linesOf2(path));
    const model = await new CrossValidator({ ...options, resultsFile: path, ...extra }).fit(on);
    return { model, numNew: linesOf(path).filter((line) => !before.has(line)).length };
  }
  const linesOf2 = (path: string) => {
    try {
      return linesOf(path);
    } catch {
      return [];
    }
  };

  it('lets a search go on where it was cut, with the same model', async () => {
    const path = fresh();
    const expected = await new CrossValidator(options).fit(table);
    const abort = new AbortController();
    let trials = 0;
    const onProgress = () => {
      trials += 1;
      if (trials === 3) abort.abort();
    };
    const cut = new CrossValidator({ ...options, resultsFile: path, parallelism: 1 });
    expect((await errorOf(() => cut.fit(table, { signal: abort.signal, onProgress }))).code).toBe(
      'ABORTED',
    );
    expect(linesOf(path).length).toBe(4);
    const { model, numNew } = await searched(path, {}, layouts[0]);
    expect(numNew).toBe(3);
    expect(await savedOf(model as never, 'resumed')).toEqual(
      await savedOf(expected as never, 'whole'),
    );
    // more candidates: only the new ones are tried
    expect((await searched(path, { estimatorParamMaps: grid.slice(0, 3) })).numNew).toBe(3);
    expect((await searched(path)).numNew).toBe(0);
  });

  it('drops a last line that was cut, and keeps the others', async () => {
    const path = fresh();
    await searched(path);
    const whole = readFileSync(path);
    truncateSync(path, whole.length - 9);
    expect((await searched(path)).numNew).toBe(1);
    expect(linesOf(path).toSorted()).toEqual(whole.toString().trim().split('\n').toSorted());
    // cut inside the first line: as if it were not there
    writeFileSync(path, whole.subarray(0, 20));
    expect((await searched(path)).numNew).toBe(7);
  });

  it('of other data, folds, estimator or evaluator is refused and left alone', async () => {
    const path = fresh();
    await searched(path);
    const before = readFileSync(path, 'utf8');
    const x0 = data.find(({ name }) => name === 'x0')!;
    const cells = x0.cells.with(17, 123);
    const other = cutTable(inline, withSampleColumn(data, { ...x0, cells }));
    const swapped = cutTable(
      inline,
      pickRows(data, [1, 0, ...Array.from({ length: numRows - 2 }, (_, i) => i + 2)]),
    );
    for (const [extra, on, part] of [
      [{}, other, 'another data'],
      [{}, swapped, 'another data'],
      [{ seed: 5 }, table, 'another folds or seed'],
      [{ estimator: boosted.copy({ lambda: 3 }) }, table, 'another estimator'],
      [{ evaluator: auc.copy({ metricName: 'logLoss' }) }, table, 'another evaluator'],
    ] as const) {
      const error = await errorOf(() => searched(path, extra, on));
      expect(error.code).toBe('PARAM_INVALID');
      expect(error.message).toContain(part);
      expect(readFileSync(path, 'utf8')).toBe(before);
    }
    // a name of the user's is no other estimator
    expect((await searched(path, { estimator: boosted.copy({ uid: 'mine' }) })).numNew).toBe(0);
  });

  it('that holds something else is refused and left alone', async () => {
    const path = fresh();
    writeFileSync(path, 'id,label\n1,2\n');
    expect((await errorOf(() => searched(path))).code).toBe('FILE_FORMAT');
    expect(readFileSync(path, 'utf8')).toBe('id,label\n1,2\n');
    const damaged = fresh();
    await searched(damaged);
    appendFileSync(damaged, '{"params":3}\n');
    expect((await errorOf(() => searched(damaged))).code).toBe('FILE_FORMAT');
    const nowhere = `${root}/no/such/folder/file.jsonl`;
    expect((await errorOf(() => searched(nowhere))).code).toBe('FILE_WRITE');
  });

  it('serves halving too', async () => {
    const path = fresh();
    const halving = new SuccessiveHalving({ ...common, factor: 2, resultsFile: path });
    const first = await halving.fit(table);
    const lines = linesOf(path).length;
    const second = await halving.fit(layouts[1] as PartitionedTable);
    expect(second.rounds).toEqual(first.rounds);
    expect(linesOf(path).length).toBe(lines);
  });
});
