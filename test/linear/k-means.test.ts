/** Does KMeans find the clusters that are there, the same on any topology? */
import { afterAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import { KMeans } from '../../src/linear/k-means.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import { predictionsOf, savedBytes } from '../tools/fitted-bytes.ts';
import { KnobRunner, type Knobs } from '../tools/knob-runner.ts';
import { randomData } from '../tools/random-data.ts';
import { cutTable, evenCuts, type SampleData } from '../tools/sample-data.ts';

const pool = new ThreadPool(5, workerUrl());
afterAll(() => pool.close());
const alone = new KnobRunner(new InlineRunner());
const gang = new KnobRunner(pool);

const featuresCols = ['x0', 'x1', 'x2'];
const kinds = ['float32', 'integers', 'flags'] as const;

async function fitOn(estimator: KMeans, data: SampleData, layout: Knobs & { partitions?: number }) {
  const runner = layout.width === undefined ? alone : gang;
  runner.knobs = layout;
  const numRows = data[0]?.cells.length ?? 0;
  const table = cutTable(runner, data, evenCuts(numRows, layout.partitions ?? 1));
  const model = await estimator.fit(table);
  return { saved: await savedBytes(model), predictions: await predictionsOf(model, table) };
}

/** Points around five places, in two dimensions. */
function clouds(): { data: SampleData; places: number[][] } {
  const places = [
    [0, 0],
    [10, 0],
    [0, 10],
    [10, 10],
    [30, -20],
  ];
  const rows = Array.from({ length: 1000 }, (_, row) => row);
  const near = (at: number) =>
    rows.map((row) => (places[row % 5]?.[at] ?? 0) + Math.sin(row * (at + 7)));
  const column = (name: string, cells: number[]) => ({ name, type: 'float64' as const, cells });
  return { data: [column('a', near(0)), column('b', near(1))], places };
}

describe('KMeans', () => {
  it.each(['k-means||', 'random'] as const)(
    'is the same on any topology, begun by %s',
    async (initMode) => {
      const data = randomData({ seed: 4, numRows: 3100, kinds, missing: 0 });
      for (const weightCol of [undefined, 'w']) {
        const estimator = new KMeans({ featuresCols, k: 7, initMode, weightCol, seed: 9 });
        const wanted = await fitOn(estimator, data, {});
        for (const layout of [
          { width: 1, partitions: 7 },
          { width: 2, partitions: 2, kernels: 'reference' },
          { width: 3, partitions: 7 },
          { width: 5, partitions: 1 },
        ] as const) {
          expect(await fitOn(estimator, data, layout), JSON.stringify(layout)).toEqual(wanted);
        }
      }
    },
  );

  it('finds clouds that lie apart, at most seeds', async () => {
    const { data, places } = clouds();
    let numFound = 0;
    for (const seed of [0, 1, 2, 3, 4, 5, 6, 7]) {
      const estimator = new KMeans({ featuresCols: ['a', 'b'], k: 5, seed });
      const model = await estimator.fit(cutTable(alone, data));
      const isFound = places.every(([x = 0, y = 0]) =>
        model.clusterCenters.some(([a = 0, b = 0]) => Math.hypot(a - x, b - y) < 0.3),
      );
      if (!isFound) continue;
      numFound += 1;
      expect(model.summary.clusterSizes).toEqual([200, 200, 200, 200, 200]);
    }
    expect(numFound).toBeGreaterThanOrEqual(5);
  });

  it('puts each center at the mean of its rows, each row to its nearest, and says the cost', async () => {
    const data = randomData({ seed: 8, numRows: 900, kinds, missing: 0 });
    const table = cutTable(alone, data);
    const model = await new KMeans({ featuresCols, k: 4, tol: 0, maxIter: 300 }).fit(table);
    const scored = await (await model.transform(table)).collect();
    const rows = Array.from({ length: 900 }, (_, i) =>
      featuresCols.map((name) => Number(scored.getChild(name)?.get(i))),
    );
    const codes = rows.map((_, i) => scored.getChild('prediction')?.get(i) as number);
    const away = (row: number[], center: Float64Array): number =>
      row.reduce((sum, value, j) => sum + (value - (center[j] as number)) ** 2, 0);
    const centers = model.clusterCenters;
    let cost = 0;
    rows.forEach((row, i) => {
      const distances = centers.map((center) => away(row, center));
      const own = distances[codes[i] as number] as number;
      expect(own).toBeLessThanOrEqual(Math.min(...distances) + 1e-9);
      cost += own;
    });
    expect(model.summary.trainingCost).toBeCloseTo(cost, 6);
    centers.forEach((center, c) => {
      const members = rows.filter((_, i) => codes[i] === c);
      center.forEach((value, j) => {
        const mean = members.reduce((sum, row) => sum + (row[j] as number), 0) / members.length;
        expect(value).toBeCloseTo(mean, 9);
      });
    });
  });

  it('finds fewer clusters where there are fewer different rows', async () => {
    const cells = [1, 1, 2, 2, 2];
    const table = cutTable(alone, [{ name: 'a', type: 'float64', cells }]);
    const model = await new KMeans({ featuresCols: ['a'], k: 4 }).fit(table);
    expect(model.clusterCenters.map(([value]) => value).sort()).toEqual([1, 2]);
    expect(model.summary.trainingCost).toBe(0);
  });
});
