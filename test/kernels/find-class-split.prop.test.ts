import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryDraws, Draws } from './draws.ts';
import { type CaseFeature, readSplit } from './split-case.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();
const rowCounts = fc.integer({ min: 1, max: 50 });

/** Rows with a class and a weight. */
interface ClassRows {
  readonly labels: readonly number[];
  readonly weights: readonly number[];
  readonly numClasses: number;
  readonly features: readonly CaseFeature[];
}

const freeLimits = { minWeight: 0, minRows: 0, isEntropy: false, maxCategories: 1 << 20 };
type Limits = typeof freeLimits;

function placeParams(limits: Limits): number {
  const params = twins.f64([limits.minWeight, limits.minRows, 0, 0]);
  twins.stage.setU32(params + 16, limits.isEntropy ? 1 : 0);
  twins.stage.setU32(params + 20, limits.maxCategories);
  return params;
}

// features are listed last first, and one-byte features have their missing bin at 255
function findIn(rows: ClassRows, limits: Partial<Limits> = {}) {
  const { labels, weights, numClasses, features } = rows;
  twins.clear();
  const list: number[] = [];
  const starts: number[] = [];
  const words: number[] = [];
  const entries: bigint[] = [];
  const count = (sums: bigint[], at: number, i: number) => {
    const to = at * numClasses + (labels[i] as number);
    sums[to] = (sums[to] as bigint) + (1n << 36n) + BigInt(weights[i] as number);
  };
  for (const [f, feature] of features.entries()) {
    const missingAt = feature.numValues + (f % 2 === 0 ? 0 : 5);
    words.push(0, 0, feature.numValues, missingAt, feature.isCategory ? 1 : 0, 0, 1, 0);
    list.unshift(f);
    starts.unshift(entries.length / numClasses);
    const sums = Array<bigint>((missingAt + 1) * numClasses).fill(0n);
    for (const [i, bin] of feature.bins.entries()) count(sums, bin ?? missingAt, i);
    entries.push(...sums);
  }
  const totals = Array<bigint>(numClasses).fill(0n);
  for (const i of labels.keys()) count(totals, 0, i);
  const most = Math.max(0, ...features.map((feature) => feature.numValues));
  const [hist, featuresAt, listAt] = [
    twins.i64(entries),
    twins.u32(words),
    twins.u32([...list, ...starts]),
  ] as const;
  const params = placeParams({ ...freeLimits, ...limits });
  const totalsAt = twins.i64(totals);
  const best = twins.zeros(56 + numClasses * 8);
  const leftBins = twins.zeros(((most + 64) >> 6) * 8);
  const scratch = twins.zeros(numClasses * 16 + (most + 1) * 12);
  const head = [hist, featuresAt, listAt, list.length, numClasses, params, totalsAt];
  twins.run('findClassSplit', [...head, best, leftBins, scratch], true);
  return { ...readSplit(twins, best, leftBins), left: twins.i64At(best + 56, numClasses) };
}

/** Σ L_k² / L + Σ R_k² / R, or the entropy form. */
function scoreOfSide(rows: ClassRows, isLeft: readonly boolean[], isEntropy: boolean): number {
  let score = 0;
  for (const side of [true, false]) {
    const counts = Array<number>(rows.numClasses).fill(0);
    for (const [i, label] of rows.labels.entries()) {
      if (isLeft[i] === side)
        counts[label] = (counts[label] as number) + (rows.weights[i] as number);
    }
    const all = counts.reduce((sum, n) => sum + n, 0);
    for (const n of counts) {
      if (isEntropy) score += n === 0 ? 0 : n * Math.log(n / all);
      else score += (n * n) / all;
    }
  }
  return score;
}

function drawRows(
  draws: Draws,
  numRows: number,
  numClasses: number,
  isCategory: () => boolean,
): ClassRows {
  const labels = draws.list(numRows, () => draws.below(numClasses));
  const weights = labels.map(() => draws.pick([1, 1, 2, 7]));
  const features = draws.list(1 + draws.below(4), () => {
    const numValues = 1 + draws.below(7);
    const missing = draws.pick([0, 0.2]);
    const bins = labels.map(() => (draws.bool(missing) ? null : draws.below(numValues)));
    return { bins, numValues, isCategory: isCategory() };
  });
  return { labels, weights, numClasses, features };
}

function expectBest(rows: ClassRows, sides: Iterable<boolean[]>, limits: Partial<Limits>): void {
  const found = findIn(rows, limits);
  const isEntropy = limits.isEntropy === true;
  let best = Number.NEGATIVE_INFINITY;
  for (const isLeft of sides) {
    const numLeft = isLeft.filter((left) => left).length;
    const fewest = Math.max(1, limits.minRows ?? 0);
    if (numLeft < fewest || isLeft.length - numLeft < fewest) continue;
    best = Math.max(best, scoreOfSide(rows, isLeft, isEntropy));
  }
  if (best === Number.NEGATIVE_INFINITY) {
    expect(found.feature).toBe(-1);
    return;
  }
  expect(Math.abs(found.score - best)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(best)));
  const { bins } = rows.features[found.feature] as CaseFeature;
  const isLeft = bins.map((b) => (b === null ? found.missingLeft === 1 : found.goesLeft(b)));
  const described = scoreOfSide(rows, isLeft, isEntropy);
  expect(Math.abs(described - best)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(best)));
  const left = Array<bigint>(rows.numClasses).fill(0n);
  for (const [i, label] of rows.labels.entries()) {
    const row = (1n << 36n) + BigInt(rows.weights[i] as number);
    if (isLeft[i]) left[label] = (left[label] as bigint) + row;
  }
  expect([...found.left]).toEqual(left);
}

