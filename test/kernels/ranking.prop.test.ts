import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exp, log } from '../../src/base/portable-math.ts';
import { pairRoom } from '../../src/training/ranking/ranked-groups.ts';
import { arbitraryDraws, Draws } from './draws.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();

/** Sizes of groups: none, one row, a block of the sort, several merges. */
const sizes = fc.array(fc.constantFrom(0, 1, 2, 5, 16, 17, 33, 70, 150), {
  minLength: 1,
  maxLength: 5,
});

function startsOf(groupSizes: readonly number[]): number[] {
  const starts = [0];
  for (const size of groupSizes) starts.push((starts.at(-1) as number) + size);
  return starts;
}

/** Lays out groups of rows and sorts them; few distinct scores, so that many tie. */
function layGroups(draws: Draws, groupSizes: readonly number[], numScores: number) {
  twins.clear();
  const starts = startsOf(groupSizes);
  const numRows = starts.at(-1) as number;
  const scores = draws.list(numRows, () => (draws.below(numScores) - numScores / 2) / 3);
  const at = {
    starts: twins.u32(starts),
    scores: twins.f64(scores),
    order: twins.zeros(numRows * 4),
    scratch: twins.zeros(numRows * 4),
  };
  return { starts, numRows, scores, at };
}

describe('drawing scores', () => {
  it('gives the bits of the twin, for the least and the largest draws too', () => {
    fc.assert(
      fc.property(arbitraryDraws, fc.integer({ min: 0, max: 40 }), (draws, numRows) => {
        twins.clear();
        const keys = twins.u32(draws.list(numRows, () => draws.below(2 ** 32)));
        const scores = twins.f64(draws.list(numRows, () => draws.float(0.3)));
        const out = twins.zeros(8 * numRows);
        const scale = draws.pick([1, 0.25, 3]);
        twins.run('drawScores', [keys, scores, numRows, draws.below(2 ** 32), scale, out]);
      }),
    );
    for (const wanted of [0, 2 ** 32 - 1]) {
      twins.clear();
      const key = unmixed(unmixed(wanted));
      const out = twins.zeros(24);
      const scores = twins.f64([0, 1, 2]);
      twins.run('drawScores', [twins.u32([key, key, key]), scores, 3, 0, 1, out]);
      const drawn = -log(-log(wanted === 0 ? 2 ** -33 : 1 - 2 ** -33));
      expect([...twins.f64At(out, 3)]).toEqual([drawn, 1 + drawn, 2 + drawn]);
    }
  });
});

/** What mix32 makes this number of. */
function unmixed(mixed: number): number {
  let x = mixed ^ (mixed >>> 16);
  x = Math.imul(x, inverseOf(0x846ca68b));
  x ^= (x >>> 15) ^ (x >>> 30);
  x = Math.imul(x, inverseOf(0x7feb352d));
  return (x ^ (x >>> 16)) >>> 0;
}

/** The inverse of an odd number among those of 32 bits, by Newton's steps. */
function inverseOf(odd: number): number {
  let inverse = odd;
  for (let step = 0; step < 5; step++) {
    inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse));
  }
  return inverse;
}

describe('sorting groups', () => {
  it('is stable, descending, and gives the bits of the twin', () => {
    fc.assert(
      fc.property(arbitraryDraws, sizes, fc.constantFrom(2, 9, 1e6), (draws, groupSizes, few) => {
        const { starts, numRows, scores, at } = layGroups(draws, groupSizes, few);
        twins.run('sortGroups', [at.starts, groupSizes.length, at.scores, at.order, at.scratch]);
        const wanted = groupSizes.flatMap((size, g) =>
          Array.from({ length: size }, (_, i) => (starts[g] as number) + i).sort(
            (a, b) => (scores[b] as number) - (scores[a] as number) || a - b,
          ),
        );
        expect([...twins.u32At(at.order, numRows)]).toEqual(wanted);
      }),
    );
  });
});

interface LambdaCase {
  readonly truncation: number;
  readonly sigma: number;
  readonly rules: number;
}

/** The precisions at the relevant rows, over how many there are. */
function averagePrecision(isRelevant: readonly number[]): number {
  let [sum, found] = [0, 0];
  isRelevant.forEach((one, place) => {
    found += one;
    if (one === 1) sum += found / (place + 1);
  });
  return sum / found;
}

