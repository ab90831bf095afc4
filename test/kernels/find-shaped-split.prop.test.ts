import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shapedScore, shapedValue } from '../../src/kernels/leaf-shape.ts';
import { categoryScratchBytes } from '../../src/tree/backend/cpu/candidate.ts';
import { arbitraryDraws, type Draws } from './draws.ts';
import {
  type CaseFeature,
  type CutSteps,
  findOn,
  findShapedOn,
  freeLimits,
  freeShape,
  placeNode,
  placeParams,
  placeShape,
  type SplitRows,
  type SplitShape,
} from './split-case.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();
const rowCounts = fc.integer({ min: 1, max: 60 });

function drawRows(draws: Draws, numRows: number, isCategory: () => boolean, most = 9): SplitRows {
  const feature = (): CaseFeature => {
    const numValues = 1 + draws.below(most);
    const missing = draws.pick([0, 0, 0.2]);
    const bins = draws.list(numRows, () => (draws.bool(missing) ? null : draws.below(numValues)));
    return { bins, numValues, isCategory: isCategory() };
  };
  return {
    g: draws.list(numRows, () => draws.below(201) - 100),
    h: draws.list(numRows, () => 1 + draws.below(30)),
    features: draws.list(1 + draws.below(5), feature),
  };
}

function drawShape(draws: Draws, numFeatures: number): SplitShape {
  const lower = draws.pick([Number.NEGATIVE_INFINITY, -2, -0.1, 0.4]);
  return {
    ...freeShape,
    alpha: draws.pick([0, 0, 30, 300]),
    maxDeltaStep: draws.pick([Number.POSITIVE_INFINITY, 0.7, 3]),
    smoothing: draws.pick([0, 0, 5]),
    value: draws.pick([0, 0.5, -1]),
    lower,
    upper: draws.pick([Number.POSITIVE_INFINITY, 0.5, 2]),
    directions: draws.list(numFeatures, () => draws.below(3) - 1),
  };
}

function drawSteps(draws: Draws, bound: () => number): CutSteps {
  let bin = 0;
  const step = () => [bin, bound(), bound(), bound(), bound()] as const;
  const first = step();
  const rest = draws.list(draws.below(4), () => {
    bin += 1 + draws.below(3);
    return step();
  });
  return { missing: [bound(), bound()], steps: [first, ...rest] };
}

type Bounds = Pick<SplitShape, 'lower' | 'upper'>;

/** The score of a side assignment; NaN where it is no split or runs against the direction. */
function scoreOfSides(
  rows: SplitRows,
  isLeft: readonly boolean[],
  shape: SplitShape,
  side: { lambda: number; direction: number; bounds?: readonly [Bounds, Bounds] },
): number {
  const { lambda, direction, bounds = [shape, shape] } = side;
  if (!isLeft.includes(true) || !isLeft.includes(false)) return Number.NaN;
  const [left, right] = [true, false].map((side) => {
    const chosen = isLeft.flatMap((is, i) => (is === side ? [i] : []));
    const G = chosen.reduce((sum, i) => sum + (rows.g[i] as number), 0);
    const H = chosen.reduce((sum, i) => sum + (rows.h[i] as number), 0);
    const rule = { ...shape, lambda };
    const frame = { value: shape.value, ...bounds[side ? 0 : 1] };
    const value = shapedValue(rule, frame, { G, H, rows: chosen.length });
    return { value, score: shapedScore(rule, G, H, value) };
  }) as [{ value: number; score: number }, { value: number; score: number }];
  if (direction * left.value > direction * right.value) return Number.NaN;
  return left.score + right.score;
}

function expectClose(found: number, wanted: number): void {
  const scale = Math.max(1, Math.abs(wanted));
  expect(found / scale).toBeCloseTo(wanted / scale, 9);
}

