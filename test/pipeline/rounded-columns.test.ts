/** What float32 columns of the fit had rounded is rounded in wider columns too: tables and rows get the same bits. */
import { describe, expect, it } from 'vitest';
import {
  createTable,
  type Estimator,
  GBTRegressor,
  Imputer,
  IsolationForest,
  KMeans,
  LinearRegression,
  LogisticRegression,
  Pipeline,
  RandomForestRegressor,
  StandardScaler,
  StringIndexer,
  TargetEncoder,
  VectorAssembler,
} from '../../src/index.ts';

const numRows = 200;
const wide = Float64Array.from({ length: numRows }, (_, i) => Math.sin(i) * 100);
const single = Float32Array.from(wide);
const label = Float64Array.from(wide, (value) => Number(value > 0));

const y = Float64Array.from(wide, (value) => value ** 2);
const options = { featuresCols: ['x', 'n'] };
const estimators: readonly Estimator[] = [
  new GBTRegressor({ ...options, labelCol: 'y', maxIter: 20, linearLeaves: true }),
  new RandomForestRegressor({ ...options, labelCol: 'y', numTrees: 10 }),
  new IsolationForest({ ...options, numTrees: 20 }),
  new LinearRegression({ ...options, labelCol: 'y' }),
  new LogisticRegression(options),
  new KMeans({ ...options, k: 5 }),
];

describe('a model of float32 columns', () => {
  it.each(estimators.map((one) => [one.className, one] as const))(
    'answers a table of wider numbers as its scorer does: %s',
    async (_, estimator) => {
      const model = await estimator.fit(
        createTable({ x: single, n: single.map(Math.trunc), label, y }),
      );
      const score = await (
        model as unknown as { scorer(): Promise<(row: object) => object> }
      ).scorer();
      // between two numbers of float32, and integers that it does not have
      const columns = { x: wide, n: Int32Array.from(wide, (_, i) => 2 ** 24 + i) };
      const table = await (await model.transform(createTable(columns))).collect();
      const names = model.predictionColumns as { readonly predictionCol: string };
      const said = Array.from(table.getChild(names.predictionCol) ?? []);
      const rows = Array.from(wide, (x, i) => ({ x, n: columns.n[i] }));
      expect(said).toEqual(rows.map((row) => (score(row) as { prediction: unknown }).prediction));
      const rounded = createTable({ x: single, n: Float32Array.from(columns.n) });
      const same = await (await model.transform(rounded)).collect();
      expect(said).toEqual(Array.from(same.getChild(names.predictionCol) ?? []));
    },
  );
});

describe('a pipeline of feature stages', () => {
  const x = Array.from(wide, (value, i) => (i % 9 === 0 ? null : value));
  const assemble = new VectorAssembler({ inputCols: ['z', 'n'], outputCol: 'both' });
  const scale = new StandardScaler({ inputCol: 'both', outputCol: 'scaled', withMean: true });
  const impute = new Imputer({ inputCol: 'x', outputCol: 'filled' });
  const line = new LinearRegression({ featuresCols: ['filled', 'm'], labelCol: 'y' });
  const narrow = { x: single, z: single, n: single.map(Math.trunc), y };
  const given = { x, z: wide, n: Int32Array.from(wide, (_, i) => 2 ** 24 + i), more: y };

  it('of float32 columns reads wider ones as its scorer does, and leaves them as they were', async () => {
    const stages = [impute, new Imputer({ inputCol: 'n', outputCol: 'm' }), line];
    const model = await new Pipeline({ stages }).fit(createTable(narrow));
    const table = createTable({ ...given, n: Float32Array.from(given.n) });
    const told = await model.transform(createTable(given) as never);
    expect(told.columns).toEqual(['x', 'z', 'n', 'more', 'filled', 'm', 'prediction']);
    expect(told.schema.fields.map(({ type }) => `${type}`).slice(1, 6)).toEqual([
      ...['Float64', 'Int32', 'Float64', 'Float32', 'Float32'],
    ]);
    const collected = await told.collect();
    expect(Array.from(collected.getChild('x') ?? [])).toEqual(x);
    expect(Array.from(collected.getChild('n') ?? [])).toEqual([...given.n]);
    const said = Array.from(collected.getChild('prediction') ?? []);
    const score = await model.scorer();
    expect(x.map((value, i) => score({ x: value, n: given.n[i] }).prediction)).toEqual(said);
    const rounded = await (await model.transform(table as never)).collect();
    expect(Array.from(rounded.getChild('m') ?? [])).toEqual(
      Array.from(collected.getChild('m') ?? []),
    );
  });

  it('of parts does so in structs, and of float64 columns with float32 ones', async () => {
    const lines = new LinearRegression({ featuresCols: ['scaled', 'filled'], labelCol: 'y' });
    const both = [...[assemble, scale], new Imputer({ inputCol: 'x', outputCol: 'filled' }), lines];
    for (const [fit, later] of [
      [narrow, given],
      [
        { ...narrow, x: wide },
        { ...given, x: single.map((value, i) => (i === 3 ? Number.NaN : value)) },
      ],
    ] as const) {
      const model = await new Pipeline({ stages: both }).fit(createTable(fit));
      const said = (await (await model.transform(createTable(later))).collect()).getChild(
        'prediction',
      );
      const score = await model.scorer();
      const rows = Array.from(
        later.n,
        (n, i) => score({ x: later.x[i], z: later.z[i], n }).prediction,
      );
      expect(Array.from(said ?? [])).toEqual(rows);
    }
  });

  it('tells integers apart that only float64 takes for others', async () => {
    const ids = BigUint64Array.of(1n, 2n ** 53n + 1n, 2n ** 64n - 1n, 1n);
    const label = Float64Array.of(1, 2, 3, 4);
    const of = (stage: Estimator) => [
      ...[stage, new GBTRegressor({ featuresCols: ['i'], minInstancesPerNode: 1, maxIter: 3 })],
    ];
    const keep = { inputCol: 'id', outputCol: 'i', handleInvalid: 'keep' } as const;
    const model = await new Pipeline({ stages: of(new StringIndexer(keep)) }).fit(
      createTable({ id: ids, label }),
    );
    const signed = createTable({ id: BigInt64Array.of(-1n, 1n, 2n ** 53n + 1n, -5n) });
    const said = (await (await model.transform(signed)).collect()).getChild('prediction');
    const score = await model.scorer();
    const rows = [-1n, 1n, 2n ** 53n + 1n, -5n].map((id) => score({ id }).prediction);
    expect(rows).toEqual(Array.from(said ?? []));
    const encoder = new TargetEncoder({ ...keep, labelCol: 'label' });
    const encoded = await new Pipeline({ stages: of(encoder) }).fit(
      createTable({ id: ids, label }),
    );
    expect(() => encoded.toModule()).toThrow(
      '18446744073709551615 in id; cast the column to string',
    );
  });
});
