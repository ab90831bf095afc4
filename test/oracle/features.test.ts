/**
 * Do feature stages give what Spark, scikit-learn and SciPy give? fixtures/make-features.py made theirs.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FeatureHasher } from '../../src/feature/feature-hasher.ts';
import { Normalizer } from '../../src/feature/normalizer.ts';
import { TargetEncoder } from '../../src/feature/target-encoder.ts';
import { VarianceThresholdSelector } from '../../src/feature/variance-threshold-selector.ts';
import { VectorAssembler } from '../../src/feature/vector-assembler.ts';
import { contentOf, inlineTable, valuesOf } from '../tools/inline-table.ts';

type Numbers = readonly number[];
const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/features.json', import.meta.url), 'utf8'),
) as {
  readonly hasher: {
    readonly data: {
      readonly word: readonly (string | null)[];
      readonly flag: readonly (boolean | null)[];
      readonly single: Numbers;
    } & Readonly<Record<'real' | 'whole' | 'wide', readonly (number | null)[]>>;
    readonly results: Readonly<Record<string, readonly Readonly<Record<string, number>>[]>>;
  };
  readonly normalizer: {
    readonly data: readonly Numbers[];
    readonly results: Readonly<Record<string, readonly Numbers[]>>;
  };
  readonly univariate: {
    readonly columns: readonly Numbers[];
    readonly variance: Numbers;
  };
  readonly target: Readonly<Record<'category' | 'binary' | 'number' | 'several', Numbers>> & {
    readonly encoded: Readonly<Record<string, Numbers | readonly Numbers[]>>;
  };
};

describe('FeatureHasher', () => {
  const { data, results } = fixture.hasher;
  const whole = data.whole.map((value) => (value === null ? null : BigInt(value)));
  const wide = data.wide.map((value) => (value === null ? null : BigInt(value)));
  const table = inlineTable({ ...data, single: Float32Array.from(data.single), whole, wide }, 3);

  it.each(Object.keys(results))('puts values into the buckets of Spark: %s', async (name) => {
    const [kind, size] = name.split(' ');
    const numbers = ['real', 'single', 'whole', 'wide'];
    const hasher = new FeatureHasher({
      inputCols: Object.keys(data),
      outputCol: 'out',
      numFeatures: Number(size),
      categoricalCols: kind === 'categories' ? numbers : [],
    });
    const expected = results[name] as (typeof results)[string];
    const used = [...new Set(expected.flatMap((row) => Object.keys(row)))];
    const hashed = await hasher.transform(table);
    const struct = (await hashed.select('out').collect()).getChild('out');
    const found = expected.map((_, row) => {
      const value = struct?.get(row) as Record<string, number>;
      return Object.fromEntries(
        used.map((bucket) => [bucket, value[`h${bucket}`]]).filter(([, v]) => v !== 0),
      );
    });
    const kept = expected.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([, value]) => value !== 0)),
    );
    expect(found).toEqual(kept);
  });
});

describe('Normalizer', () => {
  const { data, results } = fixture.normalizer;
  const columns = Object.fromEntries([0, 1, 2].map((i) => [`x${i}`, data.map((row) => row[i])]));

  it.each(Object.keys(results))('has the norm of Spark, p = %s', async (p) => {
    const table = await new VectorAssembler({ inputCols: Object.keys(columns) }).transform(
      inlineTable(columns as Record<string, number[]>, 2),
    );
    const power = p === 'inf' ? Number.POSITIVE_INFINITY : Number(p);
    const normalizer = new Normalizer({ inputCol: 'features', outputCol: 'unit', p: power });
    const rows = await valuesOf(await normalizer.transform(table), 'unit');
    for (const [row, expected] of (results[p] as readonly Numbers[]).entries()) {
      const found = Object.values(rows[row] as object) as number[];
      for (const [i, value] of found.entries())
        expect(value).toBeCloseTo(expected[i] as number, 14);
    }
  });
});

describe('VarianceThresholdSelector', () => {
  it('keeps the features that Spark keeps', async () => {
    const { columns, variance } = fixture.univariate;
    const named = Object.fromEntries(columns.map((values, i) => [`x${i}`, values]));
    const table = await new VectorAssembler({ inputCols: Object.keys(named) }).transform(
      inlineTable(named, 3),
    );
    const selector = new VarianceThresholdSelector({ outputCol: 'kept', varianceThreshold: 1.2 });
    expect((await selector.fit(table)).selectedFeatures).toEqual(variance);
    expect(Object.keys(await contentOf(table)).length).toBe(columns.length + 1);
  });
});

describe('TargetEncoder', () => {
  const { category, binary, number, several, encoded } = fixture.target;
  const table = inlineTable({ category: Int32Array.from(category), binary, number, several }, 3);
  const labels = { binary: 'binary', continuous: 'number', multiclass: 'several' } as const;

  it.each(Object.keys(encoded))('gives the encodings of %s', async (name) => {
    const [library, kind = 'binary', smoothing] = name.split(' ');
    const targetType = kind as keyof typeof labels;
    const encoder = new TargetEncoder({
      inputCol: 'category',
      outputCol: 'code',
      labelCol: labels[targetType],
      targetType,
      smoothing: smoothing === 'auto' ? 'auto' : Number(smoothing),
    });
    const model = await encoder.fit(table);
    const [{ categories, values }] = model.encodings as [(typeof model.encodings)[number]];
    const width = model.classes?.length ?? 1;
    const expected = (library === 'spark' ? [encoded[name]] : encoded[name]) as readonly Numbers[];
    expect(expected.length).toBe(width);
    // theirs are in the order of the numbers, one list a class
    for (const [target, list] of expected.entries()) {
      for (const [code, value] of list.entries()) {
        const row = categories.indexOf(String(code));
        expect(values[row * width + target]).toBeCloseTo(value, 12);
      }
    }
  });
});
