/** Isolation forests: scores by their definition, the same anywhere, and what is planted is found. */
import { afterAll, describe, expect, it } from 'vitest';
import { InlineRunner, type TaskRunner } from '../../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { expectedDepth } from '../../../src/ensemble/isolation/expected-depth.ts';
import {
  IsolationForest,
  type IsolationForestModel,
} from '../../../src/ensemble/isolation/isolation-forest.ts';
import '../../../src/ensemble/worker-operators.ts';
import { loadStage } from '../../../src/pipeline/load-stage.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import { predictionsOf, savedBytes } from '../../tools/fitted-bytes.ts';
import {
  featureNames,
  normalOf,
  randomData,
  randomNumbers,
  range,
} from '../../tools/random-data.ts';
import { cutTable, evenCuts, pickRows, type SampleData } from '../../tools/sample-data.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const inline = new InlineRunner();
const pool = new ThreadPool(3, workerUrl());
afterAll(() => pool.close());
const folder = temporaryFolder('isolation');

const recipe = {
  seed: 12,
  numRows: 1300,
  kinds: ['float32', 'words', 'float64', 'integers', 'infinite', 'constant', 'all missing'],
  missing: 0.1,
} as const;
const data = randomData(recipe);
const featuresCols = featureNames(recipe);

type Options = ConstructorParameters<typeof IsolationForest>[0];
async function fit(
  options: Options = {},
  { rows = data, cuts = [] as number[], runner = inline as TaskRunner } = {},
): Promise<IsolationForestModel> {
  const forest = new IsolationForest({ featuresCols, numTrees: 20, maxSamples: 64, ...options });
  return await forest.fit(cutTable(runner, rows, cuts));
}

/** Depth and rows of the leaves of a tree, from the left. */
function leavesOf(
  { trees }: IsolationForestModel,
  tree: number,
): { depth: number; rows: number }[] {
  const start = trees.treeStart[tree] as number;
  const below = (node: number, depth: number): { depth: number; rows: number }[] => {
    const left = trees.leftChild[node] as number;
    if (left === 0) return [{ depth, rows: trees.rows[node] as number }];
    return [...below(start + left, depth + 1), ...below(start + left + 1, depth + 1)];
  };
  return below(start, 0);
}

describe('a score', () => {
  it('is 2 to minus the mean depth, by the depth that is expected', async () => {
    const model = await fit({ leafCol: 'leaf' });
    const table = cutTable(inline, data);
    const { anomalyScore, leaf, prediction } = await predictionsOf(model, table);
    const leaves = range(model.numTrees).map((tree) => leavesOf(model, tree));
    for (let row = 0; row < 200; row++) {
      let depths = 0;
      leaves.forEach((own, tree) => {
        const { depth, rows } = own[leaf?.[row * model.numTrees + tree] as number] ?? {
          depth: Number.NaN,
          rows: 0,
        };
        depths += depth + expectedDepth(rows);
      });
      const wanted = 2 ** (-depths / model.numTrees / expectedDepth(64));
      expect(anomalyScore?.[row]).toBeCloseTo(wanted, 10);
      expect(prediction?.[row]).toBe((anomalyScore?.[row] as number) >= 0.5);
    }
  });

  it('comes of trees of the drawn rows, as deep as a balanced one, cut until rows are alone', async () => {
    const model = await fit();
    for (const tree of range(model.numTrees)) {
      const leaves = leavesOf(model, tree);
      expect(leaves.reduce((sum, { rows }) => sum + rows, 0)).toBe(64);
      for (const { depth, rows } of leaves) {
        expect(depth).toBeLessThanOrEqual(6);
        expect(rows).toBeGreaterThan(0);
        if (depth < 6) expect(rows).toBe(1);
      }
    }
    // 2 (1 + 1/2 + … + 1/255) − 2 · 255/256
    expect(expectedDepth(256)).toBeCloseTo(10.248693, 5);
    expect([0, 1, 2].map(expectedDepth)).toEqual([0, 0, 1]);
  });

  it('is 0.5 where nothing can be told apart, be it of one row', async () => {
    for (const rows of [
      pickRows(data, [3]),
      pickRows(
        data,
        range(50).map(() => 7),
      ),
    ]) {
      const model = await fit({}, { rows });
      const scores = (await predictionsOf(model, cutTable(inline, rows)))['anomalyScore'];
      expect(scores?.every((score) => Math.abs(Number(score) - 0.5) < 1e-12)).toBe(true);
    }
  });
});

