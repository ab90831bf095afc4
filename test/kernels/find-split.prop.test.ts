import fc from 'fast-check';
import { expect, it } from 'vitest';
import { categoryScratchBytes } from '../../src/tree/backend/cpu/candidate.ts';
import { arbitraryDraws, type Draws } from './draws.ts';
import {
  type CaseFeature,
  findIn,
  findOn,
  freeLimits,
  placeNode,
  placeParams,
  type SplitRows,
  scoreOfSide,
} from './split-case.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();
const rowCounts = fc.integer({ min: 1, max: 60 });

function drawFeature(
  draws: Draws,
  numRows: number,
  isCategory: boolean,
  most: number,
): CaseFeature {
  const numValues = 1 + draws.below(most);
  const missing = draws.pick([0, 0, 0.2]);
  const bins = draws.list(numRows, () => (draws.bool(missing) ? null : draws.below(numValues)));
  return { bins, numValues, isCategory };
}

function drawRows(draws: Draws, numRows: number, isCategory: () => boolean, most = 9): SplitRows {
  const sameHess = draws.bool();
  return {
    g: draws.list(numRows, () => draws.below(201) - 100),
    h: draws.list(numRows, () => (sameHess ? 1 : 1 + draws.below(30))),
    features: draws.list(1 + draws.below(5), () => drawFeature(draws, numRows, isCategory(), most)),
  };
}

it('leaves the same bytes as its twin for any sums and limits', () => {
  const shift = fc.constantFrom(63, 64, 62, 40, 32, 20, 1, 0);
  fc.assert(
    fc.property(arbitraryDraws, shift, (draws, countShift) => {
      twins.clear();
      const small = draws.bool();
      const word = () => {
        if (draws.bool(0.3)) return 0n;
        const wide = draws.pick([draws.int64(), 2n ** 63n - 1n, -(2n ** 63n), 1n, -1n]);
        return small ? BigInt(draws.below(5)) << BigInt(draws.below(2) * (countShift % 62)) : wide;
      };
      const words: number[] = [];
      let numEntries = 0;
      const numFeatures = draws.below(6);
      for (let f = 0; f < numFeatures; f++) {
        const numValues = draws.pick([0, 1, 2, 31, 32, 63, 64, 255, draws.below(300)]);
        words.push(0, numEntries, numValues, numValues, draws.below(2), 0, 1, 0);
        numEntries += numValues + 1;
      }
      const limit = () => draws.pick([0, 1, 5, -1, 1e-3, 1e30, draws.float(0.3)]);
      const features = twins.u32(words);
      const hist = twins.i64(draws.list(numEntries * 2, word));
      const isShort = small && countShift >= 63 && draws.bool();
      // units are powers of two; elsewhere anything goes
      const unit = () => draws.pick(isShort ? [1, 2 ** -30, 2 ** 9] : [1, 2 ** -30, 0, limit()]);
      const params = placeParams(twins, {
        gradUnit: unit(),
        hessUnit: unit(),
        lambda: limit(),
        minHess: limit(),
        minRows: limit(),
        categorySmooth: limit(),
        categoryLambda: limit(),
        minGroupRows: limit(),
        countShift,
        maxCategories: draws.pick([0, 1, 3, 400]),
        maxOneHot: draws.pick([0, 1, 4, 400]),
        isShort: isShort ? 1 : 0,
      });
      const totals = twins.i64([word(), word()]);
      const mask = draws.bool() ? twins.place(Uint8Array.from(words, () => draws.below(2))) : 0;
      const begin = draws.below(numFeatures + 1);
      const end = begin + draws.below(numFeatures + 1 - begin);
      const [best, leftBins] = [twins.zeros(64), twins.zeros(48)] as const;
      const scratch = twins.scratch(categoryScratchBytes({ maxCategoryBins: 300 }));
      const head = [hist, features, begin, end, mask, params, totals];
      twins.run('findSplit', [...head, best, leftBins, scratch], true);
    }),
    { numRuns: 600 },
  );
});