describe('findShapedSplit', () => {
  it('leaves the same bytes as its twin for any sums, limits and shapes', () => {
    const shift = fc.constantFrom(63, 64, 62, 40, 20, 0);
    fc.assert(
      fc.property(arbitraryDraws, shift, (draws, countShift) => {
        twins.clear();
        const small = draws.bool();
        const word = () => {
          if (draws.bool(0.3)) return 0n;
          const wide = draws.pick([draws.int64(), 2n ** 63n - 1n, -(2n ** 63n), 1n, -1n]);
          return small
            ? BigInt(draws.below(5)) << BigInt(draws.below(2) * (countShift % 62))
            : wide;
        };
        const words: number[] = [];
        let numEntries = 0;
        const numFeatures = draws.below(6);
        for (let f = 0; f < numFeatures; f++) {
          const numValues = draws.pick([0, 1, 2, 31, 32, 64, 255, draws.below(300)]);
          words.push(0, numEntries, numValues, numValues, draws.below(2), 0, 1, draws.below(99));
          numEntries += numValues + 1;
        }
        const limit = () => draws.pick([0, 1, 5, -1, 1e-3, 1e30, draws.float(0.3)]);
        const features = twins.u32(words);
        const hist = twins.i64(draws.list(numEntries * 2, word));
        const params = placeParams(twins, {
          gradUnit: draws.pick([1, 2 ** -30, limit()]),
          hessUnit: draws.pick([1, 2 ** -30, limit()]),
          lambda: limit(),
          minHess: limit(),
          minRows: limit(),
          categorySmooth: limit(),
          categoryLambda: limit(),
          minGroupRows: limit(),
          countShift,
          maxCategories: draws.pick([0, 1, 3, 400]),
          maxOneHot: draws.pick([0, 1, 4, 400]),
          isShort: 0,
        });
        const shape = placeShape(twins, {
          alpha: limit(),
          maxDeltaStep: limit(),
          smoothing: limit(),
          value: limit(),
          lower: limit(),
          upper: limit(),
          drawsOne: draws.below(2),
          drawKey: draws.bits(),
          directions: draws.bool() ? [] : draws.list(6, () => draws.below(3) - 1),
          steps: draws.bool() ? null : drawSteps(draws, limit),
        });
        const totals = twins.i64([word(), word()]);
        const mask = draws.bool() ? twins.place(Uint8Array.from(words, () => draws.below(2))) : 0;
        const begin = draws.below(numFeatures + 1);
        const end = begin + draws.below(numFeatures + 1 - begin);
        const [best, leftBins] = [twins.zeros(64), twins.zeros(48)] as const;
        const scratch = twins.scratch(categoryScratchBytes({ maxCategoryBins: 300 }));
        const head = [hist, features, begin, end, mask, params, totals, shape];
        twins.run('findShapedSplit', [...head, best, leftBins, scratch], true);
      }),
      { numRuns: 600 },
    );
  });

  it('finds what the plain finder finds where nothing bends the values', () => {
    fc.assert(
      fc.property(arbitraryDraws, rowCounts, (draws, numRows) => {
        twins.clear();
        const rows = drawRows(draws, numRows, () => draws.bool());
        const limits = { ...freeLimits, lambda: draws.pick([0, 1]), minRows: draws.below(4) };
        const node = placeNode(twins, rows, limits);
        const shape = placeShape(twins, freeShape);
        const plain = findOn(twins, node);
        const shaped = findShapedOn(twins, node, shape);
        expect(shaped.feature < 0).toBe(plain.feature < 0);
        if (plain.feature >= 0) expectClose(shaped.score, plain.score);
      }),
      { numRuns: 200 },
    );
  });

  it('finds the numeric split that lowers the penalised loss most, in the wanted direction', () => {
    fc.assert(
      fc.property(arbitraryDraws, rowCounts, (draws, numRows) => {
        twins.clear();
        const rows = drawRows(draws, numRows, () => false);
        const lambda = draws.pick([0, 1, 10]);
        const shape = drawShape(draws, rows.features.length);
        const node = placeNode(twins, rows, { ...freeLimits, lambda });
        const found = findShapedOn(twins, node, placeShape(twins, shape));
        let best = Number.NEGATIVE_INFINITY;
        rows.features.forEach(({ bins, numValues }, f) => {
          const side = { lambda, direction: shape.directions[f] as number };
          for (let bin = 0; bin < numValues; bin++) {
            for (const missingLeft of [true, false]) {
              const isLeft = bins.map((b) => (b === null ? missingLeft : b <= bin));
              const score = scoreOfSides(rows, isLeft, shape, side);
              if (score > best) best = score;
            }
          }
        });
        if (best === Number.NEGATIVE_INFINITY) expect(found.feature).toBe(-1);
        else expectClose(found.score, best);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the children of each cut within its own bounds, and the missing values of either', () => {
    fc.assert(
      fc.property(arbitraryDraws, rowCounts, (draws, numRows) => {
        twins.clear();
        const rows = drawRows(draws, numRows, () => false);
        const bound = () => draws.pick([-2, -0.5, 0, 0.3, 1]);
        const steps = drawSteps(draws, bound);
        const shape = { ...drawShape(draws, rows.features.length), smoothing: 0, steps };
        const node = placeNode(twins, rows, { ...freeLimits, lambda: 1 });
        const found = findShapedOn(twins, node, placeShape(twins, shape));
        const total = rows.h.reduce((sum, h) => sum + h, 0);
        let best = Number.NEGATIVE_INFINITY;
        rows.features.forEach(({ bins, numValues }, f) => {
          const hasMissing = bins.includes(null);
          for (let bin = 0; bin < numValues; bin++) {
            if (!bins.includes(bin)) continue;
            for (const missingLeft of hasMissing ? [true, false] : [null]) {
              const isLeft = bins.map((b) => (b === null ? missingLeft === true : b <= bin));
              const left = rows.h.reduce((sum, h, i) => sum + (isLeft[i] ? h : 0), 0);
              const [, ...own] = steps.steps.findLast(
                ([first]) => first <= bin,
              ) as CutSteps['steps'][0];
              const bounds = [0, 2].map((at): Bounds => {
                const [lower, upper] = [own[at] as number, own[at + 1] as number];
                // missing values that the node has not seen would go with the heavier side
                const missing = (missingLeft ?? 2 * left >= total) === (at === 0);
                if (!missing) return { lower, upper };
                const [least, most] = steps.missing;
                return { lower: Math.max(lower, least), upper: Math.min(upper, most) };
              }) as [Bounds, Bounds];
              const direction = shape.directions[f] as number;
              const score = scoreOfSides(rows, isLeft, shape, { lambda: 1, direction, bounds });
              if (score > best) best = score;
            }
          }
        });
        if (best === Number.NEGATIVE_INFINITY) expect(found.feature).toBe(-1);
        else expectClose(found.score, best);
      }),
      { numRuns: 300 },
    );
  });

  it('measures categories by the same rule', () => {
    fc.assert(
      fc.property(arbitraryDraws, rowCounts, (draws, numRows) => {
        twins.clear();
        const rows = drawRows(draws, numRows, () => true, 6);
        const shape = { ...drawShape(draws, 1), directions: [] };
        const node = placeNode(twins, rows, { ...freeLimits, lambda: 1, maxOneHot: 9 });
        const found = findShapedOn(twins, node, placeShape(twins, shape));
        let best = Number.NEGATIVE_INFINITY;
        for (const { bins, numValues } of rows.features) {
          for (let alone = 0; alone <= numValues; alone++) {
            const isLeft = bins.map((b) => (b ?? numValues) === alone);
            const score = scoreOfSides(rows, isLeft, shape, { lambda: 1, direction: 0 });
            if (score > best) best = score;
          }
        }
        if (best === Number.NEGATIVE_INFINITY) expect(found.feature).toBe(-1);
        else expectClose(found.score, best);
      }),
      { numRuns: 150 },
    );
  });

  it('draws one cut of a feature, each of its cuts about equally often', () => {
    twins.clear();
    // bins 3 to 7 of 12, none in bin 5: cuts 3, 4, 5, 6 and, where a value is missing, 7
    const bins = [3, 4, 6, 7, 7, 3, null];
    const rows = (last: number): SplitRows => ({
      g: [5, -3, 4, 9, 2, -6, 1].slice(0, last),
      h: [1, 1, 1, 1, 1, 1, 1].slice(0, last),
      features: [{ bins: bins.slice(0, last), numValues: 12, isCategory: false }],
    });
    for (const [last, cuts] of [
      [6, [3, 4, 5, 6]],
      [7, [3, 4, 5, 6, 7]],
    ] as const) {
      const seen = new Map<number, number>();
      for (let key = 0; key < 400; key++) {
        twins.clear();
        const node = placeNode(twins, rows(last));
        const shape = placeShape(twins, { ...freeShape, drawsOne: 1, drawKey: key * 7919 });
        const { bin } = findShapedOn(twins, node, shape);
        seen.set(bin, (seen.get(bin) ?? 0) + 1);
      }
      expect([...seen.keys()].sort((a, b) => a - b)).toEqual([...cuts]);
      for (const count of seen.values()) expect(count).toBeGreaterThan((400 / cuts.length) * 0.6);
    }
  });

  it('draws by the feature, not by the slice of features that a rank searches', () => {
    fc.assert(
      fc.property(arbitraryDraws, rowCounts, (draws, numRows) => {
        twins.clear();
        const rows = drawRows(draws, numRows, () => draws.bool(0.3));
        const node = placeNode(twins, rows);
        const shape = placeShape(twins, { ...freeShape, drawsOne: 1, drawKey: draws.bits() });
        const whole = findShapedOn(twins, node, shape);
        let best: ReturnType<typeof findShapedOn> | null = null;
        for (let f = 0; f < rows.features.length; f++) {
          const one = findShapedOn(twins, node, shape, [f, f + 1]);
          if (one.feature >= 0 && (best === null || one.score > best.score)) best = one;
        }
        expect(whole.feature).toBe(best?.feature ?? -1);
        if (best !== null) expect([whole.bin, whole.score]).toEqual([best.bin, best.score]);
      }),
      { numRuns: 150 },
    );
  });
});
