import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ForestSetting } from '../../src/tree/backend/cpu/forest-plan.ts';
import { arbitraryDraws, Draws } from './draws.ts';
import {
  cutsOf,
  drawForestRows,
  type ForestRowsCase,
  freeSetting,
  gainOf,
  placeForest,
  readForest,
  subsetsOf,
} from './forest-case.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();
const rowCounts = fc.constantFrom(1, 2, 5, 30, 90, 130, 300);

/** Every way to measure. */
const measures: readonly Partial<ForestSetting>[] = [
  {},
  { kind: 'two classes', numClasses: 2, impurity: 'gini', countShift: 36 },
  { kind: 'classes', numClasses: 2, impurity: 'gini', countShift: 36 },
  { kind: 'numbers', numClasses: 2 },
  { kind: 'numbers', numClasses: 5 },
  { kind: 'classes', numClasses: 4, impurity: 'gini', countShift: 36 },
  { kind: 'classes', numClasses: 3, impurity: 'entropy', countShift: 36 },
  ...(['kullbackLeibler', 'euclidean', 'chiSquared'] as const).flatMap((impurity) =>
    // one treatment, two, four
    [4, 6, 10].map((numClasses) => ({
      ...{ kind: 'classes' as const, numClasses, impurity, countShift: 36, minArmRows: 2 },
    })),
  ),
];
const measure = fc.constantFrom(...measures);

/** Those that say which way children may differ. */
const bounded = fc.constantFrom(...measures.slice(0, 3), {
  ...{ kind: 'classes', numClasses: 2, impurity: 'entropy', countShift: 36 },
} as const);

/** Random directions and bounds, in x / h. */
function boundsOf(draws: Draws, { kind }: ForestSetting) {
  const scale = kind === 'number' || kind === 'numbers' ? 30 : 1;
  const lower = draws.pick([Number.NEGATIVE_INFINITY, -0.5 * scale, 0.2 * scale]);
  const upper = draws.pick([Number.POSITIVE_INFINITY, 0.6 * scale]);
  return {
    monotone: { directions: draws.list(5, () => draws.pick([-1, 0, 1])), lower, upper },
  };
}

/** x / h of a side; of two classes the share of the second. */
function valueIn(
  { x, h }: ForestRowsCase,
  { kind }: ForestSetting,
  isLeft: readonly boolean[],
  side: boolean,
): number {
  let [sum, weight] = [0, 0];
  isLeft.forEach((left, i) => {
    if (left !== side) return;
    const [own, value] = [h[i] as number, x[i] as number];
    weight += own;
    sum += kind === 'number' ? value : value * own;
  });
  return sum / weight;
}

function search(rows: ForestRowsCase, setting: ForestSetting, padding = 0) {
  twins.clear();
  const node = placeForest(twins, rows, setting, padding);
  const args = [node.plan, node.rows, node.numRows, 77, node.best];
  const isSplit = twins.run('searchNode', args) === 1;
  return { isSplit, node, found: readForest(twins, node) };
}

function expectBest(
  rows: ForestRowsCase,
  setting: ForestSetting,
  sidesOf: (feature: ForestRowsCase['features'][number]) => boolean[][],
): void {
  const { isSplit, node, found } = search(rows, setting);
  let best = 0;
  for (const feature of rows.features) {
    for (const isLeft of sidesOf(feature)) {
      const numLeft = isLeft.filter((left) => left).length;
      const least = Math.max(1, setting.minInstancesPerNode);
      if (numLeft < least || isLeft.length - numLeft < least) continue;
      if (!hasAllArms(rows, setting, isLeft)) continue;
      best = Math.max(best, gainOf(rows, setting, isLeft));
    }
  }
  const weight = rows.h.reduce((sum, h) => sum + h, 0);
  const tolerance = 1e-9 * Math.max(1, best, weight);
  if (best <= tolerance) {
    if (isSplit) expect(found.gain).toBeLessThanOrEqual(2 * tolerance);
    return;
  }
  expect(isSplit).toBe(true);
  expect(Math.abs(found.gain - best)).toBeLessThanOrEqual(tolerance);
  const { bins } = node.features[found.place] as ForestRowsCase['features'][number];
  const isLeft = bins.map(found.goesLeft);
  expect(Math.abs(gainOf(rows, setting, isLeft) - best)).toBeLessThanOrEqual(tolerance);
  expect(found.runnerUpGain).toBeLessThanOrEqual(found.gain);
  expect(found.weight).toBe(weight);
  expect(found.numRows).toBe(rows.x.length);
}

/** Whether both sides have rows enough of each treatment and untreated ones, where a setting asks for it. */
function hasAllArms(
  { x }: ForestRowsCase,
  { minArmRows = 0, numClasses }: ForestSetting,
  isLeft: readonly boolean[],
): boolean {
  const counts = new Array<number>(numClasses).fill(0);
  isLeft.forEach((left, i) => {
    const arm = 2 * ((x[i] as number) >> 1) + (left ? 0 : 1);
    counts[arm] = (counts[arm] as number) + 1;
  });
  return minArmRows === 0 || counts.every((count) => count >= minArmRows);
}

