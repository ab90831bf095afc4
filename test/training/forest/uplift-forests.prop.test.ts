/** Do trees of uplifts part rows by what a treatment changes, and say by how much? */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { UpliftForest } from '../../../src/ensemble/uplift/uplift-forest.ts';
import '../../../src/ensemble/worker-operators.ts';
import type { UpliftForestOptions } from '../../../src/ensemble/params/uplift-params.ts';
import { type ColumnInput, tableFromColumns } from '../../../src/table/create-table.ts';
import type { PartitionedTable } from '../../../src/table/partitioned-table.ts';
import '../../../src/training/worker-programs.ts';
import { type DataRecipe, randomNumbers, range } from '../../tools/random-data.ts';
import type { EstimatorCase } from '../random-estimators.ts';
import { expectSame, type Topology, tinyKnobs } from '../topologies.ts';

const runner = new InlineRunner();
const divergences = ['kullbackLeibler', 'euclidean', 'chiSquared'] as const;

interface Trial {
  readonly x: number[];
  readonly z: (number | null)[];
  readonly word: string[];
  readonly treatment: number[];
  readonly label: number[];
  readonly weight: number[];
}

/** Rows whose outcome a treatment raises where x is above a half, and lowers for one word. */
function trial(seed: number, numRows: number): Trial {
  const random = randomNumbers(seed);
  const rows = range(numRows).map(() => {
    const [x, z] = [random(), random()];
    const word = ['a', 'b', 'c'][Math.floor(3 * random())] as string;
    const treatment = random() < 0.4 ? 1 : 0;
    const effect = treatment === 0 ? 0 : word === 'b' ? -0.2 : x > 0.5 ? 0.35 : 0;
    const label = random() < 0.3 + 0.2 * z + effect ? 1 : 0;
    return {
      x,
      z: z < 0.1 ? null : z,
      word,
      treatment,
      label,
      weight: 1 + Math.floor(3 * random()),
    };
  });
  const of = <K extends keyof (typeof rows)[number]>(name: K) => rows.map((row) => row[name]);
  return {
    ...{ x: of('x'), z: of('z'), word: of('word') },
    ...{ treatment: of('treatment'), label: of('label'), weight: of('weight') },
  };
}

function tableOf(data: Trial, numPartitions = 1): PartitionedTable {
  return tableFromColumns(runner, { ...data } as Record<string, ColumnInput>, { numPartitions });
}

async function scored(options: UpliftForestOptions, data: Trial) {
  const model = await new UpliftForest(options).fit(tableOf(data));
  const table = await (await model.transform(tableOf(data))).collect();
  const column = (name: string): unknown[] => [...(table.getChild(name) ?? [])];
  return { model, uplifts: column('prediction').map(Number), column };
}

