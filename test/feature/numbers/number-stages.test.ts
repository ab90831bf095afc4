import { Float32, Float64 } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { Binarizer } from '../../../src/feature/numbers/binarizer.ts';
import { Bucketizer } from '../../../src/feature/numbers/bucketizer.ts';
import { Imputer } from '../../../src/feature/numbers/imputer.ts';
import { MinMaxScaler } from '../../../src/feature/numbers/min-max-scaler.ts';
import { QuantileDiscretizer } from '../../../src/feature/numbers/quantile-discretizer.ts';
import { RobustScaler } from '../../../src/feature/numbers/robust-scaler.ts';
import { StandardScaler } from '../../../src/feature/numbers/standard-scaler.ts';
import { fixedSizeListColumn } from '../../../src/table/columns/make-column.ts';
import { contentOf, inlineTable, valuesOf } from '../../tools/inline-table.ts';

describe('Imputer', () => {
  const table = inlineTable(
    {
      x: [4, null, 1, Number.NaN, 1],
      y: Float32Array.from([0.5, -1, -1, 2.5, 4]),
      n: Int32Array.from([1, 2, 3, 4, 6]),
    },
    2,
  );

  it.each([
    ['mean', 2],
    ['median', 1],
    ['mode', 1],
  ] as const)('replaces missing values by the %s', async (strategy, surrogate) => {
    const model = await new Imputer({ inputCol: 'x', outputCol: 'f', strategy }).fit(table);
    expect(model.surrogates).toEqual([surrogate]);
    expect(await valuesOf(await model.transform(table), 'f')).toEqual([
      4,
      surrogate,
      1,
      surrogate,
      1,
    ]);
  });

  it('takes a number for missing, and keeps float32', async () => {
    const imputer = new Imputer({
      inputCols: ['y', 'n'],
      outputCols: ['fy', 'fn'],
      missingValue: -1,
    });
    const imputed = await (await imputer.fit(table)).transform(table);
    expect(imputed.schema.fields.slice(3).map((field) => field.type)).toEqual([
      new Float32(),
      new Float64(),
    ]);
    expect(await contentOf(imputed)).toMatchObject({
      fy: [0.5, Math.fround(7 / 3), Math.fround(7 / 3), 2.5, 4],
      fn: [1, 2, 3, 4, 6],
    });
  });

  it('refuses a column without values, with its name', async () => {
    const empty = inlineTable({ x: [null, Number.NaN] });
    await expect(new Imputer({ inputCol: 'x', outputCol: 'f' }).fit(empty)).rejects.toThrow(
      'column x given to Imputer must have a value that is not missing; got none',
    );
  });

  it('refuses text', async () => {
    await expect(
      new Imputer({ inputCol: 't', outputCol: 'f' }).fit(inlineTable({ t: ['a'] })),
    ).rejects.toThrow('column t, an input of Imputer, must be a number; got string');
  });
});

describe('Binarizer', () => {
  it('compares with one threshold or several', async () => {
    const table = inlineTable({ a: [0, 1, null, 2], b: [0.5, 5, 6, Number.NaN] });
    const one = await new Binarizer({ inputCol: 'a', outputCol: 'o', threshold: 1 }).transform(
      table,
    );
    expect(await valuesOf(one, 'o')).toEqual([0, 0, null, 1]);
    const binarizer = new Binarizer({
      inputCols: ['a', 'b'],
      outputCols: ['ao', 'bo'],
      thresholds: [0, 5],
    });
    expect(await contentOf(await binarizer.transform(table))).toMatchObject({
      ao: [0, 1, null, 1],
      bo: [0, 0, 1, null],
    });
    expect(() => new Binarizer({ inputCol: 'a', thresholds: [1, 2] })).toThrow(
      'thresholds of Binarizer must be a list of as many numbers',
    );
  });
});

