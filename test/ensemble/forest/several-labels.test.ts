/** Forests that learn several labels: what one split for all of them must and must not do. */
import { describe, expect, it } from 'vitest';
import { DecisionTreeRegressor } from '../../../src/ensemble/forest/decision-tree-regressor.ts';
import { ExtraTreesRegressor } from '../../../src/ensemble/forest/extra-trees-regressor.ts';
import { RandomForestRegressor } from '../../../src/ensemble/forest/random-forest-regressor.ts';
import { mergeModels } from '../../../src/ensemble/model/merge-models.ts';
import type { RandomForestRegressorOptions } from '../../../src/ensemble/params/forest-params.ts';
import { RegressionEvaluator } from '../../../src/evaluation/evaluators/regression-evaluator.ts';
import '../../../src/evaluation/worker-tasks.ts';
import { loadStage } from '../../../src/pipeline/load-stage.ts';
import type { PartitionedTable } from '../../../src/table/partitioned-table.ts';
import { savedBytes, treeBytes } from '../../tools/fitted-bytes.ts';
import { inlineTable, valuesOf } from '../../tools/inline-table.ts';
import { randomNumbers } from '../../tools/random-data.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const random = randomNumbers(17);
const rows = Array.from({ length: 500 }, () => ({
  x: random(),
  z: random(),
  town: `t${Math.floor(random() * 5)}`,
  noise: random(),
}));
const heat = rows.map(({ x, z, noise }) => 4 * x + z + 0.3 * noise);
const table = inlineTable({
  x: rows.map(({ x }, i) => (i % 11 === 0 ? null : x)),
  z: rows.map(({ z }) => z),
  town: rows.map(({ town }) => town),
  heat,
  copy: heat,
  light: rows.map(({ z, town }) => 3 * z + (town === 't1' ? 4 : 0)),
  tiny: rows.map(({ z }) => 1e-7 * z),
});
const labelCols = ['heat', 'light'];
const featuresCols = ['x', 'z', 'town'];
const forest = (more: RandomForestRegressorOptions = {}) =>
  new RandomForestRegressor({ featuresCols, labelCols, numTrees: 8, maxDepth: 6, ...more });

async function vectors(scored: PartitionedTable, name = 'prediction'): Promise<number[][]> {
  return ((await valuesOf(scored, name)) as Iterable<number>[]).map((row) => [...row]);
}

