/** Leaves that are linear: what they say of their rows, and that it is the same on any topology. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { solveRidge } from '../../../src/training/leaves/solve-ridge.ts';
import { featureNames, randomData } from '../../tools/random-data.ts';
import { columnNamed, type SampleData } from '../../tools/sample-data.ts';
import { fitSample, predictedNumbers, scoreSample } from '../fit-sample.ts';
import type { EstimatorCase } from '../random-estimators.ts';
import { expectSame, type Topology, tinyKnobs } from '../topologies.ts';

const recipe = {
  seed: 23,
  numRows: 600,
  kinds: ['float32', 'words', 'float64', 'infinite', 'few numbers'],
  missing: 0.1,
} as const;
const data = randomData(recipe);
const names = featureNames(recipe);
const linear = (more: Record<string, unknown> = {}): EstimatorCase => ({
  name: 'GBTRegressor',
  options: {
    featuresCols: names,
    labelCol: 'y',
    linearLeaves: true,
    maxIter: 4,
    maxLeaves: 6,
    ...more,
  },
});

/** A row's numbers by feature name, NaN where they are missing. */
function numbersOf(sample: SampleData, name: string): number[] {
  return columnNamed(sample, name).cells.map((cell) => (cell === null ? Number.NaN : Number(cell)));
}

function leavesOf(model: TreeModel): { numeric: Set<string>; depth: number }[] {
  const leaves: { numeric: Set<string>; depth: number }[] = [];
  for (const node of model.tree(0).walk()) {
    if (node.leafNumber === null) continue;
    const numeric = new Set<string>();
    for (let above = node.parent; above !== null; above = above.parent) {
      if (above.split?.kind === 'numeric') numeric.add(above.split.feature);
    }
    leaves[node.leafNumber] = { numeric, depth: node.depth };
  }
  return leaves;
}

describe('a linear leaf', () => {
  it('is the ridge regression of its complete rows on the numbers of its path', async () => {
    const options = { maxIter: 1, stepSize: 1, linearLambda: 0.5, leafCol: 'leaf' };
    const model = await fitSample(linear(options), data);
    const scored = await scoreSample(model, data);
    const labels = numbersOf(data, 'y');
    const base = model.data.baseScores[0] as number;
    const predictions = scored['prediction'] as number[];
    let numLines = 0;
    let numRest = 0;
    for (const [leaf, { numeric }] of leavesOf(model).entries()) {
      const features = names.filter((name) => numeric.has(name));
      const columns = features.map((name) => numbersOf(data, name));
      const own = labels
        .map((_, row) => row)
        .filter((row) => (scored['leaf'] as number[])[row] === leaf);
      const whole = own.filter((row) => columns.every((values) => Number.isFinite(values[row])));
      const mean = (rows: readonly number[], of: (row: number) => number): number =>
        rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
      // the others have the mean of all rows, as far as the model's grid tells
      for (const row of own.filter((one) => !whole.includes(one))) {
        expect(predictions[row]).toBeCloseTo(
          mean(own, (one) => labels[one] as number),
          6,
        );
        numRest += 1;
      }
      const scaled = columns.map((values) => {
        const some = whole.map((row) => values[row] as number);
        const [low, high] = [Math.min(...some), Math.max(...some)];
        return values.map((x) => (high > low ? (2 * (x - low)) / (high - low) - 1 : 0));
      });
      const centred = scaled.map((z) => {
        const middle = mean(whole, (row) => z[row] as number);
        return z.map((value) => value - middle);
      });
      const at = mean(whole, (row) => labels[row] as number);
      const sums = centred.flatMap((z, i) =>
        centred
          .slice(0, i + 1)
          .map((other) =>
            whole.reduce((sum, row) => sum + (z[row] as number) * (other[row] as number), 0),
          ),
      );
      const right = centred.map((z) =>
        whole.reduce((sum, row) => sum + (z[row] as number) * ((labels[row] as number) - base), 0),
      );
      const slopes = solveRidge(Float64Array.from(sums), Float64Array.from(right), 0.5);
      for (const row of whole) {
        const line = centred.reduce(
          (sum, z, i) => sum + (slopes[i] as number) * (z[row] as number),
          at,
        );
        expect(predictions[row]).toBeCloseTo(line, 6);
      }
      if (slopes.some((slope) => slope !== 0)) numLines += 1;
    }
    expect(numLines).toBeGreaterThan(2);
    expect(numRest).toBeGreaterThan(10);
  });

  it('is a constant where slopes cost all, and where nothing has a slope', async () => {
    const flat = await fitSample(linear({ linearLambda: 1e15 }), data);
    const plain = await fitSample(linear({ linearLeaves: false }), data);
    // values of rows without gaps are means of such rows alone
    expect(flat.tree(0).toText()).toBe(plain.tree(0).toText());
    const only = { featuresCols: [names[1] as string] };
    const words = await fitSample(linear(only), data);
    const constant = await fitSample(linear({ ...only, linearLeaves: false }), data);
    expect(words.trees.linear?.feature).toHaveLength(0);
    expect([...words.trees.value]).toEqual([...constant.trees.value]);
    expect(await predictedNumbers(words, data)).toEqual(await predictedNumbers(constant, data));
  });

  it('follows a slope that constants need many leaves for', async () => {
    const x = Array.from({ length: 400 }, (_, i) => i / 40);
    const sample: SampleData = [
      { name: 'x', type: 'float64', cells: x },
      { name: 'y', type: 'float64', cells: x.map((v) => (v < 5 ? 3 * v : 40 - 2 * v)) },
    ];
    const options = { featuresCols: ['x'], maxIter: 20, stepSize: 0.5, maxLeaves: 3 };
    const error = async (more: Record<string, unknown>): Promise<number> => {
      const model = await fitSample(linear({ ...options, ...more }), sample);
      const found = await predictedNumbers(model, sample);
      const labels = numbersOf(sample, 'y');
      return (
        found.reduce((sum, value, i) => sum + Math.abs(value - (labels[i] as number)), 0) / 400
      );
    };
    const [lines, constants] = [await error({}), await error({ linearLeaves: false })];
    expect(lines).toBeLessThan(0.25 * constants);
  });
});