/** LightGBM's formulas, pair by pair, over all rows of one group; for the average precision labels are 0 and 1. */
function lambdasByHand(
  scores: readonly number[],
  labels: readonly number[],
  ideal: number,
  { truncation, sigma, rules }: LambdaCase,
): { grads: number[]; hesses: number[] } {
  const grads = scores.map(() => 0);
  const hesses = scores.map(() => 0);
  const order = scores
    .map((_, i) => i)
    .sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  const discount = (place: number): number => Math.LN2 / Math.log(place + 2);
  const best = Math.max(...scores);
  const worst = Math.min(...scores);
  let sum = 0;
  order.forEach((a, i) => {
    order.slice(i + 1).forEach((b, rest) => {
      if (i >= truncation || labels[a] === labels[b]) return;
      const j = i + 1 + rest;
      const [high, low] = (labels[a] as number) > (labels[b] as number) ? [a, b] : [b, a];
      const delta = (scores[high] as number) - (scores[low] as number);
      const gap = 2 ** (labels[high] as number) - 2 ** (labels[low] as number);
      let change = ((rules & 2) > 0 ? gap : gap * Math.abs(discount(i) - discount(j))) * ideal;
      if ((rules & 8) > 0) {
        const swapped = order.with(i, b).with(j, a);
        const of = (rows: readonly number[]) =>
          averagePrecision(rows.map((row) => labels[row] as number));
        change = Math.abs(of(swapped) - of(order));
      }
      if ((rules & 16) > 0) change = 1;
      if ((rules & 5) === 1 && best !== worst) change /= 0.01 + Math.abs(delta);
      const p = 1 / (1 + exp(sigma * delta));
      grads[low] = (grads[low] as number) + sigma * change * p;
      grads[high] = (grads[high] as number) - sigma * change * p;
      const h = sigma * sigma * change * p * (1 - p);
      hesses[low] = (hesses[low] as number) + h;
      hesses[high] = (hesses[high] as number) + h;
      sum += 2 * sigma * change * p;
    });
  });
  const factor = rules % 2 === 1 && sum > 0 ? Math.log2(1 + sum) / sum : 1;
  return { grads: grads.map((g) => g * factor), hesses: hesses.map((h) => h * factor) };
}

