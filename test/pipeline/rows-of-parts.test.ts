/** Rows that are scored alone, by columns: structs as objects, vectors as lists, and columns that no stage reads. */
import { describe, expect, it } from 'vitest';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { VectorAssembler } from '../../src/feature/vectors/vector-assembler.ts';
import { LinearRegression } from '../../src/linear/linear-regression.ts';
import { LinearSVC } from '../../src/linear/linear-svc.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import type { Model } from '../../src/pipeline/model.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { OneVsRest } from '../../src/stacking/committee/one-vs-rest.ts';
import { inlineTable, valuesOf } from '../tools/inline-table.ts';

type Row = Readonly<Record<string, unknown>>;
type Score = (row: Row) => { readonly prediction: unknown };

const rows = Array.from({ length: 90 }, (_, i) => i);
const flat = inlineTable({
  a: Float64Array.from(rows, (i) => (i * 7) % 30),
  b: Float64Array.from(rows, (i) => i % 11),
  isOdd: rows.map((i) => i % 3 === 0),
  vector: rows.map((i) => [i % 5, (i * i) % 7]),
  label: Float64Array.from(rows, (i) => ((i * 7) % 30) + (i % 5) + (i % 3 === 0 ? 9 : 0)),
  kind: rows.map((i) => ['low', 'mid', 'high'][Math.floor(((i * 7) % 30) / 10)] as string),
});
const table = await new VectorAssembler({ inputCols: ['a', 'b'], outputCol: 's' }).transform(flat);
const nested = rows.map((i) => ({
  s: { a: (i * 7) % 30, b: i % 11 },
  vector: [i % 5, (i * i) % 7],
}));

/** The scorer, and the module. */
async function scorersOf(model: Model): Promise<Score[]> {
  const own = model as Model & { scorer(): Promise<Score> };
  const url = `data:text/javascript,${encodeURIComponent(model.toModule())}`;
  return [await own.scorer(), ((await import(url)) as { predict: Score }).predict];
}

async function expectAlike(estimator: Estimator, given: readonly Row[]): Promise<Score[]> {
  const model = await estimator.fit(table);
  const wanted = await valuesOf(await model.transform(table), 'prediction');
  expect(new Set(wanted).size).toBeGreaterThan(2);
  const scorers = await scorersOf(model);
  for (const score of scorers) expect(given.map((row) => score(row).prediction)).toEqual(wanted);
  return scorers;
}

const parts = { featuresCols: ['s', 'vector'], maxIter: 5 };
const trees = new GBTRegressor({ ...parts, minInstancesPerNode: 2 });
const regressors = {
  trees,
  'a linear model': new LinearRegression(parts),
  'a pipeline': new Pipeline({ stages: [trees] }),
};

describe.each(Object.entries(regressors))('a row with a struct and a vector: %s', (_, own) => {
  it('is scored as in a table', async () => {
    const scorers = await expectAlike(own, nested);
    for (const score of scorers) {
      expect(() => score({ s: 1, vector: [1, 2] })).toThrow(/column s of a row must be/);
      expect(() => score({ s: { a: 1 }, vector: [1] })).toThrow(/column vector of a row must be/);
    }
  });
});

describe('a row by the names of parts', () => {
  it('is scored as one by columns', async () => {
    const named = nested.map(({ s, vector }) => ({
      ...{ 's.a': s.a, 's.b': s.b, vector_0: vector[0], vector_1: vector[1] },
    }));
    await expectAlike(trees, named);
    await expectAlike(new GBTRegressor({ featuresCol: 's', maxIter: 5 }), nested);
    const own = nested.map(({ s }) => s);
    await expectAlike(new GBTRegressor({ featuresCol: 's', maxIter: 5 }), own);
  });
});

describe('a row of a pipeline', () => {
  const stages = [
    new GBTClassifier({ featuresCols: ['a', 'isOdd'], labelCol: 'kind', maxIter: 3 }),
  ];
  const given = rows.map((i) => ({ a: (i * 7) % 30, isOdd: i % 3 === 0 }));

  it('may hold anything under names that no stage reads', async () => {
    const odd = given.map((row) => ({ ...row, label: 'unknown', vector: 'none', kind: 3 }));
    await expectAlike(new Pipeline({ stages }), odd);
    const scale = new VectorAssembler({ inputCols: ['a', 'b'], outputCol: 'x' });
    const machine = new LinearSVC({ featuresCol: 'x', labelCol: 'kind' });
    const classifier = new Pipeline({ stages: [scale, machine] });
    await expectAlike(
      new OneVsRest({ classifier }),
      nested.map(({ s }) => ({ ...s, kind: 'mid' })),
    );
  });

  it('is told in the declarations without what no stage reads', async () => {
    const model = await new Pipeline({ stages }).fit(table);
    expect(model.toModuleDeclarations()).toMatch(/columns: readonly \["a", "isOdd"\]/);
  });

  it('has true and false as numbers too, and nothing else in their place', async () => {
    const scorers = await expectAlike(
      new Pipeline({ stages }),
      given.map((row) => ({ ...row, isOdd: row.isOdd ? 1 : 0 })),
    );
    for (const score of scorers) {
      for (const isOdd of ['yes', 2, {}])
        expect(() => score({ a: 1, isOdd })).toThrow(/column isOdd of a row/);
    }
  });
});
