/** Several labels of one regressor: the trees of separate fits, side by side. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { RandomForestRegressor } from '../../../src/ensemble/forest/random-forest-regressor.ts';
import { mergeModels } from '../../../src/ensemble/model/merge-models.ts';
import type { GBTRegressorOptions } from '../../../src/ensemble/params/gbt-params.ts';
import { RegressionEvaluator } from '../../../src/evaluation/evaluators/regression-evaluator.ts';
import '../../../src/evaluation/worker-tasks.ts';
import { loadStage } from '../../../src/pipeline/load-stage.ts';
import { col } from '../../../src/table/expressions/expression.ts';
import { savedBytes, treeBytes } from '../../tools/fitted-bytes.ts';
import { inlineTable } from '../../tools/inline-table.ts';
import { randomNumbers } from '../../tools/random-data.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { runModule } from '../module/run-module.ts';

const random = randomNumbers(9);
const rows = Array.from({ length: 400 }, () => [random(), random(), random()] as const);
const price = rows.map(([x, z, noise]) => 1e6 * (x + 0.2 * z) + 1e5 * noise);
const rate = rows.map(([x, z]) => 0.01 + 0.02 * z * x);
const table = inlineTable({
  x: rows.map(([x]) => x),
  z: rows.map(([, z]) => z),
  price,
  rate,
  held: rows.map((_, i) => i % 4 === 0),
});
const labels = ['price', 'rate'];
const features = { featuresCols: ['x', 'z'], minInstancesPerNode: 5 };
const regressor = (more: GBTRegressorOptions = {}) =>
  new GBTRegressor({ ...features, labelCols: labels, maxIter: 6, maxLeaves: 7, ...more });

/** Predictions of each label by fits of it alone. */
async function apart(more: GBTRegressorOptions): Promise<number[][]> {
  const columns: number[][] = [];
  for (const labelCol of labels) {
    const options = { ...features, maxIter: 6, maxLeaves: 7, ...more, labelCol };
    const model = await new GBTRegressor(options).fit(table);
    const scored = (await (await model.transform(table)).collect()).toArray();
    columns.push(scored.map(({ prediction }) => Number(prediction)));
  }
  return rows.map((_, i) => columns.map((column) => column[i] as number));
}