it('leaves the same bytes as its twin for packed sums, and finds what it finds in wide ones', () => {
  fc.assert(
    fc.property(arbitraryDraws, fc.boolean(), (draws, isShort) => {
      twins.clear();
      const words: number[] = [];
      let numEntries = 0;
      const numFeatures = draws.below(6);
      for (let f = 0; f < numFeatures; f++) {
        const numValues = draws.pick([0, 1, 2, 31, 32, 255, draws.below(300)]);
        words.push(0, numEntries, numValues, numValues, draws.below(2), 0, 1, 0);
        numEntries += numValues + 1;
      }
      const empty = draws.pick([0, 0.2, 0.9, 1]);
      const sums = draws.list(numEntries, () =>
        draws.bool(empty)
          ? ([0n, 0n] as const)
          : ([BigInt(draws.below(2001) - 1000), BigInt(1 + draws.below(5000))] as const),
      );
      // most features have nothing missing
      for (let f = 0; f < numFeatures; f++) {
        const missing = (words[8 * f + 1] as number) + (words[8 * f + 2] as number);
        if (draws.bool(0.7)) sums[missing] = [0n, 0n];
      }
      const params = placeParams(twins, {
        gradUnit: 2 ** -10,
        hessUnit: 2 ** -12,
        lambda: draws.pick([0, 1]),
        minHess: draws.pick([0, 0.5]),
        minRows: 0,
        categorySmooth: 1,
        categoryLambda: 1,
        minGroupRows: 0,
        countShift: 63,
        maxCategories: 4,
        maxOneHot: draws.pick([0, 4]),
        isShort: isShort ? 1 : 0,
      });
      const [first] = [words[2] ?? 0];
      const node = sums
        .slice(0, first + 1)
        .reduce(([g, h], sum) => [g + sum[0], h + sum[1]], [0n, 0n]);
      const totals = twins.i64([...node]);
      const features = twins.u32(words);
      const packed = twins.i64(sums.map(([g, h]) => (g << 32n) + h));
      const wide = twins.i64(sums.flat());
      const mask = draws.bool() ? twins.place(Uint8Array.from(words, () => draws.below(2))) : 0;
      const [best, leftBins] = [twins.zeros(64), twins.zeros(48)] as const;
      const scratch = twins.scratch(categoryScratchBytes({ maxCategoryBins: 300 }));
      const room = twins.zeros(302 * 20 + 64 + 48);
      // features that cannot matter are not taken apart
      twins.ignore(room, 302 * 20);
      const tail = [features, 0, numFeatures, mask, params, totals];
      twins.run('findSplit', [wide, ...tail, best, leftBins, scratch], true);
      const found = [...twins.i64At(best, 8), ...twins.i64At(leftBins, 6)];
      const other = [room + 302 * 20, room + 302 * 20 + 64] as const;
      twins.runOn(
        'findPackedSplit',
        [packed, ...tail, ...other, scratch, room, room + 302 * 16],
        true,
      );
      expect([...twins.i64At(other[0], 8), ...twins.i64At(other[1], 6)]).toEqual(found);
    }),
    { numRuns: 400 },
  );
});

it('passes over no feature of packed sums that is best or runner-up, where many are nearly equal', () => {
  fc.assert(
    fc.property(arbitraryDraws, fc.integer({ min: 3, max: 12 }), (draws, numFeatures) => {
      twins.clear();
      const numValues = 2 + draws.below(9);
      const scale = draws.pick([1, 40, 30_000]);
      const sums = draws.list(
        numValues,
        () => [draws.below(2 * scale + 1) - scale, 8 + draws.below(scale + 1)] as const,
      );
      // each feature has the same rows, some moved to another bin
      const features = draws.list(numFeatures, () => {
        const own: [number, number][] = sums.map(([g, h]) => [g, h]);
        for (let moved = draws.below(4); moved > 0; moved--) {
          const [from, to] = [draws.below(numValues), draws.below(numValues)];
          const [g, h] = own[from] as [number, number];
          const some = draws.below(3);
          const target = own[to] as [number, number];
          own[from] = [g - some, h - some];
          own[to] = from === to ? [g, h] : [target[0] + some, target[1] + some];
        }
        return own;
      });
      const words = features.flatMap((_, f) => [
        ...[0, f * (numValues + 1), numValues, numValues, 0, 0, 1, 0],
      ]);
      const entries = features.flatMap((own) => [...own, [0, 0] as const]);
      const params = placeParams(twins, {
        ...freeLimits,
        gradUnit: 2 ** -7,
        hessUnit: 2 ** -9,
        lambda: draws.pick([0, 1]),
        minHess: draws.pick([0, 0.01, 1]),
        countShift: 63,
        isShort: 1,
      });
      const total = (side: 0 | 1) => BigInt(sums.reduce((sum, entry) => sum + entry[side], 0));
      const totals = twins.i64([total(0), total(1)]);
      const table = twins.u32(words);
      const packed = twins.i64(entries.map(([g, h]) => (BigInt(g) << 32n) + BigInt(h)));
      const wide = twins.i64(entries.flat().map(BigInt));
      const [best, leftBins, scratch] = [
        twins.zeros(64),
        twins.zeros(64),
        twins.scratch(categoryScratchBytes({ maxCategoryBins: 300 })),
      ];
      const room = twins.zeros(302 * 20);
      const other = twins.zeros(128);
      const tail = [table, 0, numFeatures, 0, params, totals];
      twins.run('findSplit', [wide, ...tail, best, leftBins, scratch], true);
      const found = [...twins.i64At(best, 8)];
      const rest = [other, other + 64, scratch, room, room + 302 * 16];
      twins.ignore(room, 302 * 20);
      twins.runOn('findPackedSplit', [packed, ...tail, ...rest], true);
      expect([...twins.i64At(other, 8)]).toEqual(found);
    }),
    { numRuns: 600 },
  );
});