describe('what is planted', () => {
  const random = randomNumbers(5);
  const isFar = range(1000).map((row) => row % 50 === 0);
  const point = (axis: number): number[] =>
    range(1000).map((row) =>
      isFar[row] === true ? (row % 100 === 0 ? 7 : -7) + axis + random() : normalOf(random),
    );
  const rows: SampleData = [
    { name: 'a', type: 'float64', cells: point(0) },
    { name: 'b', type: 'float64', cells: point(1) },
  ];

  it('is found, and as many rows as were said are told to be anomalies', async () => {
    const own = { featuresCols: ['a', 'b'], numTrees: 100, maxSamples: 256, contamination: 0.02 };
    const model = await fit(own, { rows });
    const { anomalyScore, prediction } = await predictionsOf(model, cutTable(inline, rows));
    expect(prediction).toEqual(isFar);
    const told = anomalyScore?.filter((score) => (score as number) >= model.threshold);
    expect(told).toHaveLength(20);
    expect(model.threshold).toBeGreaterThan(0.5);
  });
});

describe('the model', () => {
  it('is the same on any topology, saved and loaded', async () => {
    const options = { contamination: 0.1, zeroAsMissing: true };
    const alone = await fit(options);
    const saved = await savedBytes(alone);
    const scores = await predictionsOf(alone, cutTable(inline, data));
    for (const cuts of [evenCuts(1300, 2), evenCuts(1300, 7), [400, 400]]) {
      const other = await fit(options, { cuts, runner: pool });
      expect(await savedBytes(other)).toEqual(saved);
      expect(await predictionsOf(other, cutTable(pool, data, cuts))).toEqual(scores);
    }
    await alone.save(`${folder}/model`);
    const loaded = (await loadStage(`${folder}/model`)) as IsolationForestModel;
    expect(loaded.threshold).toBe(alone.threshold);
    expect(await predictionsOf(loaded, cutTable(inline, data))).toEqual(scores);
    expect(await savedBytes(await fit({ ...options, seed: 1 }))).not.toEqual(saved);
  });

  it('is the same in any order of rows where they have ids', async () => {
    const ids = {
      name: 'who',
      type: 'text',
      cells: range(1300).map((row) => `id ${row}`),
    } as const;
    const known: SampleData = [...data, ids];
    const turned = pickRows(known, [...range(1300)].reverse());
    const options = { idCol: 'who', contamination: 0.1 };
    const wanted = await fit(options, { rows: known });
    const other = await fit(options, { rows: turned, cuts: [700], runner: pool });
    expect(await savedBytes(other)).toEqual(await savedBytes(wanted));
    expect(wanted.threshold).toBeGreaterThan(0.3);
    const byPlace = await fit({ contamination: 0.1 }, { rows: known });
    const turnedByPlace = await fit({ contamination: 0.1 }, { rows: turned });
    expect(await savedBytes(turnedByPlace)).not.toEqual(await savedBytes(byPlace));
    await expect(fit({ idCol: 'nobody' })).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND' });
  });

  it('scores single rows with the same bits, unseen categories too', async () => {
    const model = await fit({ contamination: 0.2 });
    const other = randomData({ ...recipe, seed: 99, numRows: 60 }).map((column) =>
      column.name === 'x1'
        ? { ...column, cells: column.cells.map((cell, i) => (i % 5 === 0 ? 'new' : cell)) }
        : column,
    );
    const { anomalyScore, prediction } = await predictionsOf(model, cutTable(inline, other));
    const score = await model.scorer();
    for (const row of range(60)) {
      const values = Object.fromEntries(
        other
          .filter(({ name }) => featuresCols.includes(name))
          .map(({ name, cells }) => [name, cells[row] ?? null]),
      );
      const found = score(values);
      expect([found.anomalyScore, found.prediction]).toEqual([
        anomalyScore?.[row],
        prediction?.[row],
      ]);
    }
  });

  it('is refused without rows, and cannot be cut short', async () => {
    await expect(fit({}, { rows: pickRows(data, []) })).rejects.toMatchObject({
      code: 'DATA_EMPTY',
    });
    const model = await fit({ numTrees: 3 });
    expect(() => model.truncate(2)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    expect(() => new IsolationForest({ scoreCol: 'prediction' })).toThrow(/must differ/);
  });
});