describe('the best split of a forest node', () => {
  it('is the same in both twins, and the histogram is clear again, whatever the limits', () => {
    fc.assert(
      fc.property(arbitraryDraws, rowCounts, measure, (draws, numRows, how) => {
        const setting: ForestSetting = {
          ...{ ...freeSetting, ...how },
          numDrawn: draws.pick([0, 1, 2, 3]),
          minInstancesPerNode: draws.pick([1, 1, 4]),
          minWeight: draws.pick([0, 0, 9]),
          minGain: draws.pick([0, 0, 0.05]),
          maxCategoriesPerSplit: draws.pick([1, 3, 400]),
          rowsPerCategory: draws.pick([0, 0, 5, 40]),
          isRandom: draws.bool(0.3),
        };
        const rows = drawForestRows(draws, numRows, setting, {
          most: 5,
          values: [2, 7, 63, 64, 65, 200, 255, 300],
          category: () => draws.bool(0.4),
        });
        const numeric = rows.features.map((feature) =>
          feature.isCategory || feature.numValues < 256
            ? feature
            : { ...feature, isCategory: true },
        );
        const padding = draws.pick([0, 0, 60]);
        const bounded = draws.bool(0.4) ? boundsOf(draws, setting) : {};
        const { node } = search({ ...rows, features: numeric, ...bounded }, setting, padding);
        const words = twins.i64At(node.histogram, node.histogramBytes / 8);
        expect(words.every((word) => word === 0n)).toBe(true);
      }),
      { numRuns: 250 },
    );
  });

  it('is the best of all cuts', () => {
    fc.assert(
      fc.property(arbitraryDraws, rowCounts, measure, (draws, numRows, how) => {
        const setting = { ...freeSetting, ...how, minInstancesPerNode: 1 + draws.below(3) };
        const values = { most: 4, values: [2, 3, 9], category: () => false };
        expectBest(drawForestRows(draws, numRows, setting, values), setting, cutsOf);
      }),
      { numRuns: 150 },
    );
  });

  it('is the best of all cuts whose sides keep to a direction and to bounds', () => {
    fc.assert(
      fc.property(arbitraryDraws, rowCounts, bounded, (draws, numRows, how) => {
        const setting = { ...freeSetting, ...how };
        const values = { most: 4, values: [2, 3, 9], category: () => false };
        const rows = {
          ...drawForestRows(draws, numRows, setting, values),
          ...boundsOf(draws, setting),
        };
        expectBest(rows, setting, (feature) => {
          const { directions, lower, upper } = rows.monotone;
          const direction = directions[rows.features.indexOf(feature)] as number;
          return cutsOf(feature).filter((isLeft) => {
            const [left, right] = [
              valueIn(rows, setting, isLeft, true),
              valueIn(rows, setting, isLeft, false),
            ];
            if (direction === 0) return true;
            const inBounds = Math.min(left, right) >= lower && Math.max(left, right) <= upper;
            return inBounds && (right - left) * direction >= 0;
          });
        });
      }),
      { numRuns: 150 },
    );
  });

  it('is the best of all subsets of categories, for a number and for two classes', () => {
    fc.assert(
      fc.property(
        arbitraryDraws,
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(...measures.slice(0, 3)),
        (draws, numRows, how) => {
          const setting = { ...freeSetting, ...how };
          const values = { most: 3, values: [2, 4, 6], category: () => true };
          expectBest(drawForestRows(draws, numRows, setting, values), setting, subsetsOf);
        },
      ),
      { numRuns: 80 },
    );
  });

  it('is the best cut of names where categories have few rows', () => {
    fc.assert(
      fc.property(arbitraryDraws, rowCounts, measure, (draws, numRows, how) => {
        const setting = {
          ...{ ...freeSetting, ...how },
          rowsPerCategory: 1 << 20,
          maxCategoriesPerSplit: 1,
        };
        const values = { most: 3, values: [2, 9, 40], category: () => true };
        const rows = drawForestRows(draws, numRows, setting, values);
        expectBest(rows, setting, ({ bins, numValues }) =>
          Array.from({ length: numValues }, (_, i) => bins.map((bin) => bin !== null && bin <= i)),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('has the sums of its left side', () => {
    const draws = new Draws(4);
    for (const how of measures) {
      const setting = { ...freeSetting, ...how };
      const values = { most: 4, values: [9, 40], category: () => draws.bool() };
      const rows = drawForestRows(draws, 80, setting, values);
      const { found, node, isSplit } = search(rows, setting);
      expect(isSplit).toBe(true);
      const { bins } = node.features[found.place] as ForestRowsCase['features'][number];
      const one = 1n << BigInt(setting.countShift);
      const left = found.left.map(() => 0n);
      bins.forEach((bin, i) => {
        if (!found.goesLeft(bin)) return;
        const [x, h] = [BigInt(rows.x[i] as number), BigInt(rows.h[i] as number)];
        const others = (rows.others ?? []).map((column) => BigInt(column[i] as number));
        const isNumber = setting.kind === 'number' || setting.kind === 'numbers';
        const sums = isNumber ? [x, h + one, ...others] : [x * h, h + one];
        if (setting.kind === 'classes') left[Number(x)] = (left[Number(x)] as bigint) + h + one;
        else sums.forEach((sum, w) => (left[w] = (left[w] as bigint) + sum));
      });
      expect(found.left).toEqual(left);
    }
  });

  it('is the first of equals, in the order in which the features were drawn', () => {
    const rows: ForestRowsCase = {
      x: [0, 0, 5, 5],
      h: [1, 1, 1, 1],
      features: Array.from({ length: 8 }, () => ({
        isCategory: false,
        numValues: 2,
        bins: [0, 0, 1, 1],
      })),
    };
    expect(search(rows, freeSetting).found.place).toBe(0);
    const winners = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      const { node, found } = search(rows, { ...freeSetting, numDrawn: 3, seed });
      twins.run('drawFeatures', [node.plan, 77, 0]);
      expect(found.place).toBe(twins.result.i32(chosenOf(node.plan)));
      winners.add(found.place);
    }
    expect(winners.size).toBe(8);
  });

  it('is none where all rows are alike, or nothing gains', () => {
    const alike = { x: [3, 6, 9], h: [1, 2, 3] };
    const features = [{ isCategory: false, numValues: 3, bins: [0, 1, 2] }];
    expect(search({ ...alike, features }, freeSetting).isSplit).toBe(false);
    const pair = { ...freeSetting, kind: 'numbers', numClasses: 2 } as const;
    expect(search({ ...alike, others: [[2, 4, 6]], features }, pair).isSplit).toBe(false);
    expect(search({ ...alike, others: [[2, 4, 7]], features }, pair).isSplit).toBe(true);
    const balanced = { x: [1, 2, 1, 2], h: [1, 1, 1, 1] };
    const useless = [{ isCategory: false, numValues: 2, bins: [0, 0, 1, 1] }];
    expect(search({ ...balanced, features: useless }, freeSetting).isSplit).toBe(false);
  });

  it('tries further features while those drawn bring nothing', () => {
    const useless = { isCategory: false, numValues: 2, bins: [0, 0, 1, 1] };
    const useful = { isCategory: false, numValues: 2, bins: [0, 1, 0, 1] };
    const features = [useless, useless, useless, useful, useless, useless];
    const rows = { x: [1, 2, 1, 2], h: [1, 1, 1, 1], features };
    for (let seed = 0; seed < 10; seed++) {
      const { isSplit, found } = search(rows, { ...freeSetting, numDrawn: 1, seed });
      expect([isSplit, found.place]).toEqual([true, 3]);
    }
  });
});

/** Where the plan lists the chosen features. */
function chosenOf(plan: number): number {
  return twins.result.u32(plan + 52);
}

describe('random cuts', () => {
  const spread = (numRows: number): ForestRowsCase => ({
    x: Array.from({ length: numRows }, (_, i) => (i * 37) % 11),
    h: Array.from({ length: numRows }, () => 1),
    features: [
      {
        isCategory: false,
        numValues: 40,
        bins: Array.from({ length: numRows }, (_, i) => 10 + (i % 11)),
      },
    ],
  });

  it('lie between the lowest and the highest bin, all alike likely', () => {
    const counts = new Map<number, number>();
    for (let seed = 0; seed < 1500; seed++) {
      twins.clear();
      const node = placeForest(twins, spread(44), { ...freeSetting, isRandom: true });
      twins.run('searchNode', [node.plan, node.rows, node.numRows, seed * 7919 + 1, node.best]);
      const { last } = readForest(twins, node);
      counts.set(last, (counts.get(last) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 10 }, (_, i) => 10 + i),
    );
    // 150 each, standard deviation 11.6
    for (const count of counts.values()) expect(Math.abs(count - 150)).toBeLessThan(55);
  });

  it('send each category to a side of its own', () => {
    const bins = Array.from({ length: 60 }, (_, i) => i % 6);
    const features = [{ isCategory: true, numValues: 6, bins }];
    const rows = { ...spread(60), features };
    const lefts = new Set<string>();
    for (let seed = 0; seed < 400; seed++) {
      twins.clear();
      const node = placeForest(twins, rows, { ...freeSetting, isRandom: true });
      const args = [node.plan, node.rows, node.numRows, seed * 104729 + 3, node.best];
      if (twins.run('searchNode', args) === 0) continue;
      const { goesLeft } = readForest(twins, node);
      lefts.add([0, 1, 2, 3, 4, 5].map((bin) => (goesLeft(bin) ? 1 : 0)).join(''));
    }
    // of the 62 sets that leave nobody alone
    expect(lefts.size).toBeGreaterThan(55);
  });
});