describe('Bucketizer', () => {
  const table = inlineTable({ x: [-1, 0, 0.5, 1, 2, null, 3] }, 2);
  const options = { inputCol: 'x', outputCol: 'bucket' };

  it('finds the bucket, the upper edge in the last one', async () => {
    const splits = [Number.NEGATIVE_INFINITY, 0, 1, 3];
    const bucketed = await new Bucketizer({ ...options, splits }).transform(table);
    expect(await valuesOf(bucketed, 'bucket')).toEqual([0, 1, 1, 2, 2, null, 2]);
  });

  it('refuses, skips or keeps numbers outside the splits', async () => {
    const bucketizer = new Bucketizer({ ...options, splits: [0, 1, 2] });
    await expect((await bucketizer.transform(table)).collect()).rejects.toThrow(
      'column x given to Bucketizer must hold numbers from 0 to 2, the outermost splits; got -1 in row 0 of partition 0',
    );
    const skipped = await bucketizer.copy({ handleInvalid: 'skip' }).transform(table);
    expect(await contentOf(skipped)).toEqual({
      x: [0, 0.5, 1, 2, null],
      bucket: [0, 0, 1, 1, null],
    });
    const kept = await bucketizer.copy({ handleInvalid: 'keep' }).transform(table);
    expect(await valuesOf(kept, 'bucket')).toEqual([2, 0, 0, 1, 1, null, 2]);
  });

  it('takes splits for each column', async () => {
    const bucketizer = new Bucketizer({
      inputCols: ['x', 'y'],
      outputCols: ['xb', 'yb'],
      splitsArray: [
        [Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY],
        [0, 10, 20],
      ],
    });
    expect(
      await contentOf(await bucketizer.transform(inlineTable({ x: [-5, 5], y: [5, 15] }))),
    ).toMatchObject({ xb: [0, 1], yb: [0, 1] });
    expect(() => new Bucketizer(options)).toThrow(
      'splits of Bucketizer must be given, or splitsArray',
    );
    expect(() => new Bucketizer({ ...options, splits: [1, 1, 2] })).toThrow('ascending');
  });
});

describe('StandardScaler', () => {
  it('divides by the sample deviation, and subtracts the mean when asked to', async () => {
    const table = inlineTable({ x: [1, 2, 3, null], same: [7, 7, 7, 7] }, 2);
    const inputs = { inputCols: ['x', 'same'], outputCols: ['z', 'zero'] };
    const plain = await (await new StandardScaler(inputs).fit(table)).transform(table);
    expect(await contentOf(plain)).toMatchObject({ z: [1, 2, 3, Number.NaN], zero: [0, 0, 0, 0] });
    const centred = await (
      await new StandardScaler({ ...inputs, withMean: true }).fit(table)
    ).transform(table);
    expect(await valuesOf(centred, 'z')).toEqual([-1, 0, 1, Number.NaN]);
  });

  it('scales the elements of a vector', async () => {
    const vector = fixedSizeListColumn(Float64Array.from([1, 10, 3, 30]), 2);
    const table = inlineTable({ v: vector });
    const model = await new StandardScaler({ inputCol: 'v', outputCol: 'z', withMean: true }).fit(
      table,
    );
    expect(model.means).toEqual([Float64Array.from([2, 20])]);
    const rows = await valuesOf(await model.transform(table), 'z');
    const near = (sign: number): unknown => expect.closeTo(sign * Math.SQRT1_2, 12);
    expect(rows.map((row) => Array.from(row as number[]))).toEqual([
      [near(-1), near(-1)],
      [near(1), near(1)],
    ]);
  });
});

describe('MinMaxScaler', () => {
  it('moves columns into the range, a constant one to its middle', async () => {
    const table = inlineTable({ x: [10, null, 20, 15], same: [3, 3, 3, 3] }, 2);
    const inputs = { inputCols: ['x', 'same'], outputCols: ['z', 'middle'] };
    const model = await new MinMaxScaler(inputs).fit(table);
    expect(await contentOf(await model.transform(table))).toMatchObject({
      z: [0, Number.NaN, 1, 0.5],
      middle: [0.5, 0.5, 0.5, 0.5],
    });
    const wide = await model.copy({ min: -1, max: 3 }).transform(table);
    expect(await valuesOf(wide, 'z')).toEqual([-1, Number.NaN, 3, 1]);
    expect(() => new MinMaxScaler({ ...inputs, min: 2 })).toThrow(
      'max of MinMaxScaler must be larger than min; got 1',
    );
  });
});

describe('RobustScaler', () => {
  it('divides by the distance of the quartiles, and subtracts the median when asked to', async () => {
    const table = inlineTable({ x: [1, 2, 3, 4, 1000, null] }, 3);
    const inputs = { inputCol: 'x', outputCol: 'z' };
    const plain = await (await new RobustScaler(inputs).fit(table)).transform(table);
    expect(await valuesOf(plain, 'z')).toEqual([0.5, 1, 1.5, 2, 500, Number.NaN]);
    const centred = await new RobustScaler({ ...inputs, withCentering: true }).fit(table);
    expect((await valuesOf(await centred.transform(table), 'z')).slice(0, 3)).toEqual([
      -1, -0.5, 0,
    ]);
  });
});