it('leaves the same bytes as its twin for any counts and limits', () => {
  const classes = fc.integer({ min: 1, max: 6 });
  fc.assert(
    fc.property(arbitraryDraws, classes, fc.boolean(), (draws, numClasses, isEntropy) => {
      twins.clear();
      const word = () =>
        draws.bool(0.4) ? 0n : draws.pick([draws.int64(), 1n << 36n, 5n, (3n << 36n) + 9n]);
      const numFeatures = draws.below(5);
      const sizes = draws.list(numFeatures, () =>
        draws.pick([0, 1, 31, 32, 63, 64, 255, draws.below(40)]),
      );
      const words = sizes.flatMap((numValues) => [
        0,
        0,
        numValues,
        numValues,
        draws.below(2),
        0,
        1,
        0,
      ]);
      let numEntries = 0;
      const starts = sizes.map((numValues) => {
        numEntries += numValues + 1;
        return numEntries - numValues - 1;
      });
      const features = twins.u32(words);
      const list = twins.u32([...sizes.keys(), ...starts]);
      const hist = twins.i64(draws.list(numEntries * numClasses, word));
      const limit = () => draws.pick([0, 1, 5, -1, draws.float(0.3)]);
      const maxCategories = draws.pick([0, 1, 3, 400]);
      const params = placeParams({
        minWeight: limit(),
        minRows: limit(),
        isEntropy,
        maxCategories,
      });
      const totals = twins.i64(draws.list(numClasses, word));
      const [best, leftBins] = [twins.zeros(56 + numClasses * 8), twins.zeros(40)] as const;
      const scratch = twins.zeros(numClasses * 16 + 256 * 12);
      const head = [hist, features, list, numFeatures, numClasses, params, totals];
      twins.run('findClassSplit', [...head, best, leftBins, scratch], true);
    }),
    { numRuns: 300 },
  );
});

it('finds the best numeric split of any number of classes', () => {
  const classes = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(
      arbitraryDraws,
      rowCounts,
      classes,
      fc.boolean(),
      (draws, numRows, numClasses, isEntropy) => {
        const rows = drawRows(draws, numRows, numClasses, () => false);
        const sides = rows.features.flatMap(({ bins, numValues }) =>
          Array.from({ length: 2 * numValues }, (_, i) =>
            bins.map((b) => (b === null ? i % 2 === 0 : b <= i >> 1)),
          ),
        );
        expectBest(rows, sides, { isEntropy, minRows: draws.below(4) });
      },
    ),
    { numRuns: 200 },
  );
});

it('finds the best of all subsets of the categories where there are two classes', () => {
  fc.assert(
    fc.property(arbitraryDraws, rowCounts, fc.boolean(), (draws, numRows, isEntropy) => {
      const rows = drawRows(draws, numRows, 2, () => true);
      const sides = rows.features.flatMap(({ bins, numValues }) =>
        Array.from({ length: 2 << numValues }, (_, subset) =>
          bins.map((b) => ((subset >> (b ?? numValues)) & 1) === 1),
        ),
      );
      expectBest(rows, sides, { isEntropy });
    }),
    { numRuns: 100 },
  );
});

describe('findClassSplit', () => {
  const feature = (bins: readonly (number | null)[], numValues: number, isCategory: boolean) => ({
    ...{ bins, numValues, isCategory },
  });

  it('finds a planted group of categories of one class among five', () => {
    const draws = new Draws(23);
    const planted = new Set([0, 33, 64]);
    const bins = draws.list(2000, () => draws.below(70));
    const noise = draws.list(2000, () => draws.below(255));
    const labels = bins.map((b) => (planted.has(b) ? 4 : draws.below(4)));
    const features = [
      feature(noise, 255, false),
      feature(bins, 70, true),
      feature(noise, 255, true),
    ];
    const weights = labels.map(() => 1);
    const found = findIn({ labels, weights, numClasses: 5, features }, { maxCategories: 10 });
    expect(found.feature).toBe(1);
    expect(Array.from({ length: 70 }, (_, b) => b).filter((b) => found.goesLeft(b))).toEqual([
      0, 33, 64,
    ]);
  });

  it('keeps weight and rows of both sides above their limits', () => {
    const rows = {
      ...{ labels: [0, 1, 1], weights: [1, 5, 5], numClasses: 2 },
      features: [feature([0, 1, 1], 2, false)],
    };
    expect(findIn(rows).feature).toBe(0);
    expect(findIn(rows, { minRows: 2 }).feature).toBe(-1);
    expect(findIn(rows, { minWeight: 2 }).feature).toBe(-1);
  });

  it('sends categories that the node did not see with the heavier side', () => {
    const left = (bins: readonly number[], labels: readonly number[]) => {
      const weights = labels.map(() => 1);
      const found = findIn({ labels, weights, numClasses: 2, features: [feature(bins, 5, true)] });
      return [0, 1, 2, 3, 4].filter((b) => found.goesLeft(b));
    };
    expect(left([1, 1, 1, 3], [1, 1, 1, 0])).toEqual([0, 1, 2, 4]);
    expect(left([1, 1, 1, 3], [0, 0, 0, 1])).toEqual([3]);
  });
});
