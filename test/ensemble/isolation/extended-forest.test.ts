/** Isolation forests that cut by planes: the same anywhere, on every path, and without the ghosts of cuts along axes. */
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
import { problemOfPlanes } from '../../../src/tree/split-planes.ts';
import { predictionsOf, savedBytes } from '../../tools/fitted-bytes.ts';
import {
  featureNames,
  normalOf,
  randomData,
  randomNumbers,
  range,
} from '../../tools/random-data.ts';
import { cutTable, evenCuts, type SampleData } from '../../tools/sample-data.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { answerOf, runModule } from '../module/run-module.ts';

const inline = new InlineRunner();
const pools = [1, 2, 3].map((threads) => new ThreadPool(threads, workerUrl()));
afterAll(async () => {
  for (const pool of pools) await pool.close();
});
const folder = temporaryFolder('extended-isolation');

const recipe = {
  seed: 31,
  numRows: 700,
  kinds: ['float32', 'float64', 'integers', 'infinite', 'constant', 'all missing'],
  missing: 0.15,
} as const;
const data = randomData(recipe);
const featuresCols = featureNames(recipe);

type Options = ConstructorParameters<typeof IsolationForest>[0];
async function fit(
  options: Options = {},
  { rows = data, cuts = [] as number[], runner = inline as TaskRunner } = {},
): Promise<IsolationForestModel> {
  const forest = new IsolationForest({ featuresCols, numTrees: 15, maxSamples: 64, ...options });
  return await forest.fit(cutTable(runner, rows, cuts));
}

const scoresOf = async (model: IsolationForestModel, rows: SampleData): Promise<number[]> =>
  (await predictionsOf(model, cutTable(inline, rows)))['anomalyScore'] as number[];

