import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scoreRuns } from '../../../src/evaluation/parts/score-runs.ts';
import {
  type CalibrationCurve,
  calibrate,
} from '../../../src/tuning/calibration/calibration-curve.ts';
import { fitCurve } from '../../../src/tuning/calibration/calibration-scores.ts';

interface Row {
  readonly score: number;
  readonly isOfClass: boolean;
  readonly weight: number;
}

const rowOf = (weight: fc.Arbitrary<number>): fc.Arbitrary<Row> =>
  fc.record({
    score: fc.oneof(
      fc.constantFrom(-3, -1, 0, 0.5, 2, 1e6),
      fc.double({ min: -5, max: 5, noNaN: true }),
    ),
    isOfClass: fc.boolean(),
    weight,
  });
const plainRows = fc.array(rowOf(fc.constant(1)), { minLength: 1, maxLength: 60 });
const weightedRows = fc.array(rowOf(fc.double({ min: 0.01, max: 9, noNaN: true })), {
  minLength: 1,
  maxLength: 60,
});
const methods = fc.constantFrom('sigmoid', 'isotonic') as fc.Arbitrary<CalibrationCurve['kind']>;

/** The curve of rows that lie in some partitions. */
function curveOf(
  method: CalibrationCurve['kind'],
  parts: readonly (readonly Row[])[],
  isWeighted = true,
): CalibrationCurve {
  const runsOf = (rows: readonly Row[], isOfClass: boolean) => {
    const own = rows.filter((row) => row.isOfClass === isOfClass);
    const weights = isWeighted ? Float64Array.from(own, ({ weight }) => weight) : null;
    return scoreRuns(
      Float64Array.from(own, ({ score }) => score),
      weights,
    );
  };
  return fitCurve({
    method,
    positives: parts.map((rows) => runsOf(rows, true)),
    negatives: parts.map((rows) => runsOf(rows, false)),
  });
}

describe('a calibration curve', () => {
  it('is the same bits for any partitions and order of the rows', () => {
    fc.assert(
      fc.property(methods, weightedRows, fc.nat(), fc.nat(), (method, rows, first, second) => {
        const expected = curveOf(method, [rows]);
        const [a, b] = [first % rows.length, second % rows.length].sort((x, y) => x - y);
        const parts = [rows.slice(b), [], rows.slice(0, a).reverse(), rows.slice(a, b)];
        expect(curveOf(method, parts)).toEqual(expected);
      }),
    );
  });

  it('counts a row of weight k as k rows', () => {
    const rows = fc.array(rowOf(fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(methods, rows, (method, weighted) => {
        const repeated = weighted.flatMap((row) => Array.from({ length: row.weight }, () => row));
        expect(curveOf(method, [weighted])).toEqual(curveOf(method, [repeated], false));
      }),
    );
  });

  it('that is isotonic is the least squares one among those that ascend', () => {
    fc.assert(
      fc.property(fc.oneof(plainRows, weightedRows), (rows) => {
        const curve = curveOf('isotonic', [rows]);
        const scores = [...new Set(rows.map(({ score }) => score + 0))].sort((a, b) => a - b);
        // value of score i: the greatest over a ≤ i of the least over b ≥ i of the mean of scores a … b
        const meanOf = (a: number, b: number): number => {
          const own = rows.filter(
            ({ score }) => score >= (scores[a] as number) && score <= (scores[b] as number),
          );
          const total = own.reduce((sum, { weight }) => sum + weight, 0);
          return own.reduce((sum, row) => sum + (row.isOfClass ? row.weight : 0), 0) / total;
        };
        scores.forEach((score, i) => {
          const value = Math.max(
            ...scores
              .slice(0, i + 1)
              .map((_, a) => Math.min(...scores.slice(i).map((__, b) => meanOf(a, b + i)))),
          );
          expect(calibrate(curve, score)).toBeCloseTo(value, 12);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('that is isotonic never falls, stays between 0 and 1 and goes straight between its points', () => {
    fc.assert(
      fc.property(weightedRows, fc.array(fc.double({ noNaN: true })), (rows, asked) => {
        const curve = curveOf('isotonic', [rows]);
        const values = asked.sort((a, b) => a - b).map((score) => calibrate(curve, score));
        values.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(i === 0 ? 0 : (values[i - 1] as number));
          expect(value).toBeLessThanOrEqual(1);
        });
        if (curve.kind !== 'isotonic') return;
        curve.scores.forEach((score, i) => {
          expect(calibrate(curve, score)).toBe(curve.values[i]);
          const next = curve.scores[i + 1];
          if (next === undefined || next - score > 1e3 || next - score < 1e-6) return;
          const middle = calibrate(curve, (score + next) / 2);
          const mean = ((curve.values[i] as number) + (curve.values[i + 1] as number)) / 2;
          expect(middle).toBeCloseTo(mean, 6);
        });
      }),
    );
  });

  it('that is a sigmoid has the least loss: any other is worse', () => {
    fc.assert(
      fc.property(
        weightedRows.filter((rows) => rows.every(({ score }) => score < 10)),
        fc.double({ min: -0.5, max: 0.5, noNaN: true }),
        fc.double({ min: -0.5, max: 0.5, noNaN: true }),
        (rows, bySlope, byIntercept) => {
          const curve = curveOf('sigmoid', [rows]);
          if (curve.kind !== 'sigmoid') throw new Error('another kind');
          const total = (isOfClass: boolean) =>
            rows.reduce((sum, row) => sum + (row.isOfClass === isOfClass ? row.weight : 0), 0);
          const high = (total(true) + 1) / (total(true) + 2);
          const low = 1 / (total(false) + 2);
          const loss = (slope: number, intercept: number): number =>
            rows.reduce((sum, { score, isOfClass, weight }) => {
              const z = slope * score + intercept;
              const target = isOfClass ? high : low;
              return (
                sum + weight * (Math.log1p(Math.exp(-Math.abs(z))) + Math.max(z, 0) - target * z)
              );
            }, 0);
          const least = loss(curve.slope, curve.intercept);
          const other = loss(curve.slope + bySlope, curve.intercept + byIntercept);
          expect(least).toBeLessThanOrEqual(other + 1e-9);
        },
      ),
    );
  });

  it('of separable scores has an end, of equal scores a share', () => {
    const rows = (label: (i: number) => boolean, score: (i: number) => number): Row[] =>
      Array.from({ length: 50 }, (_, i) => ({ score: score(i), isOfClass: label(i), weight: 1 }));
    const apart = curveOf('sigmoid', [
      rows(
        (i) => i >= 25,
        (i) => i - 24.5,
      ),
    ]);
    expect(calibrate(apart, 24)).toBeLessThan(0.999);
    expect(calibrate(apart, 24)).toBeGreaterThan(0.95);
    const alike = curveOf('sigmoid', [
      rows(
        (i) => i % 5 === 0,
        () => 3,
      ),
    ]);
    const targets = (10 * 11) / 12 + 40 / 42;
    expect(calibrate(alike, 3)).toBeCloseTo(targets / 50, 6);
    expect(
      calibrate(
        curveOf('isotonic', [
          rows(
            (i) => i % 5 === 0,
            () => 3,
          ),
        ]),
        -100,
      ),
    ).toBe(0.2);
  });
});
