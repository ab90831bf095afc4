/** Do forests of several treatments say what each of them changes? */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import type { UpliftForestOptions } from '../../../src/ensemble/params/uplift-params.ts';
import { UpliftForest } from '../../../src/ensemble/uplift/uplift-forest.ts';
import '../../../src/ensemble/worker-operators.ts';
import { type ColumnInput, tableFromColumns } from '../../../src/table/create-table.ts';
import '../../../src/training/worker-programs.ts';
import { type DataRecipe, randomNumbers, range } from '../../tools/random-data.ts';
import { expectSame, tinyKnobs } from '../topologies.ts';

const runner = new InlineRunner();
const divergences = ['kullbackLeibler', 'euclidean', 'chiSquared'] as const;
const armsOf = ['control', 'letter', 'call', 'visit'];

/** What an arm adds to the probability of the outcome: letters help the high x, calls harm the word b, visits do nothing. */
function effectOf(arm: string, x: number, word: string): number {
  if (arm === 'letter') return x > 0.5 ? 0.35 : 0;
  return arm === 'call' && word === 'b' ? -0.25 : 0;
}

function trial(seed: number, numRows: number, names = armsOf) {
  const random = randomNumbers(seed);
  const rows = range(numRows).map(() => {
    const [x, z] = [random(), random()];
    const word = ['a', 'b', 'c'][Math.floor(3 * random())] as string;
    const arm = names[Math.floor(names.length * random())] as string;
    const label = random() < 0.3 + 0.1 * z + effectOf(arm, x, word) ? 1 : 0;
    return { x, z: z < 0.1 ? null : z, word, arm, label, weight: 1 + Math.floor(3 * random()) };
  });
  const of = <K extends keyof (typeof rows)[number]>(name: K) => rows.map((row) => row[name]);
  return {
    ...{ x: of('x'), z: of('z'), word: of('word') },
    ...{ arm: of('arm'), label: of('label'), weight: of('weight') },
  };
}

type Trial = ReturnType<typeof trial>;

const tableOf = (data: object) =>
  tableFromColumns(runner, { ...data } as Record<string, ColumnInput>);
const features = { featuresCols: ['x', 'z', 'word'], treatmentCol: 'arm' };
const treatments = ['letter', 'call', 'visit'];

const fitted = (options: UpliftForestOptions, data: object) =>
  new UpliftForest({ ...features, ...options }).fit(tableOf(data));

/** Of each row the uplifts, and the leaf of each tree. */
async function predicted(model: Awaited<ReturnType<typeof fitted>>, data: object) {
  const scored = await (await model.transform(tableOf(data))).collect();
  const vectors = (name: string): number[][] =>
    [...(scored.getChild(name) ?? [])].map((vector) => [...(vector as Iterable<number>)]);
  return { uplifts: vectors('prediction'), leaves: vectors('leaf'), schema: scored.schema };
}