it('finds the numeric split of the highest gain that the limits allow', () => {
  fc.assert(
    fc.property(arbitraryDraws, rowCounts, (draws, numRows) => {
      const rows = drawRows(draws, numRows, () => false);
      const isCounted = draws.bool();
      const limits = {
        lambda: draws.pick([0, 1, 10]),
        minRows: isCounted ? draws.below(5) : 0,
        minHess: draws.below(9),
        countShift: isCounted ? 40 : 63,
        isShort: draws.below(2),
      };
      const found = findIn(twins, rows, limits);
      let best = Number.NEGATIVE_INFINITY;
      for (const { bins, numValues } of rows.features) {
        for (let bin = 0; bin < numValues; bin++) {
          for (const missingLeft of [true, false]) {
            const isLeft = bins.map((b) => (b === null ? missingLeft : b <= bin));
            if (isAllowed(rows, isLeft, limits)) {
              best = Math.max(best, scoreOfSide(rows, isLeft, limits.lambda));
            }
          }
        }
      }
      if (best === Number.NEGATIVE_INFINITY) expect(found.feature).toBe(-1);
      else expect(found.score / Math.max(best, 1)).toBeCloseTo(best / Math.max(best, 1), 12);
      if (found.feature >= 0) expectSides(rows, found, limits.lambda, isCounted);
    }),
    { numRuns: 300 },
  );
});

it('looks at two bins at once with the same answer, where equals and empty bins abound', () => {
  fc.assert(
    fc.property(arbitraryDraws, fc.integer({ min: 1, max: 12 }), (draws, numRows) => {
      const features = draws.list(1 + draws.below(3), () => {
        const numValues = 1 + draws.below(12);
        const first = draws.below(numValues);
        const missing = draws.pick([0, 0.3, 0.8]);
        const bin = () => (draws.bool(missing) ? null : first + draws.below(numValues - first));
        return { bins: draws.list(numRows, bin), numValues, isCategory: false };
      });
      const few = draws.bool() ? 1 : 3;
      // sums of 12 rows stay under 2^51
      const unit = draws.pick([1, 2 ** 30 - 1, 2 ** 46 + 1]);
      const rows = {
        g: draws.list(numRows, () => unit * (draws.below(few) - (few >> 1))),
        h: draws.list(numRows, () => unit * (1 + draws.below(2))),
        features,
      };
      findIn(twins, rows, {
        lambda: draws.pick([0, 1]),
        minRows: draws.below(3),
        minHess: unit * draws.below(3),
        countShift: draws.pick(unit === 1 ? [63, 40, 20] : [63, 55]),
        isShort: 1,
      });
    }),
    { numRuns: 2000 },
  );
});

it('sorts categories and looks at them from both ends with the same answer, where equals abound', () => {
  fc.assert(
    fc.property(arbitraryDraws, fc.integer({ min: 1, max: 300 }), (draws, numRows) => {
      const few = draws.pick([1, 3, 1000]);
      const rows = {
        g: draws.list(numRows, () => draws.below(few) - (few >> 1)),
        h: draws.list(numRows, () => 1 + draws.below(draws.pick([1, 40]))),
        features: draws.list(1 + draws.below(2), () =>
          drawFeature(draws, numRows, true, draws.pick([3, 40, 140])),
        ),
      };
      findIn(twins, rows, {
        lambda: draws.pick([0, 1]),
        minRows: draws.below(4),
        minHess: draws.pick([0, 1, 20]),
        minGroupRows: draws.pick([0, 1, 3, 1e30]),
        categorySmooth: draws.pick([0, 10]),
        categoryLambda: draws.pick([0, 10]),
        maxCategories: draws.pick([0, 1, 32, 1000]),
        maxOneHot: draws.pick([0, 4]),
        countShift: draws.pick([63, 40, 20]),
        isShort: draws.pick([0, 1, 1]),
      });
    }),
    { numRuns: 500 },
  );
});

function isAllowed(
  rows: SplitRows,
  isLeft: readonly boolean[],
  { minRows, minHess }: { minRows: number; minHess: number },
): boolean {
  const numLeft = isLeft.filter((left) => left).length;
  const numRight = isLeft.length - numLeft;
  if (numLeft === 0 || numRight === 0) return false;
  const sumHess = (side: boolean) =>
    rows.h.reduce((sum, h, i) => sum + (isLeft[i] === side ? h : 0), 0);
  const enoughHess = sumHess(true) >= minHess && sumHess(false) >= minHess;
  return numLeft >= minRows && numRight >= minRows && enoughHess;
}

