/**
 * Rounds that leave earlier ones out (DART): trees and weights are those of the definition, the same on any
 * topology, and without drops the model of plain boosting.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoostedModel } from '../../../src/ensemble/boosting/boosted-model.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { droppedRounds } from '../../../src/training/boosting/dropping-grower.ts';
import { treeBytes } from '../../tools/fitted-bytes.ts';
import { inlineTable } from '../../tools/inline-table.ts';
import { type DataRecipe, randomData, range } from '../../tools/random-data.ts';
import { columnNamed, pickRows } from '../../tools/sample-data.ts';
import { fitSample, predictedNumbers, scoreSample } from '../fit-sample.ts';
import {
  type EstimatorCase,
  estimatorCases,
  recipes,
  shapedCases,
  withFeatures,
} from '../random-estimators.ts';
import { expectSame, topologies } from '../topologies.ts';

const cases = fc.oneof(
  estimatorCases.GBTRegressor,
  estimatorCases.GBTClassifier,
  estimatorCases.GBTRanker,
  shapedCases,
);

/** With drops, and without what does not go with them. */
function withDrops({ name, options }: EstimatorCase, drops: object): EstimatorCase {
  const { holdOutFolds: _, numModels: __, earlyStoppingRounds: ___, ...rest } = options;
  return { name, options: { ...rest, ...drops } };
}

const recipe: DataRecipe = {
  seed: 21,
  numRows: 400,
  kinds: ['float64', 'words', 'integers'],
  missing: 0.1,
};
const data = randomData(recipe);
const regressor = (options: object): EstimatorCase =>
  withFeatures(
    { name: 'GBTRegressor', options: { labelCol: 'y', maxLeaves: 5, stepSize: 0.4, ...options } },
    recipe,
  );