describe('labelCols of forests', () => {
  it('predict a vector that names its labels, in transform, row by row and out of the bag', async () => {
    const model = await forest({ oobScore: true, leafCol: 'leaf' }).fit(table);
    const scored = await model.transform(table);
    expect(scored.schema.fields.map(({ name }) => name).slice(-2)).toEqual(['prediction', 'leaf']);
    expect(forest({ leafCol: 'leaf' }).transformSchema(table.schema)).toEqual(scored.schema);
    expect(scored.schema.fields.at(-2)?.metadata.get('labels')).toBe('["heat","light"]');
    const found = await vectors(scored);
    const score = await model.scorer<Float64Array>();
    // the first rows walk the trees as they lie, later ones their layout
    rows.slice(0, 60).forEach(({ x, z, town }, i) => {
      const given = i % 11 === 0 ? { z, town } : { x, z, town };
      expect([...score(given).prediction]).toEqual(found[i]);
    });
    const { outOfBag } = model.summary;
    const told = outOfBag?.predictions as PartitionedTable;
    expect(told.columns).toEqual(['rowId', 'heat', 'light', 'numTrees', 'prediction']);
    const unseen = await vectors(told);
    const means = await Promise.all(
      labelCols.map(async (name, k) => {
        const label = (await valuesOf(told, name)) as number[];
        const mean = label.reduce((sum, y) => sum + y) / label.length;
        const squares = (of: (i: number) => number) =>
          label.reduce((sum, y, i) => sum + (y - of(i)) ** 2, 0);
        return 1 - squares((i) => unseen[i]?.[k] as number) / squares(() => mean);
      }),
    );
    expect(outOfBag?.score).toBeCloseTo(((means[0] as number) + (means[1] as number)) / 2, 12);
    expect(outOfBag?.score).toBeGreaterThan(0.8);
  });

  it('give one label the trees that it has alone, also where it is there twice', async () => {
    const alone = await forest({ labelCol: 'heat', labelCols: undefined }).fit(table);
    const single = await forest({ labelCols: ['heat'] }).fit(table);
    expect(treeBytes(single)).toEqual(treeBytes(alone));
    const twice = await forest({ labelCols: ['heat', 'copy'] }).fit(table);
    expect(twice.trees.feature).toEqual(alone.trees.feature);
    expect(twice.trees.threshold).toEqual(alone.trees.threshold);
    const values = [...alone.trees.value];
    expect([...twice.trees.value]).toEqual(values.flatMap((value) => [value, value]));
    alone.trees.gain.forEach((gain, i) => {
      expect(twice.trees.gain[i]).toBeCloseTo(2 * gain, 8);
    });
  });

  it('weigh labels as they are: what hardly varies has no say', async () => {
    const options = { featuresCols, maxDepth: 5, minInstancesPerNode: 5 };
    const alone = await new DecisionTreeRegressor({ ...options, labelCol: 'heat' }).fit(table);
    const both = new DecisionTreeRegressor({ ...options, labelCols: ['heat', 'tiny'] });
    const model = await both.fit(table);
    expect(model.trees.feature).toEqual(alone.trees.feature);
    expect(model.trees.threshold).toEqual(alone.trees.threshold);
    // and yet its leaves are means of its own, to the last digits
    const found = await vectors(await model.transform(table));
    const tiny = await valuesOf(table, 'tiny');
    const means = new Map<number, { sum: number; count: number }>();
    found.forEach(([leaf = 0], i) => {
      const { sum, count } = means.get(leaf) ?? { sum: 0, count: 0 };
      means.set(leaf, { sum: sum + (tiny[i] as number), count: count + 1 });
    });
    found.forEach(([leaf = 0, value = 0]) => {
      const { sum, count } = means.get(leaf) as { sum: number; count: number };
      expect(Math.abs(value / (sum / count) - 1)).toBeLessThan(1e-12);
    });
  });

  it('serve all labels by the same splits', async () => {
    const shared = await forest({ numTrees: 30 }).fit(table);
    const scored = await shared.transform(table);
    for (const labelCol of labelCols) {
      const evaluator = new RegressionEvaluator({ labelCol, metricName: 'r2' });
      expect(await evaluator.evaluate(scored)).toBeGreaterThan(0.93);
    }
    // x matters to the one, the town to the other
    expect([...shared.featureImportances].every((share) => share > 0.05)).toBe(true);
  });

  it.each([RandomForestRegressor, ExtraTreesRegressor, DecisionTreeRegressor])(
    'are saved and loaded, and explained label by label: %o',
    async (Estimator) => {
      const model = await new Estimator({ featuresCols, labelCols, maxDepth: 4 }).fit(table);
      const folder = `${temporaryFolder('labels')}/model`;
      await model.save(folder);
      const loaded = (await loadStage(folder)) as typeof model;
      expect(await savedBytes(loaded)).toEqual(await savedBytes(model));
      const found = await vectors(await loaded.transform(table));
      const contributions = await vectors(await loaded.contributions(table), 'contributions');
      contributions.slice(0, 20).forEach((values, i) => {
        [0, 1].forEach((k) => {
          const sum = values.slice(4 * k, 4 * k + 4).reduce((all, value) => all + value);
          expect(sum).toBeCloseTo(found[i]?.[k] as number, 9);
        });
      });
    },
  );

  it('go together with pruning, checkpoints, further trees and merging', async () => {
    const whole = await forest({ numTrees: 4 }).fit(table);
    const pruned = await forest({ numTrees: 4, ccpAlpha: 0.05 }).fit(table);
    expect(pruned.trees.feature.length).toBeLessThan(whole.trees.feature.length);
    const checkpointDir = temporaryFolder('forest-labels');
    const kept = await forest({ numTrees: 4, checkpointDir, checkpointInterval: 1 }).fit(table);
    expect(treeBytes(kept)).toEqual(treeBytes(whole));
    const start = await forest({ numTrees: 2 }).fit(table);
    const longer = await forest({ numTrees: 2 }).fit(table, { initialModel: start });
    expect(treeBytes(longer)).toEqual(treeBytes(whole));
    expect(mergeModels([start, whole]).numTrees).toBe(6);
    const other = await forest({ numTrees: 1, labelCols: ['light', 'heat'] }).fit(table);
    expect(() => mergeModels([start, other])).toThrow(/labelCols/);
  });

  it('refuse what does not go with them', async () => {
    const bad = (more: RandomForestRegressorOptions) => () => forest(more);
    expect(bad({ labelCol: 'heat' })).toThrow(/labelCol .* left out with labelCols/);
    expect(bad({ varianceCol: 'v' })).toThrow(/varianceCol .* left out with labelCols/);
    expect(bad({ quantilesCol: 'q' })).toThrow(/quantilesCol .* left out with labelCols/);
    expect(bad({ weightCol: 'light' })).toThrow(/weightCol .* differ from labelCols/);
    await expect(forest({ featuresCols: ['x', 'light'] }).fit(table)).rejects.toThrow(
      /must not hold labels; got light/,
    );
    await expect(forest({ labelCols: ['heat', 'cold'] }).fit(table)).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
    });
    await expect(forest({ labelCols: ['heat', 'town'] }).fit(table)).rejects.toMatchObject({
      code: 'COLUMN_TYPE',
      message: expect.stringContaining('labelCols'),
    });
    const holes = inlineTable({ a: [1, 2, 3], heat: [1, 2, 3], light: [1, Number.NaN, 3] });
    await expect(forest({ featuresCols: ['a'] }).fit(holes)).rejects.toMatchObject({
      code: 'LABEL_INVALID',
      message: expect.stringContaining('light (the label'),
    });
    const model = await forest({ numTrees: 1 }).fit(table);
    await expect(model.predictQuantiles(table)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});
