/** What float32 columns of the fit had rounded is rounded in wider columns too: tables and rows get the same bits. */
import { describe, expect, it } from 'vitest';
import {
  createTable,
  type Estimator,
  GBTRegressor,
  IsolationForest,
  KMeans,
  LinearRegression,
  LogisticRegression,
  RandomForestRegressor,
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
