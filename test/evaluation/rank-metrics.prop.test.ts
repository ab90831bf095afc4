import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortedOrder } from '../../src/base/sorted-order.ts';
import { mergeRuns, type ScoreRuns, scoreRuns } from '../../src/evaluation/parts/score-runs.ts';
import { rankMetrics, rocCurve } from '../../src/evaluation/rank-metrics.ts';

interface Row {
  readonly score: number;
  readonly isPositive: boolean;
  readonly weight: number;
}

const rowArbitrary: fc.Arbitrary<Row> = fc.record({
  score: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true })),
  isPositive: fc.boolean(),
  weight: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.double({ min: 1e-3, max: 1e3, noNaN: true })),
});

const smallRow: fc.Arbitrary<Row> = fc.record({
  score: fc.integer({ min: -9, max: 9 }),
  isPositive: fc.boolean(),
  weight: fc.integer({ min: 1, max: 4 }),
});

const rowsArbitrary = fc.array(rowArbitrary, { minLength: 2, maxLength: 60 });

function runsOf(rows: readonly Row[], isPositive: boolean, isWeighted: boolean): ScoreRuns {
  const own = rows.filter((row) => row.isPositive === isPositive);
  const weights = isWeighted ? Float64Array.from(own, (row) => row.weight) : null;
  return scoreRuns(
    Float64Array.from(own, (row) => row.score),
    weights,
  );
}

/** Every pair of a positive and a negative row. */
function naiveArea(rows: readonly Row[], isWeighted: boolean): number {
  let wins = 0;
  let pairs = 0;
  for (const positive of rows.filter((row) => row.isPositive)) {
    for (const negative of rows.filter((row) => !row.isPositive)) {
      const weight = isWeighted ? positive.weight * negative.weight : 1;
      pairs += weight;
      if (positive.score > negative.score) wins += weight;
      else if (positive.score === negative.score) wins += weight / 2;
    }
  }
  return wins / pairs;
}

describe('sortedOrder', () => {
  it('sorts as the platform sorts, and keeps the order of equal scores', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { maxLength: 200 }), (values) => {
        const scores = Float64Array.from(values, (value) => value + 0);
        const order = sortedOrder(scores);
        expect(Float64Array.from(order, (row) => scores[row] as number)).toEqual(
          scores.slice().sort(),
        );
        for (let i = 1; i < order.length; i++) {
          const isTie = scores[order[i] as number] === scores[order[i - 1] as number];
          if (isTie) expect(order[i]).toBeGreaterThan(order[i - 1] as number);
        }
      }),
    );
  });
});

describe.each([
  ['unweighted', false],
  ['weighted', true],
])('rankMetrics, %s', (_, isWeighted) => {
  it('gives the area that counting all pairs gives', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        const positives = runsOf(rows, true, isWeighted);
        const negatives = runsOf(rows, false, isWeighted);
        const { areaUnderROC } = rankMetrics(positives, negatives);
        const naive = naiveArea(rows, isWeighted);
        if (Number.isNaN(naive)) expect(areaUnderROC).toBeNaN();
        else expect(areaUnderROC).toBeCloseTo(naive, 12);
      }),
    );
  });

  it('gives the same bits for any order of the rows and any partitioning', () => {
    const shuffled = rowsArbitrary.chain((rows) =>
      fc.tuple(
        fc.constant(rows),
        fc.shuffledSubarray(rows, { minLength: rows.length }),
        fc.array(fc.nat({ max: 4 }), { minLength: rows.length, maxLength: rows.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([rows, other, places]) => {
        const whole = [true, false].map((side) => runsOf(rows, side, isWeighted));
        const parts = [true, false].map((side) =>
          mergeRuns(
            [0, 1, 2, 3, 4].map((part) =>
              runsOf(
                other.filter((_row, i) => places[i] === part),
                side,
                isWeighted,
              ),
            ),
          ),
        );
        const metrics = (runs: ScoreRuns[]): unknown =>
          rankMetrics(runs[0] as ScoreRuns, runs[1] as ScoreRuns);
        expect(metrics(parts)).toEqual(metrics(whole));
        expect(parts).toEqual(whole);
      }),
    );
  });

  it('does not change when every score goes through a rising function', () => {
    fc.assert(
      fc.property(fc.array(smallRow, { minLength: 2 }), (rows) => {
        const bent = rows.map((row) => ({ ...row, score: row.score * row.score * row.score + 7 }));
        const of = (some: readonly Row[]): unknown =>
          rankMetrics(runsOf(some, true, isWeighted), runsOf(some, false, isWeighted));
        expect(of(bent)).toEqual(of(rows));
      }),
    );
  });
});

describe('rankMetrics', () => {
  it('counts a weight of k as k copies', () => {
    const copies: Row[] = [];
    const weighted: Row[] = [];
    for (let i = 0; i < 40; i++) {
      const row = { score: (i * 7) % 13, isPositive: i % 3 === 0, weight: 1 + (i % 4) };
      weighted.push(row);
      for (let k = 0; k < row.weight; k++) copies.push({ ...row, weight: 1 });
    }
    expect(rankMetrics(runsOf(weighted, true, true), runsOf(weighted, false, true))).toEqual(
      rankMetrics(runsOf(copies, true, false), runsOf(copies, false, false)),
    );
  });

  it('has no value where a class that it looks at has no rows', () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.boolean(), (drawn, isPositive) => {
        const own = drawn.map((row) => ({ ...row, isPositive }));
        const found = rankMetrics(runsOf(own, true, true), runsOf(own, false, true));
        // of positives alone every precision is 1, whatever the order
        const precision = isPositive ? 1 : Number.NaN;
        expect(found).toEqual({
          ...{ areaUnderROC: Number.NaN, kolmogorovSmirnov: Number.NaN },
          ...{ areaUnderPR: precision, averagePrecision: precision },
        });
      }),
    );
  });
});

describe('rocCurve', () => {
  it('goes from (0, 0) to (1, 1) without falling, and its area is that of the metric', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        const positives = runsOf(rows, true, false);
        const negatives = runsOf(rows, false, false);
        if (positives.scores.length === 0 || negatives.scores.length === 0) return;
        const { falsePositiveRate: x, truePositiveRate: y } = rocCurve(positives, negatives, 1e9);
        let area = 0;
        for (let i = 1; i < x.length; i++) {
          const width = (x[i] as number) - (x[i - 1] as number);
          expect(width).toBeGreaterThanOrEqual(0);
          area += (width * ((y[i] as number) + (y[i - 1] as number))) / 2;
        }
        expect([x[0], y[0], x.at(-1), y.at(-1)]).toEqual([0, 0, 1, 1]);
        expect(area).toBeCloseTo(rankMetrics(positives, negatives).areaUnderROC, 10);
      }),
    );
  });
});
