import { describe, expect, it } from 'vitest';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { StandardScaler } from '../../../src/feature/numbers/standard-scaler.ts';
import { VectorAssembler } from '../../../src/feature/vectors/vector-assembler.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import { createTable } from '../../../src/session/default-session.ts';
import { treesBefore } from '../../../src/training/boosting/members.ts';
import { SurvivalCurves } from '../../../src/tuning/survival/survival-curves.ts';
import type { SurvivalCurvesModel } from '../../../src/tuning/survival/survival-curves-model.ts';
import { treeBytes } from '../../tools/fitted-bytes.ts';
import { randomData, range } from '../../tools/random-data.ts';
import { columnNamed, pickRows, type SampleData } from '../../tools/sample-data.ts';
import { fitSample, predictedNumbers, scoreSample } from '../../training/fit-sample.ts';

const recipe = {
  seed: 77,
  numRows: 1200,
  kinds: ['float32', 'words', 'float64', 'integers'],
  missing: 0.1,
} as const;
const data = randomData(recipe);
const featuresCols = ['x0', 'x1', 'x2', 'x3'];
const early = pickRows(data, range(500));
const late = pickRows(data, range(1200).slice(500));
const options = { featuresCols, labelCol: 'y', maxIter: 8, maxLeaves: 8, minInstancesPerNode: 5 };

const gbt = (extra: Record<string, unknown>, rows: SampleData, initialModel?: TreeModel) =>
  fitSample({ name: 'GBTRegressor', options: { ...options, ...extra } }, rows, { initialModel });

async function meanSquare(model: TreeModel, rows: SampleData): Promise<number> {
  const labels = columnNamed(rows, 'y').cells.map(Number);
  const found = await predictedNumbers(model, rows);
  return found.reduce((sum, p, i) => sum + (p - (labels[i] as number)) ** 2, 0) / labels.length;
}

describe('going on from a model on other rows', () => {
  it('keeps the trees that are there and lowers the loss on the new rows', async () => {
    const before = await gbt({}, early);
    const after = await gbt({ maxIter: 20 }, late, before);
    expect(after.numTrees).toBe(28);
    expect(treeBytes(after.truncate(8))['threshold']).toBe(treeBytes(before)['threshold']);
    expect(await predictedNumbers(after.truncate(8), late)).toEqual(
      await predictedNumbers(before, late),
    );
    expect(await meanSquare(after, late)).toBeLessThan(0.8 * (await meanSquare(before, late)));
  });

  it('goes on twice as it goes on once', async () => {
    const before = await gbt({}, early);
    const once = await gbt({ maxIter: 7 }, late, before);
    const twice = await gbt({ maxIter: 4 }, late, await gbt({ maxIter: 3 }, late, before));
    expect(treeBytes(twice)).toEqual(treeBytes(once));
    expect(twice.summary).toEqual(once.summary);
  });

  it('knows the categories of both, and new ones do not move the old trees', async () => {
    const words = (from: number): SampleData =>
      data.map((column) =>
        column.name === 'x1'
          ? { ...column, cells: column.cells.map((_, i) => `w${from + (i % 40)}`) }
          : column,
      );
    const [first, second] = [words(20), words(0)];
    const catOptions = { featuresCols: ['x1'], minCategoryRows: 1, maxOneHot: 0 };
    const before = await gbt(catOptions, first);
    const after = await gbt(catOptions, second, before);
    expect(after.data.features[0]?.categories.length).toBe(60);
    for (const rows of [first, second]) {
      expect(await predictedNumbers(after.truncate(8), rows)).toEqual(
        await predictedNumbers(before, rows),
      );
    }
    expect(await meanSquare(after, second)).toBeLessThan(await meanSquare(before, second));
  });

  it('takes rows that lack a class, and refuses a class that the model does not have', async () => {
    const classes = columnNamed(data, 'k').cells;
    const rowsOf = (keep: (cell: unknown) => boolean) =>
      pickRows(
        data,
        range(recipe.numRows).filter((i) => keep(classes[i])),
      );
    const kOptions = { ...options, labelCol: 'k', maxIter: 3 };
    const found = { name: 'GBTClassifier', options: kOptions } as const;
    const some = rowsOf((cell) => cell !== classes[0]);
    const all = await fitSample(found, data);
    const narrower = await fitSample(found, some, { initialModel: all });
    expect([narrower.classes, narrower.numTrees]).toEqual([all.classes, 6 * all.classes.length]);
    const few = await fitSample(found, some);
    await expect(fitSample(found, data, { initialModel: few })).rejects.toMatchObject({
      code: 'LABEL_INVALID',
      message: expect.stringContaining('a class of the initial model'),
    });
  });
});