describe('gradients of pairs', () => {
  it('follow the formulas, add up to 0 in a group, and give the bits of the twin', () => {
    const cases = fc.record({
      truncation: fc.constantFrom(1, 3, 30, 1000),
      sigma: fc.constantFrom(0.5, 1, 2),
      rules: fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 20, 21),
    });
    fc.assert(
      fc.property(arbitraryDraws, sizes, cases, (draws, groupSizes, found) => {
        const { starts, numRows, scores, at } = layGroups(
          draws,
          groupSizes,
          draws.pick([1, 5, 1e6]),
        );
        const isPrecision = (found.rules & 8) > 0;
        const labels = draws.list(numRows, () => draws.below(isPrecision ? 2 : 5));
        const gains = labels.map((label) => 2 ** label - 1);
        const longest = Math.max(...groupSizes);
        const discounts = Array.from({ length: longest }, (_, i) => Math.LN2 / log(i + 2));
        const ideals = groupSizes.map((_, g) => {
          const own = gains.slice(starts[g], starts[g + 1]).sort((a, b) => b - a);
          const dcg = own
            .slice(0, isPrecision ? own.length : found.truncation)
            .reduce((sum, gain, i) => sum + gain * (isPrecision ? 1 : (discounts[i] as number)), 0);
          return dcg > 0 ? 1 / dcg : 0;
        });
        const grads = twins.f64(draws.list(numRows, () => Number.NaN));
        const hesses = twins.f64(draws.list(numRows, () => Number.NaN));
        const rest = [gains, ideals, discounts].map((values) => twins.f64(values));
        const labelsAt = twins.f64(labels);
        const head = [at.starts, groupSizes.length];
        twins.run('sortGroups', [...head, at.scores, at.order, at.scratch]);
        twins.runOn('lambdaGradients', [
          ...head,
          at.order,
          at.scores,
          labelsAt,
          ...rest,
          found.truncation,
          found.sigma,
          found.rules,
          grads,
          hesses,
          twins.scratch(pairRoom(longest)),
        ]);
        const foundGrads = twins.f64At(grads, numRows);
        const foundHesses = twins.f64At(hesses, numRows);
        groupSizes.forEach((_, g) => {
          const [from, end] = [starts[g] as number, starts[g + 1] as number];
          const byHand = lambdasByHand(
            scores.slice(from, end),
            labels.slice(from, end),
            ideals[g] as number,
            found,
          );
          byHand.grads.forEach((grad, i) => {
            expect(foundGrads[from + i]).toBeCloseTo(grad, 9);
            expect(foundHesses[from + i]).toBeCloseTo(byHand.hesses[i] as number, 9);
          });
          const sum = foundGrads.slice(from, end).reduce((total, grad) => total + grad, 0);
          expect(Math.abs(sum)).toBeLessThan(1e-9);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('pull the better row up', () => {
    const draws = new Draws(1);
    const { at } = layGroups(draws, [2], 1);
    const grads = twins.zeros(16);
    const hesses = twins.zeros(16);
    const rest = [[0, 1], [1], [1, 0.5]].map((values) => twins.f64(values));
    const labels = twins.f64([0, 1]);
    twins.run('sortGroups', [at.starts, 1, at.scores, at.order, at.scratch]);
    twins.runOn('lambdaGradients', [
      ...[at.starts, 1, at.order, at.scores, labels, ...rest, 5, 1, 0],
      ...[grads, hesses, twins.scratch(pairRoom(2))],
    ]);
    expect([...twins.f64At(grads, 2)]).toEqual([0.25, -0.25]);
    expect([...twins.f64At(hesses, 2)]).toEqual([0.125, 0.125]);
  });
});

/** LightGBM's xendcg, term by term, over all rows of one group. */
function listByHand(scores: readonly number[], targets: readonly number[]) {
  const best = Math.max(...scores);
  const exps = scores.map((score) => exp(score - best));
  const sumOf = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0);
  const p = exps.map((e) => e / sumOf(exps));
  const rest = p.map((one) => Math.max(1 - one, 2 ** -40));
  const first = p.map((one, i) => one - (targets[i] as number) / sumOf(targets));
  const firstRatios = first.map((term, i) => term / (rest[i] as number));
  const others = (ratios: readonly number[]): number[] =>
    p.map((one, i) => one * sumOf(ratios.filter((_, j) => j !== i)));
  const second = others(firstRatios);
  const third = others(second.map((term, i) => term / (rest[i] as number)));
  return {
    grads: first.map((term, i) => term + (second[i] as number) + (third[i] as number)),
    hesses: p.map((one) => one * (1 - one)),
  };
}

describe('gradients of lists', () => {
  it('follow the formulas and give the bits of the twin', () => {
    fc.assert(
      fc.property(arbitraryDraws, sizes, (draws, groupSizes) => {
        const { starts, numRows, scores, at } = layGroups(
          draws,
          groupSizes,
          draws.pick([1, 5, 30]),
        );
        const targets = draws.list(numRows, () => 1 + draws.below(16) / 7);
        const targetsAt = twins.f64(targets);
        const grads = twins.f64(draws.list(numRows, () => Number.NaN));
        const hesses = twins.f64(draws.list(numRows, () => Number.NaN));
        twins.run('listGradients', [
          ...[at.starts, groupSizes.length, at.scores],
          ...[targetsAt, grads, hesses],
        ]);
        const foundGrads = twins.f64At(grads, numRows);
        const foundHesses = twins.f64At(hesses, numRows);
        groupSizes.forEach((size, g) => {
          const [from, end] = [starts[g] as number, starts[g + 1] as number];
          const byHand = listByHand(scores.slice(from, end), targets.slice(from, end));
          byHand.grads.forEach((grad, i) => {
            expect(foundGrads[from + i]).toBeCloseTo(size < 2 ? 0 : grad, 7);
            const hess = size < 2 ? 0 : (byHand.hesses[i] as number);
            expect(foundHesses[from + i]).toBeCloseTo(hess, 9);
          });
        });
      }),
      { numRuns: 60 },
    );
  });

  it('stay finite where one row has all the weight', () => {
    layGroups(new Draws(1), [2], 1);
    const starts = twins.u32([0, 3]);
    const scores = twins.f64([900, 0, -5]);
    const targets = twins.f64([1, 2, 3]);
    const grads = twins.zeros(24);
    const hesses = twins.zeros(24);
    twins.run('listGradients', [starts, 1, scores, targets, grads, hesses]);
    for (const grad of twins.f64At(grads, 3)) expect(Math.abs(grad)).toBeLessThan(2);
  });
});