describe('a forest that cuts by planes', () => {
  it('is of as many features as were asked for, or as the rows differ in', async () => {
    for (const extensionLevel of [1, 2, 5]) {
      const { trees } = await fit({ extensionLevel });
      const { start, feature } = trees.planes as NonNullable<typeof trees.planes>;
      const counts = [...trees.leftChild.keys()].map((n) => {
        const own = feature.subarray(start[n], start[n + 1]);
        expect([...new Set(own)].sort((a, b) => a - b)).toEqual([...own]);
        expect(own.length > 0).toBe(trees.leftChild[n] !== 0);
        return own.length;
      });
      // a constant and a feature of missing values never take part
      expect(Math.max(...counts)).toBe(Math.min(extensionLevel + 1, 4));
    }
  });

  it('at level 0 is the forest of cuts along axes, byte for byte', async () => {
    const given = await savedBytes(await fit({ extensionLevel: 0 }));
    const usual = await savedBytes(await fit());
    for (const file of Object.keys(usual)) {
      if (file.includes('safetensors')) expect([file, given[file]]).toEqual([file, usual[file]]);
    }
    expect((await fit({ extensionLevel: 0 })).trees.planes).toBeUndefined();
  });

  it('is the same on any topology, saved and loaded, and scores within (0, 1)', async () => {
    const options = { extensionLevel: 3, contamination: 0.1, leafCol: 'leaf' };
    const alone = await fit(options);
    const saved = await savedBytes(alone);
    const said = await predictionsOf(alone, cutTable(inline, data));
    for (const [i, pool] of pools.entries()) {
      const cuts = evenCuts(700, 2 + 3 * i);
      const other = await fit(options, { cuts, runner: pool });
      expect(await savedBytes(other)).toEqual(saved);
      expect(await predictionsOf(other, cutTable(pool, data, cuts))).toEqual(said);
    }
    await alone.save(`${folder}/model`);
    const loaded = (await loadStage(`${folder}/model`)) as IsolationForestModel;
    expect(await savedBytes(loaded)).toEqual(saved);
    expect(await predictionsOf(loaded, cutTable(inline, data))).toEqual(said);
    const scores = said['anomalyScore'] as number[];
    expect(scores.every((score) => score > 0 && score < 1)).toBe(true);
    expect(await scoresOf(await fit({ extensionLevel: 3, seed: 1 }), data)).not.toEqual(scores);
  });

  it('is refused when it is loaded and its planes do not add up', async () => {
    const { trees } = await fit({ extensionLevel: 1 });
    const planes = trees.planes as NonNullable<typeof trees.planes>;
    const isNumeric = featuresCols.map(() => true);
    const problem = (own: Partial<typeof planes>): string | null =>
      problemOfPlanes({ ...trees, planes: { ...planes, ...own } }, isNumeric);
    expect(problem({})).toBeNull();
    expect(problem({ feature: planes.feature.map(() => 99) })).toMatch(/of what is no number/);
    expect(problem({ factor: planes.factor.map(() => Number.NaN) })).toMatch(/not finite/);
    expect(problem({ start: planes.start.map((at) => at + 1) })).toMatch(/begin at term 0/);
    expect(problem({ start: planes.start.map((_, n) => 2 * n) })).toMatch(/elsewhere/);
    expect(problem({ start: planes.start.map((at, n) => (n === 1 ? 900_000 : at)) })).toMatch(
      /elsewhere/,
    );
  });

  it('has the bits of transform in a scorer and in a JavaScript module', async () => {
    const model = await fit({ extensionLevel: 2 });
    const scores = await scoresOf(model, data);
    const score = await model.scorer();
    const { predict } = runModule(model.toModule());
    range(200).forEach((i) => {
      const row = Object.fromEntries(data.map(({ name, cells }) => [name, cells[i]]));
      const said = score(row as never);
      expect(said.anomalyScore).toBe(scores[i]);
      expect(answerOf(predict, row as never)).toEqual(said);
    });
  });

  it('scores by its definition: rows at or below a plane go left, what is missing adds nothing', async () => {
    const model = await fit({ extensionLevel: 3 });
    const { trees } = model;
    const { start, feature, factor, centre } = trees.planes as NonNullable<typeof trees.planes>;
    const depthOf = (tree: number, row: readonly number[]): number => {
      const first = trees.treeStart[tree] as number;
      let [node, depth] = [first, 0];
      for (; trees.leftChild[node] !== 0; depth++) {
        const terms = range(trees.planes?.feature.length ?? 0).slice(start[node], start[node + 1]);
        const there = terms.filter((at) => !Number.isNaN(row[feature[at] as number]));
        const away = (at: number): number =>
          (row[feature[at] as number] as number) - (centre[at] as number);
        const sum = there.reduce((total, at) => total + (factor[at] as number) * away(at), 0);
        const isLeft =
          there.length === 0 || Number.isNaN(sum)
            ? (trees.rows[first + (trees.leftChild[node] as number)] as number) * 2 >=
              (trees.rows[node] as number)
            : sum <= 0;
        node = first + (trees.leftChild[node] as number) + (isLeft ? 0 : 1);
      }
      return depth + expectedDepth(trees.rows[node] as number);
    };
    const score = await model.scorer();
    const infinite = featuresCols.map((_, f) => (f % 2 === 0 ? 1 : -1) * Number.POSITIVE_INFINITY);
    const cells = range(60).map((i) => data.map((column) => Number(column.cells[i] ?? Number.NaN)));
    for (const row of [...cells, infinite, featuresCols.map(() => Number.NaN)]) {
      const depths = range(model.numTrees).reduce((sum, tree) => sum + depthOf(tree, row), 0);
      const wanted = 2 ** (-depths / model.numTrees / expectedDepth(64));
      const said = score(Object.fromEntries(featuresCols.map((name, f) => [name, row[f]])));
      expect(said.anomalyScore).toBeCloseTo(wanted, 10);
    }
  });
});

