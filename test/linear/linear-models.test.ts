/** What linear models give, refuse and remember. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CoppiceError } from '../../src/base/errors.ts';
import {
  col,
  createTable,
  LinearRegression,
  LinearSVC,
  LogisticRegression,
  LogisticRegressionModel,
  OneHotEncoder,
  type PartitionedTable,
  Pipeline,
  Session,
  VectorAssembler,
} from '../../src/index.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const folder = temporaryFolder('linear');
let session: Session;
beforeAll(async () => {
  session = await Session.local({ threads: 2 });
});
afterAll(async () => {
  await session.close();
});

const rows = Array.from({ length: 400 }, (_, row) => row);
const x = Float64Array.from(rows, (row) => Math.sin(row * row));
const z = Float32Array.from(rows, (row) => 100 + 20 * Math.cos(row * 7.3));
const noise = (row: number): number => Math.sin(row * 12.9898) * 0.9;

function sample(): PartitionedTable {
  return session.createTable({
    x,
    z,
    word: rows.map((row) => ['a', 'b', 'c'][row % 3] as string),
    y: rows.map((row) => 3 * (x[row] as number) - 0.5 * (z[row] as number) + 7),
    isHigh: rows.map((row) => 2 * (x[row] as number) + noise(row) > 0.3),
    grade: Int32Array.from(rows, (row) => Math.floor(2 * (x[row] as number) + noise(row)) + 3),
  });
}

function numbersOf(vector: unknown): number[] {
  return [...(vector as Iterable<number>)];
}

async function codeOf(work: () => Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await work();
  } catch (error) {
    if (error instanceof CoppiceError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('LinearRegression', () => {
  it('finds the coefficients of data without noise', async () => {
    const model = await new LinearRegression({ featuresCols: ['x', 'z'], labelCol: 'y' }).fit(
      sample(),
    );
    expect(model.coefficients[0]).toBeCloseTo(3, 12);
    expect(model.coefficients[1]).toBeCloseTo(-0.5, 12);
    expect(model.intercept).toBeCloseTo(7, 10);
    expect(model.featureNames).toEqual(['x', 'z']);
    expect(model.summary.numRows).toBe(400);
  });

  it('spreads a coefficient over columns that are the same', async () => {
    const table = sample().withColumn('again', col('x'));
    const model = await new LinearRegression({
      featuresCols: ['x', 'again', 'z'],
      labelCol: 'y',
    }).fit(table);
    const [first = 0, second = 0] = model.coefficients;
    expect(first).toBeCloseTo(1.5, 5);
    expect(second).toBeCloseTo(1.5, 5);
  });

  it('keeps a coefficient at 0 that would be negative', async () => {
    const model = await new LinearRegression({
      featuresCols: ['x', 'z'],
      labelCol: 'y',
      nonnegative: true,
    }).fit(sample());
    expect(model.coefficients[1]).toBe(0);
    expect(model.coefficients[0]).toBeGreaterThan(1);
  });

  it('predicts a constant label by its value', async () => {
    const table = createTable({ x: [1, 2, 5], y: [4, 4, 4] });
    const model = await new LinearRegression({ featuresCols: ['x'], labelCol: 'y' }).fit(table);
    expect([...model.coefficients, model.intercept]).toEqual([0, 4]);
  });

  it('learns from more columns than rows', async () => {
    const names = Array.from({ length: 30 }, (_, j) => `c${j}`);
    const columns = names.map((name, j) => [
      name,
      rows.slice(0, 12).map((row) => Math.sin(row * (j + 1))),
    ]);
    const table = createTable({ ...Object.fromEntries(columns), y: rows.slice(0, 12).map(noise) });
    const model = await new LinearRegression({ featuresCols: names, labelCol: 'y' }).fit(table);
    const scored = await (await model.transform(table)).collect();
    for (const row of rows.slice(0, 12)) {
      expect(scored.getChild('prediction')?.get(row)).toBeCloseTo(noise(row), 4);
    }
  });
});

describe('LogisticRegression', () => {
  it('parts two classes, and says how sure it is', async () => {
    const estimator = new LogisticRegression({ featuresCols: ['x', 'z'], labelCol: 'isHigh' });
    const model = await estimator.fit(sample());
    expect(model.classes).toEqual([false, true]);
    expect(model.coefficients[0]).toBeGreaterThan(1);
    const scored = await (await model.transform(sample())).collect();
    const right = rows.filter(
      (row) => scored.getChild('prediction')?.get(row) === scored.getChild('isHigh')?.get(row),
    );
    expect(right.length).toBeGreaterThan(320);
    const { objectiveHistory } = model.summary;
    objectiveHistory.slice(1).forEach((value, i) => {
      expect(value).toBeLessThanOrEqual(objectiveHistory[i] as number);
    });
  });

  it.each([
    ['isHigh', 'auto'],
    ['isHigh', 'multinomial'],
    ['grade', 'auto'],
    ['word', 'auto'],
  ] as const)(
    'scores a row of %s (%s) with the bits of transform, and after a save',
    async (labelCol, family) => {
      const estimator = new LogisticRegression({ featuresCols: ['x', 'z'], labelCol, family });
      const fitted = await estimator.fit(sample());
      const path = `${folder}/${labelCol}-${family}`;
      await fitted.save(path);
      const model = await LogisticRegressionModel.load(path);
      const score = await model.scorer();
      const scored = await (await fitted.transform(sample())).collect();
      for (const row of rows) {
        const answer = score({ x: x[row], z: z[row] });
        expect(answer.prediction).toEqual(scored.getChild('prediction')?.get(row));
        for (const name of ['rawPrediction', 'probability'] as const) {
          expect([...answer[name]]).toEqual([...numbersOf(scored.getChild(name)?.get(row))]);
        }
      }
    },
  );

  it('gives two classes the same probabilities by one margin or by two', async () => {
    const options = { featuresCols: ['x', 'z'], labelCol: 'isHigh', tol: 1e-12, maxIter: 500 };
    const one = await new LogisticRegression({ ...options, family: 'binomial' }).fit(sample());
    const two = await new LogisticRegression({ ...options, family: 'multinomial' }).fit(sample());
    const [a = [0], b = [0]] = two.coefficientMatrix;
    expect((b[0] ?? 0) - (a[0] ?? 0)).toBeCloseTo(one.coefficients[0] ?? 0, 5);
  });

  it('predicts the class that a threshold favours', async () => {
    const options = { featuresCols: ['x'], labelCol: 'isHigh' };
    const model = await new LogisticRegression({ ...options, thresholds: [1, 0.01] }).fit(sample());
    const scored = await (await model.transform(sample())).collect();
    const high = rows.filter((row) => scored.getChild('prediction')?.get(row) === true);
    expect(high.length).toBeGreaterThan(250);
  });

  it('sets coefficients to 0 with a penalty on magnitudes, and all with a large one', async () => {
    const options = { featuresCols: ['x', 'z'], labelCol: 'isHigh', elasticNetParam: 1 };
    const some = await new LogisticRegression({ ...options, regParam: 0.05 }).fit(sample());
    expect([...some.coefficients].map((value) => value !== 0)).toEqual([true, false]);
    const none = await new LogisticRegression({ ...options, regParam: 10 }).fit(sample());
    expect([...none.coefficients]).toEqual([0, 0]);
  });

  it('always says the one class that it saw', async () => {
    const table = createTable({ x: [1, 2], label: ['only', 'only'] });
    const model = await new LogisticRegression({ featuresCols: ['x'] }).fit(table);
    const scored = await (await model.transform(table)).collect();
    expect(scored.getChild('prediction')?.get(1)).toBe('only');
    expect(numbersOf(scored.getChild('probability')?.get(1))).toEqual([1]);
  });

  it('works on what a OneHotEncoder and a VectorAssembler make', async () => {
    const pipeline = new Pipeline({
      stages: [
        new OneHotEncoder({ inputCol: 'word', outputCol: 'hot' }),
        new VectorAssembler({ inputCols: ['x', 'hot'], outputCol: 'features' }),
        new LogisticRegression({ labelCol: 'isHigh' }),
      ],
    });
    const scored = await (await pipeline.fit(sample())).transform(sample());
    expect(scored.columns).toContain('probability');
    expect(await scored.count()).toBe(400);
  });
});

describe('LinearSVC', () => {
  it('parts two classes without probabilities, a row at a time with the same bits', async () => {
    const estimator = new LinearSVC({
      featuresCols: ['x', 'z'],
      labelCol: 'isHigh',
      regParam: 0.01,
    });
    const model = await estimator.fit(sample());
    const transformed = await model.transform(sample());
    expect(transformed.columns.slice(-2)).toEqual(['rawPrediction', 'prediction']);
    const scored = await transformed.collect();
    const score = await model.scorer();
    let right = 0;
    for (const row of rows) {
      const { prediction, rawPrediction, probability } = score({ x: x[row], z: z[row] });
      expect(prediction).toBe(scored.getChild('prediction')?.get(row));
      expect([...rawPrediction]).toEqual(numbersOf(scored.getChild('rawPrediction')?.get(row)));
      expect(probability).toHaveLength(0);
      expect(prediction).toBe((rawPrediction[1] as number) > 0);
      if (prediction === scored.getChild('isHigh')?.get(row)) right += 1;
    }
    expect(right).toBeGreaterThan(320);
  });

  it('refuses three classes', async () => {
    const fit = () => new LinearSVC({ featuresCols: ['x'], labelCol: 'word' }).fit(sample());
    expect((await codeOf(fit)).code).toBe('LABEL_INVALID');
  });
});

describe('what linear models refuse', () => {
  const fit = (columns: Record<string, unknown>, options: object = {}) =>
    new LogisticRegression({ featuresCols: ['x'], ...options }).fit(createTable(columns as never));

  it('missing and infinite features, with their place', async () => {
    const missing = await codeOf(() => fit({ x: [1, null, 2], label: [0, 1, 1] }));
    expect(missing.code).toBe('DATA_INVALID');
    expect(missing.message).toContain('feature x of LogisticRegression');
    expect(missing.message).toContain('row 1 of partition 0');
    expect(missing.message).toContain('Imputer');
    const infinite = await codeOf(() => fit({ x: [1, -Infinity, 2], label: [0, 1, 1] }));
    expect(infinite.message).toContain('-Infinity');
    const model = await fit({ x: [1, 3, 2], label: [0, 1, 1] });
    const asked = createTable({ x: [1, null] });
    const late = await codeOf(async () => (await model.transform(asked)).collect());
    expect(late.code).toBe('DATA_INVALID');
    expect(late.message).toContain('row 1 of partition 0');
    const score = await model.scorer();
    expect((await codeOf(async () => score({ x: null }))).code).toBe('DATA_INVALID');
  });

  it('a missing feature of a row of weight 0 is not looked at', async () => {
    const model = await fit(
      { x: [1, null, 2, 1.5], label: [0, 1, 1, 0], w: [1, 0, 1, 1] },
      { weightCol: 'w', regParam: 1 },
    );
    expect(model.summary.numRows).toBe(3);
  });

  it('categories, bad labels and weights, several classes where two are wanted', async () => {
    const category = await codeOf(() => fit({ x: ['a', 'b'], label: [0, 1] }));
    expect(category.code).toBe('COLUMN_TYPE');
    expect(category.message).toContain('OneHotEncoder');
    expect((await codeOf(() => fit({ x: [1, 2], label: [0, null] }))).code).toBe('LABEL_INVALID');
    const weights = { x: [1, 2], label: [0, 1], w: [0, 0] };
    expect((await codeOf(() => fit(weights, { weightCol: 'w' }))).code).toBe('WEIGHT_INVALID');
    const several = { x: [1, 2, 3], label: ['a', 'b', 'c'] };
    expect((await codeOf(() => fit(several, { family: 'binomial' }))).code).toBe('LABEL_INVALID');
  });

  it('thresholds of another number than the classes', async () => {
    const found = await codeOf(() => fit({ x: [1, 2], label: [0, 1] }, { thresholds: [1] }));
    expect(found.code).toBe('PARAM_INVALID');
  });
});