describe('an uplift forest of several treatments', () => {
  it.each(divergences)('finds whom each treatment changes, by %s', async (divergence) => {
    const data = trial(3, 12_000);
    const model = await fitted({ treatments, numTrees: 20, maxDepth: 5, divergence }, data);
    const { uplifts, schema } = await predicted(model, data);
    expect(schema.fields.at(-1)?.metadata.get('treatments')).toBe(JSON.stringify(treatments));
    expect(model.treatments).toEqual(treatments);
    treatments.forEach((arm, k) => {
      const squares = uplifts.map(
        (own, i) =>
          ((own[k] as number) - effectOf(arm, data.x[i] as number, data.word[i] as string)) ** 2,
      );
      const distance = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
      expect(distance).toBeLessThan(0.08);
    });
  });

  it('says in each leaf how far the rates lie apart, and has rows of all arms there', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        fc.constantFrom(...divergences),
        fc.constantFrom(undefined, 'weight'),
        fc.integer({ min: 1, max: 12 }),
        async (seed, divergence, weightCol, minInstancesPerTreatment) => {
          const data = trial(seed, 600);
          const model = await fitted(
            {
              ...{ treatments, divergence, minInstancesPerTreatment, leafCol: 'leaf', seed },
              ...{ numTrees: 1, bootstrap: false, honestLeafShare: 0 },
              ...(weightCol && { weightCol }),
            },
            data,
          );
          const { leaves } = await predicted(model, data);
          for (const node of model.tree(0).walk()) {
            if (node.leafNumber === null) continue;
            const rows = range(600).filter((i) => leaves[i]?.[0] === node.leafNumber);
            const rateOf = (arm: string): number => {
              const own = rows.filter((i) => data.arm[i] === arm);
              expect(own.length).toBeGreaterThanOrEqual(minInstancesPerTreatment);
              const weigh = (i: number) => (weightCol ? (data.weight[i] as number) : 1);
              const sum = (of: (i: number) => number) => own.reduce((all, i) => all + of(i), 0);
              return sum((i) => weigh(i) * (data.label[i] as number)) / sum(weigh);
            };
            treatments.forEach((arm, k) => {
              expect(node.value[k]).toBeCloseTo(rateOf(arm) - rateOf('control'), 12);
            });
          }
        },
      ),
      { numRuns: 8 },
    );
  });

  it('of one named treatment is the forest of 0 and 1, however the arms are written', async () => {
    const data = trial(8, 900, ['control', 'letter']);
    const flags = data.arm.map((arm) => Number(arm === 'letter'));
    for (const divergence of divergences) {
      const options = { numTrees: 4, maxDepth: 5, divergence };
      const usual = await fitted(options, { ...data, arm: flags });
      const written: [unknown[], UpliftForestOptions][] = [
        [data.arm, { treatments: ['letter'] }],
        [data.arm, { treatments: ['letter'], controlValue: 'control' }],
        [flags, { treatments: [1] }],
        [flags.map((flag) => flag + 6), { treatments: ['7'], controlValue: 6 }],
        [flags.map((flag) => flag === 1), { treatments: ['true'] }],
        [flags.map((flag) => BigInt(flag)), { treatments: [1] }],
      ];
      for (const [arm, own] of written) {
        const model = await fitted({ ...options, ...own }, { ...data, arm });
        expect(model.trees).toEqual(usual.trees);
        expect(model.data).toEqual(usual.data);
        expect(model.transformSchema(tableOf(data).schema).fields.at(-1)?.type).toEqual(
          usual.transformSchema(tableOf(data).schema).fields.at(-1)?.type,
        );
      }
    }
  });

  it('is the same trees however treatments are ordered, and the uplifts are ordered as they are', async () => {
    const data = trial(5, 900);
    for (const divergence of divergences) {
      const options = { numTrees: 4, maxDepth: 5, divergence };
      const one = await fitted({ ...options, treatments }, data);
      const turned = [2, 0, 1];
      const names = turned.map((k) => treatments[k] as string);
      const other = await fitted({ ...options, treatments: names }, data);
      expect(other.trees.threshold).toEqual(one.trees.threshold);
      const [a, b] = [await predicted(one, data), await predicted(other, data)];
      expect(b.uplifts).toEqual(a.uplifts.map((own) => turned.map((k) => own[k])));
      expect(a.uplifts.some((own) => own[0] !== own[1])).toBe(true);
    }
  });

  it('gives the uplifts of treatments that change their names to one another', async () => {
    const data = trial(6, 900, ['control', 'letter', 'call']);
    const swap: Record<string, string> = { letter: 'call', call: 'letter', control: 'none' };
    const options = { numTrees: 4, maxDepth: 5, treatments: ['letter', 'call'] };
    const one = await predicted(await fitted(options, data), data);
    const renamed = { ...data, arm: data.arm.map((arm) => swap[arm] as string) };
    const other = await fitted({ ...options, controlValue: 'none' }, renamed);
    expect((await predicted(other, data)).uplifts).toEqual(one.uplifts.map(([a, b]) => [b, a]));
  });

  it('is the same on any topology', async () => {
    const recipe: DataRecipe = {
      ...{ seed: 33, numRows: 1500, kinds: ['float32', 'float64', 'words', 'few numbers'] },
      missing: 0.1,
    };
    for (const [i, divergence] of divergences.entries())
      await expectSame(
        {
          name: 'UpliftForest',
          options: {
            ...{ labelCol: 'v', treatmentCol: 't', treatments: ['up', 'down'], divergence },
            ...{ numTrees: 3, maxDepth: 6, minInstancesPerTreatment: 3 },
            ...[{}, { weightCol: 'w', maxLeaves: 9 }, { honestLeafShare: 0 }][i],
          },
        },
        recipe,
        [
          { threads: 3, partitions: 'one empty', ...tinyKnobs },
          { threads: 5, partitions: 7, kernels: 'reference' },
          { threads: 2, partitions: 2, sharesTrees: true, finishesLocally: false },
        ],
      );
  }, 60_000);

  it('refuses what is no arm, with the place and the remedy', async () => {
    const data = trial(2, 80);
    const withAt7 = (value: unknown) => ({
      ...data,
      arm: data.arm.map((arm, i) => (i === 7 ? value : arm)),
    });
    const fit = (change: object, options: UpliftForestOptions = {}) =>
      fitted({ numTrees: 1, treatments, ...options }, { ...data, ...change });
    await expect(fit(withAt7('leter'))).rejects.toThrow(
      'arm (of UpliftForest) must be "control" or a treatment ("call", "letter", "visit") in every row; got "leter" in row 7 of partition 0: name it in treatments',
    );
    await expect(fit(withAt7(null))).rejects.toThrow(
      'got null or NaN in row 7 of partition 0: drop',
    );
    await expect(fit({}, { treatments: [...treatments, 'mail'] })).rejects.toThrow(
      'arm (of UpliftForest) must be mail in some rows and control in others; got one of them in none, or too few',
    );
    await expect(fit({}, { treatments: ['control', 'call'] })).rejects.toThrow(
      'treatments of UpliftForest must not hold the value of untreated rows; got control',
    );
    await expect(fit({}, { treatments: undefined })).rejects.toThrow(
      'must be boolean, or a number 0 or 1; treatments names other values',
    );
    const numbered = { arm: data.arm.map((arm) => armsOf.indexOf(arm)) };
    await expect(fit(numbered, { treatments: undefined })).rejects.toThrow(
      /: several treatments are named by treatments/,
    );
    await expect(fit({ arm: data.x.map(() => new Date(0)) })).rejects.toMatchObject({
      code: 'COLUMN_TYPE',
    });
    expect(() => new UpliftForest({ treatments: ['a', 'a'] })).toThrow(
      'treatments of UpliftForest must be different values',
    );
    expect(() => new UpliftForest({ treatments: [1], controlValue: '1' })).toThrow(
      'treatments of UpliftForest must not hold controlValue',
    );
    expect(() => new UpliftForest({ controlValue: 'none' })).toThrow(
      'controlValue of UpliftForest must be left out without treatments',
    );
    // rows of weight 0 may hold anything
    const weight = data.weight.map((w, i) => (i === 7 ? 0 : w));
    await fit(
      { ...withAt7('leter'), weight },
      { weightCol: 'weight', minInstancesPerTreatment: 1 },
    );
  });

  it('is written as ONNX and as a module, and refused as PMML by the name of its vector', async () => {
    const data = trial(4, 400);
    const model = await fitted({ treatments, numTrees: 3 }, data);
    expect(Buffer.from(model.toOnnx()).includes(JSON.stringify(treatments))).toBe(true);
    expect(model.toModule()).toContain('prediction');
    await expect(model.toPmml()).rejects.toThrow('a vector of them (treatments)');
  });

  it('keeps its treatments in scorer, copies and contributions', async () => {
    const data: Trial = trial(9, 400);
    const model = await fitted({ treatments, numTrees: 3 }, data);
    const { uplifts } = await predicted(model, data);
    const score = await model.scorer();
    for (const i of [0, 7, 40]) {
      const row = { x: data.x[i], z: data.z[i] ?? null, word: data.word[i] };
      expect([...(score(row as never).prediction as unknown as Float64Array)]).toEqual(uplifts[i]);
    }
    const renamed = model.copy({ treatments: ['l', 'c', 'v'] });
    expect(renamed.treatments).toEqual(['l', 'c', 'v']);
    expect(() => model.copy({ treatments: ['l'] })).toThrow(
      'treatments of UpliftForestModel must be the 3 treatments that it has learned; got 1',
    );
    expect(() => model.copy({ treatments: undefined })).toThrow('got none');
    const explained = await (await model.contributions(tableOf(data))).collect();
    const [first] = explained.getChild('contributions') ?? [];
    const values = [...(first as Iterable<number>)];
    expect(values).toHaveLength(3 * 4);
    for (const k of range(3)) {
      const own = values.slice(4 * k, 4 * k + 4);
      expect(own.reduce((sum, value) => sum + value, 0)).toBeCloseTo(uplifts[0]?.[k] as number, 10);
    }
  });
});