describe('dropping rounds', () => {
  it('gives the same bytes on any topology', async () => {
    const drops = fc.record({
      maxIter: fc.constantFrom(3, 6),
      dropRate: fc.constantFrom(0.3, 1),
      skipDrop: fc.constantFrom(0, 0.3),
      maxDrop: fc.constantFrom(1, 50),
    });
    const wanted = fc.array(topologies, { minLength: 1, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(cases, drops, recipes, wanted, (found, own, rows, some) =>
        expectSame(withDrops(found, own), rows, some),
      ),
      { numRuns: 8, endOnFailure: true },
    );
  }, 60_000);

  it('is plain boosting where every round skips it', async () => {
    await fc.assert(
      fc.asyncProperty(cases, recipes, async (found, rows) => {
        const few = { ...rows, numRows: 30 + (rows.numRows % 300) };
        const sample = randomData(few);
        const plain = withFeatures(withDrops(found, {}), few);
        const skipping = withFeatures(withDrops(found, { dropRate: 1, skipDrop: 1 }), few);
        // plain rounds keep the best; without marked rows all are
        const options = (one: EstimatorCase): EstimatorCase => {
          const { validationIndicatorCol: _, ...rest } = one.options;
          return { ...one, options: rest };
        };
        const one = await fitSample(options(plain), sample);
        expect(treeBytes(await fitSample(options(skipping), sample))).toEqual(treeBytes(one));
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it('leaves as many rounds out as was said, and others with another seed', () => {
    const dropping = { rate: 0.2, skip: 0.4, most: 1000 };
    const sizes = range(400).map((i) => droppedRounds(dropping, 7, 300 + i).length);
    const some = sizes.filter((size) => size > 0);
    expect(some.length / 400).toBeGreaterThan(0.5);
    expect(some.length / 400).toBeLessThan(0.7);
    const mean = some.reduce((sum, size) => sum + size, 0) / some.length;
    expect(mean).toBeGreaterThan(90);
    expect(mean).toBeLessThan(110);
    const few = range(50).map((i) => droppedRounds({ ...dropping, most: 3 }, 7, 300 + i));
    expect(few.every((own) => own.length <= 3)).toBe(true);
    expect(droppedRounds(dropping, 7, 310)).not.toEqual(droppedRounds(dropping, 8, 310));
    expect(droppedRounds({ rate: 1, skip: 0, most: 50 }, 7, 4)).toEqual([0, 1, 2, 3]);
  });

  it('gives trees what the definition says, round by round', async () => {
    const drops = { dropRate: 0.4, skipDrop: 0.2 };
    const model = await fitSample(regressor({ maxIter: 12, leafCol: 'leaf', ...drops }), data);
    const leaf = (await scoreSample(model, data))['leaf'] as number[];
    const labels = columnNamed(data, 'y').cells.map(Number);
    const base = model.data.baseScores[0] as number;
    const values: Map<number, number>[] = [];
    const leafAt = (row: number, tree: number): number =>
      leaf[row * model.numTrees + tree] as number;
    let numDropped = 0;
    for (let round = 0; round < 12; round++) {
      const own = { rate: 0.4, skip: 0.2, most: 50 };
      const dropped = new Set(droppedRounds(own, 0, round));
      numDropped += dropped.size;
      const k = dropped.size;
      const sums = new Map<number, { left: number; rows: number }>();
      labels.forEach((label, row) => {
        let score = base;
        for (let t = 0; t < round; t++) {
          if (!dropped.has(t)) score += values[t]?.get(leafAt(row, t)) as number;
        }
        const { left, rows } = sums.get(leafAt(row, round)) ?? { left: 0, rows: 0 };
        sums.set(leafAt(row, round), { left: left + label - score, rows: rows + 1 });
      });
      values.push(
        new Map([...sums].map(([at, { left, rows }]) => [at, (0.4 / (k + 1)) * (left / rows)])),
      );
      for (const t of dropped) {
        for (const [at, value] of values[t] as Map<number, number>) {
          values[t]?.set(at, (value * k) / (k + 1));
        }
      }
    }
    expect(numDropped).toBeGreaterThan(8);
    const predictions = await predictedNumbers(model, data);
    predictions.forEach((found, row) => {
      const wanted = values.reduce(
        (sum, own, t) => sum + (own.get(leafAt(row, t)) as number),
        base,
      );
      expect(found).toBeCloseTo(wanted, 7);
    });
  });

  it('measures what the model of all rounds so far says', async () => {
    const drops = { dropRate: 0.5, skipDrop: 0, maxIter: 9 };
    const train = pickRows(data, range(300));
    const validation = pickRows(data, range(400).slice(300));
    const model = await fitSample(regressor(drops), train, { validation });
    const losses = model.summary.validationLosses;
    expect(losses).toHaveLength(9);
    expect(model.numTrees).toBe(9);
    const labels = columnNamed(validation, 'y').cells.map(Number);
    const predictions = await predictedNumbers(model, validation);
    const mse = labels.reduce((sum, y, i) => sum + (y - (predictions[i] as number)) ** 2, 0) / 100;
    expect(losses[8]).toBeCloseTo(mse, 8);
    for (const maxIter of [4, 9]) {
      const shorter = await fitSample(regressor({ ...drops, maxIter }), train, { validation });
      expect(shorter.summary.validationLosses).toEqual(losses.slice(0, maxIter));
    }
  });

  it('is refused with what it cannot keep', async () => {
    const make = (options: object) => () => new GBTRegressor(options);
    expect(make({ skipDrop: 0.5 })).toThrow(/skipDrop .* left out without dropRate/);
    for (const options of [{ numModels: 2 }, { earlyStoppingRounds: 3 }, { checkpointDir: 'x' }]) {
      expect(make({ dropRate: 0.1, ...options })).toThrow(/must be left out with dropRate/);
    }
    const table = inlineTable({ x: range(60), label: range(60) });
    const options = { featuresCols: ['x'], maxIter: 3 };
    const initialModel = await new GBTRegressor(options).fit(table);
    const dropping = new GBTRegressor({ ...options, dropRate: 0.5 });
    await expect(dropping.fit(table, { initialModel })).rejects.toMatchObject({
      code: 'PARAM_INVALID',
    });
    const model = await dropping.fit(table);
    expect(model).toBeInstanceOf(BoostedModel);
    await expect(model.refitLeaves(table)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});