// the left sums and the score that the kernel wrote belong to the sides that it described
function expectSides(
  rows: SplitRows,
  found: ReturnType<typeof findIn>,
  lambda: number,
  isCounted = true,
): void {
  const { bins } = rows.features[found.feature] as CaseFeature;
  const isLeft = bins.map((b) => (b === null ? found.missingLeft === 1 : found.goesLeft(b)));
  const left = isLeft.map((_, i) => i).filter((i) => isLeft[i]);
  const sum = (values: readonly number[]) =>
    BigInt(left.reduce((s, i) => s + (values[i] as number), 0));
  expect(found.leftGrad).toBe(sum(rows.g));
  expect(found.leftHess).toBe((isCounted ? BigInt(left.length) << 40n : 0n) + sum(rows.h));
  const score = scoreOfSide(rows, isLeft, lambda);
  expect(found.score / Math.max(score, 1)).toBeCloseTo(score / Math.max(score, 1), 12);
}

it('finds the best of all subsets of the categories, the missing one among them', () => {
  fc.assert(
    fc.property(arbitraryDraws, rowCounts, (draws, numRows) => {
      const rows = drawRows(draws, numRows, () => true, 8);
      const found = findIn(twins, rows);
      let best = Number.NEGATIVE_INFINITY;
      for (const { bins, numValues } of rows.features) {
        for (let subset = 1; subset < 1 << (numValues + 1); subset++) {
          const isLeft = bins.map((b) => ((subset >> (b ?? numValues)) & 1) === 1);
          if (isLeft.includes(true) && isLeft.includes(false)) {
            best = Math.max(best, scoreOfSide(rows, isLeft, 0));
          }
        }
      }
      if (best === Number.NEGATIVE_INFINITY) expect(found.feature).toBe(-1);
      else expect(found.score / Math.max(best, 1)).toBeCloseTo(best / Math.max(best, 1), 12);
      if (found.feature >= 0) expectSides(rows, found, 0);
    }),
    { numRuns: 150 },
  );
});

it('tries each category against the rest where few are present', () => {
  fc.assert(
    fc.property(arbitraryDraws, rowCounts, (draws, numRows) => {
      const rows = drawRows(draws, numRows, () => true, 8);
      const found = findIn(twins, rows, { maxOneHot: 9, lambda: 1, categoryLambda: 1e9 });
      let best = Number.NEGATIVE_INFINITY;
      for (const { bins, numValues } of rows.features) {
        for (let alone = 0; alone <= numValues; alone++) {
          const isLeft = bins.map((b) => (b ?? numValues) === alone);
          if (isLeft.includes(true) && isLeft.includes(false)) {
            best = Math.max(best, scoreOfSide(rows, isLeft, 1));
          }
        }
      }
      if (best === Number.NEGATIVE_INFINITY) expect(found.feature).toBe(-1);
      else {
        expect(found.score / Math.max(best, 1)).toBeCloseTo(best / Math.max(best, 1), 12);
        expect(found.numLeft).toBe(1);
        expectSides(rows, found, 1);
      }
    }),
    { numRuns: 150 },
  );
});

it('finds the same best and runner-up whether features are searched at once or in slices', () => {
  fc.assert(
    fc.property(arbitraryDraws, rowCounts, (draws, numRows) => {
      const rows = drawRows(draws, numRows, () => draws.bool(), 4);
      // equal features make ties
      const features = rows.features.flatMap((feature) =>
        draws.bool() ? [feature, feature] : [feature],
      );
      twins.clear();
      const counting = draws.bool() ? {} : { countShift: 63, isShort: 1 };
      const node = placeNode(
        twins,
        { ...rows, features },
        { ...freeLimits, lambda: 1, ...counting },
      );
      const whole = findOn(twins, node);
      const cut = draws.below(features.length + 1);
      const slices = [findOn(twins, node, [0, cut]), findOn(twins, node, [cut, features.length])];
      const candidates = slices
        .flatMap((s) => [
          { score: s.score, feature: s.feature },
          { score: s.runnerUpScore, feature: s.runnerUp },
        ])
        .filter(({ feature }) => feature >= 0)
        .sort((a, b) => b.score - a.score || a.feature - b.feature);
      expect(candidates[0]?.feature ?? -1).toBe(whole.feature);
      expect(candidates[1]?.feature ?? -1).toBe(whole.runnerUp);
      expect(candidates[0]?.score ?? Number.NEGATIVE_INFINITY).toBe(whole.score);
      expect(candidates[1]?.score ?? Number.NEGATIVE_INFINITY).toBe(whole.runnerUpScore);
    }),
    { numRuns: 300 },
  );
});
