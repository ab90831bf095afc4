/**
 * Do feature stages give what Spark, scikit-learn and SciPy give? fixtures/make-features.py made theirs.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chiSquaredTail, fisherTail } from '../../src/base/special-functions.ts';
import { FeatureHasher } from '../../src/feature/categories/feature-hasher.ts';
import { TargetEncoder } from '../../src/feature/categories/target-encoder.ts';
import { UnivariateFeatureSelector } from '../../src/feature/selection/univariate-feature-selector.ts';
import { VarianceThresholdSelector } from '../../src/feature/selection/variance-threshold-selector.ts';
import { Normalizer } from '../../src/feature/vectors/normalizer.ts';
import { VectorAssembler } from '../../src/feature/vectors/vector-assembler.ts';
import { readPartition } from '../../src/table/plan/read-partition.ts';
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
    readonly groups: readonly Numbers[];
    readonly label: Numbers;
    readonly target: Numbers;
    readonly selected: Readonly<Record<string, Numbers>>;
    readonly tests: Readonly<
      Record<
        string,
        {
          readonly pValues: readonly (number | null)[];
          readonly statistics: readonly (number | null)[];
          readonly degrees?: Numbers;
        }
      >
    >;
  };
  readonly fTails: readonly (readonly [number, number, number, number])[];
  readonly chiTails: readonly (readonly [number, number, number])[];
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
    // only the buckets that are used, of a quarter of a million
    const columns = used.map((bucket) => ['out', `h${bucket}`]);
    const found: Record<string, number>[] = [];
    for (const partition of (await hashed.plan()).partitions) {
      const batch = await readPartition(partition, { columns });
      const struct = batch.getChildAt(0);
      for (let row = 0; row < batch.numRows; row++) {
        const values = Object.entries(struct?.get(row).toJSON() as Record<string, number>);
        const filled = values.filter(([, value]) => value !== 0);
        found.push(Object.fromEntries(filled.map(([bucket, value]) => [bucket.slice(1), value])));
      }
    }
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

describe('tails of distributions', () => {
  const near = (found: number, expected: number, what: string): void => {
    // SciPy itself is off by this much far out
    const bound = 1e-11 * expected + 1e-290;
    if (!(Math.abs(found - expected) <= bound)) expect([what, found]).toEqual([what, expected]);
  };

  it('are those of SciPy', () => {
    for (const [f, a, b, tail] of fixture.fTails)
      near(fisherTail(f, a, b), tail, `F ${f} ${a} ${b}`);
    for (const [x, k, tail] of fixture.chiTails) near(chiSquaredTail(x, k), tail, `χ² ${x} ${k}`);
    expect(fixture.fTails.length + fixture.chiTails.length).toBeGreaterThan(200);
  });
});

describe('UnivariateFeatureSelector', () => {
  const { columns, groups, label, target, tests, selected } = fixture.univariate;
  const kinds = {
    anova: { values: columns, labels: label, options: { labelType: 'categorical' } },
    regression: { values: columns, labels: target, options: {} },
    chi2: {
      values: groups,
      labels: label,
      options: { featureType: 'categorical', labelType: 'categorical' },
    },
  } as const;
  const selectorOf = async (kind: keyof typeof kinds, extra: object) => {
    const { values, labels, options } = kinds[kind];
    const named = Object.fromEntries(values.map((list, i) => [`x${i}`, list]));
    const assembler = new VectorAssembler({ inputCols: Object.keys(named) });
    const table = await assembler.transform(inlineTable({ ...named, label: labels }, 3));
    const selector = new UnivariateFeatureSelector({ outputCol: 'kept', ...options, ...extra });
    return await selector.fit(table);
  };

  it.each(Object.keys(tests))('tests features as in %s', async (name) => {
    const kind = name.replace(/Sklearn|Scipy/, '') as keyof typeof kinds;
    const { pValues, statistics, degrees } = tests[name] as (typeof tests)[string];
    const model = await selectorOf(kind, {});
    for (const [i, test] of model.tests.entries()) {
      const p = pValues[i] ?? 1;
      const statistic = statistics[i] ?? 0;
      // a feature that does not vary has no statistic there, or one of rounding errors
      if (p !== 1) {
        // Spark subtracts from 1 and has nothing left below 1e-16
        if (p < 1e-6 && degrees !== undefined) expect(test.pValue).toBeLessThan(p + 1e-15);
        else expect(Math.abs(test.pValue / p - 1)).toBeLessThan(1e-9);
        expect(Math.abs(test.statistic / statistic - 1)).toBeLessThan(1e-9);
      } else expect([test.pValue, test.statistic]).toEqual([1, 0]);
      if (degrees !== undefined) expect(test.degreesOfFreedom).toBe(degrees[i]);
    }
  });

  const thresholds = { numTopFeatures: 3, percentile: 0.5, fpr: 0.1, fdr: 0.1, fwe: 0.1 } as const;

  it.each(Object.keys(selected))('chooses what Spark chooses: %s', async (name) => {
    const [kind, mode] = name.split(' ') as [keyof typeof kinds, keyof typeof thresholds];
    const extra = { selectionMode: mode, selectionThreshold: thresholds[mode] };
    // Spark lists them by their p-values, and sorts them where it transforms
    const expected = [...(selected[name] as Numbers)].sort((a, b) => a - b);
    expect((await selectorOf(kind, extra)).selectedFeatures).toEqual(expected);
  });
});