describe('QuantileDiscretizer', () => {
  it('makes buckets of equal counts, fewer where values repeat', async () => {
    const x = [5, 1, 4, null, 2, 3, 6, 7, 8];
    const table = inlineTable({ x, same: x.map(() => 1) }, 3);
    const discretizer = new QuantileDiscretizer({
      inputCols: ['x', 'same'],
      outputCols: ['bucket', 'one'],
      numBuckets: 4,
    });
    const model = await discretizer.fit(table);
    expect(model.splits).toEqual([
      [Number.NEGATIVE_INFINITY, 2, 4, 6, Number.POSITIVE_INFINITY],
      [Number.NEGATIVE_INFINITY, 1, Number.POSITIVE_INFINITY],
    ]);
    expect(await contentOf(await model.transform(table))).toMatchObject({
      bucket: [2, 0, 2, null, 1, 1, 3, 3, 3],
      one: x.map(() => 1),
    });
  });
});

describe('infinite numbers', () => {
  const { POSITIVE_INFINITY, NEGATIVE_INFINITY } = Number;
  const pair = { inputCol: 'x', outputCol: 'o' };
  it.each([
    ['StandardScaler', new StandardScaler({ ...pair, withMean: true })],
    ['MinMaxScaler', new MinMaxScaler(pair)],
    ['RobustScaler', new RobustScaler(pair)],
  ] as const)('are nothing to scale by: %s', async (_, scaler) => {
    for (const x of [
      [1, POSITIVE_INFINITY, 3, NEGATIVE_INFINITY],
      [NEGATIVE_INFINITY, NEGATIVE_INFINITY, 2],
      [POSITIVE_INFINITY],
    ])
      await expect(scaler.fit(inlineTable({ x }))).rejects.toMatchObject({
        code: 'DATA_INVALID',
        message: expect.stringMatching(/^column x given to \w+ must hold finite numbers/),
      });
    await scaler.fit(inlineTable({ x: [Number.NaN, Number.NaN] }));
  });

  it.each([
    ['StandardScaler', new StandardScaler(pair), [1e200, 2e200], 'up to 2^500'],
    ['StandardScaler', new StandardScaler(pair), [1.7e308, -1.7e308], 'up to 2^500'],
    ['StandardScaler', new StandardScaler(pair), [1e-200, 2e-200, 0], 'at least 2^-480'],
    ['StandardScaler', new StandardScaler(pair), [5e-324, 0], 'at least 2^-480'],
    ['MinMaxScaler', new MinMaxScaler(pair), [-1.7e308, 0, 1.7e308], 'not so far apart'],
    ['MinMaxScaler', new MinMaxScaler(pair), [5e-324, 1e-323], 'not so close apart'],
    ['RobustScaler', new RobustScaler(pair), [-1.7e308, 0, 1.7e308], 'not so far apart'],
    ['RobustScaler', new RobustScaler(pair), [5e-324, 1e-323], 'not so close apart'],
  ] as const)('nor are numbers that overflow: %s', async (_, scaler, x, wanted) => {
    await expect(scaler.fit(inlineTable({ x: [...x] }))).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(
        new RegExp(`^column x given to \\w+ must hold .*${wanted.replace('^', '\\^')}`),
      ),
    });
  });

  it('that are small and alike, or small beside others, are scaled', async () => {
    for (const [x, wanted] of [
      [
        [1e-200, 1e-200],
        [0, 0],
      ],
      [
        [1e-300, 2, 1],
        [0, 2, 1],
      ],
    ] as const) {
      const table = inlineTable({ x: [...x] });
      const scaled = await (await new StandardScaler(pair).fit(table)).transform(table);
      expect(await valuesOf(scaled, 'o')).toEqual(wanted.map((value) => expect.closeTo(value, 12)));
    }
  });

  it('that are large but finite have a mean, and a range', async () => {
    const table = inlineTable({ x: [2 ** 1022, 2 ** 1023, null] });
    const imputed = await new Imputer({ ...pair, strategy: 'mean' }).fit(table);
    expect(imputed.surrogates).toEqual([1.5 * 2 ** 1022]);
    const scaled = await (await new MinMaxScaler(pair).fit(table)).transform(table);
    expect(await valuesOf(scaled, 'o')).toEqual([0, 1, Number.NaN]);
    const centred = new RobustScaler({ ...pair, withCentering: true, withScaling: false });
    const wide = inlineTable({ x: [-1.7e308, 0, 1.7e308] });
    expect(await valuesOf(await (await centred.fit(wide)).transform(wide), 'o')).toEqual([
      -1.7e308, 0, 1.7e308,
    ]);
  });

  it('beyond the quartiles do not hinder a RobustScaler', async () => {
    const table = inlineTable({ x: [1, 2, 3, 4, 5, 6, 7, POSITIVE_INFINITY] });
    const model = await new RobustScaler(pair).fit(table);
    expect((await valuesOf(await model.transform(table), 'o')).at(-1)).toBe(POSITIVE_INFINITY);
  });
});
