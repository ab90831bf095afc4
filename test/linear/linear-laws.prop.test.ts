/**
 * A linear model is a function of its rows as a set: threads, partitions, processes' shares, the order of rows and
 * the twin of the kernels cannot show in its bytes, and rows of weight 0 are as if they were not there.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import { LinearRegression } from '../../src/linear/linear-regression.ts';
import { LinearSVC } from '../../src/linear/linear-svc.ts';
import { LogisticRegression } from '../../src/linear/logistic-regression.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import type { Model } from '../../src/pipeline/model.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import { predictionsOf, savedBytes } from '../tools/fitted-bytes.ts';
import { KnobRunner, type Knobs } from '../tools/knob-runner.ts';
import { randomData, range, shuffled, withWeights } from '../tools/random-data.ts';
import {
  columnNamed,
  cutTable,
  evenCuts,
  pickRows,
  type SampleData,
} from '../tools/sample-data.ts';

const pool = new ThreadPool(5, workerUrl());
afterAll(() => pool.close());
const alone = new KnobRunner(new InlineRunner());
const gang = new KnobRunner(pool);

const penalties = fc.record({
  regParam: fc.constantFrom(0, 1e-3, 0.1),
  elasticNetParam: fc.constantFrom(0, 0.5, 1),
  standardization: fc.boolean(),
  fitIntercept: fc.boolean(),
  nonnegative: fc.boolean(),
  maxIter: fc.constantFrom(3, 15),
  hasOffset: fc.boolean(),
});

const featuresCols = ['x0', 'x1', 'x2', 'x3', 'x4'];

const classWeights = 'balanced';

/** Drawn parameters. */
interface Drawn extends Record<string, unknown> {
  readonly hasOffset?: boolean;
}

const offsetOf = (hasOffset: boolean | undefined) => (hasOffset === true ? { offsetCol: 'o' } : {});

/** Estimators by name, of random parameters. */
const estimators = {
  'binomial LogisticRegression': ({ hasOffset, ...options }: Drawn) =>
    new LogisticRegression({ labelCol: 'b', featuresCols, ...offsetOf(hasOffset), ...options }),
  'multinomial LogisticRegression': ({ hasOffset: _, ...options }: Drawn) =>
    new LogisticRegression({ labelCol: 'k', featuresCols, classWeights, ...options }),
  LinearSVC: ({ elasticNetParam: _, nonnegative: __, hasOffset, ...options }: Drawn) =>
    new LinearSVC({
      ...{ labelCol: 'b', featuresCols, classWeights, ...offsetOf(hasOffset) },
      ...options,
    }),
  LinearRegression: ({ hasOffset, ...options }: Drawn) =>
    new LinearRegression({ labelCol: 'y', featuresCols, ...offsetOf(hasOffset), ...options }),
} as const;

function sample(seed: number, numRows: number): SampleData {
  const kinds = ['float32', 'float64', 'integers', 'flags', 'constant'] as const;
  return randomData({ seed, numRows, kinds, missing: 0 });
}

async function fitOn(
  estimator: Estimator<Model>,
  data: SampleData,
  layout: Knobs & { readonly partitions?: number } = {},
) {
  const runner = layout.width === undefined ? alone : gang;
  runner.knobs = layout;
  const cuts = evenCuts(data[0]?.cells.length ?? 0, layout.partitions ?? 1);
  const table = cutTable(runner, data, cuts);
  const model = await estimator.fit(table);
  return { saved: await savedBytes(model), predictions: await predictionsOf(model, table) };
}

describe.each(Object.entries(estimators))('%s', (_, make) => {
  it('saves the same bytes and predicts the same on any topology', async () => {
    const layouts = [
      { width: 1, partitions: 7 },
      { width: 2, partitions: 1 },
      { width: 3, partitions: 2, kernels: 'reference' },
      { width: 5, partitions: 7 },
    ] as const;
    await fc.assert(
      fc.asyncProperty(penalties, fc.integer({ max: 2 ** 31 - 1 }), async (options, seed) => {
        const data = sample(seed, 2100);
        const estimator = make({ ...options, weightCol: 'w' });
        const wanted = await fitOn(estimator, data);
        for (const layout of layouts) {
          expect(await fitOn(estimator, data, layout), JSON.stringify(layout)).toEqual(wanted);
        }
      }),
      { numRuns: 2 },
    );
  }, 60_000);

  it('does not see the order of rows, nor rows of weight 0', async () => {
    await fc.assert(
      fc.asyncProperty(penalties, fc.integer({ max: 2 ** 31 - 1 }), async (options, seed) => {
        const data = sample(seed, 700);
        const estimator = make({ ...options, weightCol: 'w' });
        const { saved } = await fitOn(estimator, data);
        let state = seed >>> 0;
        const random = (): number => {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          return state / 2 ** 32;
        };
        const moved = pickRows(data, shuffled(range(700), random));
        expect((await fitOn(estimator, moved)).saved).toEqual(saved);
        const weights = columnNamed(data, 'w').cells;
        const kept = pickRows(
          data,
          range(700).filter((row) => weights[row] !== 0),
        );
        const summaryOnly = /metadata|MANIFEST/;
        const withoutFacts = (files: Record<string, string>) =>
          Object.entries(files).filter(([name]) => !summaryOnly.test(name));
        expect(withoutFacts((await fitOn(estimator, kept)).saved)).toEqual(withoutFacts(saved));
      }),
      { numRuns: 3 },
    );
  }, 60_000);

  it('takes a weight of 2 for a row that is there twice', async () => {
    const data = withWeights(
      sample(3, 400),
      range(400).map((row) => 1 + (row % 2)),
    );
    const twice = withWeights(
      pickRows(
        data,
        range(400).flatMap((row) => (row % 2 === 1 ? [row, row] : [row])),
      ),
      new Array(600).fill(1),
    );
    const penalty = { regParam: 0.01, standardization: false, tol: 1e-12 };
    const options = { ...penalty, weightCol: 'w', hasOffset: true };
    const one = (await fitOn(make({ ...options, maxIter: 500 }), data)).predictions;
    const other = await make({ ...options, maxIter: 500 }).fit(cutTable(alone, twice));
    const again = await predictionsOf(other, cutTable(alone, data));
    for (const [name, cells] of Object.entries(one)) {
      cells.forEach((cell, i) => {
        const found = again[name]?.[i];
        if (typeof cell === 'number') expect(found).toBeCloseTo(cell, 6);
        else expect(found).toBe(cell);
      });
    }
  });
});