describe('going on without maxIter', () => {
  const open = { maxIter: undefined };

  it('is refused: the model may have seen every row that could be held out', async () => {
    const before = await gbt({}, early);
    await expect(gbt(open, late, before)).rejects.toMatchObject({
      code: 'PARAM_INVALID',
      message: expect.stringMatching(/^maxIter of GBTRegressor must be given .*validation rows/),
      context: { owner: 'GBTRegressor', param: 'maxIter' },
    });
  });

  it('trains until validation rows stop it', async () => {
    const before = await gbt({}, early);
    const found = { name: 'GBTRegressor', options: { ...options, ...open, stepSize: 0.02 } };
    const after = await fitSample(found as Parameters<typeof fitSample>[0], early, {
      validation: late,
      initialModel: before,
    });
    expect(after.numTrees).toBeGreaterThan(8 + 100);
    expect(after.numTrees).toBeLessThan(8 + 1000);
  });

  it('has the usual rounds where no fit stops by itself', async () => {
    const own = { ...open, metricFunction: () => 0 };
    const before = await gbt({}, early);
    expect((await gbt(own, late, before)).numTrees).toBe(108);
  });
});

describe('going on and early stopping', () => {
  const held = { validation: late };
  const fit = (extra: Record<string, unknown>, initialModel?: TreeModel) =>
    fitSample({ name: 'GBTRegressor', options: { ...options, ...extra } }, early, {
      ...held,
      initialModel,
    });

  it('joins the histories of the same rows', async () => {
    const before = await fit({ maxIter: 6 });
    const after = await fit({ maxIter: 6 }, before);
    expect(after.summary).toEqual((await fit({ maxIter: 12 })).summary);
    expect(after.summary.memberRounds).toEqual([12]);
  });

  it('says in which round a history begins where there was none before', async () => {
    const before = await gbt({ maxIter: 6 }, early);
    const { history } = (await fit({ maxIter: 4 }, before)).summary;
    expect(history.map(({ firstRound, values }) => [firstRound, values.length])).toEqual([[7, 4]]);
  });

  it('keeps the model as it is where no further round is better', async () => {
    const overfitted = await gbt({ maxIter: 60, stepSize: 1, maxLeaves: 64 }, early);
    const after = await fit({ maxIter: 30, earlyStoppingRounds: 2, stepSize: 1 }, overfitted);
    expect(after.numTrees).toBeLessThan(90);
    const worse = await fit({ maxIter: 30, validationTol: 1e9 }, overfitted);
    expect(treeBytes(worse)).toEqual(treeBytes(overfitted));
  });
});

describe('models that are averaged', () => {
  it('are continued behind their rounds, and cut round by round', async () => {
    const average = { numModels: 4, holdOutFolds: 4, earlyStoppingRounds: 3, maxIter: 12 };
    const before = await gbt({ ...average, stepSize: 0.5 }, data);
    const { memberRounds } = before.summary;
    const most = Math.max(...memberRounds);
    const after = await gbt({ maxIter: 5 }, data, before);
    expect(after.numTrees).toBe(before.numTrees + 5);
    expect(treeBytes(after.truncate(most))).toEqual(treeBytes(before));
    expect(after.truncate(most + 2).numTrees).toBe(before.numTrees + 2);
    expect(after.truncate(2).numTrees).toBe(treesBefore(memberRounds, 2, 0));
    expect(after.truncate(2).summary.memberRounds).toEqual(memberRounds.map((r) => Math.min(r, 2)));
    await expect(gbt({ holdOutFolds: 3 }, data, before)).rejects.toMatchObject({
      code: 'PARAM_INVALID',
      message: expect.stringContaining('holdOutFolds'),
    });
  });
});