describe('labelCols', () => {
  it('of one label predict vectors of one number, in tables, scorers and modules alike', async () => {
    const forest = new RandomForestRegressor({ ...features, labelCols: ['rate'], numTrees: 3 });
    for (const estimator of [regressor({ labelCols: ['rate'] }), forest]) {
      const model = await estimator.fit(table);
      const [first] = (await (await model.transform(table)).collect()).toArray();
      const row = { x: rows[0]?.[0] ?? 0, z: rows[0]?.[1] ?? 0 };
      const { prediction } = (await model.scorer())(row);
      expect(prediction).toEqual(Float64Array.from(first?.['prediction']));
      expect(runModule(model.toModule()).predict(row).prediction).toEqual(prediction);
      expect(model.toModuleDeclarations()).toContain('readonly prediction: Float64Array;');
    }
  });

  it.each<GBTRegressorOptions>([
    { subsamplingRate: 0.7, colsampleByTree: 0.5, seed: 3 },
    { lossType: 'gamma', linearLeaves: true },
    // each label stops where it is best
    { validationIndicatorCol: 'held', maxIter: 60, earlyStoppingRounds: 2, stepSize: 0.5 },
    { maxIter: undefined },
  ])('predict what fits of each label alone predict, bit for bit, with %o', async (more) => {
    const model = await regressor(more).fit(table);
    const scored = await model.transform(table);
    const found = (await scored.collect()).toArray().map(({ prediction }) => [...prediction]);
    expect(found).toEqual(await apart(more));
    const field = scored.schema.fields.at(-1);
    expect([field?.name, field?.metadata.get('labels')]).toEqual([
      'prediction',
      '["price","rate"]',
    ]);
    const score = await model.scorer();
    expect([
      ...(score({ x: rows[3]?.[0] ?? 0, z: rows[3]?.[1] ?? 0 }).prediction as never),
    ]).toEqual(found[3]);
    // tree by tree in turn
    expect(model.numTrees % 2).toBe(0);
    const [rounds = 0] = model.summary.memberRounds;
    expect(model.summary.memberRounds.reduce((sum, each) => sum + each) * 2).toBe(model.numTrees);
    expect(model.truncate(1).numTrees).toBeLessThanOrEqual(model.numTrees);
    expect(rounds).toBeGreaterThan(0);
  });

  it('are saved and loaded, explained and measured, all together or each', async () => {
    const model = await regressor().fit(table);
    const folder = `${temporaryFolder('outputs')}/model`;
    await model.save(folder);
    const loaded = await loadStage(folder);
    const scored = await (loaded as typeof model).transform(table);
    expect(await savedBytes(loaded as typeof model)).toEqual(await savedBytes(model));
    const single = new GBTRegressor({ ...features, labelCol: 'rate', maxIter: 6, maxLeaves: 7 });
    const alone = await (await single.fit(table)).transform(table);
    const rmse = async (labelCol: string) =>
      await new RegressionEvaluator({ labelCol }).evaluate(scored);
    const [ofPrice, ofRate] = [await rmse('price'), await rmse('rate')];
    expect(ofRate).toBe(await new RegressionEvaluator({ labelCol: 'rate' }).evaluate(alone));
    expect(ofPrice).toBeGreaterThan(1000 * ofRate);
    const both = new RegressionEvaluator({ labelCols: ['rate', 'price'] });
    expect(await both.evaluate(scored)).toBe((ofPrice + ofRate) / 2);
    await expect(new RegressionEvaluator({ labelCol: 'x' }).evaluate(scored)).rejects.toMatchObject(
      {
        code: 'COLUMN_TYPE',
        message: expect.stringContaining('an element for x; got prediction with price, rate'),
      },
    );
    const [row] = (await (await model.contributions(scored)).collect()).toArray();
    const values = [...row.contributions] as number[];
    // three values a label: x, z and what is expected
    [0, 1].forEach((k) => {
      const sum = values.slice(3 * k, 3 * k + 3).reduce((all, value) => all + value);
      expect(sum / Number([...row.prediction][k])).toBeCloseTo(1, 9);
    });
  });

  it('go on from models that are averaged, and learn leaves anew behind them', async () => {
    const averaged = { maxIter: undefined, maxLeaves: 4, stepSize: 0.5 };
    const more = { maxIter: 3, maxLeaves: 4, stepSize: 0.2 };
    const first = await regressor(averaged).fit(table);
    const both = await regressor(more).fit(table, { initialModel: first });
    const last = await regressor({ ...more, maxIter: 2 }).fit(table, { initialModel: both });
    expect(last.numTrees).toBe(first.numTrees + 2 * (3 + 2));
    const again = await last.refitLeaves(table, { decayRate: 0.25 });
    const columns = [[], []] as number[][][];
    for (const labelCol of labels) {
      const options = { ...features, labelCol };
      const own = await new GBTRegressor({ ...options, ...averaged }).fit(table);
      const longer = await new GBTRegressor({ ...options, ...more }).fit(table, {
        initialModel: own,
      });
      const longest = await new GBTRegressor({ ...options, ...more, maxIter: 2 }).fit(table, {
        initialModel: longer,
      });
      const refitted = await longest.refitLeaves(table, { decayRate: 0.25 });
      for (const [i, model] of [longest, refitted].entries()) {
        const scored = (await (await model.transform(table)).collect()).toArray();
        columns[i]?.push(scored.map(({ prediction }) => Number(prediction)));
      }
    }
    for (const [i, model] of [last, again].entries()) {
      const scored = (await (await model.transform(table)).collect()).toArray();
      const found = scored.map(({ prediction }) => [...prediction]);
      expect(found).toEqual(rows.map((_, row) => columns[i]?.map((column) => column[row])));
    }
    const folder = `${temporaryFolder('outputs')}/averaged`;
    await last.save(folder);
    const loaded = (await loadStage(folder)) as typeof last;
    expect(await savedBytes(loaded)).toEqual(await savedBytes(last));
    expect(loaded.data.fits).toEqual(last.data.fits);
    expect(last.truncate(1).data.fits).toHaveLength(2);
  });

  it('go on from models that were merged', async () => {
    const first = await regressor({ maxIter: 2 }).fit(table);
    const merged = mergeModels([first, await regressor({ seed: 4, maxIter: 3 }).fit(table)]);
    const both = await regressor({ maxIter: 1 }).fit(table, { initialModel: merged });
    expect(both.numTrees).toBe(2 * (2 + 3 + 1));
    // which of their trees learned together is not kept
    await expect(merged.refitLeaves(table)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('go on from a model, to that of one longer fit, though labels stopped at rounds of their own', async () => {
    const drawn = { subsamplingRate: 0.7, colsampleByTree: 0.5, trainingHistory: true };
    const whole = await regressor({ ...drawn, maxIter: 6 }).fit(table);
    const first = await regressor({ ...drawn, maxIter: 2 }).fit(table);
    const both = await regressor({ ...drawn, maxIter: 4 }).fit(table, { initialModel: first });
    expect(treeBytes(both)).toEqual(treeBytes(whole));
    expect(both.summary).toEqual(whole.summary);
    // labels that stopped apart
    const early = { validationIndicatorCol: 'held', earlyStoppingRounds: 1, stepSize: 0.7 };
    const stopped = await regressor({ ...early, maxIter: 60 }).fit(table);
    const more = await regressor({ maxIter: 2 }).fit(table, { initialModel: stopped });
    const rounds: number[] = [];
    const columns: number[][] = [];
    for (const labelCol of labels) {
      const options = { ...features, maxLeaves: 7, labelCol };
      const alone = await new GBTRegressor({ ...options, ...early, maxIter: 60 }).fit(table);
      const longer = new GBTRegressor({ ...options, maxIter: 2 });
      const model = await longer.fit(table, { initialModel: alone });
      rounds.push(model.numTrees);
      const scored = (await (await model.transform(table)).collect()).toArray();
      columns.push(scored.map(({ prediction }) => Number(prediction)));
    }
    expect(new Set(rounds).size).toBe(2);
    expect(more.numTrees).toBe(2 * Math.max(...rounds));
    const found = (await (await more.transform(table)).collect()).toArray();
    expect(found.map(({ prediction }) => [...prediction])).toEqual(
      rows.map((_, i) => columns.map((column) => column[i])),
    );
    const [row] = (await (await more.contributions(table)).collect()).toArray();
    expect([...row.contributions].every(Number.isFinite)).toBe(true);
  });

  it('keep trees that no row was drawn for, in a longer fit and with new leaf values', async () => {
    const few = inlineTable(
      Object.fromEntries(
        ['x', 'z', 'price', 'rate'].map((name) => [
          name,
          rows.slice(0, 12).map(([x, z], i) => ({ x, z, price: price[i], rate: rate[i] })[name]),
        ]),
      ) as Record<string, number[]>,
    );
    const drawn = { subsamplingRate: 0.04, minInstancesPerNode: 1, seed: 5 };
    const whole = await regressor({ ...drawn, maxIter: 9 }).fit(few);
    const rowsOfTrees = Array.from({ length: whole.numTrees }, (_, t) => whole.tree(t).root.rows);
    expect(rowsOfTrees.slice(0, 12)).toContain(0);
    const first = await regressor({ ...drawn, maxIter: 6 }).fit(few);
    const both = await regressor({ ...drawn, maxIter: 3 }).fit(few, { initialModel: first });
    expect(treeBytes(both)).toEqual(treeBytes(whole));
    const refitted = await whole.refitLeaves(few);
    expect([refitted.numTrees, refitted.summary.memberRounds]).toEqual([18, [9]]);
  });

  it('are cut to rounds that each label had, and go on from there', async () => {
    const early = { validationIndicatorCol: 'held', earlyStoppingRounds: 1, stepSize: 0.7 };
    const stopped = await regressor({ ...early, maxIter: 60 }).fit(table);
    const { labelRounds = [] } = stopped.data;
    const [[price = 0] = [], [rate = 0] = []] = labelRounds;
    expect(price).not.toBe(rate);
    const common = Math.min(price, rate);
    expect(stopped.truncate(common).data.labelRounds).toBeUndefined();
    const cut = stopped.truncate(common + 1);
    expect(cut.data.labelRounds?.map(([rounds]) => rounds)).toEqual(
      [price, rate].map((rounds) => Math.min(rounds, common + 1)),
    );
    const on = await regressor({ stepSize: 0.7, maxIter: 2 }).fit(table, { initialModel: cut });
    for (const [k, labelCol] of labels.entries()) {
      const options = { ...features, maxLeaves: 7, stepSize: 0.7, labelCol };
      const alone = await new GBTRegressor({ ...options, ...early, maxIter: 60 }).fit(table);
      const kept = Math.min(common + 1, alone.numTrees);
      const longer = await new GBTRegressor({ ...options, maxIter: 2 }).fit(table, {
        initialModel: alone.truncate(kept),
      });
      expect(treeBytes(on.ofLabel(k))).toEqual(treeBytes(longer));
    }
  });

  it('get new leaf values from other rows, label by label, after a save too', async () => {
    const early = { validationIndicatorCol: 'held', earlyStoppingRounds: 1, stepSize: 0.7 };
    const other = table.filter(col('held'));
    const model = await regressor({ ...early, maxIter: 60 }).fit(table);
    const folder = `${temporaryFolder('outputs')}/model`;
    await model.save(folder);
    const loaded = (await loadStage(folder)) as typeof model;
    const later = await loaded.refitLeaves(other, { decayRate: 0.3 });
    expect(treeBytes(later)).toEqual(treeBytes(await model.refitLeaves(other, { decayRate: 0.3 })));
    const found = (await (await later.transform(table)).collect()).toArray();
    for (const [k, labelCol] of labels.entries()) {
      const options = { ...features, ...early, maxIter: 60, maxLeaves: 7, labelCol };
      const alone = await new GBTRegressor(options).fit(table);
      const refitted = await alone.refitLeaves(other, { decayRate: 0.3 });
      const scored = (await (await refitted.transform(table)).collect()).toArray();
      expect(found.map(({ prediction }) => prediction.get(k))).toEqual(
        scored.map(({ prediction }) => prediction),
      );
    }
  });

  it('are kept in checkpoints, a folder a label, and go on from them', async () => {
    const checkpointDir = temporaryFolder('label-checkpoints');
    const options = { maxIter: 6, checkpointDir, checkpointInterval: 2 };
    const undisturbed = await regressor({ maxIter: 6 }).fit(table);
    const controller = new AbortController();
    let numDone = 0;
    const broken = regressor(options).fit(table, {
      signal: controller.signal,
      onProgress: ({ phase, done, total }) => {
        if (phase !== 'train') return;
        if (done === total) numDone += 1;
        else if (numDone > 0 && done >= 4) controller.abort();
      },
    });
    await expect(broken).rejects.toMatchObject({ code: 'ABORTED' });
    const resumed = await regressor(options).fit(table);
    expect(treeBytes(resumed)).toEqual(treeBytes(undisturbed));
    expect(readdirSync(checkpointDir).sort()).toEqual(['label-0', 'label-1']);
  });

  it('refuse what does not go with them', async () => {
    const bad = (more: GBTRegressorOptions) => () => regressor(more);
    expect(bad({ labelCol: 'price' })).toThrow(/labelCol .* left out with labelCols/);
    expect(bad({ lossType: 'quantile', quantileAlphas: [0.5] })).toThrow(/quantileAlphas .* left/);
    expect(bad({ weightCol: 'rate' })).toThrow(/weightCol .* differ from labelCols/);
    const model = await regressor({ maxIter: 1 }).fit(table);
    const turned = regressor({ labelCols: ['rate', 'price'] });
    await expect(turned.fit(table, { initialModel: model })).rejects.toThrow(
      /labelCols of GBTRegressor must be that of its initial model, price, rate; got rate, price/,
    );
    const single = await regressor({ labelCols: undefined, labelCol: 'price' }).fit(table);
    await expect(regressor().fit(table, { initialModel: single })).rejects.toThrow(/none; got/);
    const held = regressor({ featuresCols: ['x', 'rate'] }).fit(table);
    await expect(held).rejects.toThrow(/must not hold .*rate/);
  });
});