describe('two blobs on a diagonal', () => {
  const random = randomNumbers(8);
  const sides = range(1000).map((row) => (row % 2 === 0 ? 10 : -10));
  const rows: SampleData = [
    { name: 'a', type: 'float64', cells: sides.map((side) => side + normalOf(random)) },
    { name: 'b', type: 'float64', cells: sides.map((side) => -side + normalOf(random)) },
  ];
  const meanOf = async (extensionLevel: number, points: readonly [number, number][]) => {
    const own = { featuresCols: ['a', 'b'], numTrees: 100, maxSamples: 256, extensionLevel };
    const score = await (await fit(own, { rows })).scorer();
    return (
      points.map(([a, b]) => score({ a, b }).anomalyScore).reduce((s, x) => s + x, 0) /
      points.length
    );
  };

  it('have ghosts on the other diagonal for cuts along axes, not for planes', async () => {
    const ghosts: [number, number][] = [
      [10, 10],
      [-10, -10],
    ];
    // as far from both blobs, and where no blob lies on either axis
    const turned: [number, number][] = [
      [0, 14],
      [0, -14],
      [14, 0],
      [-14, 0],
    ].map(([a = 0, b = 0]) => [a * 1.3, b * 1.3]);
    const plain = (await meanOf(0, turned)) - (await meanOf(0, ghosts));
    const planes = (await meanOf(1, turned)) - (await meanOf(1, ghosts));
    expect(plain).toBeGreaterThan(0.08);
    expect(Math.abs(planes)).toBeLessThan(0.02);
  });

  it('are scored alike whatever the units', async () => {
    const model = await fit({ featuresCols: ['a', 'b'], extensionLevel: 1 }, { rows });
    const wide: SampleData = rows.map((column, i) => ({
      ...column,
      cells: column.cells.map((cell) => (cell as number) * (i === 0 ? 2 ** 40 : 1)),
    })) as SampleData;
    const scaled = await fit({ featuresCols: ['a', 'b'], extensionLevel: 1 }, { rows: wide });
    expect(await scoresOf(scaled, wide)).toEqual(await scoresOf(model, rows));
  });
});

describe('ten features that are made of two', () => {
  const random = randomNumbers(4);
  const isOff = range(1000).map((row) => row % 40 === 0);
  const weights = range(10).map(() => [normalOf(random), normalOf(random)] as const);
  const hidden = isOff.map(() => [normalOf(random), normalOf(random)] as const);
  const rows: SampleData = weights.map(([a, b], f) => ({
    ...{ name: `f${f}`, type: 'float64' as const },
    cells: hidden.map(
      ([x, y], row) => a * x + b * y + normalOf(random) * (isOff[row] === true ? 1.2 : 0.3),
    ),
  }));
  /** The share of pairs of a row off the plane and one on it of which the first has the higher score. */
  const areaOf = async (extensionLevel: number): Promise<number> => {
    const own = { featuresCols: rows.map(({ name }) => name), numTrees: 60, maxSamples: 256 };
    const scores = await scoresOf(await fit({ ...own, extensionLevel }, { rows }), rows);
    const [off, on] = [true, false].map((is) => scores.filter((_, row) => isOff[row] === is));
    const higher = (off ?? []).map((score) => on?.filter((other) => other < score).length ?? 0);
    return higher.reduce((sum, n) => sum + n, 0) / (off?.length ?? 0) / (on?.length ?? 0);
  };

  it('tell rows that are off their course by planes of all rather than along axes', async () => {
    const [along, planes] = [await areaOf(0), await areaOf(9)];
    expect(planes).toBeGreaterThan(along + 0.02);
  });
});

describe('what planes cannot do is refused by name', () => {
  it('categories, more features than there are, one tree, SHAP values and ONNX', async () => {
    const words = randomData({ seed: 2, numRows: 50, kinds: ['words', 'float64'], missing: 0 });
    const named = { featuresCols: words.map(({ name }) => name), extensionLevel: 1 };
    await expect(fit(named, { rows: words })).rejects.toMatchObject({ code: 'COLUMN_TYPE' });
    await expect(fit({ extensionLevel: 6 })).rejects.toThrow('must be at most 5');
    const model = await fit({ extensionLevel: 1 });
    expect(() => model.tree(0)).toThrow(/must be left where splits are planes/);
    expect(() => model.treesToTable()).toThrow(/toDebugString shows them/);
    expect(() => model.toOnnx()).toThrow(/has splits by planes; write it as a JavaScript module/);
    await expect(model.contributions(cutTable(inline, data))).rejects.toThrow(
      'permutationImportance',
    );
    expect(model.toDebugString()).toMatch(/If \(-?[\d.e-]+ \* \(\w+ - -?[\d.e+-]+\) \+ .* <= 0/);
    const splits = model.importances('splits').reduce((sum, count) => sum + count, 0);
    expect(splits).toBe(model.trees.planes?.feature.length);
  });
});