describe('a model with linear leaves', () => {
  it('scores a row as transform does, keeps its bits when saved, and goes on where it ended', async () => {
    const model = await fitSample(linear({ maxIter: 5 }), data);
    const score = await model.scorer();
    const found = await predictedNumbers(model, data);
    const cells = names.map((name) => columnNamed(data, name).cells);
    found.forEach((value, row) => {
      expect(score(cells.map((column) => column[row] ?? null) as never).prediction).toBe(value);
    });
    const first = await fitSample(linear({ maxIter: 2 }), data);
    expect(model.truncate(2).trees.linear).toEqual(first.trees.linear);
    const both = await fitSample(linear({ maxIter: 3 }), data, { initialModel: first });
    expect(both.trees.linear).toEqual(model.trees.linear);
    expect(both.trees.value).toEqual(model.trees.value);
  });

  it('says what it cannot do', async () => {
    const model = await fitSample(linear(), data);
    const table = { schema: null, runner: null } as never;
    await expect(model.contributions(table)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await expect(model.interactions(table)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    const refused = async (more: Record<string, unknown>, rule: RegExp) =>
      await expect(fitSample(linear(more), data)).rejects.toMatchObject({
        code: 'PARAM_INVALID',
        message: expect.stringMatching(rule),
      });
    await refused({ lossType: 'absolute' }, /linearLeaves .* must be false with lossType absolute/);
    await refused({ alpha: 1 }, /alpha .* must be left out with linearLeaves/);
    await refused({ linearLeaves: false, linearLambda: 1 }, /linearLambda .* without linearLeaves/);
  });
});

describe('one model on any topology', () => {
  const layouts: Topology[] = [
    { threads: 3, partitions: 'one empty', ...tinyKnobs },
    { threads: 5, partitions: 7, growsApart: true },
  ];
  const cases: EstimatorCase[] = [
    linear({ weightCol: 'w', subsamplingRate: 0.7, validationIndicatorCol: 'v', maxIter: 3 }),
    linear({ holdOutFolds: 4, numModels: 2, maxIter: 2 }),
    {
      name: 'GBTClassifier',
      options: {
        labelCol: 'k',
        linearLeaves: true,
        maxIter: 2,
        maxLeaves: 5,
        gossTopRate: 0.3,
        stepSize: 1,
      },
    },
  ];
  it.each(cases)(
    'holds for linear leaves: $name $options',
    async (found) => {
      const { name: _, ...options } = found.options;
      await expectSame({ ...found, options }, { ...recipe, numRows: 2100 }, layouts);
    },
    60_000,
  );
});

describe('a ridge regression', () => {
  it('solves its equations, whatever the variables have to do with each other', () => {
    const size = fc.integer({ min: 1, max: 5 });
    const number = fc.double({ min: -3, max: 3, noNaN: true });
    const system = size.chain((n) =>
      fc.record({
        rows: fc.array(fc.array(number, { minLength: n, maxLength: n }), {
          minLength: 1,
          maxLength: 9,
        }),
        b: fc.array(number, { minLength: n, maxLength: n }),
        penalty: fc.constantFrom(0.1, 1, 10),
      }),
    );
    fc.assert(
      fc.property(system, ({ rows, b, penalty }) => {
        const n = b.length;
        const whole = (i: number, j: number): number =>
          rows.reduce((sum, row) => sum + (row[i] as number) * (row[j] as number), 0);
        const triangle = b.flatMap((_, i) => b.slice(0, i + 1).map((_other, j) => whole(i, j)));
        const x = solveRidge(Float64Array.from(triangle), Float64Array.from(b), penalty);
        for (let i = 0; i < n; i++) {
          let left = penalty * (x[i] as number);
          for (let j = 0; j < n; j++) left += whole(i, j) * (x[j] as number);
          expect(left).toBeCloseTo(b[i] as number, 6);
        }
      }),
    );
    // the second variable is twice the first
    expect([...solveRidge(Float64Array.of(1, 2, 4), Float64Array.of(3, 6), 0)]).toEqual([3, 0]);
  });
});