describe('an uplift forest', () => {
  it.each(divergences)('finds whom the treatment changes, by %s', async (divergence) => {
    const data = trial(3, 4000);
    const options = { featuresCols: ['x', 'z', 'word'], numTrees: 20, maxDepth: 5, divergence };
    const { uplifts } = await scored(options, data);
    const meanWhere = (holds: (i: number) => boolean): number => {
      const found = uplifts.filter((_, i) => holds(i));
      return found.reduce((sum, uplift) => sum + uplift, 0) / found.length;
    };
    const isBad = (i: number): boolean => data.word[i] === 'b';
    expect(meanWhere((i) => isBad(i))).toBeLessThan(-0.1);
    expect(meanWhere((i) => !isBad(i) && (data.x[i] as number) > 0.55)).toBeGreaterThan(0.25);
    const free = meanWhere((i) => !isBad(i) && (data.x[i] as number) < 0.45);
    expect(Math.abs(free)).toBeLessThan(0.1);
  });

  it('says in each leaf how far the rates of its rows lie apart, and has rows of both kinds there', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        fc.constantFrom(...divergences),
        fc.constantFrom(undefined, 'weight'),
        fc.integer({ min: 1, max: 12 }),
        async (seed, divergence, weightCol, minInstancesPerTreatment) => {
          const data = trial(seed, 400);
          const { model, column } = await scored(
            {
              featuresCols: ['x', 'z', 'word'],
              ...{ divergence, minInstancesPerTreatment, leafCol: 'leaf', seed },
              ...{ numTrees: 2, bootstrap: false, ...(weightCol && { weightCol }) },
              honestLeafShare: 0,
            },
            data,
          );
          const leaves = column('leaf').map((vector) => [...(vector as Iterable<number>)]);
          for (const t of range(2)) {
            const sums = new Map<number, { weight: number[]; rows: number[] }>();
            leaves.forEach((vector, i) => {
              const leaf = vector[t] as number;
              const own = sums.get(leaf) ?? { weight: [0, 0, 0, 0], rows: [0, 0] };
              sums.set(leaf, own);
              const treated = data.treatment[i] as number;
              const k = 2 * treated + (data.label[i] as number);
              const weight = weightCol === undefined ? 1 : (data.weight[i] as number);
              own.weight[k] = (own.weight[k] as number) + weight;
              own.rows[treated] = (own.rows[treated] as number) + 1;
            });
            for (const node of model.tree(t).walk()) {
              if (node.leafNumber === null) continue;
              const { weight, rows } = sums.get(node.leafNumber) ?? { weight: [], rows: [] };
              const [c0 = 0, c1 = 0, t0 = 0, t1 = 0] = weight;
              expect(node.value[0]).toBeCloseTo(t1 / (t0 + t1) - c1 / (c0 + c1), 12);
              expect(Math.min(...rows)).toBeGreaterThanOrEqual(minInstancesPerTreatment);
            }
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  it('changes its sign, and nothing else, where treated rows and the others change places', async () => {
    const data = trial(8, 600);
    const turned = { ...data, treatment: data.treatment.map((flag) => 1 - flag) };
    const options: UpliftForestOptions = {
      ...{ featuresCols: ['x', 'z'], numTrees: 5, maxDepth: 4 },
      divergence: 'euclidean',
    };
    const [one, other] = [await scored(options, data), await scored(options, turned)];
    expect(other.model.trees.threshold).toEqual(one.model.trees.threshold);
    expect(other.uplifts).toEqual(one.uplifts.map((uplift) => -uplift + 0));
  });

  it('of rows that nothing changes says what treatment changes on average', async () => {
    const data = trial(5, 300);
    const { model, uplifts } = await scored(
      { featuresCols: ['x'], maxDepth: 0, numTrees: 1, bootstrap: false, honestLeafShare: 0 },
      data,
    );
    const rate = (arm: number): number => {
      const own = data.label.filter((_, i) => data.treatment[i] === arm);
      return own.reduce((sum, label) => sum + label, 0) / own.length;
    };
    expect(new Set(uplifts).size).toBe(1);
    expect(uplifts[0]).toBeCloseTo(rate(1) - rate(0), 12);
    expect(model.numTrees).toBe(1);
  });

  it('is the same model on any topology', async () => {
    const recipe: DataRecipe = {
      ...{ seed: 31, numRows: 900, kinds: ['float32', 'float64', 'words', 'few numbers'] },
      missing: 0.1,
    };
    const layouts: Topology[] = [
      { threads: 3, partitions: 'one empty', ...tinyKnobs },
      { threads: 5, partitions: 7, kernels: 'reference' },
      { threads: 2, partitions: 2, sharesTrees: true, finishesLocally: false },
    ];
    const cases = divergences.map(
      (divergence, i): EstimatorCase => ({
        name: 'UpliftForest',
        options: {
          ...{ labelCol: 'v', treatmentCol: 'e', divergence, numTrees: 3, maxDepth: 6 },
          ...[{}, { weightCol: 'w', maxLeaves: 9 }, { honestLeafShare: 0 }][i],
          minInstancesPerTreatment: 3,
        },
      }),
    );
    for (const found of cases) await expectSame(found, recipe, layouts);
  }, 60_000);

  it('refuses what is no treatment and no outcome, with the place', async () => {
    const data = trial(2, 60);
    const fit = (
      change: Partial<Record<keyof Trial, unknown>>,
      options: UpliftForestOptions = {},
    ) =>
      new UpliftForest({ featuresCols: ['x'], numTrees: 1, ...options }).fit(
        tableOf({ ...data, ...change } as Trial),
      );
    const withAt7 = (values: number[], value: number) =>
      values.map((v, i) => (i === 7 ? value : v));
    await expect(fit({ treatment: withAt7(data.treatment, 2) })).rejects.toThrow(
      'treatment (of UpliftForest) must be 0 or 1, or false or true, in every row; got 2 in row 7 of partition 0',
    );
    await expect(fit({ label: withAt7(data.label, Number.NaN) })).rejects.toMatchObject({
      code: 'LABEL_INVALID',
    });
    await expect(fit({ treatment: data.treatment.map(() => 1) })).rejects.toThrow(
      'treatment (of UpliftForest) must be 1 in some rows and 0 in others',
    );
    await expect(fit({ label: data.word })).rejects.toMatchObject({ code: 'COLUMN_TYPE' });
    await expect(fit({}, { featuresCols: ['x', 'treatment'] })).rejects.toMatchObject({
      code: 'PARAM_INVALID',
    });
    await expect(fit({}, { treatmentCol: 'none' })).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
    });
    // rows of weight 0 may hold anything
    const weight = data.weight.map((w, i) => (i === 7 ? 0 : w));
    await fit({ treatment: withAt7(data.treatment, 2), weight }, { weightCol: 'weight' });
  });
});