describe('truncate', () => {
  it('is the model of fewer rounds or trees', async () => {
    for (const [name, size] of [
      ['GBTRegressor', 'maxIter'],
      ['RandomForestRegressor', 'numTrees'],
    ] as const) {
      const fit = (count: number) =>
        fitSample({ name, options: { labelCol: 'y', featuresCols, [size]: count } }, early);
      const cut = (await fit(6)).truncate(4);
      const fewer = await fit(4);
      expect(treeBytes(cut)).toEqual(treeBytes(fewer));
      expect(await scoreSample(cut, early)).toEqual(await scoreSample(fewer, early));
    }
  });

  it.each([0, 9, 1.5, Number.NaN])('refuses %s of 8 rounds', async (count) => {
    const model = await gbt({}, early);
    expect(() => model.truncate(count)).toThrow(
      `count of truncate must be an integer from 1 to 8; got ${count}`,
    );
  });
});

describe('a pipeline that goes on', () => {
  it('keeps what it knows of the columns', async () => {
    const table = (from: number) =>
      createTable({
        x: Float64Array.from({ length: 300 }, (_, i) => from + ((i * 37) % 101)),
        y: Float64Array.from({ length: 300 }, (_, i) => ((i * 37) % 101) ** 2),
      });
    const pipeline = new Pipeline({
      stages: [
        new VectorAssembler({ inputCols: ['x'], outputCol: 'raw' }),
        new StandardScaler({ inputCol: 'raw', outputCol: 'features', withMean: true }),
        new GBTRegressor({ labelCol: 'y', maxIter: 3 }),
      ],
    });
    const first = await pipeline.fit(table(0));
    const second = await pipeline.fit(table(50), { initialModel: first });
    expect(second.stages[1]).toBe(first.stages[1]);
    expect((second.stages[2] as TreeModel).numTrees).toBe(6);
    await expect(pipeline.fit(table(0), { initialModel: first.stages[2] })).rejects.toMatchObject({
      code: 'MODEL_CLASS',
    });
  });
});

describe('what stands behind a model that goes on', () => {
  it('is fitted again, to what the longer model says', async () => {
    const x = range(200).map((i) => (i * 37) % 101);
    const table = createTable({ x, label: x.map((value, i) => 120 - value + (i % 7)) });
    const pipeline = new Pipeline({
      stages: [
        new GBTRegressor({ featuresCols: ['x'], lossType: 'cox', maxIter: 3 }),
        new SurvivalCurves({ survivalTimes: [30, 60] }),
      ],
    });
    const first = await pipeline.fit(table);
    const second = await pipeline.fit(table, { initialModel: first });
    expect((second.stages[0] as TreeModel).numTrees).toBe(6);
    const baselineOf = ({ stages }: typeof first) => (stages[1] as SurvivalCurvesModel).baseline;
    const scored = await (second.stages[0] as TreeModel).transform(table);
    const alone = await new SurvivalCurves({ survivalTimes: [30, 60] }).fit(scored);
    expect(baselineOf(second)).toEqual(alone.baseline);
    expect(baselineOf(second)).not.toEqual(baselineOf(first));
  });
});

describe('a model that does not suit', () => {
  it.each([
    [{ lossType: 'absolute' }, 'PARAM_INVALID', 'lossType'],
    [{ offsetCol: 'o' }, 'PARAM_INVALID', 'offsetCol'],
    [{ featuresCols: ['x0', 'x1', 'x3', 'x2'] }, 'SCHEMA_MISMATCH', 'features'],
    [{ featuresCols: ['x0'] }, 'SCHEMA_MISMATCH', 'features'],
    [{ zeroAsMissing: true }, 'SCHEMA_MISMATCH', '0 is missing'],
  ])('is refused: %j', async (extra, code, word) => {
    const model = await gbt({ maxIter: 1 }, early);
    await expect(gbt({ maxIter: 1, ...extra }, early, model)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(word),
    });
  });

  it('is refused where it is of another kind', async () => {
    const forest = await fitSample(
      { name: 'RandomForestRegressor', options: { labelCol: 'y', featuresCols, numTrees: 2 } },
      early,
    );
    await expect(gbt({}, early, forest)).rejects.toMatchObject({ code: 'MODEL_CLASS' });
    await expect(
      fitSample(
        { name: 'DecisionTreeRegressor', options: { labelCol: 'y', featuresCols } },
        early,
        {
          initialModel: forest,
        },
      ),
    ).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});
